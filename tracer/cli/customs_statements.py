"""`tracer customs sync` and `watch`: take in what a customs system stated."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tracer.chain.backoff import Backoff
from tracer.cli.context import command_station
from tracer.cli.customs_claims import Customs
from tracer.cli.options import AsJson, PasswordFile
from tracer.cli.preview import written_json
from tracer.cli.render import print_error, print_json, print_line, print_note, progress, spell_time
from tracer.domain.identifiers import Gln
from tracer.domain.status import CLEARANCE_TARGET_HOURS
from tracer.errors import ConfigurationError, InputError, TransientError, VerificationError
from tracer.operations.customs_adapter import CustomsAdapter
from tracer.operations.customs_answer import customs_party
from tracer.operations.customs_folder import FolderCustoms
from tracer.operations.customs_http import HttpCustoms
from tracer.operations.customs_sync import Handled, Result, StatementDesk
from tracer.settings import Settings, load_settings
from tracer.signals import stopping

MAX_TOKEN_BYTES: Final = 4096  # one line; a larger file is the wrong file

SystemOption = Annotated[
    str,
    typer.Option(
        "--system", metavar="PLACE", help="The customs system: a folder, or https://HOST/PATH."
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="File whose first line is the bearer token for https.", show_default=False),
]
Request = Annotated[
    bool, typer.Option("--request", help="First ask the system to rule on every waiting claim.")
]


def sync(
    *,
    system: SystemOption,
    token_file: TokenFile = None,
    request: Request = False,
    customs: Customs = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take in what the customs system stated, once. Exit code 3: a statement was rejected."""
    settings = load_settings()
    adapter = _open_adapter(settings, system, token_file)
    with _desk(settings, adapter, customs, password_file) as desk:
        asked = len(desk.request()) if request else 0
        handled = []
        with progress("taking in statements", quiet=as_json) as tick:
            for done in desk.sync():
                handled.append(done)
                tick(len(handled), len(handled))
                if not as_json:
                    _print_handled(done)
    if as_json:
        statements = [handled_json(it) for it in handled]
        print_json({"system": adapter.place, "requested": asked, "statements": statements})
    elif not handled:
        print_line(f"{adapter.place}: no statement waits")
    _raise_unless_good(handled)


def watch(
    *,
    system: SystemOption,
    token_file: TokenFile = None,
    request: Request = False,
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between looks.")] = 5.0,
    customs: Customs = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take in what the customs system states, until Ctrl-C. What passes is waited out."""
    settings = load_settings()
    adapter = _open_adapter(settings, system, token_file)
    backoff = Backoff(random.Random())  # noqa: S311 - spreads load, no secret
    told: set[tuple[str, str]] = set()
    with stopping() as stop:
        if not as_json:
            print_note(f"watching {adapter.place}")
        while not stop.is_set():
            try:
                with _desk(settings, adapter, customs, password_file) as desk:
                    while not stop.is_set():
                        _watch_round(desk, stop, told, request=request, as_json=as_json)
                        backoff.reset()
                        stop.wait(interval)
            except TransientError as error:
                print_error(error, as_json=as_json)
                stop.wait(max(interval, backoff.next_pause_s()))


def _watch_round(
    desk: StatementDesk,
    stop: threading.Event,
    told: set[tuple[str, str]],
    *,
    request: bool,
    as_json: bool,
) -> None:
    """One look; what is still as it was told before is not told again."""
    if request:
        desk.request()
    for done in desk.sync():
        state = (done.name, f"{done.result} {done.reason}")
        if state not in told:
            if as_json:
                print_json(handled_json(done))
            else:
                _print_handled(done)
        if done.result is Result.WAITING or not done.is_final:
            told.add(state)
        else:
            told.discard(state)
        if stop.is_set():
            return


@contextmanager
def _desk(
    settings: Settings, adapter: CustomsAdapter, customs: str | None, password_file: Path | None
) -> Iterator[StatementDesk]:
    with command_station(password_file, settings) as station:
        party = Gln.parse(customs) if customs else customs_party(station)
        yield StatementDesk(station, party, adapter)


def _open_adapter(settings: Settings, system: str, token_file: Path | None) -> CustomsAdapter:
    if system.lower().startswith(("http://", "https://")):
        token = "" if token_file is None else _read_token(token_file)
        return HttpCustoms(system, settings.home / "customs" / "settled", token=token)
    if token_file is not None:
        raise InputError("a folder takes no token", hint="--token-file goes with https://.")
    return FolderCustoms(Path(system))


def _read_token(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            token = stream.read(MAX_TOKEN_BYTES).split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the token file {file}") from error
    if not token or not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"the first line of {file} is no token")
    return token


def handled_json(done: Handled) -> dict[str, Any]:
    """A statement and what became of it, for a JSON object."""
    said = done.statement
    return {
        "name": done.name,
        "result": done.result.value,
        "reason": done.reason or None,
        "declaration": None if said is None else said.declaration,
        "batchId": None if said is None else said.batch_id.hex(),
        "status": None if said is None else said.ruling.value,
        "statedAt": None if said is None else said.stated_at_unix,
        "hoursFromArrival": done.hours_from_arrival,
        "targetHours": CLEARANCE_TARGET_HOURS,
        "final": done.is_final,
        "checks": [
            {"name": it.name, "status": it.status.value, "reason": it.reason} for it in done.checks
        ],
        "record": None if done.written is None else written_json(done.written),
    }


def _print_handled(done: Handled) -> None:
    line = f"{done.name}: {done.result.value}"
    if done.statement is not None:
        stated = spell_time(done.statement.stated_at_unix)
        line += f", declaration {done.statement.declaration}, stated {stated}"
    if done.hours_from_arrival is not None and done.result is not Result.REJECTED:
        hours = done.hours_from_arrival
        over = "over" if hours > CLEARANCE_TARGET_HOURS else "within"
        line += f", {hours:.1f} h from arrival ({over} {CLEARANCE_TARGET_HOURS} h)"
    if done.written is not None and done.written.already:
        line += ", recorded before"
    print_line(line)
    if done.reason:
        print_line(f"  {done.reason}")


def _raise_unless_good(handled: list[Handled]) -> None:
    """Turn the round into the command's exit code.

    Raises:
        VerificationError: a statement was rejected.
        TransientError: a statement could not be dealt with.
    """
    rejected = [done for done in handled if done.result is Result.REJECTED]
    if rejected:
        raise VerificationError(
            f"{len(rejected)} of {len(handled)} statements were rejected: {rejected[0].reason}",
            hint="They changed nothing. Find out who put them there.",
        )
    waiting = [done for done in handled if done.result is Result.WAITING]
    if waiting:
        raise TransientError(
            f"{len(waiting)} of {len(handled)} statements wait: {waiting[0].reason}",
            hint="Remove the cause, then run the same command again.",
        )
