"""Cases of `make_domain_vectors.py` whose expected texts are written out by hand."""

from typing import Any

_STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_TRACER = "https://example.org/tracer/vocab/"
_CONTEXT: list[Any] = [_STANDARD, {"tracer": _TRACER}]
_PLANT = "https://id.gs1.org/414/9520010001015"
_LOT = "https://id.gs1.org/01/09520010001015/10/A26B11K1"
_CBV = "https://ref.gs1.org/cbv/"


def _link(description: str, uri: str, path: str, **parts: str | None) -> dict[str, Any]:
    named = {name: parts.get(name) for name in ("gtin", "lot", "serial", "expiry")}
    return {"description": description, "valid": True, "uri": uri, **named, "path": path}


def _bad(description: str, uri: str) -> dict[str, Any]:
    return {"description": description, "valid": False, "uri": uri}


_GTIN = "09520010001015"
_TIN = f"https://id.example.org/01/{_GTIN}/10/A26B11K1/21/KBB7F21FC"
_TIN_PATH = f"/01/{_GTIN}/10/A26B11K1/21/KBB7F21FC"
_TIN_PARTS = {"gtin": _GTIN, "lot": "A26B11K1", "serial": "KBB7F21FC"}

DIGITAL_LINKS: dict[str, dict[str, Any]] = {
    "tin": _link("A tin's code.", f"{_TIN}?17=280210", _TIN_PATH, **_TIN_PARTS, expiry="280210"),
    "tin-without-date": _link("A tin's code without a date.", _TIN, _TIN_PATH, **_TIN_PARTS),
    "batch": _link(
        "A code on a case: no serial.", f"https://a.example/01/{_GTIN}/10/A26B11K1",
        f"/01/{_GTIN}/10/A26B11K1", gtin=_GTIN, lot="A26B11K1",
    ),
    "product": _link(
        "A code that names only the product.", f"https://a.example/01/{_GTIN}", f"/01/{_GTIN}",
        gtin=_GTIN,
    ),
    "serial-without-lot": _link(
        "Serial without lot.", f"https://a.example/01/{_GTIN}/21/K1", f"/01/{_GTIN}/21/K1",
        gtin=_GTIN, serial="K1",
    ),
    "gtin-13": _link(
        "Thirteen digits mean the same as fourteen.", "https://a.example/01/9520010001015",
        f"/01/{_GTIN}", gtin=_GTIN,
    ),
    "gtin-8": _link(
        "Eight digits mean the same as fourteen.", "https://a.example/01/95200101",
        "/01/00000095200101", gtin="00000095200101",
    ),
    "http": _link("Without TLS.", _TIN.replace("https", "http"), _TIN_PATH, **_TIN_PARTS),
    "stem": _link(
        "A path before the key.", _TIN.replace(".org/", ".org/shop/de/"), _TIN_PATH, **_TIN_PARTS
    ),
    "variant": _link(
        "A consumer product variant is passed over.",
        f"https://a.example/01/{_GTIN}/22/2A/10/A26B11K1/21/KBB7F21FC", _TIN_PATH, **_TIN_PARTS,
    ),
    "escapes": _link(
        "Characters of set 82 that must be escaped.",
        f"https://a.example/01/{_GTIN}/10/A%2F1%25/21/%22b%22",
        f"/01/{_GTIN}/10/A%2F1%25/21/%22b%22", gtin=_GTIN, lot="A/1%", serial='"b"',
    ),
    "needless-escapes": _link(
        "Escapes that were not needed, in lower case.", f"https://a.example/01/{_GTIN}/10/%41%2d1",
        f"/01/{_GTIN}/10/A-1", gtin=_GTIN, lot="A-1",
    ),
    "foreign-parameters": _link(
        "Parameters of other people and a fragment.", f"{_TIN}?utm=x&17=280200&lang#top",
        _TIN_PATH, **_TIN_PARTS, expiry="280200",
    ),
    "trailing-slash": _link("A slash at the end.", f"{_TIN}/", _TIN_PATH, **_TIN_PARTS),
    "tin.gtin-digit": _bad("tin, one digit changed.", _TIN.replace("0952", "0953")),
    "tin.serial-before-lot": _bad(
        "tin with its qualifiers in the wrong order.",
        f"https://a.example/01/{_GTIN}/21/KBB7F21FC/10/A26B11K1",
    ),
    "tin.lot-empty": _bad("tin without its lot.", _TIN.replace("A26B11K1", "")),
    "tin.lot-too-long": _bad("tin with a lot too long.", _TIN.replace("A26B11K1", "A" * 21)),
    "tin.lot-with-space": _bad("tin with a space in its lot.", _TIN.replace("A26B", "A26%20")),
    "tin.lot-chinese": _bad("tin with a lot outside set 82.", _TIN.replace("A26B", "%E6%89%B9")),
    "tin.lot-null-byte": _bad("tin with a null byte in its lot.", _TIN.replace("A26B", "A%00")),
    "tin.broken-escape": _bad("tin with half an escape.", _TIN.replace("A26B", "A%2G")),
    "tin.raw-character": _bad("tin with a raw <.", _TIN.replace("A26B", "A<")),
    "tin.line-feed": _bad("tin with a line feed at the end.", f"{_TIN}\n"),
    "tin.lot-in-query": _bad(
        "tin with its lot in the query.", f"https://a.example/01/{_GTIN}?10=A26B11K1"
    ),
    "tin.key-twice": _bad("tin with a second GTIN in the query.", f"{_TIN}?01={_GTIN}"),
    "tin.date-twice": _bad("tin with two dates.", f"{_TIN}?17=280210&17=290210"),
    "tin.date-month-13": _bad("tin with month 13.", f"{_TIN}?17=281310"),
    "tin.date-empty": _bad("tin with an empty date.", f"{_TIN}?17="),
    "tin.word-for-ai": _bad("tin with a word that is obsolete.", _TIN.replace("/01/", "/gtin/")),
    "tin.other-scheme": _bad("tin under another scheme.", _TIN.replace("https", "ftp")),
    "tin.no-host": _bad("tin without a host.", f"https://{_TIN_PATH}"),
    "logistic-unit": _bad("A code that names no product.", "https://a.example/00/195200012602110002"),
    "shop": _bad("Some other page.", "https://a.example/products?id=1"),
    "empty": _bad("Nothing.", ""),
}  # fmt: skip


def _event(event_type: str, **members: object) -> dict[str, Any]:
    return {
        "type": event_type,
        "eventTime": "2026-02-11T14:00:00+13:00",
        "eventTimeZoneOffset": "+13:00",
        **members,
    }


def _head(event_type: str) -> str:
    return f"eventType={event_type}eventTime=2026-02-11T01:00:00.000ZeventTimeZoneOffset=+13:00"


def _case(
    description: str,
    event: dict[str, Any],
    pre_hash: str,
    same: tuple[dict[str, Any], ...] = (),
    different: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return one case; `same` and `different` hold members that replace those of the event."""
    return {
        "description": description,
        "context": _CONTEXT,
        "event": event,
        "preHash": pre_hash,
        "same": list(same),
        "different": list(different),
    }


EVENTS: dict[str, dict[str, Any]] = {
    "object": _case(
        "A laboratory result in words, links and a stage.",
        _event(
            "ObjectEvent", action="OBSERVE", bizStep="inspecting", disposition="conformant",
            readPoint={"id": _PLANT}, epcList=["urn:x:b", "urn:x:a"],
            bizTransactionList=[{"type": "testres", "bizTransaction": "urn:x:report"}],
            **{"tracer:stage": "LAB_RESULT"},
        ),
        _head("ObjectEvent") + "epcListepc=urn:x:aepc=urn:x:baction=OBSERVE"
        f"bizStep={_CBV}BizStep-inspectingdisposition={_CBV}Disp-conformant"
        f"readPointid={_PLANT}bizTransactionListtype={_CBV}BTT-testres"
        f"bizTransaction=urn:x:report{{{_TRACER}}}stage=LAB_RESULT",
        (
            {"bizStep": "cbv:BizStep-inspecting"},
            {"bizStep": f"{_CBV}BizStep-inspecting"},
            {"bizStep": "urn:epcglobal:cbv:bizstep:inspecting"},
            {"epcList": ["urn:x:a", "urn:x:b"]},
            {"eventTime": "2026-02-11T01:00:00Z"},
            {"eventTime": "2026-02-10T23:00:00.0004-02:00"},
            {"readPoint": {"id": "urn:epc:id:sgln:952001000.101.0"}},
            {"readPoint": {"id": "https://shop.example/x/414/9520010001015?a=b"}},
            {"eventID": "urn:uuid:1", "recordTime": "2026-02-11T01:00:01Z", "rdfs:comment": "x"},
            {"errorDeclaration": {"declarationTime": "2026-02-12T01:00:00Z"}},
            {"@context": {"t": _TRACER}, "tracer:stage": None, "t:stage": "LAB_RESULT"},
            {"tracer:stage": None, f"{_TRACER}stage": " LAB_RESULT "},
        ),
        (
            {"action": "ADD"},
            {"bizStep": "accepting"},
            {"disposition": "non_conformant"},
            {"epcList": ["urn:x:a"]},
            {"epcList": ["urn:x:a", "urn:x:b", "urn:x:b"]},
            {"eventTime": "2026-02-11T14:00:00.001+13:00"},
            {"eventTimeZoneOffset": "+00:00"},
            {"tracer:stage": "LAB_SAMPLING"},
            {"readPoint": None, "bizLocation": {"id": _PLANT}},
            {"bizTransactionList": [{"bizTransaction": "urn:x:report"}]},
        ),
    ),
    "transformation": _case(
        "Canning: inputs, serials, a new lot and master data.",
        _event(
            "TransformationEvent", transformationID="urn:x:run",
            inputQuantityList=[{"epcClass": "urn:x:powder", "quantity": 10409.5, "uom": "KGM"}],
            outputQuantityList=[{"epcClass": _LOT, "quantity": 11520}],
            outputEPCList=[f"https://id.gs1.org/01/{_GTIN}/21/KBB7F21FC"],
            ilmd={"cbvmda:lotNumber": "A26B11K1", "tracer:oxygen": {"tracer:pct": 1.4}},
        ),
        _head("TransformationEvent")
        + "inputQuantityListquantityElementepcClass=urn:x:powderquantity=10409.5uom=KGM"
        f"outputEPCListepc=https://id.gs1.org/01/{_GTIN}/21/KBB7F21FC"
        f"outputQuantityListquantityElementepcClass={_LOT}quantity=11520"
        "transformationID=urn:x:runilmd"
        f"{{{_TRACER}}}oxygen{{{_TRACER}}}pct=1.4{{urn:epcglobal:cbv:mda:}}lotNumber=A26B11K1",
        (
            {"outputEPCList": ["urn:epc:id:sgtin:952001000.0101.KBB7F21FC"]},
            {"outputEPCList": ["http://a.example/01/9520010001015/10/X/21/KBB7F21FC?17=280210"]},
            {"outputQuantityList": [
                {"epcClass": "urn:epc:class:lgtin:952001000.0101.A26B11K1", "quantity": 11520.0}]},
            {"@context": {"cbvmda": "urn:epcglobal:cbv:mda:"}},
            {"ilmd": {"tracer:oxygen": {"tracer:pct": "1.40"}, "cbvmda:lotNumber": "A26B11K1"}},
        ),
        (
            {"outputEPCList": [f"https://id.gs1.org/01/{_GTIN}/21/KBB7F21FD"]},
            {"outputQuantityList": [{"epcClass": _LOT, "quantity": 11521}]},
            {"ilmd": {"cbvmda:lotNumber": "A26B11K1"}},
        ),
    ),
    "sensors": _case(
        "Two readings; lists of reports sort by their text.",
        _event("ObjectEvent", action="OBSERVE", sensorElementList=[{
            "sensorMetadata": {
                "startTime": "2026-02-11T01:00:00Z", "endTime": "2026-02-11T02:00:00.5Z",
                "deviceID": "urn:epc:id:giai:9520001.LG26A0417", "tracer:seat": "door"},
            "sensorReport": [
                {"type": "Temperature", "minValue": 17.2, "maxValue": 27.20, "uom": "CEL"},
                {"type": "RelativeHumidity", "value": 44, "uom": "P1", "booleanValue": True}],
        }]),
        _head("ObjectEvent") + "action=OBSERVEsensorElementListsensorElementsensorMetadata"
        "startTime=2026-02-11T01:00:00.000ZendTime=2026-02-11T02:00:00.500Z"
        f"deviceID=https://id.gs1.org/8004/9520001LG26A0417{{{_TRACER}}}seat=door"
        "sensorReporttype=https://gs1.org/voc/RelativeHumidityvalue=44booleanValue=trueuom=P1"
        "sensorReporttype=https://gs1.org/voc/TemperatureminValue=17.2maxValue=27.2uom=CEL",
    ),
    "last-blocks": _case(
        "The order of the last blocks is that of the published vectors.",
        _event(
            "AggregationEvent", action="ADD", parentID="urn:x:p", childEPCs=["urn:x:c"],
            sourceList=[{"type": "location", "source": "urn:x:s"}],
            destinationList=[{"type": "location", "destination": "urn:x:d"}],
            bizTransactionList=[{"bizTransaction": "urn:x:t"}],
            persistentDisposition={"unset": ["recalled"], "set": ["damaged", "active"]},
        ),
        _head("AggregationEvent") + "parentID=urn:x:pchildEPCsepc=urn:x:caction=ADD"
        f"persistentDispositionset={_CBV}Disp-activeset={_CBV}Disp-damaged"
        f"unset={_CBV}Disp-recalledbizTransactionListbizTransaction=urn:x:t"
        f"destinationListtype={_CBV}SDT-locationdestination=urn:x:d"
        f"sourceListtype={_CBV}SDT-locationsource=urn:x:s",
    ),
    "numbers-and-text": _case(
        "Zeros after the point go; digits without a point are an identifier and stay.",
        _event("ObjectEvent", action="ADD", **{
            "tracer:a": [1.0, 0.10, 1e-7, 1e21], "tracer:b": ["007", "1.50", "1e5", " x "],
            "tracer:c": "195200012602110002", "tracer:d": [False, None, []]}),
        _head("ObjectEvent") + "action=ADD"
        f"{{{_TRACER}}}a=0.0000001{{{_TRACER}}}a=0.1{{{_TRACER}}}a=1"
        f"{{{_TRACER}}}a=1000000000000000000000{{{_TRACER}}}b=007{{{_TRACER}}}b=1.5"
        f"{{{_TRACER}}}b=1e5{{{_TRACER}}}b=x{{{_TRACER}}}c=195200012602110002"
        f"{{{_TRACER}}}d=false",
        ({"tracer:b": ["x", "1e5", "007", "1.5"]},),
        ({"tracer:b": ["x", "1e5", "7", "1.5"]}, {"tracer:c": "195200012602110016"}),
    ),
}  # fmt: skip
