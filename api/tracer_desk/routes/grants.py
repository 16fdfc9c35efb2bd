"""Grants: the key of a paper, sealed for somebody else, who decrypts at home."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import StreamingResponse
from tracer_api.schemas import Problem

from tracer.domain.identifiers import Gln
from tracer.domain.policy import Action
from tracer.errors import InputError, LimitExceededError, NotFoundError
from tracer.store.session import reading
from tracer.vault.grants import Grant
from tracer_desk.access import authorize
from tracer_desk.auth import Caller, CallerDep
from tracer_desk.bodies import body_of, described
from tracer_desk.limits import MAX_GRANT_S, MAX_GRANTS, MAX_SMALL_JSON_BYTES
from tracer_desk.routes.documents import Attachment, DocId
from tracer_desk.schemas import GrantGiven, GrantList, GrantOut
from tracer_desk.services import Services, ServicesDep
from tracer_desk.standing import load_roles

router = APIRouter(
    prefix="/v1/documents/{doc_id}",
    tags=["grants"],
    responses={
        400: {"model": Problem, "description": "malformed"},
        401: {"model": Problem, "description": "who asks is not proven"},
        403: {"model": Problem, "description": "the party may not do this"},
        404: {"model": Problem, "description": "no such paper or grant, or not for this caller"},
    },
)

GRANT_FORMAT: Final = "tracer-grant/1"
GrantId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Part = Annotated[Literal["file", "view"], Path(description="the file, or the full view")]


def _out(grant: Grant) -> GrantOut:
    return GrantOut(
        grant_id=grant.grant_id,
        grantee=f"{grant.grantee:013d}",
        public_key=grant.public_key.hex(),
        purpose=grant.purpose,
        created_at=grant.created_at_unix,
        expires_at=grant.expires_at_unix,
        revoked_at=grant.revoked_at_unix,
    )


@router.get("/grants", summary="Who else may open a paper")
def get_grants(services: ServicesDep, caller: CallerDep, doc_id: DocId) -> GrantList:
    """Every grant, expired and revoked ones too."""
    authorize(services, caller, Action.GRANT, doc_id)
    return GrantList(grants=[_out(grant) for grant in services.vault.grants(doc_id)])


@router.post(
    "/grants",
    summary="Let somebody else open a paper",
    openapi_extra=described(GrantGiven),
    status_code=HTTPStatus.CREATED,
)
def post_grant(
    services: ServicesDep,
    caller: CallerDep,
    doc_id: DocId,
    given: Annotated[GrantGiven, Depends(body_of(GrantGiven, MAX_SMALL_JSON_BYTES))],
) -> GrantOut:
    """Seal the paper's key for a party's X25519 key, until a time and for a purpose."""
    authorize(services, caller, Action.GRANT, doc_id)
    grantee = Gln.parse(given.grantee).number
    _check(services, caller, doc_id, grantee, given.expires_at)
    return _out(
        services.vault.grant(
            doc_id,
            grantee=grantee,
            public_key=bytes.fromhex(given.public_key),
            expires_at_unix=given.expires_at,
            purpose=given.purpose,
            actor=caller.name,
        )
    )


def _check(
    services: Services, caller: Caller, doc_id: str, grantee: int, expires_unix: int
) -> None:
    now = services.now()
    if grantee == caller.actor.gln:
        raise InputError("a party needs no grant for its own papers")
    with reading(services.mirror) as session:
        if not load_roles(session, grantee):
            raise InputError(f"{grantee:013d} is no active party of the ledger")
    if expires_unix > now + MAX_GRANT_S:
        raise InputError(f"a grant ends within {MAX_GRANT_S // 86_400} days")
    if sum(grant.is_live(now) for grant in services.vault.grants(doc_id)) >= MAX_GRANTS:
        raise LimitExceededError(f"a paper has at most {MAX_GRANTS} grants at once")


@router.delete("/grants/{grant_id}", summary="Take a grant back", status_code=HTTPStatus.NO_CONTENT)
def delete_grant(
    services: ServicesDep, caller: CallerDep, doc_id: DocId, grant_id: GrantId
) -> Response:
    """From now on the desk serves it no longer; what was opened before stays opened."""
    authorize(services, caller, Action.GRANT, doc_id)
    services.vault.revoke_grant(doc_id, grant_id, actor=caller.name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/container/{part}",
    summary="The ciphertext, for who has a grant",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "container"}},
)
def get_container(
    services: ServicesDep, caller: CallerDep, doc_id: DocId, part: Part
) -> StreamingResponse:
    """Opened at home with the sealed key and the recipient's private one."""
    authorize(services, caller, Action.OPEN_CONTAINER, doc_id)
    pieces: Iterator[bytes] = services.vault.container(doc_id, part, actor=caller.name)
    headers = {**Attachment, "Content-Disposition": f'attachment; filename="{doc_id}.{part}.tvd"'}
    return StreamingResponse(pieces, headers=headers, media_type="application/octet-stream")


@router.get("/container/{part}/key", summary="The sealed key that opens it")
def get_container_key(
    services: ServicesDep, caller: CallerDep, doc_id: DocId, part: Part
) -> dict[str, Any]:
    """The newest grant of the caller that holds, as a file of format tracer-grant/1."""
    access = authorize(services, caller, Action.OPEN_CONTAINER, doc_id)
    now = services.now()
    live = [
        grant
        for grant in services.vault.grants(doc_id)
        if grant.grantee == caller.actor.gln and grant.is_live(now)
    ]
    if not live or live[-1].sealed_dek is None:
        raise NotFoundError(f"no grant of document {doc_id} holds any more")
    return {
        "format": GRANT_FORMAT,
        "docId": doc_id,
        "org": f"{access.stored.org:013d}",
        "part": part,
        "sealedKey": live[-1].sealed_dek.hex(),
    }
