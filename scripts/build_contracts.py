"""Compile the contracts and write the artifacts that the rest of the project reads.

    python scripts/build_contracts.py            # write
    python scripts/build_contracts.py --check    # recompile and compare byte for byte

`python3 dev.py setup` installs the compiler and everything this script imports.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"

# py-solc-x reads this when it is imported; the wrapper there runs the compiler of npm.
os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / ".tools" / "solc"))

import solcx  # noqa: E402
from eth_utils import keccak  # noqa: E402

SOLC_VERSION = "0.8.37"
SETTINGS: dict[str, Any] = {
    "evmVersion": "prague",
    # Through Yul: 6 % less gas a record and a quarter less code than the older code generator.
    # docs/reference/contracts.md has the figures of the alternatives.
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 200},
    # No metadata hash: the bytecode depends on what the sources do, not on their comments.
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}
OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]

LEDGER = ("contracts/BatchLedger.sol", "BatchLedger")
NAIVE = ("contracts/mocks/NaiveStorage.sol", "NaiveStorage")

Compiled = dict[str, Any]


def read_sources() -> dict[str, str]:
    """Return the ledger's Solidity sources by their paths from the root of the repository."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(CONTRACTS.rglob("*.sol"))
        if path.parent.name != "mocks"
    }


def compile_sources(sources: dict[str, str]) -> Compiled:
    """Compile all sources; a warning is an error."""
    compiled: Compiled = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in sources.items()},
            "settings": {**SETTINGS, "outputSelection": {"*": {"*": OUTPUTS, "": ["ast"]}}},
        },
        solc_version=SOLC_VERSION,
    )
    if warnings := compiled.get("errors"):
        sys.exit("".join(warning["formattedMessage"] for warning in warnings))
    return compiled


def imports_of(path: str, compiled: Compiled) -> set[str]:
    """Return the source and everything it imports, directly or not."""
    found = {path}
    queue = [path]
    while queue:
        for node in compiled["sources"][queue.pop()]["ast"]["nodes"]:
            if node["nodeType"] == "ImportDirective" and node["absolutePath"] not in found:
                found.add(node["absolutePath"])
                queue.append(node["absolutePath"])
    return found


def build_artifact(
    contract: tuple[str, str], compiled: Compiled, sources: dict[str, str]
) -> dict[str, Any]:
    """Return what a deployment and a decoder need to know about one contract."""
    path, name = contract
    output = compiled["contracts"][path][name]
    deployed = output["evm"]["deployedBytecode"]
    # Positions of the constructor's immutables, which are zero in the compiled bytecode.
    immutables = [place for places in deployed["immutableReferences"].values() for place in places]
    return {
        "contractName": name,
        "compiler": {"name": "solc", "version": SOLC_VERSION, "settings": SETTINGS},
        "sources": {
            source: hashlib.sha256(sources[source].encode()).hexdigest()
            for source in sorted(imports_of(path, compiled))
        },
        "abi": output["abi"],
        "bytecode": "0x" + output["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": sorted(immutables, key=lambda place: place["start"]),
    }


def build_signatures(abi: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return function and error selectors and event topics, for code without an ABI library."""
    signatures: dict[str, dict[str, str]] = {"functions": {}, "events": {}, "errors": {}}
    for entry in abi:
        if entry["type"] == "constructor":
            continue
        signature = f"{entry['name']}({','.join(map(_canonical_type, entry['inputs']))})"
        digest = keccak(text=signature).hex()
        table = signatures[entry["type"] + "s"]
        table[signature] = "0x" + (digest if entry["type"] == "event" else digest[:8])
    return signatures


def _canonical_type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if kind.startswith("tuple"):
        return f"({','.join(map(_canonical_type, parameter['components']))}){kind[5:]}"
    return kind


def build_files() -> dict[Path, str]:
    """Return the text of every file that this script owns."""
    # Apart from each other, so that a change of one never moves the bytes of the other.
    sources = read_sources()
    ledger = build_artifact(LEDGER, compile_sources(sources), sources)
    sources = {NAIVE[0]: (ROOT / NAIVE[0]).read_text(encoding="utf-8")}
    naive = build_artifact(NAIVE, compile_sources(sources), sources)
    contents = {
        ROOT / "tracer" / "chain" / "abi" / "BatchLedger.json": ledger,
        ROOT / "tests" / "contract" / "artifacts" / "NaiveStorage.json": naive,
        ROOT / "tests" / "vectors" / "abi.json": build_signatures(ledger["abi"]),
    }
    return {path: json.dumps(data, indent=2) + "\n" for path, data in contents.items()}


def main() -> int:
    """Write the files, or say which of them are stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check

    stale = []
    for path, text in build_files().items():
        name = path.relative_to(ROOT).as_posix()
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            print(f"stale {name}: run python scripts/build_contracts.py", file=sys.stderr)
        else:
            print(f"equal {name}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
