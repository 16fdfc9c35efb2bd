"""The content decides how a file is read, never its name."""

import json
import time
from pathlib import Path

import pytest
from operations_files import NOW_UNIX, Load

from tracer.domain.identifiers import Gln
from tracer.errors import InvalidFileError, LimitExceededError, NotFoundError
from tracer.operations.batch_file import FileDefaults, load_batch_plan
from tracer.samples import sample_path

TEMPLATES = sample_path("nz").parent / "templates"
CARRIER = Gln.parse("9520010001060")


class TestForms:
    @pytest.mark.parametrize("form", ["events.csv", "events.xlsx"])
    def test_a_sheet_under_a_wrong_name(self, load: Load, form: str) -> None:
        plan = load((TEMPLATES / form).read_bytes(), name="batch.json")
        assert len(plan.items) == 4

    def test_an_epcis_document_under_a_wrong_name(self, load: Load) -> None:
        document = json.loads(sample_path("nz").read_text("utf-8"))["epcisDocument"]
        plan = load(document, name="events.csv", defaults=FileDefaults(recorder=CARRIER))
        assert len(plan.items) == 28

    def test_json_with_byte_order_mark_and_leading_space(self, load: Load) -> None:
        text = sample_path("nz").read_text("utf-8")
        without_files = json.loads(text)
        for paper in without_files["documents"]:
            del paper["file"]
        assert len(load("\ufeff\n " + json.dumps(without_files)).items) == 42

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ({"format": "tracer-batch/2"}, r"format 'tracer-batch/2' is unknown"),
            ({"hello": 1}, r"is not a JSON object with format"),
            ("[1, 2]", r"is not a JSON object with format"),
            (b"%PDF-1.4 ...", r"is not a JSON object with format"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"is not a JSON object with format"),
            (b"\x00\x01\x02", r"zero byte"),
            (b"\xff\xfe{\x00}\x00", r"line 1 = .*is not UTF-8"),
            ("just some words", r"heading row: is missing; it names stage, event_time"),
        ],
    )
    def test_anything_else_is_refused(self, load: Load, content: object, message: str) -> None:
        with pytest.raises(InvalidFileError, match=message):
            load(content)


class TestLimits:
    def test_a_gigabyte_is_refused_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.json"
        with path.open("wb") as stream:
            stream.truncate(2**30)
        started = time.perf_counter()
        with pytest.raises(LimitExceededError, match=r"huge\.json has 1,073,741,824 bytes"):
            load_batch_plan(path, now_unix=NOW_UNIX)
        assert time.perf_counter() - started < 1

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="no such file"):
            load_batch_plan(tmp_path / "none", now_unix=NOW_UNIX)

    def test_truncated_sample(self, load: Load) -> None:
        text = sample_path("nl").read_text("utf-8")
        with pytest.raises(InvalidFileError, match=r"line \d+, column \d+: .*cut off"):
            load(text[: len(text) // 2])
