"""Uploads that nobody should send, from a seed: wrong in any part, or in none."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desk_requests import digest_header, sign_request
from desk_world import BROKER, GTIN, LOT, PAPERS, Desk
from eth_account.signers.local import LocalAccount

from tracer.domain.statements import DeskIdentity
from tracer.operations.desk_client import new_doc_id

PATIENCE_S = 120.0
SIGNS = "abcdefgXYZ0123456789-_./\\%&=?#:;,\"'<>{}[]() \t\x80\xff"
CONTROLS = "\x00\x01\x0b\x7f\n"
TYPES = (
    "application/pdf", "image/png", "image/jpeg", "application/json", "application/xml",
    "text/html", "multipart/form-data; boundary=x", "", "application/pdf; x=y", "APPLICATION/PDF",
)  # fmt: skip
PARSERS = ("pikepdf", "qpdf", "_pikepdf")


@dataclass
class Fuzzer:
    """Makes and sends uploads.

    Attributes:
        desk: receives them.
        seed: of everything that is random here, except signatures' nonces.
        statuses: what was answered, counted.
    """

    desk: Desk
    seed: int
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._files = [path.read_bytes() for path in sorted(PAPERS.glob("*.pdf"))]
        self._account: LocalAccount = self.desk.account(BROKER)
        self._identity: DeskIdentity = self.desk.identity
        self._ids = [new_doc_id() for _ in range(20)]

    def run(self, count: int) -> None:
        """Send so many."""
        for number in range(count):
            request, is_short = self.build()
            status = self.send(request, is_short=is_short)
            assert status < 500 or status == 503, (self.seed, number, status, request[:2000])
            self.statuses[status] += 1

    # --- making -------------------------------------------------------------------------------

    def text(self, most: int) -> str:
        signs = SIGNS if self._dice.random() < 0.9 else SIGNS + CONTROLS
        return "".join(self._dice.choice(signs) for _ in range(self._dice.randrange(most)))

    def body(self) -> bytes:
        """A file, broken or whole."""
        data = bytearray(self._dice.choice(self._files))
        makers: list[Callable[[], bytes]] = [
            lambda: bytes(data),
            lambda: bytes(data),
            lambda: bytes(data[: self._dice.randrange(len(data))]),
            lambda: bytes(data) + self._dice.randbytes(self._dice.randrange(50)),
            lambda: self._dice.randbytes(self._dice.randrange(2000)),
            lambda: b"%PDF-1.4\n" + self._dice.randbytes(200) + b"\n%%EOF",
            lambda: b"\x89PNG\r\n\x1a\n" + self._dice.randbytes(300),
            lambda: json.dumps({"number": self.text(30), "x": [[[self.text(9)]]]}).encode(),
            lambda: b"[" * self._dice.randrange(1, 9000),
            lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            lambda: b"",
            self._flipped,
        ]
        return self._dice.choice(makers)()

    def _flipped(self) -> bytes:
        data = bytearray(self._dice.choice(self._files))
        for _ in range(self._dice.randrange(1, 20)):
            data[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)
        return bytes(data)

    def _target(self) -> str:
        dice = self._dice
        doc_id = dice.choice([new_doc_id(), dice.choice(self._ids), dice.choice(self._ids)])
        if dice.random() < 0.1:
            doc_id = self.text(40).replace(" ", "").replace("\t", "")
        about = {"gtin": GTIN, "lot": LOT, "type": "CUSTOMS_DECLARATION"}
        if dice.random() < 0.2:
            about[dice.choice(list(about))] = self.text(30)
        if dice.random() < 0.05:
            about.pop(dice.choice(list(about)))
        if dice.random() < 0.05:
            about[self.text(5) or "x"] = "1"
        query = "&".join(f"{name}={value}" for name, value in about.items())
        raw = f"/v1/documents/{doc_id}?{query}"
        return "".join(sign if "!" <= sign <= "~" else f"%{ord(sign):02X}" for sign in raw)

    def build(self) -> tuple[bytes, bool]:
        """One request, as it goes over the wire, and whether more was promised than comes."""
        dice, target, body = self._dice, self._target(), self.body()
        headers = sign_request(self._account, self._identity, "PUT", target, body)
        headers |= {
            "Host": f"127.0.0.1:{self.desk.port}",
            "Content-Type": "application/pdf" if dice.random() < 0.7 else dice.choice(TYPES),
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        if dice.random() < 0.3:
            headers["X-Filename"] = self.text(300)
        for _ in range(dice.choice([0, 0, 0, 0, 1, 2])):
            self._spoil(headers, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = headers.get("Content-Length", "")
        is_short = not (length.isdigit() and int(length) <= len(body))
        return f"PUT {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body, is_short

    def _spoil(self, headers: dict[str, str], body: bytes) -> None:
        dice = self._dice
        other = base64.b64encode(hashlib.sha256(dice.randbytes(4)).digest()).decode()
        spoilers: list[Callable[[], object]] = [
            lambda: headers.pop(dice.choice(list(headers))),
            lambda: headers.update({dice.choice(list(headers)): self.text(100)}),
            lambda: headers.update({self.text(20).strip(": ") or "x": self.text(100)}),
            lambda: headers.update({"Content-Digest": f"sha-256=:{other}:"}),
            lambda: headers.update({"Content-Digest": self.text(60)}),
            lambda: headers.update({"Content-Digest": digest_header(body) + ", sha-512=:eA==:"}),
            lambda: headers.update({"Content-Length": str(dice.randrange(3 * len(body) + 2))}),
            lambda: headers.update({"Content-Length": dice.choice(["-1", "", "9" * 30, "1,1"])}),
            lambda: headers.update({"Transfer-Encoding": dice.choice(["chunked", "gzip", "x"])}),
            lambda: headers.update({"Expect": "100-continue"}),
            lambda: headers.update({"Authorization": f"Tracer {self.text(400)}"}),
            lambda: headers.update({"Upgrade": "websocket", "Connection": "upgrade"}),
        ]
        dice.choice(spoilers)()

    # --- sending ------------------------------------------------------------------------------

    def send(self, request: bytes, *, is_short: bool) -> int:
        """The answer's status; 0 when the desk just closed the connection."""
        address = ("127.0.0.1", self.desk.port)
        with socket.create_connection(address, timeout=PATIENCE_S) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
            if is_short:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)  # what was promised never comes
            answer = http.client.HTTPResponse(connection)
            try:
                answer.begin()
                answer.read()
            except (http.client.HTTPException, ConnectionError):
                return 0
            return answer.status


def loaded_files(pid: int) -> set[str]:
    """Names of the files that a process has mapped, as the kernel lists them."""
    lines = Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines()
    return {Path(line.split()[-1]).name for line in lines if "/" in line}


def peak_mib(pid: int) -> int:
    """The most memory that a process had resident."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def settle(desk: Desk) -> None:
    """Wait until no file is on its way in."""
    deadline = time.monotonic() + PATIENCE_S
    while list((desk.home / "desk" / "incoming").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fuzz(desk: Desk, pid: int, count: int, seed: int) -> Fuzzer:
    """Send fuzzed uploads, and look at what the desk is like after them."""
    print(f"seed {seed}")
    fuzzer = Fuzzer(desk, seed)
    fuzzer.run(count)
    print(sorted(fuzzer.statuses.items()), f"{peak_mib(pid)} MiB")
    assert not [name for name in loaded_files(pid) if any(it in name for it in PARSERS)]
    assert os.path.exists(f"/proc/{pid}")  # noqa: PTH110
    settle(desk)
    log = (desk.home / "desk.log").read_text("utf-8", errors="replace")
    assert "Traceback" not in log, log[-3000:]
    return fuzzer
