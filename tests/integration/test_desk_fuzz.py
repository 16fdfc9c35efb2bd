"""Fuzzed uploads in their short form; `tests/faults/test_desk_fuzz.py` is the long one."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from desk_fuzz import fuzz
from desk_requests import Signing
from desk_seals import seal, statement_body
from desk_world import BROKER, CUSTOMS, DECLARATION, WITHOUT_QUOTA, Desk, copy_world, serving_desk

from tracer.operations.desk_client import new_doc_id

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, int]]:
    world = copy_world(tmp_path_factory.mktemp("fuzz") / "home")
    with serving_desk(world, command=WITHOUT_QUOTA) as running:
        yield running


def test_fuzzed_uploads_never_end_in_a_bug(served: tuple[Desk, int]) -> None:
    desk, pid = served
    fuzzer = fuzz(desk, pid, 300, seed=random.randrange(2**32))
    assert fuzzer.statuses[201] > 0
    assert fuzzer.statuses[422] > 0
    assert len(fuzzer.statuses) > 5


def test_nothing_confidential_lies_in_the_clear(served: tuple[Desk, int]) -> None:
    """50 markers in a file, its name, what was read and what was stated: found nowhere."""
    desk, _ = served
    markers = [f"marker-{number:02d}-{random.randrange(2**64):016x}" for number in range(50)]
    file = json.dumps({"consigneeUscc": markers[0], "goods": markers[1:]}).encode()
    with httpx.Client(timeout=60) as http:
        broker, doc_id = Signing(desk, BROKER, http), new_doc_id()
        named = {"Content_Type": "application/json", "X_Filename": f"{markers[0]}.json"}
        assert broker.upload(file, doc_id, **named).status_code == 201

        def confide(values: dict[str, Any]) -> None:
            values["confidential"]["contractNo"] = markers[2]

        document = seal(desk, file, confide)
        body = statement_body(desk, BROKER, document)
        stated = broker.json("PUT", f"/v1/documents/{doc_id}/statement", body)
        assert stated.status_code == 200, stated.text
        spoilt = {**body, "view": body["view"] + markers[3], "signature": markers[4]}
        assert broker.json("PUT", f"/v1/documents/{doc_id}/statement", spoilt).status_code == 400
        page = http.get(desk.origin).content
        assert broker.send("GET", f"/v1/documents/{doc_id}/file").content == file
        rendition = broker.send("GET", f"/v1/documents/{doc_id}/rendition").content
    salts = [one.salt.hex() for one in document.fields if one.name not in document.open_names]
    found = [path for path in desk.home.rglob("*") if path.is_file()]
    assert len(found) > 20
    texts = [path.read_bytes() for path in found] + [page, rendition]
    assert any(doc_id.encode() in text for text in texts)  # the search finds what is there
    hits = [secret for secret in (*markers, *salts) for text in texts if secret.encode() in text]
    assert hits == []


ODD: list[Any] = [
    None, True, False, 0, -1, 2**63, 2**64, 10**400, 1e308, 0.1, "", "x", "\ud800", "\x00",
    "0x" + "0" * 64,
    "é" * 3000, [], [[]], {}, {"": ""}, {"message": {}}, ["x"] * 300, {"x": {"y": [{"z": "w"}]}},
]  # fmt: skip
RAW = [b"", b"{", b"nul", b"NaN", b"[" * 50_000, b'{"a":1,"a":2}', b"\xff\xfe", b'{"fields":NaN}',
       b'{"x":' * 3000, b'"' + b"\\u0000" * 99 + b'"', b"-" * 99, b"9" * 9999]  # fmt: skip


def test_odd_json_never_ends_in_a_bug(served: tuple[Desk, int]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    desk, _ = served
    with httpx.Client(timeout=60) as http:
        broker, doc_id = Signing(desk, BROKER, http), new_doc_id()
        assert broker.upload(DECLARATION.read_bytes(), doc_id).status_code == 201
        document = seal(desk, DECLARATION.read_bytes())
        statement = statement_body(desk, BROKER, document)
        view = json.loads(statement["view"])
        good: dict[str, tuple[str, dict[str, Any]]] = {
            "check": ("POST", {"fields": {"number": "1", "office": "2248"}}),
            "statement": ("PUT", statement),
            "grants": (
                "POST",
                {"grantee": CUSTOMS, "publicKey": "00" * 32, "expiresAt": 1, "purpose": "x"},
            ),
        }
        for number in range(120):
            name = dice.choice(list(good))
            method, body = good[name]
            value: Any = json.loads(json.dumps(body))
            if name == "statement" and dice.random() < 0.6:
                odd_view = json.loads(json.dumps(view))
                place = dice.choice([odd_view, dice.choice(odd_view["fields"])])
                place[dice.choice([*place, "more"])] = dice.choice(ODD)
                value["view"] = json.dumps(odd_view)
            else:
                place = dice.choice([it for it in (value, *value.values()) if isinstance(it, dict)])
                place[dice.choice([*place, "more"])] = dice.choice(ODD)
            data = dice.choice(RAW) if dice.random() < 0.15 else json.dumps(value).encode()
            kind = {"Content-Type": dice.choice(["application/json"] * 9 + ["text/plain"])}
            answer = broker.send(method, f"/v1/documents/{doc_id}/{name}", data, kind)
            assert answer.status_code < 500, (seed, number, name, data[:500], answer.text)
            assert answer.status_code in {200, 400, 401, 411, 413} or data == b""
