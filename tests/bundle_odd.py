"""Odd batches: name -> how their verification ends, what they are, and how they are built."""

from collections.abc import Callable

from ledger_model import LedgerModel
from odd_batches import (
    NOBODY_S_CLAIM,
    certified,
    confirmed_by,
    declared_by,
    declared_twice,
    empty_batch,
    inspected,
    objected,
    of_another_kind,
    pinned,
    registered,
    repeated,
    replaced,
    role_lost,
    said_more,
    shared_with,
    supplied,
    two_shipments,
    with_paper,
    withheld,
    without_lading,
)
from sample_batches import (
    ABROAD,
    AUTHORITY,
    CARRIER,
    CUSTOMS,
    IMPORTER,
    MAKER,
    OTHER_LOT,
    PORT,
    import_batch,
)

from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind, Role

_NO_PLACE = {"readPoint": {"id": "urn:epc:id:sgln:9520010.00000.0"}, "bizLocation": None}
ODD: dict[str, tuple[str, str, Callable[[], LedgerModel]]] = {
    "odd-empty": ("VALID", "Serials and nothing else.", empty_batch),
    "odd-statement": (
        "VALID",
        "A correction is a statement of any form.",
        pinned(Kind.CORRECTION, "record 4: the container was XMPU2603016"),
    ),
    "odd-place-in-another-form": ("VALID", "A place that is no GLN.", said_more(**_NO_PLACE)),
    "odd-fraction-of-a-second": (
        "VALID",
        "A record holds whole seconds.",
        said_more(eventTime="2026-03-23T08:00:00.750+08:00"),
    ),
    "odd-recall-without-recalled": (
        "INVALID",
        "A recall whose event does not say so.",
        said_more(Kind.RECALL, **{"tracer:stage": "HOLD_RECALL", "disposition": "active"}),
    ),
    "odd-hold-that-says-recalled": (
        "INVALID",
        "A hold whose event says recalled.",
        said_more(Kind.HOLD, **{"tracer:stage": "HOLD_RECALL", "disposition": "recalled"}),
    ),
    "odd-stage": ("INVALID", "Another stage.", said_more(**{"tracer:stage": "RETAIL_RECEIPT"})),
    "odd-time": ("INVALID", "Another time.", said_more(eventTime="2026-03-23T00:00:01Z")),
    "odd-time-no-moment": ("INVALID", "30 February.", said_more(eventTime="2026-02-30T00:00:00Z")),
    "odd-time-without-zone": ("INVALID", "No zone.", said_more(eventTime="2026-03-23T00:00:00")),
    "odd-place": (
        "INVALID",
        "Another place.",
        said_more(readPoint={"id": f"https://id.gs1.org/414/{PORT}"}),
    ),
    "odd-number-reused": (
        "INVALID",
        "Another lot is declared by the same certificate of origin.",
        shared_with(declared_by(2)),
    ),
    "odd-number-reused-by-its-issuer": (
        "INVALID",
        "The authority certifies another lot under the same number.",
        shared_with(certified(4.5)),
    ),
    "odd-number-shared-by-two-lots": (
        "VALID",
        "A certificate of origin covers two lots, and says how much in all.",
        shared_with(
            declared_by(2), certified(2, certifiedNetKg=6.5), origin={"certifiedNetKg": 6.5}
        ),
    ),
    "odd-number-of-another-issuer": (
        "VALID",
        "Two authorities use the same number.",
        shared_with(certified(4.5, ABROAD), declared_by(4.5)),
    ),
    "odd-declaration-number-reused": (
        "INVALID",
        "The number of the customs declaration stands on another lot's, by another broker.",
        shared_with(
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
        shared_with(inspected([OTHER_LOT])),
    ),
    "odd-bill-of-lading-reused": (
        "INVALID",
        "Goods that weigh more than the bill of lading says, in all.",
        shared_with((DocType.BILL_OF_LADING, "XMPL117", CARRIER, {"grossKg": 5.95})),
    ),
    "odd-bill-of-lading-without-weight-reused": (
        "INVALID",
        "Another lot's bill of lading that says no weight.",
        shared_with((DocType.BILL_OF_LADING, "XMPL117", CARRIER, {"pol": "NZTRG"})),
    ),
    "odd-two-declarations-of-everything": (
        "INVALID",
        "The same goods are declared twice by one certificate of origin.",
        declared_twice,
    ),
    "odd-supplier-banned-before-receipt": (
        "INVALID",
        "The oil came from a supplier that was banned.",
        supplied(3, -20),
    ),
    "odd-supplier-banned-since": (
        "VALID",
        "The oil came from a supplier that was banned later.",
        supplied(3, 20),
    ),
    "odd-supplier-suspended": (
        "VALID",
        "The oil came from a supplier that is suspended, nobody says since when.",
        supplied(2),
    ),
    "odd-customs-object": (
        "INVALID",
        "Customs confirmed, and object now: genuine, but not cleared.",
        objected(CUSTOMS),
    ),
    "odd-customs-objected-and-confirmed": (
        "VALID",
        "Customs objected, and confirm now: their last word counts.",
        objected(CUSTOMS, again=True),
    ),
    "odd-carrier-objects": (
        "VALID",
        "Nobody but customs objects to a clearance.",
        objected(CARRIER),
    ),
    "odd-objection-to-another-claim": (
        "VALID",
        "Customs object to a claim that nobody made.",
        objected(CUSTOMS, commitment=NOBODY_S_CLAIM),
    ),
    "odd-packing-list-replaced": (
        "VALID",
        "The maker issued a packing list again, before customs confirmed anything.",
        replaced(MAKER),
    ),
    "odd-packing-list-replaced-by-a-stranger": (
        "INVALID",
        "The carrier calls the maker's packing list replaced.",
        replaced(CARRIER),
    ),
    "odd-packing-list-replaced-too-late": (
        "INVALID",
        "The maker issued a packing list again after customs had confirmed the clearance.",
        replaced(MAKER, late=True),
    ),
    "odd-paper-withheld": (
        "VALID",
        "Customs confirmed, and a recorded paper is not shown: no clearance.",
        withheld,
    ),
    "odd-cited-paper-never-recorded": (
        "VALID",
        "Customs confirmed a declaration whose bill of lading nobody recorded: no clearance.",
        without_lading,
    ),
    "odd-confirmed-by-another-office": (
        "VALID",
        "One office inspected the goods, another one confirmed: no clearance.",
        confirmed_by(Role.CUSTOMS),
    ),
    "odd-confirmed-by-a-broker-with-the-customs-role": (
        "INVALID",
        "Whoever trades confirms nothing.",
        confirmed_by(Role.CUSTOMS | Role.BROKER),
    ),
    "odd-paper-repeated-by-a-stranger": (
        "INVALID",
        "The carrier records the laboratory's report as a paper of its own.",
        repeated,
    ),
    "odd-two-shipments": (
        "VALID",
        "A lot travels in two containers; papers agree for each.",
        two_shipments("XMPU2604028", "XMPU2604028"),
    ),
    "odd-two-shipments-exchanged": (
        "INVALID",
        "A declaration cites the bill of lading of the other container.",
        two_shipments("XMPU2604028", "XMPU2603016"),
    ),
    "odd-registration-lapsed": (
        "INVALID",
        "Declared when a registration lapsed at its date.",
        registered("2026-02-28"),
    ),
    "odd-registration-renewed-by-itself": (
        "VALID",
        "Declared when a registration that lapses is renewed by itself.",
        registered("2026-06-01", declared=120),
    ),
    "odd-registration-lapsed-long-ago": (
        "INVALID",
        "Made when the registration had lapsed.",
        registered("2020-02-28", declared=120),
    ),
    "odd-port-whose-position-nobody-knows": (
        "VALID",
        "A bill of lading from a port that is in no table: nothing can be compared.",
        lambda: import_batch(bill_of_lading={"pol": "NZZZZ"}),
    ),
    "odd-certificate-in-a-record-of-another-kind": (
        "INVALID",
        "A certificate of origin that no authority's record carries.",
        of_another_kind,
    ),
    "odd-report-of-a-carrier": (
        "VALID",
        "A responsibility report of somebody else.",
        lambda: with_paper(DocType.CSR_REPORT, "CSR-1", CARRIER, {}),
    ),
    "odd-issuer-without-its-role-now": (
        "VALID",
        "The carrier lost its role since; its profile says that it had it.",
        role_lost,
    ),
    "odd-dates-beyond-calendars": (
        "VALID",
        "Dates that no calendar holds are not compared.",
        lambda: with_paper(
            DocType.ORGANIC,
            "ORG-1",
            AUTHORITY,
            {"validUntil": "@999999999999", "validFrom": "@x", "productionDate": "2026-02-11"},
        ),
    ),
    "odd-content-no-object": ("INVALID", "A list.", pinned(Kind.SALE, "[1]")),
    "odd-content-no-json": ("INVALID", "Words.", pinned(Kind.SALE, "sold")),
}
