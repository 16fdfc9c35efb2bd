"""`tracer desk`: run a desk, and use one with a key of this installation."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from tracer.cli.context import command_station
from tracer.cli.desk_opening import DeskUrl, choose_key, desk_identity, open_desk
from tracer.cli.options import AsJson, KeyAddress, PasswordFile
from tracer.cli.preview import written_json
from tracer.cli.render import print_facts, print_json, print_line, print_note
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.errors import InvalidFileError, KeyUnavailableError
from tracer.operations.desk_papers import MAX_TO_SIGN_CHARS, plan_record, read_to_sign, write_record
from tracer.settings import load_settings

app = typer.Typer(help="Run the desk where papers are handed in; sign for it; send what it keeps.")

SERVER: Final = "tracer_desk.run"  # named, not imported: the server stands above the commands
STDIN: Final = "-"


@app.command()
def serve() -> None:
    """Serve the desk until Ctrl-C. It opens the vault with TRACER_VAULT_PASSPHRASE_FILE."""
    import_module(SERVER).serve(load_settings())


@app.command()
def sign(
    file: Annotated[
        Path, typer.Argument(help="The message or statement that the page shows; - reads it.")
    ],
    *,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a sign-in or a statement of the desk's page, and nothing else; prints the signature."""
    text = _read(file)
    with command_station(password_file) as station:
        wanted = read_to_sign(text, desk_identity(station, desk))
        signing = choose_key(station, key or wanted.address or None)
        if wanted.address and wanted.address.lower() != signing.address.lower():
            raise KeyUnavailableError(
                f"{wanted.address} is asked to sign, not {signing.address}",
                hint="Sign with the key that signs in.",
            )
        signature = f"0x{signing.unlock().sign_digest(wanted.digest).hex()}"
    if as_json:
        facts: dict[str, Any] = {"address": signing.address, "signature": signature}
        print_json(facts | {"signed": wanted.facts})
        return
    print_note(wanted.what)
    print_line(signature)


@app.command()
def status(
    *,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show whether the desk answers, and how the papers stand that the key may see."""
    with (
        command_station(password_file) as station,
        open_desk(station, desk, choose_key(station, key)) as client,
    ):
        vault_key = client.vault_key()
        documents = client.ask("GET", "/v1/documents")["documents"]
        origin = client.identity.origin
    states: dict[str, int] = {}
    for document in documents:
        states[document["state"]] = states.get(document["state"], 0) + 1
    facts = {"desk": origin, "vaultKey": vault_key.hex(), "papers": len(documents)}
    if as_json:
        print_json({**facts, "states": states})
        return
    print_facts({**facts, **dict(sorted(states.items()))})


@app.command()
def send(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id at the desk.")],
    *,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Record a stated paper's commitment on the ledger; its issuer signs. Safe to repeat."""
    with (
        command_station(password_file) as station,
        open_desk(station, desk, choose_key(station, key)) as client,
    ):
        found = client.ask("GET", f"/v1/documents/{quote(document, safe='')}")
        batch_id = build_batch_id(Gtin.parse(found["gtin"]), Lot.parse(found["lot"]))
        text = str(client.ask("GET", f"/v1/documents/{quote(document, safe='')}/view")["view"])
        intent, view = plan_record(station, text, batch_id)
        written = write_record(station, intent, view)
    if as_json:
        print_json({"document": document, "what": intent.what, **written_json(written)})
        return
    print_line(f"{intent.what}: {'already on the ledger' if written.already else 'recorded'}")


def _read(file: Path) -> str:
    """What shall be signed.

    Raises:
        InvalidFileError: it cannot be read.
    """
    try:
        if str(file) == STDIN:
            return sys.stdin.read(MAX_TO_SIGN_CHARS)
        with file.open(encoding="utf-8") as stream:
            return stream.read(MAX_TO_SIGN_CHARS)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFileError(f"{file} cannot be read as text") from error
