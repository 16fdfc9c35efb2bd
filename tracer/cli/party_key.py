"""`tracer party key`: key files of this installation, and keys on the ledger."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tracer.chain.ledger import KeyState
from tracer.chain.signer import KeyFolder
from tracer.cli.context import command_station, password_reader
from tracer.cli.options import AsJson, DryRun, KeyAddress, Light, PasswordFile
from tracer.cli.parsing import parse_address, parse_roles, parse_time
from tracer.cli.preview import preview, show_written
from tracer.cli.render import print_facts, print_json, print_table, spell_time
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.errors import NotFoundError
from tracer.operations.parties import FOR_EVER_UNIX, admin_key, list_keys, plan_key, plan_revocation
from tracer.operations.plan_rules import spell_roles
from tracer.settings import load_settings

SECONDS_PER_DAY: Final = 86_400
DEFAULT_VALID_DAYS: Final = 730  # two years; then the admin adds the next key

app = typer.Typer(help="Make key files; add, list and revoke a party's keys.")

GlnArgument = Annotated[str, typer.Argument(metavar="GLN", help="The party's GLN, 13 digits.")]
AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="The key's address, 0x and 40 digits.")
]


@app.command("new")
def new_key(
    *,
    light: Light = False,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a new random key and keep it, encrypted, in TRACER_HOME/keys."""
    settings = load_settings()
    password = password_reader(password_file or settings.key_password_file, confirm=True)
    folder = KeyFolder(settings.home / "keys")
    address = folder.create(password(), light=light)
    _show_file(folder, address, as_json=as_json)


@app.command("import")
def import_key(
    file: Annotated[Path, typer.Argument(help="Keystore version 3 file made elsewhere.")],
    *,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take over a keystore file; its password stays what it is."""
    settings = load_settings()
    password = password_reader(password_file or settings.key_password_file)
    folder = KeyFolder(settings.home / "keys")
    _show_file(folder, folder.import_file(file, password()), as_json=as_json)


@app.command("add")
def add_key(
    gln: GlnArgument,
    address: AddressArgument,
    *,
    roles: Annotated[
        str, typer.Option(help="Roles it acts with, separated by commas. Default: the party's.")
    ] = "",
    valid_days: Annotated[
        int, typer.Option(min=0, help="Days until it expires; 0 = never.")
    ] = DEFAULT_VALID_DAYS,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a key write for a party; the party's admin signs. A key never changes party."""
    party, operator = Gln.parse(gln), parse_address(address)
    with command_station(password_file) as station:
        signing = admin_key(station, party, parse_address(key) if key else None)
        granted = parse_roles(roles) if roles else station.ledger.party(party).roles
        from_unix = station.ledger.block_time_unix()
        until_unix = from_unix + valid_days * SECONDS_PER_DAY if valid_days else FOR_EVER_UNIX
        intent = plan_key(station, party, operator, granted, (from_unix, until_unix))
        if dry_run:
            preview(station, intent, signing, as_json=as_json)
            return
        written = station.write(intent, signing)
    show_written(f"{operator} may write for {party}", written, as_json=as_json)


@app.command("revoke")
def revoke_key(
    gln: GlnArgument,
    address: AddressArgument,
    *,
    distrust_from: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Since when others may have had it. Default: now, as when keys are changed.",
            show_default=False,
        ),
    ] = None,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """End a key now; what it signed before stays provable. The party's admin signs."""
    party, operator = Gln.parse(gln), parse_address(address)
    with command_station(password_file) as station:
        signing = admin_key(station, party, parse_address(key) if key else None)
        since = parse_time(distrust_from) if distrust_from else station.ledger.block_time_unix()
        intent = plan_revocation(station, party, operator, since)
        if dry_run:
            preview(station, intent, signing, as_json=as_json)
            return
        written = station.write(intent, signing)
    show_written(f"key {operator} of {party} is revoked", written, as_json=as_json)


@app.command("list")
def list_all(
    gln: Annotated[
        str | None,
        typer.Argument(metavar="[GLN]", help="A party. Default: the key files that are here."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List a party's keys, or the keys of this installation and whose they are."""
    keys = _keys_of(Gln.parse(gln)) if gln else _keys_here()
    if as_json:
        print_json({"keys": [{**key_facts(key), "gln": _owner(key)} for key in keys]})
        return
    rows = [(*key_facts(key).values(), _owner(key) or "nobody's") for key in keys]
    columns = ("key", "roles", "valid from", "valid until", "state", "party")
    print_table(columns, rows, "there are no keys")


def _keys_of(gln: Gln) -> list[KeyState]:
    with command_station() as station:
        return list_keys(station, gln)


def _keys_here() -> list[KeyState]:
    """The key files of this installation; before there is a ledger, nobody's."""
    try:
        with command_station() as station:
            return list(station.key_states().values())
    except NotFoundError:
        addresses = KeyFolder(load_settings().home / "keys").addresses()
        return [KeyState(address, None, Role(0), 0, 0, 0, 0) for address in addresses]


def key_facts(key: KeyState) -> dict[str, Any]:
    """A key of the ledger, for tables and JSON."""
    known = key.gln is not None
    return {
        "address": key.address,
        "roles": spell_roles(key.roles) if known else "",
        "validFrom": spell_time(key.valid_from_unix) if known else "",
        "validUntil": spell_time(key.valid_until_unix) if known else "",
        "state": _state(key),
    }


def _state(key: KeyState) -> str:
    if key.gln is None:
        return "not on the ledger"
    if key.revoked_at_unix:
        return f"revoked {spell_time(key.revoked_at_unix)}"
    return "valid" if key.is_valid(int(time.time())) else "not valid now"


def _owner(key: KeyState) -> str | None:
    return key.gln.value if key.gln else None


def _show_file(folder: KeyFolder, address: str, *, as_json: bool) -> None:
    facts = {"address": address, "file": str(folder.path(address))}
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
