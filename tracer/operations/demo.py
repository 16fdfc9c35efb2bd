"""The demonstration's world: one ledger, the samples' parties with keys, and their batches.

Everything goes the same way as the commands do; only the key files are weak on purpose (they open
in milliseconds and hold nothing). Each step is safe to repeat, so a demonstration that was killed
continues where it stopped.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.chain.signer import KeyFolder
from tracer.domain.identifiers import DigitalLink, Gln
from tracer.durable import make_folder, replace_file
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.chain_admin import deploy_ledger, fund_account
from tracer.operations.parties import (
    FOR_EVER_UNIX,
    admit_party,
    plan_key,
    plan_partner,
    plan_prefix,
)
from tracer.operations.plan import BatchPlan, PartyProfile, PlannedSerials
from tracer.operations.private_files import FILE_MODE, FOLDER_MODE
from tracer.operations.register_batch import batch_registration
from tracer.operations.station import (
    Station,
    StationOptions,
    open_chain,
    open_station,
)
from tracer.samples import SAMPLE_NAMES, sample_path

ETHER_EACH: Final = 1.0
"""Enough for a party's part of the samples a thousand times over."""

PASSWORD_FILE: Final = "password.txt"  # noqa: S105 - the name of a file
KEYS_FILE: Final = "parties.json"
GOVERNANCE: Final = "governance"

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class DemoBatch:
    """A batch of the demonstration.

    Attributes:
        name: of the sample.
        plan: what was to be recorded.
        link: Digital Link of one of its tins.
    """

    name: str
    plan: BatchPlan
    link: DigitalLink


def load_demo(now_unix: int) -> list[DemoBatch]:
    """Read the samples.

    Args:
        now_unix: the moment of reading, Unix seconds.
    """
    plans = ((name, load_batch_plan(sample_path(name), now_unix=now_unix)) for name in SAMPLE_NAMES)
    return [DemoBatch(name, plan, _first_tin(plan)) for name, plan in plans]


def demo_password(home: Path) -> str:
    """The password of the demonstration's key files, made when first asked for."""
    file = home / PASSWORD_FILE
    if not file.exists():
        make_folder(home, FOLDER_MODE)
        replace_file(file, secrets.token_urlsafe(24).encode(), FILE_MODE)
    return file.read_text("utf-8")


def prepare_demo(options: StationOptions, batches: Sequence[DemoBatch], report: Report) -> None:
    """Bring ledger, parties and batches onto the chain; repeating it adds nothing.

    Args:
        options: where and how to write.
        batches: from `load_demo`.
        report: told what is being done.

    Raises:
        TracerError: see `Outbox.perform` and `BatchWriter.write`.
    """
    plans = [batch.plan for batch in batches]
    profiles = {party.gln: party for plan in plans for party in plan.parties}
    keys = _load_keys(options, profiles)
    with open_chain(options) as chain:
        for done, address in enumerate(keys.values()):
            report("funding keys", done, len(keys))
            fund_account(chain, address, ETHER_EACH)
        deploy_ledger(chain, chain.signing_key(keys[GOVERNANCE]))
    with open_station(options) as station:
        missing = _not_admitted(station, profiles, keys)
        for done, profile in enumerate(missing):
            report("admitting parties", done, len(missing))
            _admit(station, profile, keys[str(profile.gln)])
        for plan in plans:
            _connect(station, plan)
    _register(options, batches, report)


def _register(options: StationOptions, batches: Sequence[DemoBatch], report: Report) -> None:
    """Register every batch, each at the same time as the others: they share no key."""
    done = {batch.name: 0 for batch in batches}
    steps = dict(done)

    def register(batch: DemoBatch) -> None:
        def progress(step: int, count: int) -> None:
            done[batch.name], steps[batch.name] = step, count
            report("writing batches", sum(done.values()), sum(steps.values()))

        with open_station(options) as station:
            batch_registration(station, batch.plan).write(progress)

    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(register, batches))


def _first_tin(plan: BatchPlan) -> DigitalLink:
    issued = next(item for item in plan.items if isinstance(item, PlannedSerials))
    return DigitalLink(plan.gtin, plan.lot, issued.serials[0])


def _load_keys(options: StationOptions, parties: Iterable[Gln]) -> Mapping[str, str]:
    """Address of each party's key, and of governance; missing ones are made."""
    file, folder = options.home / KEYS_FILE, KeyFolder(options.home / "keys")
    known: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    missing = [name for name in (GOVERNANCE, *map(str, sorted(parties))) if name not in known]
    if missing:
        password = options.password()
        known |= {name: folder.create(password, light=True) for name in missing}
        replace_file(file, json.dumps(known, indent=1).encode(), FILE_MODE)
    return known


def _not_admitted(
    station: Station, profiles: Mapping[Gln, PartyProfile], keys: Mapping[str, str]
) -> list[PartyProfile]:
    """The parties that are not on the ledger yet, or whose key is not; asked all at once."""
    known = station.ledger.keys([keys[str(gln)] for gln in profiles])
    return [profile for gln, profile in profiles.items() if known[keys[str(gln)]].gln is None]


def _admit(station: Station, profile: PartyProfile, address: str) -> None:
    """Admit a party whose own key is its admin, and let that key write."""
    admit_party(station, profile, address)
    key = station.base.signing_key(address)
    now_unix = station.ledger.block_time_unix()
    intent = plan_key(station, profile.gln, address, profile.roles, (now_unix, FOR_EVER_UNIX))
    station.write(intent, key)


def _connect(station: Station, plan: BatchPlan) -> None:
    """Give the owner its GS1 prefix and name its trading partners."""
    governance = station.base.signing_key(station.ledger.governance())
    station.write(plan_prefix(station, plan.owner, plan.company_prefix), governance)
    admin = station.base.signing_key(station.ledger.party(plan.owner).admin)
    trusted = station.ledger.partners(plan.owner, plan.partners)
    for partner in set(plan.partners) - set(trusted):
        station.write(plan_partner(station, plan.owner, partner), admin)
