"""The desk's errors as problems of RFC 9457: the scan server's, and those of uploads."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from tracer_api import problems
from tracer_api.problems import build_problem, status_of

from tracer.domain.paper_types import FieldProblem
from tracer.domain.statements import SCHEME
from tracer.errors import (
    BusyError,
    DocumentRejectedError,
    InvalidDocumentError,
    NotAuthenticatedError,
    QuotaExceededError,
    TracerError,
    UploadTooSlowError,
)
from tracer.vault.desk_tables import DAY_S
from tracer_desk.limits import RETRY_S

STATUS: Final[Mapping[type[TracerError], HTTPStatus]] = {
    NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    DocumentRejectedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    QuotaExceededError: HTTPStatus.TOO_MANY_REQUESTS,
    UploadTooSlowError: HTTPStatus.REQUEST_TIMEOUT,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class RefusedError(HTTPException):
    """A request that HTTP itself has a word for.

    It is one of Starlette's, so that FastAPI lets it pass wherever it is raised.

    Args:
        status: what to answer.
        code: stable identifier.
        detail: what is wrong.
        hint: what to do next, or "".
    """

    def __init__(self, status: HTTPStatus, code: str, detail: str, hint: str = "") -> None:
        super().__init__(status.value, detail)
        self.status, self.code, self.hint = status, code, hint


class FieldsRefusedError(InvalidDocumentError):
    """A paper's fields break rules of its type.

    Args:
        problems: which, and how.
    """

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        names = ", ".join(dict.fromkeys(problem.name for problem in problems))
        super().__init__(
            f"fields break rules of their type: {names[:300]}",
            hint="Correct them as the list of problems says.",
        )
        self.problems = problems


def problem_json(problem: FieldProblem) -> dict[str, Any]:
    """What is wrong with a field, for people and for the page."""
    message = problem.message.to_json()
    return {
        "name": problem.name,
        "key": message["key"],
        "params": message["params"],
        "text": message["english"],
    }


def to_problem(error: TracerError, now_unix: int) -> Response:
    """The problem document of an error.

    Args:
        error: any of ours.
        now_unix: says when a new day of quotas begins.
    """
    status = next((STATUS[it] for it in type(error).__mro__ if it in STATUS), status_of(error))
    answer = build_problem(status, error.code, str(error), error.hint)
    if isinstance(error, FieldsRefusedError):
        body = json.loads(bytes(answer.body)) | {
            "problems": [problem_json(it) for it in error.problems]
        }
        answer.body = json.dumps(body, ensure_ascii=False).encode()
        answer.headers["content-length"] = str(len(answer.body))
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = SCHEME
    elif status is HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = str(DAY_S - now_unix % DAY_S)
    elif isinstance(error, BusyError):
        answer.headers["Retry-After"] = str(RETRY_S)
    return answer


def _on_tracer_error(request: Request, error: TracerError) -> Response:
    return to_problem(error, request.app.state.services.now())


def refuse(error: RefusedError) -> Response:
    """The problem document of a refusal."""
    return build_problem(error.status, error.code, str(error.detail), error.hint)


def _on_refused(_request: Request, error: RefusedError) -> Response:
    return refuse(error)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    problems.install(app)
    app.exception_handler(TracerError)(_on_tracer_error)
    app.exception_handler(RefusedError)(_on_refused)
