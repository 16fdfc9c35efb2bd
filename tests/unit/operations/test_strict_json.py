import os
from pathlib import Path

import pytest

from tracer.errors import InvalidFileError, LimitExceededError, NotFoundError
from tracer.operations.strict_json import (
    MAX_FILE_BYTES,
    MAX_NESTING,
    decode_text,
    load_bounded,
    parse_json,
)


class TestLoadBounded:
    def test_reads_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "batch.json"
        path.write_bytes(b"{}")
        assert load_bounded(path) == b"{}"

    def test_refuses_a_gigabyte_without_reading_it(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.json"
        with path.open("wb") as stream:
            stream.truncate(2**30)  # sparse: no disk is used, reading it would take memory
        with pytest.raises(LimitExceededError, match=r"1,073,741,824 bytes.*at most 20,971,520"):
            load_bounded(path)

    def test_takes_a_file_of_exactly_the_limit(self, tmp_path: Path) -> None:
        path = tmp_path / "large.csv"
        path.write_bytes(b" " * MAX_FILE_BYTES)
        assert len(load_bounded(path)) == MAX_FILE_BYTES

    def test_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="no such file"):
            load_bounded(tmp_path / "nothing.json")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFileError, match="is not a file"):
            load_bounded(tmp_path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_pipe_does_not_hang(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        with pytest.raises(InvalidFileError, match="is not a file"):
            load_bounded(path)

    def test_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.json"
        path.touch()
        with pytest.raises(InvalidFileError, match="is empty"):
            load_bounded(path)


class TestDecodeText:
    def test_drops_a_byte_order_mark(self) -> None:
        assert decode_text("\ufeffstage".encode(), "a.csv") == "stage"

    def test_names_the_line_that_is_not_utf8(self) -> None:
        with pytest.raises(InvalidFileError, match=r"a\.csv: line 2 = .*is not UTF-8"):
            decode_text(b"stage\n\xb0C\n", "a.csv")


class TestParseJson:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"format": "tracer-batch/1",\n "batch": {', r"line 2, column 12: .*may be cut off"),
            ('{"format": "tracer-', r"line 1, column 12: Unterminated.*may be cut off"),
            ('{"a": 1,}', r"line 1, column 8|line 1, column 9"),
            ('{"lot": "A", "lot": "B"}', r"key 'lot': stands twice"),
            ('{"kg": NaN}', r"number = 'NaN': is not JSON"),
            ('{"kg": -Infinity}', "is not JSON"),
            ('{"kg": 1e999}', "is too large"),
            ('{"gln": 95200100010089520010001008}', "write identifiers as text"),
            ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ],
    )
    def test_refuses(self, text: str, message: str) -> None:
        with pytest.raises(InvalidFileError, match=message):
            parse_json(text, "b.json")

    @pytest.mark.parametrize("depth", [MAX_NESTING + 1, 200_000])
    def test_refuses_deep_nesting(self, depth: int) -> None:
        with pytest.raises(InvalidFileError, match="deeper than 32 levels"):
            parse_json("[" * depth + "]" * depth, "b.json")

    def test_takes_what_is_just_deep_enough(self) -> None:
        assert parse_json("[" * MAX_NESTING + "]" * MAX_NESTING, "b.json")

    def test_keeps_numbers_exact(self) -> None:
        assert parse_json('{"kg": 12441.6, "tins": 9007199254740991}', "b.json") == {
            "kg": 12441.6,
            "tins": 2**53 - 1,
        }
