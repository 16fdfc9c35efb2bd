"""Batches, their records, and the proof that anyone can check."""

import hashlib
import json
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from tracer.domain.bundle import Bundle
from tracer.domain.core import core_of
from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.domain.rows import BatchRow, RecordRow
from tracer.store.lists import BatchSummary as BatchLine
from tracer.store.lists import load_batches
from tracer.store.read import load_bundle
from tracer.store.session import reading
from tracer_api.coding import choose_packed, pack_once
from tracer_api.limits import MAX_BATCHES
from tracer_api.schemas import BatchList, BatchSummary, Problem, RecordItem, RecordList
from tracer_api.services import Services, ServicesDep

router = APIRouter(
    prefix="/v1/batches",
    tags=["batches"],
    responses={
        400: {"model": Problem, "description": "a malformed identifier"},
        404: {"model": Problem, "description": "no such batch or tin"},
        503: {"model": Problem, "description": "the mirror is out of reach"},
    },
)


def fetch_bundle(services: Services, gtin: Gtin, lot: Lot, serial: Serial | None) -> Bundle:
    """Everything about a batch, and about one tin of it, in one snapshot.

    Raises:
        NotFoundError: the mirror knows no such batch.
    """
    with reading(services.engine) as session:
        return load_bundle(session, services.contents, gtin, lot, serial)


def batch_path(gtin: str, lot: str) -> str:
    """Where a batch is under `/v1`."""
    return f"/v1/batches/{quote(gtin, safe='')}/{quote(lot, safe='')}"


def _summary(row: BatchLine | BatchRow, record_count: int) -> BatchSummary:
    here = batch_path(row.gtin, row.lot)
    return BatchSummary(
        gtin=row.gtin,
        lot=row.lot,
        batch_id=row.batch_id.hex(),
        owner=f"{row.owner:013d}",
        head=row.head.hex(),
        record_count=record_count,
        holds=row.holds,
        recalled=row.recalled,
        links={
            "page": DigitalLink(Gtin(row.gtin), Lot(row.lot)).path(),
            "records": f"{here}/records",
            "bundle": f"{here}/bundle",
        },
    )


@router.get("", summary="Batches, newest first")
def get_batches(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=MAX_BATCHES)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> BatchList:
    """What the mirror holds. Nothing in a list is verified; a batch's bundle is."""
    with reading(services.engine) as session:
        lines = load_batches(session, limit=limit + 1, offset=offset)
    return BatchList(
        batches=[_summary(line, line.records) for line in lines[:limit]],
        truncated=len(lines) > limit,
    )


def _record(row: RecordRow, bundle: Bundle) -> RecordItem:
    digest = row.digest.hex()
    content = None
    if row.digest in bundle.contents:
        content = f"/v1/contents/{digest}"
    elif row.digest in bundle.documents:
        content = f"/v1/documents/{digest}"
    return RecordItem(
        position=row.position,
        sequence=row.sequence,
        kind=row.kind,
        kind_name=Kind(row.kind).name if row.kind in set(Kind) else None,
        occurred_at=row.occurred_at_unix,
        recorded_at=row.recorded_at_unix,
        location=f"{row.location:013d}" if row.location else None,
        signer=f"{row.gln:013d}",
        digest=digest,
        content=content,
    )


@router.get("/{gtin}/{lot:path}/records", summary="All records of a batch, in order")
def get_records(services: ServicesDep, gtin: str, lot: str) -> RecordList:
    """The rows of the mirror. The bundle holds what proves them."""
    bundle = fetch_bundle(services, Gtin.parse(gtin), Lot.parse(lot), None)
    return RecordList(
        gtin=bundle.batch.gtin,
        lot=bundle.batch.lot,
        head=bundle.batch.head.hex(),
        records=[_record(row, bundle) for row in bundle.records],
    )


def answer_bytes(request: Request, body: bytes, media_type: str) -> Response:
    """An answer that is fetched again only when it has changed (RFC 9110 §13)."""
    # Weak: the same bytes travel compressed and plain.
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    headers = {"ETag": tag, "Vary": "Accept-Encoding"}
    if tag in known or "*" in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def answer_packed(request: Request, body: bytes) -> Response:
    """JSON in the smallest form that the client takes; it is compressed once."""
    answer = answer_bytes(request, body, "application/json")
    packed = choose_packed(pack_once(body), request.headers.get("accept-encoding", ""))
    if packed and answer.status_code == HTTPStatus.OK:
        coding, answer.body = packed
        answer.headers["Content-Encoding"] = coding
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def bundle_body(bundle: Bundle) -> bytes:
    """A bundle as it is sent."""
    return json.dumps(bundle.to_json(), ensure_ascii=False, separators=(",", ":")).encode()


def core_body(bundle: Bundle) -> bytes:
    """The core of a bundle as it is sent."""
    return json.dumps(core_of(bundle).to_json(), separators=(",", ":")).encode()


@router.get(
    "/{gtin}/{lot:path}/bundle",
    summary="The proof bundle",
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "format tracer-bundle/2, see docs/reference/http.md",
        },
        304: {"description": "unchanged since the ETag in If-None-Match"},
    },
    response_class=Response,
)
def get_bundle(
    request: Request, services: ServicesDep, gtin: str, lot: str, serial: str | None = None
) -> Response:
    """Records, contents, parties and positions: all that `tracer verify` and the page check.

    With `serial`, also the proof that the tin belongs to the batch.
    """
    tin = Serial.parse(serial) if serial else None
    bundle = fetch_bundle(services, Gtin.parse(gtin), Lot.parse(lot), tin)
    return answer_bytes(request, bundle_body(bundle), "application/json")


@router.get(
    "/{gtin}/{lot:path}/core",
    summary="The core proof",
    responses={
        200: {
            "content": {"application/json": {"schema": {"type": "object"}}},
            "description": "format tracer-core/1, see docs/explanation/verification.md",
        },
        304: {"description": "unchanged since the ETag in If-None-Match"},
    },
    response_class=Response,
)
def get_core(request: Request, services: ServicesDep, gtin: str, lot: str) -> Response:
    """Records and parties without any text: what a page checks first, in a fifth of the bytes."""
    bundle = fetch_bundle(services, Gtin.parse(gtin), Lot.parse(lot), None)
    return answer_packed(request, core_body(bundle))


@router.get("/{gtin}/{lot:path}", summary="One batch")
def get_batch(services: ServicesDep, gtin: str, lot: str) -> BatchSummary:
    """The batch's row and where to find the rest."""
    bundle = fetch_bundle(services, Gtin.parse(gtin), Lot.parse(lot), None)
    return _summary(bundle.batch, len(bundle.records))
