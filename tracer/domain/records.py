"""The ledger's exact bytes: records, batch ids, heads.

Everything here mirrors `contracts/libraries/LedgerHash.sol` and `scanner_app/ledger.js`; the
vectors in `tests/vectors/ledger/` hold all three together.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.errors import InvalidIdentifierError, InvalidRecordError

RECORD_BYTES = 44
_LAYOUT = struct.Struct(">B5s6s32s")
_MAX_UNIX = 2**40 - 1
_KNOWN_KINDS = frozenset(Kind)

BATCH_DOMAIN = b"tracer/batch/v1\x00"
HEAD_DOMAIN = b"tracer/head/v1\x00"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened to a batch.

    Attributes:
        kind: what happened.
        occurred_at_unix: when the writer says it happened, Unix seconds.
        location: where, or None.
        digest: 32 bytes that pin the content kept off chain.
    """

    kind: Kind
    occurred_at_unix: int
    location: Gln | None
    digest: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.occurred_at_unix <= _MAX_UNIX:
            msg = f"occurred_at_unix {self.occurred_at_unix} does not fit 40 bits"
            raise InvalidRecordError(msg)
        if len(self.digest) != hashlib.sha256().digest_size:
            msg = f"digest has {len(self.digest)} bytes, not 32"
            raise InvalidRecordError(msg)

    def pack(self) -> bytes:
        """The record's 44 bytes, big-endian."""
        location = self.location.number if self.location else 0
        return _LAYOUT.pack(
            self.kind,
            self.occurred_at_unix.to_bytes(5, "big"),
            location.to_bytes(6, "big"),
            self.digest,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read one record.

        Raises:
            InvalidRecordError: wrong length, unknown kind, or a location that is no GLN.
        """
        if len(data) != RECORD_BYTES:
            msg = f"a record has {RECORD_BYTES} bytes, not {len(data)}"
            raise InvalidRecordError(msg)
        kind, occurred_at, location, digest = _LAYOUT.unpack(data)
        if kind not in _KNOWN_KINDS:
            msg = f"unknown record kind 0x{kind:02x}"
            raise InvalidRecordError(msg)
        try:
            place = Gln.from_number(int.from_bytes(location, "big")) if any(location) else None
        except InvalidIdentifierError as error:  # the ledger takes any 48-bit number
            msg = f"record's location is no GLN: {error}"
            raise InvalidRecordError(msg) from error
        return cls(Kind(kind), int.from_bytes(occurred_at, "big"), place, digest)


@dataclass(frozen=True, slots=True)
class Append:
    """One `Appended` event: records that one party wrote in one transaction.

    Attributes:
        sequence: the contract's gap-free event counter.
        gln: the party that wrote, as a number.
        recorded_at_unix: block time, Unix seconds.
        head: the batch's head after it.
        records: n x 44 bytes.
    """

    sequence: int
    gln: int
    recorded_at_unix: int
    head: bytes
    records: bytes


def pack_records(records: Iterable[Record]) -> bytes:
    """Concatenate records as the ledger takes them."""
    return b"".join(record.pack() for record in records)


def unpack_records(data: bytes) -> list[Record]:
    """Split and read records.

    Raises:
        InvalidRecordError: not a whole number of records, or one of them is malformed.
    """
    if len(data) % RECORD_BYTES:
        msg = f"{len(data)} bytes are not a whole number of {RECORD_BYTES}-byte records"
        raise InvalidRecordError(msg)
    return [
        Record.unpack(data[start : start + RECORD_BYTES])
        for start in range(0, len(data), RECORD_BYTES)
    ]


def build_batch_id(gtin: Gtin, lot: Lot) -> bytes:
    """SHA-256("tracer/batch/v1" | 0 | GTIN-14 ASCII | 0 | lot ASCII)."""
    return hashlib.sha256(
        BATCH_DOMAIN + gtin.value.encode("ascii") + b"\x00" + lot.value.encode("ascii")
    ).digest()


def genesis_head(chain_id: int, contract: bytes, batch_id: bytes) -> bytes:
    """The head of a batch without records.

    Args:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        batch_id: 32 bytes.
    """
    return hashlib.sha256(HEAD_DOMAIN + chain_id.to_bytes(8, "big") + contract + batch_id).digest()


def fold(head: bytes, gln: int, recorded_at_unix: int, records: bytes) -> bytes:
    """The head after one append: SHA-256(head | gln u48 | recordedAt u40 | records)."""
    return hashlib.sha256(
        head + gln.to_bytes(6, "big") + recorded_at_unix.to_bytes(5, "big") + records
    ).digest()


def fold_all(genesis: bytes, appends: Iterable[Append]) -> bytes:
    """The head after all appends, in order."""
    head = genesis
    for append in appends:
        head = fold(head, append.gln, append.recorded_at_unix, append.records)
    return head
