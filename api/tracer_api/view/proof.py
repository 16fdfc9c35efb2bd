"""What the page's first script starts from.

That is where the core proof is, the tin's place in its tree, and the question to the node, which
is printed so that its answer is on the way before the script is.
"""

import json
from dataclasses import dataclass
from typing import Final

from tracer.domain.bundle import Bundle
from tracer.domain.core import core_of
from tracer.domain.rows import TinRow

BATCH_OF: Final = "aee05732"
PARTIES_OF: Final = "bec57235"
"""Selectors of the ledger's views; tests/vectors/abi.json has the same from the compiler."""

_HASH_CHARS: Final = 67  # of a proof: 64 digits, two quotes and a comma


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
        tin: the tin with its proof as JSON, "null" without one; see `pad_tin`.
        finality: when a block counts as final on that chain: a tag, or a number of blocks.
    """

    bundle: str
    core: str
    ask: str
    tin: str
    finality: str


def pad_tin(text: str, index: int, size: int, hashes: int) -> str:
    """A tin's JSON with spaces after it, so that all tins of a list take the same room.

    A page that is compressed ahead of time has a place of fixed width for it.

    Args:
        text: the JSON.
        index: of the tin's leaf.
        size: leaves of the tree.
        hashes: in the proof.
    """
    most = max(size - 1, 0)
    missing = len(str(most)) - len(str(index)) + _HASH_CHARS * (most.bit_length() - hashes)
    return text + " " * missing


def _spell_tin(tin: TinRow | None) -> str:
    if tin is None:
        return _compact(None)
    return pad_tin(_compact(tin.to_json()), tin.index, tin.size, len(tin.proof))


def build_proof(bundle: Bundle, bundle_url: str, core_url: str, finality: str) -> ProofData:
    """What the page of a tin or batch hands to its script."""
    return ProofData(
        bundle=bundle_url,
        core=core_url,
        ask=build_question(bundle, finality),
        tin=_spell_tin(bundle.tin),
        finality=finality,
    )
