"""The development chain's JSON-RPC endpoint: which requests pass, which are ours, which refused."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import web

from tracer.errors import ConfigurationError

SEND = "eth_sendRawTransaction"
# These would change the chain past the journal, or sign with keys that everybody knows.
REFUSED = ("anvil_", "evm_", "hardhat_", "personal_", "miner_", "eth_send", "eth_sign")
MAX_REQUEST_BYTES = 8 * 1024 * 1024  # a transaction may hold 128 KiB; a batch, some dozens of them
MAX_BATCH_REQUESTS = 1000
# A page that checks a tin reads the chain from the reader's browser, so any origin may ask.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Methods": "POST",
}

Answer = dict[str, Any]  # a JSON-RPC 2.0 response: "result" or "error"
Submit = Callable[[str], Awaitable[Answer]]
Forward = Callable[[bytes], Awaitable[bytes]]


def refusal(code: int, message: str) -> Answer:
    """A JSON-RPC error response; its `id` is filled in with the request's."""
    return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}


class Endpoint:
    """Decides about each request.

    Args:
        submit: takes a signed transaction and answers once it is mined or rejected.
        forward: passes a request body to the node and returns its answer.
    """

    def __init__(self, submit: Submit, forward: Forward) -> None:
        self._submit = submit
        self._forward = forward

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request, of one JSON-RPC request or a batch of them."""
        body = await request.read()
        try:
            message = json.loads(body)
        except ValueError:
            message = None  # the node says what is wrong with it
        batch = message if isinstance(message, list) else [message]
        if not any(map(_is_special, batch)):
            answer = await self._forward(body)
        elif len(batch) > MAX_BATCH_REQUESTS:
            answer = json.dumps(refusal(-32600, "the batch is too long")).encode()
        else:
            answers = [await self._answer(each) for each in batch]
            answer = json.dumps(answers if message is batch else answers[0]).encode()
        return web.Response(body=answer, content_type="application/json", headers=CORS)

    async def _answer(self, message: object) -> Answer:
        if not _is_special(message):
            answer: Answer = json.loads(await self._forward(json.dumps(message).encode()))
            return answer
        assert isinstance(message, dict)  # noqa: S101 - tells the type checker what special means
        params = message.get("params")
        if message["method"] != SEND:
            answer = refusal(
                -32601, f"{message['method']}: this chain takes signed transactions only"
            )
        elif isinstance(params, list) and len(params) == 1 and isinstance(params[0], str):
            answer = await self._submit(params[0])
        else:
            answer = refusal(-32602, f"{SEND} takes one string")
        return answer | {"id": message.get("id")}


def _is_special(message: object) -> bool:
    method = message.get("method") if isinstance(message, dict) else None
    return isinstance(method, str) and method.startswith(REFUSED)


@contextlib.asynccontextmanager
async def serve(endpoint: Endpoint, port: int) -> AsyncIterator[int]:
    """Serve the endpoint on 127.0.0.1; gives the port, which 0 leaves to the system.

    Raises:
        ConfigurationError: the port is taken.
    """

    async def preflight(_: web.Request) -> web.Response:
        return web.Response(status=204, headers=CORS)

    app = web.Application(client_max_size=MAX_REQUEST_BYTES)
    app.router.add_post("/", endpoint.handle)
    app.router.add_options("/", preflight)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError as error:
            raise ConfigurationError(
                f"the development chain cannot listen on port {port}: {error.strerror}",
                hint="Choose another port, or end the program that holds it.",
            ) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
