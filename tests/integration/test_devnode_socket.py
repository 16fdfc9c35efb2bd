"""The development chain over a WebSocket: subscriptions, and nothing past the journal."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tracer.chain.devnode import DevNode
from tracer.chain.heads import open_heads
from tracer.chain.rpc import RpcClient

pytestmark = pytest.mark.integration

RICH = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # anvil's first account
NEVER_S = 1000.0  # pytest gives up before


def signed(nonce: int) -> str:
    transaction = {
        "chainId": 31337,
        "nonce": nonce,
        "to": "0x" + "11" * 20,
        "value": 1,
        "gas": 21_000,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 1,
    }
    return f"0x{bytes(Account.sign_transaction(transaction, RICH).raw_transaction).hex()}"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[DevNode]:
    with DevNode(tmp_path / "chain", port=0) as running:
        yield running


@pytest.fixture
def socket(node: DevNode) -> Iterator[ClientConnection]:
    with connect(node.rpc_url.replace("http", "ws"), proxy=None) as opened:
        yield opened


def ask(socket: ClientConnection, method: str, *params: object) -> dict[str, Any]:
    """The answer to a request; what is announced meanwhile is passed over."""
    socket.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}))
    while True:
        said: dict[str, Any] = json.loads(socket.recv())
        if "id" in said:
            assert said["id"] == 7
            return said


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv())["params"]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


class TestSubscriptions:
    def test_new_blocks_are_announced(self, node: DevNode, socket: ClientConnection) -> None:
        subscription = ask(socket, "eth_subscribe", "newHeads")["result"]
        with RpcClient(node.rpc_url) as client:
            for nonce in range(3):
                client.call("eth_sendRawTransaction", signed(nonce))
                heard = hear(socket)
                assert heard["subscription"] == subscription
                assert heard["result"]["number"] == hex(nonce + 1)
            assert ask(socket, "eth_unsubscribe", subscription)["result"] is True
            client.call("eth_sendRawTransaction", signed(3))
        assert ask(socket, "eth_blockNumber")["result"] == "0x4"
        with pytest.raises(TimeoutError):
            socket.recv(0.3)

    def test_clients_do_not_hear_each_other(self, node: DevNode, socket: ClientConnection) -> None:
        ask(socket, "eth_subscribe", "newHeads")
        with connect(node.rpc_url.replace("http", "ws"), proxy=None) as other:
            assert ask(other, "eth_sendRawTransaction", signed(0))["result"]
            assert hear(socket)["result"]["number"] == "0x1"
            with pytest.raises(TimeoutError):
                other.recv(0.3)

    def test_a_node_that_died_hangs_up_and_comes_back(
        self, node: DevNode, socket: ClientConnection
    ) -> None:
        ask(socket, "eth_subscribe", "newHeads")
        ask(socket, "eth_sendRawTransaction", signed(0))
        os.kill(node.anvil_pid, signal.SIGKILL)
        with pytest.raises(ConnectionClosed):
            list(socket)
        with connect(node.rpc_url.replace("http", "ws"), proxy=None) as again:
            ask(again, "eth_subscribe", "newHeads")
            ask(again, "eth_sendRawTransaction", signed(1))
            assert hear(again)["result"]["number"] == "0x2"

    def test_waiting_for_blocks_survives_that_too(self, node: DevNode) -> None:
        stop = threading.Event()
        with open_heads(node.rpc_url, stop) as heads, RpcClient(node.rpc_url) as client:
            until(lambda: heads.is_subscribed)
            heads.wait(NEVER_S)
            client.call("eth_sendRawTransaction", signed(0))
            heads.wait(NEVER_S)
            os.kill(node.anvil_pid, signal.SIGKILL)
            heads.wait(NEVER_S)
            until(lambda: heads.is_subscribed)
            heads.wait(0)
            client.call("eth_sendRawTransaction", signed(1))
            heads.wait(NEVER_S)


class TestRequests:
    def test_are_answered_as_over_http(self, node: DevNode, socket: ClientConnection) -> None:
        assert ask(socket, "eth_chainId")["result"] == "0x7a69"
        assert ask(socket, "eth_nonsense")["error"]["code"] == -32601
        socket.send("garbage")
        over_http = httpx.post(
            node.rpc_url, content="garbage", headers={"content-type": "application/json"}
        )
        assert json.loads(socket.recv()) == over_http.json()
        methods = ["eth_chainId", "evm_mine"]
        batch = [{"jsonrpc": "2.0", "id": n, "method": it} for n, it in enumerate(methods)]
        socket.send(json.dumps(batch))
        answers = json.loads(socket.recv())
        assert [("error" in answer) for answer in answers] == [False, True]

    def test_what_is_sent_is_journaled(self, tmp_path: Path) -> None:
        with DevNode(tmp_path, port=0) as node:  # noqa: SIM117 - the socket must go first
            with connect(node.rpc_url.replace("http", "ws"), proxy=None) as socket:
                assert ask(socket, "eth_sendRawTransaction", signed(0))["result"]
        with DevNode(tmp_path, port=0) as node, RpcClient(node.rpc_url) as client:
            assert client.call("eth_blockNumber") == "0x1"

    @pytest.mark.parametrize(
        "method", ["evm_mine", "anvil_reset", "eth_sendTransaction", "eth_sign"]
    )
    def test_what_would_escape_the_journal_is_refused(
        self, socket: ClientConnection, method: str
    ) -> None:
        assert ask(socket, method)["error"]["code"] == -32601
        smuggled = {"jsonrpc": "2.0", "id": 7, "method": method}
        socket.send(json.dumps([smuggled | {"method": "eth_subscribe"}, smuggled]))
        assert json.loads(socket.recv())[1]["error"]["code"] == -32601
        assert ask(socket, "eth_blockNumber")["result"] == "0x0"

    def test_bytes_are_hung_up_on(self, socket: ClientConnection) -> None:
        socket.send(b"\x00")
        with pytest.raises(ConnectionClosed):
            socket.recv()

    def test_a_page_is_not_served(self, node: DevNode) -> None:
        assert httpx.get(node.rpc_url).status_code == 405


def test_stopping_hangs_up(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with DevNode(tmp_path, port=0) as node:
            socket = stack.enter_context(connect(node.rpc_url.replace("http", "ws"), proxy=None))
            ask(socket, "eth_subscribe", "newHeads")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
