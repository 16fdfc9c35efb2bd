"""Look-ups in large files."""

import random
from pathlib import Path

import pytest

from tracer.store.line_files import find_line, has_line, read_slice


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


class TestFindLine:
    @pytest.mark.parametrize(
        "lines",
        [["B"], ["AAAA", "BBBB", "CCCC"], ["A", "AB", "ABC", "B", "BA"], ["A" * 20, "B"]],
        ids=["one", "one-length", "lengths", "long-then-short"],
    )
    def test_finds_each_line_and_nothing_else(self, tmp_path: Path, lines: list[str]) -> None:
        path = write(tmp_path / "lines", lines)
        assert [find_line(path, line) for line in lines] == list(range(len(lines)))
        for absent in ("", "0", "AA", "ABCD", "Z", "A\nAB"):
            assert find_line(path, absent) is None or absent in lines

    def test_agrees_with_a_list(self, tmp_path: Path) -> None:
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        draw = random.Random(seed)
        words = {"".join(draw.choices("ABC", k=draw.randint(1, 6))) for _ in range(300)}
        lines = sorted(words)
        path = write(tmp_path / "lines", lines)
        for index, line in enumerate(lines):
            assert find_line(path, line) == index
            assert has_line(path, line)
        for _ in range(300):
            word = "".join(draw.choices("ABCD", k=draw.randint(1, 7)))
            assert find_line(path, word) == (lines.index(word) if word in words else None)
            assert has_line(path, word) is (word in words)

    def test_a_file_that_is_not_there_or_empty_has_no_lines(self, tmp_path: Path) -> None:
        assert find_line(tmp_path / "none", "A") is None
        (tmp_path / "empty").touch()
        assert find_line(tmp_path / "empty", "A") is None

    def test_follows_no_link(self, tmp_path: Path) -> None:
        write(tmp_path / "secret", ["A"])
        (tmp_path / "link").symlink_to(tmp_path / "secret")
        assert find_line(tmp_path / "link", "A") is None


class TestReadSlice:
    def test_reads_a_piece_or_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "pieces").write_bytes(b"aabbc")
        assert read_slice(tmp_path / "pieces", 2, 2) == b"bb"
        assert read_slice(tmp_path / "pieces", 4, 2) is None
        assert read_slice(tmp_path / "none", 0, 2) is None
