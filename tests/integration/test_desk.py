"""The way of a paper through a real desk: in, read, stated, granted, erased."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_requests import OWN, Signing, sign_in, upload_target
from desk_seals import seal, statement_body
from desk_world import (
    AUTHORITY,
    BROKER,
    CARRIER,
    CUSTOMS,
    DECLARATION,
    GTIN,
    LOT,
    MAKER,
    PAPERS,
    Desk,
    copy_world,
    running_desk,
)
from served_world import World

from tracer.domain.document_views import parse_view
from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot
from tracer.errors import ConflictError, DocumentRejectedError, NotFoundError, NotPermittedError
from tracer.operations.customs_grant import SealedKey
from tracer.operations.desk_client import PaperFile, load_paper_file, new_doc_id
from tracer.operations.desk_papers import read_to_sign
from tracer.store.contents import ContentStore
from tracer.vault.opening import create_recipient_key, open_container

pytestmark = pytest.mark.integration

FILE = DECLARATION.read_bytes()
BATCH = Gtin.parse(GTIN), Lot.parse(LOT)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return copy_world(tmp_path_factory.mktemp("desk") / "home")


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


def incoming(desk: Desk) -> list[Path]:
    return list((desk.home / "desk" / "incoming").iterdir())


class TestUpload:
    def test_a_paper_is_stored_and_read(self, desk: Desk, http: httpx.Client) -> None:
        client = desk.machine(BROKER, http)
        file = load_paper_file(DECLARATION)
        doc_id = client.doc_id_for(*BATCH, DocType.CUSTOMS_DECLARATION, file)
        done = client.upload(doc_id, *BATCH, DocType.CUSTOMS_DECLARATION, file)
        assert done.is_new
        read = {it["name"]: it["value"] for it in done.reading}
        assert read["number"] == "224820261000300451"
        assert done.report["mediaType"] == "application/pdf"
        again = client.upload(doc_id, *BATCH, DocType.CUSTOMS_DECLARATION, file)
        assert (again.is_new, again.receipt, again.reading) == (False, done.receipt, done.reading)
        assert incoming(desk) == []

    def test_two_clients_at_once_get_the_same_receipt(self, desk: Desk) -> None:
        doc_id, file = new_doc_id(), load_paper_file(DECLARATION)
        receipts, start = [], threading.Barrier(4)

        def hand_in() -> None:
            with httpx.Client(timeout=60) as http:
                client = desk.machine(BROKER, http)
                start.wait()
                done = client.upload(doc_id, *BATCH, DocType.CUSTOMS_DECLARATION, file)
                receipts.append(done.receipt)

        threads = [threading.Thread(target=hand_in) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 4
        assert len(set(receipts)) == 1

    def test_an_id_stands_for_one_file_of_one_party(self, desk: Desk, http: httpx.Client) -> None:
        doc_id, file = new_doc_id(), load_paper_file(DECLARATION)
        declaration = DocType.CUSTOMS_DECLARATION
        client = desk.machine(BROKER, http)
        client.upload(doc_id, *BATCH, declaration, file)
        other = PaperFile(
            "x.pdf", (PAPERS / "packing-list-pl-a26b11k1.pdf").read_bytes(), file.media_type
        )
        with pytest.raises(ConflictError):
            client.upload(doc_id, *BATCH, declaration, other)
        with pytest.raises(ConflictError):
            client.upload(doc_id, *BATCH, DocType.PACKING_LIST, file)
        with pytest.raises(ConflictError):
            desk.machine(MAKER, http).upload(doc_id, *BATCH, declaration, file)

    def test_what_the_ledger_would_refuse_is_refused(self, desk: Desk, http: httpx.Client) -> None:
        file = load_paper_file(DECLARATION)
        with pytest.raises(NotPermittedError):
            desk.machine(CARRIER, http).upload(
                new_doc_id(), *BATCH, DocType.CUSTOMS_DECLARATION, file
            )
        with pytest.raises(NotPermittedError):
            desk.machine(BROKER, http).upload(new_doc_id(), *BATCH, DocType.LAB_REPORT, file)
        with pytest.raises(NotFoundError):
            desk.machine(BROKER, http).upload(
                new_doc_id(), BATCH[0], Lot.parse("NONE"), DocType.CUSTOMS_DECLARATION, file
            )

    def test_a_file_that_the_gate_refuses(self, desk: Desk, http: httpx.Client) -> None:
        client = desk.machine(BROKER, http)
        bad = PaperFile("x.pdf", FILE + b"PK\x03\x04", "application/pdf")
        doc_id = new_doc_id()
        with pytest.raises(DocumentRejectedError, match=r"trailing-data|pdf-end|polyglot"):
            client.upload(doc_id, *BATCH, DocType.CUSTOMS_DECLARATION, bad)
        with pytest.raises(NotFoundError):
            client.ask("GET", f"/v1/documents/{doc_id}")
        assert incoming(desk) == []

    def test_a_stored_file_comes_back_as_it_was(self, broker: Signing) -> None:
        doc_id = new_doc_id()
        assert broker.upload(FILE, doc_id, X_Filename="%E6%8A%A5%E5%85%B3.pdf").status_code == 201
        answer = broker.send("GET", f"/v1/documents/{doc_id}/file")
        assert answer.content == FILE
        headers = answer.headers
        assert headers["content-disposition"].startswith("attachment;")
        assert "filename*=UTF-8''%E6%8A%A5%E5%85%B3.pdf" in headers["content-disposition"]
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        info = broker.send("GET", f"/v1/documents/{doc_id}").json()
        assert (info["state"], info["fileName"], info["mine"]) == ("UPLOADED", "报关.pdf", True)
        assert info["receipt"]["sha256"] == hashlib.sha256(FILE).hexdigest()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Digest": ""}, 400, "digest-malformed"),
        ({"Content-Digest": "sha-512=:AAAA:"}, 400, "digest-malformed"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415, "media-type"),
        ({"Content-Type": "text/html"}, 415, "media-type"),
        ({"Content-Type": "image/png"}, 422, "document-rejected"),
        ({"Host": "desk.example.org"}, 421, "wrong-host"),
        ({"Content-Encoding": "gzip"}, 411, "length-required"),
    ],
)
def test_malformed_uploads_are_refused(
    broker: Signing, headers: dict[str, str], status: int, code: str
) -> None:
    target = upload_target(new_doc_id())
    kinds = {"Content-Type": "application/pdf"} | headers
    answer = broker.send("PUT", target, FILE, kinds)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


class TestStatement:
    @pytest.fixture
    def doc_id(self, broker: Signing) -> str:
        doc_id = new_doc_id()
        assert broker.upload(FILE, doc_id).status_code == 201
        return doc_id

    def test_a_stated_paper_says_what_to_record(
        self, desk: Desk, broker: Signing, doc_id: str
    ) -> None:
        document = seal(desk, FILE)
        body = statement_body(desk, BROKER, document)
        answer = broker.json("PUT", f"/v1/documents/{doc_id}/statement", body)
        assert answer.status_code == 200, answer.text
        stated = answer.json()
        assert stated["commitment"] == document.commitment.hex()
        assert stated["record"]["kind"] == 0x54
        assert stated["transaction"]["to"] == f"0x{desk.identity.contract.hex()}"
        assert stated["transaction"]["data"].startswith("0x039d31e9")
        public = ContentStore(desk.home / "contents").get_document(document.commitment)
        assert public == document.public_view().encode()
        again = broker.json("PUT", f"/v1/documents/{doc_id}/statement", body)
        assert (again.status_code, again.json()) == (200, stated)
        info = broker.send("GET", f"/v1/documents/{doc_id}").json()
        assert (info["state"], info["commitment"]) == ("STATED", stated["commitment"])
        view = broker.send("GET", f"/v1/documents/{doc_id}/view").json()
        assert view["view"] == document.full_view()
        assert view["statement"] == body["statement"]
        pdf = broker.send("GET", f"/v1/documents/{doc_id}/rendition")
        assert pdf.content.startswith(b"%PDF-")
        assert "attachment" in pdf.headers["content-disposition"]

    def test_it_is_stated_once(self, desk: Desk, broker: Signing, doc_id: str) -> None:
        target = f"/v1/documents/{doc_id}/statement"
        first = statement_body(desk, BROKER, seal(desk, FILE))
        assert broker.json("PUT", target, first).status_code == 200
        other = statement_body(desk, BROKER, seal(desk, FILE))
        assert broker.json("PUT", target, other).status_code == 409

    def test_only_this_paper_can_be_stated(self, desk: Desk, broker: Signing, doc_id: str) -> None:
        target, good = f"/v1/documents/{doc_id}/statement", seal(desk, FILE)
        body = statement_body(desk, BROKER, good)
        full = json.loads(good.full_view())
        bodies: dict[str, dict[str, Any]] = {
            "another file": statement_body(desk, BROKER, seal(desk, b"another")),
            "public view": {**body, "view": good.public_view()},
            "respelled": {**body, "view": json.dumps(full)},
            "another batch": {**body, "view": json.dumps({**full, "batchId": "00" * 32})},
            "another type": {**body, "view": json.dumps({**full, "docType": 7})},
            "another issuer": {**body, "view": json.dumps({**full, "issuer": MAKER})},
            "no view": {**body, "view": "{}"},
            "not JSON": {**body, "view": "x"},
            "other commitment": statement_body(desk, BROKER, good, commitment=bytes(32)),
            "other public": statement_body(desk, BROKER, good, public_commitment=bytes(32)),
            "other fields": statement_body(desk, BROKER, good, open_fields=("number",)),
            "other batch said": statement_body(desk, BROKER, good, batch_id=bytes(32)),
            "old": statement_body(desk, BROKER, good, issued_at_unix=int(time.time()) - 10**7),
            "future": statement_body(desk, BROKER, good, issued_at_unix=int(time.time()) + 10**4),
            "extra": {**body, "more": 1},
            "missing": {name: body[name] for name in ("view", "statement")},
            "short signature": {**body, "signature": "0x00"},
        }
        for name, wrong in bodies.items():
            answer = broker.json("PUT", target, wrong)
            assert answer.status_code in {400, 401}, (name, answer.text)
        signed_by_others = statement_body(desk, MAKER, good)
        assert broker.json("PUT", target, signed_by_others).status_code == 401
        elsewhere = replace(desk.identity, origin="https://other.example.org")
        for identity in (
            elsewhere,
            replace(desk.identity, chain_id=1),
            replace(desk.identity, contract=bytes(20)),
        ):
            wrong = statement_body(desk, BROKER, good, identity)
            assert broker.json("PUT", target, wrong).status_code == 401
        assert broker.json("PUT", target, body).status_code == 200

    def test_fields_that_break_rules_are_listed(
        self, desk: Desk, broker: Signing, doc_id: str
    ) -> None:
        def spoil(values: dict[str, Any]) -> None:
            values["public"]["office"] = "9999"

        body = statement_body(desk, BROKER, seal(desk, FILE, spoil))
        answer = broker.json("PUT", f"/v1/documents/{doc_id}/statement", body)
        assert answer.status_code == 400
        assert {it["name"] for it in answer.json()["problems"]} & {"office", "number"}

    def test_a_confidential_field_is_not_published(
        self, desk: Desk, broker: Signing, doc_id: str
    ) -> None:
        def open_all(values: dict[str, Any]) -> None:
            values["public"] |= values["confidential"]
            values["confidential"] = {}

        body = statement_body(desk, BROKER, seal(desk, FILE, open_all))
        answer = broker.json("PUT", f"/v1/documents/{doc_id}/statement", body)
        assert answer.status_code == 400
        assert "publicFields" in answer.json()["detail"]

    def test_fields_can_be_checked_before(self, desk: Desk, broker: Signing, doc_id: str) -> None:
        document = seal(desk, FILE)
        values = parse_view(document.full_view()).fields
        target = f"/v1/documents/{doc_id}/check"
        good = broker.json("POST", target, {"fields": values}).json()
        assert good["problems"] == []
        message = good["typedData"]["message"]
        assert message["openFields"] == sorted(document.open_names)
        assert "commitment" not in message
        bad = broker.json("POST", target, {"fields": values | {"office": 5}}).json()
        assert [it["name"] for it in bad["problems"]] == ["office"]
        assert "typedData" not in bad or bad["typedData"] is None


class TestGrants:
    def test_customs_opens_a_granted_paper_at_home(
        self, desk: Desk, broker: Signing, http: httpx.Client, tmp_path: Path
    ) -> None:
        doc_id = new_doc_id()
        broker.upload(FILE, doc_id)
        customs = Signing(desk, CUSTOMS, http)
        target = f"/v1/documents/{doc_id}"
        assert customs.send("GET", target).status_code == 404
        key = create_recipient_key(tmp_path / "key.json", "p", light=True)
        grant = {
            "grantee": CUSTOMS,
            "publicKey": key.public.hex(),
            "expiresAt": int(time.time()) + 1000,
            "purpose": "clearance",
        }
        made = broker.json("POST", f"{target}/grants", grant)
        assert made.status_code == 201, made.text
        assert customs.send("GET", target).json()["mine"] is False
        assert customs.send("GET", f"{target}/file").content == FILE
        container = customs.send("GET", f"{target}/container/file").content
        assert FILE[:100] not in container
        sealed = SealedKey.parse(customs.send("GET", f"{target}/container/file/key").text)
        opened = open_container(io.BytesIO(container), sealed.name, sealed.sealed, key.private)
        assert b"".join(opened) == FILE
        listed = customs.send("GET", "/v1/documents").json()["documents"]
        assert doc_id in {it["id"] for it in listed}
        grant_id = made.json()["grantId"]
        assert broker.send("DELETE", f"{target}/grants/{grant_id}").status_code == 204
        for path in ("", "/file", "/container/file", "/container/file/key"):
            assert customs.send("GET", target + path).status_code == 404, path
        grants = broker.send("GET", f"{target}/grants").json()["grants"]
        assert [it["revokedAt"] is not None for it in grants] == [True]

    @pytest.mark.parametrize(
        "change",
        [
            {"grantee": BROKER}, {"grantee": "9520010001992"}, {"grantee": "123"},
            {"publicKey": "00" * 31}, {"publicKey": "00" * 32}, {"expiresAt": 5},
            {"expiresAt": 2**40}, {"purpose": ""}, {"purpose": " "}, {"more": True},
            {"expiresAt": "soon"},
        ],
    )  # fmt: skip
    def test_useless_grants_are_refused(self, broker: Signing, change: dict[str, Any]) -> None:
        doc_id = new_doc_id()
        broker.upload(FILE, doc_id)
        grant: dict[str, Any] = {
            "grantee": CUSTOMS,
            "publicKey": os.urandom(32).hex(),
            "expiresAt": int(time.time()) + 1000,
            "purpose": "clearance",
        }
        answer = broker.json("POST", f"/v1/documents/{doc_id}/grants", grant | change)
        assert answer.status_code == 400, answer.text


class TestErasure:
    def test_an_erased_paper_is_gone(self, desk: Desk, broker: Signing) -> None:
        doc_id = new_doc_id()
        broker.upload(FILE, doc_id)
        target = f"/v1/documents/{doc_id}"
        assert broker.send("DELETE", target).status_code == 204
        assert broker.send("DELETE", target).status_code == 204
        assert broker.send("GET", target).json()["state"] == "ERASED"
        assert broker.send("GET", f"{target}/file").status_code == 404
        assert broker.upload(FILE, doc_id).status_code == 409
        assert broker.json("POST", f"{target}/check", {"fields": {}}).status_code == 200
        body = statement_body(desk, BROKER, seal(desk, FILE))
        assert broker.json("PUT", f"{target}/statement", body).status_code == 404
        listed = broker.send("GET", f"/v1/documents?gtin={GTIN}&lot={LOT}").json()["documents"]
        assert doc_id not in {it["id"] for it in listed}

    def test_what_was_published_stays(self, desk: Desk, broker: Signing) -> None:
        """Taking a view away would take its conflicts away; docs/explanation/vault.md says why."""
        doc_id, document = new_doc_id(), seal(desk, FILE)
        broker.upload(FILE, doc_id)
        target = f"/v1/documents/{doc_id}"
        body = statement_body(desk, BROKER, document)
        assert broker.json("PUT", f"{target}/statement", body).status_code == 200
        contents = ContentStore(desk.home / "contents")
        published = contents.get_document(document.commitment)
        shown = broker.send("GET", f"{target}/rendition")
        assert (published, shown.status_code) == (document.public_view().encode(), 200)
        assert broker.send("DELETE", target).status_code == 204
        assert contents.get_document(document.commitment) == published
        assert broker.send("GET", f"{target}/rendition").content == shown.content
        assert broker.send("GET", f"{target}/view").status_code == 404, "no salt is left"


class TestBatch:
    def test_the_checklist_follows_the_ledger(self, broker: Signing) -> None:
        found = broker.send("GET", f"/v1/checklist?gtin={GTIN}&lot={LOT}").json()
        assert found["tradeMode"] == "0110"
        rows = {row["type"]: row for row in found["papers"]}
        assert rows["CUSTOMS_DECLARATION"]["state"] == "CONFIRMED"
        assert rows["CERTIFICATE_OF_ORIGIN"]["state"] == "RECORDED"
        assert rows["HALAL"] == {
            "type": "HALAL", "needed": False, "state": "MISSING", "reasons": [], "documents": [],
        }  # fmt: skip
        assert {check["name"] for check in found["checks"]} >= {"C1", "C12"}

    def test_the_maker_sees_that_papers_are_there(
        self, desk: Desk, broker: Signing, http: httpx.Client
    ) -> None:
        doc_id = new_doc_id()
        broker.upload(FILE, doc_id)
        maker = Signing(desk, MAKER, http)
        info = maker.send("GET", f"/v1/documents/{doc_id}").json()
        assert (info["state"], info["mine"], info["fileName"]) == ("UPLOADED", False, "")
        assert info["receipt"] == {}
        assert maker.send("GET", f"/v1/documents/{doc_id}/file").status_code == 403

    def test_types_are_those_of_the_rules(self, desk: Desk, http: httpx.Client) -> None:
        forms = http.get(f"{desk.origin}/v1/types").json()["types"]
        assert [form["type"] for form in forms] == [it.name for it in DocType]


class TestStaleMirror:
    def test_nobody_is_judged_by_a_mirror_that_may_lack_a_revocation(
        self, world: World, tmp_path: Path, http: httpx.Client
    ) -> None:
        other = world.copy(tmp_path / "home")
        with contextlib.closing(sqlite3.connect(other.home / "mirror.sqlite")) as mirror:
            mirror.execute("UPDATE cursor SET chain_id = 1, block_time_unix = 1700000000")
            mirror.commit()
        with running_desk(other) as stale:
            params = {"address": f"0x{'11' * 20}"}
            answer = http.get(f"{stale.origin}/v1/session/challenge", params=params)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "mirror" in answer.json()["detail"]
            assert http.get(f"{stale.origin}/healthz").status_code == 200


class TestBrowser:
    def test_a_session_from_sign_in_to_sign_out(self, desk: Desk, http: httpx.Client) -> None:
        answer = sign_in(desk, BROKER, http)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["gln"], answer.json()["roles"]) == (BROKER, ["BROKER"])
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Max-Age=900"))
        assert http.get(f"{desk.origin}/v1/session").json()["gln"] == BROKER
        ours = {**OWN, "Origin": desk.origin}
        assert http.delete(f"{desk.origin}/v1/session", headers=ours).status_code == 204
        assert http.get(f"{desk.origin}/v1/session").status_code == 401

    def test_the_page_and_its_files(self, desk: Desk, http: httpx.Client) -> None:
        page = http.get(f"{desk.origin}/?lang=zh")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "access-control-allow-origin" not in page.headers
        own = ("desk/desk.js", "desk/base.css", "desk/i18n/zh.json")
        for name in (*own, "ledger.js", "i18n/en.json"):
            file = http.get(f"{desk.origin}/assets/{name}")
            assert file.status_code == 200, name
            again = http.get(
                f"{desk.origin}/assets/{name}", headers={"If-None-Match": file.headers["etag"]}
            )
            assert again.status_code == 304
        for name in ("jsconfig.json/..", "../README.md", "%2e%2e/README.md", "nothing.js"):
            assert http.get(f"{desk.origin}/assets/{name}").status_code == 404

    def test_what_the_page_shows_can_be_signed_by_the_command(
        self, desk: Desk, http: httpx.Client
    ) -> None:
        account = desk.account(AUTHORITY)
        asked = http.get(f"{desk.origin}/v1/session/challenge", params={"address": account.address})
        wanted = read_to_sign(asked.json()["message"] + "\n", desk.identity)
        assert wanted.address == account.address
        signature = account.unsafe_sign_hash(wanted.digest).signature
        body = {"message": asked.json()["message"], "signature": f"0x{signature.hex()}"}
        ours = {**OWN, "Origin": desk.origin}
        assert http.post(f"{desk.origin}/v1/session", json=body, headers=ours).status_code == 200
