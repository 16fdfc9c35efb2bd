"""A container opens as a whole, under its own name and key, or not at all."""

import hashlib
import hmac
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from vault_tampering import KEYS, NAME, make, released, tamperings
from vaults import some_bytes

from tracer.errors import DamagedDocumentError, InputError, LimitExceededError
from tracer.vault.container import (
    CHUNK_BYTES,
    MAX_PLAINTEXT_BYTES,
    _derive,
    _nonce,
    _spell_header,
    decrypt,
    encrypt,
    verify,
)

DEK = KEYS[0]
SEED = 20261128


def seal(plain: bytes, size: int | None = None, sha256: bytes | None = None) -> bytes:
    digest = hashlib.sha256(plain).digest() if sha256 is None else sha256
    length = len(plain) if size is None else size
    return b"".join(encrypt(io.BytesIO(plain), NAME, DEK, size=length, sha256=digest))


class TestEncrypt:
    def test_is_never_the_same_twice(self) -> None:
        assert seal(b"paper") != seal(b"paper")

    def test_shows_neither_plaintext_nor_its_digest(self) -> None:
        plain = some_bytes(1000, SEED)
        sealed = seal(plain)
        for secret in (plain[:16], hashlib.sha256(plain).digest()):
            assert secret not in sealed
            assert secret.hex().encode() not in sealed

    def test_adds_little(self) -> None:
        assert len(seal(bytes(20 * CHUNK_BYTES))) - 20 * CHUNK_BYTES < 1000

    @pytest.mark.parametrize("plain", [b"", b"x", bytes(CHUNK_BYTES), bytes(CHUNK_BYTES + 1)])
    @pytest.mark.parametrize("wrong", [-1, 1])
    def test_refuses_a_file_of_another_size(self, plain: bytes, wrong: int) -> None:
        if len(plain) + wrong >= 0:
            with pytest.raises(InputError, match="announced"):
                seal(plain, size=len(plain) + wrong)

    def test_refuses_a_file_with_another_digest(self) -> None:
        with pytest.raises(InputError, match="announced"):
            seal(b"paper", sha256=bytes(32))

    def test_refuses_a_file_that_is_too_large(self) -> None:
        with pytest.raises(LimitExceededError):
            seal(b"", size=MAX_PLAINTEXT_BYTES + 1)


class TestDecrypt:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
    def test_gives_the_plaintext_back(self, size: int) -> None:
        plain = some_bytes(size, SEED)
        assert b"".join(decrypt(io.BytesIO(seal(plain)), NAME, DEK)) == plain
        assert verify(io.BytesIO(seal(plain)), NAME, DEK) == size

    def test_reads_on_from_where_the_stream_is(self) -> None:
        source = io.BytesIO(b"before" + seal(b"paper"))
        source.seek(6)
        assert b"".join(decrypt(source, NAME, DEK)) == b"paper"

    def test_refuses_before_anything_is_asked_of_it(self) -> None:
        with pytest.raises(DamagedDocumentError):
            decrypt(io.BytesIO(seal(bytes(CHUNK_BYTES * 2))[:-1]), NAME, DEK)

    @pytest.mark.parametrize(
        "change", [{"v": 2}, {"alg": 2}, {"size": -1}, {"size": "5"}, {"extra": 1}, {"sum": "zz"}]
    )
    def test_refuses_forms_that_it_does_not_know(self, change: dict[str, object]) -> None:
        made = make(1, DEK, size=5)
        fields = json.loads(made.data[38 : made.header_end]) | change
        header = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
        assert released(_forged(made.data, header), NAME, DEK) == b""

    @pytest.mark.parametrize("header", [b"", b"[]", b"null", b"\xff", b"{}", b"[" * 4000])
    def test_refuses_headers_that_are_none(self, header: bytes) -> None:
        assert released(_forged(make(1, DEK, size=5).data, header), NAME, DEK) == b""

    def test_refuses_another_spelling_of_its_header(self) -> None:
        made = make(1, DEK, size=5)
        header = json.dumps(json.loads(made.data[38 : made.header_end])).encode()
        assert released(_forged(made.data, header), NAME, DEK) == b""

    def test_refuses_a_digest_that_its_chunks_do_not_have(self) -> None:
        """Only a writer with the key can make such a container: one that lies, or is broken."""
        container = _forged(seal(b""), _spell_header(NAME, 5, bytes(32)))
        head = container[: 38 + int.from_bytes(container[4:6], "big") + 32]
        cipher = AESGCM(_derive(DEK, container[6:38]).stream)
        chunk = cipher.encrypt(_nonce(0, is_last=True), b"paper", head[-32:])
        with pytest.raises(DamagedDocumentError, match="another SHA-256"):
            verify(io.BytesIO(head + chunk), NAME, DEK)
        assert released(head + chunk, NAME, DEK) == b""

    def test_accepts_no_tampering_and_releases_nothing(self) -> None:
        print(f"seed {SEED}")
        cases = [
            case for case in tamperings(SEED, flips=3, cuts=20) if "key with bit" not in case[0]
        ]
        for what, data, name, dek in cases:
            assert released(data, name, dek) == b"", what


def test_memory_does_not_grow_with_the_paper(tmp_path: Path) -> None:
    size = 32 << 20
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(bytes(size))
    digest = hashlib.sha256(bytes(size)).digest()
    tracemalloc.start()
    with plain.open("rb") as source, sealed.open("wb") as sink:
        sink.writelines(encrypt(source, NAME, DEK, size=size, sha256=digest))
    with sealed.open("rb") as source:
        assert sum(map(len, decrypt(source, NAME, DEK))) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def _forged(data: bytes, header: bytes) -> bytes:
    """The container with another header and a MAC that fits: only who has the key can do that."""
    old_end = 38 + int.from_bytes(data[4:6], "big")
    prefix = data[:4] + len(header).to_bytes(2, "big") + data[6:38] + header
    mac = hmac.digest(_derive(DEK, data[6:38]).header, prefix, "sha256")
    return prefix + mac + data[old_end + 32 :]
