"""What holds for every test."""

import sys

# eth_account, which tests import directly, raises the recursion limit to 100,000; JSON nested as
# deep as that then ends the worker instead of raising RecursionError. `tracer.chain.signer` puts
# the limit back for the product; this does it for the tests.
_LIMIT = sys.getrecursionlimit()
import eth_account  # noqa: E402, F401

sys.setrecursionlimit(_LIMIT)
