"""Which ledger an installation uses on which chain: `<home>/deployments/<chain id>.json`.

The file names the chain by its genesis hash and the contract by the Keccak-256 of its code, so that
another chain with the same id, or another contract at the same address, is noticed at once.
"""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from tracer.chain.decode import parse_bytes, parse_quantity
from tracer.chain.rpc import Node
from tracer.errors import ConfigurationError, MirrorGapError, NotFoundError, WrongChainError

MAX_FILE_BYTES: Final = 10_000  # it has about 400
_HINT = "tracer chain info shows what the node serves; check TRACER_RPC_URL."


@dataclass(frozen=True, slots=True)
class Deployment:
    """A ledger on a chain.

    Attributes:
        chain_id: EIP-155 chain id.
        genesis_hash: hash of block 0, 32 bytes.
        contract: the ledger's address, 20 bytes.
        code_hash: Keccak-256 of the contract's code, 32 bytes.
        deploy_block: block that created it.
    """

    chain_id: int
    genesis_hash: bytes
    contract: bytes
    code_hash: bytes
    deploy_block: int

    @property
    def chain(self) -> str:
        """Names the chain: its id and genesis hash."""
        return f"{self.chain_id}:{self.genesis_hash.hex()}"


def fetch_chain_id(node: Node) -> int:
    """EIP-155 id of the chain that a node serves."""
    return parse_quantity(node.call("eth_chainId"), "chain id")


def fetch_genesis_hash(node: Node) -> bytes:
    """Hash of block 0 of the chain that a node serves."""
    return parse_bytes(node.call("eth_getBlockByNumber", "0x0", False)["hash"], "block hash", 32)


def fetch_code_hash(node: Node, contract: bytes) -> bytes:
    """Keccak-256 of the code at an address.

    Raises:
        WrongChainError: there is no code.
    """
    code = parse_bytes(node.call("eth_getCode", "0x" + contract.hex(), "latest"), "code")
    if not code:
        raise WrongChainError(f"there is no contract at 0x{contract.hex()}", hint=_HINT)
    return keccak(code)


def fetch_deployment(node: Node, contract: bytes, deploy_block: int) -> Deployment:
    """Describe a ledger as a node serves it.

    Raises:
        WrongChainError: there is no code at the address.
    """
    return Deployment(
        fetch_chain_id(node),
        fetch_genesis_hash(node),
        contract,
        fetch_code_hash(node, contract),
        deploy_block,
    )


def check_deployment(node: Node, deployment: Deployment) -> None:
    """Ask whether a node serves the chain and the contract on file.

    Raises:
        WrongChainError: it serves another one.
    """
    found = fetch_deployment(node, deployment.contract, deployment.deploy_block)
    for what, name in (("chain id", "chain_id"), ("genesis hash", "genesis_hash")):
        expected, actual = getattr(deployment, name), getattr(found, name)
        if expected != actual:
            raise WrongChainError(
                f"the node serves another chain: {what} {_spell(actual)},"
                f" on file is {_spell(expected)}",
                hint=_HINT,
            )
    if found.code_hash != deployment.code_hash:
        raise WrongChainError(
            f"the contract at 0x{deployment.contract.hex()} is another one than on file", hint=_HINT
        )


def deployment_path(home: Path, chain_id: int) -> Path:
    """The file of a chain's deployment."""
    return home / "deployments" / f"{chain_id}.json"


def load_deployment(home: Path, chain_id: int) -> Deployment:
    """Read the deployment on file.

    Raises:
        NotFoundError: none is on file for this chain.
        ConfigurationError: the file is damaged.
    """
    path = deployment_path(home, chain_id)
    try:
        with path.open("rb") as stream:
            row: dict[str, Any] = json.loads(stream.read(MAX_FILE_BYTES))
        return Deployment(
            int(row["chainId"]),
            parse_bytes(row["genesisHash"], "genesisHash", 32),
            parse_bytes(row["contract"], "contract", 20),
            parse_bytes(row["codeHash"], "codeHash", 32),
            int(row["deployBlock"]),
        )
    except FileNotFoundError:
        raise NotFoundError(
            f"no ledger is on file for chain {chain_id}",
            hint="Deploy one with tracer chain deploy, or name one with TRACER_CONTRACT.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, MirrorGapError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error}", hint="Restore it, or deploy again."
        ) from error


def save_deployment(home: Path, deployment: Deployment) -> Path:
    """Write the deployment file; it is whole or it is not there.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    path = deployment_path(home, deployment.chain_id)
    row = {
        "chainId": deployment.chain_id,
        "genesisHash": "0x" + deployment.genesis_hash.hex(),
        "contract": "0x" + deployment.contract.hex(),
        "codeHash": "0x" + deployment.code_hash.hex(),
        "deployBlock": deployment.deploy_block,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(row, indent=1) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _spell(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
