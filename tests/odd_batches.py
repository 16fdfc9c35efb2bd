"""How odd batches are built."""

from collections.abc import Callable
from typing import Any

from ledger_model import LedgerModel
from sample_batches import (
    AUTHORITY,
    BROKER,
    CARRIER,
    CUSTOMS,
    DAY_S,
    LOT,
    MAKER,
    OILS,
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
NUMBER = "224820261000300451"


def said_more(kind: Kind = Kind.SALE, **more: Any) -> Callable[[], LedgerModel]:
    """The small batch with one more event, whose content says something else."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 41)
        ledger.append(MAKER, [event(ledger, kind, 40, STORE, **more)])
        return ledger

    return build


def pinned(kind: Kind, text: str) -> Callable[[], LedgerModel]:
    """The small batch with one more record, which pins any text."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 41)
        digest = digest_text(text)
        ledger.contents[digest] = text
        ledger.append(MAKER, [Record(kind, START_UNIX + 40 * DAY_S, None, digest)])
        return ledger

    return build


def shared_with(
    *papers: tuple[DocType, str, str, dict[str, Any]], origin: dict[str, Any] | None = None
) -> Callable[[], LedgerModel]:
    """The import, and what a mirror serves of another lot with the given papers."""

    def build() -> LedgerModel:
        ledger = import_batch(certificate_of_origin=origin or {})
        ledger.share(other_batch(*papers))
        return ledger

    return build


def declared_by(kg: float) -> tuple[DocType, str, str, dict[str, Any]]:
    """A declaration that cites the certificate of origin of the import."""
    public = {"netKg": kg, "originCountry": "NZ", "coNo": "CO 451"}
    return DocType.CUSTOMS_DECLARATION, "224820261000300999", BROKER, public


def certified(
    kg: float, issuer: str = AUTHORITY, **public: Any
) -> tuple[DocType, str, str, dict[str, Any]]:
    """A certificate of origin with the number of the import's."""
    return DocType.CERTIFICATE_OF_ORIGIN, "CO-451", issuer, {"netKg": kg, **public}


def inspected(lots: list[str]) -> tuple[DocType, str, str, dict[str, Any]]:
    """An inspection certificate with the number of the import's."""
    public = {"lots": lots, "verdict": "qualified"}
    return DocType.CIQ_CERTIFICATE, "126000022480041", CUSTOMS, public


def with_paper(doc_type: DocType, number: str, issuer: str, public: dict[str, Any]) -> LedgerModel:
    """The import, with one more paper."""
    ledger = import_batch()
    advance_to(ledger, 36)
    ledger.append(issuer, [ledger.paper(doc_type, number, issuer, issued(36), public)])
    return ledger


def declared_twice() -> LedgerModel:
    public = {"netKg": 4.5, "tins": len(SERIALS), "coNo": "CO-451"}
    return with_paper(DocType.CUSTOMS_DECLARATION, "224820261000300452", BROKER, public)


def supplied(status: int, since_day: float | None = None) -> Callable[[], LedgerModel]:
    """The import, with the standing of the oil's supplier."""

    def build() -> LedgerModel:
        ledger = import_batch()
        ledger.with_party(OILS, status=status)
        if since_day is not None:
            ledger.bans[int(OILS)] = START_UNIX + int(since_day * DAY_S)
        return ledger

    return build


def objected(gln: str, *, again: bool = False, commitment: str = "") -> Callable[[], LedgerModel]:
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


def replaced(writer: str, *, late: bool = False) -> Callable[[], LedgerModel]:
    """The small batch; a packing list with a slip, then a good one, and somebody's statement."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 30)
        public = {"lot": LOT, "container": "XMPU2603016", "seal": "NZ884213", "tins": len(SERIALS)}
        bill = (DocType.BILL_OF_LADING, "XMPL117", CARRIER, issued(21), public)
        ledger.append(CARRIER, [ledger.paper(*bill)])
        papers = [
            ledger.paper(
                DocType.PACKING_LIST, f"PL-{seal}", MAKER, issued(20), public | {"seal": seal}
            )
            for seal in ("NZ884214", "NZ884213")
        ]
        claim = ledger.paper(DocType.CUSTOMS_DECLARATION, NUMBER, BROKER, issued(29), {})
        confirmation = Record(Kind.CLEARANCE_CONFIRMATION, issued(30)[1], None, claim.digest)
        text = canonical_text(
            {
                "type": "Supersede",
                "commitment": papers[0].digest.hex(),
                "by": papers[1].digest.hex(),
            }
        )
        ledger.contents[digest_text(text)] = text
        statement = Record(Kind.SUPERSEDE, issued(30)[1], None, digest_text(text))
        ledger.append(MAKER, papers)
        ledger.append(BROKER, [claim])
        steps = [(writer, statement), (CUSTOMS, confirmation)]
        for gln, record in reversed(steps) if late else steps:
            ledger.append(gln, [record])
        return ledger

    return build


def withheld() -> LedgerModel:
    ledger = import_batch()
    record = next(row for row in ledger.bundle().records if row.kind == Kind.DOCUMENT)
    del ledger.documents[record.digest]
    return ledger


def without_lading() -> LedgerModel:
    ledger = small_batch()
    advance_to(ledger, 31)
    public = {"bl": "XMPL117", "netKg": 4.5}
    claim = ledger.paper(DocType.CUSTOMS_DECLARATION, NUMBER, BROKER, issued(29), public)
    ledger.append(BROKER, [claim])
    confirmation = Record(Kind.CLEARANCE_CONFIRMATION, issued(30)[1], None, claim.digest)
    ledger.append(CUSTOMS, [confirmation])
    return ledger


def confirmed_by(roles: Role) -> Callable[[], LedgerModel]:
    """A declaration that one office inspected, and a new party confirms."""

    def build() -> LedgerModel:
        ledger = small_batch()
        office = "9520010003132"
        ledger.admit(office, roles, "Another office (invented)", "另一窗口(虚构)", "CN")
        advance_to(ledger, 36)
        claim = ledger.paper(DocType.CUSTOMS_DECLARATION, NUMBER, BROKER, issued(29), {})
        ledger.append(BROKER, [claim])
        public = {"declaration": NUMBER, "lots": [LOT]}
        inspected = (DocType.CIQ_CERTIFICATE, "126000022480041", CUSTOMS, issued(35), public)
        ledger.append(CUSTOMS, [ledger.paper(*inspected)])
        confirmation = Record(Kind.CLEARANCE_CONFIRMATION, issued(30)[1], None, claim.digest)
        ledger.append(office, [confirmation])
        return ledger

    return build


def repeated() -> LedgerModel:
    ledger = small_batch()
    report = next(row for row in ledger.bundle().records if row.kind == Kind.LAB_REPORT)
    ledger.append(CARRIER, [Record(Kind.DOCUMENT, issued(20)[1], None, report.digest)])
    return ledger


def two_shipments(second: str, declared: str) -> Callable[[], LedgerModel]:
    """The small batch in two containers: bills of lading, declarations of half of it each."""

    def build() -> LedgerModel:
        ledger = small_batch()
        advance_to(ledger, 30)
        halves = (("XMPU2603016", "XMPU2603016", 2), (second, declared, 3))
        for number, (container, said, tins) in enumerate(halves):
            public: dict[str, Any] = {"container": container, "tins": tins}
            lading = f"XMPL11{number}"
            bill = (DocType.BILL_OF_LADING, lading, CARRIER, issued(9), public)
            ledger.append(CARRIER, [ledger.paper(*bill)])
            public = {"container": said, "tins": tins, "bl": lading}
            claim = f"22482026100030045{number}"
            paper = (DocType.CUSTOMS_DECLARATION, claim, BROKER, issued(29), public)
            ledger.append(BROKER, [ledger.paper(*paper)])
        return ledger

    return build


def registered(until: str, declared: float = 29) -> Callable[[], LedgerModel]:
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


def of_another_kind() -> LedgerModel:
    ledger = small_batch()
    record = ledger.paper(
        DocType.CERTIFICATE_OF_ORIGIN, "CO-1", CARRIER, issued(19), {"originCountry": "NZ"}
    )
    ledger.append(CARRIER, [Record(Kind.DOCUMENT, record.occurred_at_unix, None, record.digest)])
    return ledger


def role_lost() -> LedgerModel:
    ledger = import_batch()
    ledger.with_party(CARRIER, roles=int(Role.WAREHOUSE))
    return ledger


def empty_batch() -> LedgerModel:
    """A batch of which nobody recorded anything but serials."""
    ledger = new_ledger()
    ledger.append(MAKER, [ledger.serial_record(START_UNIX, [SERIAL])])
    return ledger
