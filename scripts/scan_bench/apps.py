"""The least that a server can answer: what the scan's answers are measured against."""

from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

BODY: Final = b'{"hello":"world"}'
HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
]


def build_hello() -> ASGIApp:
    """An application that sends the same bytes to everyone, without any framework."""

    async def hello(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})

    return hello


def build_fastapi_hello() -> FastAPI:
    """The same by FastAPI, as its tutorial begins."""
    app = FastAPI()

    @app.get("/{path:path}")
    async def hello(path: str) -> dict[str, str]:  # noqa: ARG001 - any path, as above
        return {"hello": "world"}

    return app
