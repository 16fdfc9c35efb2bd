"""EPCIS documents of others: whose batch, which stage, and nothing altered."""

import json
from typing import Any

import pytest
from operations_files import Load

from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.batch_file import FileDefaults
from tracer.operations.plan import BatchPlan, PlannedEvent
from tracer.operations.stages import SHAPES, STAGE_KEY
from tracer.samples import SAMPLE_NAMES, sample_path

WHO = FileDefaults(recorder=Gln.parse("9520010002104"))


def document(name: str = "nl") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(sample_path(name).read_text("utf-8"))["epcisDocument"]
    return loaded


def events_of(source: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = source["epcisBody"]["eventList"]
    return events


def keep(source: dict[str, Any], *stages: str) -> dict[str, Any]:
    """Only the first event of each stage, without stage and id."""
    found = {event[STAGE_KEY]: event for event in reversed(events_of(source))}
    source["epcisBody"]["eventList"] = [found[stage] for stage in stages]
    for event in events_of(source):
        del event[STAGE_KEY], event["eventID"]
    return source


def kinds(plan: BatchPlan) -> list[Kind]:
    return [item.kind for item in plan.items]


class TestBatch:
    @pytest.mark.parametrize("name", SAMPLE_NAMES)
    def test_is_the_lot_that_canning_made(self, load: Load, name: str) -> None:
        plan = load(document(name), defaults=WHO)
        wanted = json.loads(sample_path(name).read_text("utf-8"))["batch"]
        assert (plan.gtin.value, plan.lot.value) == (wanted["gtin"], wanted["lot"])
        assert {item.recorder for item in plan.items} == {WHO.recorder}
        assert plan.owner == WHO.recorder
        assert (plan.prefix_digits, plan.company_prefix, plan.partners) == (None, "", ())

    def test_is_the_only_lot_of_a_file_without_canning(self, load: Load) -> None:
        source = document()
        source = keep(source, "LAB_SAMPLING", "DEPARTURE")
        assert load(source, defaults=WHO).lot.value == "NL6C18T2"

    def test_must_be_named_when_events_name_several_lots(self, load: Load) -> None:
        source = document()
        source["epcisBody"]["eventList"] = events_of(source)[:3]
        with pytest.raises(InvalidFileError, match=r"which batch it is about.*NW-26-221"):
            load(source, defaults=WHO)
        named = FileDefaults(WHO.recorder, Gtin.parse("09520010002012"), Lot.parse("NL6C18T2"))
        assert len(load(source, defaults=named).items) == 3

    def test_must_be_named_when_events_name_none(self, load: Load) -> None:
        source = keep(document(), "DEPARTURE")
        with pytest.raises(InvalidFileError, match=r"its events name: none"):
            load(source, defaults=WHO)

    def test_recorder_must_be_named(self, load: Load) -> None:
        with pytest.raises(InvalidFileError, match="does not say who records"):
            load(document())


class TestStage:
    CLEAR = (
        "MILK_COLLECTION", "CANNING", "PACK_AGGREGATE", "LAB_SAMPLING", "EXPORT_CERTIFICATION",
        "FACTORY_RELEASE", "EXPORT_DECLARATION", "CONTAINER_LOADING", "DEPARTURE",
        "TRANSPORT_CONDITION", "ARRIVAL", "HOLD", "RELEASE", "IMPORT_DECLARATION",
        "CUSTOMS_RELEASE", "UNLOAD", "WAREHOUSE_RECEIPT", "DISTRIBUTION", "RETAIL_RECEIPT", "SALE",
    )  # fmt: skip

    def test_is_recognised_by_its_shape(self, load: Load) -> None:
        plan = load(keep(document(), *self.CLEAR), defaults=WHO)
        assert sorted(kind.name for kind in kinds(plan)) == sorted(self.CLEAR)

    @pytest.mark.parametrize(
        ("stage", "candidates"),
        [
            ("MILK_RECEIPT", "MILK_RECEIPT, MATERIAL_RECEIPT"),
            ("WET_PROCESS", "WET_PROCESS, DRY_BLEND"),
            ("LAB_RESULT", "LAB_RESULT, CIQ_INSPECTION"),
        ],
    )
    def test_is_asked_for_where_several_have_the_shape(
        self, load: Load, stage: str, candidates: str
    ) -> None:
        with pytest.raises(
            InvalidFileError, match=f"its steps fit {candidates}; add 'tracer:stage'"
        ):
            load(keep(document(), stage), defaults=WHO)

    def test_is_asked_for_where_none_has_the_shape(self, load: Load) -> None:
        source = keep(document(), "DEPARTURE")
        events_of(source)[0]["bizStep"] = "encoding"
        with pytest.raises(InvalidFileError, match="its steps fit no known stage"):
            load(source, defaults=WHO)

    @pytest.mark.parametrize(("disposition", "kind"), [("recalled", "RECALL"), ("active", "HOLD")])
    def test_hold_recall_is_two_kinds(self, load: Load, disposition: str, kind: str) -> None:
        source = keep(document("ie"), "HOLD")
        events_of(source)[0] |= {STAGE_KEY: "HOLD_RECALL", "disposition": disposition}
        assert kinds(load(source, defaults=WHO)) == [Kind[kind]]

    def test_every_sample_event_has_the_shape_of_its_stage(self, load: Load) -> None:
        for name in SAMPLE_NAMES:
            for item in load(document(name), defaults=WHO).items:
                assert isinstance(item, PlannedEvent)
                assert SHAPES[item.kind].fits(item.event), item.kind


class TestDocument:
    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("schemaVersion", "1.2", r"schemaVersion = '1\.2': must be '2\.0'"),
            ("epcisBody", {}, r"epcisBody\.eventList: must list 1 to 5,000 events"),
            ("epcisBody", [], r"epcisBody\.eventList: must list"),
            ("note", "x", r"note = 'x': unknown key"),
            ("@context", [3], r"@context = 3: must list"),
        ],
    )
    def test_refuses(self, load: Load, key: str, value: object, message: str) -> None:
        with pytest.raises(InvalidFileError, match=message):
            load({**document(), key: value}, defaults=WHO)

    def test_event_that_has_no_id_gets_one(self, load: Load) -> None:
        source = document()
        for event in events_of(source):
            del event["eventID"]
        assert load(source, defaults=WHO) == load(document(), defaults=WHO)

    def test_more_events_than_allowed(self, load: Load) -> None:
        source = document()
        source["epcisBody"]["eventList"] = [{}] * 5_001
        with pytest.raises(InvalidFileError, match="1 to 5,000 events"):
            load(source, defaults=WHO)
