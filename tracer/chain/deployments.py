"""Which ledger on which chain: kept in a file, compared with the node at every connect.

A chain id is not enough. Development chains share ids and begin anew at every reset, so a
deployment also names the hash of block 0 and of the contract's code.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from eth_utils.crypto import keccak

from tracer.chain.blocks import build_block_call, read_block
from tracer.chain.decode import parse_bytes, parse_quantity
from tracer.chain.rpc import Node
from tracer.durable import make_folder, replace_file
from tracer.errors import (
    ConfigurationError,
    InvalidFileError,
    MirrorGapError,
    NotFoundError,
    RpcUnavailableError,
    WrongChainError,
)

MAX_FILE_BYTES: Final = 10_000  # ten times a deployment
FILE_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployed ledger.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: address, 20 bytes.
        deploy_block: block that holds its `LedgerCreated` log.
        genesis_hash: hash of block 0.
        code_hash: Keccak-256 of its code (what EXTCODEHASH returns).
        transaction_hash: of the transaction that created it.
    """

    chain_id: int
    contract: bytes
    deploy_block: int
    genesis_hash: bytes
    code_hash: bytes
    transaction_hash: bytes


class _File(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    chain_id: int
    contract: str
    deploy_block: int
    genesis_hash: str
    code_hash: str
    transaction_hash: str


def deployment_path(folder: Path, chain_id: int) -> Path:
    """Where the deployment on a chain is kept."""
    return folder / f"{chain_id}.json"


def load_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        NotFoundError: there is none.
        InvalidFileError: it is not a deployment.
    """
    try:
        with path.open("rb") as file:
            raw = msgspec.json.decode(file.read(MAX_FILE_BYTES), type=_File)
        return Deployment(
            raw.chain_id,
            parse_bytes(raw.contract, "contract", 20),
            raw.deploy_block,
            parse_bytes(raw.genesis_hash, "genesisHash", 32),
            parse_bytes(raw.code_hash, "codeHash", 32),
            parse_bytes(raw.transaction_hash, "transactionHash", 32),
        )
    except FileNotFoundError as error:
        raise NotFoundError(
            f"no ledger is known on this chain: {path} is not there",
            hint="Run `tracer chain deploy`, or set TRACER_CONTRACT.",
        ) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, MirrorGapError) as error:
        raise InvalidFileError(
            f"{path} is no deployment: {error}", hint="Run `tracer chain deploy` to write it anew."
        ) from error


def save_deployment(path: Path, deployment: Deployment) -> None:
    """Write a deployment file, whole or not at all.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    text = json.dumps(
        {
            "chainId": deployment.chain_id,
            "contract": f"0x{deployment.contract.hex()}",
            "deployBlock": deployment.deploy_block,
            "genesisHash": f"0x{deployment.genesis_hash.hex()}",
            "codeHash": f"0x{deployment.code_hash.hex()}",
            "transactionHash": f"0x{deployment.transaction_hash.hex()}",
        },
        indent=2,
    )
    try:
        make_folder(path.parent)
        replace_file(path, f"{text}\n".encode(), FILE_MODE)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error


def fetch_deployment(node: Node, contract: bytes, deploy_block: int, tx_hash: bytes) -> Deployment:
    """Describe a ledger that has just been deployed.

    Raises:
        RpcUnavailableError: no usable answer.
        WrongChainError: no contract is at the address.
    """
    chain_id, genesis_hash, code = _fetch_identity(node, contract)
    if not code:
        raise WrongChainError(f"no contract is at 0x{contract.hex()} on chain {chain_id}")
    return Deployment(chain_id, contract, deploy_block, genesis_hash, keccak(code), tx_hash)


def check_identity(node: Node, deployment: Deployment) -> None:
    """Make sure that the node serves the chain and the contract on file.

    Raises:
        WrongChainError: it serves another chain, or another contract is at the address.
        RpcUnavailableError: no usable answer, or the node has not yet reached the contract.
    """
    chain_id, genesis_hash, code = _fetch_identity(node, deployment.contract)
    if chain_id != deployment.chain_id:
        raise WrongChainError(
            f"the node serves chain {chain_id}, not {deployment.chain_id}",
            hint="TRACER_RPC_URL points to another network.",
        )
    if genesis_hash != deployment.genesis_hash:
        raise WrongChainError(
            f"chain {chain_id} begins with another block than the one on file",
            hint="A development chain was reset. Deploy the ledger anew and start a new mirror.",
        )
    if not code and _height(node) < deployment.deploy_block:
        raise RpcUnavailableError(
            f"the node has not reached block {deployment.deploy_block}, where the ledger begins",
            hint="It is still catching up with its network; wait.",
        )
    if keccak(code) != deployment.code_hash:
        found = "other code" if code else "no contract"
        raise WrongChainError(
            f"{found} is at 0x{deployment.contract.hex()} on chain {chain_id}",
            hint="The deployment file belongs to another ledger.",
        )


def _fetch_identity(node: Node, contract: bytes) -> tuple[int, bytes, bytes]:
    chain_id, first_block, code = node.batch(
        [
            ("eth_chainId", ()),
            build_block_call(0),
            ("eth_getCode", (f"0x{contract.hex()}", "latest")),
        ]
    )
    genesis = read_block(first_block)
    if genesis is None:
        raise RpcUnavailableError("the node has no block 0", hint="Ask another node.")
    try:
        return parse_quantity(chain_id, "chainId"), genesis.block_hash, parse_bytes(code, "code")
    except MirrorGapError as error:
        raise RpcUnavailableError(str(error), hint="Ask another node.") from error


def _height(node: Node) -> int:
    newest = read_block(node.batch([build_block_call("latest")])[0])
    return 0 if newest is None else newest.number
