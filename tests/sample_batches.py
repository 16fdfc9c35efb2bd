"""Two batches for verification tests: a small one and one with every paper of an import."""

from typing import Any

from ledger_model import START_UNIX, LedgerModel

from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record

GTIN, LOT = "09520010001015", "A26B11K1"
OTHER_LOT = "A26B11K2"
MAKER, PLANT, LAB, AUTHORITY = "9520010001008", "9520010001015", "9520010001039", "9520010001046"
CARRIER, PORT, IMPORTER = "9520010001060", "9520010001077", "9520010001084"
LOADING = "9520010001053"
BROKER, STORE, CUSTOMS = "9520010001091", "9520010001121", "9520010001138"
SERIALS = ("K08079F4D", "K29B587C3", "K43E7767B", "K06DF7F9F", "KBB7F21FC")
SERIAL = "KBB7F21FC"
DAY_S = 86_400
AS_OF_UNIX = START_UNIX + 100 * DAY_S

OILS, ABROAD = "9520010001145", "9520010003040"

PARTIES = (
    (MAKER, Role.MANUFACTURER, "Kahikatea Nutritionals (invented)", "考怀乳业(虚构)", "NZ"),
    (LAB, Role.LABORATORY, "Rimu Food Laboratory (invented)", "芮木食品检测(虚构)", "NZ"),
    (AUTHORITY, Role.AUTHORITY, "Food authority (invented)", "食品主管部门(虚构)", "NZ"),
    (CARRIER, Role.CARRIER, "Tui Lines (invented)", "图伊航运(虚构)", "NZ"),
    (IMPORTER, Role.IMPORTER, "Example importer (invented)", "示例进出口(虚构)", "CN"),
    (BROKER, Role.BROKER, "Example broker (invented)", "示例报关行(虚构)", "CN"),
    (CUSTOMS, Role.CUSTOMS, "Port customs (invented)", "口岸海关(虚构)", "CN"),
    (ABROAD, Role.AUTHORITY, "Irish food authority (invented)", "爱尔兰主管部门(虚构)", "IE"),
    (OILS, Role.SUPPLIER, "Algae oils (invented)", "藻油公司(虚构)", "SG"),
)


def iso(unix: int, zone: str = "Z") -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S") + zone


def issued(day: float) -> tuple[str, int]:
    """When a paper was issued, as text and as a number."""
    unix = START_UNIX + int(day * DAY_S)
    return iso(unix), unix


def new_ledger(lot: str = LOT) -> LedgerModel:
    ledger = LedgerModel(GTIN, lot, MAKER)
    for gln, roles, name_en, name_zh, country in PARTIES:
        ledger.admit(gln, roles, name_en, name_zh, country)
    ledger.register()
    return ledger


def event(ledger: LedgerModel, kind: Kind, day: float, place: str, **more: Any) -> Record:
    unix = START_UNIX + int(day * DAY_S)
    body = {
        "type": "ObjectEvent",
        "eventTime": iso(unix, "+00:00"),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "readPoint": {"id": f"https://id.gs1.org/414/{place}"},
        "tracer:stage": kind.name,
        **more,
    }
    return ledger.event(kind, unix, place, body)


def canning(ledger: LedgerModel, **ilmd: Any) -> Record:
    said = {
        "cbvmda:lotNumber": LOT,
        "cbvmda:itemExpirationDate": "2028-02-10",
        "tracer:productionDate": "2026-02-11",
        "tracer:serialCount": len(SERIALS),
        **ilmd,
    }
    more = {
        "type": "TransformationEvent",
        "disposition": "active",
        "ilmd": said,
        "inputQuantityList": weighed(("BLEND", POWDER_KG)),
    }
    return event(ledger, Kind.CANNING, -1, PLANT, **more)


def product(ledger: LedgerModel, **public: Any) -> Record:
    said = {
        "gtin": GTIN,
        "nameEn": "Kōwhai Gold stage 1 (invented)",
        "nameZh": "考怀金装婴儿配方奶粉(0-6月龄,1段)(虚构)",
        "stage": 1,
        "ageMonths": "0-6",
        "netWeightG": 900,
        "originCountry": "NZ",
        "formulaRegistrationNo": "国食注字YP20990001",
        "storage": "POWDER_AMBIENT",
        "shelfLifeMonths": 24,
        "productionDate": "2026-02-11",
        "bestBefore": "2028-02-10",
        "lot": LOT,
        "tins": len(SERIALS),
        "places": {
            PLANT: {
                "nameEn": "Te Awa plant",
                "nameZh": "特阿瓦工厂",
                "city": "Hamilton",
                "country": "NZ",
                "lat": -37.78,
                "lon": 175.28,
            },
            PORT: {
                "nameEn": "Yangshan port",
                "nameZh": "洋山港",
                "country": "CN",
                "lat": 30.63,
                "lon": 122.07,
            },
            LOADING: {
                "nameEn": "Tauranga port",
                "nameZh": "陶朗阿港",
                "country": "NZ",
                "lat": -37.66,
                "lon": 176.19,
            },
        },
        **public,
    }
    return ledger.paper(DocType.PRODUCT, "PRODUCT-A26B11K1", MAKER, issued(0), said)


def lab_report(ledger: LedgerModel, **public: Any) -> Record:
    said = {
        "lot": LOT,
        "sampledAt": "2026-02-12",
        "verdict": "pass",
        "results": [
            {
                "code": "lead",
                "unit": "mg/kg",
                "basis": "per_kg_powder",
                "qualifier": "<",
                "value": 0.0096,
            },
            {
                "code": "protein",
                "unit": "g",
                "basis": "per_100kJ",
                "qualifier": "=",
                "value": 0.572,
            },
        ],
        "samplingResults": [{"code": "cronobacter", "jurisdiction": "CN", "values": [0, 0, 0]}],
        **public,
    }
    hidden = {"client": "Kahikatea Nutritionals (invented)", "price": 1450}
    return ledger.paper(
        DocType.LAB_REPORT, "RFL-26-004417", LAB, issued(2), said, confidential=hidden
    )


def advance_to(ledger: LedgerModel, day: float) -> None:
    """Let the ledger's clock reach a day, so that nothing is recorded before it happens."""
    ledger.time_unix = max(ledger.time_unix, START_UNIX + int(day * DAY_S))


def small_batch() -> LedgerModel:
    """Six records by three parties, two papers, five tins."""
    ledger = new_ledger()
    unix = START_UNIX
    ledger.append(
        MAKER,
        [canning(ledger), ledger.serial_record(unix, SERIALS), product(ledger)],
    )
    advance_to(ledger, 2)
    ledger.append(LAB, [lab_report(ledger)])
    advance_to(ledger, 20)
    ledger.append(
        CARRIER,
        [event(ledger, Kind.DEPARTURE, 18, PORT), event(ledger, Kind.ARRIVAL, 20, PORT)],
    )
    return ledger


def recall(ledger: LedgerModel, day: float = 40) -> None:
    """Recall the batch, some blocks later."""
    advance_to(ledger, day)
    ledger.block += 20
    record = event(
        ledger,
        Kind.RECALL,
        day,
        STORE,
        **{"tracer:stage": "HOLD_RECALL", "disposition": "recalled", "tracer:reason": "cereulide"},
    )
    ledger.append(MAKER, [record])


POWDER_KG = 4.52  # in five tins of 900 g, and what stays in the filler


def weighed(*rows: tuple[str, float]) -> list[dict[str, Any]]:
    """Rows of lots in kilograms."""
    classes = "https://id.gs1.org/01/09520010010017/10/"
    return [{"epcClass": classes + lot, "quantity": kg, "uom": "KGM"} for lot, kg in rows]


def make_powder(ledger: LedgerModel, changes: dict[str, dict[str, Any]]) -> list[Record]:
    """Receipts of milk and oil, drying and blending; `changes` name the events."""
    source = {"type": "possessing_party", "source": f"https://id.gs1.org/414/{OILS}"}
    steps: tuple[tuple[str, Kind, float, dict[str, Any]], ...] = (
        (
            "receipt",
            Kind.MATERIAL_RECEIPT,
            -9,
            {"quantityList": weighed(("OIL", 0.1)), "sourceList": [source]},
        ),
        ("milk", Kind.MILK_RECEIPT, -8, {"quantityList": weighed(("MILK", 30))}),
        (
            "drying",
            Kind.WET_PROCESS,
            -7,
            {
                "inputQuantityList": weighed(("MILK", 30)),
                "outputQuantityList": weighed(("BASE", 4.4)),
            },
        ),
        (
            "blending",
            Kind.DRY_BLEND,
            -2,
            {
                "inputQuantityList": weighed(("BASE", 4.4), ("OIL", 0.1)),
                "outputQuantityList": weighed(("BLEND", POWDER_KG)),
            },
        ),
    )
    return [
        event(ledger, kind, day, PLANT, **{**said, **changes.get(name, {})})
        for name, kind, day, said in steps
    ]


CONSIGNMENT = {
    "container": "XMPU2603016",
    "seal": "NZ884213",
    "netKg": 4.5,
    "grossKg": 5.95,
    "tins": len(SERIALS),
}
GOODS = {"lot": LOT, "gtin": GTIN, "productionDate": "2026-02-11", "bestBefore": "2028-02-10"}


def import_batch(**changes: dict[str, Any]) -> LedgerModel:
    """Every paper of a cleared import; `changes` name papers and the fields they lie about."""

    def said(name: str, **public: Any) -> dict[str, Any]:
        mine = {**public, **changes.get(name, {})}
        return {field: value for field, value in mine.items() if not field.startswith("@")}

    def day_of(name: str, day: float) -> float:
        return float(changes.get(name, {}).get("@day", day))

    def issuer_of(name: str, issuer: str) -> str:
        return str(changes.get(name, {}).get("@issuer", issuer))

    def consigned(*names: str) -> dict[str, Any]:
        return {name: CONSIGNMENT[name] for name in names}

    ledger = new_ledger()
    ledger.append(MAKER, make_powder(ledger, changes))
    records = [
        canning(ledger, **changes.get("canning", {})),
        ledger.serial_record(START_UNIX, SERIALS),
        product(ledger, **changes.get("product", {})),
    ]
    ledger.append(MAKER, records)
    advance_to(ledger, 2)
    ledger.append(LAB, [lab_report(ledger, **changes.get("lab_report", {}))])
    advance_to(ledger, 6)
    packed = said("packing_list", **CONSIGNMENT, **GOODS)
    ledger.append(
        MAKER,
        [
            event(ledger, Kind.FACTORY_RELEASE, 3, PLANT),
            ledger.paper(DocType.PACKING_LIST, "PL-1", MAKER, issued(5), packed),
            event(
                ledger,
                Kind.CONTAINER_LOADING,
                6,
                PLANT,
                **{"parentID": "urn:epc:id:bic:XMPU2603016", "tracer:seal": "NZ884213"},
            ),
        ],
    )
    advance_to(ledger, 7)
    health = said(
        "health_certificate", **CONSIGNMENT, **GOODS, establishmentNo="CNZL05209901010001"
    )
    origin = said("certificate_of_origin", originCountry="NZ", hs6="190110", netKg=4.5)
    authority = issuer_of("health_certificate", AUTHORITY)
    ledger.append(
        authority,
        [ledger.paper(DocType.HEALTH_CERTIFICATE, "NZL/900123", authority, issued(7), health)],
    )
    day = day_of("certificate_of_origin", 7)
    advance_to(ledger, day)
    ledger.append(
        AUTHORITY,
        [ledger.paper(DocType.CERTIFICATE_OF_ORIGIN, "CO-451", AUTHORITY, issued(day), origin)],
    )
    advance_to(ledger, 28)
    lading = said(
        "bill_of_lading",
        **consigned("container", "seal", "grossKg"),
        onBoard="2026-02-20",
        vesselImo="9999993",
        pol="NZTRG",
        pod="CNSHA",
    )
    carrier = issuer_of("bill_of_lading", CARRIER)
    ledger.append(
        carrier, [ledger.paper(DocType.BILL_OF_LADING, "XMPL117", carrier, issued(9), lading)]
    )
    ledger.append(
        CARRIER,
        [
            event(ledger, Kind.DEPARTURE, day_of("departure", 10), LOADING, **said("departure")),
            event(ledger, Kind.ARRIVAL, 28, PORT),
        ],
    )
    advance_to(ledger, 31)
    declared = said(
        "declaration",
        **consigned("container", "netKg", "grossKg", "tins"),
        gtin=GTIN,
        office="2248",
        hs="1901101090",
        ciq="101",
        originCountry="NZ",
        manufacturer519="CNZL05209901010001",
        formulaNo="国食注字YP20990001",
        coNo="CO-451",
        healthCertNo="NZL/900123",
        bl="XMPL117",
    )
    hidden: dict[str, Any] = {"consigneeUscc": "91310115MA1K00015K", "valueUsd": 133632}
    hidden = {name: value for name, value in hidden.items() if name not in declared}
    number = str(declared.pop("number", "224820261000300451"))
    claim = ledger.paper(
        DocType.CUSTOMS_DECLARATION,
        number,
        BROKER,
        issued(29),
        declared,
        confidential=hidden,
    )
    ledger.append(
        BROKER,
        [
            event(ledger, Kind.IMPORT_DECLARATION, 29, PORT),
            event(ledger, Kind.CUSTOMS_RELEASE, 30.25, PORT),
            claim,
        ],
    )
    inspected = said(
        "ciq_certificate", declaration="224820261000300451", lots=[LOT], verdict="qualified"
    )
    day = day_of("ciq_certificate", 35)
    advance_to(ledger, 35)
    ledger.append(
        CUSTOMS,
        [
            Record(Kind.CLEARANCE_CONFIRMATION, issued(31)[1], None, claim.digest),
            ledger.paper(
                DocType.CIQ_CERTIFICATE, "126000022480041", CUSTOMS, issued(day), inspected
            ),
        ],
    )
    return ledger


def other_batch(*papers: tuple[DocType, str, str, dict[str, Any]]) -> LedgerModel:
    """Another lot of the maker's, with papers: type, number, issuer and public fields."""
    ledger = new_ledger(OTHER_LOT)
    ledger.append(MAKER, [ledger.serial_record(START_UNIX, [SERIAL])])
    advance_to(ledger, 30)
    for doc_type, number, issuer, public in papers:
        ledger.append(issuer, [ledger.paper(doc_type, number, issuer, issued(29), public)])
    return ledger
