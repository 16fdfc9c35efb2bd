"""Who may use which address of the desk: every role, every relation, every operation.

The operations come out of the committed OpenAPI file. One that has no line in `EXPECTED` fails the
test, so nobody adds an address without saying who may use it.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_requests import OWN, Signing, digest_header, sign_in, sign_request, upload_target
from desk_seals import seal, statement_body
from desk_world import (
    AUTHORITY,
    BROKER,
    CARRIER,
    CUSTOMS,
    DECLARATION,
    GTIN,
    LAB,
    LOT,
    MAKER,
    Desk,
    copy_world,
    running_desk,
)
from eth_account import Account

from tracer.operations.desk_client import new_doc_id

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DESCRIPTION = json.loads((ROOT / "api" / "desk-openapi.json").read_text("utf-8"))
OPERATIONS = sorted(
    f"{method.upper()} {path}" for path, item in DESCRIPTION["paths"].items() for method in item
)
FILE = DECLARATION.read_bytes()

OWNER = "owner"  # handed the paper in
GRANTED = "granted"  # has a grant that holds
REVOKED = "revoked"  # had one
BATCH_OWNER = "batch owner"  # made the goods
PARTNER = "partner"  # writes to the batch, but has nothing to do with the paper
STRANGER = "stranger"  # an authority, which may write to any batch
NOBODY = "nobody"  # no signature at all
UNKNOWN = "unknown key"  # a signature of a key that the ledger does not know

PARTIES = {
    OWNER: BROKER,
    GRANTED: CUSTOMS,
    REVOKED: LAB,
    BATCH_OWNER: MAKER,
    PARTNER: CARRIER,
    STRANGER: AUTHORITY,
}
CALLERS = (*PARTIES, NOBODY, UNKNOWN)

Row = dict[str, int]


def row(*ok: str, status: int = 200, seen: tuple[str, ...] = (), hidden: int = 404) -> Row:
    """Callers in `ok` succeed, those in `seen` get 403, other parties `hidden`."""
    answers = dict.fromkeys(PARTIES, hidden)
    answers |= dict.fromkeys(seen, 403) | dict.fromkeys(ok, status)
    return {**answers, NOBODY: 401, UNKNOWN: 403}


PUBLIC: Row = dict.fromkeys(CALLERS, 200)
INSIDE = (OWNER, GRANTED, BATCH_OWNER)
ONLY_OWNER = (GRANTED, BATCH_OWNER)
EVERY_PARTY = row(*PARTIES)

EXPECTED: dict[str, Row] = {
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /v1/vault-key": PUBLIC,
    "GET /v1/types": PUBLIC,
    "GET /v1/session/challenge": PUBLIC,
    # Sessions are cookies': a signed request has none, and a sign-in carries its own signature.
    "POST /v1/session": dict.fromkeys(PARTIES, 200) | {NOBODY: 401, UNKNOWN: 403},
    "GET /v1/session": dict.fromkeys(CALLERS, 401),
    "DELETE /v1/session": dict.fromkeys(CALLERS, 204),
    "GET /v1/checklist": EVERY_PARTY,
    "GET /v1/documents": EVERY_PARTY,
    # A new declaration: brokers and makers issue them, others are told why not.
    "PUT /v1/documents/{doc_id}": row(OWNER, BATCH_OWNER, status=201, hidden=403),
    "GET /v1/documents/{doc_id}": row(*INSIDE),
    "GET /v1/documents/{doc_id}/file": row(OWNER, GRANTED, seen=(BATCH_OWNER,)),
    "GET /v1/documents/{doc_id}/view": row(OWNER, GRANTED, seen=(BATCH_OWNER,)),
    "GET /v1/documents/{doc_id}/rendition": row(*INSIDE),
    "POST /v1/documents/{doc_id}/check": row(OWNER, seen=ONLY_OWNER),
    "PUT /v1/documents/{doc_id}/statement": row(OWNER, seen=ONLY_OWNER),
    "GET /v1/documents/{doc_id}/grants": row(OWNER, seen=ONLY_OWNER),
    "POST /v1/documents/{doc_id}/grants": row(OWNER, status=201, seen=ONLY_OWNER),
    "DELETE /v1/documents/{doc_id}/grants/{grant_id}": row(OWNER, status=204, seen=ONLY_OWNER),
    "GET /v1/documents/{doc_id}/container/{part}": row(GRANTED, seen=(OWNER, BATCH_OWNER)),
    "GET /v1/documents/{doc_id}/container/{part}/key": row(GRANTED, seen=(OWNER, BATCH_OWNER)),
    "DELETE /v1/documents/{doc_id}": row(OWNER, status=204, seen=ONLY_OWNER),
}


@dataclass
class Stage:
    """A desk with a stated paper of the broker's, and grants of it.

    Attributes:
        clock: what the desk adds to the time, in seconds.
    """

    desk: Desk
    http: httpx.Client
    doc_id: str
    grant_id: str
    statement: dict[str, Any]

    def send(self, caller: str, method: str, target: str, body: bytes, kind: str) -> int:
        """One request of a caller; its status."""
        headers = {"Content-Type": kind} if body else {}
        if caller in PARTIES:
            party = Signing(self.desk, PARTIES[caller], self.http)
            return party.send(method, target, body, headers).status_code
        if caller == UNKNOWN:
            stranger = Signing(UnknownKey(self.desk), "", self.http, self.desk.identity)  # type: ignore[arg-type]
            return stranger.send(method, target, body, headers).status_code
        answer = self.http.request(
            method, self.desk.origin + target, content=body or None, headers=headers
        )
        return answer.status_code

    def fresh(self) -> "Stage":
        """The same with a paper and grants that nobody has touched."""
        return prepare(self.desk, self.http)


@dataclass
class UnknownKey:
    """A desk as whoever holds a key that the ledger does not know sees it."""

    desk: Desk

    @property
    def origin(self) -> str:
        return self.desk.origin

    def account(self, _gln: str) -> Any:
        return Account.create()


def grant(broker: Signing, doc_id: str, grantee: str) -> str:
    body = {
        "grantee": grantee,
        "publicKey": os.urandom(32).hex(),
        "expiresAt": int(time.time()) + 3600,
        "purpose": "clearance",
    }
    made = broker.json("POST", f"/v1/documents/{doc_id}/grants", body)
    assert made.status_code == 201, made.text
    return str(made.json()["grantId"])


def prepare(desk: Desk, http: httpx.Client) -> Stage:
    broker, doc_id = Signing(desk, BROKER, http), new_doc_id()
    assert broker.upload(FILE, doc_id).status_code == 201
    statement = statement_body(desk, BROKER, seal(desk, FILE))
    stated = broker.json("PUT", f"/v1/documents/{doc_id}/statement", statement)
    assert stated.status_code == 200, stated.text
    ended = grant(broker, doc_id, LAB)
    broker.send("DELETE", f"/v1/documents/{doc_id}/grants/{ended}")
    return Stage(desk, http, doc_id, grant(broker, doc_id, CUSTOMS), statement)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("matrix") / "home"
    with (
        running_desk(copy_world(folder)) as desk,
        httpx.Client(timeout=60) as http,
    ):
        yield prepare(desk, http)


CHANGING = {"DELETE /v1/documents/{doc_id}", "DELETE /v1/documents/{doc_id}/grants/{grant_id}"}

Request = tuple[str, bytes, str]


def of_json(value: object) -> tuple[bytes, str]:
    return json.dumps(value).encode(), "application/json"


def build(operation: str, stage: Stage) -> Request:
    """A request that succeeds for whoever may send it: target, body, content type."""
    method, _, path = operation.partition(" ")
    target = path.format(doc_id=stage.doc_id, grant_id=stage.grant_id, part="view")
    batch = f"?gtin={GTIN}&lot={LOT}"
    bodies: dict[str, Callable[[], tuple[bytes, str]]] = {
        "POST /v1/documents/{doc_id}/check": lambda: of_json({"fields": {}}),
        "PUT /v1/documents/{doc_id}/statement": lambda: of_json(stage.statement),
        "POST /v1/documents/{doc_id}/grants": lambda: of_json(
            {
                "grantee": CUSTOMS,
                "publicKey": os.urandom(32).hex(),
                "expiresAt": int(time.time()) + 60,
                "purpose": "x",
            }
        ),
        "PUT /v1/documents/{doc_id}": lambda: (FILE, "application/pdf"),
    }
    if operation == "PUT /v1/documents/{doc_id}":
        target = upload_target(new_doc_id())
    elif path in {"/v1/checklist", "/v1/documents"}:
        target += batch
    elif path == "/v1/session/challenge":
        target += f"?address=0x{'11' * 20}"
    body, kind = bodies.get(operation, lambda: (b"", ""))()
    assert method in {"GET", "PUT", "POST", "DELETE"}
    return target, body, kind


def test_every_operation_is_in_the_matrix() -> None:
    assert set(OPERATIONS) == set(EXPECTED)
    assert all(set(answers) == set(CALLERS) for answers in EXPECTED.values())


@pytest.mark.parametrize("operation", [it for it in OPERATIONS if "/session" not in it])
def test_each_caller_gets_what_is_expected(stage: Stage, operation: str) -> None:
    method = operation.partition(" ")[0]
    answers = {}
    for caller in sorted(CALLERS, key=lambda it: it == OWNER):  # who may erase comes last
        target, body, kind = build(operation, stage.fresh() if operation in CHANGING else stage)
        answers[caller] = stage.send(caller, method, target, body, kind)
    assert answers == EXPECTED[operation]


@pytest.mark.parametrize("operation", [it for it in OPERATIONS if "/session" in it])
def test_each_caller_gets_the_session_that_is_expected(stage: Stage, operation: str) -> None:
    method, _, path = operation.partition(" ")
    answers = {}
    for caller in CALLERS:
        with httpx.Client(timeout=60) as http:
            if operation == "POST /v1/session":
                answers[caller] = try_sign_in(stage.desk, caller, http)
                continue
            ours = {**OWN, "Origin": stage.desk.origin}
            target = path + (f"?address=0x{'11' * 20}" if path.endswith("challenge") else "")
            signing = {} if caller not in PARTIES else _signed(stage, caller, method, target)
            answer = http.request(method, stage.desk.origin + target, headers={**ours, **signing})
            answers[caller] = answer.status_code
    assert answers == EXPECTED[operation]


def _signed(stage: Stage, caller: str, method: str, target: str) -> dict[str, str]:

    account = stage.desk.account(PARTIES[caller])
    return sign_request(account, stage.desk.identity, method, target)


def try_sign_in(desk: Desk, caller: str, http: httpx.Client) -> int:
    if caller in PARTIES:
        return sign_in(desk, PARTIES[caller], http).status_code
    if caller == UNKNOWN:
        return sign_in(UnknownKey(desk), "", http).status_code  # type: ignore[arg-type]
    asked = http.get(f"{desk.origin}/v1/session/challenge", params={"address": f"0x{'11' * 20}"})
    body = {"message": asked.json()["message"], "signature": f"0x{'11' * 64}1b"}
    ours = {**OWN, "Origin": desk.origin}
    return http.post(f"{desk.origin}/v1/session", json=body, headers=ours).status_code


def test_a_browser_may_do_what_its_machine_may(stage: Stage) -> None:
    """Sessions lead to the same policy: the matrix once more, with cookies."""
    for caller, gln in PARTIES.items():
        with httpx.Client(timeout=60) as http:
            assert sign_in(stage.desk, gln, http).status_code == 200
            ours = {**OWN, "Origin": stage.desk.origin}
            for operation in OPERATIONS:
                if "/session" in operation or operation in CHANGING:
                    continue
                method = operation.partition(" ")[0]
                target, body, kind = build(operation, stage)
                headers = {**ours, "Content-Type": kind} if body else ours
                if method == "PUT" and kind == "application/pdf":
                    headers = {**headers, "Content-Digest": digest_header(body)}
                answer = http.request(
                    method, stage.desk.origin + target, content=body or None, headers=headers
                )
                assert answer.status_code == EXPECTED[operation][caller], (caller, operation)
