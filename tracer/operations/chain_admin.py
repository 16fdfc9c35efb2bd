"""Set up a ledger: deploy it, give ether to development keys, say what is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_utils.address import to_checksum_address

from tracer.chain.contract import encode_creation
from tracer.chain.deployments import (
    Deployment,
    check_identity,
    deployment_path,
    fetch_deployment,
    load_deployment,
    save_deployment,
)
from tracer.chain.ledger import Ledger
from tracer.chain.sender import WEI_PER_ETHER, Call
from tracer.chain.signer import development_signer
from tracer.errors import ConflictError, FatalError, NotFoundError, WrongChainError
from tracer.operations.cost import PlannedCall
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Intent, Presence, Written, build_intent_id
from tracer.operations.station import ChainStation, find_deployment

NO_ADDRESS: Final = "0x" + "00" * 20


@dataclass(frozen=True)
class Deployed:
    """A ledger, and the transaction that created it (None when it was there)."""

    deployment: Deployment
    written: Written | None


@dataclass(frozen=True)
class ChainInfo:
    """What a node serves, and what is on file.

    Attributes:
        chain_id: EIP-155 chain id.
        genesis_hash: 32 bytes.
        block_number: newest block.
        client: the node's own name and version.
        deployment: the ledger in use, or None.
        problem: why there is none; empty when there is one.
        governance: address that admits parties, or "".
        predecessor: the ledger before this one, or "".
        last_sequence: events of the ledger so far.
        unfinished: what was begun here and is not on the chain.
    """

    chain_id: int
    genesis_hash: bytes
    block_number: int
    client: str
    deployment: Deployment | None
    problem: str
    governance: str
    predecessor: str
    last_sequence: int
    unfinished: tuple[str, ...]


def deploy_ledger(
    chain: ChainStation, key: SigningKey, *, governance: str | None = None, replace: bool = False
) -> Deployed:
    """Create a ledger, unless this chain has one on file.

    Args:
        chain: where.
        key: pays for it, and is its governance if none is given.
        governance: address that will admit parties.
        replace: create a new one that names the one on file as its predecessor.

    Raises:
        ConflictError: the one on file has another governance than asked for.
        TracerError: see `Outbox.perform`.
    """
    known = _known(chain)
    if known is not None and not replace:
        _check_governance(chain, known, governance)
        return Deployed(known, None)
    call = _creation(governance or key.address, known)
    intent_id = build_intent_id(chain.outbox.chain, "", key.address, call.data)
    intent = Intent(intent_id, "deploy the ledger", call, lambda: Presence.ABSENT)
    written = chain.outbox.perform(intent, key)
    if written is None or written.contract_address is None or written.block_number is None:
        raise FatalError("the node names no contract in the receipt")
    contract = bytes.fromhex(written.contract_address.removeprefix("0x"))
    tx_hash = bytes.fromhex(written.tx_hash.removeprefix("0x"))
    deployment = fetch_deployment(chain.node, contract, written.block_number, tx_hash)
    save_deployment(_path(chain), deployment)
    return Deployed(deployment, written)


def plan_deployment(
    chain: ChainStation, key: SigningKey, *, governance: str | None = None, replace: bool = False
) -> list[PlannedCall]:
    """What `deploy_ledger` would send; empty when this chain has a ledger on file."""
    known = _known(chain)
    if known is not None and not replace:
        _check_governance(chain, known, governance)
        return []
    call = _creation(governance or key.address, known)
    return [PlannedCall("deploy the ledger", key.address, call)]


def _creation(governance: str, known: Deployment | None) -> Call:
    predecessor = to_checksum_address(known.contract) if known else NO_ADDRESS
    return Call(None, encode_creation(governance, predecessor))


def _check_governance(chain: ChainStation, known: Deployment, wanted: str | None) -> None:
    current = Ledger(chain.node, known.contract, known.deploy_block).governance()
    if wanted not in {None, current}:
        raise ConflictError(
            f"chain {chain.chain_id} has a ledger whose governance is {current}",
            hint="Use it, or deploy its successor with --replace.",
        )


def _known(chain: ChainStation) -> Deployment | None:
    """The ledger on file, if it is on this very chain; a chain started anew has none."""
    try:
        deployment = load_deployment(_path(chain))
    except NotFoundError:
        return None
    if deployment.genesis_hash != chain.genesis_hash:
        return None
    check_identity(chain.node, deployment)
    return deployment


def _path(chain: ChainStation) -> Path:
    return deployment_path(chain.home / "deployments", chain.chain_id)


def fund_account(chain: ChainStation, address: str, ether: float) -> Written | None:
    """Bring an account of a development chain up to a balance.

    Args:
        chain: a development chain.
        address: checksummed.
        ether: the balance it should have at least, in ether.

    Returns:
        The transfer, or None when the account had enough.

    Raises:
        KeyUnavailableError: the chain is not for development.
    """
    wanted_wei = int(ether * WEI_PER_ETHER)
    missing_wei = wanted_wei - chain.sender.balance_wei(address)
    if missing_wei <= 0:
        return None
    signer = development_signer(chain.chain_id)
    call = Call(address, b"", missing_wei)
    # The account's balance and nonce tell one filling-up from the next.
    salt = f"fund {missing_wei} {chain.sender.nonce(address)}"
    intent_id = build_intent_id(chain.outbox.chain, "", address, b"", salt)

    def presence() -> Presence:
        enough = chain.sender.balance_wei(address) >= wanted_wei
        return Presence.PRESENT if enough else Presence.ABSENT

    intent = Intent(intent_id, f"fund {address}", call, presence)
    return chain.outbox.perform(intent, SigningKey(signer.address, lambda: signer))


def fetch_info(chain: ChainStation) -> ChainInfo:
    """Say what the node serves and which ledger is in use; nothing here fails for want of one."""
    head: dict[str, Any] = chain.node.call("eth_getBlockByNumber", "latest", False)
    client = str(chain.node.call("web3_clientVersion"))
    deployment, problem = None, ""
    try:
        deployment = find_deployment(chain)
    except (NotFoundError, WrongChainError) as error:
        problem = f"{error}. {error.hint}"
    ledger = deployment and Ledger(chain.node, deployment.contract, deployment.deploy_block)
    return ChainInfo(
        chain.chain_id,
        chain.genesis_hash,
        int(head["number"], 16),
        client,
        deployment,
        problem,
        ledger.governance() if ledger else "",
        (ledger.predecessor() or "") if ledger else "",
        ledger.last_sequence() if ledger else 0,
        tuple(chain.outbox.unfinished()),
    )
