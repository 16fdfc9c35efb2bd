"""The root key: derived keys differ, wraps belong to one row, files open by passphrase only."""

import json
import os
from pathlib import Path

import pytest
from vaults import CUSTOMS, OWNER, ROOT

from tracer.errors import ConflictError, KeyUnavailableError
from tracer.vault.key_file import create_key_file, open_key_file
from tracer.vault.keys import (
    WRAP_BYTES,
    RootKey,
    create_root_key,
    open_root_key,
    unwrap_key,
    wrap_key,
)

KEK = os.urandom(32)
PASSPHRASE = "correct horse"


class TestRootKey:
    def test_has_32_bytes(self) -> None:
        with pytest.raises(KeyUnavailableError):
            RootKey(b"short")

    def test_everything_follows_from_the_secret(self) -> None:
        one, same, other = RootKey(ROOT), RootKey(ROOT), RootKey(bytes(32))
        for read in (
            lambda key: key.root_id,
            lambda key: key.public_key,
            lambda key: key.fingerprint(bytes(32)),
            lambda key: key.sign(b"text"),
        ):
            assert read(one) == read(same) != read(other)

    def test_a_wrap_opens_for_its_own_row_only(self) -> None:
        root = RootKey(ROOT)
        wrapped = root.wrap_kek(OWNER, 1, KEK)
        assert len(wrapped) == WRAP_BYTES
        assert root.unwrap_kek(OWNER, 1, wrapped) == KEK
        for org, version in ((OWNER, 2), (CUSTOMS, 1)):
            with pytest.raises(KeyUnavailableError):
                root.unwrap_kek(org, version, wrapped)
        with pytest.raises(KeyUnavailableError):
            RootKey(bytes(32)).unwrap_kek(OWNER, 1, wrapped)


class TestUnwrapKey:
    def test_no_bit_of_a_wrap_can_be_flipped(self) -> None:
        wrapped = wrap_key(ROOT, KEK)
        assert unwrap_key(ROOT, wrapped) == KEK
        for bit in range(8 * len(wrapped)):
            damaged = bytearray(wrapped)
            damaged[bit // 8] ^= 1 << bit % 8
            assert unwrap_key(ROOT, bytes(damaged)) is None

    @pytest.mark.parametrize("wrapped", [b"", b"x", bytes(40), bytes(41)])
    def test_what_is_no_wrap_gives_none(self, wrapped: bytes) -> None:
        assert unwrap_key(ROOT, wrapped) is None

    def test_a_wrap_of_another_length_gives_none(self) -> None:
        assert unwrap_key(ROOT, wrap_key(ROOT, bytes(16))) is None


class TestKeyFile:
    def test_opens_with_its_passphrase(self, tmp_path: Path) -> None:
        path = tmp_path / "vault" / "root.json"
        made = create_root_key(path, PASSPHRASE, light=True)
        assert open_root_key(path, PASSPHRASE).root_id == made.root_id
        assert path.stat().st_mode & 0o777 == 0o600

    def test_guessing_costs_what_the_design_says(self, tmp_path: Path) -> None:
        path = tmp_path / "root.json"
        create_key_file(path, KEK, PASSPHRASE, purpose="test")
        assert json.loads(path.read_text())["scryptN"] == 1 << 17
        assert open_key_file(path, PASSPHRASE, purpose="test") == KEK

    def test_no_other_passphrase_opens_it(self, tmp_path: Path) -> None:
        path = tmp_path / "root.json"
        create_root_key(path, PASSPHRASE, light=True)
        with pytest.raises(KeyUnavailableError, match="passphrase is wrong"):
            open_root_key(path, PASSPHRASE + " ")

    def test_is_never_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "root.json"
        made = create_root_key(path, PASSPHRASE, light=True)
        with pytest.raises(ConflictError):
            create_root_key(path, "other", light=True)
        assert open_root_key(path, PASSPHRASE).root_id == made.root_id

    def test_is_for_one_purpose(self, tmp_path: Path) -> None:
        path = tmp_path / "key.json"
        create_key_file(path, KEK, PASSPHRASE, purpose="recipient key", light=True)
        with pytest.raises(KeyUnavailableError, match="no file of a vault root key"):
            open_root_key(path, PASSPHRASE)
        path.write_text(path.read_text().replace("recipient key", "vault root key"))
        with pytest.raises(KeyUnavailableError, match="damaged"):
            open_root_key(path, PASSPHRASE)

    def test_others_must_not_read_it(self, tmp_path: Path) -> None:
        path = tmp_path / "root.json"
        create_root_key(path, PASSPHRASE, light=True)
        path.chmod(0o640)
        with pytest.raises(KeyUnavailableError, match="may be read by others") as raised:
            open_root_key(path, PASSPHRASE)
        assert raised.value.hint == f"chmod 600 {path}"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            "x" * 5000,
            '{"purpose": "vault root key", "scryptN": 4096, "salt": "!", "sealed": ""}',
            '{"purpose": "vault root key", "scryptN": 4096, "salt": "", "sealed": ""}',
            '{"purpose": "vault root key", "scryptN": 1073741824, "salt": "", "sealed": ""}',
        ],
    )
    def test_another_file_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "root.json"
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(KeyUnavailableError):
            open_root_key(path, PASSPHRASE)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(KeyUnavailableError, match=r"root\.json cannot be read"):
            open_root_key(tmp_path / "root.json", PASSPHRASE)
