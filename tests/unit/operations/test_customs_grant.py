import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.errors import InputError, InvalidFileError, TracerError, VerificationError
from tracer.operations.customs_grant import (
    MAX_CONTAINER_BYTES,
    SealedKey,
    open_granted,
    read_bounded,
    read_grant,
)
from tracer.operations.customs_keys import CustomsKeys
from tracer.vault.container import ContainerName, encrypt
from tracer.vault.grants import seal_dek

NAME = ContainerName("01JD8Q6F4V0000000000000000", 9520010001091, "view")
DEK = bytes(range(32))
VIEW = b'{"docType":1}' * 10_000


def build_container(data: bytes = VIEW) -> bytes:
    digest = hashlib.sha256(data).digest()
    return b"".join(encrypt(io.BytesIO(data), NAME, DEK, size=len(data), sha256=digest))


def grant_json(public_key: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "format": "tracer-grant/1",
        "docId": NAME.doc_id,
        "org": f"{NAME.org:013d}",
        "part": NAME.part,
        "sealedKey": seal_dek(DEK, NAME.doc_id, public_key).hex(),
        **changes,
    }


@pytest.fixture
def keys(tmp_path: Path) -> CustomsKeys:
    return CustomsKeys(tmp_path / "customs")


def test_customs_open_what_was_granted_to_their_key(keys: CustomsKeys) -> None:
    public = keys.create_opening_key("open sesame", light=True)
    assert keys.opening_public_key() == public
    grant = SealedKey.parse(json.dumps(grant_json(public)))
    private = keys.unlock_opening_key("open sesame")
    assert open_granted(build_container(), grant, private) == VIEW


@pytest.mark.parametrize(
    "changes",
    [
        {"docId": "01JD8Q6F4V0000000000000001"},
        {"org": "9520010001138"},
        {"part": "file"},
        {"sealedKey": "00" * 80},
    ],
    ids=str,
)
def test_a_grant_for_anything_else_opens_nothing(
    keys: CustomsKeys, changes: dict[str, str]
) -> None:
    public = keys.create_opening_key("open sesame", light=True)
    grant = SealedKey.parse(json.dumps(grant_json(public, **changes)))
    with pytest.raises(TracerError):
        open_granted(build_container(), grant, keys.unlock_opening_key("open sesame"))


def test_a_key_sealed_for_another_recipient_opens_nothing(
    keys: CustomsKeys, tmp_path: Path
) -> None:
    other = CustomsKeys(tmp_path / "other").create_opening_key("x", light=True)
    keys.create_opening_key("open sesame", light=True)
    grant = SealedKey.parse(json.dumps(grant_json(other)))
    with pytest.raises(VerificationError):
        open_granted(build_container(), grant, keys.unlock_opening_key("open sesame"))


@pytest.mark.parametrize("position", [0, 5, 100, 70_000, -1])
def test_a_damaged_container_gives_nothing(keys: CustomsKeys, position: int) -> None:
    public = keys.create_opening_key("open sesame", light=True)
    grant = SealedKey.parse(json.dumps(grant_json(public)))
    container = bytearray(build_container())
    container[position] ^= 1
    with pytest.raises(TracerError):
        open_granted(bytes(container), grant, keys.unlock_opening_key("open sesame"))


@pytest.mark.parametrize(
    "changes",
    [{"format": "tracer-grant/2"}, {"sealedKey": "00"}, {"org": "x"}, {"more": 1}, {"docId": 7}],
    ids=str,
)
def test_what_is_no_grant_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    grant = {**grant_json(bytes([9]) + bytes(31)), **changes}
    path = tmp_path / "grant.json"
    path.write_text(json.dumps(grant), "utf-8")
    with pytest.raises(InputError):
        read_grant(path)
    path.write_bytes(b"\xff")
    with pytest.raises(InvalidFileError):
        read_grant(path)


def test_a_container_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "paper.tvd"
    with path.open("wb") as file:
        file.truncate(MAX_CONTAINER_BYTES + 1)
    with pytest.raises(InputError, match="larger than"):
        read_bounded(path, MAX_CONTAINER_BYTES)
    with pytest.raises(TracerError, match="no file"):
        read_bounded(tmp_path / "none", 1)
