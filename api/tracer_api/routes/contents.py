"""What records pin: the exact text of events and the public views of documents."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Response

from tracer.errors import NotFoundError, VerificationError
from tracer_api.limits import ASSET_SECONDS
from tracer_api.schemas import Problem
from tracer_api.services import ServicesDep

router = APIRouter(
    prefix="/v1",
    tags=["contents"],
    responses={404: {"model": Problem, "description": "nothing of that digest is on file"}},
)

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits")]
_FOR_EVER = {"Cache-Control": f"public, max-age={ASSET_SECONDS}, immutable"}


@router.get(
    "/contents/{digest}",
    summary="The exact text that a record's digest pins",
    response_class=Response,
    responses={
        200: {"content": {"application/ld+json": {}}, "description": "the exact text"},
        502: {"model": Problem, "description": "the file is damaged and therefore not served"},
    },
)
def get_content(services: ServicesDep, digest: Digest) -> Response:
    """The text whose SHA-256 is `digest`. A damaged one is refused, never served."""
    data = services.contents.get(bytes.fromhex(digest))
    if data is None:
        raise NotFoundError(f"no content {digest}")
    if hashlib.sha256(data).hexdigest() != digest:
        raise VerificationError(
            f"content {digest} is damaged on this server's disk",
            hint="The proof bundle carries it as it is, so that checkers can name it.",
        )
    return Response(data, media_type="application/ld+json", headers=_FOR_EVER)


@router.get(
    "/documents/{commitment}",
    summary="The public view of a document",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}, "description": "the exact text"}},
)
def get_document(services: ServicesDep, commitment: Digest) -> Response:
    """The view that opens public fields and shows confidential ones as hashes.

    Whether it matches the commitment depends on chain, contract and batch: check it with a bundle.
    """
    data = services.contents.get_document(bytes.fromhex(commitment))
    if data is None:
        raise NotFoundError(f"no document {commitment}")
    return Response(data, media_type="application/json")
