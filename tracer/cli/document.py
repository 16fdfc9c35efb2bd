"""`tracer document`: commit to a paper of a batch, read one, hand one in."""

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tracer.cli.context import command_station
from tracer.cli.desk_opening import DeskUrl, choose_key, open_desk
from tracer.cli.options import AsJson, BatchArgument, DryRun, KeyAddress, PasswordFile
from tracer.cli.parsing import BatchName, parse_batch, parse_time
from tracer.cli.render import (
    print_facts,
    print_json,
    print_line,
    print_note,
    print_table,
    spell_time,
)
from tracer.cli.writing import run_writer
from tracer.domain.canonical import canonical_text
from tracer.domain.identifiers import Gln
from tracer.domain.records import build_batch_id
from tracer.errors import DocumentRejectedError, InvalidFileError, KeyUnavailableError
from tracer.gate.gate import inspect_file
from tracer.gate.reading import read_paper
from tracer.operations.add_document import load_document
from tracer.operations.desk_client import Upload, load_paper_file, new_doc_id
from tracer.operations.desk_papers import hand_in
from tracer.operations.papers import PaperDesk
from tracer.operations.plan import PlannedDocument
from tracer.operations.record_event import adding_writer
from tracer.operations.station import Station
from tracer.operations.values import parse_doc_type
from tracer.operations.writers import KeyRing, roles_needed

app = typer.Typer(help="Commit to a paper: certificate, report, declaration.")

PaperType = Annotated[
    str, typer.Option("--type", metavar="TYPE", help="What it is, e.g. CUSTOMS_DECLARATION.")
]


@app.command()
def add(
    batch: BatchArgument,
    file: Annotated[
        Path, typer.Argument(help="JSON: docType, number, issuer, issuedAt, public, …, file.")
    ],
    *,
    desk: Annotated[
        str | None,
        typer.Option(
            "--desk",
            metavar="URL",
            help="Also hand in the file and all fields at this desk, which keeps them encrypted.",
        ),
    ] = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record the commitment of a paper; its issuer signs. Confidential fields stay here."""
    name = parse_batch(batch)
    planned = load_document(file, now_unix=int(time.time()))
    with command_station(password_file) as station:
        if desk is not None and not dry_run:
            _hand_in(station, name, planned, desk, as_json=as_json)
        writer = adding_writer(station, name.gtin, name.lot, [planned])
        run_writer(writer, dry_run=dry_run, as_json=as_json)


def _hand_in(
    station: Station, name: BatchName, planned: PlannedDocument, desk: str, *, as_json: bool
) -> None:
    """Hand a paper in before its record is written, so that no record is without its paper."""
    if planned.file is None:
        raise InvalidFileError(
            f"{planned.doc_type.name} {planned.number} names no file to hand in",
            hint='Add "file": the PDF beside the description.',
        )
    key = KeyRing.ask(station).find(planned.issuer, roles_needed([planned.kind]))
    if key is None:
        raise KeyUnavailableError(
            f"no key of the paper's issuer {planned.issuer} is here",
            hint="tracer party key list shows the keys that are here.",
        )
    batch_id = build_batch_id(name.gtin, name.lot)
    document = PaperDesk(station, batch_id).prepare(planned, keep=True)
    with open_desk(station, desk, key) as client:
        upload, _ = hand_in(
            client, (name.gtin, name.lot), planned, document, load_paper_file(planned.file)
        )
    if not as_json:
        print_line(f"handed in at {desk} as {upload.receipt.doc_id}")


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="PDF, JPEG, PNG, JSON or XML.")],
    doc_type: PaperType,
    *,
    as_json: AsJson = False,
) -> None:
    """Look at a file as the desk would: whether it may come in, and which fields can be read."""
    kind = parse_doc_type(doc_type)
    paper = load_paper_file(file)
    report = inspect_file(file, declared=paper.media_type)
    if not report.accepted:
        raise DocumentRejectedError(
            f"{file} would be refused: {report.reason.text} ({report.reason.code})",
            hint="docs/explanation/file-gate.md says what a file may hold.",
        )
    reading = read_paper(kind, report.text)
    fields = [{"name": it.name, "value": it.value, "page": it.page} for it in reading.fields]
    notes = [note.text for note in report.notes] + [it.to_json()["text"] for it in reading.notes]
    if as_json:
        print_json({"mediaType": report.media_type, "fields": fields, "notes": notes})
        return
    _show_fields(fields, notes)


@app.command()
def upload(
    batch: BatchArgument,
    file: Annotated[Path, typer.Argument(help="PDF, JPEG, PNG, JSON or XML.")],
    doc_type: PaperType,
    *,
    new_id: Annotated[
        bool,
        typer.Option(
            "--new-id", help="Take a new id, not the one of this file: after it was erased."
        ),
    ] = False,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Hand in a paper's file at the desk; prints the receipt and what was read. Safe to repeat."""
    name, kind, paper = parse_batch(batch), parse_doc_type(doc_type), load_paper_file(file)
    with (
        command_station(password_file) as station,
        open_desk(station, desk, choose_key(station, key)) as client,
    ):
        own_id = client.doc_id_for(name.gtin, name.lot, kind, paper)
        doc_id = new_doc_id() if new_id else own_id
        done = client.upload(doc_id, name.gtin, name.lot, kind, paper)
    if as_json:
        print_json(_upload_json(done))
        return
    print_facts(
        {
            "document": done.receipt.doc_id,
            "bytes": done.receipt.size,
            "stored": "now" if done.is_new else "before; the same receipt",
        }
    )
    _show_fields(done.reading, [str(note.get("text", "")) for note in done.report["notes"]])


def _upload_json(done: Upload) -> dict[str, Any]:
    return {
        "receipt": done.receipt.to_json(),
        "isNew": done.is_new,
        "reading": done.reading,
        "report": done.report,
    }


def _show_fields(fields: list[dict[str, Any]], notes: list[str]) -> None:
    rows = [(it["name"], canonical_text(it["value"])[:100], it["page"]) for it in fields]
    print_table(("field", "as it was read", "page"), rows, "no field could be read with certainty")
    for note in notes:
        print_note(note)


@app.command(name="list")
def list_papers(
    batch: Annotated[
        str, typer.Argument(metavar="[BATCH]", help="GTIN/LOT; without it, all of them.")
    ] = "",
    *,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the papers at the desk that the key may see, and what a batch still lacks."""
    name = parse_batch(batch) if batch else None
    query = f"?gtin={name.gtin}&lot={_quoted(name)}" if name else ""
    with (
        command_station(password_file) as station,
        open_desk(station, desk, choose_key(station, key)) as client,
    ):
        documents = client.ask("GET", f"/v1/documents{query}")["documents"]
        checklist = client.ask("GET", f"/v1/checklist{query}")["papers"] if name else []
    missing = [row["type"] for row in checklist if row["needed"] and row["state"] == "MISSING"]
    if as_json:
        print_json({"documents": documents, "missing": missing})
        return
    rows = [(it["id"], it["type"], it["state"], f"{it['gtin']}/{it['lot']}") for it in documents]
    print_table(("document", "type", "state", "batch"), rows, "the desk holds no papers for you")
    if missing:
        print_note(f"still missing: {', '.join(missing)}")


@app.command()
def grant(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id at the desk.")],
    grantee: Annotated[str, typer.Option("--to", metavar="GLN", help="The party.")],
    public_key: Annotated[
        str, typer.Option(metavar="HEX", help="Of its key: tracer customs key new shows it.")
    ],
    until: Annotated[str, typer.Option(metavar="TIME", help="When it ends, at most 400 days.")],
    purpose: Annotated[str, typer.Option(help="Why, for the vault's log.")],
    *,
    key: KeyAddress = None,
    desk: DeskUrl = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Let another party open a paper at the desk and decrypt it at home, until a time."""
    body = {
        "grantee": Gln.parse(grantee).value,
        "publicKey": public_key,
        "expiresAt": parse_time(until),
        "purpose": purpose,
    }
    with (
        command_station(password_file) as station,
        open_desk(station, desk, choose_key(station, key)) as client,
    ):
        made = client.ask("POST", f"/v1/documents/{quote(document, safe='')}/grants", body)
    if as_json:
        print_json(made)
        return
    print_line(f"{grantee} may open {document} until {spell_time(made['expiresAt'])}")


def _quoted(name: BatchName) -> str:
    return quote(name.lot.value, safe="")
