"""Write the vectors of serials with a code, and of the codes under the seal.

    python scripts/make_serial_vectors.py            # write
    python scripts/make_serial_vectors.py --check    # compare byte for byte

Everything is computed here with `hmac`, `hashlib` and `base64`; nothing is imported from the
project. `tests/vectors/README.md` documents the files.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "serials"
BATCHES = {"nz": ("09520010001015", "A26B11K1"), "slash": ("04006381333931", "L/7+A")}
KEYS = {"one": bytes(range(32)), "two": hashlib.sha256(b"another maker").digest()}
Case = dict[str, Any]


def batch_id(gtin: str, lot: str) -> bytes:
    """Return the ledger's name of a batch."""
    return hashlib.sha256(f"tracer/batch/v1\x00{gtin}\x00{lot}".encode()).digest()


def draw(seed: str, count: int) -> str:
    """Return so many characters of base 32 that anybody can draw again."""
    return base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:count]


def mac(key: bytes, batch: bytes, random: str) -> str:
    """Return the 8 characters after the random ones."""
    text = b"tracer/serial-mac/v1\x00" + batch + random.encode()
    return base64.b32encode(hmac.digest(key, text, "sha256")[:5]).decode()


def serial_cases() -> dict[str, Case]:
    """Return genuine serials, and twins with one thing changed."""
    cases: dict[str, Case] = {}
    for name, (gtin, lot) in BATCHES.items():
        for who, key in KEYS.items():
            batch, random = batch_id(gtin, lot), draw(f"{name} {who}", 12)
            cases[f"serial-{name}-{who}"] = {
                "description": "Twelve random characters and the code that belongs to them.",
                "valid": True,
                "key": key.hex(),
                "batchId": batch.hex(),
                "serial": random + mac(key, batch, random),
            }
    good = cases["serial-nz-one"]
    serial = good["serial"]
    other = {"A": "B"}
    changes: dict[str, Case] = {
        "random[0]-other": {"serial": other.get(serial[0], "A") + serial[1:]},
        "mac[7]-other": {"serial": serial[:-1] + other.get(serial[-1], "A")},
        "mac-missing": {"serial": serial[:12]},
        "lower-case": {"serial": serial.lower()},
        "one-more": {"serial": serial + "A"},
        "empty": {"serial": ""},
        "other-batch": {"batchId": cases["serial-slash-one"]["batchId"]},
        "other-key": {"key": KEYS["two"].hex()},
    }
    for damage, change in changes.items():
        twin = {**good, **change, "valid": False, "twinOf": "serial-nz-one"}
        cases[f"serial-nz-one.{damage}"] = {**twin, "description": f"Changed: {damage}."}
    return cases


def inner_cases() -> dict[str, Case]:
    """Return codes under the seal with their commitments, and twins with one thing changed."""
    cases: dict[str, Case] = {}
    for name, (gtin, lot) in BATCHES.items():
        batch, serial, code = batch_id(gtin, lot), draw(name, 20), draw(f"{name} code", 16)
        text = b"tracer/inner/v1\x00" + batch + serial.encode() + b"\x00" + code.encode()
        cases[f"inner-{name}"] = {
            "description": "A code under a seal and what is public of it.",
            "valid": True,
            "batchId": batch.hex(),
            "serial": serial,
            "code": code,
            "commitment": hashlib.sha256(text).hexdigest(),
        }
    good = cases["inner-nz"]
    changes: dict[str, Case] = {
        "other-code": {"code": draw("somebody guesses", 16)},
        "other-serial": {"serial": cases["inner-slash"]["serial"]},
        "other-batch": {"batchId": cases["inner-slash"]["batchId"]},
        "serial-longer-code-shorter": {
            "serial": good["serial"] + good["code"][0],
            "code": good["code"][1:],
        },
    }
    for damage, change in changes.items():
        twin = {**good, **change, "valid": False, "twinOf": "inner-nz"}
        cases[f"inner-nz.{damage}"] = {**twin, "description": f"Changed: {damage}."}
    return cases


def main() -> int:
    """Write or compare all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    is_check = parser.parse_args().check
    files = {
        FOLDER / f"{name}.json": json.dumps(case, indent=1) + "\n"
        for name, case in (serial_cases() | inner_cases()).items()
    }
    if is_check:
        wrong = [path.name for path, text in files.items() if _read(path) != text]
        wrong += [path.name for path in FOLDER.glob("*.json") if path not in files]
        print("\n".join(wrong) or "all vectors are as this script writes them")
        return int(bool(wrong))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
