"""Records and heads: nothing is lost in packing, nothing can change unseen."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.identifiers import Gln, check_digit
from tracer.domain.kinds import Kind
from tracer.domain.records import (
    RECORD_BYTES,
    Append,
    Record,
    fold_all,
    genesis_head,
    pack_records,
    unpack_records,
)
from tracer.errors import InvalidRecordError

HASHES = st.binary(min_size=32, max_size=32)
MOMENTS = st.integers(0, 2**40 - 1)
GLNS = st.integers(1, 10**12 - 1).map(lambda n: Gln.parse(f"{n:012d}{check_digit(f'{n:012d}')}"))
RECORDS = st.builds(Record, st.sampled_from(Kind), MOMENTS, st.none() | GLNS, HASHES)
DATA = st.lists(RECORDS, min_size=1, max_size=4).map(pack_records)
APPENDS = st.lists(
    st.builds(Append, st.integers(0, 2**64 - 1), st.integers(1, 2**48 - 1), MOMENTS, HASHES, DATA),
    min_size=1,
    max_size=5,
)


@given(st.lists(RECORDS, max_size=8))
def test_packing_loses_nothing(records: list[Record]) -> None:
    data = pack_records(records)
    assert len(data) == RECORD_BYTES * len(records)
    assert unpack_records(data) == records


@given(st.binary(max_size=3 * RECORD_BYTES))
def test_any_bytes_give_records_or_an_error(data: bytes) -> None:
    with suppress(InvalidRecordError):
        assert pack_records(unpack_records(data)) == data


def head_of(genesis: bytes, appends: list[Append]) -> bytes:
    return fold_all(genesis, appends)


@given(HASHES, APPENDS, st.data())
def test_one_changed_bit_changes_the_head(
    batch_id: bytes, appends: list[Append], data: st.DataObject
) -> None:
    genesis = genesis_head(31337, bytes(20), batch_id)
    number = data.draw(st.integers(0, len(appends) - 1))
    target = appends[number]
    bit = data.draw(st.integers(0, 8 * len(target.records) - 1))
    size = len(target.records)
    flipped = (int.from_bytes(target.records, "big") ^ 1 << bit).to_bytes(size, "big")
    changed = [
        Append(target.sequence, target.gln, target.recorded_at_unix, target.head, flipped),
        Append(target.sequence, target.gln ^ 1 << bit % 48, target.recorded_at_unix, b"",
               target.records),
        Append(target.sequence, target.gln, target.recorded_at_unix ^ 1 << bit % 40, b"",
               target.records),
    ]  # fmt: skip
    right = head_of(genesis, appends)
    for other in changed:
        assert head_of(genesis, [*appends[:number], other, *appends[number + 1 :]]) != right


@given(HASHES, APPENDS, st.data())
def test_nothing_can_be_left_out_doubled_or_moved(
    batch_id: bytes, appends: list[Append], data: st.DataObject
) -> None:
    genesis = genesis_head(31337, bytes(20), batch_id)
    right = head_of(genesis, appends)
    number = data.draw(st.integers(0, len(appends) - 1))
    assert head_of(genesis, appends[:number] + appends[number + 1 :]) != right
    assert head_of(genesis, [*appends[: number + 1], *appends[number:]]) != right
    moved = [appends[number], *appends[:number], *appends[number + 1 :]]
    key = [(a.gln, a.recorded_at_unix, a.records) for a in appends]
    if [(a.gln, a.recorded_at_unix, a.records) for a in moved] != key:
        assert head_of(genesis, moved) != right


@given(HASHES, HASHES, st.integers(1, 2**64 - 1), st.binary(min_size=20, max_size=20))
def test_a_head_belongs_to_one_chain_contract_and_batch(
    batch_id: bytes, other_batch: bytes, chain_id: int, contract: bytes
) -> None:
    one = genesis_head(1, bytes(20), batch_id)
    other = genesis_head(chain_id, contract, other_batch)
    assert (one == other) is ((1, bytes(20), batch_id) == (chain_id, contract, other_batch))
