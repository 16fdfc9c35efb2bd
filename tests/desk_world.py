"""A real desk over a real mirror and a real vault, and clients that sign with the parties' keys."""

import atexit
import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from served_world import PASSWORD, World, running_world
from tracer_desk.run import build_server

from tracer.chain.anvil import free_port
from tracer.domain.identifiers import Gln
from tracer.domain.statements import DeskIdentity
from tracer.index.sync import Mirror
from tracer.operations.desk_client import DeskClient, DeskKey
from tracer.operations.outbox import Presence
from tracer.operations.parties import admin_key, governance_key, plan_revocation
from tracer.operations.station import StationOptions, open_station
from tracer.samples import sample_path
from tracer.settings import Settings
from tracer.store.session import open_engine, reading
from tracer.store.state import load_cursor
from tracer.vault.places import VaultPlaces, create_vault

GTIN, LOT = "09520010001015", "A26B11K1"
MAKER, LAB, AUTHORITY = "9520010001008", "9520010001039", "9520010001046"
CARRIER, BROKER, CUSTOMS = "9520010001060", "9520010001091", "9520010001138"
PAPERS = sample_path("nz").parent / "documents" / "nz"
DECLARATION = PAPERS / "customs-declaration-224820261000300451.pdf"
TYPE = "CUSTOMS_DECLARATION"
PASSPHRASE = "battery staple"
START_S = 60.0
TRACER = [sys.executable, "-c", "from tracer.cli.main import main; main()"]
WITHOUT_QUOTA = [
    sys.executable,
    "-c",
    """
import tracer_desk.uploads
from tracer.cli.main import main
from tracer.vault.desk_tables import Quota
tracer_desk.uploads.DAILY = Quota(10**9, 10**15)
main()
""",
]


@dataclass(frozen=True)
class Desk:
    """A desk that can be started.

    Attributes:
        world: chain, mirror and contents.
        port: where it listens.
    """

    world: World
    port: int = field(default_factory=free_port)

    @property
    def home(self) -> Path:
        return self.world.home

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "TRACER_HOME": str(self.home),
            "TRACER_RPC_URL": self.world.rpc_url,
            "TRACER_DESK_PORT": str(self.port),
            "TRACER_VAULT_PASSPHRASE_FILE": str(self.home / "passphrase"),
        }

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            rpc_url=self.world.rpc_url,
            desk_port=self.port,
            vault_passphrase_file=self.home / "passphrase",
        )

    @property
    def identity(self) -> DeskIdentity:
        engine = open_engine(f"sqlite:///{self.home / 'mirror.sqlite'}", read_only=True)
        with reading(engine) as session:
            cursor = load_cursor(session)
        engine.dispose()
        assert cursor is not None
        return DeskIdentity(cursor.chain_id, cursor.contract, self.origin)

    @cached_property
    def parties(self) -> Mapping[str, str]:
        return dict(json.loads((self.home / "parties.json").read_text("utf-8")))

    def govern(self, function: str, gln: str) -> None:
        """Let governance call a function of the registry about a party."""
        with open_station(self._options()) as station:
            party = Gln.parse(gln)
            before = station.ledger.party(party).status

            def presence() -> Presence:
                is_done = station.ledger.party(party).status is not before
                return Presence.PRESENT if is_done else Presence.ABSENT

            intent = station.intent(
                f"{function} {gln}",
                station.call(function, party.number),
                actor=gln,
                presence=presence,
                salt=os.urandom(8).hex(),
            )
            station.write(intent, governance_key(station))

    def revoke(self, gln: str) -> None:
        """Let a party's admin end its key."""
        with open_station(self._options()) as station:
            party = Gln.parse(gln)
            now = station.ledger.block_time_unix()
            intent = plan_revocation(station, party, self.parties[gln], now)
            station.write(intent, admin_key(station, party))

    def sync(self) -> None:
        """Let the mirror see what the chain has."""
        engine = open_engine(f"sqlite:///{self.home / 'mirror.sqlite'}")
        try:
            with open_station(self._options()) as station:
                Mirror(engine, station.base.node, station.deployment, 0).sync_once()
        finally:
            engine.dispose()

    def _options(self) -> StationOptions:
        return StationOptions(
            home=self.home,
            rpc_url=self.world.rpc_url,
            contract=None,
            max_fee_wei=200 * 10**9,
            receipt_timeout_s=60.0,
            finality=lambda _chain_id: 0,
            password=lambda: PASSWORD,
        )

    def account(self, gln: str) -> LocalAccount:
        """A party's key."""
        return load_account(self.home / "keys" / f"{self.parties[gln]}.json")

    def machine(self, gln: str, http: httpx.Client) -> DeskClient:
        """The client that a party's machine runs."""
        return DeskClient(self.identity, key_of(self.account(gln)), http)


_ACCOUNTS: dict[Path, LocalAccount] = {}


def load_account(path: Path) -> LocalAccount:
    """The key in a keystore file; opened once."""
    if path not in _ACCOUNTS:
        secret = Account.decrypt(json.loads(path.read_text("utf-8")), PASSWORD)
        _ACCOUNTS[path] = Account.from_key(secret)
    return _ACCOUNTS[path]


def key_of(account: LocalAccount) -> DeskKey:
    """The same for the desk's client."""
    address = bytes.fromhex(account.address.removeprefix("0x"))
    return DeskKey(address, lambda digest: bytes(account.unsafe_sign_hash(digest).signature))


@functools.cache
def _settled() -> World:
    """The sample in a mirror, with its parties' keys; made once, its chain has ended."""
    folder = Path(tempfile.mkdtemp(prefix="tracer-desk-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with running_world(folder / "home") as world:
        return world


def copy_world(folder: Path) -> World:
    """A world of one's own in which nothing more happens on the chain."""
    made = _settled()
    world = made.copy(folder)
    for name in ("keys", "deployments"):
        shutil.copytree(made.home / name, world.home / name)
    shutil.copy(made.home / "parties.json", world.home)
    return world


def prepare_desk(world: World) -> Desk:
    """Give a world a vault, if it has none, and a port for a desk."""
    (world.home / "passphrase").write_text(f"{PASSPHRASE}\n", "utf-8")
    desk = Desk(world)
    chosen = desk.settings
    places = VaultPlaces(chosen.vault_blobs, chosen.vault_database, chosen.vault_key)
    if not places.key_file.exists():
        create_vault(places, PASSPHRASE, light=True)
    return desk


@contextlib.contextmanager
def running_desk(world: World, **changes: Any) -> Iterator[Desk]:
    """A desk in a thread of this process; `changes` are settings of its own."""
    desk = prepare_desk(world)
    server = build_server(desk.settings.model_copy(update=changes))
    thread = threading.Thread(target=server.run, name="desk")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield desk
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def serving_desk(
    world: World, *, log: str = "desk.log", command: Sequence[str] = TRACER
) -> Iterator[tuple[Desk, int]]:
    """`tracer desk serve` as a process of its own; the desk and the process id."""
    desk = prepare_desk(world)
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    path = world.home / log
    with (
        path.open("ab") as out,
        subprocess.Popen(
            [*command, "desk", "serve"], env=kept | desk.variables, stdout=out, stderr=out
        ) as server,
    ):
        try:
            wait_for(f"{desk.origin}/healthz", server, path)
            yield desk, server.pid
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
