"""The three samples parse, obey the ledger's rules, and are what their generator makes."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py
from epcis_event_hash_generator.file_document_loader import file_document_loader
from pyld import jsonld

from tracer.domain.documents import DOCUMENT_KIND, DocType
from tracer.domain.identifiers import check_digit
from tracer.domain.kinds import AUTHORITY_ROLES, CLASS_ROLES, INDEPENDENT_CLASSES, Kind, Role
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.plan import (
    BatchPlan,
    PlannedConfirmation,
    PlannedDocument,
    PlannedEvent,
    PlannedSerials,
)
from tracer.operations.plan_rules import find_refusals
from tracer.samples import SAMPLE_NAMES, sample_path
from tracer.samples.make import build_samples

TODAY_UNIX = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
RECORDS = {"nz": 42, "nl": 50, "ie": 52}
TINS = {"nz": 11_520, "nl": 9_600, "ie": 10_560}
EVENTS = {"nz": 28, "nl": 35, "ie": 37}
PAPERS = {"nz": 12, "nl": 13, "ie": 13}


@pytest.fixture(scope="module", params=SAMPLE_NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plans() -> dict[str, BatchPlan]:
    return {one: load_batch_plan(sample_path(one), now_unix=TODAY_UNIX) for one in SAMPLE_NAMES}


@pytest.fixture
def plan(plans: dict[str, BatchPlan], name: str) -> BatchPlan:
    return plans[name]


@pytest.fixture
def raw(name: str) -> dict:
    return json.loads(sample_path(name).read_text("utf-8"))


def of_type(plan: BatchPlan, wanted: type) -> list:
    return [item for item in plan.items if isinstance(item, wanted)]


def only(plan: BatchPlan, kind: Kind) -> PlannedEvent:
    (found,) = [item for item in plan.items if item.kind is kind]
    assert isinstance(found, PlannedEvent)
    return found


class TestPlan:
    def test_has_every_event_paper_and_serial(self, plan: BatchPlan, name: str) -> None:
        assert len(plan.items) == RECORDS[name]
        assert len(of_type(plan, PlannedEvent)) == EVENTS[name]
        assert len(of_type(plan, PlannedDocument)) == PAPERS[name]
        assert len(of_type(plan, PlannedConfirmation)) == 1
        (serials,) = of_type(plan, PlannedSerials)
        assert len(set(serials.serials)) == TINS[name]
        assert list(serials.serials) == sorted(serials.serials)

    def test_is_the_same_every_time(self, plan: BatchPlan, name: str) -> None:
        assert load_batch_plan(sample_path(name), now_unix=TODAY_UNIX) == plan

    def test_stands_in_time_order(self, plan: BatchPlan) -> None:
        times = [item.occurred_at_unix for item in plan.items]
        assert times == sorted(times)
        assert times[-1] < TODAY_UNIX

    def test_breaks_no_rule_of_the_ledger(self, plan: BatchPlan) -> None:
        assert list(find_refusals(plan)) == []

    def test_every_writer_has_the_role(self, plan: BatchPlan) -> None:
        roles = {party.gln: party.roles for party in plan.parties}
        for item in plan.items:
            assert roles[item.recorder] & CLASS_ROLES[item.kind.kind_class], item.kind
            independent = item.kind.kind_class in INDEPENDENT_CLASSES
            assert not (independent and item.recorder == plan.owner), item.kind
            partner = item.recorder in plan.partners or item.recorder == plan.owner
            assert partner or roles[item.recorder] & AUTHORITY_ROLES

    def test_papers_are_recorded_by_their_issuer(self, plan: BatchPlan) -> None:
        for paper in of_type(plan, PlannedDocument):
            assert paper.recorder == paper.issuer
            assert paper.kind is DOCUMENT_KIND[paper.doc_type]
            assert paper.file is not None
            assert paper.file.read_bytes().startswith(b"%PDF-")

    def test_customs_confirm_the_declaration_at_release(self, plan: BatchPlan) -> None:
        (confirmation,) = of_type(plan, PlannedConfirmation)
        papers = {paper.number: paper for paper in of_type(plan, PlannedDocument)}
        claim = papers[confirmation.document_number]
        assert claim.doc_type is DocType.CUSTOMS_DECLARATION
        assert claim.recorder != confirmation.recorder
        assert confirmation.occurred_at_unix == only(plan, Kind.CUSTOMS_RELEASE).occurred_at_unix

    def test_owner_claims_a_prefix_of_its_gtin_and_gln(self, plan: BatchPlan) -> None:
        assert plan.prefix_digits == 10
        assert plan.owner.value.startswith(plan.company_prefix)

    def test_names_are_in_both_languages_and_flagged(self, plan: BatchPlan) -> None:
        for party in plan.parties:
            assert party.name_en.endswith("(invented)")
            assert party.name_zh.endswith("(虚构)")
            assert party.digest == hashlib.sha256(party.text.encode()).digest()


class TestStories:
    def test_netherlands_is_held_after_arrival_and_released_before_customs_release(
        self, plans: dict[str, BatchPlan]
    ) -> None:
        plan = plans["nl"]
        kinds = [item.kind for item in plan.items]
        wanted = [Kind.ARRIVAL, Kind.HOLD, Kind.RELEASE, Kind.CUSTOMS_RELEASE]
        assert [kind for kind in kinds if kind in wanted] == wanted
        held = kinds[kinds.index(Kind.HOLD) : kinds.index(Kind.RELEASE)]
        assert held == [Kind.HOLD, Kind.LAB_REPORT, Kind.LAB_RESULT]
        reports = [p for p in of_type(plan, PlannedDocument) if p.doc_type is DocType.LAB_REPORT]
        assert [report.public["purpose"] for report in reports] == ["release", "retest"]

    def test_ireland_is_held_recalled_and_destroyed(self, plans: dict[str, BatchPlan]) -> None:
        plan = plans["ie"]
        assert [item.kind for item in plan.items][-5:] == [
            Kind.LAB_REPORT, Kind.LAB_RESULT, Kind.HOLD, Kind.RECALL, Kind.DESTRUCTION,
        ]  # fmt: skip
        assert only(plan, Kind.RECALL).event["tracer:recallClass"] == 1

    def test_irish_supplier_fails_three_times_before_two_inspectors(
        self, plans: dict[str, BatchPlan]
    ) -> None:
        inspections = plans["ie"].inspections
        assert [one.passed for one in inspections] == [False] * 3
        assert len({one.gln for one in inspections}) == 1
        assert len({one.inspector for one in inspections}) == 2
        assert len({one.inspection_id for one in inspections}) == 3

    def test_all_three_share_the_inspectors(self, plans: dict[str, BatchPlan]) -> None:
        texts = {
            tuple(p.text for p in plan.parties if p.roles is Role.INSPECTOR)
            for plan in plans.values()
        }
        assert len(texts) == 1
        assert len(texts.pop()) == 2

    def test_no_prefix_is_claimed_twice(self, plans: dict[str, BatchPlan]) -> None:
        assert len({plan.company_prefix for plan in plans.values()}) == len(plans)


class TestEvents:
    @pytest.mark.filterwarnings("ignore:open_text is deprecated:DeprecationWarning")
    def test_ids_are_those_of_the_reference_implementation(self, raw: dict) -> None:
        jsonld.set_document_loader(file_document_loader())  # GS1's context, from a file
        document = raw["epcisDocument"]
        # It expands only prefixes that the document itself declares, not those of GS1's context.
        context = [*document["@context"], {"cbvmda": "urn:epcglobal:cbv:mda:"}]
        for event in document["epcisBody"]["eventList"]:
            alone = {**document, "@context": context, "epcisBody": {"eventList": [event]}}
            parsed = json_to_py.event_list_from_epcis_document_json(alone)
            (expected,) = hash_generator.epcis_hashes_from_events(parsed)
            assert event["eventID"] == expected, event["tracer:stage"]

    def test_logger_file_has_the_digest_that_events_and_paper_name(
        self, raw: dict, name: str
    ) -> None:
        log = sample_path(name).with_name(f"{name}_templog.csv").read_bytes()
        digest = hashlib.sha256(log).hexdigest()
        events = raw["epcisDocument"]["epcisBody"]["eventList"]
        named = {event["tracer:rawSha256"] for event in events if "tracer:rawSha256" in event}
        (paper,) = [one for one in raw["documents"] if one["docType"] == "TEMPERATURE_LOG"]
        assert named == {digest} == {paper["public"]["sha256"]}

    def test_every_place_has_names_and_coordinates(self, raw: dict, plan: BatchPlan) -> None:
        (product,) = [one for one in raw["documents"] if one["docType"] == "PRODUCT"]
        places = product["public"]["places"]
        for event in of_type(plan, PlannedEvent):
            if event.location:
                assert {"nameEn", "nameZh", "city", "country"} < places[event.location.value].keys()
        for gln, place in places.items():
            assert check_digit(gln[:-1]) == int(gln[-1])
            assert -90 <= place["lat"] <= 90
            assert -180 <= place["lon"] <= 180

    def test_every_stage_is_recorded_by_the_party_of_its_stage(self, plan: BatchPlan) -> None:
        recorders = {(item.kind, item.recorder) for item in of_type(plan, PlannedEvent)}
        assert max(Counter(kind for kind, _ in recorders).values()) == 1


class TestGenerator:
    def test_committed_files_are_what_the_generator_makes(self) -> None:
        stale = [str(path) for path, data in build_samples() if path.read_bytes() != data]
        assert stale == [], "run scripts/make_samples.py"

    def test_papers_are_small_and_have_one_page(self) -> None:
        total = 0
        for path in sample_path("nz").parent.glob("documents/*/*.pdf"):
            data = path.read_bytes()
            total += len(data)
            assert data.count(b"/Type /Page\n") == 1, path.name
        assert total < 3_000_000

    def test_confidential_values_stand_in_no_public_field(self, raw: dict) -> None:
        for paper in raw["documents"]:
            public = json.dumps(paper["public"], ensure_ascii=False)
            for key, value in paper["confidential"].items():
                assert key not in paper["public"]
                assert str(value) not in public, (paper["docType"], key)

    def test_unknown_sample_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no sample 'fr'"):
            sample_path("fr")
