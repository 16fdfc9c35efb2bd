"""Raw logs to typed events, strictly: what is not exactly an event of the ledger is refused.

No network here. A log that is malformed, unknown or from another address means that the node, or
something between it and us, altered what the contract emitted; the mirror must not guess.
Layouts follow the contract ABI specification ("Formal Specification of the Encoding", "Events").
"""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from eth_utils.crypto import keccak

from tracer.chain.events import EVENTS, LedgerEvent
from tracer.errors import MirrorGapError

WORD = 32
MALFORMED_HINT = "The node sends something else than the contract emitted. Ask another node."


class RawLog(msgspec.Struct, rename="camel", frozen=True):
    """A log as `eth_getLogs` returns it; only the members that are used.

    Attributes:
        block_timestamp: newer nodes send it along (execution-apis, `Log`); None or 0x0 elsewhere.
        removed: true in a notification that takes a log back; never in a chain's history.
    """

    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    log_index: str
    block_timestamp: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class LedgerLog:
    """A log and the event it holds.

    Attributes:
        block_number: where it stands, as the three below.
        block_time_unix: Unix seconds; 0 when the node did not say.
        topics: n x 32 bytes.
        data: the ABI encoding of what is not indexed.
        event: what topics and data say.
    """

    block_number: int
    block_hash: bytes
    block_time_unix: int
    transaction_hash: bytes
    log_index: int
    topics: bytes
    data: bytes
    event: LedgerEvent

    def __str__(self) -> str:
        return f"log {self.log_index} of block {self.block_number}"


class _MalformedError(ValueError):
    """Bytes that the contract cannot have emitted."""


def _word_reader(solidity_type: str) -> Callable[[bytes], Any]:
    """How to read one 32-byte word of a static type."""
    if solidity_type.startswith("uint"):
        return functools.partial(_read_uint, int(solidity_type.removeprefix("uint")) // 8)
    if solidity_type.startswith("bytes"):
        return functools.partial(_read_bytes, int(solidity_type.removeprefix("bytes")))
    return {"address": _read_address, "bool": _read_bool}[solidity_type]


def _read_uint(size: int, word: bytes) -> int:
    if any(word[: WORD - size]):
        raise _MalformedError(f"a number does not fit {size * 8} bits")
    return int.from_bytes(word, "big")


def _read_bytes(size: int, word: bytes) -> bytes:
    if any(word[size:]):
        raise _MalformedError(f"bytes after the {size} that count")
    return word[:size]


def _read_address(word: bytes) -> bytes:
    if any(word[:12]):
        raise _MalformedError("an address is longer than 20 bytes")
    return word[12:]


def _read_bool(word: bytes) -> bool:
    if (value := int.from_bytes(word, "big")) > 1:
        raise _MalformedError("a truth value is neither 0 nor 1")
    return value == 1


def _read_tail(data: bytes, offset_word: bytes, head_size: int) -> bytes:
    """The one dynamic value of an event; canonical: it stands right after the head, alone."""
    if int.from_bytes(offset_word, "big") != head_size or len(data) < head_size + WORD:
        raise _MalformedError("a dynamic value is not where it belongs")
    start = head_size + WORD
    size = int.from_bytes(data[head_size:start], "big")
    if len(data) != start + -(-size // WORD) * WORD or any(data[start + size :]):
        raise _MalformedError("a dynamic value has another length than it says")
    return data[start : start + size]


def _read_text(value: bytes) -> str:
    try:
        return value.decode("ascii")
    except UnicodeDecodeError as error:
        raise _MalformedError("text is not ASCII") from error


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each field of an event stands and how it is read."""

    event: type[LedgerEvent]
    indexed: tuple[bool, ...]
    types: tuple[str, ...]
    readers: tuple[Callable[[bytes], Any] | None, ...]  # None: dynamic

    def read(self, topics: bytes, data: bytes) -> LedgerEvent:
        head_size = WORD * self.indexed.count(False)
        if len(topics) != WORD * (1 + self.indexed.count(True)):
            raise _MalformedError("another number of topics")
        if len(data) < head_size or (None not in self.readers and len(data) != head_size):
            raise _MalformedError("another length of data")
        topic, place, values = WORD, 0, []
        for indexed, solidity_type, reader in zip(
            self.indexed, self.types, self.readers, strict=True
        ):
            if indexed:
                word, topic = topics[topic : topic + WORD], topic + WORD
            else:
                word, place = data[place : place + WORD], place + WORD
            if reader is not None:
                values.append(reader(word))
            else:
                tail = _read_tail(data, word, head_size)
                values.append(_read_text(tail) if solidity_type == "string" else tail)
        return self.event(*values)


def canonical_signature(declaration: str) -> str:
    """The text whose Keccak-256 is an event's first topic: name and types alone."""
    name, _, parameters = declaration.rstrip(")").partition("(")
    return f"{name}({','.join(part.split()[0] for part in parameters.split(','))})"


def event_topic(event: type[LedgerEvent]) -> bytes:
    """The first topic of an event's logs."""
    return keccak(text=canonical_signature(event.declaration))


def _layout(event: type[LedgerEvent]) -> _Layout:
    parts = [part.split() for part in event.declaration.rstrip(")").partition("(")[2].split(",")]
    types = tuple(part[0] for part in parts)
    return _Layout(
        event,
        tuple("indexed" in part for part in parts),
        types,
        tuple(None if name in {"bytes", "string"} else _word_reader(name) for name in types),
    )


_LAYOUTS = {event_topic(event): _layout(event) for event in EVENTS}


def decode_event(topics: bytes, data: bytes) -> LedgerEvent:
    """Read an event from a log's topics (n x 32 bytes) and data.

    Raises:
        MirrorGapError: no event of the ledger, or malformed.
    """
    layout = _LAYOUTS.get(topics[:WORD])
    if layout is None:
        raise MirrorGapError(f"no event of the ledger has topic 0x{topics[:WORD].hex()}")
    try:
        return layout.read(topics, data)
    except _MalformedError as error:
        raise MirrorGapError(
            f"malformed {layout.event.__name__}: {error}", hint=MALFORMED_HINT
        ) from error


_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,16}")


def parse_quantity(text: object, what: str) -> int:
    """Read a JSON-RPC quantity of at most 64 bits.

    Raises:
        MirrorGapError: it is none.
    """
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise MirrorGapError(f"{what} is {str(text)[:40]!r}, not a quantity", hint=MALFORMED_HINT)
    return int(text, 16)


def parse_bytes(text: object, what: str, size: int | None = None) -> bytes:
    """Read JSON-RPC data of `size` bytes, or of any number of them.

    Raises:
        MirrorGapError: it is none.
    """
    try:
        value = bytes.fromhex(text[2:]) if isinstance(text, str) and text[:2] == "0x" else None
    except ValueError:
        value = None
    # fromhex skips white space, so the length is compared with the text's own.
    if value is None or 2 + 2 * len(value) != len(str(text)) or size not in {None, len(value)}:
        wanted = "bytes" if size is None else f"{size} bytes"
        raise MirrorGapError(f"{what} is {str(text)[:80]!r}, not {wanted}", hint=MALFORMED_HINT)
    return value


def parse_log(raw: RawLog, contract: bytes) -> LedgerLog:
    """Read a log of the ledger at address `contract` (20 bytes).

    Raises:
        MirrorGapError: malformed, of another contract, taken back, or no event of the ledger;
            the message names block and log.
    """
    where = f"log {raw.log_index[:20]} of block {raw.block_number[:20]}"
    try:
        if raw.removed or parse_bytes(raw.address, "address", 20) != contract:
            what = "is marked as removed" if raw.removed else f"is from {raw.address[:42]}"
            raise MirrorGapError(what)  # noqa: TRY301 - the handler below adds the place
        topics = b"".join(parse_bytes(topic, "topic", WORD) for topic in raw.topics)
        data = parse_bytes(raw.data, "data")
        return LedgerLog(
            parse_quantity(raw.block_number, "blockNumber"),
            parse_bytes(raw.block_hash, "blockHash", WORD),
            parse_quantity(raw.block_timestamp or "0x0", "blockTimestamp"),
            parse_bytes(raw.transaction_hash, "transactionHash", WORD),
            parse_quantity(raw.log_index, "logIndex"),
            topics,
            data,
            decode_event(topics, data),
        )
    except MirrorGapError as error:
        raise MirrorGapError(f"{where}: {error}", hint=error.hint or MALFORMED_HINT) from error


def parse_logs(raws: Iterable[RawLog], contract: bytes) -> list[LedgerLog]:
    """Read logs of the ledger; see `parse_log`."""
    return [parse_log(raw, contract) for raw in raws]
