"""Connections, bounds and proxies, against servers that write bytes as a test tells them."""

import contextlib
import datetime as dt
import gzip
import ipaddress
import itertools
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tracer.chain import transport
from tracer.chain.transport import Transport
from tracer.errors import RpcUnavailableError

Script = Callable[[socket.socket, bytes], object]
OK = b"HTTP/1.1 200 OK\r\n"


class Server:
    """Calls `script` with the connection and each request; what it returns is sent."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                stack.enter_context(connection)
            while request := read_request(connection):
                self.requests.append(request)
                answer = self._script(connection, request)
                if answer is None:
                    return
                assert isinstance(answer, bytes)
                connection.sendall(answer)


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = (b"HTTP/1.1 " + status, b"content-length: %d" % len(body), *headers, b"", body)
    return b"\r\n".join(lines)


def chunked(*pieces: bytes) -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return OK + b"transfer-encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


Serve = Callable[..., tuple[Server, Transport]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(script: Script, url: str = "", **options: object) -> tuple[Server, Transport]:
            server = Server(script, options.get("context"))  # type: ignore[arg-type]
            stack.callback(server.close)
            url = url or f"http://127.0.0.1:{server.port}"
            client = Transport(url, timeout_s=0.5, max_answer_bytes=100_000)
            stack.callback(client.close)
            return server, client

        yield start


def refuse(client: Transport, words: str) -> RpcUnavailableError:
    with pytest.raises(RpcUnavailableError, match=words) as caught:
        client.post(b"{}")
    return caught.value


class TestAnswers:
    @pytest.mark.parametrize("size", [0, 1, 65_536, 100_000])
    def test_of_announced_length(self, serve: Serve, size: int) -> None:
        body = os.urandom(size)
        _, client = serve(lambda *_: reply(body, b"retry-after: 7"))
        assert client.post(b"{}") == (200, "7", body)

    def test_in_chunks(self, serve: Serve) -> None:
        _, client = serve(lambda *_: chunked(b"a" * 70_000, b"b", b"c" * 9))
        assert client.post(b"{}").body == b"a" * 70_000 + b"b" + b"c" * 9

    def test_that_end_with_the_connection(self, serve: Serve) -> None:
        server, client = serve(lambda sock, _: sock.sendall(OK + b"\r\nall of it"))
        assert client.post(b"{}").body == b"all of it"
        assert client.post(b"{}").body == b"all of it"
        assert server.connections == 2

    @pytest.mark.parametrize("in_chunks", [False, True])
    def test_compressed(self, serve: Serve, in_chunks: bool) -> None:
        packed = gzip.compress(b"x" * 90_000)
        answer = reply(packed, b"content-encoding: gzip")
        if in_chunks:
            answer = chunked(packed[:9], packed[9:]).replace(
                b"\r\n", b"\r\ncontent-encoding: GZIP\r\n", 1
            )
        _, client = serve(lambda *_: answer)
        assert client.post(b"{}").body == b"x" * 90_000

    def test_a_status_is_passed_on(self, serve: Serve) -> None:
        _, client = serve(lambda *_: reply(b"no", status=b"429 Too Many"))
        assert client.post(b"{}") == (429, None, b"no")


class TestBounds:
    @pytest.mark.parametrize(
        "answer",
        [
            reply(b"x" * 100_001),
            OK + b"content-length: 99999999999999\r\n\r\n",
            chunked(b"x" * 60_000, b"x" * 60_000),
            reply(gzip.compress(bytes(20_000_000)), b"content-encoding: gzip"),
        ],
        ids=["announced", "announced only", "in chunks", "unpacked"],
    )
    def test_too_long_an_answer(self, serve: Serve, answer: bytes) -> None:
        _, client = serve(lambda *_: answer)
        assert refuse(client, "more than 100000 bytes").blames_request

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            OK,
            OK + b"content-length: 99999\r\n\r\n",
            OK + b"transfer-encoding: chunked\r\n\r\n",
        ],
        ids=["status", "headers", "body", "chunks"],
    )
    def test_a_drip_has_an_end(
        self, serve: Serve, head: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "ANSWER_TIMEOUT_S", 0.6)

        def drip(sock: socket.socket, _: bytes) -> None:
            sock.sendall(head)
            while True:  # until the client hangs up
                sock.sendall(b"1")
                time.sleep(0.05)

        _, client = serve(drip)
        refuse(client, r"takes more than 0\.6 s|timed out")

    def test_silence_is_not_waited_out(self, serve: Serve) -> None:
        _, client = serve(lambda sock, _: sock.sendall(OK) or time.sleep(3))
        refuse(client, "timed out")

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 2",
            OK + b"content-length: 10\r\n\r\nhalf",
            OK + b"transfer-encoding: chunked\r\n\r\n5\r\nab",
            OK + b"transfer-encoding: chunked\r\n\r\nzz\r\nab",
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 " + b"y" * 70_000 + b"\r\n\r\n",
            OK + b"a: b\r\n" * 200 + b"\r\n",
            reply(b"not gzip", b"content-encoding: gzip"),
        ],
    )
    def test_half_an_answer_is_none(self, serve: Serve, answer: bytes) -> None:
        _, client = serve(lambda sock, _: sock.sendall(answer))
        error = refuse(client, "does not answer: .")
        assert not error.blames_request
        assert len(str(error)) < 400


class TestConnections:
    def test_is_kept(self, serve: Serve) -> None:
        server, client = serve(lambda *_: reply(b"1"))
        for _ in range(5):
            client.post(b"{}")
        assert server.connections == 1

    def test_one_that_broke_is_not_used_again(self, serve: Serve) -> None:
        turns = itertools.count()
        server, client = serve(lambda *_: reply(b"1") if next(turns) % 2 == 0 else None)
        for _ in range(3):
            assert client.post(b"{}").body == b"1"
            refuse(client, "closed|reset")
        assert server.connections == 3

    def test_one_closed_while_idle_is_replaced(self, serve: Serve) -> None:
        server, client = serve(lambda sock, _: sock.sendall(reply(b"1")))
        for _ in range(4):
            assert client.post(b"{}").body == b"1"
            time.sleep(0.1)  # the server's end of the connection arrives
        assert server.connections == 4

    def test_threads_do_not_mix_answers(self, serve: Serve) -> None:
        server, client = serve(lambda _, request: reply(request.rpartition(b"\r\n\r\n")[2]))
        with ThreadPoolExecutor(8) as pool:
            words = [b"%d" % number for number in range(400)]
            assert [answer.body for answer in pool.map(client.post, words)] == words
        assert server.connections <= 8


class TestAddresses:
    def test_credentials_are_sent_and_never_said(self, serve: Serve) -> None:
        server, _ = serve(lambda *_: None)
        url = f"http://us%40er:se:cret@127.0.0.1:{server.port}/a key/é?token=t"
        _, client = serve(lambda *_: None, url)
        words = str(refuse(client, rf"http://127\.0\.0\.1:{server.port} does not"))
        assert not any(secret in words for secret in ("us", "cret", "key", "token"))
        (request,) = server.requests
        assert request.startswith(b"POST /a%20key/%C3%A9?token=t HTTP/1.1\r\n")
        assert b"Authorization: Basic dXNAZXI6c2U6Y3JldA==\r\n" in request

    @pytest.mark.parametrize(
        "url", ["ftp://127.0.0.1", "http://", "", "http://127.0.0.1:x", "http://" + "a" * 99]
    )
    def test_one_that_cannot_be(self, url: str) -> None:
        refuse(Transport(url, timeout_s=0.5, max_answer_bytes=9), "does not answer: .")

    def test_a_proxy_of_the_environment_is_used(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, near = serve(lambda *_: reply(b"1"))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://who:pw@127.0.0.1:{server.port}")
        monkeypatch.setenv("NO_PROXY", "inside.example")
        monkeypatch.setenv("no_proxy", "inside.example")
        assert near.post(b"{}").body == b"1"
        _, far = serve(lambda *_: None, "http://node.example/path")
        assert far.post(b"{}").body == b"1"
        _, secure = serve(lambda *_: None, "https://node.example")
        refuse(secure, "node.example does not answer")
        direct, proxied, tunnel = server.requests
        assert direct.startswith(b"POST / HTTP/1.1\r\n")
        assert proxied.startswith(b"POST http://node.example/path HTTP/1.1\r\nHost: node.example")
        assert tunnel.startswith(b"CONNECT node.example:443 HTTP/1")
        assert b"Proxy-Authorization: Basic d2hvOnB3\r\n" in proxied
        assert b"Proxy-Authorization: Basic d2hvOnB3\r\n" in tunnel
        assert b"Authorization" not in direct
        _, inside = serve(lambda *_: None, "http://inside.example:1")
        refuse(inside, "inside.example:1 does not answer")
        assert len(server.requests) == 3

    def test_a_proxy_of_another_kind_is_not_guessed_at(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
        _, client = serve(lambda *_: None, "http://node.example")
        refuse(client, "no HTTP proxy")


class TestTls:
    def test_a_certificate_must_be_trusted(
        self, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate = tmp_path / "certificate.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(write_certificate(certificate))
        server, _ = serve(lambda *_: reply(b"1"), context=context)
        url = f"https://127.0.0.1:{server.port}"
        _, doubting = serve(lambda *_: None, url)
        refuse(doubting, "CERTIFICATE_VERIFY_FAILED|certificate verify failed")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        _, trusting = serve(lambda *_: None, url)
        connections = server.connections
        for _ in range(3):
            assert trusting.post(b"{}").body == b"1"
        assert server.connections == connections + 1


def write_certificate(path: Path) -> Path:
    """Key and certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(encoded + certificate.public_bytes(serialization.Encoding.PEM))
    return path
