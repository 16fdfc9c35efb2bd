"""Serials are drawn with the maker's key; codes for under the seals are listed and committed to."""

import os
from itertools import pairwise
from pathlib import Path

import pytest

from tracer.domain.identifiers import Serial
from tracer.domain.inner_codes import verify_code
from tracer.domain.merkle import MerkleTree
from tracer.domain.serial_mac import verify_serial
from tracer.errors import ConflictError, InvalidFileError, KeyUnavailableError
from tracer.operations.inner_lists import inner_path, issue_inner_codes, load_inner_codes
from tracer.operations.issue_serials import draw_serials
from tracer.operations.serial_keys import ensure_serial_key, key_path, load_serial_key
from tracer.store.contents import ContentStore

BATCH = bytes(range(32))


def root_of(serials: list[Serial]) -> bytes:
    return MerkleTree.of(it.value.encode() for it in serials).root


class TestKey:
    def test_is_drawn_once_and_only_ours_to_read(self, tmp_path: Path) -> None:
        key = ensure_serial_key(tmp_path)
        assert ensure_serial_key(tmp_path) == key == load_serial_key(key_path(tmp_path))
        assert key_path(tmp_path).stat().st_mode & 0o777 == 0o600
        assert key_path(tmp_path).parent.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("text", ["", "00", "g" * 64, "A" * 64])
    def test_a_damaged_one_is_not_drawn_again(self, tmp_path: Path, text: str) -> None:
        ensure_serial_key(tmp_path)
        key_path(tmp_path).write_text(text)
        with pytest.raises(KeyUnavailableError):
            ensure_serial_key(tmp_path)

    def test_says_where_it_comes_from(self, tmp_path: Path) -> None:
        with pytest.raises(KeyUnavailableError, match="no key of serials"):
            load_serial_key(key_path(tmp_path))


class TestDrawSerials:
    @pytest.mark.parametrize("count", [1, 2, 3, 1000])
    def test_gives_as_many_as_asked_ascending_with_their_code(self, count: int) -> None:
        key = os.urandom(32)
        drawn = draw_serials(key, BATCH, count)
        assert len(drawn) == count
        assert all(one < other for one, other in pairwise(drawn))
        assert all(verify_serial(key, BATCH, it.value) for it in drawn)


class TestInnerCodes:
    def test_only_commitments_are_public(self, tmp_path: Path) -> None:
        serials, contents = draw_serials(bytes(32), BATCH, 5), ContentStore(tmp_path / "contents")
        root = root_of(serials)
        issue_inner_codes(tmp_path, contents, BATCH, root, serials)
        codes = load_inner_codes(inner_path(tmp_path, BATCH))
        assert list(codes) == [it.value for it in serials]
        assert len(set(codes.values())) == 5
        contents.put_serials(root, [it.value for it in serials])
        for serial, code in codes.items():
            commitment = contents.get_inner(root, serial)
            assert commitment is not None
            assert verify_code(commitment, BATCH, serial, code)
        public = b"".join(it.read_bytes() for it in contents.folder.rglob("*") if it.is_file())
        assert not [code for code in codes.values() if code.encode() in public]
        assert inner_path(tmp_path, BATCH).stat().st_mode & 0o777 == 0o600

    def test_a_rerun_publishes_the_same(self, tmp_path: Path) -> None:
        serials, contents = draw_serials(bytes(32), BATCH, 2), ContentStore(tmp_path / "contents")
        root, found = root_of(serials), set()
        contents.put_serials(root, [it.value for it in serials])
        for _ in range(2):
            issue_inner_codes(tmp_path, contents, BATCH, root, serials)
            found.add(contents.get_inner(root, serials[1].value))
        assert len(found - {None}) == 1
        assert contents.get_inner(root, "NOBODY") is None

    def test_other_serials_are_refused(self, tmp_path: Path) -> None:
        contents = ContentStore(tmp_path / "contents")
        first, second = (draw_serials(bytes(32), BATCH, 2) for _ in range(2))
        issue_inner_codes(tmp_path, contents, BATCH, root_of(first), first)
        with pytest.raises(ConflictError):
            issue_inner_codes(tmp_path, contents, BATCH, root_of(second), second)

    @pytest.mark.parametrize(
        "text", ["", "code\n", "serial,code\nA\n", "serial,code\nA,B\n", "serial,code\nÄ,B\n"]
    )
    def test_a_damaged_list_is_named(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "inner.csv").write_text(text)
        with pytest.raises(InvalidFileError):
            load_inner_codes(tmp_path / "inner.csv")
