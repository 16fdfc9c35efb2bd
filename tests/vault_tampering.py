"""Ways to tamper with a container: bits of every region, cuts, and pieces of other containers."""

import hashlib
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass

from vaults import OWNER, doc_id_of, some_bytes

from tracer.errors import DamagedDocumentError
from tracer.vault.container import CHUNK_BYTES, TAG_BYTES, ContainerName, decrypt, encrypt
from tracer.vault.vault import PART_FILE, PART_VIEW

SIZE = 3 * CHUNK_BYTES + 1000  # four chunks, the last one short
KEYS = [hashlib.sha256(bytes([number])).digest() for number in range(3)]
Case = tuple[str, bytes, ContainerName, bytes]
NAME = ContainerName(doc_id_of(1), OWNER, PART_FILE)


@dataclass(frozen=True)
class Made:
    """A container that was made, and its regions."""

    name: ContainerName
    dek: bytes
    data: bytes

    @property
    def header_end(self) -> int:
        return 38 + int.from_bytes(self.data[4:6], "big")

    @property
    def regions(self) -> dict[str, tuple[int, int]]:
        """First and last + 1 byte of everything that a container has."""
        end = self.header_end
        found = {"magic": (0, 4), "length": (4, 6), "file id": (6, 38), "header": (38, end)}
        found["mac"] = (end, end + 32)
        for number, (start, stop) in enumerate(self.chunks):
            found[f"chunk {number}"] = (start, stop - TAG_BYTES)
            found[f"tag {number}"] = (stop - TAG_BYTES, stop)
        return found

    @property
    def chunks(self) -> list[tuple[int, int]]:
        """First and last + 1 byte of every chunk with its tag."""
        start, step = self.header_end + 32, CHUNK_BYTES + TAG_BYTES
        return [(at, min(at + step, len(self.data))) for at in range(start, len(self.data), step)]

    def chunk(self, number: int) -> bytes:
        start, stop = self.chunks[number]
        return self.data[start:stop]

    def with_chunks(self, *chunks: bytes) -> bytes:
        return self.data[: self.header_end + 32] + b"".join(chunks)


def make(seed: int, dek: bytes, name: ContainerName = NAME, size: int = SIZE) -> Made:
    plain = some_bytes(size, seed)
    digest = hashlib.sha256(plain).digest()
    data = b"".join(encrypt(io.BytesIO(plain), name, dek, size=size, sha256=digest))
    return Made(name, dek, data)


def tamperings(seed: int, flips: int, cuts: int) -> Iterator[Case]:
    """Yield what was done, the bytes, and the name and key that a reader expects.

    Args:
        seed: where bits are flipped and ends are cut.
        flips: bits flipped in every region.
        cuts: ends cut off at random, beside those at every border.
    """
    chance = random.Random(seed)
    made = make(1, KEYS[0])
    for region, (start, stop) in made.regions.items():
        for _ in range(flips):
            at, bit = chance.randrange(start, stop), chance.randrange(8)
            damaged = bytearray(made.data)
            damaged[at] ^= 1 << bit
            yield f"{region}: bit {bit} of byte {at}", bytes(damaged), NAME, made.dek
    borders = {0, *(edge for region in made.regions.values() for edge in region)}
    ends = [*sorted(borders - {len(made.data)}), len(made.data) - 1]
    ends += [chance.randrange(len(made.data)) for _ in range(cuts)]
    for end in ends:
        yield f"cut to {end} bytes", made.data[:end], NAME, made.dek
    for extra in (b"\0", bytes(16), made.chunk(3), made.data):
        yield f"{len(extra)} bytes added", made.data + extra, NAME, made.dek
    yield from _rearrangements(made)
    yield from _splices(made)
    yield from _strangers(made)


def _rearrangements(made: Made) -> Iterator[Case]:
    """Its own chunks in another order, left out, or repeated."""
    numbers = range(len(made.chunks))
    for first in numbers:
        for second in numbers:
            chunks = [made.chunk(number) for number in numbers]
            chunks[first] = made.chunk(second)
            if first != second:
                yield f"chunk {second} for {first}", made.with_chunks(*chunks), NAME, made.dek
                chunks[second] = made.chunk(first)
                yield f"{first} and {second} swapped", made.with_chunks(*chunks), NAME, made.dek
        left = [made.chunk(number) for number in numbers if number != first]
        yield f"without chunk {first}", made.with_chunks(*left), NAME, made.dek
        twice = [made.chunk(number) for number in sorted([*numbers, first])]
        yield f"chunk {first} twice", made.with_chunks(*twice), NAME, made.dek


def _splices(made: Made) -> Iterator[Case]:
    """Pieces of other containers: of the same key, of the same document, of another key."""
    others = {
        "the same paper again": make(1, KEYS[0]),
        "another content": make(2, KEYS[0]),
        "the view": make(1, KEYS[0], ContainerName(NAME.doc_id, OWNER, PART_VIEW)),
        "another document": make(1, KEYS[1], ContainerName(doc_id_of(2), OWNER, PART_FILE)),
    }
    for what, other in others.items():
        numbers = range(len(made.chunks))
        for number in numbers:
            chunks = [made.chunk(it) for it in numbers]
            chunks[number] = other.chunk(number)
            yield f"chunk {number} of {what}", made.with_chunks(*chunks), NAME, made.dek
        for (name, (start, stop)), (at, end) in zip(
            made.regions.items(), other.regions.values(), strict=True
        ):
            piece = other.data[at:end]
            if piece != made.data[start:stop]:
                spliced = made.data[:start] + piece + made.data[stop:]
                yield f"{name} of {what}", spliced, NAME, made.dek
        head = made.data[: made.header_end + 32]
        tail = other.data[other.header_end + 32 :]
        yield f"all chunks of {what}", head + tail, NAME, made.dek
        if what not in {"the same paper again", "another content"}:
            yield f"{what} as a whole", other.data, NAME, made.dek
            yield f"{what} with its key", other.data, NAME, other.dek


def _strangers(made: Made) -> Iterator[Case]:
    """A container that nobody touched, opened as what it is not."""
    for number in range(256):
        key = bytearray(made.dek)
        key[number // 8] ^= 1 << number % 8
        yield f"key with bit {number} flipped", made.data, NAME, bytes(key)
    for name in (
        ContainerName(doc_id_of(2), OWNER, PART_FILE),
        ContainerName(NAME.doc_id, OWNER + 1, PART_FILE),
        ContainerName(NAME.doc_id, OWNER, PART_VIEW),
    ):
        yield f"opened as {name}", made.data, name, made.dek


def released(data: bytes, name: ContainerName, dek: bytes) -> bytes | None:
    """Every byte that a reader lets out before it refuses; None when it accepts."""
    out = b""
    try:
        for chunk in decrypt(io.BytesIO(data), name, dek):
            out += chunk
    except DamagedDocumentError:
        return out
    return None
