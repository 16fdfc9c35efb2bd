"""Slow, lying and greedy clients are cut off, and others are served meanwhile.

The limits are shortened here, so that the tests wait for tenths of seconds; nothing is said about
how long anything takes.
"""

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import tracer_desk.door
import tracer_desk.protocol
import tracer_desk.uploads
from desk_requests import Signing, digest_header, sign_request, upload_target
from desk_world import (
    BROKER,
    DECLARATION,
    MAKER,
    Desk,
    copy_world,
    prepare_desk,
    running_desk,
    serving_desk,
)
from served_world import World
from tracer_desk.limits import MAX_FILE_BYTES, MAX_ORG_UPLOADS
from tracer_desk.run import build_server

from tracer.operations.desk_client import new_doc_id
from tracer.vault.desk_tables import Quota

pytestmark = pytest.mark.integration

FILE = DECLARATION.read_bytes()
PATIENCE_S = 60.0
TRICKLERS = 64


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return copy_world(tmp_path_factory.mktemp("slow") / "home")


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(tracer_desk.door, "GRACE_S", 0.4)
    monkeypatch.setattr(tracer_desk.protocol, "HEAD_S", 0.4)
    monkeypatch.setattr(tracer_desk.protocol, "STALLED_WRITE_S", 0.4)
    with running_desk(world) as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as client:
        yield client


def head(desk: Desk, length: int, data: bytes = FILE, doc_id: str = "", gln: str = BROKER) -> bytes:
    """The head of an upload that announces so many bytes."""
    target = upload_target(doc_id or new_doc_id())
    headers = sign_request(desk.account(gln), desk.identity, "PUT", target, data)
    headers |= {
        "Host": f"127.0.0.1:{desk.port}",
        "Content-Type": "application/pdf",
        "Content-Length": str(length),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"PUT {target} HTTP/1.1\r\n{lines}\r\n".encode()


@contextlib.contextmanager
def connected(desk: Desk) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", desk.port), timeout=PATIENCE_S) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the desk closes the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            data += piece
    return data


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def is_served(desk: Desk, http: httpx.Client) -> bool:
    return Signing(desk, MAKER, http).send("GET", "/v1/documents").status_code == 200


def leftovers(desk: Desk) -> list[str]:
    folder = desk.home / "desk" / "incoming"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


class TestSlow:
    def test_tricklers_are_cut_off_while_others_are_served(
        self, desk: Desk, http: httpx.Client
    ) -> None:
        answers: list[int] = []

        def trickle() -> None:
            first = head(desk, len(FILE))
            with connected(desk) as connection:
                connection.sendall(first)
                with contextlib.suppress(ConnectionError):
                    for place in range(200):
                        connection.sendall(FILE[place : place + 1])
                        if _has_answer(connection):
                            break
                answers.append(status_of(read_all(connection)))

        threads = [threading.Thread(target=trickle) for _ in range(TRICKLERS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert is_served(desk, http)
        for thread in threads:
            thread.join()
        assert len(answers) == TRICKLERS
        # Too slow, or more than one party may send at once; an answer to somebody who is still
        # sending may be lost with the connection.
        assert set(answers) <= {408, 503, 0}
        assert 408 in answers
        assert leftovers(desk) == []

    def test_a_body_that_never_comes(self, desk: Desk) -> None:
        with connected(desk) as connection:
            connection.sendall(head(desk, len(FILE)))
            answer = read_all(connection)
        assert status_of(answer) == 408
        assert b"upload-too-slow" in answer
        assert leftovers(desk) == []

    def test_header_lines_that_never_end(self, desk: Desk, http: httpx.Client) -> None:
        with connected(desk) as silent, connected(desk) as slow, connected(desk) as second:
            slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
            second.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHo")
            assert is_served(desk, http)
            for connection in (silent, slow):
                assert read_all(connection) == b""
            assert status_of(read_all(second)) == 200

    def test_header_lines_without_end(self, desk: Desk, http: httpx.Client) -> None:
        with connected(desk) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET /healthz HTTP/1.1\r\n")
                for number in range(20_000):
                    connection.sendall(f"X-{number}: {'y' * 200}\r\n".encode())
            assert read_all(connection) == b""
        assert is_served(desk, http)

    def test_a_reader_that_takes_nothing(self, desk: Desk, http: httpx.Client) -> None:
        """Answers that nobody takes fill the buffers; then the connection ends."""
        request = f"GET /v1/types HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\n\r\n".encode()
        with connected(desk) as connection:
            connection.setblocking(False)
            deadline, is_cut = time.monotonic() + PATIENCE_S, False
            while not is_cut and time.monotonic() < deadline:
                try:
                    connection.send(request * 20)
                except BlockingIOError:
                    time.sleep(0.02)
                except ConnectionError:
                    is_cut = True
            assert is_cut
        assert is_served(desk, http)


def _has_answer(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False
    finally:
        connection.settimeout(PATIENCE_S)


class TestLength:
    @pytest.mark.parametrize(
        ("change", "status"),
        [
            (b"Content-Length: %d\r\n", 413),
            (b"Content-Length: -1\r\n", 400),
            (b"Content-Length: 1e3\r\n", 400),
            (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
            (b"Transfer-Encoding: chunked\r\n", 411),
            (b"", 411),
        ],
    )
    def test_lengths_that_are_refused(self, desk: Desk, change: bytes, status: int) -> None:
        lines = head(desk, 0).split(b"\r\n")
        lines = [line for line in lines if not line.lower().startswith(b"content-length")]
        announced = change % (MAX_FILE_BYTES + 1) if b"%d" in change else change
        with connected(desk) as connection:
            connection.sendall(b"\r\n".join(lines[:-2]) + b"\r\n" + announced + b"\r\n")
            answer = read_all(connection)
        assert status_of(answer) == status, answer
        assert leftovers(desk) == []

    def test_a_body_that_is_shorter_than_it_says(self, desk: Desk, http: httpx.Client) -> None:
        doc_id = new_doc_id()
        with connected(desk) as connection:
            connection.sendall(head(desk, len(FILE), doc_id=doc_id) + FILE[:-5])
            connection.shutdown(socket.SHUT_WR)
            read_all(connection)
        assert is_served(desk, http)
        missing = Signing(desk, BROKER, http).send("GET", f"/v1/documents/{doc_id}")
        assert missing.status_code == 404
        assert leftovers(desk) == []

    def test_a_body_that_is_longer_than_it_says(self, desk: Desk, http: httpx.Client) -> None:
        """What is too much is another request, and a broken one."""
        with connected(desk) as connection:
            connection.sendall(head(desk, len(FILE)) + FILE + b"and more\r\n\r\n")
            answer = read_all(connection)
        assert b"HTTP/1.1 400" in answer
        assert is_served(desk, http)

    def test_an_oversized_body_is_not_read(self, desk: Desk, http: httpx.Client) -> None:
        with connected(desk) as connection:
            connection.sendall(head(desk, 10**11))
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 64 * 2**20:
                    sent += connection.send(bytes(2**16))
            assert sent < 64 * 2**20
        assert is_served(desk, http)


class TestMuch:
    def test_one_party_does_not_take_all_places(
        self, desk: Desk, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tracer_desk.door, "GRACE_S", PATIENCE_S)
        with contextlib.ExitStack() as stack:
            for _ in range(MAX_ORG_UPLOADS):
                connection = stack.enter_context(connected(desk))
                connection.sendall(head(desk, len(FILE)))
            deadline = time.monotonic() + PATIENCE_S
            while len(leftovers(desk)) < MAX_ORG_UPLOADS:
                assert time.monotonic() < deadline
            answer = Signing(desk, BROKER, http).upload(FILE)
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
            assert int(answer.headers["retry-after"]) > 0
            assert Signing(desk, MAKER, http).upload(FILE).status_code == 201

    def test_a_day_has_its_quota(
        self, desk: Desk, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broker = Signing(desk, BROKER, http)
        doc_id = new_doc_id()
        assert broker.upload(FILE, doc_id).status_code == 201
        monkeypatch.setattr(tracer_desk.uploads, "DAILY", Quota(files=10**6, octets=len(FILE)))
        answer = broker.upload(FILE)
        assert (answer.status_code, answer.json()["code"]) == (429, "quota-exceeded")
        assert 0 < int(answer.headers["retry-after"]) <= 86_400

    def test_what_fails_is_not_counted(self, desk: Desk, http: httpx.Client) -> None:
        maker = Signing(desk, MAKER, http)
        assert maker.upload(FILE).status_code == 201
        doc_id = new_doc_id()
        assert maker.upload(FILE, doc_id).status_code == 201
        for _ in range(5):
            assert maker.upload(FILE, doc_id).status_code == 200
            wrong = maker.upload(FILE, new_doc_id(), Content_Digest=digest_header(b"x"))
            assert wrong.status_code in {400, 401}


def test_killed_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    home = copy_world(tmp_path / "home")
    doc_id = new_doc_id()
    with serving_desk(home) as (desk, pid), connected(desk) as connection:
        connection.sendall(head(desk, len(FILE), doc_id=doc_id) + FILE[: len(FILE) // 2])
        deadline = time.monotonic() + PATIENCE_S
        while not leftovers(desk):
            assert time.monotonic() < deadline
        os.kill(pid, signal.SIGKILL)
        read_all(connection)
    assert len(leftovers(desk)) == 1
    blobs = desk.home / "vault" / "blobs"
    assert not [path for path in blobs.rglob("*") if path.is_file()]
    with serving_desk(home) as (again, _), httpx.Client(timeout=60) as http:
        assert leftovers(again) == []
        broker = Signing(again, BROKER, http)
        assert broker.send("GET", f"/v1/documents/{doc_id}").status_code == 404
        assert broker.upload(FILE, doc_id).status_code == 201
    log = (home.home / "desk.log").read_text("utf-8")
    assert "224820261000300451" not in log
    assert json.dumps(doc_id) not in log


def test_the_server_has_no_door_of_its_own(world: World) -> None:
    """Nothing but the desk's own protocol and limits is used."""
    server = build_server(prepare_desk(world).settings)
    assert server.config.http is tracer_desk.protocol.DeskProtocol
    assert server.config.limit_concurrency
    assert server.config.access_log is False
