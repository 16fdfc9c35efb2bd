"""JSON bodies: read once the caller is known, bounded, strict, and then a model's."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from tracer.domain.json_form import parse_json
from tracer.errors import InputError, LimitExceededError
from tracer_desk.auth import CallerDep

M = TypeVar("M", bound=BaseModel)

JSON_TYPE: Final = "application/json"


async def read_json(request: Request, model: type[M], most: int) -> M:
    """Read a request's body.

    Raises:
        LimitExceededError: larger than `most` bytes.
        InputError: not the JSON of this model: another type, a key twice or unknown, a surrogate.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != JSON_TYPE:
        raise InputError(f"the body is not {JSON_TYPE}")
    if int(request.headers.get("content-length", "0")) > most:
        raise LimitExceededError(f"this body has more than {most} bytes")
    try:
        data = await request.body()
    except ClientDisconnect:
        raise InputError("the client went away") from None
    try:
        text = data.decode()
        value = parse_json(text, what="body", max_chars=most)
        # A lone surrogate is JSON, but no text: nothing could store or hash it.
        json.dumps(value, ensure_ascii=False).encode()
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place[:100] or 'body'}: {first['msg']}") from None
    except (UnicodeError, RecursionError) as error:
        raise InputError(f"the body is not JSON in UTF-8: {error}"[:200]) from None


def body_of(model: type[M], most: int) -> Callable[..., Awaitable[M]]:
    """A dependency that reads a body for a caller who is known by then."""

    async def read(request: Request, _caller: CallerDep) -> M:
        return await read_json(request, model, most)

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """What the API's description says of a body that is read by hand."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {"requestBody": {"required": True, "content": {JSON_TYPE: {"schema": schema}}}}
