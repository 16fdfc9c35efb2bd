"""Fuzzed uploads in their short form; `tests/faults/test_desk_fuzz.py` is the long one."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from desk_fuzz import fuzz
from desk_world import (
    BROKER,
    WITHOUT_QUOTA,
    Desk,
    Signing,
    copy_world,
    seal,
    serving_desk,
    statement_body,
)

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
