"""A passport says one thing at the top, and shows as fact only what is genuine."""

import json
from dataclasses import replace
from typing import Any

import pytest
from bundle_vectors import VECTORS, load_case
from ledger_model import LedgerModel
from sample_batches import (
    AS_OF_UNIX,
    BROKER,
    CARRIER,
    DAY_S,
    GTIN,
    LAB,
    LOT,
    MAKER,
    PLANT,
    PORT,
    SERIAL,
    START_UNIX,
    advance_to,
    event,
    import_batch,
    issued,
    lab_report,
    recall,
    small_batch,
)

from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.canonical import digest_text
from tracer.domain.cards import ContentState, PaperState, VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.documents import DocType
from tracer.domain.identifiers import DigitalLink
from tracer.domain.kinds import Kind
from tracer.domain.messages import MESSAGES
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import verify_bundle
from tracer.rules import load_limits

LINK = DigitalLink.parse(f"https://example.org/01/{GTIN}/10/{LOT}/21/{SERIAL}")


def passport_of(
    ledger: LedgerModel,
    *,
    bundle: Bundle | None = None,
    node: bool = True,
    link: DigitalLink | None = LINK,
    as_of_unix: int = AS_OF_UNIX,
) -> Passport:
    bundle = bundle or ledger.bundle(SERIAL)
    facts = ledger.facts(bundle) if node else None
    checks = verify_bundle(bundle, facts, as_of_unix=as_of_unix, link=link)
    return build_passport(bundle, checks, as_of_unix)


def full_report() -> dict[str, Any]:
    """Public fields of a release report that misses nothing."""
    limits = load_limits()
    results = [
        {
            "code": parameter.code,
            "unit": parameter.unit,
            "basis": parameter.basis,
            "qualifier": "=",
            "value": float(limit.minimum or limit.maximum or 0),
        }
        for parameter in limits.parameters.values()
        for limit in parameter.limits.get("CN.stage1") or parameter.limits.get("CN.all") or ()
    ]
    plans = [
        {"code": plan.code, "jurisdiction": "CN", "values": [0] * plan.n}
        for plan in limits.plans
        if plan.jurisdiction == "CN"
    ]
    by_code = {result["code"]: result for result in results}
    by_code["ara"]["value"] = by_code["dha"]["value"]
    by_code["phosphorus"]["value"] = by_code["calcium"]["value"]
    return {"results": results, "samplingResults": plans}


def clean_import() -> LedgerModel:
    return import_batch(lab_report=full_report())


class TestVerdict:
    def test_a_clean_import_is_ok(self) -> None:
        verdict = passport_of(clean_import()).verdict
        assert verdict.code is VerdictCode.OK
        assert verdict.notes == ()
        assert verdict.reason.params == {"count": 21}
        assert verdict.action.key == "action.use"

    def test_without_a_node_it_could_not_be_checked_and_says_what_it_would_be(self) -> None:
        verdict = passport_of(clean_import(), node=False).verdict
        assert verdict.code is VerdictCode.COULD_NOT_CHECK
        assert verdict.if_confirmed is VerdictCode.OK
        assert "no node was asked" in str(verdict.reason.params["reason"])

    def test_missing_lab_values_are_a_note(self) -> None:
        verdict = passport_of(import_batch()).verdict
        assert verdict.code is VerdictCode.OK_WITH_NOTE
        assert [note.key for note in verdict.notes] == ["note.lab-INCOMPLETE", "note.lab-differs"]

    def test_a_value_beyond_its_limit_is_not_verified(self) -> None:
        report = full_report()
        next(row for row in report["results"] if row["code"] == "lead")["value"] = 0.09
        verdict = passport_of(import_batch(lab_report=report)).verdict
        assert verdict.code is VerdictCode.NOT_VERIFIED
        assert verdict.reason.key == "reason.lab-fail"
        assert verdict.reason.params["name"] == "Lead"

    def test_too_few_samples_that_are_called_passed_are_not_verified(self) -> None:
        report = full_report()
        short = next(row for row in report["samplingResults"] if row["code"] == "cronobacter")
        short["values"] = [0, 0]
        verdict = passport_of(import_batch(lab_report=report)).verdict
        assert verdict.code is VerdictCode.NOT_VERIFIED
        assert verdict.reason.key == "reason.lab-unusable"
        assert verdict.reason.params["report"] == "RFL-26-004417"

    def test_a_recall_stands_above_everything(self) -> None:
        ledger = clean_import()
        recall(ledger)
        good = passport_of(ledger).verdict
        assert (good.code, good.reason.params) == (VerdictCode.RECALLED, {"date": "2026-03-23"})
        damaged = replace(ledger.bundle(SERIAL), contents={})
        assert passport_of(ledger, bundle=damaged, node=False).verdict.code is VerdictCode.RECALLED

    def test_a_recall_that_the_mirror_withholds_is_still_a_recall(self) -> None:
        case = load_case(VECTORS / "good.recall-withheld.json")
        bundle = Bundle.from_json(case["bundle"])
        facts = ChainFacts.from_json(case["facts"])
        checks = verify_bundle(bundle, facts, as_of_unix=AS_OF_UNIX, link=LINK)
        assert build_passport(bundle, checks, AS_OF_UNIX).verdict.code is VerdictCode.RECALLED

    def test_a_hold_is_on_hold_and_its_release_a_note(self) -> None:
        ledger = clean_import()
        advance_to(ledger, 40)
        ledger.append(CARRIER, [event(ledger, Kind.HOLD, 40, PORT)])
        held = passport_of(ledger).verdict
        assert (held.code, held.reason.params) == (VerdictCode.ON_HOLD, {"date": "2026-03-23"})
        ledger.append(CARRIER, [event(ledger, Kind.RELEASE, 40, PORT)])
        released = passport_of(ledger).verdict
        assert released.code is VerdictCode.OK_WITH_NOTE
        assert [note.key for note in released.notes] == ["note.hold-lifted"]

    def test_past_its_date_is_expired_also_without_a_node(self) -> None:
        late = START_UNIX + 800 * DAY_S
        for node in (True, False):
            verdict = passport_of(clean_import(), node=node, as_of_unix=late).verdict
            assert verdict.code is VerdictCode.EXPIRED

    def test_a_serial_nobody_issued(self) -> None:
        link = DigitalLink.parse(f"https://example.org/01/{GTIN}/10/{LOT}/21/K00000000")
        ledger = clean_import()
        verdict = passport_of(ledger, bundle=ledger.bundle(None), link=link).verdict
        assert verdict.code is VerdictCode.NOT_ISSUED
        assert verdict.reason.params == {"serial": "K00000000"}

    def test_a_batch_nobody_registered(self) -> None:
        case = load_case(VECTORS / "good.batch-unknown-to-the-ledger.json")
        bundle = Bundle.from_json(case["bundle"])
        checks = verify_bundle(
            bundle, ChainFacts.from_json(case["facts"]), as_of_unix=AS_OF_UNIX, link=LINK
        )
        assert build_passport(bundle, checks, AS_OF_UNIX).verdict.code is VerdictCode.NOT_ISSUED

    def test_damage_is_not_verified_and_named(self) -> None:
        ledger = clean_import()
        bundle = ledger.bundle(SERIAL)
        digest = bundle.records[9].digest
        texts = {**bundle.documents, digest: bundle.documents[digest].replace("4.5", "4.6")}
        passport = passport_of(ledger, bundle=replace(bundle, documents=texts))
        assert passport.verdict.code is VerdictCode.NOT_VERIFIED
        assert passport.verdict.reason.params["subject"] == "document PACKING_LIST PL-1"
        assert passport.authentic is CheckStatus.INVALID

    def test_an_unconfirmed_clearance_is_a_note(self) -> None:
        ledger = small_batch()
        advance_to(ledger, 30)
        claim = ledger.paper(
            DocType.CUSTOMS_DECLARATION, "224820261000300451", BROKER, issued(29), {"tins": 5}
        )
        ledger.append(BROKER, [claim])
        passport = passport_of(ledger)
        assert "note.clearance-claimed" in [note.key for note in passport.verdict.notes]
        assert passport.clearance.state == "CLAIMED"
        assert passport.papers[-1].state is PaperState.CLAIMED

    def test_a_suspended_party_is_a_note(self) -> None:
        ledger = clean_import()
        ledger.with_party(LAB, status=2)
        keys = [note.key for note in passport_of(ledger).verdict.notes]
        assert keys == ["note.suspended"]

    @pytest.mark.parametrize(
        ("log", "note", "params"),
        [
            (
                {"maxC": 31.2, "minutesOverMax": 120},
                "note.condition-minor",
                {"max": "30", "peak": "31.2"},
            ),
            (
                {"maxC": 41.5, "minutesOverMax": 120},
                "note.condition-critical",
                {"hard": "40", "peak": "41.5"},
            ),
            ({"maxC": 28, "minutesOverMax": 0, "gaps": 2}, "note.condition-gap", {}),
            ({"maxC": "warm"}, "note.condition-gap", {}),
        ],
    )
    def test_conditions_are_notes(
        self, log: dict[str, Any], note: str, params: dict[str, str]
    ) -> None:
        ledger = clean_import()
        advance_to(ledger, 40)
        said = {"profile": "POWDER_AMBIENT", **log}
        ledger.append(
            CARRIER, [ledger.paper(DocType.TEMPERATURE_LOG, "L", CARRIER, issued(39), said)]
        )
        verdict = passport_of(ledger).verdict
        assert verdict.code is VerdictCode.OK_WITH_NOTE
        assert [(each.key, each.params) for each in verdict.notes] == [(note, params)]

    def test_a_slow_clearance_is_a_note(self) -> None:
        ledger = small_batch()
        advance_to(ledger, 40)
        ledger.append(
            BROKER,
            [
                event(ledger, Kind.IMPORT_DECLARATION, 30, PORT),
                event(ledger, Kind.CUSTOMS_RELEASE, 33, PORT),
            ],
        )
        notes = {note.key: note.params for note in passport_of(ledger).verdict.notes}
        assert notes["note.clearance-slow"] == {"hours": "72.0", "target": 48}

    def test_a_footprint_that_does_not_add_up_is_a_note(self) -> None:
        ledger = clean_import()
        advance_to(ledger, 40)
        said = {"activities": [{"quantity": 1, "factorValue": 1}], "totalKgCO2e": 2}
        ledger.append(MAKER, [ledger.paper(DocType.CARBON_FOOTPRINT, "P", MAKER, issued(39), said)])
        keys = [note.key for note in passport_of(ledger).verdict.notes]
        assert keys == ["note.carbon-differs"]

    def test_without_a_report_there_is_a_note(self) -> None:
        ledger = small_batch()
        bundle = ledger.bundle(SERIAL)
        documents = {
            key: text for key, text in bundle.documents.items() if '"docType":9' not in text
        }
        passport = passport_of(ledger, bundle=replace(bundle, documents=documents))
        keys = [note.key for note in passport.verdict.notes]
        assert keys == ["note.lab-none", "note.missing"]

    def test_what_is_missing_is_a_note(self) -> None:
        ledger = clean_import()
        bundle = ledger.bundle(SERIAL)
        gone = replace(bundle, documents={}, contents={})
        notes = passport_of(ledger, bundle=gone).verdict.notes
        missing = next(note for note in notes if note.key == "note.missing")
        # Seven events and eight papers; the confirmation repeats one paper's commitment.
        assert missing.params == {"count": 20}


class TestCards:
    def test_product_comes_from_its_paper(self) -> None:
        product = passport_of(clean_import()).product
        assert (product.gtin, product.lot, product.serial) == (GTIN, LOT, SERIAL)
        assert product.name_zh.startswith("考怀金装")
        assert (product.stage, product.tins, product.net_weight_g) == (1, 5, 900)
        assert (product.production_date, product.best_before) == ("2026-02-11", "2028-02-10")

    def test_without_its_paper_a_product_has_no_name(self) -> None:
        ledger = clean_import()
        bundle = replace(ledger.bundle(SERIAL), documents={})
        product = passport_of(ledger, bundle=bundle).product
        assert (product.name_en, product.stage, product.gtin) == ("", None, GTIN)

    def test_journey_has_a_step_for_every_record(self) -> None:
        passport = passport_of(clean_import())
        assert [step.position for step in passport.journey] == list(range(21))
        first, serials = passport.journey[4:6]
        assert (first.kind, first.content) == ("CANNING", ContentState.VALID)
        assert first.place is not None
        assert (first.place.gln, first.place.name_en, first.place.lat) == (
            PLANT,
            "Te Awa plant",
            -37.78,
        )
        assert serials.content is ContentState.NONE
        assert serials.signer == MAKER

    def test_clearance_counts_from_declaration_to_release(self) -> None:
        clearance = passport_of(clean_import()).clearance
        assert (clearance.state, clearance.hours) == ("CLEARED", 30)
        assert clearance.hours_from_arrival == 54
        assert clearance.target_hours == 48

    def test_papers_have_states(self) -> None:
        states = {paper.doc_type: paper.state for paper in passport_of(clean_import()).papers}
        assert states.pop("CUSTOMS_DECLARATION") is PaperState.CLEARED
        assert set(states.values()) == {PaperState.CONFIRMED}

    def test_papers_in_conflict_say_so(self) -> None:
        passport = passport_of(import_batch(declaration={"tins": 6}))
        states = {paper.doc_type: paper.state for paper in passport.papers}
        assert states["CUSTOMS_DECLARATION"] is PaperState.CONFLICT
        assert states["CERTIFICATE_OF_ORIGIN"] is PaperState.CONFIRMED

    def test_a_paper_by_somebody_else_is_unverified_or_in_conflict(self) -> None:
        ledger = small_batch()
        record = ledger.paper(DocType.CSR_REPORT, "CSR-1", CARRIER, issued(20), {})
        ledger.append(CARRIER, [record])
        passport = passport_of(ledger)
        assert passport.papers[-1].state is PaperState.UNVERIFIED
        assert passport.verdict.code is VerdictCode.OK_WITH_NOTE
        ledger.append(MAKER, [ledger.paper(DocType.ORGANIC, "ORG-1", MAKER, issued(20), {})])
        passport = passport_of(ledger)
        assert passport.papers[-1].state is PaperState.CONFLICT
        assert passport.verdict.code is VerdictCode.NOT_VERIFIED

    def test_damaged_and_withheld_papers_say_so(self) -> None:
        ledger = small_batch()
        bundle = ledger.bundle(SERIAL)
        product, report = bundle.records[2].digest, bundle.records[3].digest
        damaged = replace(bundle, documents={report: bundle.documents[report] + " "})
        cards = passport_of(ledger, bundle=damaged).papers
        assert [(c.state, c.commitment) for c in cards] == [
            (PaperState.WITHHELD, product.hex()),
            (PaperState.INVALID, report.hex()),
        ]

    def test_hidden_fields_are_counted_and_never_shown(self) -> None:
        card = next(c for c in passport_of(small_batch()).papers if c.doc_type == "LAB_REPORT")
        assert card.hidden == 2
        assert "price" not in card.fields

    def test_carbon_condition_and_responsibility(self) -> None:
        ledger = small_batch()
        carbon = {
            "functionalUnit": "1 tin at retail",
            "activities": [
                {"stage": "transport", "quantity": 10, "factorValue": 2, "factorId": "road.artic"}
            ],
            "totalKgCO2e": 20,
            "literatureBandPerKg": [5, 12],
        }
        log = {"profile": "POWDER_AMBIENT", "readings": 9, "maxC": 33.1, "minutesOverMax": 2100}
        csr = {"framework": "GRI 13", "metrics": [{"code": "GRI 305-1", "value": 4120}]}
        advance_to(ledger, 21)
        ledger.append(
            MAKER,
            [
                ledger.paper(DocType.CARBON_FOOTPRINT, "PCF-1", MAKER, issued(20), carbon),
                ledger.paper(DocType.CSR_REPORT, "CSR-1", MAKER, issued(20), csr),
                ledger.paper(DocType.TEMPERATURE_LOG, "LOG-1", MAKER, issued(20), log),
            ],
        )
        passport = passport_of(ledger)
        assert passport.carbon is not None
        assert passport.carbon.footprint.per_tin_co2e_kg == 4
        assert passport.carbon.message.key == "carbon.ok"
        assert passport.carbon.band_message is not None
        assert passport.carbon.band_message.key == "carbon.band-below"
        assert passport.csr[0].fields["framework"] == "GRI 13"
        assert passport.conditions[0].summary.severity == "major"
        note = next(n for n in passport.verdict.notes if n.key == "note.condition-major")
        assert note.params == {"max": "30", "hours": "35", "peak": "33.1"}

    def test_parties_are_named_by_their_own_profiles(self) -> None:
        ledger = clean_import()
        owner = passport_of(ledger).parties[0]
        assert (owner.gln, owner.is_owner, owner.roles) == (MAKER, True, ("MANUFACTURER",))
        assert owner.name_zh == "考怀乳业(虚构)"
        bundle = ledger.bundle(SERIAL)
        parties = dict(bundle.parties)
        parties[int(MAKER)] = replace(parties[int(MAKER)], profile='{"nameEn":"Somebody else"}')
        shown = passport_of(ledger, bundle=replace(bundle, parties=parties)).parties[0]
        assert shown.name_en == ""

    def test_a_profile_that_is_no_profile_names_nobody(self) -> None:
        ledger = clean_import()
        ledger.with_party(MAKER, profile="x", profile_digest=digest_text("x"), status=9)
        owner = passport_of(ledger).parties[0]
        assert (owner.name_en, owner.status) == ("", "UNKNOWN")

    def test_steps_show_what_sensors_and_scales_said(self) -> None:
        ledger = small_batch()
        advance_to(ledger, 40)
        sensor = {"sensorReport": [{"type": "Temperature", "value": 5.1, "uom": "CEL"}]}
        more = {
            "eventTimeZoneOffset": "-03:30",
            "quantityList": [{"quantity": 16796.2, "uom": "KGM"}, {"quantity": 7}],
            "sensorElementList": [sensor, "broken"],
            "tracer:reason": "retest passed",
        }
        ledger.append(MAKER, [event(ledger, Kind.MILK_RECEIPT, 39, PLANT, **more)])
        step = passport_of(ledger).journey[-1]
        assert (step.min_c, step.max_c, step.quantity_kg) == (5.1, 5.1, 16796.2)
        assert (step.utc_offset_s, step.reason_en) == (-12600, "retest passed")

    def test_several_reports_show_the_last_first(self) -> None:
        ledger = small_batch()
        advance_to(ledger, 40)
        ledger.append(LAB, [lab_report(ledger, purpose="retest")])
        assert [card.purpose for card in passport_of(ledger).labs] == ["retest", ""]


class TestJson:
    def test_is_plain_json_with_known_keys(self) -> None:
        value = passport_of(clean_import()).to_json()
        text = json.dumps(value, allow_nan=False)
        assert json.loads(text) == value
        assert isinstance(value, dict)
        assert value["verdict"]["code"] == "OK"

    @pytest.mark.parametrize("name", ["good", "good-import", "good-held", "good-recalled"])
    def test_every_message_has_words(self, name: str) -> None:
        case = load_case(VECTORS / f"{name}.json")
        bundle = Bundle.from_json(case["bundle"])
        facts = ChainFacts.from_json(case["facts"])
        checks = verify_bundle(bundle, facts, as_of_unix=AS_OF_UNIX)
        value = json.dumps(build_passport(bundle, checks, AS_OF_UNIX).to_json())
        for key in json.loads(value, object_hook=lambda each: each)["checks"]:
            assert key["key"] in MESSAGES
