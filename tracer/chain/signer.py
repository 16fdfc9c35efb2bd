"""Signing keys: keystore files that a password opens, and nothing else.

Keys live in `<home>/keys/<address>.json` as Web3 Secret Storage version 3, readable by their owner
only. A private key is never an argument, an environment variable, a log line or part of an error.

Two costs of guessing a password: `standard` (scrypt n=2^18, about a second and 256 MB for each
guess) for keys that matter, `light` (n=2^12, 15 ms) for demo and test keys, which hold nothing.
"""

import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from tracer.durable import create_file, make_folder
from tracer.errors import ConflictError, KeyUnavailableError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import Hash32

DEV_CHAIN_IDS: Final = frozenset({1337, 31337})
MAX_KEY_FILE_BYTES: Final = 10_000  # a keystore file has about 500 bytes
MAX_SCRYPT_COST: Final = 2**23  # n * r; 1 GiB of memory: a file that asks for more is an attack
MAX_PBKDF2_ROUNDS: Final = 10_000_000  # tens of seconds; the same reason
LIGHT_SCRYPT_N: Final = 2**12

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_DEVELOPMENT_MNEMONIC: Final = "test test test test test test test test test test test junk"

# Keys that everybody knows: the first ten of the mnemonics that local nodes ship with.
DEVELOPMENT_ADDRESSES: Final = frozenset(
    {
        # "test test … junk": anvil, hardhat
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
        # "candy maple cake …": truffle
        "0x627306090abaB3A6e1400e9345bC60c78a8BEf57",
        "0xf17f52151EbEF6C7334FAD080c5704D77216b732",
        "0xC5fdf4076b8F3A5357c5E395ab970B5B54098Fef",
        "0x821aEa9a577a9b44299B9c15c88cf3087F3b5544",
        "0x0d1d4e623D10F9FBA5Db95830F7d3839406C6AF2",
        "0x2932b7A2355D6fecc4b5c0B6BD44cC31df247a2e",
        "0x2191eF87E392377ec08E7c08Eb105Ef5448eCED5",
        "0x0F4F2Ac550A1b4e2280d04c21cEa7EBD822934b5",
        "0x6330A553Fc93768F612722BB8c2eC78aC90B3bbc",
        "0x5AEDA56215b167893e80B4fE645BA6d5Bab767DE",
        # "myth like bonus …": ganache --deterministic
        "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1",
        "0xFFcf8FDEE72ac11b5c542428B35EEF5769C409f0",
        "0x22d491Bde2303f2f43325b2108D26f1eAbA1e32b",
        "0xE11BA2b4D45Eaed5996Cd0823791E0C93114882d",
        "0xd03ea8624C8C5987235048901fB614fDcA89b117",
        "0x95cED938F7991cd0dFcb48F0a06a40FA1aF46EBC",
        "0x3E5e9111Ae8eB78Fe1CC3bb8915d5D461F3Ef9A9",
        "0x28a8746e75304c0780E011BEd21C72cD78cd535E",
        "0xACa94ef8bD5ffEE41947b4585a84BdA5a3d3DA6E",
        "0x1dF62f291b2E969fB0849d99D9Ce41e2F137006e",
    }
)


@cache
def _accounts() -> Any:  # noqa: ANN401 - eth_account.Account, a class of untyped methods
    """eth_account, imported when a key is opened: it takes over a second, reading needs none.

    One of its own imports raises Python's recursion limit to 100,000, and then deeply nested JSON
    from outside ends the process instead of raising RecursionError; so the limit is put back.
    """
    limit = sys.getrecursionlimit()
    from eth_account import Account  # noqa: PLC0415

    sys.setrecursionlimit(limit)
    return Account


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that can be sent, and sent again, as it is.

    Attributes:
        tx_hash: 0x and 64 hexadecimal digits.
        raw: the signed bytes.
    """

    tx_hash: str
    raw: bytes


class Signer:
    """An unlocked key. It signs, and shows only its address."""

    def __init__(self, account: "LocalAccount") -> None:
        self._account = account

    @property
    def address(self) -> str:
        """Checksummed address."""
        return str(self._account.address)

    def sign(self, transaction: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction whose every field is given.

        Args:
            transaction: EIP-1559 fields, among them chainId and nonce.
        """
        signed = self._account.sign_transaction(dict(transaction))
        return SignedTransaction("0x" + signed.hash.hex(), bytes(signed.raw_transaction))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes; the same bytes always give the same signature (RFC 6979).

        Args:
            digest: made by the caller of something that it has looked at, never taken from others.

        Returns:
            r, s and v, 65 bytes; s is the lower one, v is 27 or 28.
        """
        return bytes(self._account.unsafe_sign_hash(cast("Hash32", digest)).signature)

    def __repr__(self) -> str:
        return f"Signer({self.address})"


def development_signer(chain_id: int) -> Signer:
    """The key that local nodes give ether to, so that it can pass some on.

    Raises:
        KeyUnavailableError: the chain is not for development.
    """
    if chain_id not in DEV_CHAIN_IDS:
        raise KeyUnavailableError(
            f"chain {chain_id} has no development account",
            hint="Send ether to the address from an account of yours.",
        )
    _accounts().enable_unaudited_hdwallet_features()  # everybody knows this key anyway
    return Signer(_accounts().from_mnemonic(_DEVELOPMENT_MNEMONIC))


class KeyFolder:
    """The keystore files of one installation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def addresses(self) -> list[str]:
        """Addresses that have a file, ascending. No password is needed."""
        if not self._folder.is_dir():
            return []
        stems = (path.stem for path in self._folder.glob("0x*.json"))
        return sorted(stem for stem in stems if _ADDRESS.fullmatch(stem))

    def path(self, address: str) -> Path:
        """Where the key of an address is, or would be."""
        return self._folder / f"{address}.json"

    def create(self, password: str, *, light: bool = False) -> str:
        """Make a new random key.

        Args:
            password: opens the file.
            light: make guessing the password cheap; only for keys that hold nothing.

        Returns:
            The checksummed address.
        """
        return self.add(secrets.token_bytes(32), password, light=light)

    def add(self, private_key: bytes, password: str, *, light: bool = False) -> str:
        """Store a key that exists already.

        Raises:
            ConflictError: there is a file for its address.
        """
        address = str(_accounts().from_key(private_key).address)
        rounds = LIGHT_SCRYPT_N if light else None
        keystore = _accounts().encrypt(private_key, password, kdf="scrypt", iterations=rounds)
        self._write(address, json.dumps(keystore, indent=1).encode())
        return address

    def import_file(self, file: Path, password: str) -> str:
        """Take over a keystore file made elsewhere, once the password has opened it.

        Raises:
            KeyUnavailableError: no keystore file, or the password does not open it.
            ConflictError: there is a file for its address.
        """
        data = _read(file)
        address = str(_open(file, data, password).address)
        self._write(address, data)
        return address

    def unlock(self, address: str, password: str, chain_id: int) -> Signer:
        """Open a key for use on one chain.

        Raises:
            KeyUnavailableError: no file, readable by others, wrong password, or a key that
                everybody knows on a chain that is not for development.
        """
        if address in DEVELOPMENT_ADDRESSES and chain_id not in DEV_CHAIN_IDS:
            raise KeyUnavailableError(
                f"{address} is a development key that everybody knows; this is chain {chain_id}",
                hint="Make a key of your own: tracer party key new.",
            )
        file = self.path(address)
        data = _read(file)
        _check_private(file)
        account = _open(file, data, password)
        if account.address != address:
            raise KeyUnavailableError(
                f"{file.name} holds the key of {account.address}",
                hint="The file was renamed or swapped; restore it from your backup.",
            )
        return Signer(account)

    def _write(self, address: str, data: bytes) -> None:
        make_folder(self._folder, 0o700)
        try:
            create_file(self.path(address), data, 0o600)
        except FileExistsError:
            raise ConflictError(f"there is a key file for {address} already") from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeyUnavailableError(
            f"cannot read the key file {file}: {error.strerror}",
            hint="tracer party key list shows the keys that are here.",
        ) from None
    if len(data) > MAX_KEY_FILE_BYTES:
        raise KeyUnavailableError(f"{file} is too large for a key file")
    return data


def _check_private(file: Path) -> None:
    """Refuse a key that other accounts of the machine can read (Windows has no such bits)."""
    if os.name != "nt" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise KeyUnavailableError(
            f"other users of this machine can read {file}", hint=f"chmod 600 {file}"
        )


def _open(file: Path, data: bytes, password: str) -> "LocalAccount":
    unusable = KeyUnavailableError(f"{file} is not a keystore version 3 file")
    try:
        keystore = json.loads(data)
        parameters = keystore["crypto"]["kdfparams"]
        cost = int(parameters.get("n", 1)) * int(parameters.get("r", 1))
        rounds = int(parameters.get("c", 1))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise unusable from None
    if cost > MAX_SCRYPT_COST or rounds > MAX_PBKDF2_ROUNDS:
        raise unusable
    try:
        key = _accounts().decrypt(keystore, password)
    except ValueError:
        raise KeyUnavailableError(
            f"the password does not open {file.name}",
            hint="Check the password file, or give --password-file.",
        ) from None
    except (KeyError, TypeError, NotImplementedError):
        raise unusable from None
    account: LocalAccount = _accounts().from_key(key)
    return account
