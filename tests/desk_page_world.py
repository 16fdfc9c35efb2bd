"""Two batches whose customs papers are still to be handed in, for tests of the brokers' page.

Both are the New Zealand sample as its maker, carrier and laboratory recorded it. The first lacks
the declaration and what customs said about it; the second lacks its certificate of origin too.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk_wallet import DeskWallet, load_key
from served_world import PASSWORD, World, running_world, wait_for

from tracer.chain.anvil import free_port
from tracer.domain.identifiers import DigitalLink
from tracer.index.sync import Mirror
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.demo import DemoBatch
from tracer.operations.plan import PlannedSerials
from tracer.operations.station import StationOptions, open_station
from tracer.samples import sample_path
from tracer.store.session import open_engine

GTIN = "09520010001015"
LOT, OTHER_LOT = "A26B11K1", "A26B11K2"
NUMBER, OTHER_NUMBER = "224820261000300451", "224820261000300452"  # of their declarations
BROKER, AUTHORITY, CUSTOMS = "9520010001091", "9520010001046", "9520010001138"
RELEASED_AT = "2026-03-27T15:30:00+08:00"
PAPERS = sample_path("nz").parent / "documents" / "nz"
DECLARATION = PAPERS / "customs-declaration-224820261000300451.pdf"
ORIGIN = PAPERS / "certificate-of-origin-nzcn-2026-0300451.pdf"
HEALTH = PAPERS / "health-certificate-nzl2026-khk-900123.pdf"
TRACER = [sys.executable, "-c", "from tracer.cli.main import main; main()"]

_HANDED_IN = {"CUSTOMS_DECLARATION", "CIQ_CERTIFICATE"}
_ONE_CONSIGNMENT = _HANDED_IN | {"CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE", "BILL_OF_LADING"}


@dataclass(frozen=True)
class DeskWorld:
    """A world, and what its people do in it.

    Attributes:
        served: chain, mirror and contents.
    """

    served: World

    def wallet(self, gln: str) -> DeskWallet:
        """The wallet that holds a party's key."""
        home = self.served.home
        address = json.loads((home / "parties.json").read_text("utf-8"))[gln]
        return DeskWallet(self.served.rpc_url, load_key(home / "keys", address, PASSWORD))

    def sync(self) -> None:
        """Let the mirror see what the chain has."""
        options = StationOptions(
            home=self.served.home,
            rpc_url=self.served.rpc_url,
            contract=None,
            max_fee_wei=200 * 10**9,
            receipt_timeout_s=60.0,
            finality=lambda _chain_id: 0,
            password=lambda: PASSWORD,
        )
        engine = open_engine(f"sqlite:///{self.served.home / 'mirror.sqlite'}")
        try:
            with open_station(options) as station:
                Mirror(engine, station.base.node, station.deployment, 0).sync_once()
        finally:
            engine.dispose()

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a program in this world."""
        password = self.served.home / "password"
        password.write_text(PASSWORD, "utf-8")
        kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
        return kept | {
            "TRACER_HOME": str(self.served.home),
            "TRACER_RPC_URL": self.served.rpc_url,
            "TRACER_KEY_PASSWORD_FILE": str(password),
            "TRACER_VAULT_PASSPHRASE_FILE": str(password),
            **more,
        }

    def run(self, *words: str) -> str:
        """Run `tracer` in this world; what it printed."""
        done = subprocess.run(
            [*TRACER, *words],
            env=self.env(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def desk(self, scan_url: str) -> Iterator[str]:
        """The desk as a process of its own; yields its origin."""
        self.run("vault", "init", "--light")
        port, words = free_port(), [*TRACER, "desk", "serve"]
        env = self.env(TRACER_DESK_PORT=str(port), TRACER_PUBLIC_ORIGIN=scan_url)
        log = self.served.home / "desk.log"
        with log.open("wb") as out, subprocess.Popen(words, env=env, stdout=out, stderr=out) as run:
            try:
                wait_for(f"http://127.0.0.1:{port}/healthz", run, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                run.terminate()
                run.wait(30)


def _sample(folder: Path, lot: str, missing: Collection[str]) -> DemoBatch:
    number = NUMBER if lot == LOT else OTHER_NUMBER
    source = sample_path("nz")
    text = source.read_text("utf-8").replace(LOT, lot).replace(NUMBER, number)
    batch: dict[str, Any] = json.loads(text)
    batch["documents"] = [one for one in batch["documents"] if one["docType"] not in missing]
    batch["confirmations"] = []
    if lot != LOT:
        batch["inspections"] = []
        for event in batch["epcisDocument"]["epcisBody"]["eventList"]:
            event.pop("eventID", None)  # the hash of an event that named the sample's own lot
    path = folder / f"{lot}.json"
    path.write_text(json.dumps(batch, ensure_ascii=False), "utf-8")
    plan = load_batch_plan(path, now_unix=int(time.time()))
    serials = next(item for item in plan.items if isinstance(item, PlannedSerials))
    return DemoBatch(lot, plan, DigitalLink(plan.gtin, plan.lot, serials.serials[0]))


@contextlib.contextmanager
def running_desk_world(folder: Path) -> Iterator[DeskWorld]:
    """Both batches on a chain of their own; it runs until the end."""
    files = folder / "files"
    shutil.copytree(sample_path("nz").parent / "documents", files / "documents")
    for log in sample_path("nz").parent.glob("*.csv"):
        shutil.copy(log, files)
    batches = [
        _sample(files, LOT, _HANDED_IN),
        _sample(files, OTHER_LOT, _ONE_CONSIGNMENT),
    ]
    with running_world(folder / "home", changed=batches) as served:
        yield DeskWorld(served)
