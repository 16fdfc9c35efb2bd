"""Requests to a desk, signed by a party's key or sent by its browser, of any shape a test wants."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
from desk_world import GTIN, LOT, TYPE, Desk, key_of
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from tracer.domain.statements import ApiRequest, DeskIdentity
from tracer.operations.desk_client import new_doc_id
from tracer.vault.signatures import hash_typed_data

OWN = {"X-Tracer-Request": "1"}


def digest_header(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def sign_request(  # noqa: PLR0917
    account: LocalAccount,
    identity: DeskIdentity,
    method: str,
    target: str,
    body: bytes = b"",
    changes: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Headers of a signed request; `changes` replaces members of what is signed."""
    signed = ApiRequest(
        method, target, hashlib.sha256(body).digest(), os.urandom(32), int(time.time()) + 60
    )
    signed = replace(signed, **(changes or {}))
    key = key_of(account)
    signature = key.sign(hash_typed_data(signed.typed_data(identity)))
    headers = {"Authorization": signed.authorization(key.address, signature)}
    if body:
        headers["Content-Digest"] = digest_header(body)
    return headers


def upload_target(doc_id: str, doc_type: str = TYPE, gtin: str = GTIN, lot: str = LOT) -> str:
    return f"/v1/documents/{doc_id}?gtin={gtin}&lot={lot}&type={doc_type}"


@dataclass
class Signing:
    """Sends requests of any shape, signed by one party.

    Attributes:
        desk: the desk.
        gln: the party.
        http: sends them.
    """

    desk: Desk
    gln: str
    http: httpx.Client
    identity: DeskIdentity | None = None

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Send one; `changes` replaces members of what is signed."""
        self.identity = self.identity or self.desk.identity
        account = self.desk.account(self.gln)
        signed = sign_request(account, self.identity, method, target, body, changes)
        return self.http.request(
            method,
            self.desk.origin + target,
            content=body or None,
            headers=signed | dict(headers or {}),
        )

    def json(self, method: str, target: str, value: object) -> httpx.Response:
        body = json.dumps(value).encode()
        return self.send(method, target, body, {"Content-Type": "application/json"})

    def upload(
        self, data: bytes, doc_id: str = "", doc_type: str = TYPE, **headers: str
    ) -> httpx.Response:
        target = upload_target(doc_id or new_doc_id(), doc_type)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("PUT", target, data, {"Content-Type": "application/pdf"} | named)


def sign_in(desk: Desk, gln: str, http: httpx.Client) -> httpx.Response:
    """Sign in as a browser does; the client keeps the cookie."""
    account = desk.account(gln)
    asked = http.get(f"{desk.origin}/v1/session/challenge", params={"address": account.address})
    message = asked.raise_for_status().json()["message"]
    signature = account.sign_message(encode_defunct(text=message)).signature
    return http.post(
        f"{desk.origin}/v1/session",
        json={"message": message, "signature": f"0x{signature.hex()}"},
        headers={**OWN, "Origin": desk.origin},
    )
