"""Runs the test suites, each with its own closing line, and ends with one line that sums up.

`dev.py test` runs all of them; `dev.py test SUITE [ARGS]` one, with arguments for its runner.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "reports"


def run(*words: str | Path, **extra: str) -> int:
    """Run a suite's program; return its exit code."""
    return subprocess.run(words, cwd=ROOT, env=os.environ | extra, check=False).returncode


def app(*args: str) -> int:
    """Unit, property, integration, browser and documentation tests."""
    # A worker that crashes ends the run: replaced, it would leave the rest of its file waiting.
    workers = ["--numprocesses=auto", "--dist=loadfile", "--max-worker-restart=0"]
    return run(sys.executable, "-m", "pytest", *workers, *args)


def contracts(*args: str) -> int:
    """The contracts, on a chain that brownie starts."""
    # Brownie keeps its networks and packages in HOME; an older one there changes what it does.
    home = ROOT / ".tools/brownie-home"
    home.mkdir(parents=True, exist_ok=True)
    brownie = next((ROOT / ".venv-contracts").glob("*/brownie*"))
    moved = {"HOME": str(home), "USERPROFILE": str(home)}
    # It would join a chain that already runs on its port, and both runs would fail oddly.
    port = int(re.findall(r"port: (\d+)", (ROOT / "brownie-config.yaml").read_text())[0])
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            print(f"port {port} is in use: end the other brownie run, then try again")
            return 1
    return run(brownie, "test", *args, "--network", "anvil", **moved)


def artifacts(*args: str) -> int:
    """The committed bytecode is what the committed sources compile to."""
    return run(sys.executable, "scripts/build_contracts.py", "--check", *args)


def page(*args: str) -> int:
    """The scan page's modules, in Node."""
    reporters = {"spec": "stdout", "junit": str(REPORTS / "page.xml")}
    options = [
        option
        for kind, target in reporters.items()
        for option in (f"--test-reporter={kind}", f"--test-reporter-destination={target}")
    ]
    modules = [*ROOT.glob("scanner_app/**/*.test.js"), *ROOT.glob("tests/**/*.test.js")]
    return run("node", "--test", *options, *args, *sorted(modules))


SUITES = {suite.__name__: suite for suite in (app, contracts, artifacts, page)}


def count(report: Path) -> list[int]:
    """How many tests passed, failed and were skipped, from a suite's JUnit report."""
    if not report.exists():
        return [0, 0, 0]
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - our own runner wrote it
    failed = sum(any(case.find(tag) is not None for tag in ("failure", "error")) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return [len(cases) - failed - skipped, failed, skipped]


def main(words: list[str]) -> int:
    """Run the suites and return how many of them failed."""
    names, args = (words[:1], words[1:]) if words and words[0] in SUITES else (list(SUITES), words)
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir()
    totals, broken = [0, 0, 0], 0
    for name in names:
        print(f"\n== {name}: {SUITES[name].__doc__}", flush=True)
        os.environ["PYTEST_ADDOPTS"] = f"--junitxml={REPORTS / name}.xml"
        failed = SUITES[name](*args) != 0
        counts = count(REPORTS / f"{name}.xml")
        if not any(counts) or (failed and not counts[1]):  # a check without tests, or a broken run
            counts[int(failed)] += 1
        totals = [total + more for total, more in zip(totals, counts, strict=True)]
        broken += failed
    print("\n{} passed, {} failed, {} skipped".format(*totals), flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
