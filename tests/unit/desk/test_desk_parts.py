"""The desk's small parts: its door, its places, its incoming files, names of files, ids."""

import asyncio
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from tracer_desk.auth import cookie_name, parse_address
from tracer_desk.door import Body, read_digest, read_length
from tracer_desk.incoming import Incoming
from tracer_desk.limits import MAX_FILE_BYTES, MAX_FILENAME_CHARS
from tracer_desk.papers import encode_append
from tracer_desk.places import GatePool, Places
from tracer_desk.problems import RefusedError
from tracer_desk.services import read_passphrase
from tracer_desk.uploads import clean_file_name

from tracer.chain.contract import encode_call
from tracer.errors import (
    BusyError,
    ConfigurationError,
    InputError,
    KeyUnavailableError,
    LimitExceededError,
    UploadTooSlowError,
)
from tracer.operations.desk_client import new_doc_id, spell_doc_id
from tracer.vault.rows import check_doc_id

EMPTY = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


def scope(method: str = "PUT") -> dict[str, Any]:
    return {"type": "http", "method": method}


class TestHeaders:
    @pytest.mark.parametrize(
        "value",
        ["", "sha-256", "sha-256=::", "sha-512=:eA==:", EMPTY + ", " + EMPTY, EMPTY[:-1],
         EMPTY.replace("=:", "::"), " " + EMPTY, "SHA-256=:" + "A" * 44 + ":"],
    )  # fmt: skip
    def test_other_digests_are_refused(self, value: str) -> None:
        with pytest.raises(RefusedError):
            read_digest(Headers({"content-digest": value}))

    def test_a_digest(self) -> None:
        found = read_digest(Headers({"content-digest": EMPTY}))
        assert found is not None
        assert found.hex().startswith("e3b0c442")
        assert read_digest(Headers({})) is None

    def test_two_digests_are_refused(self) -> None:
        raw = [(b"content-digest", EMPTY.encode())] * 2
        with pytest.raises(RefusedError):
            read_digest(Headers(raw=raw))

    @pytest.mark.parametrize("value", ["", "-1", "+1", "1.0", "0x1", "1 ", "9" * 13, "\xb2"])
    def test_other_lengths_are_refused(self, value: str) -> None:
        with pytest.raises((RefusedError, LimitExceededError)):
            read_length(scope(), Headers({"content-length": value}))

    def test_a_length(self) -> None:
        assert read_length(scope(), Headers({"content-length": "17"})) == 17
        assert read_length(scope("GET"), Headers({})) == 0
        with pytest.raises(RefusedError):
            read_length(scope("POST"), Headers({}))
        with pytest.raises(LimitExceededError):
            read_length(scope(), Headers({"content-length": str(MAX_FILE_BYTES + 1)}))
        with pytest.raises(RefusedError):
            read_length(scope(), Headers({"content-length": "1", "transfer-encoding": "chunked"}))


class TestBody:
    def read(self, pieces: list[bytes], length: int, digest: bytes | None, step_s: float) -> bytes:
        """Read a body whose pieces come so many seconds apart, by a clock of our own."""
        clock, left = [0.0], list(pieces)

        async def receive() -> dict[str, Any]:
            clock[0] += step_s
            if not left:
                await asyncio.Event().wait()
            piece = left.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(left)}

        async def run() -> bytes:
            body, data = Body(receive, length, digest, lambda: clock[0]), b""
            while not body.is_done:
                data += (await body.receive())["body"]
            return data

        return asyncio.run(run())

    def test_what_was_announced_passes(self) -> None:
        digest = bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        assert self.read([b"a", b"bc"], 3, digest, 0.1) == b"abc"
        assert self.read([b"abc"], 3, None, 0.1) == b"abc"

    @pytest.mark.parametrize(("length", "digest"), [(4, None), (2, None), (3, bytes(32))])
    def test_anything_else_is_refused_before_its_end(
        self, length: int, digest: bytes | None
    ) -> None:
        with pytest.raises(RefusedError):
            self.read([b"a", b"bc"], length, digest, 0.1)

    def test_a_slow_body_is_cut_off(self) -> None:
        with pytest.raises(UploadTooSlowError):
            self.read([b"a"] * 100, 100, None, 0.5)

    def test_a_body_may_not_take_long_however_fast(self) -> None:
        with pytest.raises(UploadTooSlowError):
            self.read([bytes(100_000)] * 150, 15_000_000, None, 0.5)

    def test_a_fast_body_is_not(self) -> None:
        assert len(self.read([bytes(10_000)] * 100, 1_000_000, None, 0.5)) == 1_000_000


class TestPlaces:
    def test_places_are_limited_over_all_and_for_each(self) -> None:
        places = Places(3, 2)
        with places.take(1), places.take(1):
            with pytest.raises(BusyError), places.take(1):
                pass
            with places.take(2), pytest.raises(BusyError), places.take(3):
                pass
        with places.take(1), places.take(1), places.take(2):
            pass

    def test_the_gate_has_a_short_queue(self) -> None:
        pool, go = GatePool(1, 1), threading.Event()

        async def run() -> list[object]:
            work = [asyncio.create_task(pool.run(go.wait)) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(BusyError):
                await pool.run(go.wait)
            go.set()
            return [await task for task in work] + [await pool.run(go.wait)]

        assert asyncio.run(run()) == [True, True, True]
        pool.close()


HOLD = """
import sys, time
from pathlib import Path
from tracer_desk.incoming import Incoming
with Incoming(Path(sys.argv[1])).new_file() as file:
    file.write(b"half a paper")
    print("ready", flush=True)
    sys.stdin.read()
"""


class TestIncoming:
    def test_a_file_is_private_and_gone_afterwards(self, tmp_path: Path) -> None:
        incoming = Incoming(tmp_path / "incoming")
        with incoming.new_file() as file:
            file.write(b"abc")
            assert file.path.read_bytes() == b"abc"
            assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
            assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
            assert incoming.sweep() == 0
        assert list((tmp_path / "incoming").iterdir()) == []

    def test_only_what_the_dead_left_is_swept(self, tmp_path: Path) -> None:
        folder = tmp_path / "incoming"
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"ready\n"
            assert Incoming(folder).sweep() == 0
            holder.kill()
            holder.wait(20)
        assert len(list(folder.iterdir())) == 1
        assert Incoming(folder).sweep() == 1
        assert list(folder.iterdir()) == []
        assert Incoming(tmp_path / "none").sweep() == 0


class TestNames:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("报关单.pdf", "报关单.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
            ("x\u202efdp.exe", "xfdp.exe"),
            ('a"b', "a_b"),
            (" .hidden. ", "hidden"),
            ("\x00", ""),
            ("\ud800", ""),
            ("x" * 999, "x" * MAX_FILENAME_CHARS),
        ],
    )
    def test_names_are_cleaned(self, given: str, kept: str) -> None:
        assert clean_file_name(given) == kept

    def test_ids_are_ulids(self) -> None:
        for _ in range(100):
            assert check_doc_id(new_doc_id())
            assert check_doc_id(spell_doc_id(os.urandom(16)))
        assert spell_doc_id(bytes(16)) == "0" * 26
        assert spell_doc_id(b"\xff" * 16) == "7" + "Z" * 25

    @pytest.mark.parametrize("text", ["", "0x", "0x" + "0" * 39, "0x" + "g" * 40, "0" * 40])
    def test_addresses(self, text: str) -> None:
        with pytest.raises(InputError):
            parse_address(text)
        assert parse_address("0x" + "aB" * 20) == b"\xab" * 20

    def test_secure_origins_have_the_strict_cookie(self) -> None:
        assert cookie_name("https://desk.example.org") == "__Host-tracer-desk"
        assert cookie_name("http://127.0.0.1:8001") == "tracer-desk"


def test_the_call_is_encoded_as_the_contract_wants_it() -> None:
    for size in (44, 88, 64):
        records = os.urandom(size)
        batch_id = os.urandom(32)
        assert encode_append(batch_id, records) == encode_call("append", batch_id, records)


def test_the_passphrase_is_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("battery staple\r\nmore\n")
    assert read_passphrase(file) == "battery staple"
    with pytest.raises(ConfigurationError):
        read_passphrase(None)
    with pytest.raises(KeyUnavailableError):
        read_passphrase(tmp_path / "none")
