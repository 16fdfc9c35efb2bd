"""Waiting for new blocks: announced by a real node, polled for when there is no announcement."""

import contextlib
import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from rpc_proxy import serving_text
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tracer.chain import heads
from tracer.chain.anvil import find_anvil, free_port
from tracer.chain.heads import Heads, open_heads
from tracer.chain.rpc import RpcClient
from tracer.errors import RpcUnavailableError

pytestmark = pytest.mark.integration

LONG_S = 60.0
NEVER_S = 1000.0  # pytest gives up before a wait of this length runs out


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@contextlib.contextmanager
def anvil_at(port: int) -> Iterator[tuple[RpcClient, "subprocess.Popen[bytes]"]]:
    words = [str(find_anvil()), "--port", str(port), "--silent"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        with RpcClient(f"http://127.0.0.1:{port}") as node:
            until(lambda: answers(node))
            yield node, process
    finally:
        process.kill()
        process.wait()


def answers(node: RpcClient) -> bool:
    with contextlib.suppress(RpcUnavailableError):
        node.call("eth_chainId")
        return True
    return False


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    yield stop
    stop.set()


def subscribe(url: str, stop: threading.Event) -> Heads:
    """Subscribed, and with no news."""
    opened = open_heads(url, stop)
    until(lambda: opened.is_subscribed)
    opened.wait(NEVER_S)  # that it is subscribed is news
    return opened


def is_quiet(opened: Heads) -> bool:
    """Whether nothing more comes once what came is taken; a wait takes all of it."""
    opened.wait(0)
    time.sleep(0.2)
    return not opened._news.is_set()


class TestRealNode:
    def test_every_block_wakes(self, stop: threading.Event) -> None:
        port = free_port()
        with anvil_at(port) as (node, _), subscribe(f"http://127.0.0.1:{port}", stop) as opened:
            for _ in range(20):
                node.call("evm_mine")
                opened.wait(NEVER_S)

    def test_many_announcements_wake_once(self, stop: threading.Event) -> None:
        port = free_port()
        with anvil_at(port) as (node, _), subscribe(f"http://127.0.0.1:{port}", stop) as opened:
            node.call("anvil_mine", 50)
            opened.wait(NEVER_S)
            until(lambda: is_quiet(opened))

    def test_a_restarted_node_is_found_again(self, stop: threading.Event) -> None:
        port = free_port()
        with contextlib.ExitStack() as stack:
            with anvil_at(port):
                opened = stack.enter_context(subscribe(f"http://127.0.0.1:{port}", stop))
            opened.wait(NEVER_S)  # losing it is news
            assert not opened.is_subscribed
            node, _ = stack.enter_context(anvil_at(port))
            until(lambda: opened.is_subscribed)
            opened.wait(NEVER_S)
            node.call("evm_mine")
            opened.wait(NEVER_S)

    def test_a_node_that_hangs_is_given_up(
        self, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "PING_S", 0.3)
        port = free_port()
        with (
            anvil_at(port) as (_, process),
            subscribe(f"http://127.0.0.1:{port}", stop) as opened,
        ):
            process.send_signal(signal.SIGSTOP)
            opened.wait(NEVER_S)
            assert not opened.is_subscribed
            process.send_signal(signal.SIGCONT)
            until(lambda: opened.is_subscribed)


class TestWaiting:
    def test_stop_ends_a_wait(self, stop: threading.Event) -> None:
        with open_heads(f"http://127.0.0.1:{free_port()}", stop) as opened:
            threading.Timer(0.3, stop.set).start()
            opened.wait(NEVER_S)
            assert stop.is_set()
            opened.wait(NEVER_S)

    def test_closing_ends_a_wait(self, stop: threading.Event) -> None:
        opened = open_heads(f"http://127.0.0.1:{free_port()}", stop)
        threading.Timer(0.3, opened.close).start()
        opened.wait(NEVER_S)
        until(lambda: not opened._thread.is_alive())

    def test_stop_ends_a_subscription(self, stop: threading.Event) -> None:
        port = free_port()
        with anvil_at(port):
            opened = subscribe(f"http://127.0.0.1:{port}", stop)
            stop.set()
            until(lambda: not opened._thread.is_alive())
            assert not opened.is_subscribed

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ws://[", "", "ftp://host", "http://ä"])
    def test_without_a_node_a_wait_runs_out(self, url: str, stop: threading.Event) -> None:
        with contextlib.suppress(ValueError), open_heads(url, stop) as opened:
            opened.wait(0.3)
            assert not opened.is_subscribed

    def test_a_server_without_websockets_is_polled(self, stop: threading.Event) -> None:
        with serving_text("no upgrade") as (url, paths), open_heads(url, stop) as opened:
            until(lambda: bool(paths))
            opened.wait(0.3)
            assert not opened.is_subscribed


Script = Callable[[ServerConnection], object]


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[float]]]:
    """A WebSocket server that runs a script for every connection; when each came."""
    came: list[float] = []

    def handle(connection: ServerConnection) -> None:
        came.append(time.monotonic())
        with contextlib.suppress(ConnectionClosed, OSError):
            script(connection)

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", came
        finally:
            server.shutdown()
            thread.join()


def answer(connection: ServerConnection, result: object = "0x5") -> None:
    request = json.loads(connection.recv())
    assert (request["method"], request["params"]) == ("eth_subscribe", ["newHeads"])
    connection.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}))


def notice(subscription: object = "0x5", result: object = None) -> str:
    params = {"subscription": subscription, "result": result}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})


class TestOddServers:
    @pytest.mark.parametrize("result", ["0x5", 5, ""])
    def test_the_announcement_is_not_read(self, result: object, stop: threading.Event) -> None:
        def script(connection: ServerConnection) -> None:
            answer(connection, result)
            go.wait(LONG_S)
            connection.send(notice("another", {"number": "0x1"}))
            connection.send(notice(result, "not a header at all"))
            stop.wait(LONG_S)

        go = threading.Event()
        with scripted(script) as (url, _), subscribe(url, stop) as opened:
            go.set()
            opened.wait(NEVER_S)
            assert opened.is_subscribed
            stop.set()

    def test_other_messages_wake_nobody(self, stop: threading.Event) -> None:
        def script(connection: ServerConnection) -> None:
            answer(connection)
            go.wait(LONG_S)
            for message in ("{}", notice("0x6"), '{"id": 1, "result": true}', '{"params": null}'):
                connection.send(message)
            said.set()
            stop.wait(LONG_S)

        go, said = threading.Event(), threading.Event()
        with scripted(script) as (url, _), subscribe(url, stop) as opened:
            go.set()
            assert said.wait(LONG_S)
            time.sleep(0.3)
            assert not opened._news.is_set()
            assert opened.is_subscribed
            stop.set()

    @pytest.mark.parametrize(
        "said",
        [
            "garbage",
            "[]",
            '{"id":1,"error":{"code":-32601,"message":"no eth_subscribe"}}',
            '{"id":2,"result":"0x5"}',
            '{"id":1,"result":null}',
            b"\xff\xfe",
            "x" * (heads.MAX_MESSAGE_BYTES + 1),
        ],
    )
    def test_no_subscription_is_tried_again(self, said: str | bytes, stop: threading.Event) -> None:
        def script(connection: ServerConnection) -> None:
            connection.recv()
            connection.send(said)
            connection.recv()

        with scripted(script) as (url, came), open_heads(url, stop) as opened:
            until(lambda: len(came) >= 3)
            assert not opened.is_subscribed
            assert not opened._news.is_set()

    def test_garbage_ends_a_subscription(self, stop: threading.Event) -> None:
        seed = random.randrange(2**32)
        print("seed", seed)
        die = random.Random(seed)

        def script(connection: ServerConnection) -> None:
            answer(connection)
            connection.send(die.randbytes(100))
            connection.recv()

        with scripted(script) as (url, came), open_heads(url, stop):
            until(lambda: len(came) >= 3)

    def test_a_server_that_hangs_up_is_not_hammered(self, stop: threading.Event) -> None:
        with scripted(answer) as (url, came), open_heads(url, stop):
            time.sleep(2)
            assert 1 <= len(came) < 40
