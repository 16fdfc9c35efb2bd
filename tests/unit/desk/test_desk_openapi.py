import json
from pathlib import Path

from tracer_desk.openapi import build_openapi

GOLDEN = Path(__file__).parents[3] / "api" / "desk-openapi.json"


def test_the_committed_description_is_the_one_of_the_code() -> None:
    assert build_openapi() == GOLDEN.read_text(encoding="utf-8"), (
        "run: python -m tracer_desk.openapi > api/desk-openapi.json"
    )


def test_nothing_is_sent_as_a_form() -> None:
    assert "multipart" not in build_openapi()
    assert "x-www-form-urlencoded" not in build_openapi()


def test_no_reference_leads_nowhere() -> None:
    document = json.loads(build_openapi())
    names = set(document["components"]["schemas"])
    used = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert used <= names
