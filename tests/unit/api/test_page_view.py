"""From a bundle to the printed page, without a server."""

import gzip
import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from bundle_odd import ODD
from ledger_model import LedgerModel
from sample_batches import (
    AS_OF_UNIX,
    LAB,
    SERIAL,
    advance_to,
    event,
    import_batch,
    new_ledger,
    recall,
    small_batch,
)
from tracer_api.assets import join_modules, load_assets
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.routes.scan import TONES
from tracer_api.services import build_templates
from tracer_api.view.map import build_map
from tracer_api.view.model import Page
from tracer_api.view.page import Place, build_page
from tracer_api.view.proof import ProofData
from tracer_api.view.texts import Texts
from tracer_api.view.words import in_words, plain_name, say_message, say_subject

from tracer.domain.bundle import Bundle
from tracer.domain.cards import VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.identifiers import DigitalLink
from tracer.domain.kinds import Kind, Role
from tracer.domain.messages import Message
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import verify_bundle

ASSETS = load_assets()
TEXTS = {language: Texts(language, ASSETS.catalogues[language]) for language in LANGUAGES}
EN, ZH = TEXTS["en"], TEXTS["zh"]
PROOF = ProofData(f"/v1/b/bundle?serial={SERIAL}", "/v1/b/core", "[]", "", "0")
NODE = "http://127.0.0.1:8545"


def passport(bundle: Bundle, as_of_unix: int = AS_OF_UNIX, serial: str = SERIAL) -> Passport:
    batch = bundle.batch
    link = DigitalLink.parse(f"https://x.example/01/{batch.gtin}/10/{batch.lot}/21/{serial}")
    checks = verify_bundle(bundle, None, as_of_unix=as_of_unix, link=link)
    return build_passport(bundle, checks, as_of_unix)


def page_of(shown: Passport, t: Texts = EN) -> Page:
    return build_page(t, shown, Place(f"/01/x/21/{SERIAL}", SERIAL, NODE, PROOF))


def print_page(page: Page, language: Language = "en") -> str:
    return (
        build_templates()
        .get_template("passport.html")
        .render(page=page, t=TEXTS[language], assets=ASSETS, tones=TONES)
    )


def tampered(bundle: Bundle) -> Bundle:
    digest = next(iter(bundle.contents))
    return replace(bundle, contents={**bundle.contents, digest: bundle.contents[digest] + " "})


class TestVerdict:
    def test_consistent_records_are_not_yet_green(self) -> None:
        block = page_of(passport(import_batch().bundle(SERIAL))).verdict
        assert (block.code, block.verified) == (VerdictCode.OK_WITH_NOTE, "pending")
        assert block.title == "Records consistent"

    def test_recalled(self) -> None:
        ledger = import_batch()
        recall(ledger)
        block = page_of(passport(ledger.bundle(SERIAL))).verdict
        assert (block.code, block.title) == (VerdictCode.RECALLED, "Recalled")
        assert block.also.startswith("Recalled on ")

    def test_on_hold(self) -> None:
        ledger = import_batch()
        advance_to(ledger, 40)
        ledger.append(LAB, [event(ledger, Kind.HOLD, 40, LAB, **{"tracer:stage": "HOLD_RECALL"})])
        block = page_of(passport(ledger.bundle(SERIAL))).verdict
        assert (block.code, block.title) == (VerdictCode.ON_HOLD, "On hold")

    def test_expired(self) -> None:
        shown = passport(import_batch().bundle(SERIAL), as_of_unix=1_900_000_000)
        block = page_of(shown).verdict
        assert block.code == VerdictCode.EXPIRED
        assert "10 Feb 2028" in block.text
        assert "2028年2月10日" in page_of(shown, ZH).verdict.text

    def test_a_serial_that_was_never_issued(self) -> None:
        shown = passport(import_batch().bundle(), serial="KFFFFFFFF")
        block = page_of(shown).verdict
        assert block.code == VerdictCode.NOT_ISSUED
        assert "never issued this tin" in block.text

    def test_damage_is_named_and_stands_above_all(self) -> None:
        block = page_of(passport(tampered(import_batch().bundle(SERIAL)))).verdict
        assert (block.code, block.verified) == (VerdictCode.NOT_VERIFIED, CheckStatus.INVALID)
        assert re.search(r"record \d+ \(.+\): the content is not the one", block.text)

    def test_damage_does_not_hide_a_recall(self) -> None:
        ledger = import_batch()
        recall(ledger)
        block = page_of(passport(tampered(ledger.bundle(SERIAL)))).verdict
        assert (block.code, block.verified) == (VerdictCode.NOT_VERIFIED, CheckStatus.INVALID)
        assert "Recalled on " in block.also

    def test_the_script_is_told_what_to_say_once_it_is_confirmed(self) -> None:
        details = page_of(passport(import_batch().bundle(SERIAL))).details
        assert details is not None
        assert details.script["verdict"] == "OK_WITH_NOTE"
        assert details.script["text"].startswith("This tin is on record and")
        assert details.script["before"] == "2028-02-10"


class TestPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("make", [small_batch, import_batch], ids=lambda make: make.__name__)
    def test_shows_every_record_once(self, make: Any, language: Language) -> None:
        bundle = make().bundle(SERIAL)
        page = page_of(passport(bundle), TEXTS[language])
        assert page.details is not None
        steps = [step for phase in page.details.phases for run in phase.runs for step in run.steps]
        assert sorted(step.position for step in steps) == list(range(len(bundle.records)))
        html = print_page(page, language)
        journey = html.partition('id="journey"')[2].partition("</section>")[0]
        assert journey.count("<li>") == len(steps)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_a_signer_once_for_steps_in_a_row(self, language: Language) -> None:
        page = page_of(passport(import_batch().bundle(SERIAL)), TEXTS[language])
        assert page.details is not None
        for phase in page.details.phases:
            signers = [run.signer for run in phase.runs]
            assert all(one != other for one, other in pairwise(signers))
            assert all(run.steps for run in phase.runs)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_batch_of_which_nothing_is_known_has_a_page(self, language: Language) -> None:
        bundle = small_batch().bundle(SERIAL)
        bare = replace(bundle, contents={}, documents={}, parties={})
        html = print_page(page_of(passport(bare), TEXTS[language]), language)
        assert bundle.batch.gtin in html

    def test_a_batch_without_records_has_a_page(self) -> None:
        html = print_page(page_of(passport(new_ledger().bundle())))
        assert "0 steps recorded" in html

    def test_text_of_parties_cannot_become_markup(self) -> None:
        ledger = LedgerModel("09520010001015", "A26B11K1", "9520010001008")
        evil = "<script>alert(1)</script>\" onload='x'"
        ledger.admit("9520010001008", Role.MANUFACTURER, evil, evil, "NZ")
        ledger.register()
        html = print_page(page_of(passport(ledger.bundle())))
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html

    def test_says_that_demonstration_data_are_invented(self) -> None:
        page = page_of(passport(import_batch().bundle(SERIAL)))
        assert page.demo
        assert "invented" in print_page(page)
        assert plain_name("Rimu Food Laboratory (invented)") == "Rimu Food Laboratory"
        assert plain_name("芮木食品检测\uff08虚构\uff09") == "芮木食品检测"


class TestMap:
    def test_needs_two_places(self) -> None:
        shown = passport(import_batch().bundle(SERIAL))
        assert build_map(EN, [step for step in shown.journey if step.place is None]) is None

    def test_joins_places_in_order_and_leaves_impossible_ones_out(self) -> None:
        shown = passport(import_batch().bundle(SERIAL))
        step = next(step for step in shown.journey if step.place)
        assert step.place is not None
        ends = [(-37.8, 175.3, "NZ"), (95.0, 0.0, "XX"), (31.2, 121.5, "CN")]
        steps = [
            replace(
                step,
                occurred_at_unix=number,
                place=replace(step.place, lat=lat, lon=lon, country=country),
            )
            for number, (lat, lon, country) in enumerate(ends)
        ]
        drawn = build_map(EN, steps[::-1])
        assert drawn is not None
        assert drawn.line == "M147 141Q115 69 53 19"
        assert [label.text for label in drawn.labels] == ["New Zealand", "China"]
        assert drawn.coast.startswith("M")


SUBJECTS = [
    "record 17 (DEPARTURE)",
    "record 3 (0xff)",
    "append 212",
    "append 212 of party 9520010001008",
    "party 9520010001008",
    "tin KBB7F21FC",
    "document LAB_REPORT RFL-26-004417",
    "document 0123456789abcdef",
    "batch row",
    "chain row",
    "mirror row",
    "tin count",
    "bundle",
    "something else",
    f"{'0' * 64} document BILL_OF_LADING XMPL1",
]

PARAMS: list[dict[str, str]] = [
    {"fields": "netKg, hs, hs6, tins made, uses of HEALTH_CERTIFICATE, no such field"},
    {
        "field": "netKg",
        "one": "document PACKING_LIST P-1",
        "other": "record 3 (CANNING) + batch row",
    },
    {"type": "HALAL", "number": "7", "roles": "CUSTOMS, AUTHORITY", "country": "NZ"},
    {"kinds": "RECALL, HOLD", "status": "BANNED", "paper": "HALAL", "count": "3"},
]
"""Places of messages as the domain fills them."""


class TestWords:
    def test_subjects_are_translated(self) -> None:
        assert say_subject(EN, "record 17 (DEPARTURE)") == "record 17 (Ship departed)"
        assert say_subject(EN, "document LAB_REPORT RFL-1") == "Laboratory report RFL-1"
        assert say_subject(ZH, "party 9520010001008") == "参与方 9520010001008"
        assert say_subject(ZH, "something else") == "something else"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_script_says_the_same(self, language: Language) -> None:
        node = shutil.which("node")
        assert node
        words = json.dumps(dict(ASSETS.catalogues[language]), ensure_ascii=False)
        probe = (
            'import { inWords, sayAge, saySubject } from "./words.js";\n'
            f"console.log(JSON.stringify([{json.dumps(SUBJECTS)}.map(saySubject),"
            f" [0, 119, 120, 7200, 1e6].map(sayAge), {json.dumps(PARAMS)}.map(inWords)]));\n"
        )
        sources = {
            "probe.js": probe,
            "words.js": ASSETS.modules["words.js"],
            "say.js": ASSETS.modules["say.js"],
            "messages.js": f"export const messages = {words};\n",
        }
        run = [node, "--input-type=module", "-e", join_modules(sources, "probe.js")]
        said = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
        t = TEXTS[language]
        assert said[0] == [say_subject(t, subject) for subject in SUBJECTS]
        assert said[1] == [t.age(seconds) for seconds in (0, 119, 120, 7200, 10**6)]
        assert said[2] == [in_words(t, params) for params in PARAMS]

    def test_messages_name_papers_and_fields_in_plain_words(self) -> None:
        params = {
            "field": "netKg",
            "one": "document PACKING_LIST PL-1",
            "a": "9",
            "other": "record 5 (CANNING)",
            "b": "8",
        }
        message = Message("cross.conflict", params)
        assert say_message(EN, message) == (
            "net weight: Packing list PL-1 says 9, record 5 (Filled into tins) says 8"
        )
        chinese = say_message(ZH, message)
        assert [word in chinese for word in ("净重", "装箱单 PL-1", "灌装")] == [True] * 3


@pytest.mark.parametrize("language", LANGUAGES)
class TestClearance:
    """What the page says of each state, in both languages."""

    def test_conflict_is_red_and_says_why(self, language: Language) -> None:
        page = page_of(passport(ODD["odd-customs-object"][2]().bundle(SERIAL)), TEXTS[language])
        assert page.details is not None
        clearance = page.details.clearance
        assert clearance.tone == "stop"
        assert "2 kg more than declared" in clearance.reasons[0]
        printed = print_page(page, language)
        assert clearance.reasons[0] in printed
        assert clearance.title in printed

    def test_doubt_is_amber_and_says_why(self, language: Language) -> None:
        page = page_of(passport(ODD["odd-paper-withheld"][2]().bundle(SERIAL)), TEXTS[language])
        assert page.details is not None
        clearance = page.details.clearance
        assert clearance.tone == "warn"
        assert clearance.text == TEXTS[language]("clearance.doubted.text")
        assert len(clearance.reasons) == 1

    def test_both_spans_are_shown(self, language: Language) -> None:
        page = page_of(passport(import_batch().bundle(SERIAL)), TEXTS[language])
        assert page.details is not None
        clearance = page.details.clearance
        assert (clearance.tone, clearance.reasons) == ("good", ())
        printed = print_page(page, language)
        assert re.search(r"30.*48", clearance.hours)
        assert "54" in clearance.arrival
        assert clearance.hours in printed
        assert clearance.arrival in printed


MAX_CSS_BYTES = 5_700
"""The style is printed into each page and makes about a sixth of it."""

MAX_BODY_BYTES = {"en": 6_150, "zh": 6_450}
"""What is shown of the sample batch, at gzip's best; bytes are exact, so a budget can be, too."""

HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
class TestWeight:
    def test_the_style_keeps_its_budget(self, language: Language) -> None:
        assert len(ASSETS.css.encode()) <= MAX_CSS_BYTES, language

    def test_what_is_shown_keeps_its_budget(self, language: Language) -> None:
        page = page_of(passport(import_batch().bundle(SERIAL)), TEXTS[language])
        body = HEAD.sub("", print_page(page, language)).encode()
        assert len(gzip.compress(body, 9, mtime=0)) <= MAX_BODY_BYTES[language]

    def test_a_serial_stands_only_as_text_or_in_an_address(self, language: Language) -> None:
        """The server puts each tin's own bytes in these places of its batch's finished page."""
        page = page_of(passport(import_batch().bundle(SERIAL)), TEXTS[language])
        body = HEAD.sub("", print_page(page, language))
        before = {body[found.start() - 1] for found in re.finditer(SERIAL, body)}
        assert before == {">", "/", "="}
