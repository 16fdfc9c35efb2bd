"""Who signed an append: the sender of its transaction, and what the ledger says of that key."""

from collections.abc import Sequence

import msgspec

from tracer.chain.blocks import build_view_call, read_view
from tracer.chain.decode import LedgerLog, parse_bytes
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.domain.bundle import SignerFacts
from tracer.errors import MirrorGapError, RpcUnavailableError


class _RawTransaction(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    sender: str


def fetch_signers(
    node: Node, contract: bytes, block: BlockRef, appends: Sequence[LedgerLog]
) -> dict[int, SignerFacts]:
    """The signing key of each append by its sequence, as the ledger knows the key at a block.

    Raises:
        RpcUnavailableError: no usable answer, or the node has dropped a transaction.
    """
    if not appends:
        return {}
    hashes = [f"0x{log.transaction_hash.hex()}" for log in appends]
    found = node.batch([("eth_getTransactionByHash", (tx_hash,)) for tx_hash in hashes])
    senders = [_read_sender(tx_hash, result) for tx_hash, result in zip(hashes, found, strict=True)]
    keys = sorted(set(senders))
    method, params = build_view_call(
        contract, "keysOf", [f"0x{key.hex()}" for key in keys], block=block.block_hash
    )
    (entries,) = read_view("keysOf", node.call(method, *params))
    known = {
        key: SignerFacts(key, gln, distrust_from)
        for key, (gln, _, _, _, _, distrust_from) in zip(keys, entries, strict=True)
    }
    return {log.event.sequence: known[sender] for log, sender in zip(appends, senders, strict=True)}


def _read_sender(tx_hash: str, result: object) -> bytes:
    try:
        raw = msgspec.convert(result, _RawTransaction)
        return parse_bytes(raw.sender, "from", 20)
    except (msgspec.ValidationError, MirrorGapError) as error:
        raise RpcUnavailableError(
            f"the node does not show transaction {tx_hash[:42]}",
            hint="It may have dropped old transactions; ask another node.",
        ) from error
