"""Signing in, and what everybody may know: what receipts verify with."""

import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from tracer_api.schemas import Problem

from tracer.domain.statements import SignIn
from tracer.errors import NotAuthenticatedError
from tracer.vault.signatures import checksum_address, hash_personal, parse_signature, recover
from tracer_desk.auth import (
    Caller,
    by_session,
    check_same_site,
    cookie_name,
    find_actor,
    parse_address,
)
from tracer_desk.bodies import described, read_json
from tracer_desk.limits import MAX_SMALL_JSON_BYTES, SESSION_S, SIGN_IN_S, SKEW_S
from tracer_desk.schemas import Challenge, Session, SignInGiven, VaultKey
from tracer_desk.services import Services, ServicesDep

router = APIRouter(
    tags=["session"],
    responses={
        401: {"model": Problem, "description": "who asks is not proven"},
        403: {"model": Problem, "description": "the key acts for no active party"},
    },
)
public = APIRouter(tags=["health"])

RANDOM_CHARS = 16
_SEAL = "sign-in"


@public.get("/v1/vault-key", summary="What receipts verify with")
def get_vault_key(services: ServicesDep) -> VaultKey:
    """The vault's Ed25519 public key; note it, and compare it with every receipt."""
    return VaultKey(public_key=services.vault.public_key.hex())


def _sealed(services: Services, sign_in: SignIn, random: str) -> str:
    """A nonce that only this desk can have made for exactly this text."""
    facts = f"{random} {sign_in.address.lower()} {sign_in.issued_unix} {sign_in.expires_unix}"
    return random + services.seal(_SEAL, facts)


@router.get("/v1/session/challenge", summary="A text to sign in with")
def get_challenge(
    services: ServicesDep, address: Annotated[str, Query(max_length=42)]
) -> Challenge:
    """A message of EIP-4361 for a key; it is good for five minutes and once."""
    key = parse_address(address)
    identity, now = services.identity(), services.now()
    draft = SignIn(
        identity.host,
        checksum_address(key),
        identity.origin,
        identity.chain_id,
        "",
        now,
        now + SIGN_IN_S,
    )
    nonce = _sealed(services, draft, secrets.token_hex(RANDOM_CHARS // 2))
    return Challenge(message=replace(draft, nonce=nonce).text())


def _session(caller: Caller) -> Session:
    return Session(
        address=checksum_address(caller.address),
        gln=f"{caller.actor.gln:013d}",
        roles=[str(role.name) for role in caller.actor.roles],
        expires_at=caller.expires_unix,
    )


async def _given(request: Request, services: ServicesDep) -> SignInGiven:
    check_same_site(request, services.settings.desk_address)
    return await read_json(request, SignInGiven, MAX_SMALL_JSON_BYTES)


@router.post("/v1/session", summary="Sign in", openapi_extra=described(SignInGiven))
def post_session(
    services: ServicesDep, given: Annotated[SignInGiven, Depends(_given)], response: Response
) -> Session:
    """Open a session for a quarter of an hour; the answer sets a cookie."""
    sign_in = SignIn.parse(given.message)
    address = _check_sign_in(services, sign_in, given)
    actor = find_actor(services, address)
    services.tables.use_nonce(address, sign_in.nonce, sign_in.expires_unix + SKEW_S)
    token, expires_unix = secrets.token_urlsafe(32), services.now() + SESSION_S
    services.tables.open_session(token, address, expires_unix)
    origin = services.settings.desk_address
    response.set_cookie(
        cookie_name(origin),
        token,
        max_age=SESSION_S,
        path="/",
        secure=origin.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
    return _session(Caller(address, actor, expires_unix))


def _check_sign_in(services: Services, sign_in: SignIn, given: SignInGiven) -> bytes:
    """The address that signed in.

    Raises:
        NotAuthenticatedError: the message is another desk's, another chain's, too old, or not
            signed by whom it names.
    """
    identity = services.identity()
    address = parse_address(sign_in.address)
    wanted = (identity.host, identity.origin, identity.chain_id)
    if (sign_in.host, sign_in.uri, sign_in.chain_id) != wanted:
        raise NotAuthenticatedError(
            f"the sign-in is for {sign_in.host} on chain {sign_in.chain_id}, not for this desk"
        )
    if sign_in.nonce != _sealed(services, sign_in, sign_in.nonce[:RANDOM_CHARS]):
        raise NotAuthenticatedError("this desk did not give out this sign-in")
    if not sign_in.issued_unix - SKEW_S <= services.now() <= sign_in.expires_unix:
        raise NotAuthenticatedError("the sign-in is too old", hint="Ask for a new one.")
    if recover(hash_personal(given.message), parse_signature(given.signature)) != address:
        raise NotAuthenticatedError(f"the sign-in is not signed by {sign_in.address}")
    return address


def _by_session(services: ServicesDep, request: Request) -> Caller:
    return by_session(services, request)


@router.get("/v1/session", summary="Who is signed in")
def get_session(caller: Annotated[Caller, Depends(_by_session)]) -> Session:
    """The key, its party, and what it may act as now."""
    return _session(caller)


@router.delete("/v1/session", summary="Sign out", status_code=HTTPStatus.NO_CONTENT)
def delete_session(request: Request, services: ServicesDep) -> Response:
    """Forget this browser. It needs no session that holds, only that no other site asks."""
    origin = services.settings.desk_address
    check_same_site(request, origin)
    name = cookie_name(origin)
    services.tables.end_session(request.cookies.get(name, ""))
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(
        name, path="/", secure=origin.startswith("https://"), httponly=True, samesite="strict"
    )
    return response
