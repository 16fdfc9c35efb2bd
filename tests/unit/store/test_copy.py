"""Rows of records as PostgreSQL's binary COPY takes them."""

import struct
from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from tracer.domain.records import RECORD_BYTES
from tracer.store.copy import _spread_records

PLACE = slice(6, 12)

records = st.builds(
    lambda head, place, digest: head + place + digest,
    st.binary(min_size=6, max_size=6),
    st.one_of(st.just(bytes(6)), st.binary(min_size=6, max_size=6)),
    st.binary(min_size=32, max_size=32),
)
appends = st.lists(
    st.tuples(
        st.integers(0, 2**63 - 1),
        st.lists(records, min_size=1, max_size=300).map(b"".join),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda append: append[0],
)


def read_rows(data: bytes) -> Iterator[tuple[bytes | None, ...]]:
    """Rows by the format's own rules: number of columns, then length and bytes of each."""
    at = 0
    while at < len(data):
        (columns,) = struct.unpack_from("!h", data, at)
        at, row = at + 2, []
        for _ in range(columns):
            (size,) = struct.unpack_from("!i", data, at)
            at += 4
            row.append(None if size < 0 else data[at : at + size])
            at += max(size, 0)
        yield tuple(row)


@given(appends)
@example([(7, bytes(2 * RECORD_BYTES))])
@example([(7, bytes(RECORD_BYTES) + b"\xff" * RECORD_BYTES), (8, bytes(RECORD_BYTES))])
def test_every_record_is_one_row_with_its_bytes_in_place(packed: list[tuple[int, bytes]]) -> None:
    expected = {
        (
            sequence.to_bytes(8),
            ordinal.to_bytes(4),
            bytes(3) + record[:1],
            bytes(3) + record[1:6],
            bytes(2) + record[PLACE] if any(record[PLACE]) else None,
            record[12:],
        )
        for sequence, records in packed
        for ordinal, record in enumerate(
            records[at : at + RECORD_BYTES] for at in range(0, len(records), RECORD_BYTES)
        )
    }
    sequences, parts = zip(*packed, strict=True)
    rows = list(read_rows(_spread_records(sequences, parts)))
    assert set(rows) == expected
    assert len(rows) == len(expected)
