"""How property tests search: no time limit per example, and a failure says how to repeat it."""

import os

from hypothesis import settings

settings.register_profile("tracer", deadline=None, print_blob=True)
# In continuous integration the same examples run every time, so that a red build stays red.
settings.register_profile("ci", parent=settings.get_profile("tracer"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "tracer")
