"""Each planned failure of the samples ends in the check that is meant for it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_ledger import TODAY_UNIX, SampleLedger, sample_ledger

from tracer.domain.cross_checks import Agreement, choose_rules, cross_check
from tracer.domain.evidence import Evidence
from tracer.domain.passport import build_passport
from tracer.domain.verify import verify_bundle
from tracer.samples import sample_path

Sample = dict[str, Any]
Change = Callable[[Sample], None]


def papers(sample: Sample, doc_type: str) -> list[dict[str, Any]]:
    return [paper for paper in sample["documents"] if paper["docType"] == doc_type]


def says(doc_type: str, **public: Any) -> Change:
    """The first paper of a type says something else."""

    def change(sample: Sample) -> None:
        papers(sample, doc_type)[0]["public"].update(public)

    return change


def events(sample: Sample, stage: str) -> list[dict[str, Any]]:
    body = sample["epcisDocument"]["epcisBody"]["eventList"]
    return [event for event in body if event["tracer:stage"] == stage]


def renumbered(sample: Sample) -> None:
    (declaration,) = papers(sample, "CUSTOMS_DECLARATION")
    declaration["number"] = "224820260000300451"
    papers(sample, "CIQ_CERTIFICATE")[0]["public"]["declaration"] = declaration["number"]
    sample["confirmations"][0]["declaration"] = declaration["number"]


def report_after_shipping(sample: Sample) -> None:
    papers(sample, "LAB_REPORT")[0]["issuedAt"] = "2025-11-20T16:00:00+00:00"


def more_tins(sample: Sample) -> None:
    (canning,) = events(sample, "CANNING")
    canning["ilmd"]["tracer:serialCount"] = 12_600
    for doc_type in ("PRODUCT", "PACKING_LIST", "HEALTH_CERTIFICATE", "CUSTOMS_DECLARATION"):
        papers(sample, doc_type)[0]["public"]["tins"] = 12_600


def special_food(sample: Sample) -> None:
    says("PRODUCT", formulaRegistrationNo="国食注字TY20990001")(sample)
    says("CUSTOMS_DECLARATION", formulaNo="国食注字TY20990001")(sample)


def declared_late(sample: Sample) -> None:
    says("CUSTOMS_DECLARATION", declaredAt="2027-12-15")(sample)


def banned(sample: Sample) -> None:
    for day, inspection in zip(("02", "03", "04"), sample["inspections"], strict=True):
        inspection["inspectedAt"] = f"2025-09-{day}T10:00:00+00:00"


NEGATIVES: dict[str, tuple[str, Change, str]] = {
    "N02 number of an export": ("nz", renumbered, "C4"),
    "N04 origin of another country": (
        "nl",
        says("CERTIFICATE_OF_ORIGIN", originCountry="NZ"),
        "C4",
    ),
    "N05 container": ("nz", says("BILL_OF_LADING", container="XMPU2603010"), "C3"),
    "N06 gross weight": ("nz", says("PACKING_LIST", grossKg=14122.3), "C2"),
    "N07 report after shipping": ("ie", report_after_shipping, "C7"),
    "N08 suffix of stage 1": ("nl", says("CUSTOMS_DECLARATION", ciq="101"), "C6"),
    "N11 more tins than powder": ("nz", more_tins, "C10"),
    "N12 declared too late": ("nz", declared_late, "C8"),
    "N13 supplier banned before": ("ie", banned, "C11"),
    "N15 special food": ("nz", special_food, "C6"),
}


def ledger_of(name: str, change: Change, tmp_path: Path) -> SampleLedger:
    sample = copy.deepcopy(json.loads(sample_path(name).read_text("utf-8")))
    for paper in sample["documents"]:
        paper.pop("file", None)
    for event in sample["epcisDocument"]["epcisBody"]["eventList"]:
        event.pop("eventID", None)  # the reader gives each event the identity of what it says
    change(sample)
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(sample), "utf-8")
    return sample_ledger(name, path)


@pytest.mark.parametrize("case", NEGATIVES)
def test_negative(case: str, tmp_path: Path) -> None:
    name, change, code = NEGATIVES[case]
    ledger = ledger_of(name, change, tmp_path)
    found = cross_check(Evidence(ledger.bundle()))
    conflicts = {check.code for check in found if check.agreement is Agreement.CONFLICT}
    assert code in conflicts


def test_n03_a_certificate_of_another_consignment(tmp_path: Path) -> None:
    number = papers(json.loads(sample_path("nl").read_text("utf-8")), "CERTIFICATE_OF_ORIGIN")
    cited = number[0]["number"]

    def change(sample: Sample) -> None:
        sample["documents"].remove(papers(sample, "CERTIFICATE_OF_ORIGIN")[0])
        says("CUSTOMS_DECLARATION", coNo=cited)(sample)
        for event in sample["epcisDocument"]["epcisBody"]["eventList"]:
            rows = event.get("bizTransactionList", [])
            rows[:] = [row for row in rows if "CERTIFICATE_OF_ORIGIN" not in row["bizTransaction"]]

    ledger = ledger_of("nz", change, tmp_path)
    ledger.share(sample_ledger("nl"))
    (reused,) = [
        check
        for check in cross_check(Evidence(ledger.bundle()))
        if check.message.key == "cross.reused"
    ]
    assert reused.message.params == {
        "type": "CERTIFICATE_OF_ORIGIN",
        "number": "NLKVK26448812",
        "one": "document CUSTOMS_DECLARATION 224820261000300451",
        "a": "10368",
        "batch": "09520010002012 NL6C18T2",
        "b": "7680",
        "c": "7680",
    }


def test_a_clearance_without_its_certificate_is_not_cleared(tmp_path: Path) -> None:
    def change(sample: Sample) -> None:
        sample["documents"].remove(papers(sample, "CERTIFICATE_OF_ORIGIN")[0])

    bundle = ledger_of("nz", change, tmp_path).bundle()
    checks = verify_bundle(bundle, None, as_of_unix=TODAY_UNIX)
    card = build_passport(bundle, checks, TODAY_UNIX).clearance
    assert (card.state, card.message.key) == ("CLAIMED", "clearance.doubted")
    (reason,) = card.reasons
    assert reason.params["number"] == "NZCN-2026-0300451"


@pytest.mark.parametrize("name", ["nz", "nl", "ie"])
def test_what_was_compared_is_told(name: str) -> None:
    evidence = Evidence(sample_ledger(name).bundle())
    assert choose_rules(evidence).pack.code == "GACC-248"
    for check in cross_check(evidence):
        if check.agreement is not Agreement.CONFIRMED:
            continue
        assert check.compared
        assert check.message.params["count"] == sum(len(each.claims) for each in check.compared)
        for each in check.compared:
            assert len({claim.subject for claim in each.claims}) > 1
            assert all(claim.text for claim in each.claims)


@pytest.mark.parametrize(
    ("day", "code"), [("2026-05-31T23:59:00+08:00", "GACC-248"), ("2026-06-01", "GACC-280")]
)
def test_the_day_of_declaration_chooses_the_rules(day: str, code: str, tmp_path: Path) -> None:
    def change(sample: Sample) -> None:
        papers(sample, "CUSTOMS_DECLARATION")[0]["issuedAt"] = (
            day if "T" in day else f"{day}T00:00:00+08:00"
        )
        sample["confirmations"][0]["confirmedAt"] = "2026-06-02T00:00:00+08:00"

    evidence = Evidence(ledger_of("nz", change, tmp_path).bundle())
    assert choose_rules(evidence).pack.code == code
