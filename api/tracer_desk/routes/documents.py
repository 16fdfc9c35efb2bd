"""Papers: handed in, looked at, read, stated, erased."""

import json
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from tracer_api.schemas import Problem

from tracer.domain.documents import PUBLIC_FIELDS, DocType
from tracer.domain.policy import Action
from tracer.domain.statements import DocumentStatement
from tracer.errors import InputError, NotFoundError
from tracer.gate.rendition import build_rendition
from tracer.vault.desk_tables import SignedStatement
from tracer.vault.rows import PART_FILE, PART_VIEW, StoredDocument
from tracer.vault.signatures import checksum_address
from tracer_desk.access import (
    Access,
    authorize,
    authorize_batch,
    judge,
    load_batch,
    visible,
)
from tracer_desk.auth import Caller, CallerDep
from tracer_desk.bodies import body_of, described
from tracer_desk.ledger_view import LedgerView, load_ledger_view
from tracer_desk.limits import MAX_JSON_BYTES, MAX_LISTED
from tracer_desk.papers import check_fields, public_names, state_paper
from tracer_desk.problems import problem_json
from tracer_desk.schemas import (
    Checked,
    CheckGiven,
    DocumentInfo,
    DocumentLine,
    DocumentList,
    FieldProblemOut,
    Stated,
    StatementGiven,
    Uploaded,
    UploadQuery,
    ViewOut,
)
from tracer_desk.services import Services, ServicesDep
from tracer_desk.standing import KnownBatch
from tracer_desk.uploads import read_announcement, receipt_of, receive_upload

router = APIRouter(
    prefix="/v1/documents",
    tags=["documents"],
    responses={
        400: {"model": Problem, "description": "malformed"},
        401: {"model": Problem, "description": "who asks is not proven"},
        403: {"model": Problem, "description": "the party may not do this"},
        404: {"model": Problem, "description": "no such paper, or not for this caller to know"},
    },
)

DocId = Annotated[str, Path(description="ULID of the paper, chosen by the client")]
Attachment = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""Whatever was handed in is never shown as a page of this origin."""

FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "the file as it is; Content-Length and Content-Digest are required",
    }
}


@router.put(
    "/{doc_id}",
    summary="Hand in a paper",
    openapi_extra=FILE_BODY,
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": Uploaded, "description": "it was stored before; the same receipt"},
        408: {"model": Problem, "description": "the body came too slowly"},
        409: {"model": Problem, "description": "the id stands for something else"},
        411: {"model": Problem, "description": "no Content-Length"},
        413: {"model": Problem, "description": "larger than 20 MiB"},
        415: {"model": Problem, "description": "a type that is not taken"},
        422: {"model": Problem, "description": "the file gate refuses it"},
        429: {"model": Problem, "description": "the day's quota is used up"},
        503: {"model": Problem, "description": "too much at once; see Retry-After"},
    },
)
async def put_document(  # noqa: PLR0917 - FastAPI passes them by name
    request: Request,
    response: Response,
    services: ServicesDep,
    caller: CallerDep,
    doc_id: DocId,
    about: Annotated[UploadQuery, Query()],
) -> Uploaded:
    """Store a file encrypted and read its fields. Whoever has the receipt may rely on it."""
    announced = await run_in_threadpool(read_announcement, services, caller, request, doc_id, about)
    arrival = await receive_upload(services, caller, request, announced)
    if not arrival.is_new:
        response.status_code = HTTPStatus.OK
    return Uploaded(
        receipt=arrival.receipt.to_json(),
        reading=arrival.private["reading"],
        report=arrival.private["report"],
    )


@router.get("", summary="Papers that the caller may see")
def get_documents(
    services: ServicesDep,
    caller: CallerDep,
    gtin: Annotated[str, Query(max_length=14)] = "",
    lot: Annotated[str, Query(max_length=20)] = "",
) -> DocumentList:
    """Those of a batch; without one, the newest that are its own or granted to it."""
    if bool(gtin) != bool(lot):
        raise InputError("gtin and lot belong together")
    batch = load_batch(services, gtin, lot) if gtin else None
    if batch is not None:
        authorize_batch(services, caller, Action.LIST, batch)
    views: dict[bytes, LedgerView] = {}
    lines = []
    seen = visible(services, caller, batch)
    for stored, its_batch in seen[-MAX_LISTED:]:
        if its_batch.batch_id not in views:
            views[its_batch.batch_id] = load_ledger_view(services, its_batch)
        lines.append(_line(caller, stored, its_batch, views[its_batch.batch_id]))
    return DocumentList(
        documents=[DocumentLine(**line) for line in lines], truncated=len(seen) > MAX_LISTED
    )


def _line(
    caller: Caller, stored: StoredDocument, batch: KnownBatch, view: LedgerView
) -> dict[str, Any]:
    state, reasons, number = view.of(stored)
    return {
        "id": stored.doc_id,
        "type": DocType(stored.doc_type).name,
        "state": state,
        "number": number,
        "gtin": batch.gtin,
        "lot": batch.lot,
        "org": f"{stored.org:013d}",
        "mine": stored.org == caller.actor.gln,
        "stored_at": stored.stored_at_unix,
        "size": stored.size,
        "commitment": stored.commitment.hex() if stored.commitment else None,
        "reasons": list(reasons),
    }


@router.get("/{doc_id}", summary="One paper")
def get_document(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> DocumentInfo:
    """Where it stands; for who may read the file, also what was read of it."""
    access = authorize(services, caller, Action.SEE, doc_id)
    stored = access.stored
    line = _line(caller, stored, access.batch, load_ledger_view(services, access.batch))
    may_read, _ = judge(services, caller, Action.READ_FILE, stored)
    if not may_read.allowed or stored.erased_at_unix is not None:
        return DocumentInfo(**line)
    private = services.vault.private(doc_id)
    return DocumentInfo(
        **line,
        file_name=private["fileName"],
        receipt=receipt_of(services, stored, private).to_json(),
        reading=private["reading"],
        report=private["report"],
    )


def _attachment(name: str, media_type: str) -> dict[str, str]:
    """Headers of a file that is saved, never shown (RFC 6266, RFC 8187)."""
    named = f"; filename*=UTF-8''{quote(name, safe='')}" if name else ""
    return {
        **Attachment,
        "Content-Disposition": f'attachment; filename="paper"{named}',
        "Content-Type": media_type,
    }


@router.get(
    "/{doc_id}/file",
    summary="The file as it was handed in",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "the file"}},
)
def get_file(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> StreamingResponse:
    """Decrypted only once all of it is verified."""
    access = authorize(services, caller, Action.READ_FILE, doc_id)
    private = services.vault.private(doc_id)
    pieces = services.vault.open(doc_id, PART_FILE, actor=caller.name)
    headers = _attachment(private["fileName"], private["mediaType"])
    headers["Content-Length"] = str(access.stored.size)
    return StreamingResponse(pieces, headers=headers)


@router.get("/{doc_id}/view", summary="Every field, with the issuer's word")
def get_view(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> ViewOut:
    """The full view with its salts, and the signed statement about it."""
    authorize(services, caller, Action.READ_VIEW, doc_id)
    statement = _statement(services, doc_id)
    pieces = services.vault.open(doc_id, PART_VIEW, actor=caller.name)
    return ViewOut(
        view=b"".join(pieces).decode(),
        statement=json.loads(statement.message),
        signature=f"0x{statement.signature.hex()}",
        address=checksum_address(statement.address),
    )


def _statement(services: Services, doc_id: str) -> SignedStatement:
    statement = services.tables.find_statement(doc_id)
    if statement is None:
        raise NotFoundError(f"document {doc_id} is not stated yet")
    return statement


@router.get(
    "/{doc_id}/rendition",
    summary="The public fields as a PDF",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "rebuilt, not redacted"}},
)
def get_rendition(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> Response:
    """Made from the public view alone; the statement's publicCommitment commits to it."""
    access = authorize(services, caller, Action.READ_RENDITION, doc_id)
    commitment = access.stored.commitment
    view = services.contents.get_document(commitment) if commitment else None
    if view is None:
        raise NotFoundError(f"document {doc_id} is not stated yet")
    headers = _attachment(f"{access.doc_type.name.lower()}.pdf", "application/pdf")
    return Response(build_rendition(view.decode()), headers=headers)


@router.post(
    "/{doc_id}/check", summary="Look at fields before signing", openapi_extra=described(CheckGiven)
)
def post_check(
    services: ServicesDep,
    caller: CallerDep,
    doc_id: DocId,
    given: Annotated[CheckGiven, Depends(body_of(CheckGiven, MAX_JSON_BYTES))],
) -> Checked:
    """What their type's rules say. Nothing is kept."""
    access = authorize(services, caller, Action.STATE, doc_id)
    problems = check_fields(access.doc_type, given.fields)
    if problems:
        return Checked(problems=[FieldProblemOut(**problem_json(it)) for it in problems])
    return Checked(problems=[], typed_data=_unsigned(services, access, given.fields))


def _unsigned(services: Services, access: Access, fields: dict[str, Any]) -> dict[str, Any]:
    """The statement to sign, without the commitments: they depend on salts that are not here."""
    names = {*fields, "type", "issuer", PUBLIC_FIELDS}
    statement = DocumentStatement(
        access.stored.batch_id,
        access.stored.doc_type,
        b"",
        b"",
        tuple(public_names(access.doc_type, dict.fromkeys(names))),
        services.now(),
    )
    typed = statement.typed_data(services.identity())
    for name in ("commitment", "publicCommitment"):
        del typed["message"][name]
    return typed


@router.put(
    "/{doc_id}/statement",
    summary="Confirm what a paper says",
    openapi_extra=described(StatementGiven),
    responses={
        409: {"model": Problem, "description": "it is stated already, otherwise"},
        422: {"model": Problem, "description": "fields break rules; `problems` lists them"},
    },
)
def put_statement(
    services: ServicesDep,
    caller: CallerDep,
    doc_id: DocId,
    given: Annotated[StatementGiven, Depends(body_of(StatementGiven, MAX_JSON_BYTES))],
) -> Stated:
    """Keep the full view encrypted and publish the public one; says what to write on chain."""
    access = authorize(services, caller, Action.STATE, doc_id)
    return state_paper(services, access, caller, given)


@router.delete("/{doc_id}", summary="Erase a paper", status_code=HTTPStatus.NO_CONTENT)
def delete_document(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> Response:
    """Destroy key, salts, grants and bytes. What was published and recorded stays."""
    authorize(services, caller, Action.ERASE, doc_id)
    services.vault.erase(doc_id, actor=caller.name)
    return Response(status_code=HTTPStatus.NO_CONTENT)
