"""The development chain's JSON-RPC endpoint: which requests pass, which are ours, which refused."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, web

from tracer.errors import ConfigurationError, RpcUnavailableError

SEND = "eth_sendRawTransaction"
SUBSCRIPTIONS = ("eth_subscribe", "eth_unsubscribe")
# These would change the chain past the journal, or sign with keys that everybody knows.
REFUSED = ("anvil_", "evm_", "hardhat_", "personal_", "miner_", "eth_send", "eth_sign")
MAX_REQUEST_BYTES = 8 * 1024 * 1024  # a transaction may hold 128 KiB; a batch, some dozens of them
MAX_BATCH_REQUESTS = 1000
CLOSE_TIMEOUT_S = 1.0  # for a WebSocket client to say farewell
HEARTBEAT_S = 30.0  # how often a WebSocket client must show that it is still there
# A page that checks a tin reads the chain from the reader's browser, so any origin may ask.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Methods": "POST",
}

Answer = dict[str, Any]  # a JSON-RPC 2.0 response: "result" or "error"
Submit = Callable[[str], Awaitable[Answer]]
Forward = Callable[[bytes], Awaitable[bytes]]
Connect = Callable[[], Awaitable[ClientWebSocketResponse]]


def refusal(code: int, message: str) -> Answer:
    """A JSON-RPC error response; its `id` is filled in with the request's."""
    return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}


class Endpoint:
    """Decides about each request.

    Args:
        submit: takes a signed transaction and answers once it is mined or rejected.
        forward: passes a request body to the node and returns its answer.
        connect: opens a WebSocket to the node, for subscriptions.
    """

    def __init__(self, submit: Submit, forward: Forward, connect: Connect) -> None:
        self._submit = submit
        self._forward = forward
        self._connect = connect
        self._sockets: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one HTTP request, of one JSON-RPC request or a batch of them."""
        body = await request.read()
        answer = await self._respond(body, _parse(body))
        response = web.Response(body=answer, content_type="application/json", headers=CORS)
        if "Origin" in request.headers:  # a page on a phone; programs on this machine gain nothing
            response.enable_compression()
        return response

    async def handle_socket(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket: requests as over HTTP, and the node's own subscriptions."""
        client = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, timeout=CLOSE_TIMEOUT_S, max_msg_size=MAX_REQUEST_BYTES
        )
        if not client.can_prepare(request).ok:
            raise web.HTTPMethodNotAllowed("GET", ["POST"])
        await client.prepare(request)
        self._sockets.add(client)
        try:
            with contextlib.suppress(RpcUnavailableError, TimeoutError, ConnectionError):
                await self._connect_through(client)
        finally:
            self._sockets.discard(client)
            await client.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return client

    async def hang_up(self, _: web.Application) -> None:
        """Close every WebSocket."""
        closing = [client.close(code=WSCloseCode.GOING_AWAY) for client in self._sockets]
        await asyncio.gather(*closing)

    async def _connect_through(self, client: web.WebSocketResponse) -> None:
        async with await self._connect() as node:
            announcer = asyncio.create_task(_announce(node, client))
            try:
                await self._converse(client, node)
            finally:
                announcer.cancel()

    async def _converse(self, client: web.WebSocketResponse, node: ClientWebSocketResponse) -> None:
        async for received in client:
            if received.type is not WSMsgType.TEXT:
                return
            message = _parse(received.data)
            if isinstance(message, dict) and message.get("method") in SUBSCRIPTIONS:
                await node.send_str(received.data)  # the announcer passes the answer on
            else:
                answer = await self._respond(received.data.encode(), message)
                await client.send_str(answer.decode())

    async def _respond(self, body: bytes, message: object) -> bytes:
        batch = message if isinstance(message, list) else [message]
        if not any(map(_is_special, batch)):
            return await self._forward(body)
        if len(batch) > MAX_BATCH_REQUESTS:
            return json.dumps(refusal(-32600, "the batch is too long")).encode()
        answers = [await self._answer(each) for each in batch]
        return json.dumps(answers if message is batch else answers[0]).encode()

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


async def _announce(node: ClientWebSocketResponse, client: web.WebSocketResponse) -> None:
    """Pass on what the node says; when it has gone, its subscriptions have, so hang up."""
    with contextlib.suppress(ConnectionError):  # of the client
        async for message in node:
            if message.type is WSMsgType.TEXT:
                await client.send_str(message.data)
    await client.close(code=WSCloseCode.SERVICE_RESTART)


def _parse(body: bytes | str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None  # the node says what is wrong with it


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
    app.router.add_get("/", endpoint.handle_socket)
    app.on_shutdown.append(endpoint.hang_up)
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
