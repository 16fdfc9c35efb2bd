"""Issue the serials of a batch's tins: one Merkle root in one record, once for each batch.

The list and its time are kept in a private file before anything is sent, so that a rerun writes
the same record. A serial drawn here has 60 random bits and 40 of a code that only the maker's key
gives (`tracer.domain.serial_mac`). A list that was made otherwise is issued as it is.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.domain.merkle import MerkleTree
from tracer.domain.records import build_batch_id
from tracer.domain.serial_mac import KEY_BYTES, RANDOM_BYTES_OF_TWO, build_serials
from tracer.errors import ConflictError, InvalidFileError, LimitExceededError
from tracer.operations.batch_writer import BatchWriter
from tracer.operations.inner_lists import issue_inner_codes
from tracer.operations.ledger_records import HEADER_BYTES
from tracer.operations.plan import PlannedSerials
from tracer.operations.private_files import private_folder, write_private
from tracer.operations.record_event import adding_writer, owner_of
from tracer.operations.serial_keys import ensure_serial_key
from tracer.operations.serials import MAX_SERIALS
from tracer.operations.station import Station
from tracer.operations.steps import fetch_written
from tracer.operations.strict_json import decode_text, load_bounded

DRAFT: Final = "serials.json"


@dataclass(frozen=True)
class SerialOrder:
    """Which serials are wanted: a list, or so many random ones."""

    listed: Sequence[Serial] | None
    count: int

    @classmethod
    def from_file(cls, path: Path) -> "SerialOrder":
        """Serials from a text file, one on each line.

        Raises:
            InvalidIdentifierError: a line is no serial.
            InvalidFileError: a serial stands twice, or there is none.
            LimitExceededError: more than 1,000,000.
        """
        lines = decode_text(load_bounded(path), str(path)).split()
        serials = sorted(Serial.parse(line) for line in lines)
        if not serials:
            raise InvalidFileError(f"{path} lists no serial")
        for first, second in pairwise(serials):
            if first == second:
                raise InvalidFileError(f"{path} lists the serial {first} twice")
        cls._check_count(len(serials))
        return cls(serials, len(serials))

    @classmethod
    def random(cls, count: int) -> "SerialOrder":
        """So many random serials.

        Raises:
            LimitExceededError: none, or more than 1,000,000.
        """
        cls._check_count(count)
        return cls(None, count)

    @staticmethod
    def _check_count(count: int) -> None:
        if not 1 <= count <= MAX_SERIALS:
            raise LimitExceededError(f"a batch has 1 to {MAX_SERIALS:,} serials, not {count:,}")


def serials_writer(
    station: Station,
    gtin: Gtin,
    lot: Lot,
    order: SerialOrder,
    *,
    now_unix: int,
    keep: bool,
    with_inner: bool = False,
) -> BatchWriter:
    """The writer that issues a batch's serials.

    Args:
        station: the ledger.
        gtin: the batch's trade item.
        lot: the batch.
        order: which serials.
        now_unix: the moment of issuing, Unix seconds; of the first run, if it was run before.
        keep: keep the list for later runs; a dry run does not.
        with_inner: also give each tin a code under its seal.

    Raises:
        NotFoundError: the ledger has no such batch.
        ConflictError: other serials were issued for the batch here.
    """
    owner, batch_id = owner_of(station, gtin, lot), build_batch_id(gtin, lot)
    path = station.home / "private" / batch_id.hex() / DRAFT
    draft = _load_draft(path)
    if draft is None:
        serials = list(order.listed or _draw_here(station, batch_id, order.count, keep=keep))
        draft = now_unix, serials
        if keep:
            private_folder(station.home, batch_id)
            body = {"issuedAtUnix": now_unix, "serials": [it.value for it in serials]}
            write_private(path, json.dumps(body).encode())
    issued_at_unix, kept = draft
    if (order.listed or kept) != kept or order.count != len(kept):
        raise ConflictError(
            f"{len(kept)} other serials were issued for batch {gtin}/{lot} before",
            hint=f"They are in {path}; a batch's serials are issued once.",
        )
    root = MerkleTree.of(serial.value.encode("ascii") for serial in kept).root
    _check_first(station, batch_id, root)
    if with_inner and keep:
        issue_inner_codes(station.home, station.contents, batch_id, root, kept)
    return adding_writer(station, gtin, lot, [PlannedSerials(owner, issued_at_unix, tuple(kept))])


def _check_first(station: Station, batch_id: bytes, root: bytes) -> None:
    """Refuse a second list: who reads the first would call the tins of the second unknown."""
    for _, record in fetch_written(station, batch_id):
        if record[0] == Kind.SERIALS and record[HEADER_BYTES:] != root:
            raise ConflictError(
                "the ledger holds other serials of this batch already",
                hint="A batch's serials are issued once, most often with its batch file.",
            )


def _draw_here(station: Station, batch_id: bytes, count: int, *, keep: bool) -> list[Serial]:
    """Serials with this installation's key; those of a dry run are thrown away, and so is its."""
    key = ensure_serial_key(station.home) if keep else secrets.token_bytes(KEY_BYTES)
    return draw_serials(key, batch_id, count)


def draw_serials(key: bytes, batch_id: bytes, count: int) -> list[Serial]:
    """So many different serials, ascending.

    Args:
        key: the maker's, 32 bytes.
        batch_id: 32 bytes.
        count: how many.
    """
    drawn: set[str] = set()
    while len(drawn) < count:
        pieces = -(-(count - len(drawn)) // 2)
        random = secrets.token_bytes(RANDOM_BYTES_OF_TWO * pieces)
        drawn.update(build_serials(key, batch_id, random)[: count - len(drawn)])
    return [Serial.parse(text) for text in sorted(drawn)]


def _load_draft(path: Path) -> tuple[int, list[Serial]] | None:
    if not path.is_file():
        return None
    try:
        body = json.loads(path.read_bytes())
        return int(body["issuedAtUnix"]), [Serial.parse(it) for it in body["serials"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidFileError(f"{path} cannot be read: {error}", hint="Restore it.") from error
