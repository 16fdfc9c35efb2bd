"""Everything a writing command needs, opened once: chain, ledger, outbox, keys, contents."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tracer.chain.contract import encode_call
from tracer.chain.decode import parse_bytes, parse_quantity
from tracer.chain.deployments import (
    Deployment,
    check_identity,
    deployment_path,
    fetch_deployment,
    load_deployment,
)
from tracer.chain.events import LedgerCreated
from tracer.chain.ledger import KeyState, Ledger
from tracer.chain.rpc import RpcClient
from tracer.chain.sender import Call, Sender
from tracer.chain.signer import KeyFolder, Signer
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.errors import ConflictError, KeyUnavailableError, WrongChainError
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Intent, Outbox, Presence, Written, build_intent_id
from tracer.store.contents import ContentStore
from tracer.store.workspace import Workspace


@dataclass(frozen=True)
class StationOptions:
    """What a command was told about where and how to write.

    Attributes:
        home: folder of this installation.
        rpc_url: JSON-RPC address of the node.
        contract: the ledger's address, 0x and 40 digits; None = the one on file.
        max_fee_wei: highest fee per gas to offer, in wei.
        receipt_timeout_s: seconds to wait for a block.
        finality: chain id -> block tag or number of blocks.
        password: asks for the password of the key files.
    """

    home: Path
    rpc_url: str
    contract: str | None
    max_fee_wei: int
    receipt_timeout_s: float
    finality: Callable[[int], str | int]
    password: Callable[[], str]


@dataclass
class ChainStation:
    """A chain that can be written to, with or without a ledger on it."""

    options: StationOptions
    node: RpcClient
    chain_id: int
    genesis_hash: bytes
    sender: Sender
    outbox: Outbox
    workspace: Workspace
    keys: KeyFolder
    _unlocked: dict[str, Signer] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Folder of this installation."""
        return self.options.home

    def signing_key(self, address: str) -> SigningKey:
        """A key of this installation; opened when it first signs, and once.

        Raises:
            KeyUnavailableError: there is no file for the address.
        """
        if address not in self.keys.addresses():
            raise KeyUnavailableError(
                f"the key of {address} is not in {self.home / 'keys'}",
                hint="tracer party key list shows the keys that are here.",
            )
        return SigningKey(address, lambda: self._unlock(address))

    def only_key(self) -> SigningKey:
        """The one key of this installation.

        Raises:
            KeyUnavailableError: there is none, or more than one.
        """
        addresses = self.keys.addresses()
        if len(addresses) != 1:
            raise KeyUnavailableError(
                f"there are {len(addresses)} keys in {self.home / 'keys'}",
                hint="Choose one with --key ADDRESS; tracer party key new makes one.",
            )
        return self.signing_key(addresses[0])

    def _unlock(self, address: str) -> Signer:
        if address not in self._unlocked:
            password = self.options.password()
            self._unlocked[address] = self.keys.unlock(address, password, self.chain_id)
        return self._unlocked[address]


@dataclass
class Station:
    """A ledger that can be written to."""

    base: ChainStation
    ledger: Ledger
    deployment: Deployment
    contents: ContentStore

    @property
    def home(self) -> Path:
        """Folder of this installation."""
        return self.base.home

    @property
    def chain(self) -> str:
        """Names the chain: its id and genesis hash."""
        return self.base.outbox.chain

    def call(self, function: str, *arguments: object) -> Call:
        """A call of the ledger."""
        return Call(self.ledger.address, encode_call(function, *arguments))

    def intent(
        self, what: str, call: Call, *, actor: str, presence: Callable[[], Presence], salt: str = ""
    ) -> Intent:
        """Something to write to this ledger; see `build_intent_id`."""
        intent_id = build_intent_id(self.chain, self.ledger.address, actor, call.data, salt)
        return Intent(intent_id, what, call, presence)

    def write(self, intent: Intent, key: SigningKey) -> Written:
        """Write something that is there wholly or not at all.

        Raises:
            TracerError: see `Outbox.perform`.
        """
        written = self.base.outbox.perform(intent, key)
        if written is None:
            raise ConflictError(
                f"{intent.what}: the ledger changed meanwhile", hint="Look at it, then try again."
            )
        return written

    def operator_key(self, gln: Gln, needs: Iterable[Role] = ()) -> SigningKey | None:
        """A key of this installation that may write for a party now.

        Args:
            gln: the party.
            needs: sets of roles; the key has at least one of each.
        """
        now_unix, wanted = self.ledger.block_time_unix(), list(needs)
        for address, state in self.key_states().items():
            valid = state.gln == gln and state.is_valid(now_unix)
            if valid and all(state.roles & roles for roles in wanted):
                return self.base.signing_key(address)
        return None

    def key_states(self) -> dict[str, KeyState]:
        """What the ledger knows of the keys of this installation."""
        return self.ledger.keys(self.base.keys.addresses())


@contextlib.contextmanager
def open_chain(options: StationOptions) -> Iterator[ChainStation]:
    """Connect to the node and open the workspace.

    Raises:
        RpcUnavailableError: the node does not answer.
        DatabaseUnavailableError: the workspace cannot be opened.
    """
    with RpcClient(options.rpc_url) as node:
        chain_id, genesis_hash = _fetch_chain(node)
        sender = Sender(node, chain_id, options.max_fee_wei)
        with Workspace(options.home / "workspace.sqlite") as workspace:
            outbox = Outbox(
                workspace,
                sender,
                chain=f"{chain_id}:{genesis_hash.hex()}",
                locks=options.home / "locks",
                finality=options.finality(chain_id),
                timeout_s=options.receipt_timeout_s,
            )
            keys = KeyFolder(options.home / "keys")
            yield ChainStation(
                options, node, chain_id, genesis_hash, sender, outbox, workspace, keys
            )


@contextlib.contextmanager
def open_station(options: StationOptions) -> Iterator[Station]:
    """Connect to the ledger that is on file, or that the options name.

    Raises:
        RpcUnavailableError: the node does not answer.
        NotFoundError: no ledger is on file for this chain.
        WrongChainError: the node serves another chain, or another contract, than on file.
        DatabaseUnavailableError: the workspace cannot be opened.
    """
    with open_chain(options) as base:
        deployment = find_deployment(base)
        ledger = Ledger(base.node, deployment.contract, deployment.deploy_block)
        yield Station(base, ledger, deployment, ContentStore(options.home / "contents"))


def find_deployment(chain: ChainStation) -> Deployment:
    """The ledger to use: the one named in the options, else the one on file, checked.

    Raises:
        NotFoundError: neither.
        WrongChainError: the node serves another one.
    """
    named = chain.options.contract
    if named is not None:
        return _describe(chain.node, bytes.fromhex(named.removeprefix("0x")))
    path = deployment_path(chain.home / "deployments", chain.chain_id)
    deployment = load_deployment(path)
    check_identity(chain.node, deployment)
    return deployment


def _describe(node: RpcClient, contract: bytes) -> Deployment:
    """A ledger of which only the address is known; its first log says where it begins."""
    created = Ledger(node, contract, 0).logs(LedgerCreated)
    if not created:
        raise WrongChainError(
            f"there is no ledger at 0x{contract.hex()} on this chain",
            hint="TRACER_CONTRACT or TRACER_RPC_URL is wrong.",
        )
    first = created[0]
    return fetch_deployment(node, contract, first.block_number, first.transaction_hash)


def _fetch_chain(node: RpcClient) -> tuple[int, bytes]:
    """Chain id and hash of block 0."""
    chain_id, block = node.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
    return parse_quantity(chain_id, "chainId"), parse_bytes(block["hash"], "genesis hash", 32)
