"""`tracer party`: who may write, with which keys, under which GS1 prefixes."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.chain.ledger import PartyState
from tracer.cli.context import command_station
from tracer.cli.options import AsJson, DryRun, KeyAddress, PasswordFile
from tracer.cli.parsing import parse_address, parse_roles, parse_time
from tracer.cli.party_key import app as key_app
from tracer.cli.party_key import key_facts
from tracer.cli.preview import preview, show_written
from tracer.cli.render import print_facts, print_json, print_table
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.operations.parties import (
    PartyView,
    admin_key,
    admit_party,
    governance_key,
    inspect_party,
    list_parties,
    operator_key,
    plan_admission,
    plan_inspection,
    plan_partner,
    plan_prefix,
    show_party,
)
from tracer.operations.plan_rules import spell_roles
from tracer.operations.profiles import build_inspection, build_profile

app = typer.Typer(help="Admit companies and authorities; manage their keys.")
partner_app = typer.Typer(help="Name trading partners that may append to a party's batches.")
prefix_app = typer.Typer(help="Assign GS1 company prefixes.")
app.add_typer(key_app, name="key")
app.add_typer(partner_app, name="partner")
app.add_typer(prefix_app, name="prefix")

GlnArgument = Annotated[str, typer.Argument(metavar="GLN", help="The party's GLN, 13 digits.")]


@app.command()
def admit(
    gln: GlnArgument,
    *,
    roles: Annotated[str, typer.Option(help="What it does: role names, separated by commas.")],
    admin: Annotated[str, typer.Option(metavar="ADDRESS", help="Who will manage its keys.")],
    name_en: Annotated[str, typer.Option("--name", help="Public name in English.")],
    name_zh: Annotated[str, typer.Option(help="Public name in Chinese.")] = "",
    country: Annotated[str, typer.Option(help="ISO 3166 code, such as NZ.")] = "",
    city: Annotated[str, typer.Option(help="City.")] = "",
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Admit a party; governance signs. Its public profile is kept, and pinned on the ledger."""
    names = {"nameEn": name_en, "nameZh": name_zh, "country": country, "city": city}
    profile = build_profile(Gln.parse(gln), parse_roles(roles), names)
    with command_station(password_file) as station:
        signing = governance_key(station, parse_address(key) if key else None)
        intent = plan_admission(station, profile, parse_address(admin))
        if dry_run:
            preview(station, intent, signing, as_json=as_json)
            return
        written = admit_party(station, profile, parse_address(admin), signing)
    show_written(f"party {profile.gln} is admitted", written, as_json=as_json)


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List all parties."""
    with command_station() as station:
        parties = list_parties(station)
    if as_json:
        print_json({"parties": [_state_json(state) for state in parties]})
        return
    rows = [(it.gln, it.status.name, spell_roles(it.roles), it.admin) for it in parties]
    print_table(("GLN", "status", "roles", "admin"), rows, "no party is admitted yet")


@app.command()
def show(gln: GlnArgument, *, as_json: AsJson = False) -> None:
    """Show one party: profile, roles, keys, partners, prefixes, standing."""
    with command_station() as station:
        view = show_party(station, Gln.parse(gln))
    if as_json:
        print_json(_view_json(view))
        return
    facts = _view_json(view)
    profile, keys = facts.pop("profile") or {}, facts.pop("keys")
    print_facts({**facts, **{name: value for name, value in profile.items() if name not in facts}})
    print_table(
        ("key", "roles", "valid from", "valid until", "state"),
        [tuple(key.values()) for key in keys],
        "no key was ever added",
    )


@partner_app.command("add")
def add_partner(
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="GLN of the batches' owner.")],
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="GLN of its partner.")],
    *,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a party append to another one's batches; the owner's admin signs."""
    gln, trusted = Gln.parse(owner), Gln.parse(partner)
    with command_station(password_file) as station:
        signing = admin_key(station, gln, parse_address(key) if key else None)
        intent = plan_partner(station, gln, trusted)
        if dry_run:
            preview(station, intent, signing, as_json=as_json)
            return
        written = station.write(intent, signing)
    show_written(f"{trusted} is a partner of {gln}", written, as_json=as_json)


@prefix_app.command("assign")
def assign_prefix(
    gln: GlnArgument,
    prefix: Annotated[str, typer.Argument(help="GS1 company prefix, 4 to 12 digits.")],
    *,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give a GS1 company prefix to a party for ever; governance signs."""
    party = Gln.parse(gln)
    with command_station(password_file) as station:
        signing = governance_key(station, parse_address(key) if key else None)
        intent = plan_prefix(station, party, prefix)
        if dry_run:
            preview(station, intent, signing, as_json=as_json)
            return
        written = station.write(intent, signing)
    show_written(f"prefix {prefix} belongs to {party}", written, as_json=as_json)


@app.command()
def inspect(
    gln: GlnArgument,
    *,
    inspector: Annotated[str, typer.Option(metavar="GLN", help="The inspecting party.")],
    number: Annotated[str, typer.Option(help="Number of the inspection; it counts once.")],
    passed: Annotated[bool, typer.Option("--passed/--failed", help="The outcome.")],
    inspected_at: Annotated[str, typer.Option(metavar="TIME", help="When, ISO 8601 with offset.")],
    report: Annotated[Path | None, typer.Option(help="Text of the report; it is public.")] = None,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record an inspection of a party. The third failure in a row bans it for good."""
    inspection = build_inspection(
        Gln.parse(gln),
        Gln.parse(inspector),
        number,
        inspected_at_unix=parse_time(inspected_at),
        passed=passed,
        report=report,
    )
    with command_station(password_file) as station:
        signing = (
            station.base.signing_key(parse_address(key))
            if key
            else operator_key(station, inspection.inspector, Role.INSPECTOR)
        )
        if dry_run:
            preview(station, plan_inspection(station, inspection), signing, as_json=as_json)
            return
        written = inspect_party(station, inspection, signing)
    show_written(f"inspection {number} of {gln} is recorded", written, as_json=as_json)


def _state_json(state: PartyState) -> dict[str, Any]:
    return {
        "gln": state.gln.value,
        "status": state.status.name,
        "roles": [role.name for role in Role if role & state.roles],
        "admin": state.admin,
        "profileDigest": state.profile_digest.hex(),
        "distrustFrom": state.distrust_from_unix,
    }


def _view_json(view: PartyView) -> dict[str, Any]:
    return {
        **_state_json(view.state),
        "failedInspectionsInARow": view.standing.consecutive_failures,
        "prefixes": list(view.prefixes),
        "partners": [gln.value for gln in view.partners],
        "profile": None if view.profile is None else json.loads(view.profile),
        "keys": [key_facts(key) for key in view.keys],
    }
