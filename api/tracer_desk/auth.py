"""Who asks: a machine that signs each request, or a browser that signed in.

    machine   Authorization: Tracer <base64url of {address, nonce, expires, signature}>
              an EIP-712 ApiRequest over method, target, digest of the body, nonce and expiry
    browser   a cookie, for a quarter of an hour; what changes something also needs a header
              that no other site can make a browser send, and our own Origin

Either way the key's party and roles are read from the mirror at every request: a key that is
revoked, or a party that is suspended, is refused at the next one.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request

from tracer.domain.json_form import Form, parse_json
from tracer.domain.policy import Actor
from tracer.domain.statements import (
    MAX_UINT64,
    NONCE_BYTES,
    SCHEME,
    ApiRequest,
    DeskIdentity,
)
from tracer.errors import InputError, NotAuthenticatedError
from tracer.store.session import reading
from tracer.vault.signatures import checksum_address, hash_typed_data, parse_signature, recover
from tracer_desk.door import read_digest
from tracer_desk.limits import MAX_AUTHORIZATION_CHARS, REQUEST_S, SKEW_S
from tracer_desk.problems import RefusedError
from tracer_desk.services import Services, ServicesDep
from tracer_desk.standing import final_number, load_actor

SAFE_METHODS: Final = frozenset({"GET"})
OWN_HEADER: Final = "x-tracer-request"
ADDRESS_DIGITS: Final = 40
NO_BODY: Final = hashlib.sha256(b"").digest()

_SIGN_IN: Final = "Sign in again."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        address: of the key, 20 bytes.
        actor: the party it acts for, and as what.
        expires_unix: when its session ends; 0 for a signed request.
    """

    address: bytes
    actor: Actor
    expires_unix: int = 0

    @property
    def name(self) -> str:
        """For the vault's log: the key and the party."""
        return f"{checksum_address(self.address)} of {self.actor.gln:013d}"


def cookie_name(origin: str) -> str:
    """The session cookie's name; browsers let only secure origins set the strict form."""
    return "__Host-tracer-desk" if origin.startswith("https://") else "tracer-desk"


def parse_address(text: str) -> bytes:
    """An address as people write it; whether the case of its digits is right is not asked.

    Raises:
        InputError: not 0x and 40 hexadecimal digits.
    """
    digits = text.removeprefix("0x")
    is_hex = text.isascii() and all(it in "0123456789abcdefABCDEF" for it in digits)
    if not text.startswith("0x") or len(digits) != ADDRESS_DIGITS or not is_hex:
        raise InputError(f"{text[:50]!r} is no address: 0x and 40 hexadecimal digits")
    return bytes.fromhex(digits)


def authenticate(services: ServicesDep, request: Request) -> Caller:
    """Find out who asks.

    Raises:
        NotAuthenticatedError: not proven.
        NotPermittedError: proven, but it acts for nobody now.
        RefusedError: another site may have made the browser send this.
    """
    given = request.headers.getlist("authorization")
    if given:
        return _by_signature(services, request, given)
    return by_session(services, request)


def by_session(services: Services, request: Request) -> Caller:
    """The browser that signed in; see `authenticate`."""
    origin = services.settings.desk_address
    token = request.cookies.get(cookie_name(origin), "")
    session = services.tables.find_session(token) if token else None
    if session is None:
        raise NotAuthenticatedError("nobody is signed in", hint=_SIGN_IN)
    if request.method not in SAFE_METHODS:
        check_same_site(request, origin)
    services.identity()
    return Caller(session.address, find_actor(services, session.address), session.expires_at_unix)


def find_actor(services: Services, address: bytes) -> Actor:
    """Whom a key acts for now.

    Raises:
        NotPermittedError: nobody.
    """
    with reading(services.mirror) as session:
        final = final_number(session, services.settings)
        return load_actor(session, address, services.now(), final)


def check_same_site(request: Request, origin: str) -> None:
    """Refuse what a page of another site could have sent.

    Raises:
        RefusedError: it lacks our header, or comes from another origin.
    """
    headers = request.headers
    is_ours = headers.get(OWN_HEADER) == "1" and headers.getlist("origin") == [origin]
    if not is_ours or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise RefusedError(
            HTTPStatus.FORBIDDEN,
            "cross-site",
            "this request does not come from the desk's own page",
            f"It needs the header {OWN_HEADER}: 1 and the Origin {origin}.",
        )


# --- machines -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ticket:
    address: bytes
    nonce: bytes
    expires_unix: int
    signature: bytes


def _by_signature(services: Services, request: Request, given: list[str]) -> Caller:
    ticket = _read_ticket(given)
    now = services.now()
    if not now - SKEW_S <= ticket.expires_unix <= now + REQUEST_S + SKEW_S:
        raise NotAuthenticatedError(
            f"the signed request expires at {ticket.expires_unix}, here it is {now}",
            hint=f"Let it expire at most {REQUEST_S} s ahead, and set the clock.",
        )
    _check_signature(services.identity(), request, ticket)
    actor = find_actor(services, ticket.address)
    services.tables.use_nonce(ticket.address, ticket.nonce.hex(), ticket.expires_unix + SKEW_S)
    return Caller(ticket.address, actor)


def _read_ticket(given: list[str]) -> _Ticket:
    scheme, _, value = given[0].partition(" ")
    if len(given) != 1 or scheme != SCHEME or len(value) > MAX_AUTHORIZATION_CHARS:
        raise NotAuthenticatedError(f"the Authorization header is not of the form {SCHEME} …")
    try:
        text = base64.b64decode(value, altchars=b"-_", validate=True).decode("ascii")
        form = Form(parse_json(text, what="ticket", max_chars=MAX_AUTHORIZATION_CHARS), "ticket")
        address, nonce, expires, signature = form.fields("address nonce expires signature")
        return _Ticket(
            parse_address(address.text(2 + ADDRESS_DIGITS)),
            _read_nonce(nonce),
            expires.whole(MAX_UINT64),
            parse_signature(signature.text(MAX_AUTHORIZATION_CHARS)),
        )
    except (InputError, binascii.Error, UnicodeError, ValueError) as error:
        raise NotAuthenticatedError(f"the Authorization header is malformed: {error}") from None


def _read_nonce(form: Form) -> bytes:
    text = form.text(2 + 2 * NONCE_BYTES)
    return Form(text.removeprefix("0x"), form.place).hex(NONCE_BYTES)


def _check_signature(identity: DeskIdentity, request: Request, ticket: _Ticket) -> None:
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    digest = read_digest(request.headers)
    if digest is None:
        if request.headers.get("content-length", "0") != "0":
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "digest-required",
                "a signed request with a body needs its Content-Digest",
            )
        digest = NO_BODY
    signed = ApiRequest(request.method, target, digest, ticket.nonce, ticket.expires_unix)
    if recover(hash_typed_data(signed.typed_data(identity)), ticket.signature) != ticket.address:
        raise NotAuthenticatedError(
            "the signature is not this key's for this request, desk and chain",
            hint=f"This desk is {identity.origin} on chain {identity.chain_id}.",
        )


CallerDep = Annotated[Caller, Depends(authenticate)]
