import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from tracer_api.problems import STATUS, from_error, install, status_of

from tracer import errors


def classes(
    root: type[errors.TracerError] = errors.TracerError,
) -> Iterator[type[errors.TracerError]]:
    yield root
    for kind in root.__subclasses__():
        yield from classes(kind)


def make(kind: type[errors.TracerError]) -> errors.TracerError:
    """An error of any class, whatever else its constructor wants."""
    error = kind.__new__(kind)
    errors.TracerError.__init__(error, "what went wrong", hint="what to do")
    return error


@pytest.mark.parametrize("kind", list(classes()), ids=lambda kind: kind.__name__)
def test_every_error_becomes_a_problem(kind: type[errors.TracerError]) -> None:
    error = make(kind)
    response = from_error(error)
    body = json.loads(response.body)
    assert response.media_type == "application/problem+json"
    assert body["status"] == response.status_code == status_of(error)
    assert body["code"] == kind.code
    assert body["type"] == f"urn:tracer:error:{kind.code}"
    assert body["detail"] == "what went wrong"
    assert body["hint"] == "what to do"
    assert (response.status_code == 503) == ("retry-after" in response.headers)


def test_each_direct_child_has_a_row_of_its_own() -> None:
    assert set(errors.TracerError.__subclasses__()) <= set(STATUS)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/fail/known", 404, "not-found"),
        ("/fail/unknown", 500, "bug"),
        ("/fail/number?count=many", 400, "input"),
        ("/nowhere", 404, "http"),
    ],
)
def test_whatever_goes_wrong_is_answered_by_a_problem(path: str, status: int, code: str) -> None:
    app = FastAPI()
    install(app)

    @app.get("/fail/{how}")
    def fail(how: str, count: int = 0) -> int:
        if how == "known":
            raise errors.NotFoundError("it is not there")
        raise ZeroDivisionError(f"{how} {count}: a secret")

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    answer = asyncio.run(get())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
