"""What a page hands to its first script: the question that the script would ask, and safe data."""

import json
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bundle_vectors import VECTORS, load_case
from hypothesis import given
from hypothesis import strategies as st
from sample_batches import AS_OF_UNIX, SERIAL, import_batch
from tracer_api.assets import load_assets
from tracer_api.routes.scan import TONES
from tracer_api.services import build_templates
from tracer_api.view.page import Place, build_page
from tracer_api.view.proof import build_proof, build_question, spell_tin
from tracer_api.view.texts import Texts

from tracer.domain.bundle import Bundle
from tracer.domain.core import core_of
from tracer.domain.merkle import inclusion_proof
from tracer.domain.passport import build_passport
from tracer.domain.verify import verify_bundle

ROOT = Path(__file__).parents[3]
NODE = shutil.which("node") or ""
ASK = """
import { questionsOf } from "./scanner_app/core-facts.js";
import { bodyOf } from "./scanner_app/node.js";
import { readFileSync } from "node:fs";
const [core, rule] = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(bodyOf(questionsOf(core, rule)));
"""
READ_TIN = """
import { readTin } from "./scanner_app/tin.js";
import { readFileSync } from "node:fs";
process.stdout.write(JSON.stringify(readTin(...JSON.parse(readFileSync(0, "utf8")))));
"""


class _Data(HTMLParser):
    """Reads the data of the script's element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "script" and named.get("id") == "app":
            self.found = named


@pytest.mark.skipif(not NODE, reason="node is not installed")
@pytest.mark.parametrize("finality", ["0", "12", "finalized"])
def test_the_question_is_the_scripts_own(finality: str) -> None:
    bundle = Bundle.from_json(load_case(VECTORS / "good.json")["bundle"])
    asked = subprocess.run(
        [NODE, "--input-type=module", "-e", ASK],
        input=json.dumps([core_of(bundle).to_json(), finality]),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert asked == build_question(bundle, finality)


def read_tin(text: str) -> object:
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", READ_TIN],
        input=json.dumps([text]),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(not NODE, reason="node is not installed")
class TestTin:
    def test_is_the_bundles(self) -> None:
        bundle = import_batch().bundle(SERIAL)
        assert bundle.tin
        data = build_proof(bundle, "/b", "/c", "0")
        assert read_tin(data.tin) == bundle.tin.to_json()

    def test_is_none_on_a_batchs_page(self) -> None:
        data = build_proof(replace(import_batch().bundle(SERIAL), tin=None), "/b", "/c", "0")
        assert data.tin == ""
        assert read_tin("") is None

    def test_a_list_of_one_has_no_proof(self) -> None:
        text = spell_tin(b"ONLY", 0, 1, bytes(32)).decode()
        assert read_tin(text) == {
            "serial": "ONLY",
            "index": 0,
            "size": 1,
            "proof": [],
            "root": "00" * 32,
        }


@given(st.integers(1, 500), st.data())
def test_all_tins_of_a_list_take_the_same_room(size: int, data: st.DataObject) -> None:
    """Where a tree is not full, the last leaves have shorter proofs."""
    leaves = [b"%d" % number for number in range(size)]
    first, second = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    widths = {
        len(spell_tin(b"SERIAL", at, size, b"".join([*inclusion_proof(leaves, at), bytes(32)])))
        for at in (first, second)
    }
    assert len(widths) == 1


def test_data_cannot_become_markup() -> None:
    bundle, assets = import_batch().bundle(SERIAL), load_assets()
    words = Texts("en", assets.catalogues["en"])
    passport = build_passport(
        bundle, verify_bundle(bundle, None, as_of_unix=AS_OF_UNIX), AS_OF_UNIX
    )
    place = Place("/01/x", SERIAL, "http://127.0.0.1:8545", build_proof(bundle, "/b", "/c", "0"))
    page = build_page(words, passport, place)
    assert page.details
    odd = """'><b onclick="x">&lt;&#39;"""
    changed = replace(page.details, script=page.details.script | {"lot": odd, "ask": odd})
    template = build_templates().get_template("passport.html")
    reader = _Data()
    shown = replace(page, details=changed)
    reader.feed(template.render(page=shown, t=words, assets=assets, tones=TONES))
    assert reader.found["data-lot"] == odd
    assert reader.found["data-ask"] == odd
    assert reader.found["data-verdict"] == page.details.script["verdict"]
