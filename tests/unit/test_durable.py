import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tracer.durable import create_file, make_folder, replace_file

Write = Callable[[Path, bytes, int], None]
both = pytest.mark.parametrize("write", [replace_file, create_file])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def synced_folders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """Each folder that is synced: its inode, and the names in it at that moment."""
    synced, fsync = [], os.fsync

    def watch(handle: int) -> None:
        state = os.fstat(handle)
        if stat.S_ISDIR(state.st_mode):
            synced.append((state.st_ino, sorted(os.listdir(handle))))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    return synced


@both
class TestEveryFile:
    @pytest.mark.parametrize("mode", [0o600, 0o644])
    def test_has_its_bytes_and_its_mode_whatever_the_umask(
        self, write: Write, tmp_path: Path, mode: int
    ) -> None:
        umask = os.umask(0o077)
        try:
            write(tmp_path / "file", b"\x00\r\n", mode)
        finally:
            os.umask(umask)
        assert (tmp_path / "file").read_bytes() == b"\x00\r\n"
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode
        assert names(tmp_path) == ["file"]

    def test_has_its_name_on_the_disk(
        self, write: Write, tmp_path: Path, synced_folders: list[Any]
    ) -> None:
        write(tmp_path / "file", b"new", 0o600)
        assert synced_folders == [(tmp_path.stat().st_ino, ["file"])]


@pytest.mark.parametrize(
    ("write", "call"),
    [
        (replace_file, "fsync"),
        (replace_file, "replace"),
        (create_file, "fsync"),
        (create_file, "link"),
    ],
)
def test_a_failure_leaves_nothing_behind(
    write: Write, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "file", b"new", 0o600)
    assert names(tmp_path) == []


class TestReplacing:
    def test_takes_the_place_of_the_old_file(self, tmp_path: Path) -> None:
        for data in (b"old", b"new"):
            replace_file(tmp_path / "file", data, 0o600)
        assert (tmp_path / "file").read_bytes() == b"new"
        assert names(tmp_path) == ["file"]

    def test_that_fails_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        replace_file(tmp_path / "file", b"old", 0o600)

        def fail(_: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            replace_file(tmp_path / "file", b"new", 0o600)
        assert (tmp_path / "file").read_bytes() == b"old"
        assert names(tmp_path) == ["file"]


class TestCreating:
    def test_never_overwrites(self, tmp_path: Path) -> None:
        create_file(tmp_path / "file", b"old", 0o600)
        with pytest.raises(FileExistsError):
            create_file(tmp_path / "file", b"new", 0o600)
        assert (tmp_path / "file").read_bytes() == b"old"
        assert names(tmp_path) == ["file"]


class TestFolders:
    def test_are_made_and_synced_into_their_parents(
        self, tmp_path: Path, synced_folders: list[Any]
    ) -> None:
        make_folder(tmp_path / "a" / "b")
        assert synced_folders == [
            (tmp_path.stat().st_ino, ["a"]),
            ((tmp_path / "a").stat().st_ino, ["b"]),
        ]

    def test_that_exist_stay_as_they_are(self, tmp_path: Path, synced_folders: list[Any]) -> None:
        mode = tmp_path.stat().st_mode
        make_folder(tmp_path, 0o700 if stat.S_IMODE(mode) != 0o700 else 0o750)
        assert tmp_path.stat().st_mode == mode
        assert synced_folders == []

    def test_have_the_mode_that_was_asked_for(self, tmp_path: Path) -> None:
        make_folder(tmp_path / "a" / "b", 0o700)
        assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700

    def test_a_file_in_the_way_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("")
        with pytest.raises(FileExistsError):
            make_folder(tmp_path / "a")
