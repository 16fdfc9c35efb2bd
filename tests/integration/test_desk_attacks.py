"""What an attacker sends to a desk: other people's signatures, other sites' requests, odd names."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from desk_requests import OWN, Signing, digest_header, sign_in, sign_request, upload_target
from desk_world import BROKER, CUSTOMS, DECLARATION, MAKER, Desk, running_desk
from eth_account.messages import encode_defunct
from served_world import World, running_world
from tracer_desk.limits import MAX_FILENAME_CHARS, REQUEST_S, SKEW_S
from tracer_desk.uploads import clean_file_name

from tracer.domain.statements import SignIn
from tracer.operations.desk_client import new_doc_id
from tracer.vault.signatures import HALF_ORDER

pytestmark = pytest.mark.integration

FILE = DECLARATION.read_bytes()
ORDER = 2 * HALF_ORDER + 1
LIST = "/v1/documents"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("attacks") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def desk(world: World) -> Iterator[Desk]:
    with running_desk(world) as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture
def broker(desk: Desk, http: httpx.Client) -> Signing:
    return Signing(desk, BROKER, http)


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and answer.json()["code"] == "not-authenticated"


class TestSignedRequests:
    def test_a_request_counts_once(self, desk: Desk, http: httpx.Client) -> None:
        headers = sign_request(desk.account(BROKER), desk.identity, "GET", LIST)
        assert http.get(desk.origin + LIST, headers=headers).status_code == 200
        assert is_refused(http.get(desk.origin + LIST, headers=headers))

    def test_an_upload_is_not_repeated_by_who_saw_it(self, desk: Desk, http: httpx.Client) -> None:
        target = upload_target(new_doc_id())
        headers = sign_request(desk.account(BROKER), desk.identity, "PUT", target, FILE)
        headers["Content-Type"] = "application/pdf"
        url = desk.origin + target
        assert http.put(url, content=FILE, headers=headers).status_code == 201
        assert is_refused(http.put(url, content=FILE, headers=headers))

    @pytest.mark.parametrize(
        "change",
        [
            {"origin": "https://desk.example.org"},
            {"chain_id": 1},
            {"contract": bytes(20)},
        ],
    )
    def test_signed_for_elsewhere(
        self, desk: Desk, http: httpx.Client, change: dict[str, Any]
    ) -> None:
        elsewhere = replace(desk.identity, **change)
        headers = sign_request(desk.account(BROKER), elsewhere, "GET", LIST)
        assert is_refused(http.get(desk.origin + LIST, headers=headers))

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "POST"},
            {"target": "/v1/documents?"},
            {"target": "/v1/checklist"},
            {"body_sha256": bytes(32)},
            {"expires_unix": 0},
        ],
    )
    def test_signed_for_something_else(self, broker: Signing, change: dict[str, Any]) -> None:
        assert is_refused(broker.send("GET", LIST, changes=change))

    @pytest.mark.parametrize("ahead_s", [-SKEW_S - 30, REQUEST_S + SKEW_S + 30, 10**9])
    def test_expired_or_good_for_too_long(self, broker: Signing, ahead_s: int) -> None:
        assert is_refused(
            broker.send("GET", LIST, changes={"expires_unix": int(time.time()) + ahead_s})
        )

    def test_another_body_under_the_same_signature(self, desk: Desk, http: httpx.Client) -> None:
        doc_id = new_doc_id()
        target = upload_target(doc_id)
        other = b"x" + FILE
        for digest, status in ((digest_header(FILE), 400), (digest_header(other), 401)):
            headers = sign_request(desk.account(BROKER), desk.identity, "PUT", target, FILE)
            headers |= {"Content-Type": "application/pdf", "Content-Digest": digest}
            answer = http.put(desk.origin + target, content=other, headers=headers)
            assert answer.status_code == status, answer.text

    def test_a_body_without_a_digest(self, desk: Desk, http: httpx.Client) -> None:
        target = upload_target(new_doc_id())
        headers = sign_request(desk.account(BROKER), desk.identity, "PUT", target)
        headers["Content-Type"] = "application/pdf"
        answer = http.put(desk.origin + target, content=FILE, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "digest-required")

    def test_the_twin_of_a_signature(self, desk: Desk, http: httpx.Client) -> None:
        headers = sign_request(desk.account(BROKER), desk.identity, "GET", LIST)
        ticket = json.loads(base64.urlsafe_b64decode(headers["Authorization"].split()[1]))
        signature = bytes.fromhex(ticket["signature"][2:])
        s = ORDER - int.from_bytes(signature[32:64], "big")
        twin = signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])
        ticket["signature"] = f"0x{twin.hex()}"
        value = base64.urlsafe_b64encode(json.dumps(ticket).encode()).decode()
        answer = http.get(desk.origin + LIST, headers={"Authorization": f"Tracer {value}"})
        assert is_refused(answer)
        assert "high s" in answer.json()["detail"]

    def test_a_key_under_another_name(self, desk: Desk, http: httpx.Client) -> None:
        headers = sign_request(desk.account(BROKER), desk.identity, "GET", LIST)
        ticket = json.loads(base64.urlsafe_b64decode(headers["Authorization"].split()[1]))
        ticket["address"] = desk.account(MAKER).address.lower()
        value = base64.urlsafe_b64encode(json.dumps(ticket).encode()).decode()
        assert is_refused(
            http.get(desk.origin + LIST, headers={"Authorization": f"Tracer {value}"})
        )

    @pytest.mark.parametrize(
        "value",
        ["", "Tracer", "Tracer x", "Basic eDp5", "Tracer e30=", "Tracer " + "A" * 5000, "Tracer é",
         "Tracer " + base64.urlsafe_b64encode(b"[" * 300).decode(),
         "Tracer " + base64.urlsafe_b64encode(b'{"address":"\\ud800"}').decode(),
         "tracer e30="],
    )  # fmt: skip
    def test_malformed_headers(self, desk: Desk, http: httpx.Client, value: str) -> None:
        headers = {b"Authorization": value.encode("latin-1")}
        answer = http.get(desk.origin + LIST, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 401


class TestSignIn:
    def challenge(self, desk: Desk, http: httpx.Client, gln: str = BROKER) -> str:
        params = {"address": desk.account(gln).address}
        return str(http.get(f"{desk.origin}/v1/session/challenge", params=params).json()["message"])

    def post(
        self, desk: Desk, http: httpx.Client, message: str, gln: str = BROKER
    ) -> httpx.Response:
        signature = desk.account(gln).sign_message(encode_defunct(text=message)).signature
        return http.post(
            f"{desk.origin}/v1/session",
            json={"message": message, "signature": f"0x{signature.hex()}"},
            headers={**OWN, "Origin": desk.origin},
        )

    def test_a_message_is_good_once(self, desk: Desk, http: httpx.Client) -> None:
        message = self.challenge(desk, http)
        assert self.post(desk, http, message).status_code == 200
        assert is_refused(self.post(desk, http, message))

    def test_only_who_is_named_signs_in(self, desk: Desk, http: httpx.Client) -> None:
        assert is_refused(self.post(desk, http, self.challenge(desk, http), gln=CUSTOMS))

    @pytest.mark.parametrize(
        "change",
        [
            {"host": "desk.example.org"},
            {"uri": "https://desk.example.org"},
            {"chain_id": 1},
            {"nonce": "0" * 48},
            {"issued_unix": 1_000_000_000},
            {"expires_unix": 4_000_000_000},
        ],
    )
    def test_a_message_that_this_desk_did_not_give_out(
        self, desk: Desk, http: httpx.Client, change: dict[str, Any]
    ) -> None:
        message = replace(SignIn.parse(self.challenge(desk, http)), **change).text()
        assert is_refused(self.post(desk, http, message))

    def test_a_message_of_somebody_else(self, desk: Desk, http: httpx.Client) -> None:
        theirs = SignIn.parse(self.challenge(desk, http, CUSTOMS))
        ours = replace(theirs, address=desk.account(BROKER).address)
        assert is_refused(self.post(desk, http, ours.text()))

    def test_a_session_ends(self, world: World, desk: Desk, http: httpx.Client) -> None:
        del world
        assert sign_in(desk, BROKER, http).status_code == 200
        (name, token), *_ = http.cookies.items()
        for wrong in ("", token[:-1], token + "x", "x" * 500):
            jar = {name: wrong}
            with httpx.Client(cookies=jar, timeout=60) as other:
                assert is_refused(other.get(desk.origin + LIST))


class TestOtherSites:
    @pytest.fixture
    def browser(self, desk: Desk, http: httpx.Client) -> httpx.Client:
        assert sign_in(desk, BROKER, http).status_code == 200
        return http

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-Tracer-Request": "1"},
            {"Origin": "OURS"},
            {"X-Tracer-Request": "0", "Origin": "OURS"},
            {"X-Tracer-Request": "1", "Origin": "https://evil.example.org"},
            {"X-Tracer-Request": "1", "Origin": "null"},
            {"X-Tracer-Request": "1", "Origin": "OURS", "Sec-Fetch-Site": "cross-site"},
            {"X-Tracer-Request": "1", "Origin": "OURS", "Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_nothing_changes_that_another_page_asked_for(
        self, desk: Desk, browser: httpx.Client, headers: dict[str, str]
    ) -> None:
        sent = {name: desk.origin if it == "OURS" else it for name, it in headers.items()}
        target = upload_target(new_doc_id())
        kinds = {"Content-Type": "application/pdf", "Content-Digest": digest_header(FILE)}
        put = browser.put(desk.origin + target, content=FILE, headers={**sent, **kinds})
        delete = browser.delete(f"{desk.origin}/v1/session", headers=sent)
        for answer in (put, delete):
            assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
        assert browser.get(desk.origin + LIST).status_code == 200

    def test_no_other_site_is_let_in(self, desk: Desk, browser: httpx.Client) -> None:
        evil = {"Origin": "https://evil.example.org"}
        asked = {**evil, "Access-Control-Request-Method": "PUT"}
        preflight = browser.options(desk.origin + upload_target(new_doc_id()), headers=asked)
        assert preflight.status_code == 405
        read = browser.get(desk.origin + LIST, headers=evil)
        for answer in (preflight, read):
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"

    def test_a_name_that_is_not_ours(self, desk: Desk, browser: httpx.Client) -> None:
        for host in ("evil.example.org", f"localhost:{desk.port}", f"127.0.0.1:{desk.port}.evil"):
            answer = browser.get(desk.origin + LIST, headers={"Host": host})
            assert answer.status_code == 421


class TestStanding:
    """Takes out parties that no later test needs."""

    def test_revoked_and_suspended_at_the_next_request(
        self, desk: Desk, http: httpx.Client
    ) -> None:
        maker = Signing(desk, MAKER, http)
        with httpx.Client(timeout=60) as browser:
            assert sign_in(desk, CUSTOMS, browser).status_code == 200
            assert browser.get(desk.origin + LIST).status_code == 200
            assert maker.send("GET", LIST).status_code == 200
            desk.govern("suspendParty", CUSTOMS)
            desk.revoke(MAKER)
            desk.sync()
            assert browser.get(desk.origin + LIST).status_code == 403
            assert browser.get(f"{desk.origin}/v1/session").status_code == 403
            assert maker.send("GET", LIST).status_code == 403
            desk.govern("reinstateParty", CUSTOMS)
            desk.sync()
            assert browser.get(desk.origin + LIST).status_code == 200


# --- names --------------------------------------------------------------------------------------


def hostile_names() -> list[bytes]:
    """500 values of X-Filename."""
    parts = [
        "../", "..\\", "/etc/passwd", "%2e%2e%2f", "%00", "%0d%0aSet-Cookie: x=y", "%0a", '"', "'",
        "%22;filename=x.exe", "\u202e", "%E2%80%AE", "%F0%9F%98%80", "%FF%FE", "%ED%A0%80", "CON",
        "a" * 4000, "%E6%96%87" * 300, ";", "=", "\\", "$(id)", "`id`", "<script>", "{{7*7}}", "%",
        "%2", "%zz", "é", "~", "-rf", ".pdf", ".", "..", " ", "%20%20", "%E2%80%A8",
    ]  # fmt: skip
    names = [part.encode("latin-1", "ignore") for part in parts]
    while len(names) < 500:
        one, two = parts[len(names) % len(parts)], parts[len(names) * 7 % len(parts)]
        names.append(f"{one}{two}{len(names)}".encode("latin-1", "ignore")[:6000])
    return [name.strip() or b"-" for name in names]  # clients drop outer blanks


def test_no_file_name_breaks_a_header_or_a_path() -> None:
    for name in hostile_names():
        text = clean_file_name(unquote(name.decode("latin-1")))
        assert not set(text) & set('/\\"\r\n\0\u202e')
        assert len(text) <= MAX_FILENAME_CHARS
        assert text not in {".", ".."}
        assert quote(text, safe="").isascii()


@pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.faults)])
def test_file_names_are_only_ever_text(desk: Desk, http: httpx.Client, step: int) -> None:
    names = hostile_names()[::step]
    doc_ids = []
    identity, account = desk.identity, desk.account(BROKER)
    for number, name in enumerate(names):
        if number % 10:  # the header is read the same way with a paper that is there already
            doc_id, data = doc_ids[-1], FILE
        else:
            doc_id, data = new_doc_id(), FILE
            doc_ids.append(doc_id)
        target = upload_target(doc_id)
        headers = sign_request(account, identity, "PUT", target, data)
        sent: Any = [(key.encode(), value.encode()) for key, value in headers.items()]
        sent += [(b"Content-Type", b"application/pdf"), (b"X-Filename", name)]
        answer = http.put(desk.origin + target, content=data, headers=sent)
        assert answer.status_code in {200, 201}, (name, answer.text)
    for doc_id in doc_ids:
        target = f"/v1/documents/{doc_id}/file"
        headers = sign_request(account, identity, "GET", target)
        answer = http.get(desk.origin + target, headers=headers)
        assert answer.content == FILE
        shown = answer.headers["content-disposition"]
        assert shown.startswith('attachment; filename="paper"')
        assert shown.isascii()
        assert shown.count('"') == 2
        assert "set-cookie" not in answer.headers
    on_disk = [path.name for path in desk.home.rglob("*") if "vault" in path.parts]
    assert all(name.isascii() and "paper" not in name for name in on_disk)
    assert list((desk.home / "desk" / "incoming").iterdir()) == []


def test_only_ulids_are_ids(desk: Desk, http: httpx.Client) -> None:
    broker = Signing(desk, BROKER, http)
    good = new_doc_id()
    for wrong in (
        good.lower(), good[:-1], good + "0", "8" + good[1:], good[:-1] + "U", "..%2F" + good[6:],
        "%00" + good[1:], "é" * 26, " " * 26, good[:-1] + "%0A",
    ):  # fmt: skip
        answer = broker.upload(FILE, wrong) if wrong.isascii() else None
        assert answer is None or answer.status_code in {400, 401, 404, 405, 421}, (wrong, answer)
