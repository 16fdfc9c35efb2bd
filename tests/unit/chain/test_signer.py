"""Key files: only the right password, only on the right chain, and never a key in a message."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account

from tracer.chain.signer import (
    DEVELOPMENT_ADDRESSES,
    KeyFolder,
    development_signer,
)
from tracer.errors import ConflictError, KeyUnavailableError

PRIVATE_KEY = bytes(range(1, 33))
DEV_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
MNEMONICS = (
    "test test test test test test test test test test test junk",
    "candy maple cake sugar pudding cream honey rich smooth crumble sweet treat",
    "myth like bonus scare over problem client lizard pioneer submit female collect",
)


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


class TestFiles:
    def test_a_key_file_opens_with_its_password(self, folder: KeyFolder) -> None:
        address = folder.add(PRIVATE_KEY, "secret", light=True)
        assert folder.unlock(address, "secret", 1).address == address
        assert folder.addresses() == [address]

    def test_other_programs_can_read_it(self, folder: KeyFolder) -> None:
        address = folder.add(PRIVATE_KEY, "secret", light=True)
        keystore = json.loads(folder.path(address).read_text())
        assert keystore["version"] == 3
        assert bytes(Account.decrypt(keystore, "secret")) == PRIVATE_KEY

    def test_the_usual_kind_is_dear_to_guess(self, folder: KeyFolder) -> None:
        address = folder.add(PRIVATE_KEY, "secret")
        keystore = json.loads(folder.path(address).read_text())
        assert keystore["crypto"]["kdfparams"]["n"] == 2**18
        assert folder.unlock(address, "secret", 1).address == address

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission bits")
    def test_only_its_owner_can_read_it(self, folder: KeyFolder) -> None:
        address = folder.create("secret", light=True)
        assert folder.path(address).stat().st_mode & 0o777 == 0o600
        assert folder.path(address).parent.stat().st_mode & 0o777 == 0o700
        folder.path(address).chmod(0o644)
        with pytest.raises(KeyUnavailableError, match="other users") as raised:
            folder.unlock(address, "secret", 1)
        assert raised.value.hint == f"chmod 600 {folder.path(address)}"

    def test_two_keys_differ(self, folder: KeyFolder) -> None:
        assert folder.create("a", light=True) != folder.create("a", light=True)
        assert len(folder.addresses()) == 2

    def test_a_key_is_never_overwritten(self, folder: KeyFolder) -> None:
        folder.add(PRIVATE_KEY, "one", light=True)
        with pytest.raises(ConflictError):
            folder.add(PRIVATE_KEY, "two", light=True)

    def test_leaves_no_temporary_files(self, folder: KeyFolder) -> None:
        address = folder.create("a", light=True)
        assert [path.name for path in folder.path(address).parent.iterdir()] == [f"{address}.json"]

    def test_takes_over_a_file_made_elsewhere(self, folder: KeyFolder, tmp_path: Path) -> None:
        other = KeyFolder(tmp_path / "other")
        address = other.add(PRIVATE_KEY, "secret", light=True)
        with pytest.raises(KeyUnavailableError, match="does not open"):
            folder.import_file(other.path(address), "wrong")
        assert folder.import_file(other.path(address), "secret") == address
        assert folder.unlock(address, "secret", 1).address == address


class TestRefusals:
    def test_a_wrong_password_tells_neither_password_nor_key(self, folder: KeyFolder) -> None:
        address = folder.add(PRIVATE_KEY, "secret", light=True)
        with pytest.raises(KeyUnavailableError, match="does not open") as raised:
            folder.unlock(address, "guess-1", 1)
        said = f"{raised.value} {raised.value.hint} {raised.value.__cause__}"
        assert "guess-1" not in said
        assert PRIVATE_KEY.hex() not in said

    def test_no_file(self, folder: KeyFolder) -> None:
        with pytest.raises(KeyUnavailableError, match="cannot read"):
            folder.unlock("0x" + "1" * 40, "secret", 1)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "[]",
            "{}",
            "not json",
            '{"crypto": 1}',
            '{"crypto": {"kdfparams": {"n": 1073741824, "r": 8}}}',
            '{"crypto": {"kdfparams": {"c": 1000000000000}}}',
            '{"crypto": {"kdfparams": {}}, "version": 3}',
            "x" * 20_000,
        ],
    )
    def test_a_file_that_is_no_keystore(self, folder: KeyFolder, content: str) -> None:
        address = folder.add(PRIVATE_KEY, "secret", light=True)
        folder.path(address).write_text(content)
        with pytest.raises(KeyUnavailableError):
            folder.unlock(address, "secret", 1)

    def test_a_swapped_file(self, folder: KeyFolder) -> None:
        first, second = folder.create("a", light=True), folder.create("a", light=True)
        folder.path(first).write_bytes(folder.path(second).read_bytes())
        with pytest.raises(KeyUnavailableError, match=f"holds the key of {second}"):
            folder.unlock(first, "a", 1)

    def test_a_key_that_everybody_knows_works_on_development_chains_only(
        self, folder: KeyFolder
    ) -> None:
        address = folder.add(DEV_KEY, "a", light=True)
        assert folder.unlock(address, "a", 31337).address == address
        with pytest.raises(KeyUnavailableError, match="development key"):
            folder.unlock(address, "a", 1)
        with pytest.raises(KeyUnavailableError, match="no development account"):
            development_signer(11155111)

    def test_the_known_addresses_are_those_of_the_mnemonics(self) -> None:
        Account.enable_unaudited_hdwallet_features()
        derived = {
            Account.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{index}").address
            for mnemonic in MNEMONICS
            for index in range(10)
        }
        assert derived == DEVELOPMENT_ADDRESSES


class TestSigner:
    def test_signs_what_others_read(self, folder: KeyFolder) -> None:
        signer = folder.unlock(folder.add(PRIVATE_KEY, "a", light=True), "a", 1)
        signed = signer.sign(
            {
                "type": 2,
                "chainId": 1,
                "nonce": 7,
                "to": "0x" + "11" * 20,
                "value": 0,
                "data": b"\x01",
                "gas": 21_000,
                "maxFeePerGas": 5,
                "maxPriorityFeePerGas": 1,
                "accessList": [],
            }
        )
        assert Account.recover_transaction(signed.raw) == signer.address
        assert len(signed.tx_hash) == 66

    def test_the_same_transaction_is_signed_alike(self, folder: KeyFolder) -> None:
        """A rerun that signs the same thing again gives the same hash (RFC 6979)."""
        signer = folder.unlock(folder.add(PRIVATE_KEY, "a", light=True), "a", 1)
        fields = {
            "type": 2, "chainId": 1, "nonce": 0, "to": "0x" + "11" * 20, "value": 0, "data": b"",
            "gas": 21_000, "maxFeePerGas": 5, "maxPriorityFeePerGas": 1, "accessList": [],
        }  # fmt: skip
        assert signer.sign(fields) == signer.sign(fields)

    def test_shows_nothing_but_its_address(self, folder: KeyFolder) -> None:
        address = folder.add(PRIVATE_KEY, "a", light=True)
        assert repr(folder.unlock(address, "a", 1)) == f"Signer({address})"


def test_deep_json_is_still_refused_once_a_key_was_opened() -> None:
    """A library of eth_account raised the recursion limit; deep JSON then ended the process."""
    program = (
        "import json; from tracer.chain.signer import development_signer\n"
        "development_signer(31337)\n"
        "try: json.loads('[' * 200_000)\n"
        "except RecursionError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "refused\n"
