"""One file on its way into the vault.

    who asks  →  what the policy says  →  a place and the day's quota  →  stream to a private file
    →  length and digest as announced  →  the gate, in its own processes  →  vault  →  receipt

Whatever fails, the private file is gone and nothing is half-stored. A file that is stored already
is neither looked at nor counted again: the same id with the same bytes gives the same receipt.
"""

import asyncio
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from tracer.domain.documents import DocType
from tracer.domain.policy import Action
from tracer.errors import ConflictError, DocumentRejectedError, InputError
from tracer.gate.gate import GateReport, inspect_file
from tracer.gate.reading import read_paper
from tracer.gate.signatures import PadesFinding, check_pades
from tracer.vault.desk_tables import Quota
from tracer.vault.rows import PART_FILE, StoredDocument, check_doc_id
from tracer.vault.vault import Receipt
from tracer_desk.access import authorize_batch, authorize_stored, load_batch, parse_type
from tracer_desk.auth import Caller
from tracer_desk.door import read_digest
from tracer_desk.limits import (
    DAY_BYTES,
    DAY_FILES,
    MAX_FILENAME_CHARS,
    MAX_READING_BYTES,
)
from tracer_desk.problems import RefusedError
from tracer_desk.schemas import UploadQuery
from tracer_desk.services import Services
from tracer_desk.standing import KnownBatch

MEDIA_TYPES: Final = frozenset(
    {"application/pdf", "image/jpeg", "image/png", "application/json", "application/xml"}
)
DAILY: Final = Quota(DAY_FILES, DAY_BYTES)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SIGNED: Final = "signed"


@dataclass(frozen=True, slots=True)
class Announced:
    """What a client says that it will send.

    Attributes:
        doc_id: ULID.
        batch: it belongs to.
        doc_type: what the paper is.
        sha256: of the file, 32 bytes.
        size: of the file, bytes.
        media_type: one of `MEDIA_TYPES`.
        file_name: as shown to people; "" when none was given.
        stored: the document of this id that is there already, or None.
    """

    doc_id: str
    batch: KnownBatch
    doc_type: DocType
    sha256: bytes
    size: int
    media_type: str
    file_name: str
    stored: StoredDocument | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A paper that is in the vault.

    Attributes:
        receipt: the vault's word.
        private: what was read of it.
        is_new: it was not there before.
    """

    receipt: Receipt
    private: Mapping[str, Any]
    is_new: bool


def clean_file_name(text: str) -> str:
    """A name that can be shown and sent in a header: one line, no folder, nothing invisible."""
    shown = "".join(
        "" if unicodedata.category(sign) in _HIDDEN else "_" if sign in '/\\"' else sign
        for sign in text
    )
    return shown.strip(". ")[:MAX_FILENAME_CHARS]


def read_announcement(
    services: Services, caller: Caller, request: Request, doc_id: str, about: UploadQuery
) -> Announced:
    """Read what an upload says of itself, and ask whether the caller may send it.

    Raises:
        InputError: something of it is malformed.
        RefusedError: no digest, or a type that is not taken.
        NotFoundError: the mirror does not hold the batch.
        NotPermittedError: the policy says no.
        ConflictError: the id is another document's.
    """
    headers = request.headers
    check_doc_id(doc_id)
    doc_type = parse_type(about.type)
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            f"{media_type[:60]!r} is not taken",
            f"Send the file itself, as one of {', '.join(sorted(MEDIA_TYPES))}.",
        )
    sha256 = read_digest(headers)
    if sha256 is None:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "digest-required",
            "an upload needs its Content-Digest",
            "It is sha-256=:…: with the SHA-256 of the file in base64.",
        )
    size = int(headers.get("content-length", "0"))
    if size == 0:
        raise InputError("the file is empty")
    batch = load_batch(services, about.gtin, about.lot)
    stored = services.vault.find(doc_id)
    name = clean_file_name(unquote(headers.get("x-filename", "")[: 9 * MAX_FILENAME_CHARS]))
    announced = Announced(doc_id, batch, doc_type, sha256, size, media_type, name, stored)
    _authorize(services, caller, announced)
    return announced


def _authorize(services: Services, caller: Caller, announced: Announced) -> None:
    stored = announced.stored
    if stored is None:
        authorize_batch(services, caller, Action.UPLOAD, announced.batch, announced.doc_type)
        return
    same = (stored.org, stored.batch_id, stored.doc_type) == (
        caller.actor.gln,
        announced.batch.batch_id,
        announced.doc_type,
    )
    if not same or stored.erased_at_unix is not None:
        raise ConflictError(
            f"document id {announced.doc_id} is taken", hint="Choose a new id: a fresh ULID."
        )
    authorize_stored(services, caller, Action.REPLACE, stored)


async def receive_upload(
    services: Services, caller: Caller, request: Request, announced: Announced
) -> Arrival:
    """Take a file in; see the module.

    Raises:
        BusyError: the desk is full.
        QuotaExceededError: the organisation has handed in enough for today.
        UploadTooSlowError: it did not come in time.
        RefusedError: it is not what was announced.
        DocumentRejectedError: the gate refuses it.
        ConflictError: the id stands for other bytes.
    """
    org, size = caller.actor.gln, announced.size
    with services.places.take(org):
        day = await run_in_threadpool(services.tables.reserve, org, size, DAILY)
        is_counted = False
        try:
            with services.incoming.new_file() as incoming:
                try:
                    async for piece in request.stream():
                        incoming.write(piece)
                except ClientDisconnect:
                    raise InputError("the client went away") from None
                arrival = await _store(services, caller, announced, incoming.path)
            is_counted = arrival.is_new
        except DocumentRejectedError:
            is_counted = True  # looking at it was work
            raise
        finally:
            if not is_counted:
                release = partial(services.tables.release, org, size, day)
                await asyncio.shield(run_in_threadpool(release))
        return arrival


async def _store(services: Services, caller: Caller, announced: Announced, path: Path) -> Arrival:
    put = partial(_put, services, caller, announced, path)
    if announced.stored is not None:  # the same bytes, or a conflict: no reason to look again
        receipt = await run_in_threadpool(put, {})
        private = await run_in_threadpool(services.vault.private, announced.doc_id)
        return Arrival(receipt, private, is_new=False)
    private = await services.gate.run(partial(_look, services.trust, announced, path))
    return Arrival(await run_in_threadpool(put, private), private, is_new=True)


def _put(
    services: Services,
    caller: Caller,
    announced: Announced,
    path: Path,
    private: Mapping[str, Any],
) -> Receipt:
    return services.vault.put(
        announced.doc_id,
        org=caller.actor.gln,
        batch_id=announced.batch.batch_id,
        doc_type=int(announced.doc_type),
        part=PART_FILE,
        source=path,
        sha256=announced.sha256,
        private=private,
    )


def _look(trust: Sequence[bytes], announced: Announced, path: Path) -> dict[str, Any]:
    """Let the gate judge a file, and read what it says.

    Raises:
        DocumentRejectedError: the gate refuses it.
    """
    report = inspect_file(path, declared=announced.media_type, trust=trust)
    if not report.accepted:
        raise DocumentRejectedError(
            f"the file is refused: {report.reason.text} ({report.reason.code})",
            hint=report.reason.text_zh,
        )
    reading = read_paper(announced.doc_type, report.text)
    fields = [
        {"name": it.name, "value": it.value, "page": it.page, "quote": it.quote}
        for it in reading.fields
    ]
    notes = [note.to_json() for note in reading.notes]
    if len(json.dumps([fields, notes])) > MAX_READING_BYTES:
        fields, notes = [], []
    return {
        "fileName": announced.file_name,
        "mediaType": report.media_type,
        "sha256": announced.sha256.hex(),
        "reading": fields,
        "report": _report_json(report, notes, _signatures(report, path, trust)),
    }


def _signatures(report: GateReport, path: Path, trust: Sequence[bytes]) -> list[PadesFinding]:
    is_signed = any(note.code == _SIGNED for note in report.notes)
    return check_pades(path, trust) if is_signed else []


def _report_json(
    report: GateReport, notes: list[dict[str, Any]], findings: Sequence[PadesFinding]
) -> dict[str, Any]:
    said = report.to_json()
    return {
        "mediaType": said["mediaType"],
        "pages": said["pages"],
        "notes": [*said["notes"], *notes],
        "signatures": [finding.to_json() for finding in findings],
    }


def receipt_of(services: Services, stored: StoredDocument, private: Mapping[str, Any]) -> Receipt:
    """The receipt of a stored file, given again; signing the same facts gives the same bytes."""
    return services.vault.put(
        stored.doc_id,
        org=stored.org,
        batch_id=stored.batch_id,
        doc_type=stored.doc_type,
        part=PART_FILE,
        source=Path("/dev/null"),  # never opened: the part is stored
        sha256=bytes.fromhex(private["sha256"]),
        private={},
    )
