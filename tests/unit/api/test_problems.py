import json
from collections.abc import Iterator

import pytest
from tracer_api.problems import STATUS, from_error, status_of

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
