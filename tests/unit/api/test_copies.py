"""Copies of serial lists."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracer_api.shelf import copies
from tracer_api.shelf.copies import COPY_AFTER, Copies, Copy
from tracer_api.shelf.tins import ROW_TINS, TinList, has_tin, pack_tins

RANDOM = sorted(f"{number * 2_654_435_761 % 2**40:010X}" for number in range(1_000))
COUNTED = [f"NZ-2026-{number:06d}" for number in range(1_000)]
ALIKE = sorted(f"K{'0' * 12}{number:04d}" for number in range(1_000))

serials = st.text("0123456789ABCDEFKNZ-", min_size=1, max_size=12)


def asked(kept: Copies, tins: TinList, times: int) -> list[Copy | None]:
    return [kept.get(tins.root, lambda: tins.rows) for _ in range(times)]


def copied(folder: Path, tins: TinList) -> Copy:
    copy = asked(Copies(folder), tins, COPY_AFTER)[-1]
    assert copy is not None
    return copy


@pytest.mark.parametrize("listed", [RANDOM, COUNTED, ALIKE], ids=["random", "counted", "alike"])
def test_every_serial_is_found_in_the_row_that_the_list_has(
    listed: list[str], tmp_path: Path
) -> None:
    tins = pack_tins(listed)
    copy = copied(tmp_path, tins)
    for serial in listed:
        assert copy.row(serial.encode()) == tins.row_of(serial.encode())


@given(st.sets(serials, min_size=1, max_size=60), serials)
def test_whatever_is_found_is_really_there(listed: set[str], wanted: str) -> None:
    """A serial may be overlooked, and is then looked for in the list; none is made up."""
    tins = pack_tins(sorted(listed))
    copy = copied(Path.cwd(), tins)
    row = copy.row(wanted.encode())
    if row is not None and has_tin(row, wanted.encode()):
        assert row == tins.row_of(wanted.encode())
        assert wanted in listed


def test_a_list_is_copied_once_it_is_asked_for_often(tmp_path: Path) -> None:
    found = asked(Copies(tmp_path), pack_tins(RANDOM), COPY_AFTER + 2)
    assert found[: COPY_AFTER - 1] == [None] * (COPY_AFTER - 1)
    assert found[-1] is not None
    assert found[-1] is found[-2]


def test_lists_do_not_mix(tmp_path: Path) -> None:
    kept, lists = Copies(tmp_path), [pack_tins(RANDOM), pack_tins(COUNTED)]
    for tins in lists:
        asked(kept, tins, COPY_AFTER)
    for tins in lists:
        (copy,) = asked(kept, tins, 1)
        assert copy is not None
        assert [copy.row(first) for first, _ in tins.rows] == [row for _, row in tins.rows]


def test_a_full_file_is_left_to_those_who_still_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "ROOM_BYTES", copies.MAX_BYTES)
    kept, first = Copies(tmp_path), pack_tins(RANDOM[:ROW_TINS])
    before = asked(kept, first, COPY_AFTER)[-1]
    asked(kept, pack_tins(COUNTED), COPY_AFTER)
    assert asked(kept, first, 1) == [None]
    assert before is not None
    assert before.row(RANDOM[0].encode()) == first.rows[0][1]


def test_where_nothing_can_be_written_nothing_is_copied(tmp_path: Path) -> None:
    kept = Copies(tmp_path / "not there")
    assert asked(kept, pack_tins(RANDOM), 2 * COPY_AFTER) == [None] * (2 * COPY_AFTER)


def test_the_file_has_no_name(tmp_path: Path) -> None:
    assert copied(tmp_path, pack_tins(RANDOM))
    assert list(tmp_path.iterdir()) == []
