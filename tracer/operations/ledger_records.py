"""Records of a plan beside the records of the chain: which are missing, which are strange; pure.

A record is the same one when party and all 44 bytes are equal. A paper that another installation
recorded has other salts, so its bytes cannot be compared: it is matched by party, kind and time,
and by its open fields where its view is here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.records import RECORD_BYTES, Record
from tracer.errors import ConflictError, InvalidFileError

HEADER_BYTES: Final = 12  # kind, time and location; the digest follows
NO_DIGEST: Final = bytes(32)

WrittenRecord = tuple[int, bytes]
"""A record on the chain: the writer's GLN as a number, and its 44 bytes."""


@dataclass(frozen=True)
class PreparedRecord:
    """A record that a plan asks for.

    Attributes:
        recorder: the party that writes it.
        record: its parts; the digest is a placeholder while it is not known.
        is_known: whether the digest is the real one.
        is_salted: whether the digest depends on salts that an installation drew.
        what: names it, for a person.
    """

    recorder: Gln
    record: Record
    is_known: bool
    is_salted: bool
    what: str

    @property
    def written(self) -> WrittenRecord:
        """The record as the chain would hold it."""
        return self.recorder.number, self.record.pack()

    def with_digest(self, digest: bytes) -> "PreparedRecord":
        """The same record, now that its digest is known."""
        return replace(self, record=replace(self.record, digest=digest), is_known=True)


@dataclass(frozen=True)
class Comparison:
    """A plan beside the chain.

    Attributes:
        missing: positions in the plan that the chain lacks, ascending.
        extra: what the chain holds and the plan does not, in order.
        found: position of a paper that another installation recorded -> its digest on the chain.
    """

    missing: tuple[int, ...]
    extra: tuple[WrittenRecord, ...]
    found: Mapping[int, bytes]


def split_records(appends: Iterable[tuple[int, bytes]]) -> list[WrittenRecord]:
    """Records of appends (GLN as a number, n x 44 bytes), in order."""
    return [
        (gln, records[start : start + RECORD_BYTES])
        for gln, records in appends
        for start in range(0, len(records), RECORD_BYTES)
    ]


def check_unique(planned: Sequence[PreparedRecord]) -> None:
    """Refuse a plan that says the same thing twice: it could not be told from a repeated run.

    Raises:
        InvalidFileError: two records are equal.
    """
    seen: dict[WrittenRecord, str] = {}
    for prepared in planned:
        if not prepared.is_known:
            continue
        if prepared.written in seen:
            raise InvalidFileError(
                f"{prepared.what} stands twice in the file", hint="Remove one of the two."
            )
        seen[prepared.written] = prepared.what


def compare_with_chain(
    planned: Sequence[PreparedRecord],
    written: Sequence[WrittenRecord],
    may_be: Callable[[int, bytes], bool],
) -> Comparison:
    """Find what is still to be written.

    Args:
        planned: what the plan asks for.
        written: what the chain holds.
        may_be: whether a digest on the chain may be that of the paper at a position.

    Raises:
        ConflictError: papers of another installation cannot be told apart.
    """
    left = Counter(written)
    open_positions = [
        position
        for position, prepared in enumerate(planned)
        if not (prepared.is_known and _take(left, prepared.written))
    ]
    salted = [position for position in open_positions if planned[position].is_salted]
    found = _match_salted(planned, salted, left, may_be)
    missing = tuple(position for position in open_positions if position not in found)
    return Comparison(missing, tuple(_in_order(written, left)), found)


def describe_record(written: WrittenRecord) -> str:
    """A record on the chain, for a person."""
    gln, data = written
    kind = data[0]
    name = Kind(kind).name if kind in set(Kind) else f"0x{kind:02x}"
    return f"{name} of party {gln:013d} with digest {data[HEADER_BYTES:].hex()[:16]}…"


def _take(left: Counter[WrittenRecord], wanted: WrittenRecord) -> bool:
    if left[wanted] == 0:
        return False
    left[wanted] -= 1
    return True


def _match_salted(
    planned: Sequence[PreparedRecord],
    positions: Sequence[int],
    left: Counter[WrittenRecord],
    may_be: Callable[[int, bytes], bool],
) -> dict[int, bytes]:
    """Match papers whose bytes differ or are not known: position -> digest on the chain."""
    by_header: dict[WrittenRecord, list[int]] = {}
    for position in positions:
        gln, data = planned[position].written
        by_header.setdefault((gln, data[:HEADER_BYTES]), []).append(position)
    found: dict[int, bytes] = {}
    for (gln, header), alike in by_header.items():
        candidates = [it for it in left.elements() if it[0] == gln and it[1].startswith(header)]
        candidates = [
            it for it in candidates if any(may_be(at, it[1][HEADER_BYTES:]) for at in alike)
        ]
        if candidates and len(candidates) < len(alike):
            raise ConflictError(
                f"the ledger holds {len(candidates)} of {len(alike)} records like"
                f" {planned[alike[0]].what}, and it cannot be told which",
                hint="Run this where the papers were first recorded.",
            )
        for position, record in zip(alike, candidates, strict=False):
            found[position] = record[1][HEADER_BYTES:]
            left[record] -= 1
    return found


def _in_order(
    written: Sequence[WrittenRecord], left: Counter[WrittenRecord]
) -> list[WrittenRecord]:
    """What is left, in the chain's order; of equal records the latest ones."""
    remaining = Counter(left)
    latest_first = [record for record in reversed(written) if _take(remaining, record)]
    return latest_first[::-1]
