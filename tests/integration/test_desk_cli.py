"""`tracer document` and `tracer desk` against a real desk: a broker on the command line."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_requests import Signing
from desk_seals import declaration_values, seal, statement_body, statement_of
from desk_world import BROKER, CUSTOMS, DECLARATION, GTIN, LOT, MAKER, PASSWORD, Desk, running_desk
from served_world import running_world

from tracer.cli.main import run
from tracer.operations.desk_client import new_doc_id
from tracer.vault.opening import create_recipient_key

pytestmark = pytest.mark.integration

BATCH = f"{GTIN}/{LOT}"
FILE = DECLARATION.read_bytes()
PACKING_LIST = DECLARATION.parent / "packing-list-pl-a26b11k1.pdf"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk-cli") / "home"
    with running_world(folder) as world, running_desk(world) as running:
        yield running


class Command:
    """Runs `tracer` in this process."""

    def __init__(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        self.desk, self._capsys = desk, capsys

    def run(self, *words: object) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: object) -> Any:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def tracer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    password = desk.home / "password"
    password.write_text(PASSWORD, "utf-8")
    for name, value in {**desk.variables, "TRACER_KEY_PASSWORD_FILE": str(password)}.items():
        monkeypatch.setenv(name, value)
    return Command(desk, capsys)


def test_a_paper_can_be_read_before_it_is_sent(tracer: Command) -> None:
    found = tracer.json("document", "read", DECLARATION, "--type", "CUSTOMS_DECLARATION")
    fields = {it["name"]: it["value"] for it in found["fields"]}
    assert fields["number"] == "224820261000300451"
    code, out, _ = tracer.run("document", "read", DECLARATION, "--type", "CUSTOMS_DECLARATION")
    assert code == 0
    assert "224820261000300451" in out


def test_a_file_that_would_be_refused_says_why(tracer: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(FILE + b"more")
    code, _, err = tracer.run("document", "read", bad, "--type", "PACKING_LIST")
    assert code == 2
    assert "would be refused" in err
    odd = tmp_path / "paper.docx"
    odd.write_bytes(b"x")
    code, _, err = tracer.run("document", "read", odd, "--type", "PACKING_LIST")
    assert (code, "ending" in err) == (2, True)


def test_upload_list_and_status(tracer: Command) -> None:
    key = tracer.desk.parties[BROKER]
    words = ("document", "upload", BATCH, DECLARATION, "--type", "CUSTOMS_DECLARATION")
    first = tracer.json(*words, "--key", key)
    again = tracer.json(*words, "--key", key)
    assert (first["isNew"], again["isNew"]) == (True, False)
    assert first["receipt"] == again["receipt"]
    other = tracer.json(*words, "--key", key, "--new-id")
    assert other["receipt"]["docId"] != first["receipt"]["docId"]
    listed = tracer.json("document", "list", BATCH, "--key", key)
    ids = {it["id"] for it in listed["documents"]}
    assert {first["receipt"]["docId"], other["receipt"]["docId"]} <= ids
    assert listed["missing"] == []
    status = tracer.json("desk", "status", "--key", key)
    assert status["desk"] == tracer.desk.origin
    assert status["states"]["UPLOADED"] >= 2
    code, out, _ = tracer.run("document", "list", "--key", key)
    assert (code, first["receipt"]["docId"] in out) == (0, True)


def test_one_key_must_be_chosen_where_there_are_many(tracer: Command) -> None:
    code, _, err = tracer.run(
        "document", "upload", BATCH, DECLARATION, "--type", "CUSTOMS_DECLARATION"
    )
    assert code == 2
    assert "--key" in err


def test_a_desk_that_is_not_there(tracer: Command) -> None:
    key = tracer.desk.parties[BROKER]
    code, _, err = tracer.run("desk", "status", "--key", key, "--desk", "http://127.0.0.1:9")
    assert code == 4
    assert "does not answer" in err


def test_a_stated_paper_is_sent_to_the_ledger_once(tracer: Command) -> None:
    desk = tracer.desk
    doc_id = new_doc_id()

    def renumber(values: dict[str, Any]) -> None:
        values["number"] = "224820261000300477"

    document = seal(desk, FILE, renumber)
    with httpx.Client(timeout=60) as http:
        broker = Signing(desk, BROKER, http)
        assert broker.upload(FILE, doc_id).status_code == 201
        target = f"/v1/documents/{doc_id}"
        body = statement_body(desk, BROKER, document)
        assert broker.json("PUT", f"{target}/statement", body).status_code == 200
        key = desk.parties[BROKER]
        assert tracer.json("desk", "send", doc_id, "--key", key)["already"] is False
        assert tracer.json("desk", "send", doc_id, "--key", key)["already"] is True
        assert broker.send("GET", target).json()["state"] == "STATED"
        desk.sync()
        info = broker.send("GET", target).json()
        # A second declaration of the same goods contradicts the first one.
        assert info["state"] in {"RECORDED", "CONFLICT"}
        assert info["number"] == "224820261000300477"


def test_add_hands_in_and_records(tracer: Command, tmp_path: Path) -> None:
    values = declaration_values()
    shutil.copy(DECLARATION, tmp_path / "declaration.pdf")
    described = {**values, "number": "224820261000300488", "file": "declaration.pdf"}
    described = {
        name: described[name]
        for name in ("docType", "number", "issuer", "issuedAt", "public", "confidential", "file")
    }
    paper = tmp_path / "declaration.json"
    paper.write_text(json.dumps(described), "utf-8")
    words = ("document", "add", BATCH, paper, "--desk", tracer.desk.origin)
    first = tracer.json(*words)
    assert first["status"] == "written"
    assert tracer.json(*words)["status"] == "already"
    tracer.desk.sync()
    key = tracer.desk.parties[BROKER]
    listed = tracer.json("document", "list", BATCH, "--key", key)["documents"]
    numbers = {it["number"]: it["state"] for it in listed}
    assert numbers["224820261000300488"] in {"RECORDED", "CONFLICT"}


def test_customs_gets_a_grant(tracer: Command, tmp_path: Path) -> None:
    desk = tracer.desk
    public = create_recipient_key(tmp_path / "key.json", "p", light=True).public
    with httpx.Client(timeout=60) as http:
        doc_id = new_doc_id()
        assert Signing(desk, BROKER, http).upload(FILE, doc_id).status_code == 201
        target = f"/v1/documents/{doc_id}/container/file"
        customs = Signing(desk, CUSTOMS, http)
        assert customs.send("GET", target).status_code == 404
        until = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat(timespec="seconds")
        words = ("--to", CUSTOMS, "--public-key", public.hex(), "--until", until)
        more = ("--purpose", "clearance", "--key", desk.parties[BROKER])
        made = tracer.json("document", "grant", doc_id, *words, *more)
        assert made["grantee"] == CUSTOMS
        assert customs.send("GET", target).status_code == 200


class TestSign:
    def test_a_sign_in(self, tracer: Command, tmp_path: Path) -> None:
        desk = tracer.desk
        with httpx.Client(timeout=60) as http:
            params = {"address": desk.parties[MAKER]}
            asked = http.get(f"{desk.origin}/v1/session/challenge", params=params).json()
            file = tmp_path / "message.txt"
            file.write_text(asked["message"] + "\n", "utf-8")
            code, out, err = tracer.run("desk", "sign", file)
            assert (code, "sign in at" in err) == (0, True)
            body = {"message": asked["message"], "signature": out.strip()}
            ours = {"X-Tracer-Request": "1", "Origin": desk.origin}
            signed_in = http.post(f"{desk.origin}/v1/session", json=body, headers=ours)
            assert signed_in.json()["gln"] == MAKER

    def test_a_statement(self, tracer: Command, tmp_path: Path) -> None:
        desk = tracer.desk
        document = seal(desk, FILE)
        wanted = statement_body(desk, BROKER, document)
        statement = statement_of(document, issued_at_unix=wanted["statement"]["issuedAt"])
        file = tmp_path / "statement.json"
        file.write_text(json.dumps(statement.typed_data(desk.identity)), "utf-8")
        signed = tracer.json("desk", "sign", file, "--key", desk.parties[BROKER])
        assert signed["signature"] == wanted["signature"]
        assert signed["signed"]["commitment"] == f"0x{document.commitment.hex()}"

    @pytest.mark.parametrize("text", ["", "hello", "{}", '{"message": {}}', "0x" + "00" * 32, "[]"])
    def test_nothing_else(self, tracer: Command, tmp_path: Path, text: str) -> None:
        file = tmp_path / "x"
        file.write_text(text, "utf-8")
        code, out, _ = tracer.run("desk", "sign", file, "--key", tracer.desk.parties[BROKER])
        assert (code, out) == (2, "")

    def test_not_for_another_desk(self, tracer: Command, tmp_path: Path) -> None:
        desk = tracer.desk
        with httpx.Client(timeout=60) as http:
            params = {"address": desk.parties[MAKER]}
            asked = http.get(f"{desk.origin}/v1/session/challenge", params=params).json()
        file = tmp_path / "message.txt"
        file.write_text(asked["message"], "utf-8")
        code, _, err = tracer.run("desk", "sign", file, "--desk", "https://desk.example.org")
        assert (code, "--desk" in err) == (2, True)
        wrong_key = ("--key", desk.parties[BROKER])
        code, _, err = tracer.run("desk", "sign", file, *wrong_key)
        assert (code, "is asked to sign" in err) == (2, True)
        code, _, _ = tracer.run("desk", "sign", tmp_path / "none")
        assert code == 2
