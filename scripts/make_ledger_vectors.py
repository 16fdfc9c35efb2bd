"""Write the vectors that hold Solidity, Python and JavaScript to the same bytes.

    python scripts/make_ledger_vectors.py            # write
    python scripts/make_ledger_vectors.py --check    # compare byte for byte

The hashes come from the few lines of hashlib below and from nothing of the project, so a mistake
in the library cannot slip into the vectors that judge it. Only the table of kinds is read from it.
`tests/vectors/README.md` documents the files.
"""

import argparse
import copy
import json
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tracer.domain import kinds

VECTORS = Path(__file__).resolve().parent.parent / "tests" / "vectors"
LEDGER = VECTORS / "ledger"

Case = dict[str, Any]


# --- the independent implementation --------------------------------------------------------------


def batch_id(gtin: str, lot: str) -> bytes:
    """Return the id of a batch."""
    return sha256(b"tracer/batch/v1\0" + gtin.encode() + b"\0" + lot.encode()).digest()


def head0(chain_id: int, contract: str, identifier: bytes) -> bytes:
    """Return the head of a batch without records."""
    place = chain_id.to_bytes(8, "big") + bytes.fromhex(contract[2:])
    return sha256(b"tracer/head/v1\0" + place + identifier).digest()


def fold(head: bytes, gln: int, recorded_at: int, records: bytes) -> bytes:
    """Return the head after one append."""
    return sha256(head + gln.to_bytes(6, "big") + recorded_at.to_bytes(5, "big") + records).digest()


def pack(record: dict[str, Any]) -> bytes:
    """Return the 44 bytes of a record."""
    return (
        record["kind"].to_bytes(1, "big")
        + record["occurredAt"].to_bytes(5, "big")
        + record["location"].to_bytes(6, "big")
        + bytes.fromhex(record["digest"][2:])
    )


# --- genuine histories ---------------------------------------------------------------------------

CHAIN_ID = 31337
CONTRACT = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
GTIN = "09412345000019"
MAKER, LABORATORY, CUSTOMS = 9412345000026, 9412345000033, 6901234000016
EARLY = 1_788_000_000  # Unix s


def make_case(
    description: str,
    lot: str,
    appends: list[Any],
    *,
    gtin: str = GTIN,
    chain_id: int = CHAIN_ID,
    contract: str = CONTRACT,
) -> Case:
    """Return a history: (gln, recordedAt, [(kind, occurredAt, location), …]) for each append."""
    identifier = batch_id(gtin, lot)
    first = head = head0(chain_id, contract, identifier)
    written = []
    for gln, recorded_at, entries in appends:
        fields = [
            {
                "kind": kind,
                "occurredAt": occurred_at,
                "location": location,
                "digest": _hex(sha256(f"{lot}/{len(written)}/{i}".encode()).digest()),
            }
            for i, (kind, occurred_at, location) in enumerate(entries)
        ]
        records = b"".join(map(pack, fields))
        head = fold(head, gln, recorded_at, records)
        written.append(
            {
                "gln": gln,
                "recordedAt": recorded_at,
                "records": _hex(records),
                "fields": fields,
                "head": _hex(head),
            }
        )
    return {
        "description": description,
        "valid": True,
        "chainId": chain_id,
        "contract": contract,
        "gtin": gtin,
        "lot": lot,
        "batchId": _hex(identifier),
        "head0": _hex(first),
        "appends": written,
        "head": _hex(head),
    }


def genuine_cases() -> dict[str, Case]:
    """Return every genuine history by the name of its file."""
    return {
        "no-records": make_case("A batch registered without records.", "A1", []),
        "one-record": make_case(
            "The smallest history: a milk collection without a place.",
            "NZ2609A",
            [(MAKER, EARLY + 60, [(0x11, EARLY, 0)])],
        ),
        "three-appends": make_case(
            "Maker, laboratory and customs write; the maker's two records share one append.",
            "NZ2609B",
            [
                (MAKER, EARLY + 60, [(0x25, EARLY, MAKER), (0x26, EARLY + 30, MAKER)]),
                (LABORATORY, EARLY + 86_400, [(0x31, EARLY + 80_000, LABORATORY)]),
                (CUSTOMS, EARLY + 2_592_000, [(0x62, EARLY + 2_591_000, CUSTOMS)]),
            ],
        ),
        "longest-lot": make_case(
            "A lot of 20 characters from both ends of GS1 character set 82.",
            "!\"%&'()*+,-./:;<=>?_",
            [(MAKER, EARLY + 60, [(0x28, EARLY, MAKER)])],
        ),
        "largest-numbers": make_case(
            "Every number at the end of its range; the place is no GLN, which the ledger allows.",
            "z",
            [(9_999_999_999_994, 2**40 - 1, [(0xE2, 2**40 - 1, 2**48 - 1)])],
            chain_id=2**53 - 1,  # the largest that JSON carries safely to JavaScript
            contract="0x" + "ff" * 20,
            gtin="99999999999997",
        ),
        "twenty-records": make_case(
            "Twenty records in one append, more than one SHA-256 block apart.",
            "NZ2609C",
            [(MAKER, EARLY + 600, [(0x21 + i % 9, EARLY + i, MAKER) for i in range(20)])],
        ),
    }


# --- tampered twins ------------------------------------------------------------------------------

# Byte of a record at which each field starts.
FIELD_OFFSETS = {"kind": 0, "occurredAt": 1, "location": 6, "digest": 12}

Damage = Callable[[Case], None]


def _flip_record_byte(append: int, offset: int) -> Damage:
    def damage(case: Case) -> None:
        records = bytearray.fromhex(case["appends"][append]["records"][2:])
        records[offset] ^= 1
        case["appends"][append]["records"] = _hex(bytes(records))

    return damage


def _flip_last_bit(*keys: str | int) -> Damage:
    def damage(case: Case) -> None:
        parent: Any = case
        for key in keys[:-1]:
            parent = parent[key]
        value = bytearray.fromhex(parent[keys[-1]][2:])
        value[-1] ^= 1
        parent[keys[-1]] = _hex(bytes(value))

    return damage


def _add(amount: int, *keys: str | int) -> Damage:
    def damage(case: Case) -> None:
        parent: Any = case
        for key in keys[:-1]:
            parent = parent[key]
        parent[keys[-1]] += amount

    return damage


def _replace(key: str, value: str) -> Damage:
    return lambda case: case.update({key: value})


def _swap_first_two(case: Case) -> None:
    case["appends"][0], case["appends"][1] = case["appends"][1], case["appends"][0]


def _swap_records(case: Case) -> None:
    records = bytes.fromhex(case["appends"][0]["records"][2:])
    case["appends"][0]["records"] = _hex(records[44:88] + records[:44])


def _split_first(case: Case) -> None:
    first = case["appends"][0]
    records = bytes.fromhex(first["records"][2:])
    case["appends"][:1] = [
        {**first, "records": _hex(records[:44])},
        {**first, "records": _hex(records[44:])},
    ]


def _merge_last_two(case: Case) -> None:
    last = case["appends"].pop()
    case["appends"][-1]["records"] += last["records"][2:]


def _move_record(case: Case) -> None:
    first, second = case["appends"][0], case["appends"][1]
    records = bytes.fromhex(first["records"][2:])
    first["records"] = _hex(records[:44])
    second["records"] = _hex(records[44:] + bytes.fromhex(second["records"][2:]))


# name of the damage -> (the check that finds it, the damage)
DAMAGES: dict[str, dict[str, tuple[str, Damage]]] = {
    "no-records": {
        "head-last-bit": ("head", _flip_last_bit("head")),
        "head0-last-bit": ("head0", _flip_last_bit("head0")),
        "batchId-last-bit": ("batchId", _flip_last_bit("batchId")),
        "gtin-other": ("batchId", _replace("gtin", "19412345000016")),
        "lot-other": ("batchId", _replace("lot", "A2")),
        "lot-case": ("batchId", _replace("lot", "a1")),
        "chainId-plus-1": ("head0", _add(1, "chainId")),
        "contract-last-bit": ("head0", _flip_last_bit("contract")),
    },
    "three-appends": {
        **{
            f"append[0]-record[1]-{field}-byte": ("head", _flip_record_byte(0, 44 + offset))
            for field, offset in FIELD_OFFSETS.items()
        },
        "append[2]-last-byte": ("head", _flip_record_byte(2, 43)),
        "append[1]-gln-plus-7": ("head", _add(7, "appends", 1, "gln")),
        "append[1]-recordedAt-minus-1": ("head", _add(-1, "appends", 1, "recordedAt")),
        "append[0]-missing": ("head", lambda case: case["appends"].pop(0)),
        "append[1]-missing": ("head", lambda case: case["appends"].pop(1)),
        "append[2]-missing": ("head", lambda case: case["appends"].pop(2)),
        "append[2]-twice": ("head", lambda case: case["appends"].append(case["appends"][2])),
        "appends[0,1]-swapped": ("head", _swap_first_two),
        "append[0]-records-swapped": ("head", _swap_records),
        "append[0]-split-in-two": ("head", _split_first),
        "appends[1,2]-merged": ("head", _merge_last_two),
        "append[0]-record[1]-moved-to-append[1]": ("head", _move_record),
        "head-last-bit": ("head", _flip_last_bit("head")),
        "all-appends-missing": ("head", lambda case: case["appends"].clear()),
    },
}


def tampered_cases(genuine: dict[str, Case]) -> Iterator[tuple[str, Case]]:
    """Yield every twin: the genuine history with one damage and nothing recomputed after it."""
    for name, damages in DAMAGES.items():
        for damage, (found_by, apply) in damages.items():
            case = copy.deepcopy(genuine[name])
            apply(case)
            for append in case["appends"]:
                # What is not hashed would only contradict the damage.
                append.pop("fields", None)
                append.pop("head", None)
            yield (
                f"{name}.{damage}",
                {
                    **case,
                    "description": f"{name} with {damage}.",
                    "valid": False,
                    "twinOf": name,
                    "foundBy": found_by,
                },
            )


# --- the table of kinds --------------------------------------------------------------------------


def make_kinds() -> dict[str, Any]:
    """Return the table of kinds, plain and in the packed form that the contract holds."""
    independent = kinds.INDEPENDENT_CLASSES
    while_held = kinds.CLASSES_WHILE_HELD
    class_roles = sum(int(roles) << 16 * c for c, roles in kinds.CLASS_ROLES.items())
    return {
        "roles": {role.name: int(role) for role in kinds.Role},
        "authorityRoles": int(kinds.AUTHORITY_ROLES),
        "classes": {c.name: int(c) for c in kinds.KindClass},
        "classRoles": {c.name: int(roles) for c, roles in kinds.CLASS_ROLES.items()},
        "independentClasses": [c.name for c in kinds.KindClass if c in independent],
        "classesWhileHeld": [c.name for c in kinds.KindClass if c in while_held],
        "kinds": {kind.name: int(kind) for kind in kinds.Kind},
        "packed": {
            "anyRole": int(kinds.ANY_ROLE),
            "classRoles": f"0x{class_roles:064x}",
            "knownKinds": f"0x{sum(1 << kind for kind in kinds.Kind):064x}",
            "independentClasses": sum(1 << c for c in independent),
            "classesWhileHeld": sum(1 << c for c in while_held),
        },
    }


# --- files ---------------------------------------------------------------------------------------


def make_files() -> dict[Path, str]:
    """Return the text of every file that this script owns."""
    genuine = genuine_cases()
    cases = {**genuine, **dict(tampered_cases(genuine))}
    contents = {LEDGER / f"{name}.json": case for name, case in cases.items()}
    contents[VECTORS / "kinds.json"] = make_kinds()
    return {path: json.dumps(data, indent=2) + "\n" for path, data in contents.items()}


def main() -> int:
    """Write the files, or say which of them differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check

    files = make_files()
    stale = {path for path in LEDGER.glob("*.json") if path not in files}
    if check:
        stale |= {
            path
            for path, text in files.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        }
        for path in sorted(stale):
            print(f"stale {path.name}: run python scripts/make_ledger_vectors.py", file=sys.stderr)
        print(f"{len(files) - len(stale)} of {len(files)} vectors are equal")
        return 1 if stale else 0

    LEDGER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    print(f"wrote {len(files)} vectors")
    return 0


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


if __name__ == "__main__":
    sys.exit(main())
