"""Vectors of documents: views that verify, and damaged or copied ones."""

import json
from collections.abc import Callable
from typing import Any

from domain_vectors.tools import Case, Cases, Damage, flip, sha, split, twins

CONTRACT = "5fbdb2315678afecb367f032d93f642f64180aa3"
Texts = dict[str, str]  # name of a field -> canonical text of its value
LABORATORY, BROKER = "9520010001039", "9520010001091"


def field_leaf(name: str, value: str, salt: str) -> bytes:
    """Return the leaf of one field."""
    n, v = name.encode(), value.encode()
    sizes = len(n).to_bytes(2, "big"), len(v).to_bytes(4, "big")
    return sha(b"\0tracer/field/v1\0", sizes[0], n, sizes[1], v, bytes.fromhex(salt))


def _node_root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return sha(b"\1", _node_root(hashes[:k]), _node_root(hashes[k:]))


def _listed(public: Texts, *names: str) -> Texts:
    """Return the public fields with the field that lists them; names to list others instead."""
    listed = names or sorted([*public, "publicFields"], key=str.encode)
    return {**public, "publicFields": json.dumps(listed, ensure_ascii=False, separators=(",", ":"))}


def _document_case(
    description: str, lot: str, doc_type: int, issuer: str, *, shown: Texts, hidden: Texts
) -> Case:
    batch_id = sha(b"tracer/batch/v1\x0009520010001015\0", lot.encode())
    salt = sha(b"document", lot.encode())
    fields, entries, leaves = {**shown, **hidden}, [], []
    for name in sorted(fields, key=str.encode):
        field_salt = sha(b"field", lot.encode(), name.encode())[:16].hex()
        leaf = field_leaf(name, fields[name], field_salt)
        leaves.append(leaf)
        opened = {"name": name, "salt": field_salt, "value": fields[name]}
        entries.append({"leaf": leaf.hex()} if name in hidden else opened)
    root = _node_root(leaves)
    commitment = sha(
        b"tracer/doc/v1\0", (31337).to_bytes(8, "big"), bytes.fromhex(CONTRACT),
        int(issuer).to_bytes(6, "big"), batch_id, doc_type.to_bytes(2, "big"), salt, root,
    )  # fmt: skip
    view = {
        "batchId": batch_id.hex(), "docType": doc_type, "fields": entries, "issuer": issuer,
        "salt": salt.hex(),
    }  # fmt: skip
    return {
        "description": description,
        "valid": True,
        "chainId": 31337,
        "contract": CONTRACT,
        "batchId": batch_id.hex(),
        "issuer": issuer,
        "commitment": commitment.hex(),
        "view": _text(view),
        "leaves": [leaf.hex() for leaf in leaves],
        "fieldRoot": root.hex(),
    }


def _text(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _in_view(change: Callable[[dict[str, Any]], Any]) -> Damage:
    """Return a damage to the view's JSON."""

    def damage(case: Case) -> None:
        view = json.loads(case["view"])
        change(view)
        case["view"] = _text(view)

    return damage


def _set(key: str, value: object, *, view: bool = False) -> Damage:
    return (
        _in_view(lambda data: data.update({key: value}))
        if view
        else lambda case: case.update({key: value})
    )


def _in_field(wanted: str, **change: object) -> Damage:
    """Return a damage to the open field of a name."""

    def damage(view: dict[str, Any]) -> None:
        (field,) = [entry for entry in view["fields"] if entry.get("name") == wanted]
        field.update(change)

    return _in_view(damage)


def _flipped(*path: str | int) -> Damage:
    """Return a damage to one bit of hexadecimal text inside the view."""

    def damage(view: Any) -> None:  # noqa: ANN401 - walks down to any member
        for step in path[:-1]:
            view = view[step]
        view[path[-1]] = flip(view[path[-1]], 0)

    return _in_view(damage)


def _swap_hidden(view: dict[str, Any]) -> None:
    entries = view["fields"]
    first, second, *_ = (i for i, entry in enumerate(entries) if "leaf" in entry)
    entries[first], entries[second] = entries[second], entries[first]


def _hide(*names: str) -> Damage:
    """Return a damage that puts leaf hashes in the place of open fields; of all without names."""

    def damage(view: dict[str, Any]) -> None:
        view["fields"] = [
            {"leaf": field_leaf(entry["name"], entry["value"], entry["salt"]).hex()}
            if "leaf" not in entry and (not names or entry["name"] in names)
            else entry
            for entry in view["fields"]
        ]

    return _in_view(damage)


def _for_another_batch(case: Case) -> None:
    other = sha(b"another batch").hex()
    _set("batchId", other)(case)
    _set("batchId", other, view=True)(case)


AWKWARD = ("publicFields", "constructor", "__proto__", "constructor")
# papers that no honest issuer makes: what is wrong with them -> their fields
WITHOUT_A_LIST: dict[str, Texts] = {
    "without publicFields": {"type": '"CSR_REPORT"'},
    "with publicFields no list": {"publicFields": '"publicFields"'},
    "with publicFields null": {"publicFields": "null"},
    "with publicFields an object": {"publicFields": '{"publicFields":1}'},
    "with publicFields a list of numbers": {"1": "1", "publicFields": "[1]"},
    "with publicFields naming no field": _listed({}, "constructor", "publicFields"),
}

# name of the damage -> (the check that finds it, the damage)
DAMAGES: dict[str, tuple[str, Damage]] = {
    "value-changed": ("commitment", _in_field("verdict", value='"fail"')),
    "value-respelled": ("commitment", _in_field("verdict", value=' "pass"')),
    "field-renamed": ("commitment", _in_field("verdict", name="verdict2")),
    "field-salt-other": ("commitment", _in_field("verdict", salt="00" * 16)),
    "hidden-leaf-bit-0": ("commitment", _flipped("fields", 0, "leaf")),
    "hidden-field-missing": ("commitment", _in_view(lambda view: view["fields"].pop(0))),
    "open-field-missing": ("commitment", _in_view(lambda view: view["fields"].pop())),
    "hidden-fields-swapped": ("commitment", _in_view(_swap_hidden)),
    "salt-bit-0": ("commitment", _flipped("salt")),
    "type-other": ("parse", _set("docType", 1, view=True)),
    "type-unknown": ("parse", _set("docType", 18, view=True)),
    "issuer-relabelled": ("parse", _set("issuer", BROKER, view=True)),
    "issuer-check-digit": ("parse", _set("issuer", "9520010001038", view=True)),
    "fields-out-of-order": ("parse", _in_view(lambda view: view["fields"].reverse())),
    "field-twice": ("parse", _in_view(lambda view: view["fields"].append(view["fields"][-1]))),
    "no-fields": ("parse", _set("fields", [], view=True)),
    "unknown-key": ("parse", _set("note", "hello", view=True)),
    "batch-missing": ("parse", _in_view(lambda view: view.pop("batchId"))),
    "value-not-json": ("parse", _in_field("verdict", value="pass")),
    "value-not-text": ("parse", _in_field("verdict", value=True)),
    "field-salt-short": ("parse", _in_field("verdict", salt="00" * 15)),
    "salt-upper-case": ("parse", _set("salt", "AB" * 32, view=True)),
    "cut-off": ("parse", lambda case: case.update(view=case["view"][:-1])),
    "copied-to-another-batch": ("batch", _set("batchId", sha(b"another batch").hex())),
    "relabelled-for-another-batch": ("commitment", _for_another_batch),
    "recorded-by-another-party": ("issuer", _set("issuer", BROKER)),
    "other-chain": ("commitment", _set("chainId", 1)),
    "other-contract": ("commitment", _set("contract", "00" * 20)),
    "verdict-hidden": ("open", _hide("verdict")),
    "number-and-results-hidden": ("open", _hide("number", "results")),
    "public-fields-hidden": ("open", _hide("publicFields")),
    "verdict-and-public-fields-hidden": ("open", _hide("verdict", "publicFields")),
    "every-field-hidden": ("open", _hide()),
    "commitment-bit-0": (
        "commitment",
        lambda case: case.update(commitment=flip(case["commitment"], 0)),
    ),
}


def document_cases() -> Cases:
    """Return views that verify, and damaged or copied ones with the check that finds them."""
    public = {
        "type": '"LAB_REPORT"',
        "number": '"RFL-26-004417"',
        "issuer": f'"{LABORATORY}"',
        "issuedAt": '"2026-02-24T16:00:00+13:00"',
        "verdict": '"pass"',
        "results": '[{"code":"lead","unit":"mg/kg","value":0.01}]',
    }
    secret = {
        "client": '"示例母婴"',
        "file": f'"{sha(b"%PDF").hex()}"',
        "price": "1180.5",
    }
    claim = {
        "type": '"CUSTOMS_DECLARATION"',
        "number": '"224820261000300451"',
        "\ufb33": "1",
        "😀": "2",
    }
    report = ("A26B11K1", 9, LABORATORY)
    lab = _document_case(
        "A report with client, file and price hidden.",
        *report,
        shown=_listed(public),
        hidden=secret,
    )
    cases = {
        "lab-report": lab,
        "lab-report-open": _document_case(
            "The same report with every field open.",
            *report,
            shown=_listed(public) | secret,
            hidden={},
        ),
        "declaration": _document_case(
            "Names whose order differs between UTF-8 and UTF-16; UTF-8 counts.",
            *("A26B11K1", 1, BROKER),
            shown=_listed(claim),
            hidden={},
        ),
        "one-field": _document_case(
            "A paper of one field.", "B1", 15, BROKER, shown=_listed({}), hidden={}
        ),
        "awkward-names": _document_case(
            "Names that mean something to JavaScript, listed out of order and twice.",
            *("B1", 15, BROKER),
            shown=_listed({"__proto__": "1", "constructor": "2"}, *AWKWARD),
            hidden={"toString": "3"},
        ),
    }
    for name, shown in WITHOUT_A_LIST.items():
        case = _document_case(
            f"The issuer's paper, whole, but {name}.", "B1", 15, BROKER, shown=shown, hidden={}
        )
        del case["leaves"], case["fieldRoot"]
        cases[f"issued-{name.replace(' ', '-')}"] = case | {"valid": False, "foundBy": "open"}
    broken = twins("lab-report", lab, {name: apply for name, (_, apply) in DAMAGES.items()})
    for name, (check, _) in DAMAGES.items():
        twin = broken[f"lab-report.{name}"]
        twin["foundBy"] = check
        del twin["leaves"], twin["fieldRoot"]
    return cases | broken
