"""Records of a plan beside the records of the chain: which are missing, which are strange; pure.

A record is the same one when party and all 44 bytes are equal. A paper whose salts are not here
has no bytes to compare: it is matched by party, kind and time, which is enough to notice that a
file was registered from another installation.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
        what: names it, for a person.
    """

    recorder: Gln
    record: Record
    is_known: bool
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
        found: position of a paper whose bytes were not known -> its digest on the chain.
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
    planned: Sequence[PreparedRecord], written: Sequence[WrittenRecord]
) -> Comparison:
    """Find what is still to be written.

    Raises:
        ConflictError: papers of another installation cannot be told apart.
    """
    left = Counter(written)
    missing = [
        position
        for position, prepared in enumerate(planned)
        if prepared.is_known and not _take(left, prepared.written)
    ]
    unknown_missing, found = _match_unknown(planned, left)
    return Comparison(
        tuple(sorted(missing + unknown_missing)), tuple(_in_order(written, left)), found
    )


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


def _match_unknown(
    planned: Sequence[PreparedRecord], left: Counter[WrittenRecord]
) -> tuple[list[int], dict[int, bytes]]:
    """Match papers whose bytes are not known: those that the chain lacks, digests of the others."""
    by_header: dict[WrittenRecord, list[int]] = {}
    for position, prepared in enumerate(planned):
        if not prepared.is_known:
            gln, data = prepared.written
            by_header.setdefault((gln, data[:HEADER_BYTES]), []).append(position)
    missing: list[int] = []
    found: dict[int, bytes] = {}
    for (gln, header), positions in by_header.items():
        alike = [it for it in left.elements() if it[0] == gln and it[1][:HEADER_BYTES] == header]
        if not alike:
            missing += positions
            continue
        if len(alike) < len(positions):
            raise ConflictError(
                f"the chain has {len(alike)} of {len(positions)} records like"
                f" {planned[positions[0]].what}, and it cannot be told which",
                hint="Run this where the papers were first recorded.",
            )
        for position, record in zip(positions, alike, strict=False):
            found[position] = record[1][HEADER_BYTES:]
            left[record] -= 1
    return missing, found


def _in_order(
    written: Sequence[WrittenRecord], left: Counter[WrittenRecord]
) -> list[WrittenRecord]:
    """What is left, in the chain's order; of equal records the latest ones."""
    remaining = Counter(left)
    latest_first = [record for record in reversed(written) if _take(remaining, record)]
    return latest_first[::-1]
