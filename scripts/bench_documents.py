"""Measure how many forged clearances are found, and how fast papers are gated, sealed and taken.

    python scripts/bench_documents.py --seed 7            # 200 forged, 200 genuine, then speeds
    python scripts/bench_documents.py --seed 7 --verbose  # and every miss and false alarm

One JSON object a line; exit 1 when a target is missed. `docs/explanation/forgeries.md` says what
the families are, what counts as detected, and what as a false alarm.
"""

import argparse
import collections
import importlib.util
import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from forgeries.corpus import Case, forged_cases, genuine_cases  # noqa: E402
from forgeries.judge import Outcome, judge  # noqa: E402
from mirror_bench.report import Report  # noqa: E402

FULL = 200
DETECTED = (
    "not green, and a reason that the genuine twin does not show names the paper, record or party "
    "that lies"
)
ALARM = "a genuine batch of which anything ends INVALID or CONFLICT, or which is not verified"
SPEEDS = (
    ("vault_bench", "measure_crypto"),
    ("gate_bench", "measure_gate"),
    ("desk_bench", "measure_uploads"),
)
"""Packages beside this script, and the function of their module `measure` that yields lines."""


def judge_corpus(report: Report, cases: Iterable[Case], *, verbose: bool) -> None:
    """Judge every case; a line for each family, two for all."""
    tried: dict[str, int] = collections.Counter()
    found: dict[str, int] = collections.Counter()
    alarms = genuine = not_green = 0
    for case in cases:
        outcome = judge(case)
        if case.family:
            tried[case.family] += 1
            found[case.family] += outcome.detected
        else:
            genuine += 1
            alarms += outcome.false_alarm
            not_green += not outcome.ending.green
        if verbose:
            tell(report, outcome)
    for family in sorted(tried):
        name = f"documents.detected.{family.replace(':', '').replace(' ', '-')}"
        report.at_least(tried[family], name, found[family], f"of {tried[family]}")
    report.fact("documents.genuine_not_green", not_green, f"of {genuine}")
    total = sum(tried.values())
    report.at_least(total, "documents.forged_detected", sum(found.values()), "cases", DETECTED)
    report.at_most(0, "documents.false_alarms", alarms, "cases", f"of {genuine}: {ALARM}")


def tell(report: Report, outcome: Outcome) -> None:
    """A miss or a false alarm, in words."""
    case, ending = outcome.case, outcome.ending
    ended = f"ended {ending.verdict}, clearance {ending.clearance}"
    if case.family and not outcome.detected:
        story = f"{case.sample}: {case.lie}. It {ended}; new reasons: {list(outcome.new[:3])}"
        report.fact(f"documents.miss.{case.name}", f"{case.family}: {case.variant}", "", story)
    elif outcome.false_alarm:
        told = f"{case.sample}: {'; '.join(case.honest)}. It {ended}: {list(ending.alarms[:3])}"
        report.fact(f"documents.false_alarm.{case.name}", "; ".join(case.variants), "", told)


def measure_speeds() -> bool:
    """Lines of vault, gate and desk about themselves; whether all their targets are met."""
    all_met = True
    for package, name in SPEEDS:
        if importlib.util.find_spec(package) is None:
            continue
        module = importlib.import_module(f"{package}.measure")
        for line in getattr(module, name)():
            all_met &= line["ok"]
            print(json.dumps(line), flush=True)
    return all_met


def main() -> int:
    """Measure everything and compare with the targets."""
    parser = argparse.ArgumentParser(description="Measure detection of forged clearances.")
    parser.add_argument("--seed", type=int, default=1, help="of the corpus")
    parser.add_argument("--forged", type=int, default=FULL)
    parser.add_argument("--genuine", type=int, default=FULL)
    parser.add_argument("--corpus-only", action="store_true", help="no speeds")
    parser.add_argument("--verbose", action="store_true", help="tell of misses and false alarms")
    args = parser.parse_args()
    fast = args.corpus_only or measure_speeds()  # first, while this process is still small
    report = Report(judged=True)
    report.fact("documents.seed", str(args.seed), "")
    cases = itertools.chain(
        forged_cases(args.seed, args.forged), genuine_cases(args.seed, args.genuine)
    )
    judge_corpus(report, cases, verbose=args.verbose)
    return 0 if report.ok and fast else 1


if __name__ == "__main__":
    sys.exit(main())
