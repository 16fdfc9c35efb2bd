"""The client against a server that answers whatever a test tells it to."""

import contextlib
import email.utils
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from tracer.chain.rpc import MAX_RETRY_AFTER_S, RpcClient
from tracer.errors import RpcError, RpcUnavailableError


class Server(ThreadingHTTPServer):
    """Answers with `answer(request)`: bytes, or a status and bytes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Any = None
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = self.server.answer(request)
        status, body, *headers = answer if isinstance(answer, tuple) else (200, answer)
        with contextlib.suppress(BrokenPipeError):  # the client gave up
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[RpcClient]:
    with RpcClient(server.url, timeout_s=0.5, max_answer_bytes=10_000) as client:
        yield client


def reply(result: Any) -> Any:
    return lambda request: json.dumps(
        {"jsonrpc": "2.0", "id": request["id"], "result": result}
    ).encode()


class TestCall:
    @pytest.mark.parametrize("result", [None, "0x1", [], {"a": [1, {"b": None}]}, False])
    def test_returns_the_result(self, server: Server, client: RpcClient, result: Any) -> None:
        server.answer = reply(result)
        assert client.call("eth_test", 1, {"x": "y"}) == result

    def test_sends_what_is_asked(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda request: reply([request["method"], request["params"]])(request)
        assert client.call("eth_test", "0x1", False) == ["eth_test", ["0x1", False]]

    def test_reads_into_a_type(self, server: Server, client: RpcClient) -> None:
        server.answer = reply(["a", "b"])
        assert client.call_as(list[str], "eth_test") == ["a", "b"]
        with pytest.raises(RpcUnavailableError, match="something else"):
            client.call_as(list[int], "eth_test")

    def test_keeps_its_connection(self, server: Server, client: RpcClient) -> None:
        server.answer = reply(1)
        for _ in range(5):
            client.call("eth_test")
        assert server.connections == 1

    def test_an_error_carries_the_nodes_words(self, server: Server, client: RpcClient) -> None:
        fault = {"code": 3, "message": "execution reverted" * 100, "data": "0x08c379a0"}
        server.answer = lambda request: json.dumps({"id": request["id"], "error": fault}).encode()
        with pytest.raises(RpcError) as caught:
            client.call("eth_call")
        assert (caught.value.rpc_code, caught.value.rpc_data) == (3, "0x08c379a0")
        assert caught.value.rpc_message.startswith("execution reverted")
        assert len(str(caught.value)) < 500

    def test_an_error_under_a_status_of_its_own_is_an_error(
        self, server: Server, client: RpcClient
    ) -> None:
        server.answer = lambda _: (400, b'{"id":null,"error":{"code":-32600,"message":"no"}}')
        with pytest.raises(RpcError) as caught:
            client.call("eth_call")
        assert caught.value.rpc_code == -32600

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (b"", "no JSON-RPC"),
            (b"<html>", "no JSON-RPC"),
            (b'{"jsonrpc":"2.0","id":1,"resu', "no JSON-RPC"),
            (b'{"id":1,"result":"\xff"}', "no JSON-RPC|something else"),
            (b'{"id":1}', "neither result nor error"),
            (b"[]", "no JSON-RPC"),
            (b'{"id":1,"result":"' + b"x" * 20_000 + b'"}', "more than 10000 bytes"),
            ((404, b"not found"), "HTTP 404"),
            ((429, b"slow down"), "HTTP 429"),
            ((503, b"{}"), "HTTP 503"),
        ],
    )
    def test_an_unusable_answer_is_no_answer(
        self, server: Server, client: RpcClient, answer: Any, words: str
    ) -> None:
        server.answer = lambda _: answer
        with pytest.raises(RpcUnavailableError, match=words) as caught:
            client.call("eth_test")
        assert not isinstance(caught.value, RpcError)
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("words", "least_s", "most_s"),
        [
            ("7", 7, 7),
            ("0.5", 0.5, 0.5),
            ("86400", MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S),
            ("-3", 0, 0),
            ("nan", 0, 0),
            (None, MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S),  # tomorrow
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ],
    )
    def test_a_node_may_say_when_to_come_back(
        self, server: Server, client: RpcClient, words: str | None, least_s: float, most_s: float
    ) -> None:
        tomorrow = email.utils.formatdate(time.time() + 86_400, usegmt=True)
        server.answer = lambda _: (429, b"", ("Retry-After", words or tomorrow))
        with pytest.raises(RpcUnavailableError) as caught:
            client.call("eth_test")
        assert caught.value.retry_after_s is not None
        assert least_s <= caught.value.retry_after_s <= most_s
        assert not caught.value.blames_request

    @pytest.mark.parametrize("words", ["", "soon", "Wed, 41 Oct 2015 07:28:00 GMT"])
    def test_what_it_says_may_be_nonsense(
        self, server: Server, client: RpcClient, words: str
    ) -> None:
        server.answer = lambda _: (503, b"", ("Retry-After", words))
        with pytest.raises(RpcUnavailableError) as caught:
            client.call("eth_test")
        assert caught.value.retry_after_s is None

    @pytest.mark.parametrize(
        ("answer", "is_blamed"),
        [
            ((413, b"<html>"), True),
            (b'{"id":1,"error":{"code":-32005,"message":"query returned more than 9"}}', True),
            (b'{"id":1,"result":"' + b"x" * 20_000 + b'"}', True),
            ((404, b"<html>"), False),
            ((429, b'{"id":1,"error":{"code":-32005,"message":"limit exceeded"}}'), False),
            (b"{", False),
        ],
    )
    def test_what_a_smaller_request_may_cure_is_told_apart(
        self, server: Server, client: RpcClient, answer: Any, is_blamed: bool
    ) -> None:
        server.answer = lambda _: answer
        with pytest.raises(RpcUnavailableError) as caught:
            client.call("eth_test")
        assert caught.value.blames_request is is_blamed

    def test_a_slow_node_is_given_up(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda request: time.sleep(1) or reply(1)(request)
        with pytest.raises(RpcUnavailableError, match="does not answer"):
            client.call("eth_test")

    def test_a_node_that_is_not_there_is_named(self) -> None:
        with (
            RpcClient("http://user:secret@127.0.0.1:1/key?token=t") as client,
            pytest.raises(RpcUnavailableError, match=r"http://127\.0\.0\.1:1 does not") as caught,
        ):
            client.call("eth_test")
        assert not any(word in str(caught.value) for word in ("secret", "key", "token"))


class TestBatch:
    def test_results_come_in_the_order_of_the_calls(
        self, server: Server, client: RpcClient
    ) -> None:
        server.answer = lambda requests: json.dumps(
            [{"id": one["id"], "result": one["params"]} for one in reversed(requests)]
        ).encode()
        assert client.batch([("a", (1,)), ("b", (2,)), ("c", ())]) == [[1], [2], []]

    def test_no_calls_ask_nothing(self, client: RpcClient) -> None:
        assert client.batch([]) == []

    def test_one_error_fails_the_batch(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda requests: json.dumps(
            [
                {"id": requests[0]["id"], "result": 1},
                {"id": requests[1]["id"], "error": {"code": -32000, "message": "no"}},
            ]
        ).encode()
        with pytest.raises(RpcError, match="refuses b: no"):
            client.batch([("a", ()), ("b", ())])

    def test_a_missing_answer_is_noticed(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda requests: json.dumps(
            [{"id": requests[0]["id"], "result": 1}]
        ).encode()
        with pytest.raises(RpcUnavailableError, match="no answer to b"):
            client.batch([("a", ()), ("b", ())])

    def test_a_node_without_batches_says_so(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda _: b'{"id":null,"error":{"code":-32600,"message":"no batches"}}'
        with pytest.raises(RpcError, match="no batches"):
            client.batch([("a", ())])

    def test_one_object_is_no_answer_to_a_batch(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda _: b'{"id":1,"result":1}'
        with pytest.raises(RpcUnavailableError, match="a batch with one result"):
            client.batch([("a", ())])


class Block(msgspec.Struct):
    number: str


class TestBatchAs:
    def test_reads_each_result_into_the_type(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda requests: json.dumps(
            [{"id": one["id"], "result": {"number": one["params"][0]}} for one in requests[::-1]]
        ).encode()
        calls = [("block", (hex(number),)) for number in range(3)]
        assert client.batch_as(Block, calls) == [Block("0x0"), Block("0x1"), Block("0x2")]
        with pytest.raises(RpcUnavailableError, match="something else"):
            client.batch_as(list[Block], calls)

    def test_a_result_may_be_null_where_the_type_says_so(
        self, server: Server, client: RpcClient
    ) -> None:
        server.answer = lambda requests: json.dumps(
            [{"id": one["id"], "result": one["params"][0]} for one in requests]
        ).encode()
        calls: list[Any] = [("block", ({"number": "0x1"},)), ("block", (None,))]
        assert client.batch_as(Block | None, calls) == [Block("0x1"), None]
        assert client.batch_as(Block | None, []) == []
        with pytest.raises(RpcUnavailableError, match="something else"):
            client.batch_as(Block, calls)

    @pytest.mark.parametrize("beside", [{}, {"result": None}])
    def test_an_error_is_read_whatever_stands_beside_it(
        self, server: Server, client: RpcClient, beside: dict[str, Any]
    ) -> None:
        error = {"error": {"code": -32000, "message": "pruned"}} | beside
        server.answer = lambda requests: json.dumps(
            [{"id": one["id"]} | error for one in requests]
        ).encode()
        with pytest.raises(RpcError, match="pruned"):
            client.batch_as(Block, [("a", ()), ("b", ())])
        server.answer = lambda request: json.dumps({"id": request["id"]} | error).encode()
        with pytest.raises(RpcError, match="refuses a: pruned"):
            client.call_as(Block, "a")

    def test_a_missing_result_is_noticed(self, server: Server, client: RpcClient) -> None:
        server.answer = lambda requests: json.dumps(
            [{"id": one["id"]} for one in requests]
        ).encode()
        with pytest.raises(RpcUnavailableError, match="neither result nor error to a"):
            client.batch_as(Block | None, [("a", ())])
