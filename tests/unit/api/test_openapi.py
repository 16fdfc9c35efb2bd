from pathlib import Path

from tracer_api.openapi import build_openapi

GOLDEN = Path(__file__).parents[3] / "api" / "openapi.json"


def test_the_committed_description_is_the_one_of_the_code() -> None:
    assert build_openapi() == GOLDEN.read_text(encoding="utf-8"), (
        "run: python -m tracer_api.openapi > api/openapi.json"
    )
