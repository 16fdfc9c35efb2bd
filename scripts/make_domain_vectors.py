"""Write the vectors of identifiers, Merkle proofs, documents and event hashes.

    python scripts/make_domain_vectors.py            # write
    python scripts/make_domain_vectors.py --check    # compare byte for byte

Hashes and check digits come from the few lines below, expected texts are written out by hand, and
nothing is imported from the project: a mistake in the library cannot slip into the vectors that
judge it. `tests/vectors/README.md` documents the files.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from domain_vectors.documents import document_cases
from domain_vectors.texts import DIGITAL_LINKS, EVENTS
from domain_vectors.tools import Case, Cases, Damage, flip, sha, split, twins

VECTORS = Path(__file__).resolve().parent.parent / "tests" / "vectors"

# --- check digits --------------------------------------------------------------------------------


def check_digit(digits: str) -> int:
    """Return the digit that makes the weighted sum, 3 and 1 from the right, a multiple of ten."""
    return next(
        last
        for last in range(10)
        if (last + sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(digits[::-1]))) % 10 == 0
    )


def gtin_cases() -> Cases:
    """Return identifiers with check digits, and what one slip of the pen makes of them."""
    bodies = {
        "gtin-8": ("GTIN", "9520010"),
        "gtin-12": ("GTIN", "61414100734"),
        "gtin-13": ("GTIN", "400638133393"),
        "gtin-14": ("GTIN", "0952001000101"),
        "gln": ("GLN", "952001000101"),
        "gln-with-leading-zero": ("GLN", "061414100000"),
        "sscc": ("SSCC", "19520001260211000"),
    }
    cases: Cases = {}
    for name, (kind, body) in bodies.items():
        text = f"{body}{check_digit(body)}"
        value = text.zfill(14) if kind == "GTIN" else text
        good = {"description": f"A {kind} of {len(text)} digits.", "valid": True}
        cases[name] = {**good, "type": kind, "text": text, "value": value}
        wrong = {
            "first-digit-plus-1": f"{(int(text[0]) + 1) % 10}{text[1:]}",
            "check-digit-plus-1": f"{text[:-1]}{(int(text[-1]) + 1) % 10}",
            "check-digit-missing": text[:-1],
            "one-digit-more": text.zfill(15) if kind == "GTIN" else f"0{text}",
            "space-in-front": f" {text}",
            "letter-o-for-zero": text.replace("0", "O", 1),
        }
        for damage, broken in wrong.items():
            if broken != text:
                cases[f"{name}.{damage}"] = {
                    "description": f"{name} with {damage}.",
                    "valid": False,
                    "type": kind,
                    "text": broken,
                    "twinOf": name,
                }
    # Swapping neighbours that differ by five is the one slip that a check digit cannot see.
    swapped = "4006831333931"
    cases["gtin-13-other-product"] = {
        "description": "gtin-13 with its digits 5 and 6 swapped: another product's number.",
        "valid": True,
        "type": "GTIN",
        "text": swapped,
        "value": swapped.zfill(14),
    }
    return cases


# --- Merkle trees, word by word from RFC 9162 §2.1 -----------------------------------------------


def merkle_root(leaves: list[bytes]) -> bytes:
    """Return the tree head (§2.1.1)."""
    if len(leaves) < 2:  # noqa: PLR2004 - none or one
        return sha(b"\0", *leaves) if leaves else sha()
    k = split(len(leaves))
    return sha(b"\1", merkle_root(leaves[:k]), merkle_root(leaves[k:]))


def merkle_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Return the inclusion path (§2.1.3.1)."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*merkle_path(index, leaves[:k]), merkle_root(leaves[k:])]
    return [*merkle_path(index - k, leaves[k:]), merkle_root(leaves[:k])]


def _merkle_case(description: str, leaves: list[bytes], index: int, *, show: bool = True) -> Case:
    return {
        "description": description,
        "valid": True,
        **({"leaves": [leaf.hex() for leaf in leaves]} if show else {}),
        "leaf": leaves[index].hex(),
        "index": index,
        "size": len(leaves),
        "proof": [part.hex() for part in merkle_path(index, leaves)],
        "root": merkle_root(leaves).hex(),
    }


def merkle_cases() -> Cases:
    """Return proofs over serials, and damaged ones."""
    seven = sorted(f"K{sha(bytes([i])).hex()[:8].upper()}".encode() for i in range(7))
    batch = sorted(
        f"K{sha(b'tin', i.to_bytes(4, 'big')).hex()[:12]}".encode() for i in range(11520)
    )
    cases = {
        "one-leaf": _merkle_case("A tree of one leaf: no proof needed.", seven[:1], 0),
        "two-leaves-1": _merkle_case("The right of two leaves.", seven[:2], 1),
        "seven-leaves-0": _merkle_case("The first of seven leaves.", seven, 0),
        "seven-leaves-3": _merkle_case("A leaf with a neighbour on every level.", seven, 3),
        "seven-leaves-6": _merkle_case("The last of seven: no neighbour on two levels.", seven, 6),
        "whole-batch-5": _merkle_case("A tin of 11,520; leaves not listed.", batch, 5, show=False),
        "whole-batch-last": _merkle_case("The last tin of 11,520.", batch, 11519, show=False),
    }
    middle = cases["seven-leaves-3"]

    def with_proof(change: Callable[[list[str]], list[str]]) -> Damage:
        return lambda case: case.update(proof=change(case["proof"]))

    damages: dict[str, Damage] = {
        "leaf-bit-0": lambda case: case.update(leaf=flip(case["leaf"], 0)),
        "leaf-other": lambda case: case.update(leaf=case["leaves"][2]),
        "leaf-hash-for-leaf": lambda case: case.update(
            leaf=sha(b"\0", bytes.fromhex(case["leaf"])).hex()
        ),
        "root-bit-0": lambda case: case.update(root=flip(case["root"], 0)),
        "root-bit-255": lambda case: case.update(root=flip(case["root"], 255)),
        "root-of-nothing": lambda case: case.update(root=sha().hex()),
        "index-minus-1": lambda case: case.update(index=2),
        "index-plus-1": lambda case: case.update(index=4),
        "index-beyond-size": lambda case: case.update(index=7),
        "size-0": lambda case: case.update(size=0),
        "size-4": lambda case: case.update(size=4),
        "size-9": lambda case: case.update(size=9),
        "proof-empty": with_proof(lambda _: []),
        "proof[2]-missing": with_proof(lambda proof: proof[:2]),
        "proof[2]-twice": with_proof(lambda proof: [*proof, proof[2]]),
        "proof[0]-short": with_proof(lambda proof: [proof[0][:-2], *proof[1:]]),
        "proof[0,1]-swapped": with_proof(lambda proof: [proof[1], proof[0], proof[2]]),
        "proof-reversed": with_proof(lambda proof: proof[::-1]),
        **{
            f"proof[{i}]-bit-{bit}": with_proof(
                lambda proof, i=i, bit=bit: [*proof[:i], flip(proof[i], bit), *proof[i + 1 :]]  # type: ignore[misc]
            )
            for i, bit in ((0, 0), (1, 4), (2, 255))
        },
    }
    last = {
        "size-8": lambda case: case.update(size=8),
        "index-5": lambda case: case.update(index=5),
    }
    broken = twins("seven-leaves-3", middle, damages)
    broken |= twins("seven-leaves-6", cases["seven-leaves-6"], last)
    for twin in broken.values():
        twin.pop("leaves", None)
    return cases | broken


# --- event hashes and Digital Links: cases written by hand ---------------------------------------


def event_hash_cases() -> Cases:
    """Return events with the pre-hash string that CBV 2.0 §8.9 asks for."""
    return {
        name: {
            **case,
            "eventId": f"ni:///sha-256;{sha(case['preHash'].encode()).hex()}?ver=CBV2.0",
        }
        for name, case in EVENTS.items()
    }


# --- files ---------------------------------------------------------------------------------------

SETS: dict[str, Callable[[], Cases]] = {
    "gtin": gtin_cases,
    "merkle": merkle_cases,
    "documents": document_cases,
    "event_hash": event_hash_cases,
    "digital_link": lambda: DIGITAL_LINKS,
}


def make_files() -> dict[Path, str]:
    """Return the text of every file that this script owns."""
    return {
        VECTORS / folder / f"{name}.json": json.dumps(case, indent=2, ensure_ascii=False) + "\n"
        for folder, cases in SETS.items()
        for name, case in cases().items()
    }


def main() -> int:
    """Write the files, or say which of them differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check

    files = make_files()
    old = {path for folder in SETS for path in (VECTORS / folder).glob("*.json")}
    differing = (old - set(files)) | {
        path for path, text in files.items() if path not in old or path.read_text("utf-8") != text
    }
    for path in sorted(differing):
        if check:
            print(f"{path.relative_to(VECTORS.parents[1])} is not what this script writes")
        elif path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], "utf-8")
        else:
            path.unlink()
    print(f"{len(files)} vectors, {len(differing)} {'differ' if check else 'written or removed'}")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
