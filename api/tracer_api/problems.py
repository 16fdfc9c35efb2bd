"""Errors as RFC 9457 problems. The only place that knows HTTP statuses."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tracer.errors import (
    ConfigurationError,
    ConflictError,
    FatalError,
    InputError,
    LimitExceededError,
    NotFoundError,
    NotPermittedError,
    TracerError,
    TransientError,
    VerificationError,
)
from tracer_api.limits import RETRY_SECONDS

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[type[TracerError], HTTPStatus]] = {
    InputError: HTTPStatus.BAD_REQUEST,
    LimitExceededError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotPermittedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    VerificationError: HTTPStatus.BAD_GATEWAY,  # what this server keeps is damaged
    TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
    FatalError: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigurationError: HTTPStatus.SERVICE_UNAVAILABLE,  # whoever runs the server must act first
    TracerError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""A class without a row of its own takes its nearest ancestor's."""


def status_of(error: TracerError) -> HTTPStatus:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def build_problem(status: HTTPStatus, code: str, detail: str, hint: str = "") -> Response:
    """One problem document.

    Args:
        status: HTTP status; its phrase is the title.
        code: stable identifier, see docs/reference/errors.md.
        detail: what went wrong this time.
        hint: what to do next, or "".
    """
    body = {
        "type": f"urn:tracer:error:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }
    if hint:
        body["hint"] = hint
    headers = {}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(json.dumps(body, ensure_ascii=False), status, headers, MEDIA_TYPE)


def from_error(error: TracerError) -> Response:
    """The problem document of an error of this project."""
    return build_problem(status_of(error), error.code, str(error), error.hint)


def _on_tracer_error(_request: Request, error: TracerError) -> Response:
    return from_error(error)


def _on_http_error(_request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    response = build_problem(status, "http", status.description or status.phrase)
    response.headers.update(error.headers or {})
    return response


def _on_bad_request(_request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    place = " ".join(str(part) for part in first["loc"])
    return build_problem(HTTPStatus.BAD_REQUEST, InputError.code, f"{place}: {first['msg']}")


def _on_bug(_request: Request, _error: Exception) -> Response:
    # Neither the address nor the values: a scan leaves no trace, not even when it fails.
    return build_problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "bug",
        "The server made a mistake.",
        "Tell the people who run it, with the time.",
    )


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.exception_handler(TracerError)(_on_tracer_error)
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(RequestValidationError)(_on_bad_request)
    app.exception_handler(Exception)(_on_bug)
