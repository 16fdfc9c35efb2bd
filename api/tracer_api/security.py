"""What every answer carries: no third party, no cookie, no trace of the visitor."""

import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer_api.limits import MAX_NODE_CHARS, MAX_TARGET_CHARS
from tracer_api.problems import build_problem

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Everything here is public and the same for everyone: other sites' checkers may read it.
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",
}
"""Set unless the answer has its own value."""

PAGE_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""Set as well on pages; they say what a document may do, and scripts and data are none."""


def origin_of(url: str) -> str:
    """The origin of an http(s) address in the form a policy takes; "" when it is not one."""
    if len(url) > MAX_NODE_CHARS or not url.isascii():
        return ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    ok = all(char.isalnum() or char in "-.:" for char in host)
    if parts.scheme not in {"http", "https"} or not host or not ok:
        return ""
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def page_policy(css_hash: str, node: str, script_hash: str = "") -> str:
    """The content security policy of a page that asks one node and nobody else.

    Args:
        css_hash: of the style that is printed into it.
        node: address of the node, or "".
        script_hash: of the one script that is printed into it; "" for none.
    """
    script = f"script-src 'self' '{script_hash}'" if script_hash else "script-src 'self'"
    connect = " ".join(filter(None, ("'self'", origin_of(node))))
    return "; ".join(
        (
            "default-src 'none'",
            script,
            f"style-src '{css_hash}'",
            "img-src data:",
            f"connect-src {connect}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def silence_access_log() -> None:
    """Keep scans out of the server's log: an address names a tin, a line names its visitor."""
    logging.getLogger("uvicorn.access").disabled = True


class Envelope:
    """Sets the headers above, answers HEAD like GET without a body, refuses endless addresses.

    Args:
        app: the application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                for name, value in (HEADERS | PAGE_HEADERS if is_page else HEADERS).items():
                    headers.setdefault(name, value)
            elif message["type"] == "http.response.body" and is_head:
                message = {**message, "body": b""}
            await send(message)

        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_CHARS:
            refusal = build_problem(
                HTTPStatus.REQUEST_URI_TOO_LONG,
                "limit-exceeded",
                f"the address is longer than {MAX_TARGET_CHARS} characters",
            )
            await refusal(scope, receive, send_on)
            return
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send_on)
