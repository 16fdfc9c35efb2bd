"""What the API says of itself. `python -m tracer_api.openapi` prints it for api/openapi.json."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tracer.settings import Settings
from tracer_api.problems import MEDIA_TYPE

_PROBLEM_REF: Final = "#/components/schemas/Problem"
_UNUSED: Final = ("HTTPValidationError", "ValidationError")
"""What FastAPI would say of a bad parameter; here that is a problem with status 400."""


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the app, with errors as they are sent: problems of RFC 9457."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for path in document["paths"].values():
            for operation in path.values():
                _describe_errors(operation["responses"])
        for name in _UNUSED:
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema


def _describe_errors(responses: dict[str, Any]) -> None:
    if responses.pop("422", None) and "400" not in responses:
        schema = {"application/json": {"schema": {"$ref": _PROBLEM_REF}}}
        responses["400"] = {"description": "a malformed parameter", "content": schema}
    for response in responses.values():
        content = response.get("content", {})
        if content.get("application/json", {}).get("schema", {}).get("$ref") == _PROBLEM_REF:
            content[MEDIA_TYPE] = content.pop("application/json")


def build_openapi() -> str:
    """The document as text. It depends on the code alone, on no setting."""
    from tracer_api.app import build_api  # noqa: PLC0415 - the app itself serves this description

    with tempfile.TemporaryDirectory() as home:
        document = build_api(Settings(home=Path(home))).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build_openapi())
