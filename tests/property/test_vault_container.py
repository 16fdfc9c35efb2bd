"""Whatever the length, a container gives back what went in, and nothing when a bit is flipped."""

import hashlib
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vaults import doc_id_of, some_bytes

from tracer.errors import DamagedDocumentError
from tracer.vault.container import CHUNK_BYTES, ContainerName, decrypt, encrypt

NEAR_BORDERS = st.builds(
    lambda chunks, near: max(0, chunks * CHUNK_BYTES + near),
    st.integers(0, 3),
    st.integers(-17, 17),
)
LENGTHS = NEAR_BORDERS | st.integers(0, 3 * CHUNK_BYTES)
NAMES = st.builds(
    ContainerName,
    st.integers(0, 32**25).map(doc_id_of),
    st.integers(1, 10**13 - 1),
    st.sampled_from(["file", "view"]),
)
DEKS = st.binary(min_size=32, max_size=32)


class ShortReads(io.BytesIO):
    """A stream that gives fewer bytes than it is asked for, as sockets and pipes do."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size if size is None or size < 2 else size // 2 + 1)


def seal(plain: bytes, name: ContainerName, dek: bytes) -> bytes:
    digest = hashlib.sha256(plain).digest()
    return b"".join(encrypt(ShortReads(plain), name, dek, size=len(plain), sha256=digest))


@given(LENGTHS, NAMES, DEKS, st.integers())
@example(0, ContainerName(doc_id_of(0), 1, "file"), bytes(32), 0)
@example(CHUNK_BYTES, ContainerName(doc_id_of(0), 1, "file"), bytes(32), 0)
def test_round_trip(length: int, name: ContainerName, dek: bytes, seed: int) -> None:
    plain = some_bytes(length, seed)
    assert b"".join(decrypt(io.BytesIO(seal(plain, name, dek)), name, dek)) == plain


@given(LENGTHS, NAMES, DEKS, st.integers(), st.data())
def test_no_bit_can_be_flipped(
    length: int, name: ContainerName, dek: bytes, seed: int, data: st.DataObject
) -> None:
    sealed = bytearray(seal(some_bytes(length, seed), name, dek))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedDocumentError):
        decrypt(io.BytesIO(bytes(sealed)), name, dek)
