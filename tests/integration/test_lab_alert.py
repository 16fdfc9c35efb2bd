"""A report with one value falsified to pass is caught, wherever a reader looks."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli_world import TRACER
from served_world import World, open_client, running_world

from tracer.operations.batch_file import load_batch_plan
from tracer.operations.demo import load_demo
from tracer.samples import sample_path

pytestmark = pytest.mark.integration

ALERT = "note.lab-differs"
HTML = {"accept": "text/html"}
VERIFY_S = 120.0  # a start of Python and some requests, on a machine that is busy


def falsified(folder: Path) -> Path:
    """The clean sample, whose laboratory says pass though its lead lies above the limit."""
    batch = json.loads(sample_path("nz").read_text("utf-8"))
    for paper in batch["documents"]:
        paper.pop("file", None)  # the printed report is not what is judged
    report = next(p["public"] for p in batch["documents"] if p["docType"] == "LAB_REPORT")
    lead = next(row for row in report["results"] if row["code"] == "lead")
    lead.update(qualifier="=", value=0.09)
    assert report["verdict"] == "pass"
    path = folder / "falsified.json"
    path.write_text(json.dumps(batch, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, now_unix = tmp_path_factory.mktemp("lab"), int(time.time())
    plan = load_batch_plan(falsified(folder), now_unix=now_unix)
    sample = next(batch for batch in load_demo(now_unix) if batch.name == "nz")
    with running_world(folder / "home", changed=[replace(sample, plan=plan)]) as running:
        yield running


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[httpx.Client]:
    with open_client(world.settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def passport(world: World, client: httpx.Client) -> dict[str, Any]:
    answer = client.get(world.path(), headers={"accept": "application/json"})
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_programme_s_interface_tells_programs(passport: dict[str, Any]) -> None:
    (lab,) = passport["labs"]
    assert lab["alert"]["key"] == ALERT
    assert lab["alert"]["params"] == {"stated": "pass", "computed": "FAIL"}
    assert (lab["verdict"]["stated"], lab["verdict"]["judgement"]) == ("pass", "FAIL")
    (row,) = [row for row in lab["verdict"]["rows"] if row["judgement"] == "FAIL"]
    assert (row["code"], row["value"], row["maximum"]) == ("lead", "0.09", "0.08")
    assert row["source"] == "GB 2762-2022"
    assert row["confidence"] == "high"
    assert passport["verdict"]["reason"]["key"] == "reason.lab-fail"
    assert ALERT in [note["key"] for note in passport["verdict"]["notes"]]


def test_other_markets_stand_beside_and_decide_nothing(passport: dict[str, Any]) -> None:
    (lab,) = passport["labs"]
    assert [verdict["market"] for verdict in lab["beside"]] == ["EU", "CODEX"]
    assert lab["verdict"]["market"] == "CN"


def test_the_laboratory_is_independent_and_its_accreditation_unproven(
    passport: dict[str, Any],
) -> None:
    (lab,) = passport["labs"]
    assert lab["identity"]["state"] == "UNVERIFIED"
    assert lab["identity"]["scheme"] == "IANZ"
    found = {f["message"]["key"]: f["state"] for f in lab["identity"]["findings"]}
    assert found["lab-id.independent"] == "CONFIRMED"
    assert found["lab-id.no-validity"] == "UNVERIFIED"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The laboratory says pass, the values say fail."),
        ("zh", "检验机构结论为"),
    ],
)
def test_the_page_tells_people(
    world: World, client: httpx.Client, language: str, sentence: str
) -> None:
    answer = client.get(world.path(), headers=HTML | {"accept-language": language})
    (alert,) = re.findall(r'<p class="bad">([^<]+)</p>', answer.text)
    assert sentence in alert


def test_the_command_line_tells_verifiers(world: World) -> None:
    link = world.batches["nz"].link
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    env = kept | {"TRACER_HOME": str(world.home), "TRACER_RPC_URL": world.rpc_url}

    def verify(*more: str) -> str:
        words = [*TRACER, "verify", str(link.gtin), str(link.lot), str(link.serial), *more]
        done = subprocess.run(
            words, env=env, capture_output=True, text=True, timeout=VERIFY_S, check=False
        )
        # Everything is as it was recorded: what is false was recorded so.
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "The laboratory says pass, the values say FAIL." in verify()
    notes = json.loads(verify("--json"))["notes"]
    assert ALERT in [note["key"] for note in notes]
