"""EPCIS events: what is refused, and in which words; what the ledger takes from a good one."""

import copy
from typing import Any

import pytest

from tracer.domain import epcis, epcis_rules
from tracer.domain.epcis import (
    CONTEXT,
    EVENT_KINDS,
    Item,
    find_faults,
    parse_event,
)
from tracer.domain.event_hash import event_id
from tracer.domain.kinds import Kind
from tracer.errors import InvalidEventError

PLANT = "https://id.gs1.org/414/9520010001015"
LOT = "https://id.gs1.org/01/09520010001015/10/A26B11K1"
OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-02-24T16:05:00.750+13:00",
    "eventTimeZoneOffset": "+13:00",
    "action": "OBSERVE",
    "bizStep": "inspecting",
    "disposition": "conformant",
    "readPoint": {"id": "https://id.gs1.org/414/9520010001039", "tracer:room": "4"},
    "bizLocation": {"id": PLANT},
    "quantityList": [{"epcClass": LOT, "quantity": 11520}],
    "bizTransactionList": [{"type": "testres", "bizTransaction": "urn:example:doc:LAB:1"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-02-24T16:00:00+13:00"},
            "sensorReport": [{"type": "Temperature", "value": 21.5, "uom": "CEL"}],
        }
    ],
    "persistentDisposition": {"set": ["completeness_verified"]},
    "tracer:stage": "LAB_RESULT",
}
TRANSFORMATION: dict[str, Any] = {
    "type": "TransformationEvent",
    "eventTime": "2026-02-11T14:00:00+13:00",
    "eventTimeZoneOffset": "+13:00",
    "inputQuantityList": [{"epcClass": LOT, "quantity": 10409.5, "uom": "KGM"}],
    "outputEPCList": ["urn:epc:id:sgtin:952001000.0101.K1"],
    "bizStep": "commissioning",
    "ilmd": {"cbvmda:lotNumber": "A26B11K1", "tracer:serialCount": 11520},
    "tracer:stage": "CANNING",
}
AGGREGATION: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventTime": "2026-03-03T13:00:00+13:00",
    "eventTimeZoneOffset": "+13:00",
    "action": "ADD",
    "parentID": "urn:epc:id:bic:XMPU2603016",
    "childEPCs": ["https://id.gs1.org/00/195200012602110002"],
    "bizStep": "loading",
    "tracer:stage": "CONTAINER_LOADING",
}


def changed(event: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the member at a dotted path set, or removed when value is None."""
    result = copy.deepcopy(event)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    target: Any = result
    for part in parents:
        target = target[part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return result


class TestGoodEvents:
    @pytest.mark.parametrize("event", [OBJECT, TRANSFORMATION, AGGREGATION])
    def test_have_no_faults(self, event: dict[str, Any]) -> None:
        assert find_faults(event) == []

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("bizStep", "cbv:BizStep-inspecting"),
            ("bizStep", "https://ref.gs1.org/cbv/BizStep-inspecting"),
            ("bizStep", "urn:epcglobal:cbv:bizstep:inspecting"),
            ("bizStep", "https://words.example/steaming"),
            ("disposition", "tracer:quarantined"),
            ("recordTime", "2026-02-24T16:05:01Z"),
            ("certificationInfo", "https://words.example/certificate/1"),
            ("certificationInfo", ["https://words.example/certificate/1"]),
            ("tracer:own", {"plain": [1, 2.5, None, True, "text"]}),
            ("errorDeclaration", {"declarationTime": "2026-02-25T00:00:00Z"}),
            ("sensorElementList/0/sensorReport/0/exception", "ALARM_CONDITION"),
            ("sensorElementList/0/sensorReport/0/type", "tracer:Acidity"),
            ("sensorElementList/0/sensorReport/0/booleanValue", True),
            ("bizTransactionList/0/type", "urn:example:doc:TYPE:EXPORT_ENTRY"),
            ("readPoint", {"id": "geo:47.5,11.1"}),
            ("ilmd", {"tracer:a": 1}),
        ],
    )
    def test_may_use_all_of_the_standard(self, path: str, value: Any) -> None:
        assert find_faults(changed(OBJECT, path, value)) == []

    def test_may_have_members_named_by_a_whole_iri(self) -> None:
        assert find_faults(OBJECT | {"https://words.example/own": "text"}) == []

    def test_need_no_stage_to_be_well_formed(self) -> None:
        assert find_faults(changed(OBJECT, "tracer:stage", None)) == []


class TestFaults:
    @pytest.mark.parametrize(
        ("path", "value", "said"),
        [
            ("bizStep", "releasing", "bizStep: 'releasing' is no business step of CBV 2.0"),
            ("bizStep", "cbv:BizStep-releasing", "is no business step"),
            ("bizStep", "https://ref.gs1.org/cbv/BizStep-releasing", "is no business step"),
            ("bizStep", "urn:epcglobal:cbv:bizstep:releasing", "is no business step"),
            ("bizStep", "Shipping", "is no business step"),
            ("bizStep", 4, "is no business step"),
            ("disposition", "sold", "disposition: 'sold' is no disposition of CBV 2.0"),
            ("foo", 1, "foo: 1 is no member that EPCIS 2.0 has here"),
            ("mt:stage", "X", "has the prefix 'mt', which @context does not declare"),
            ("eventTime", "yesterday", "eventTime: 'yesterday' is not a timestamp"),
            ("eventTime", "2026-02-24T16:05:00", "is not a timestamp"),
            ("eventTime", 1771902300, "is not a timestamp"),
            ("eventTime", None, "eventTime: None is missing"),
            ("eventTimeZoneOffset", "NZDT", "is not an offset"),
            ("eventTimeZoneOffset", "+14:30", "is not an offset"),
            ("eventTimeZoneOffset", None, "eventTimeZoneOffset: None is missing"),
            ("action", "CHANGE", "action: 'CHANGE' is not one of ADD, OBSERVE, DELETE"),
            ("action", None, "action: None is missing"),
            ("recordTime", "now", "recordTime: 'now' is not a timestamp"),
            ("type", "QuantityEvent", "type: 'QuantityEvent' is not one of ObjectEvent"),
            ("readPoint", "https://id.gs1.org/414/1", "readPoint: 'https://id.gs1.org/414/1' is"),
            ("readPoint/id", None, "readPoint.id: None is missing"),
            ("readPoint/id", "the plant", "readPoint.id: 'the plant' is not a URI"),
            ("readPoint/id", "https://id.gs1.org/414/9520010001038", "names a wrong GLN"),
            ("quantityList", {}, "quantityList: {} is not a list"),
            ("quantityList/0", LOT, "is not an object"),
            ("quantityList/0/epcClass", None, "quantityList[0].epcClass: None is missing"),
            ("quantityList/0/quantity", 0, "quantityList[0].quantity: 0 is not a number above"),
            ("quantityList/0/quantity", True, "is not a number above zero"),
            ("quantityList/0/quantity", float("inf"), "is not a number above zero"),
            ("quantityList/0/uom", "kilogram", "quantityList[0].uom: 'kilogram' is not a code"),
            ("quantityList/0/lot", "A", "quantityList[0].lot: 'A' is no member"),
            ("epcList", ["tin 4"], "epcList[0]: 'tin 4' is not a URI"),
            ("parentID", "urn:x:y", "parentID: 'urn:x:y' is no member"),
            ("bizTransactionList/0/type", "invoice", "is no business transaction type"),
            ("bizTransactionList/0/bizTransaction", None, "bizTransaction: None is missing"),
            ("sourceList", [{"source": PLANT}], "sourceList[0].type: None is missing"),
            ("sourceList", [{"type": "owner", "source": PLANT}], "is no source or destination"),
            ("sensorElementList/0/sensorReport", [], "is not a list of 1 to"),
            ("sensorElementList/0/sensorReport/0/type", None, "type: None is missing"),
            ("sensorElementList/0/sensorReport/0/type", "Heat", "is no measurement type"),
            ("sensorElementList/0/sensorReport/0/value", "21.5", "is not a number"),
            ("sensorElementList/0/sensorReport/0/booleanValue", "yes", "is not true or false"),
            ("sensorElementList/0/sensorReport/0/exception", "urn:x:ALARM", "is no sensor alert"),
            ("sensorElementList/0/sensorMetadata/time", "noon", "is not a timestamp"),
            ("persistentDisposition", {"set": []}, "is not a list of 1 to"),
            ("persistentDisposition", {"set": ["gone"]}, "set[0]: 'gone' is no disposition"),
            ("ilmd", {"lotNumber": "A"}, "ilmd.lotNumber: 'A' is no member"),
            ("errorDeclaration", {"reason": "typo"}, "declarationTime: None is missing"),
            ("eventID", "ni:///sha-256;00?ver=CBV2.0", "is not the event's CBV 2.0 hash, ni:///"),
            ("tracer:note", "x" * 10_001, "has more than 10000 letters"),
            ("tracer:note", [float("nan")], "tracer:note[0]: nan is not a number"),
            ("tracer:note", {"mt:a": 1}, "has no event hash: key 'mt:a' uses the prefix 'mt'"),
            ("tracer:note", [0] * 20_001, "has more than 20000 members"),
        ],
    )
    def test_name_field_value_and_rule(self, path: str, value: Any, said: str) -> None:
        with pytest.raises(InvalidEventError) as caught:
            parse_event(changed(OBJECT, path, value), position=3)
        assert said in str(caught.value)
        assert str(caught.value).startswith("event 3: ")

    @pytest.mark.parametrize(
        ("event", "path", "said"),
        [
            (OBJECT | {"sensorElementList": []}, "quantityList", "epcList: None is missing"),
            (AGGREGATION, "parentID", "parentID: None is missing"),
            (AGGREGATION, "childEPCs", "childEPCs: None is missing"),
            (TRANSFORMATION, "inputQuantityList", "inputQuantityList: None is missing"),
            (TRANSFORMATION, "outputEPCList", "outputQuantityList: None is missing"),
            (
                {**OBJECT, "type": "TransactionEvent"},
                "bizTransactionList",
                "bizTransactionList: None is missing",
            ),
            (AGGREGATION | {"type": "AssociationEvent"}, "parentID", "parentID: None is missing"),
        ],
    )
    def test_an_event_needs_its_objects(self, event: dict[str, Any], path: str, said: str) -> None:
        with pytest.raises(InvalidEventError, match=said):
            parse_event(changed(event, path, None))

    def test_delete_may_leave_out_the_children(self) -> None:
        assert find_faults(changed(AGGREGATION | {"action": "DELETE"}, "childEPCs", None)) == []

    def test_transformation_has_neither_action_nor_free_lists(self) -> None:
        faults = find_faults(TRANSFORMATION | {"action": "ADD", "epcList": []})
        assert [fault.field for fault in faults] == ["action", "epcList"]

    def test_all_are_told_but_not_without_end(self) -> None:
        event = OBJECT | {f"wrong{number}": 1 for number in range(15)}
        with pytest.raises(InvalidEventError) as caught:
            parse_event(event)
        lines = str(caught.value).splitlines()
        assert len(lines) == epcis.MAX_FAULTS_SHOWN + 1
        assert lines[-1] == "and 5 more"

    def test_long_values_are_cut(self) -> None:
        (fault,) = find_faults(OBJECT | {"bizStep": "x" * 500})
        assert len(str(fault)) < 150

    def test_depth_is_bounded(self) -> None:
        value: Any = 1
        for _ in range(100):
            value = {"a": value}
        (fault,) = find_faults(OBJECT | {"tracer:deep": value})
        assert "nested deeper than" in fault.rule

    @pytest.mark.parametrize("event", [None, 4, "event", []])
    def test_what_is_no_object_is_no_event(self, event: Any) -> None:
        with pytest.raises(InvalidEventError, match="is not an object"):
            parse_event(event)

    def test_list_length_is_bounded(self) -> None:
        too_many = ["urn:x:a"] * (epcis_rules.MAX_MEMBERS + 1)
        (fault,) = find_faults(OBJECT | {"epcList": too_many})
        assert fault.rule.startswith("is not a list of")


class TestEvent:
    def test_time_is_whole_seconds(self) -> None:
        assert parse_event(OBJECT).occurred_at_unix == 1771902300

    def test_location_is_the_read_point_else_the_business_location(self) -> None:
        assert str(parse_event(OBJECT).location) == "9520010001039"
        elsewhere = changed(OBJECT, "readPoint", {"id": "geo:47.5,11.1"})
        assert str(parse_event(elsewhere).location) == "9520010001015"
        assert parse_event(AGGREGATION).location is None

    @pytest.mark.parametrize(
        "uri",
        [
            "urn:epc:id:sgln:952001000.103.0",
            "https://shop.example/414/9520010001039/254/dock-1",
            "https://id.gs1.org/417/9520010001039",
        ],
    )
    def test_location_can_be_written_in_any_way(self, uri: str) -> None:
        assert str(parse_event(changed(OBJECT, "readPoint/id", uri)).location) == "9520010001039"

    def test_stage_names_the_kind(self) -> None:
        assert parse_event(OBJECT).kind is Kind.LAB_RESULT
        for kind in EVENT_KINDS:
            assert parse_event(OBJECT | {"tracer:stage": kind.name}).kind is kind

    def test_hold_and_recall_share_a_stage(self) -> None:
        event = OBJECT | {"tracer:stage": "HOLD_RECALL"}
        assert parse_event(event).kind is Kind.HOLD
        for word in ("recalled", "cbv:Disp-recalled", "urn:epcglobal:cbv:disp:recalled"):
            assert parse_event(event | {"disposition": word}).kind is Kind.RECALL, word

    @pytest.mark.parametrize("stage", [None, "", "LAB_REPORT", "BREWING", 4, ["CANNING"]])
    def test_other_stages_are_refused(self, stage: Any) -> None:
        with pytest.raises(InvalidEventError, match="no stage of a batch's life"):
            _ = parse_event(OBJECT | {"tracer:stage": stage}).kind

    def test_stage_is_found_under_any_prefix_of_our_namespace(self) -> None:
        event = changed(TRANSFORMATION, "tracer:stage", None)
        event["ilmd"] = {}
        context: Any = ["https://ref.gs1.org/x", {"t": epcis.NAMESPACE}]
        assert parse_event(event | {"t:stage": "CANNING"}, context).kind is Kind.CANNING
        whole = {epcis.NAMESPACE + "stage": "CANNING"}
        assert parse_event(event | whole, context).kind is Kind.CANNING
        other = event | {"@context": {"tracer": "https://other.example/"}}
        with pytest.raises(InvalidEventError):
            _ = parse_event(other | {"tracer:stage": "CANNING"}).kind

    def test_stage_said_twice_is_refused(self) -> None:
        event = parse_event(OBJECT | {epcis.NAMESPACE + "stage": "RECALL"})
        with pytest.raises(InvalidEventError, match="two members mean"):
            _ = event.kind

    def test_items_in_canonical_spelling(self) -> None:
        assert parse_event(TRANSFORMATION).items == (
            Item("outputEPCList", "https://id.gs1.org/01/09520010001015/21/K1"),
            Item("inputQuantityList", LOT, 10409.5, "KGM"),
        )
        assert parse_event(AGGREGATION).items == (
            Item("parentID", "urn:epc:id:bic:XMPU2603016"),
            Item("childEPCs", "https://id.gs1.org/00/195200012602110002"),
        )

    def test_event_id_is_the_hash(self) -> None:
        event = parse_event(OBJECT)
        assert event.event_id == event_id(OBJECT, CONTEXT)
        assert parse_event(OBJECT | {"eventID": event.event_id}).event_id == event.event_id
