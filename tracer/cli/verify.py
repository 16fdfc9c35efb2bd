"""`tracer verify`: check a tin or a batch against a node of the reader's choice."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.chain.deployments import deployment_path, load_deployment
from tracer.cli.options import AsJson
from tracer.cli.parsing import parse_address
from tracer.cli.render import print_json, print_line, print_table
from tracer.domain.checks import CheckStatus
from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.domain.messages import render_english
from tracer.errors import InputError, NotFoundError, RpcUnavailableError, VerificationError
from tracer.operations.verify_batch import (
    Source,
    Verification,
    fetch_bundle,
    load_mirrored,
    read_bundle_file,
    verify_source,
)
from tracer.settings import Settings, load_settings

app = typer.Typer(help="Check a tin or a batch against a node you choose.")


@app.command()
def verify(
    target: Annotated[
        str, typer.Argument(help="A saved bundle, a Digital Link, or a GTIN of the local mirror.")
    ],
    lot: Annotated[str | None, typer.Argument(help="With a GTIN: the lot.")] = None,
    serial: Annotated[str | None, typer.Argument(help="With a GTIN: the tin's serial.")] = None,
    *,
    rpc: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The node to ask. Default: TRACER_RPC_URL."),
    ] = None,
    contract: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The ledger you trust. Default: the one on file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the numbered protocol. Exit code 3: not genuine; 4: could not be checked."""
    settings = load_settings()
    source = _find_source(settings, target, lot, serial)
    done = verify_source(
        source,
        rpc_url=rpc or settings.rpc_url,
        contract=_known_ledger(settings, source, contract),
        finality=settings.finality_for,
    )
    if as_json:
        print_json(_verification_json(done))
    else:
        _print_checks(done)
    _raise_unless_valid(done)


def _find_source(settings: Settings, target: str, lot: str | None, serial: str | None) -> Source:
    if lot is not None:
        tin = Serial.parse(serial) if serial else None
        link = DigitalLink(Gtin.parse(target), Lot.parse(lot), tin)
        return load_mirrored(settings.database, settings.home / "contents", link)
    if target.lower().startswith(("http://", "https://")):
        return fetch_bundle(target)
    if target.isdigit() and not Path(target).exists():
        raise InputError(f"GTIN {target} needs a lot", hint="tracer verify GTIN LOT [SERIAL]")
    return read_bundle_file(Path(target))


def _known_ledger(settings: Settings, source: Source, given: str | None) -> bytes | None:
    """The ledger that the reader trusts: as given, as set, or as on file for this chain."""
    named = parse_address(given) if given else settings.contract
    if named is not None:
        return bytes.fromhex(named.removeprefix("0x"))
    chain_id = source.bundle.chain.chain_id
    try:
        path = deployment_path(settings.home / "deployments", chain_id)
        return load_deployment(path).contract
    except NotFoundError:
        return None


def _print_checks(done: Verification) -> None:
    rows = [
        (check.step, check.status.value, check.name, check.subject, check.reason)
        for check in done.checks
    ]
    print_table(("step", "result", "check", "about", "reason"), rows, "nothing was checked")
    batch = done.source.bundle.batch
    print_line(f"GTIN {batch.gtin} lot {batch.lot}: {done.verdict.code.replace('_', ' ')}")
    for message in (done.verdict.reason, *done.verdict.notes, done.verdict.action):
        print_line(render_english(message.key, message.params))


def _verification_json(done: Verification) -> dict[str, Any]:
    batch = done.source.bundle.batch
    return {
        "gtin": batch.gtin,
        "lot": batch.lot,
        "status": done.status.value,
        "verdict": done.verdict.code.value,
        "reason": render_english(done.verdict.reason.key, done.verdict.reason.params),
        "notes": [note.to_json() for note in done.verdict.notes],
        "checks": [
            {
                "step": check.step,
                "name": check.name,
                "status": check.status.value,
                "subject": check.subject,
                "reason": check.reason,
            }
            for check in done.checks
        ],
    }


def _raise_unless_valid(done: Verification) -> None:
    """Turn the outcome into the command's exit code.

    Raises:
        VerificationError: something does not hold.
        RpcUnavailableError: something could not be asked.
    """
    for check in done.checks:
        if check.status is done.status is CheckStatus.INVALID:
            about = f"{check.subject}: " if check.subject else ""
            raise VerificationError(
                f"{about}{check.reason}", hint="Do not rely on it; report where you got it."
            )
        if check.status is done.status is CheckStatus.ERROR:
            raise RpcUnavailableError(
                f"could not check: {check.reason}", hint="Try again, or name a node with --rpc."
            )
