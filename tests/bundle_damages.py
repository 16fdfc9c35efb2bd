"""The good bundles, and every way in which a twin of one is damaged."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bundle_lies import LIES
from bundle_odd import ODD
from ledger_model import LedgerModel
from sample_batches import (
    ABROAD,
    AS_OF_UNIX,
    AUTHORITY,
    CARRIER,
    CUSTOMS,
    DAY_S,
    GTIN,
    IMPORTER,
    LAB,
    LOT,
    MAKER,
    PORT,
    SERIAL,
    START_UNIX,
    advance_to,
    event,
    import_batch,
    recall,
    small_batch,
)

from tracer.domain.bundle import SignerFacts
from tracer.domain.canonical import canonical_text
from tracer.domain.documents import field_leaf
from tracer.domain.kinds import Kind

LINK = f"https://example.org/01/{GTIN}/10/{LOT}/21/{SERIAL}?17=280210"
OTHER = "f" * 64


def held_batch() -> LedgerModel:
    """Held by the importer, released by it, held again by customs."""
    ledger = small_batch()
    advance_to(ledger, 30)
    ledger.append(IMPORTER, [event(ledger, Kind.HOLD, 30, PORT)])
    ledger.append(IMPORTER, [event(ledger, Kind.RELEASE, 30, PORT)])
    advance_to(ledger, 31)
    ledger.append(CUSTOMS, [event(ledger, Kind.HOLD, 31, PORT)])
    return ledger


def recalled_batch() -> LedgerModel:
    ledger = small_batch()
    recall(ledger)
    return ledger


GOOD: dict[str, tuple[str, Callable[[], LedgerModel]]] = {
    "good": ("Six records by three parties, two papers, one tin.", small_batch),
    "good-import": ("Every paper of an import that customs cleared.", import_batch),
    "good-held": ("Held, released and held again: genuine, but not to be used.", held_batch),
    "good-recalled": ("Recalled: genuine, but not to be used.", recalled_batch),
}
CASES = (*GOOD, *LIES, *ODD)


@cache
def ledger_of(name: str) -> LedgerModel:
    if name in ODD:
        return ODD[name][2]()
    return GOOD[name][1]() if name in GOOD else import_batch(**LIES[name][1])


def good_case(name: str) -> dict[str, Any]:
    """A bundle with an honest node's facts."""
    ledger = ledger_of(name)
    bundle = ledger.bundle(SERIAL)
    if name in LIES:
        description = f"Genuine records of papers that contradict each other: {LIES[name][0]}."
    else:
        description = GOOD[name][0] if name in GOOD else ODD[name][1]
    return {
        "description": description,
        "link": LINK,
        "asOfUnix": AS_OF_UNIX,
        "nodeError": "",
        "facts": ledger.facts(bundle).to_json(),
        "bundle": bundle.to_json(),
    }


@dataclass(frozen=True)
class Twin:
    """A good case with one change, and the check that must fail.

    Attributes:
        file: named after the damage.
        base: the good case.
        changes: see `bundle_vectors.Change`.
        name: of the check.
        status: how it must end.
        subject: what it must name.
        description: what the case shows.
    """

    file: str
    base: str
    changes: list[dict[str, Any]] = field(repr=False)
    name: str
    status: str
    subject: str
    description: str = "One column changed, nothing else."


def hide_field(view: str, name: str) -> str:
    """A view with one of its open fields behind its leaf hash; the commitment still holds."""
    value = json.loads(view)
    value["fields"] = [
        {"leaf": field_leaf(name, entry["value"], bytes.fromhex(entry["salt"])).hex()}
        if entry.get("name") == name
        else entry
        for entry in value["fields"]
    ]
    return canonical_text(value)


def _flip_hex(text: str) -> str:
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


def _other(value: Any) -> Any:
    """Another value of the same form."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case None:
            return "9520010001077"
        case "9520010001008":
            return "9520010001015"
        case str() if value.isdigit() and len(value) == 13:
            return "9520010001008"
        case _:
            return _flip_hex(value)


def _set(value: Any, *path: str | int) -> list[dict[str, Any]]:
    return [{"at": list(path), "set": value}]


def _columns() -> Iterator[Twin]:
    """Every column of every row type, changed to another value of its form."""
    good = good_case("good")
    bundle = good["bundle"]
    maker = f"party {MAKER}"
    rows: tuple[tuple[str, tuple[str | int, ...], dict[str, str], str, str], ...] = (
        ("chain", ("chain",), {"contract": "records-fold"}, "same-chain", "chain row"),
        ("mirror", ("mirror",), {}, "freshness", "mirror row"),
        (
            "batch",
            ("batch",),
            {"batchId": "batch-id", "head": "head-on-chain", "gtin": "digital-link"},
            "batch-row",
            "batch row",
        ),
        ("append[1]", ("appends", 1), {"recordedAt": "records-fold"}, "appends-on-chain", ""),
        ("record[4]", ("records", 4), {}, "record-rows", "record 4 (DEPARTURE)"),
        ("party", ("parties", MAKER), {}, "parties-on-chain", maker),
        ("tin", ("tin",), {"root": "tin-issued", "size": "tin-count"}, "tin-issued", ""),
    )
    append = f"append {bundle['appends'][1]['sequence']}"
    special: dict[str, tuple[Any, str]] = {
        "batch.gtin": ("09520010002012", "batch row"),
        "batch.lot": ("A26B11K2", "batch row"),
        "party.profile": ('{"gln":"9520010001008"}', maker),
        "tin.serial": ("K08079F4E", "tin K08079F4E"),
        "tin.size": (6, "tin count"),
        "tin.proof": ([*bundle["tin"]["proof"][:-1], OTHER], f"tin {SERIAL}"),
        "chain.contract": ("5" * 40, f"append {bundle['appends'][0]['sequence']}"),
        "append[1].sequence": (99, "append 99"),
    }
    for label, path, names, name, subject in rows:
        row = bundle
        for part in path:
            row = row[part]
        for column, value in row.items():
            place = f"{label}.{column}"
            new, about = special.get(place, (None, None))
            new = _other(value) if new is None else new
            about = about or {"append[1]": append, "tin": f"tin {SERIAL}"}.get(label, subject)
            check = {"party.profile": "profiles"}.get(place) or names.get(column, name)
            yield Twin(
                f"good.{place}", "good", _set(new, "bundle", *path, column), check, "INVALID", about
            )


def _texts() -> Iterator[Twin]:
    """Contents and documents: one character, one value, one salt, left out, exchanged."""
    good = good_case("good")["bundle"]
    departure = good["records"][4]["digest"]
    report = good["records"][3]["digest"]
    text, view = good["contents"][departure], good["documents"][report]
    subject, paper = "record 4 (DEPARTURE)", "document LAB_REPORT RFL-26-004417"
    contents = ["bundle", "contents"]
    documents = ["bundle", "documents"]

    def content(file: str, new: str) -> Twin:
        changes = [{"at": [*contents, departure], "set": new}]
        return Twin(f"good.{file}", "good", changes, "contents", "INVALID", subject)

    closed = f"document {report[:16]}"

    def document(file: str, new: str, about: str = paper) -> Twin:
        changes = [{"at": [*documents, report], "set": new}]
        return Twin(f"good.{file}", "good", changes, "documents", "INVALID", about)

    yield content("content-character", text.replace("ObjectEvent", "ObjectEvenu"))
    yield content("content-space-added", f"{text} ")
    yield content("content-empty", "")
    yield document("document-value", view.replace("0.572", "0.472"))
    yield document("document-number", view.replace("004417", "004418"), paper.replace("17", "18"))
    salt = view.split('"salt":"')[1][:32]
    yield document("document-field-salt", view.replace(salt, _flip_hex(salt)))
    salt = view.rsplit('"salt":"', 1)[1][:64]
    yield document("document-salt", view.replace(salt, _flip_hex(salt)))
    leaf = view.split('"leaf":"')[1][:64]
    yield document("document-hidden-leaf", view.replace(leaf, _flip_hex(leaf)))
    for name in ("verdict", "publicFields"):
        yield document(f"document-{name}-hidden", hide_field(view, name))
    yield document("document-number-hidden", hide_field(view, "number"), "document LAB_REPORT")
    yield document("document-issuer", view.replace(LAB, MAKER))
    header = view.replace(f'"issuer":"{LAB}"', f'"issuer":"{MAKER}"')
    yield document("document-issuer-in-header-only", header, closed)
    yield document(
        "document-type", view.replace('"docType":9', '"docType":8'), f"document {report[:16]}"
    )
    yield document("document-spaced", f" {view}", closed)
    yield document("document-cut-off", view[:-1], closed)
    extra = [{"at": [*contents, OTHER], "set": "{}"}]
    yield Twin(
        "good.content-nobody-recorded",
        "good",
        extra,
        "contents",
        "INVALID",
        "content ffffffffffffffff",
    )
    extra = [{"at": [*documents, OTHER], "set": view}]
    yield Twin("good.document-nobody-recorded", "good", extra, "documents", "INVALID", paper)
    missing = "Not at hand is neither green nor forged."
    gone = [{"at": [*contents, departure], "remove": True}]
    yield Twin("good.content-missing", "good", gone, "contents", "SKIPPED", subject, missing)
    gone = [{"at": [*documents, report], "remove": True}]
    lab = "record 3 (LAB_REPORT)"
    yield Twin("good.document-missing", "good", gone, "documents", "SKIPPED", lab, missing)


def _histories() -> Iterator[Twin]:
    """Appends and records left out, added, exchanged; a recall that is hidden."""
    good = good_case("good")["bundle"]
    first, second, last = good["appends"]
    later, mirror = ledger_of("good-recalled"), ledger_of("good").bundle(SERIAL)
    node = {"at": ["facts"], "set": later.facts(mirror).to_json()}
    recalled = good_case("good-recalled")["bundle"]["appends"][-1]
    yield Twin(
        "good.recall-withheld",
        "good",
        [node],
        "appends-on-chain",
        "ERROR",
        f"append {recalled['sequence']}",
        "The node holds a recall that the mirror has not read: amber here, red in step 8.",
    )
    ahead = good_case("good-recalled")["bundle"]["mirror"]
    hidden = [
        {"at": ["facts"], "set": good_case("good-recalled")["facts"]},
        {"at": ["bundle", "mirror"], "set": ahead},
    ]
    yield Twin(
        "good.recall-withheld-by-a-mirror-that-has-read-it",
        "good",
        hidden,
        "head-on-chain",
        "INVALID",
        "batch row",
        "The mirror says it has read further than the recall, and does not show it.",
    )
    yield Twin(
        "good.recall-withheld-is-still-a-recall",
        "good",
        hidden,
        "recall",
        "INVALID",
        "batch row",
        "A recall on the ledger counts even when the bundle withholds it.",
    )
    yield Twin(
        "good.last-append-missing",
        "good",
        [{"at": ["bundle", "appends", 2], "remove": True}],
        "appends-on-chain",
        "INVALID",
        f"append {last['sequence']}",
        "The last append is not shown.",
    )
    whole = [
        {"at": ["bundle", "appends", 2], "remove": True},
        {"at": ["bundle", "records", 5], "remove": True},
        {"at": ["bundle", "records", 4], "remove": True},
        {"at": ["bundle", "batch", "head"], "set": second["head"]},
    ]
    whole += [
        {"at": ["bundle", "contents", good["records"][n]["digest"]], "remove": True} for n in (4, 5)
    ]
    whole += [{"at": ["bundle", "parties", CARRIER], "remove": True}]
    yield Twin(
        "good.last-append-missing-everywhere",
        "good",
        whole,
        "head-on-chain",
        "INVALID",
        "batch row",
        "A history that ends early and is consistent in itself; only the node knows better.",
    )
    yield Twin(
        "good.appends-exchanged",
        "good",
        [
            {"at": ["bundle", "appends", 0], "set": second},
            {"at": ["bundle", "appends", 1], "set": first},
        ],
        "records-fold",
        "INVALID",
        f"append {second['sequence']}",
        "Two appends stand in the wrong order.",
    )
    yield Twin(
        "good.append-doubled",
        "good",
        [{"at": ["bundle", "appends", 2], "insert": last}],
        "records-fold",
        "INVALID",
        f"append {last['sequence']}",
        "An append stands twice.",
    )
    yield Twin(
        "good.record-row-missing",
        "good",
        [{"at": ["bundle", "records", 5], "remove": True}],
        "record-rows",
        "INVALID",
        "record 5 (ARRIVAL)",
        "A record's row is missing.",
    )
    yield Twin(
        "good.record-row-added",
        "good",
        [{"at": ["bundle", "records", 6], "insert": {**good["records"][5], "position": 6}}],
        "record-rows",
        "INVALID",
        "record 6 (ARRIVAL)",
        "A row of a record that no append holds.",
    )
    yield Twin(
        "good.append-cut-short",
        "good",
        _set(last["records"][:-2], "bundle", "appends", 2, "records"),
        "record-rows",
        "INVALID",
        f"append {last['sequence']}",
        "The last record lacks a byte.",
    )
    yield Twin(
        "good.append-newer-than-the-cursor",
        "good",
        _set(105, "bundle", "mirror", "blockNumber"),
        "freshness",
        "INVALID",
        "mirror row",
        "The mirror's cursor moved back to another block.",
    )


def _nodes() -> Iterator[Twin]:
    """Nodes that do not answer, know less, know more, or serve another chain."""
    good = good_case("good")
    facts, appends = good["facts"], good["bundle"]["appends"]
    last = f"append {appends[2]['sequence']}"
    yield Twin(
        "good.node-unreachable",
        "good",
        [{"at": ["facts"], "set": None}, {"at": ["nodeError"], "set": "connection refused"}],
        "head-on-chain",
        "ERROR",
        "",
        "Without a node nothing is green, and nothing is forged.",
    )
    behind = [
        {"at": ["facts", "node", "blockNumber"], "set": appends[2]["blockNumber"] - 1},
        {"at": ["facts", "node", "mirrorBlockHash"], "set": None},
        {"at": ["facts", "node", "mirrorBlockTime"], "set": None},
        {"at": ["facts", "appended", 2], "remove": True},
        {"at": ["facts", "batch", "head"], "set": appends[1]["head"]},
    ]
    why = "The newest append is not final on the node yet: amber."
    yield Twin("good.not-final-yet", "good", behind, "head-on-chain", "ERROR", "batch row", why)
    yield Twin("good.not-final-yet-append", "good", behind, "appends-on-chain", "ERROR", last, why)
    yield Twin(
        "good.block-not-final",
        "good",
        _set(False, "facts", "node", "final"),
        "final",
        "ERROR",
        "",
        "The node was asked at a block that may still be replaced.",
    )
    yield Twin(
        "good.another-chain",
        "good",
        [
            {"at": ["facts", "node", "chainId"], "set": 1},
            {"at": ["facts", "node", "genesisHash"], "set": OTHER},
        ],
        "same-chain",
        "INVALID",
        "chain row",
        "The node serves another chain.",
    )
    yield Twin(
        "good.ledger-created-elsewhere",
        "good",
        _set(None, "facts", "node", "deployBlock"),
        "same-chain",
        "INVALID",
        "chain row",
        "The node shows no ledger created in the deploy block.",
    )
    yield Twin(
        "good.batch-unknown-to-the-ledger",
        "good",
        [
            {"at": ["facts", "registered"], "set": None},
            {"at": ["facts", "appended"], "set": []},
            *_set("0" * 64, "facts", "batch", "head"),
            *_set("0" * 13, "facts", "batch", "owner"),
        ],
        "head-on-chain",
        "INVALID",
        "batch row",
        "Nobody registered this batch.",
    )
    yield Twin(
        "good.mirror-on-a-fork",
        "good",
        _set(OTHER, "facts", "node", "mirrorBlockHash"),
        "freshness",
        "INVALID",
        "mirror row",
        "The mirror's last block is none of the node's.",
    )
    yield Twin(
        "good.mirror-ahead-of-the-node",
        "good",
        [
            *_set(None, "facts", "node", "mirrorBlockHash"),
            *_set(None, "facts", "node", "mirrorBlockTime"),
            *_set(105, "facts", "node", "blockNumber"),
        ],
        "freshness",
        "ERROR",
        "mirror row",
        "The node does not know the mirror's last block yet.",
    )
    yield Twin(
        "good.node-withholds-a-log",
        "good",
        [{"at": ["facts", "appended", 2], "remove": True}],
        "appends-on-chain",
        "ERROR",
        last,
        "The head proves the append genuine; the node contradicts itself.",
    )
    yield Twin(
        "good.node-shows-no-registration",
        "good",
        [{"at": ["facts", "registered"], "set": None}],
        "batch-row",
        "ERROR",
        "batch row",
        "The node shows the head, but not the log of the registration.",
    )
    yield Twin(
        "good.log-differs",
        "good",
        _set(OTHER, "facts", "appended", 0, "head"),
        "appends-on-chain",
        "INVALID",
        f"append {appends[0]['sequence']}",
        "A log that says something else.",
    )
    yield Twin(
        "good.registered-by-another-party",
        "good",
        _set(LAB, "facts", "registered", "gln"),
        "batch-row",
        "INVALID",
        "batch row",
        "The log of the registration names another owner.",
    )
    yield Twin(
        "good.registered-under-another-id",
        "good",
        _set(OTHER, "facts", "registered", "head"),
        "batch-row",
        "INVALID",
        "batch row",
        "The log's first head is not that of this batch id.",
    )
    yield Twin(
        "good.node-invents-a-log",
        "good",
        [{"at": ["facts", "appended", 3], "insert": facts["appended"][2]}],
        "appends-on-chain",
        "ERROR",
        last,
        "The head proves that there is no such append; the node contradicts itself.",
    )
    party = {"at": ["facts", "parties", LAB], "remove": True}
    why = "The node was not asked about a writer."
    subject = f"party {LAB}"
    yield Twin("good.party-not-asked", "good", [party], "parties-on-chain", "ERROR", subject, why)


def _parties() -> Iterator[Twin]:
    """Parties that lost a role, were suspended or banned, or had a key revoked."""
    good = good_case("good")
    appends = good["bundle"]["appends"]
    maker, lab = f"party {MAKER}", f"party {LAB}"

    def both(gln: str, column: str, value: Any) -> list[dict[str, Any]]:
        return [
            {"at": [part, "parties", gln, column], "set": value} for part in ("bundle", "facts")
        ]

    since = START_UNIX + DAY_S
    yield Twin(
        "good.party-role-removed-since",
        "good",
        both(LAB, "roles", 1),
        "roles",
        "SKIPPED",
        lab,
        "The ledger checked the role when the record was appended; its loss is named.",
    )
    yield Twin("good.party-banned", "good", both(LAB, "status", 3), "standing", "INVALID", lab)
    why = "What a party wrote while it was active stays valid; its suspension is named."
    suspended = both(LAB, "status", 2)
    yield Twin("good.party-suspended", "good", suspended, "standing", "SKIPPED", lab, why)
    yield Twin("good.party-unknown", "good", both(LAB, "status", 0), "standing", "INVALID", lab)
    yield Twin(
        "good.party-missing",
        "good",
        [{"at": ["bundle", "parties", LAB], "remove": True}],
        "parties-on-chain",
        "INVALID",
        lab,
        "A writer's row is missing.",
    )
    yield Twin(
        "good.party-added",
        "good",
        [{"at": ["bundle", "parties", CUSTOMS], "set": good["bundle"]["parties"][MAKER]}],
        "parties-on-chain",
        "INVALID",
        f"party {CUSTOMS}",
        "A party that neither owns the batch nor wrote to it.",
    )
    yield Twin(
        "good.party-profile-missing",
        "good",
        _set("", "bundle", "parties", MAKER, "profile"),
        "profiles",
        "SKIPPED",
        maker,
        "Not at hand is neither green nor forged.",
    )
    append = appends[1]["sequence"]
    subject = f"append {append} of {lab}"
    doubtful = both(LAB, "distrustFrom", since)
    why = "A key of the party was revoked, and the node did not say which key signed."
    yield Twin("good.key-unknown", "good", doubtful, "keys", "ERROR", subject, why)
    stolen = SignerFacts(b"\x07" * 20, int(LAB), since).to_json()
    signed = [*doubtful, {"at": ["facts", "signers", str(append)], "set": stolen}]
    why = "Signed by a key that was reported compromised from before the record on."
    yield Twin("good.key-distrusted", "good", signed, "keys", "INVALID", subject, why)
    foreign = {**stolen, "gln": MAKER, "distrustFrom": 0}
    signed = [*doubtful, {"at": ["facts", "signers", str(append)], "set": foreign}]
    why = "The sender of the transaction is no key of the writer."
    yield Twin("good.key-of-another-party", "good", signed, "keys", "ERROR", subject, why)


def _codes() -> Iterator[Twin]:
    """Codes that name something else, and statuses that forbid use."""
    link = LINK.split("?", maxsplit=1)[0]

    def scanned(file: str, uri: str, name: str, subject: str, why: str) -> Twin:
        return Twin(f"good.{file}", "good", _set(uri, "link"), name, "INVALID", subject, why)

    other = link.replace(GTIN, "09520010002012")
    yield scanned("code-of-another-gtin", other, "digital-link", "batch row", "Another product.")
    other = link.replace(LOT, "A26B11K2")
    yield scanned("code-of-another-lot", other, "digital-link", "batch row", "Another lot.")
    other = link.replace(SERIAL, "K00000000")
    yield scanned("code-of-another-tin", other, "tin-issued", f"tin {SERIAL}", "Another tin.")
    never = [*_set(other, "link"), *_set(None, "bundle", "tin")]
    yield Twin(
        "good.serial-never-issued",
        "good",
        never,
        "tin-issued",
        "INVALID",
        "tin K00000000",
        "The mirror has no proof for the scanned serial.",
    )
    late = 2_000_000_000
    yield Twin(
        "good.expired",
        "good",
        _set(late, "asOfUnix"),
        "expiry",
        "INVALID",
        "batch row",
        "The best-before date has passed.",
    )
    yield Twin(
        "good.serial-root-of-nobody",
        "good",
        [*_set(OTHER, "bundle", "tin", "root")],
        "tin-issued",
        "INVALID",
        f"tin {SERIAL}",
        "No record of the batch holds the root.",
    )
    yield Twin(
        "good-held.hold-not-shown",
        "good-held",
        _set(0, "bundle", "batch", "holds"),
        "batch-flags",
        "INVALID",
        "batch row",
        "The row says that nobody holds the batch.",
    )
    yield Twin(
        "good-recalled.recall-not-shown",
        "good-recalled",
        _set(False, "bundle", "batch", "recalled"),
        "batch-flags",
        "INVALID",
        "batch row",
        "The row says that the batch is not recalled.",
    )


def _others() -> Iterator[Twin]:
    """Another batch's paper that is damaged, renamed, or has nothing to do with this batch."""
    base = "odd-number-shared-by-two-lots"
    others = good_case(base)["bundle"]["others"]
    key = next(key for key, row in others.items() if "CERTIFICATE_OF_ORIGIN" in row["view"])
    row, at = others[key], ["bundle", "others", key]
    paper, closed = "document CERTIFICATE_OF_ORIGIN CO-451", f"document {key[:16]}"
    view = row["view"]

    def changed(file: str, column: str, value: str, subject: str = paper) -> Twin:
        change = [{"at": [*at, column], "set": value}]
        return Twin(f"{base}.other-{file}", base, change, "others", "INVALID", subject)

    yield changed("lot", "lot", LOT)
    yield changed("lot-of-nobody", "lot", "A26B11K3")
    yield changed("gtin", "gtin", "09520010002012")
    yield changed("gtin-short", "gtin", row["gtin"][1:])
    yield changed("quantity", "view", view.replace('"value":"2"', '"value":"1"'))
    yield changed("whole-quantity", "view", view.replace('"6.5"', '"9.5"'))
    yield changed("quantity-hidden", "view", hide_field(view, "netKg"))
    yield changed("issuer", "view", view.replace(AUTHORITY, ABROAD))
    yield changed("spaced", "view", f" {view}", closed)
    yield changed("empty", "view", "", closed)
    moved = [{"at": at, "remove": True}, {"at": ["bundle", "others", OTHER], "set": row}]
    yield Twin(f"{base}.other-key", base, moved, "others", "INVALID", paper)
    stranger = good_case("odd-number-reused-by-its-issuer")["bundle"]["others"]
    ((name, unrelated),) = stranger.items()
    extra = [{"at": ["bundle", "others", name], "set": unrelated}]
    why = "A paper of another batch without any number of this one."
    unrelated_to = Twin("good.other-unrelated", "good", extra, "others", "INVALID", paper, why)
    yield unrelated_to


TWINS: tuple[Twin, ...] = (
    *_columns(),
    *_texts(),
    *_histories(),
    *_nodes(),
    *_parties(),
    *_codes(),
    *_others(),
)
