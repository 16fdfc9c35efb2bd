"""Assert that static analysis finds nothing of high or medium impact in the contracts.

    .venv-contracts/bin/python scripts/slither_check.py

Slither says "0 results" just as calmly when it analysed nothing, so the number of contracts it
analysed is asserted too. A suppression is a comment in the source with its reason; this script
has none.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = "contracts/BatchLedger.sol"
# The ledger, the registry, their two interfaces and the three libraries.
EXPECTED_CONTRACTS = 7
FORBIDDEN = {"High", "Medium"}
# Without the optimizer: the analysis reads the syntax tree, not the bytecode.
COMPILER_ARGUMENTS = "--evm-version prague"


def run_slither(report: Path) -> str:
    """Analyse the ledger with all it imports; return what slither printed."""
    program = Path(sys.executable).parent / "slither"
    compiler = next((ROOT / ".tools" / "solc").glob("solc-v*"))
    command = [str(program), TARGET, "--solc", str(compiler), "--solc-args", COMPILER_ARGUMENTS]
    command += ["--json", str(report)]
    # Its exit code counts findings of every impact, so it says nothing here.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def main() -> int:
    """Analyse, count, report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "slither.json"
        printed = run_slither(report)
        if not report.exists():
            sys.exit(f"slither failed:\n{printed}")
        analysis = json.loads(report.read_text(encoding="utf-8"))
    analysed = re.search(r"analyzed \((\d+) contracts", printed)
    contracts = int(analysed[1]) if analysed else 0
    findings = [
        finding
        for finding in analysis["results"].get("detectors", [])
        if finding["impact"] in FORBIDDEN
    ]
    for finding in findings:
        print(f"{finding['impact']} {finding['check']}: {finding['description']}", file=sys.stderr)
    print(f"slither analysed {contracts} contracts: {len(findings)} of high or medium impact")
    if not analysis["success"] or contracts < EXPECTED_CONTRACTS:
        sys.exit(f"expected at least {EXPECTED_CONTRACTS} contracts:\n{printed}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
