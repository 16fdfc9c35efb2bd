"""What the page's first script starts from.

That is where the core proof is, the tin's place in its tree, and the question to the node, which
is printed so that its answer is on the way before the script is.
"""

import json
from binascii import b2a_base64
from dataclasses import dataclass
from typing import Final

from tracer.domain.bundle import Bundle
from tracer.domain.core import core_of
from tracer.domain.merkle import HASH_BYTES
from tracer.domain.rows import TinRow

BATCH_OF: Final = "aee05732"
PARTIES_OF: Final = "bec57235"
"""Selectors of the ledger's views; tests/vectors/abi.json has the same from the compiler."""


def _word(number: int) -> str:
    return f"{number:064x}"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def build_question(bundle: Bundle, finality: str) -> str:
    """The JSON-RPC batch whose answer proves a batch's core.

    `questionsOf` in scanner_app/core-facts.js builds the same text, and takes the early answer
    only if this is the same.

    Args:
        bundle: of the batch.
        finality: a block tag, or a number of blocks.
    """
    core = core_of(bundle)
    glns = core.writers
    to = f"0x{core.chain.contract.hex()}"
    batch_of = {"to": to, "data": f"0x{BATCH_OF}{core.batch.batch_id.hex()}"}
    listed = "".join(map(_word, (32, len(glns), *glns)))
    settled: list[tuple[str, list[object]]] = [("eth_call", [batch_of, finality])]
    calls: list[tuple[str, list[object]]] = [
        ("eth_chainId", []),
        ("eth_blockNumber", []),
        ("eth_call", [batch_of, "latest"]),
        ("eth_call", [{"to": to, "data": f"0x{PARTIES_OF}{listed}"}, "latest"]),
        *([] if finality.isdigit() else settled),
        ("eth_blockNumber", []),
    ]
    return _compact(
        [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
    )


@dataclass(frozen=True, slots=True)
class ProofData:
    """Data of the script's element.

    Attributes:
        bundle: where the complete proof is.
        core: where the core proof is.
        ask: the question to the node.
        tin: the tin with its proof, see `spell_tin`; "" without one.
        finality: when a block counts as final on that chain: a tag, or a number of blocks.
    """

    bundle: str
    core: str
    ask: str
    tin: str
    finality: str


def spell_tin(serial: bytes, index: int, size: int, hashes: bytes) -> bytes:
    """A tin with its proof as a page has it: serial, index, size, and the hashes in base64.

    Spaces after them give all tins of a list the same room, serials aside: a page that is
    compressed ahead of time has a place of fixed width for it. scanner_app/tin.js reads it.

    Args:
        serial: of the tin.
        index: of its leaf.
        size: leaves of the tree.
        hashes: of its proof, one after the other, then the root.
    """
    most = max(size - 1, 0)
    text = b2a_base64(hashes, newline=False)
    missing = len(b"%d" % most) - len(b"%d" % index) - len(text)
    missing += _base64_chars(HASH_BYTES * (most.bit_length() + 1))
    return b"%b %d %d %b" % (serial, index, size, text) + b" " * missing


def _base64_chars(count: int) -> int:
    return (count + 2) // 3 * 4


def _tin_of(tin: TinRow) -> str:
    hashes = b"".join((*tin.proof, tin.root))
    return spell_tin(tin.serial.encode(), tin.index, tin.size, hashes).decode()


def build_proof(bundle: Bundle, bundle_url: str, core_url: str, finality: str) -> ProofData:
    """What the page of a tin or batch hands to its script."""
    return ProofData(
        bundle=bundle_url,
        core=core_url,
        ask=build_question(bundle, finality),
        tin=_tin_of(bundle.tin) if bundle.tin else "",
        finality=finality,
    )
