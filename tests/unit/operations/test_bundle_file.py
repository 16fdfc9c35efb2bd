"""Our own format: every rule has a file that breaks it, and the error says where."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from operations_files import Load

from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.findings import MAX_LISTED
from tracer.operations.plan import PlannedDocument, PlannedEvent, PlannedSerials
from tracer.samples import sample_path

MAKER, FARM, CARRIER, INSPECTOR = (
    "9520010001008", "9520010001022", "9520010001060", "9520010009011",
)  # fmt: skip
STRANGER = "9520010003002"


def party(gln: str, *roles: str) -> dict[str, Any]:
    return {
        "gln": gln, "nameEn": "A", "nameZh": "甲", "roles": list(roles), "country": "NZ",
        "city": "Hamilton",
    }  # fmt: skip


def event(stage: str, time: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": time,
        "eventTimeZoneOffset": "+13:00",
        "action": "OBSERVE",
        "readPoint": {"id": f"https://id.gs1.org/414/{MAKER}"},
        "quantityList": [
            {"epcClass": "https://id.gs1.org/01/09520010001015/10/A26B11K1", "quantity": 5}
        ],
        "tracer:stage": stage,
        **more,
    }


BUNDLE: dict[str, Any] = {
    "format": "tracer-batch/1",
    "batch": {"gtin": "09520010001015", "lot": "A26B11K1", "owner": MAKER, "prefixDigits": 10},
    "parties": [
        party(MAKER, "MANUFACTURER"),
        party(FARM, "SUPPLIER"),
        party(CARRIER, "CARRIER"),
        party(INSPECTOR, "INSPECTOR"),
    ],
    "recorders": {"CANNING": MAKER, "DEPARTURE": CARRIER, "HOLD": MAKER, "RELEASE": MAKER},
    "epcisDocument": {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"tracer": "https://example.org/tracer/vocab/"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-01T00:00:00Z",
        "epcisBody": {
            "eventList": [
                event("DEPARTURE", "2026-03-06T21:30:00+13:00"),
                event("CANNING", "2026-02-11T14:00:00+13:00"),
            ]
        },
    },
    "documents": [
        {
            "docType": "PACKING_LIST",
            "number": "PL-1",
            "issuer": MAKER,
            "issuedAt": "2026-03-02T09:05:00+13:00",
            "public": {"tins": 5},
            "confidential": {"buyer": "B"},
        }
    ],
    "serials": {"issuedAt": "2026-02-11T15:00:00+13:00", "list": ["K2", "K1"]},
    "inspections": [
        {
            "id": "I-1",
            "party": FARM,
            "inspector": INSPECTOR,
            "inspectedAt": "2026-01-01T10:00:00Z",
            "passed": True,
            "report": {"findings": "none"},
        }
    ],
}


@pytest.fixture
def bundle() -> dict[str, Any]:
    return copy.deepcopy(BUNDLE)


def events_of(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = bundle["epcisDocument"]["epcisBody"]["eventList"]
    return events


class TestPlan:
    def test_items_stand_in_time_order_whatever_the_file_says(
        self, load: Load, bundle: dict[str, Any]
    ) -> None:
        plan = load(bundle)
        assert [item.kind for item in plan.items] == [
            Kind.CANNING, Kind.SERIALS, Kind.DOCUMENT, Kind.DEPARTURE,
        ]  # fmt: skip
        assert plan.partners == (Gln.parse(CARRIER),)
        assert plan.company_prefix == "9520010001"
        assert len(plan.inspections) == 1

    def test_event_text_is_canonical_and_holds_its_hash(
        self, load: Load, bundle: dict[str, Any]
    ) -> None:
        (canned, *_) = load(bundle).items
        assert isinstance(canned, PlannedEvent)
        assert json.loads(canned.text) == canned.event
        assert canned.text.startswith('{"action":"OBSERVE","eventID":"ni:///sha-256;')
        assert canned.location == Gln.parse(MAKER)

    def test_listed_serials_are_sorted(self, load: Load, bundle: dict[str, Any]) -> None:
        (serials,) = [i for i in load(bundle).items if isinstance(i, PlannedSerials)]
        assert [one.value for one in serials.serials] == ["K1", "K2"]

    def test_key_order_and_white_space_do_not_matter(
        self, load: Load, bundle: dict[str, Any]
    ) -> None:
        shuffled = json.dumps(dict(reversed(bundle.items())), indent=7)
        assert load(shuffled) == load(bundle)

    def test_foreign_prefixes_travel_with_the_event(
        self, load: Load, bundle: dict[str, Any]
    ) -> None:
        bundle["epcisDocument"]["@context"].append({"dairy": "https://dairy.example/"})
        events_of(bundle)[0]["dairy:shift"] = "night"
        departed = load(bundle).items[-1]
        assert isinstance(departed, PlannedEvent)
        assert {"dairy": "https://dairy.example/"} in departed.event["@context"]

    def test_paper_beside_the_batch_file(
        self, load: Load, bundle: dict[str, Any], tmp_path: Path
    ) -> None:
        (tmp_path / "papers").mkdir()
        (tmp_path / "papers" / "list.pdf").write_bytes(b"%PDF-")
        bundle["documents"][0]["file"] = "papers/list.pdf"
        (paper,) = [i for i in load(bundle).items if isinstance(i, PlannedDocument)]
        assert paper.file == tmp_path / "papers" / "list.pdf"


def at(*keys: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """A mutation that puts a value where the keys lead."""

    def mutate(bundle: dict[str, Any]) -> None:
        target: Any = bundle
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value

    return mutate


def without(*keys: Any) -> Callable[[dict[str, Any]], None]:
    def mutate(bundle: dict[str, Any]) -> None:
        target: Any = bundle
        for key in keys[:-1]:
            target = target[key]
        del target[keys[-1]]

    return mutate


EVENT = ("epcisDocument", "epcisBody", "eventList", 0)
BROKEN = {
    "GTIN check digit": (
        at("batch", "gtin", value="09520010001016"),
        r"batch\.gtin = '09520010001016': .*check digit 6, but its digits give 5",
    ),
    "GLN check digit": (at("batch", "owner", value="9520010001009"), r"batch\.owner.*check digit"),
    "lot with a space": (at("batch", "lot", value="A 26"), r"batch\.lot = 'A 26': .*contains ' '"),
    "lot of 21": (at("batch", "lot", value="A" * 21), r"batch\.lot.*21 characters"),
    "prefix of 3": (at("batch", "prefixDigits", value=3), r"from 4 to 12"),
    "prefix true": (at("batch", "prefixDigits", value=True), r"from 4 to 12"),
    "missing batch": (without("batch"), r"  batch: is missing"),
    "owner no party": (
        at("batch", "owner", value=STRANGER), r"batch\.owner = '9520010003002': is not among",
    ),
    "unknown key": (at("documentz", value=[]), r"documentz.*did you mean 'documents'\? allowed: "),
    "unknown key inside": (at("batch", "lott", value="A"), r"batch\.lott.*did you mean 'lot'\?"),
    "unknown role": (
        at("parties", 0, "roles", value=["MANUFACTURRER"]), r"did you mean 'MANUFACTURER'\?",
    ),
    "role that is a list": (at("parties", 0, "roles", value=[[]]), r"unknown role"),
    "no role": (at("parties", 0, "roles", value=[]), r"at least one role"),
    "party twice": (
        at("parties", 1, value=party(MAKER, "SUPPLIER")), r"parties\[1\]: party .* stands twice",
    ),
    "lower-case country": (at("parties", 0, "country", value="nz"), r"ISO 3166-1"),
    "blank name": (at("parties", 0, "nameEn", value=" "), r"parties\[0\]\.nameEn.*must be text"),
    "name of two lines": (at("parties", 0, "nameEn", value="A\nB"), r"one line"),
    "recorder is unknown": (
        at("recorders", "CANNING", value=STRANGER),
        r"recorders\.CANNING = '9520010003002': is not among the parties",
    ),
    "stage without recorder": (without("recorders", "CANNING"), r"nobody for stage CANNING"),
    "unknown stage in recorders": (
        at("recorders", "CANING", value=MAKER), r"recorders\.CANING.*did you mean 'CANNING'\?",
    ),
    "unknown stage in an event": (
        at(*EVENT, "tracer:stage", value="DEPARTING"),
        r"epcisDocument\.epcisBody\.eventList\[0\]\.tracer:stage",
    ),
    "event in the future": (
        at(*EVENT, "eventTime", value="2026-12-01T00:00:00+13:00"),
        r"eventList\[0\]\.eventTime = '2026-12-01T00:00:00\+13:00': lies in the future",
    ),
    "event without offset": (at(*EVENT, "eventTime", value="2026-03-06T21:30:00"), r"time zone"),
    "unknown key in an event": (at(*EVENT, "foo", value=1), r"eventList\[0\]\.foo = 1"),
    "unknown business step": (at(*EVENT, "bizStep", value="releasing"), r"bizStep.*'releasing'"),
    "GLN in an event": (
        at(*EVENT, "readPoint", value={"id": "https://id.gs1.org/414/9520010001009"}),
        r"readPoint\.id.*check digit",
    ),
    "GTIN in an event": (
        at(*EVENT, "quantityList", 0, "epcClass", value="https://id.gs1.org/01/09520010001016"),
        r"quantityList\[0\]\.epcClass.*check digit",
    ),
    "SSCC in an event": (
        at(*EVENT, "epcList", value=["https://id.gs1.org/00/195200012602110003"]),
        r"epcList\[0\].*check digit",
    ),
    "lot in an event": (
        at(*EVENT, "quantityList", 0, "epcClass",
           value="https://id.gs1.org/01/09520010001015/10/A%23"),
        r"contains '#'",
    ),
    "quantity of zero": (at(*EVENT, "quantityList", 0, "quantity", value=0), r"quantity = 0"),
    "wrong event id": (
        at(*EVENT, "eventID", value="ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"),
        r"eventList\[0\]\.eventID.*not the event's CBV 2\.0 hash",
    ),
    "event is no object": (at(*EVENT, value=7), r"eventList\[0\] = 7: must be an event"),
    "no events": (at("epcisDocument", "epcisBody", "eventList", value=[]), r"1 to 5,000 events"),
    "EPCIS 1.2": (at("epcisDocument", "schemaVersion", value="1.2"), r"schemaVersion = '1\.2'"),
    "context is a number": (at("epcisDocument", "@context", value=[7]), r"@context = 7"),
    "unknown paper": (
        at("documents", 0, "docType", value="PACKING"), r"did you mean 'PACKING_LIST'\?",
    ),
    "paper in the future": (
        at("documents", 0, "issuedAt", value="2027-01-01T00:00:00Z"), r"issuedAt.*future",
    ),
    "paper before 1970": (
        at("documents", 0, "issuedAt", value="1969-01-01T00:00:00Z"), r"before 1970",
    ),
    "paper by a stranger": (
        at("documents", 0, "issuer", value=STRANGER), r"documents\[0\]\.issuer.*not among",
    ),
    "field name is taken": (
        at("documents", 0, "public", value={"issuer": "x"}), r"'issuer' is a field that every",
    ),
    "field in both": (
        at("documents", 0, "confidential", value={"tins": 1}),
        r"documents\[0\]: field 'tins' is both public and confidential",
    ),
    "file that is not there": (at("documents", 0, "file", value="a.pdf"), r"no such file"),
    "file outside": (at("documents", 0, "file", value="../a.pdf"), r"below the batch file"),
    "absolute file": (at("documents", 0, "file", value="/etc/passwd"), r"below the batch file"),
    "serial twice": (at("serials", "list", value=["K1", "K1"]), r"serials\.list.*lists a serial"),
    "serial with a space": (at("serials", "list", value=["K 1"]), r"serials\.list.*contains ' '"),
    "too many sample serials": (
        at("serials", value={"issuedAt": "2026-02-11T15:00:00Z", "count": 10**9, "prefix": "K",
                             "sampleSeed": "s", "include": ["K1"]}),
        r"serials\.count.*1 to 1,000,000",
    ),
    "confirmation of nothing": (
        at("confirmations", value=[{"declaration": "1", "recorder": MAKER,
                                    "confirmedAt": "2026-03-07T00:00:00Z"}]),
        r"confirmations\[0\]\.declaration = '1': is no CUSTOMS_DECLARATION",
    ),
    "inspection of a stranger": (
        at("inspections", 0, "party", value=STRANGER), r"inspections\[0\]\.party.*not among",
    ),
    "passed as text": (at("inspections", 0, "passed", value="yes"), r"must be true or false"),
    "writer without the role": (
        at("recorders", "DEPARTURE", value=FARM),
        r"DEPARTURE of 2026-03-06T08:30:00\+00:00 by 9520010001022: .*needs one of the roles MANUF",
    ),
}  # fmt: skip


class TestBrokenRules:
    @pytest.mark.parametrize(("mutate", "message"), BROKEN.values(), ids=BROKEN)
    def test_names_place_value_and_rule(
        self,
        load: Load,
        bundle: dict[str, Any],
        mutate: Callable[[dict[str, Any]], None],
        message: str,
    ) -> None:
        mutate(bundle)
        with pytest.raises(InvalidFileError, match=message) as caught:
            load(bundle)
        assert "batch.json" in str(caught.value)
        assert caught.value.hint

    def test_tells_several_at_once(self, load: Load, bundle: dict[str, Any]) -> None:
        bundle["batch"]["lot"] = "A 26"
        bundle["documents"][0]["docType"] = "PACKING"
        events_of(bundle)[1]["bizStep"] = "releasing"
        with pytest.raises(InvalidFileError, match="breaks 3 rules") as caught:
            load(bundle)
        lines = str(caught.value).splitlines()
        assert len(lines) == 4

    def test_lists_twenty_and_counts_the_rest(self, load: Load, bundle: dict[str, Any]) -> None:
        for key in range(25):
            bundle[f"x{key:02d}"] = 1
        with pytest.raises(InvalidFileError, match="breaks 25 rules") as caught:
            load(bundle)
        lines = str(caught.value).splitlines()
        assert len(lines) == MAX_LISTED + 2
        assert lines[-1].strip() == "… and 5 more"

    def test_same_event_twice(self, load: Load, bundle: dict[str, Any]) -> None:
        events_of(bundle).append(events_of(bundle)[0])
        with pytest.raises(InvalidFileError, match=r"eventList\[2\]\.eventID.*stands twice"):
            load(bundle)

    def test_goods_do_not_move_while_held(self, load: Load, bundle: dict[str, Any]) -> None:
        events_of(bundle).append(event("HOLD", "2026-03-01T00:00:00+13:00"))
        with pytest.raises(InvalidFileError, match=r"DEPARTURE.*on hold") as caught:
            load(bundle)
        assert "DOCUMENT" in str(caught.value)
        events_of(bundle).append(event("RELEASE", "2026-03-02T00:00:00+13:00"))
        assert len(load(bundle).items) == 6

    def test_link_out_of_the_folder(
        self, load: Load, bundle: dict[str, Any], tmp_path_factory: pytest.TempPathFactory,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        outside = tmp_path_factory.mktemp("outside") / "secret"
        outside.write_text("x")
        (tmp_path / "paper.pdf").symlink_to(outside)
        bundle["documents"][0]["file"] = "paper.pdf"
        with pytest.raises(InvalidFileError, match="leads out of"):
            load(bundle)

    def test_one_changed_byte_in_a_sample_event_is_noticed(self, load: Load) -> None:
        text = sample_path("nz").read_text("utf-8")
        assert text.count('"tracer:residualOxygenPct": 1.4') == 1
        changed = text.replace('"tracer:residualOxygenPct": 1.4', '"tracer:residualOxygenPct": 1.5')
        with pytest.raises(InvalidFileError, match=r"eventID = .*CBV 2\.0 hash"):
            load(changed)
