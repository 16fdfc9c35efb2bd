"""Odd batches: name -> how their verification ends, what they are, and how they are built."""

from collections.abc import Callable
from typing import Any

from ledger_model import LedgerModel
from sample_batches import (
    ABROAD,
    AUTHORITY,
    BROKER,
    CARRIER,
    CUSTOMS,
    DAY_S,
    IMPORTER,
    MAKER,
    OILS,
    OTHER_LOT,
    PORT,
    SERIAL,
    SERIALS,
    START_UNIX,
    STORE,
    advance_to,
    event,
    import_batch,
    issued,
    new_ledger,
    other_batch,
    small_batch,
)

from tracer.domain.canonical import canonical_text, digest_text
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record

NOBODY_S_CLAIM = "f" * 64


def _said(kind: Kind = Kind.SALE, **more: Any) -> Callable[[], LedgerModel]:
    """The small batch with one more event, whose content says something else."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 41)
        ledger.append(MAKER, [event(ledger, kind, 40, STORE, **more)])
        return ledger

    return build


def _pinned(kind: Kind, text: str) -> Callable[[], LedgerModel]:
    """The small batch with one more record, which pins any text."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 41)
        digest = digest_text(text)
        ledger.contents[digest] = text
        ledger.append(MAKER, [Record(kind, START_UNIX + 40 * DAY_S, None, digest)])
        return ledger

    return build


def _shared(
    *papers: tuple[DocType, str, str, dict[str, Any]], origin: dict[str, Any] | None = None
) -> Callable[[], LedgerModel]:
    """The import, and what a mirror serves of another lot with the given papers."""

    def build() -> LedgerModel:
        ledger = import_batch(certificate_of_origin=origin or {})
        ledger.share(other_batch(*papers))
        return ledger

    return build


def _declared(kg: float) -> tuple[DocType, str, str, dict[str, Any]]:
    """A declaration that cites the certificate of origin of the import."""
    public = {"netKg": kg, "originCountry": "NZ", "coNo": "CO 451"}
    return DocType.CUSTOMS_DECLARATION, "224820261000300999", BROKER, public


def _certified(
    kg: float, issuer: str = AUTHORITY, **public: Any
) -> tuple[DocType, str, str, dict[str, Any]]:
    """A certificate of origin with the number of the import's."""
    return DocType.CERTIFICATE_OF_ORIGIN, "CO-451", issuer, {"netKg": kg, **public}


def _inspected(lots: list[str]) -> tuple[DocType, str, str, dict[str, Any]]:
    """An inspection certificate with the number of the import's."""
    public = {"lots": lots, "verdict": "qualified"}
    return DocType.CIQ_CERTIFICATE, "126000022480041", CUSTOMS, public


def _with_paper(doc_type: DocType, number: str, issuer: str, public: dict[str, Any]) -> LedgerModel:
    """The import, with one more paper."""
    ledger = import_batch()
    advance_to(ledger, 36)
    ledger.append(issuer, [ledger.paper(doc_type, number, issuer, issued(36), public)])
    return ledger


def _declared_twice() -> LedgerModel:
    public = {"netKg": 4.5, "tins": len(SERIALS), "coNo": "CO-451"}
    return _with_paper(DocType.CUSTOMS_DECLARATION, "224820261000300452", BROKER, public)


def _supplied(status: int, since_day: float | None = None) -> Callable[[], LedgerModel]:
    """The import, with the standing of the oil's supplier."""

    def build() -> LedgerModel:
        ledger = import_batch()
        ledger.with_party(OILS, status=status)
        if since_day is not None:
            ledger.bans[int(OILS)] = START_UNIX + int(since_day * DAY_S)
        return ledger

    return build


def _objected(gln: str, *, again: bool = False, commitment: str = "") -> Callable[[], LedgerModel]:
    """The import, and somebody's objection to its clearance; perhaps customs confirm again."""

    def build() -> LedgerModel:
        ledger = import_batch()
        unix = START_UNIX + 40 * DAY_S
        advance_to(ledger, 40)
        (claim,) = {
            row.digest for row in ledger.bundle().records if row.kind == Kind.CLEARANCE_CLAIM
        }
        text = canonical_text(
            {
                "type": "ClearanceObjection",
                "commitment": commitment or claim.hex(),
                "reasons": [{"code": "WEIGHT", "text": "2 kg more than declared"}, 7],
                "statedAt": "2026-03-23T00:00:00Z",
            }
        )
        digest = digest_text(text)
        ledger.contents[digest] = text
        ledger.append(gln, [Record(Kind.CORRECTION, unix, None, digest)])
        if again:
            ledger.append(CUSTOMS, [Record(Kind.CLEARANCE_CONFIRMATION, unix, None, claim)])
        return ledger

    return build


def _registered(until: str, declared: float = 29) -> Callable[[], LedgerModel]:
    """The small batch, its maker registered until a day, declared on another."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 130)
        number = "CNZL05209901010001"
        public = {"name": "Te Awa", "country": "NZ", "validUntil": until}
        doc_type = DocType.MANUFACTURER_REGISTRATION
        ledger.append(AUTHORITY, [ledger.paper(doc_type, number, AUTHORITY, issued(0), public)])
        doc_type, number = DocType.CUSTOMS_DECLARATION, "224820261000300451"
        ledger.append(BROKER, [ledger.paper(doc_type, number, BROKER, issued(declared), {})])
        return ledger

    return build


def _of_another_kind() -> LedgerModel:
    ledger = small_batch()
    record = ledger.paper(
        DocType.CERTIFICATE_OF_ORIGIN, "CO-1", CARRIER, issued(19), {"originCountry": "NZ"}
    )
    ledger.append(CARRIER, [Record(Kind.DOCUMENT, record.occurred_at_unix, None, record.digest)])
    return ledger


def _role_lost() -> LedgerModel:
    ledger = import_batch()
    ledger.with_party(CARRIER, roles=int(Role.WAREHOUSE))
    return ledger


def empty_batch() -> LedgerModel:
    """A batch of which nobody recorded anything but serials."""
    ledger = new_ledger()
    ledger.append(MAKER, [ledger.serial_record(START_UNIX, [SERIAL])])
    return ledger


_NO_PLACE = {"readPoint": {"id": "urn:epc:id:sgln:9520010.00000.0"}, "bizLocation": None}
ODD: dict[str, tuple[str, str, Callable[[], LedgerModel]]] = {
    "odd-empty": ("VALID", "Serials and nothing else.", empty_batch),
    "odd-statement": (
        "VALID",
        "A correction is a statement of any form.",
        _pinned(Kind.CORRECTION, "record 4: the container was XMPU2603016"),
    ),
    "odd-place-in-another-form": ("VALID", "A place that is no GLN.", _said(**_NO_PLACE)),
    "odd-fraction-of-a-second": (
        "VALID",
        "A record holds whole seconds.",
        _said(eventTime="2026-03-23T08:00:00.750+08:00"),
    ),
    "odd-recall-without-recalled": (
        "INVALID",
        "A recall whose event does not say so.",
        _said(Kind.RECALL, **{"tracer:stage": "HOLD_RECALL", "disposition": "active"}),
    ),
    "odd-hold-that-says-recalled": (
        "INVALID",
        "A hold whose event says recalled.",
        _said(Kind.HOLD, **{"tracer:stage": "HOLD_RECALL", "disposition": "recalled"}),
    ),
    "odd-stage": ("INVALID", "Another stage.", _said(**{"tracer:stage": "RETAIL_RECEIPT"})),
    "odd-time": ("INVALID", "Another time.", _said(eventTime="2026-03-23T00:00:01Z")),
    "odd-time-no-moment": ("INVALID", "30 February.", _said(eventTime="2026-02-30T00:00:00Z")),
    "odd-time-without-zone": ("INVALID", "No zone.", _said(eventTime="2026-03-23T00:00:00")),
    "odd-place": (
        "INVALID",
        "Another place.",
        _said(readPoint={"id": f"https://id.gs1.org/414/{PORT}"}),
    ),
    "odd-number-reused": (
        "INVALID",
        "Another lot is declared by the same certificate of origin.",
        _shared(_declared(2)),
    ),
    "odd-number-reused-by-its-issuer": (
        "INVALID",
        "The authority certifies another lot under the same number.",
        _shared(_certified(4.5)),
    ),
    "odd-number-shared-by-two-lots": (
        "VALID",
        "A certificate of origin covers two lots, and says how much in all.",
        _shared(_declared(2), _certified(2, certifiedNetKg=6.5), origin={"certifiedNetKg": 6.5}),
    ),
    "odd-number-of-another-issuer": (
        "VALID",
        "Two authorities use the same number.",
        _shared(_certified(4.5, ABROAD), _declared(4.5)),
    ),
    "odd-declaration-number-reused": (
        "INVALID",
        "The number of the customs declaration stands on another lot's, by another broker.",
        _shared(
            (
                DocType.CUSTOMS_DECLARATION,
                "2248 2026 1000 3004 51",
                IMPORTER,
                {"netKg": 2, "originCountry": "NZ"},
            )
        ),
    ),
    "odd-inspection-number-reused": (
        "INVALID",
        "An inspection certificate of the same number lists another lot only.",
        _shared(_inspected([OTHER_LOT])),
    ),
    "odd-bill-of-lading-reused": (
        "INVALID",
        "Goods that weigh more than the bill of lading says, in all.",
        _shared((DocType.BILL_OF_LADING, "XMPL117", CARRIER, {"grossKg": 5.95})),
    ),
    "odd-bill-of-lading-without-weight-reused": (
        "INVALID",
        "Another lot's bill of lading that says no weight.",
        _shared((DocType.BILL_OF_LADING, "XMPL117", CARRIER, {"pol": "NZTRG"})),
    ),
    "odd-two-declarations-of-everything": (
        "INVALID",
        "The same goods are declared twice by one certificate of origin.",
        _declared_twice,
    ),
    "odd-supplier-banned-before-receipt": (
        "INVALID",
        "The oil came from a supplier that was banned.",
        _supplied(3, -20),
    ),
    "odd-supplier-banned-since": (
        "VALID",
        "The oil came from a supplier that was banned later.",
        _supplied(3, 20),
    ),
    "odd-supplier-suspended": (
        "VALID",
        "The oil came from a supplier that is suspended, nobody says since when.",
        _supplied(2),
    ),
    "odd-customs-object": (
        "INVALID",
        "Customs confirmed, and object now: genuine, but not cleared.",
        _objected(CUSTOMS),
    ),
    "odd-customs-objected-and-confirmed": (
        "VALID",
        "Customs objected, and confirm now: their last word counts.",
        _objected(CUSTOMS, again=True),
    ),
    "odd-carrier-objects": (
        "VALID",
        "Nobody but customs objects to a clearance.",
        _objected(CARRIER),
    ),
    "odd-objection-to-another-claim": (
        "VALID",
        "Customs object to a claim that nobody made.",
        _objected(CUSTOMS, commitment=NOBODY_S_CLAIM),
    ),
    "odd-registration-lapsed": (
        "INVALID",
        "Declared when a registration lapsed at its date.",
        _registered("2026-02-28"),
    ),
    "odd-registration-renewed-by-itself": (
        "VALID",
        "Declared when a registration that lapses is renewed by itself.",
        _registered("2026-06-01", declared=120),
    ),
    "odd-registration-lapsed-long-ago": (
        "INVALID",
        "Made when the registration had lapsed.",
        _registered("2020-02-28", declared=120),
    ),
    "odd-certificate-in-a-record-of-another-kind": (
        "INVALID",
        "A certificate of origin that no authority's record carries.",
        _of_another_kind,
    ),
    "odd-report-of-a-carrier": (
        "VALID",
        "A responsibility report of somebody else.",
        lambda: _with_paper(DocType.CSR_REPORT, "CSR-1", CARRIER, {}),
    ),
    "odd-issuer-without-its-role-now": (
        "VALID",
        "The carrier lost its role since; its profile says that it had it.",
        _role_lost,
    ),
    "odd-dates-beyond-calendars": (
        "VALID",
        "Dates that no calendar holds are not compared.",
        lambda: _with_paper(
            DocType.ORGANIC,
            "ORG-1",
            AUTHORITY,
            {"validUntil": "@999999999999", "validFrom": "@x", "productionDate": "2026-02-11"},
        ),
    ),
    "odd-content-no-object": ("INVALID", "A list.", _pinned(Kind.SALE, "[1]")),
    "odd-content-no-json": ("INVALID", "Words.", _pinned(Kind.SALE, "sold")),
}
