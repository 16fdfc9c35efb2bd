"""The corpus is honest: complete, repeatable, and every forgery is what its story says."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from forgeries.corpus import Case, forged_cases, genuine_cases
from forgeries.families import FAMILIES
from forgeries.genuine import VARIANTS
from forgeries.story import Story, differences, parse_moment
from stdnum import imo, iso6346

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.paper_types import validate_fields

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("SEED", "20261128"))
PLANS = {(family, variant) for family, variants in FAMILIES.items() for variant in variants}
ROUND = len(PLANS)
WANTED_FAMILIES = 30
GENUINE = 3 * len(VARIANTS)
SHELF_LIFE_DAYS = (728, 732)  # two years less a day, leap or not
DECLARATION = re.compile(r"\d{4}20\d{2}1\d{9}")
NOT_SAID_BY_ANYBODY = ("others/", "mirror/", "serials/")


@pytest.fixture(scope="module")
def forged() -> list[Case]:
    print(f"SEED={SEED}")
    return list(forged_cases(SEED, ROUND))


@pytest.fixture(scope="module")
def genuine() -> list[Case]:
    print(f"SEED={SEED}")
    return list(genuine_cases(SEED, GENUINE))


def test_one_round_tries_every_variant_of_every_family(forged: list[Case]) -> None:
    assert len(FAMILIES) >= WANTED_FAMILIES
    assert {(case.family, case.variant) for case in forged} == PLANS


def test_a_short_corpus_tries_every_family(forged: list[Case]) -> None:
    first = forged[: len(FAMILIES)]
    assert {case.family for case in first} == set(FAMILIES)


def test_every_genuine_variant_occurs(genuine: list[Case]) -> None:
    assert {variant for case in genuine for variant in case.variants} == set(VARIANTS)


def test_a_forgery_changes_what_it_says_and_nothing_else(forged: list[Case]) -> None:
    for case in forged:
        changed = set(differences(case.base.plain(), case.story.plain()))
        assert changed, case.name
        assert changed == set(case.touched), (case.name, case.family, case.variant)


def test_whatever_a_forgery_changes_is_named_as_lying(forged: list[Case]) -> None:
    """A reason may name what was changed; it may not be asked to name anything else."""
    for case in forged:
        assert case.names
        assert case.lie
        assert not case.lie.endswith(".")
        if case.variant == "old stock":  # every later moment moves, and nothing of it is false
            continue
        for path in case.touched:
            if path.startswith(NOT_SAID_BY_ANYBODY) or _is_gone(case.story, path):
                continue
            subject = path.split("/")[1]
            if path.startswith("parties/"):
                continue  # what a party is, is a fact of the ledger
            assert subject in case.names, (case.family, case.variant, path)


def _is_gone(story: Story, path: str) -> bool:
    part, key = path.split("/")[:2]
    return part in {"papers", "marks", "events"} and key not in getattr(story, part)


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another() -> None:
    """Also where strings hash otherwise, as they do in every new process."""
    digests = {seed: {_digest(seed, salt) for salt in ("1", "2")} for seed in ("5", "6")}
    assert len(digests["5"]) == len(digests["6"]) == 1
    assert digests["5"] != digests["6"]


def _digest(seed: str, salt: str) -> str:
    words = [sys.executable, "scripts/forgeries", "--seed", seed, "--forged", "40"]
    done = subprocess.run(
        [*words, "--genuine", "40"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": salt},
        capture_output=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 80
    assert {"name", "lie", "touched", "names"} <= set(json.loads(lines[0]))
    return hashlib.sha256(done.stdout).hexdigest()


def test_cases_do_not_depend_on_how_many_there_are() -> None:
    few, many = list(genuine_cases(SEED, 4)), list(genuine_cases(SEED, 9))
    assert [case.story.plain() for case in few] == [case.story.plain() for case in many[:4]]


# --- genuine cases are in order: identifiers, dates, sums, in plain words -----------------------


def test_genuine_cases_are_in_order(genuine: list[Case]) -> None:
    for case in genuine:
        for story in (case.story, *case.story.others):
            problems = list(_problems(story))
            assert problems == [], (case.name, case.honest)


def _problems(story: Story) -> Iterator[str]:
    Gtin.parse(story.batch["gtin"])
    Lot.parse(story.batch["lot"])
    for gln in story.parties:
        Gln.parse(gln)
    for key, paper in story.papers.items():
        fixed = {name: paper[name] for name in ("number", "issuer", "issuedAt")}
        said = {**fixed, **paper["public"], **paper["confidential"]}
        for problem in validate_fields(DocType[paper["docType"]], said):
            yield f"{key}: {problem}"
        yield from (f"{key}: {what}" for what in _on_paper(story, paper["public"]))
    yield from _declarations(story)
    yield from _sums(story)


def _on_paper(story: Story, said: dict[str, Any]) -> Iterator[str]:
    if said.get("lot", story.batch["lot"]) != story.batch["lot"]:
        yield "lot"
    if "container" in said and not iso6346.is_valid(said["container"]):
        yield f"container {said['container']}"
    if "vesselImo" in said and not imo.is_valid(said["vesselImo"]):
        yield f"vessel {said['vesselImo']}"
    if {"grossKg", "netKg"} <= said.keys() and not said["grossKg"] > said["netKg"] > 0:
        yield "weights"
    if "bestBefore" in said:
        life = date.fromisoformat(said["bestBefore"]) - date.fromisoformat(said["productionDate"])
        if not SHELF_LIFE_DAYS[0] < life.days < SHELF_LIFE_DAYS[1]:
            yield "best before"


def _declarations(story: Story) -> Iterator[str]:
    cited = {paper["number"] for paper in story.papers.values()}
    for key in story.of_type("CUSTOMS_DECLARATION"):
        number, said = story.papers[key]["number"], story.public(key)
        year = parse_moment(story.papers[key]["issuedAt"]).year
        if not DECLARATION.fullmatch(number) or number[:8] != f"{said['office']}{year}":
            yield f"{key}: number {number} of office {said['office']} in {year}"
        missing = {said["coNo"], said["healthCertNo"], said["bl"]} - cited
        if missing:
            yield f"{key}: cites {missing}"
    confirmed = {mark.get("of") for mark in story.marks.values()}
    if not set(story.of_type("CUSTOMS_DECLARATION")) <= confirmed:
        yield "a declaration is not confirmed"


def _sums(story: Story) -> Iterator[str]:
    label = story.public("PRODUCT")
    if story.serials["count"] != label["tins"]:
        yield "serials"
    for doc_type in ("PACKING_LIST", "HEALTH_CERTIFICATE", "CUSTOMS_DECLARATION"):
        keys = story.of_type(doc_type)
        tins = sum(story.public(key)["tins"] for key in keys)
        kilograms = sum(story.public(key)["netKg"] for key in keys)
        if tins != label["tins"]:
            yield f"{doc_type}: {tins} of {label['tins']} tins"
        if abs(kilograms - label["tins"] * label["netWeightG"] / 1000) > 1:
            yield f"{doc_type}: {kilograms} kg"
