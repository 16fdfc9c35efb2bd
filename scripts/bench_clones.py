"""Measure how many copied codes the scans give away, and how many genuine tins are suspected.

    python scripts/bench_clones.py                 # 12,000 genuine and 3,000 copied codes
    python scripts/bench_clones.py --seed 7 --verbose

One JSON object a line; exit 1 when a target is missed. The streams are made by what people do
(`clone_streams/habits.py`), scan by scan, and judged by the server's own rules. An alarm is a
verdict that changes at any scan of a stream, for whoever scans. `docs/explanation/clones.md` says
what the lines mean and what no line can promise.
"""

import argparse
import collections
import random
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from clone_streams.cloned import MIN_PHONES, cloned_stream  # noqa: E402
from clone_streams.genuine import FAMILY, genuine_stream  # noqa: E402
from clone_streams.habits import Crime, Habits  # noqa: E402
from clone_streams.people import People, Stream  # noqa: E402
from clone_streams.replay import first_alarm  # noqa: E402
from mirror_bench.report import Report  # noqa: E402

GENUINE, COPIED = 12_000, 3_000
PRECISION, RECALL = 0.99, 0.95
SEED = 20_261_128
MOST_BY_COUNTRY = 200  # they take longest, because most are never found
EAGER = Habits(eager=1.0, forgets=0.2, keeps_tin=0.3)
"""Families that scan at every meal, some with phones that forget it each time."""


def scanned(streams: Iterable[Stream]) -> list[Stream]:
    """Those of which anything is known."""
    return [it for it in streams if it.visits]


def share(part: int, whole: int) -> float:
    """A part of a whole; of nothing, nothing."""
    return part / whole if whole else 0.0


def report_genuine(report: Report, genuine: Sequence[Stream], *, verbose: bool) -> int:
    """Judge genuine tins; returns how many were suspected."""
    suspected: dict[str, int] = collections.Counter()
    total: dict[str, int] = collections.Counter(it.kind for it in genuine)
    for stream in genuine:
        suspected[stream.kind] += first_alarm(stream) is not None
    for kind in sorted(total):
        if verbose or suspected[kind]:
            rate, note = share(suspected[kind], total[kind]), f"{total[kind]} tins: {kind}"
            report.fact("clones.false_alarms_of_kind", rate, "share", note)
    alarms = sum(suspected.values())
    note = "of genuine tins that were scanned at all"
    report.fact("clones.false_alarms", 10_000 * share(alarms, len(genuine)), "per 10,000", note)
    report.at_most(0, "clones.family_alarms", suspected[FAMILY], "tins", f"of {total[FAMILY]}")
    return alarms


def report_eager(report: Report, families: Sequence[Stream]) -> None:
    """Judge families that scan far more than others."""
    alarms = sum(first_alarm(it) is not None for it in families)
    most = max(len(it.visits) for it in families)
    note = f"of {len(families)} that scan at every meal, up to {most} times"
    report.at_most(0, "clones.eager_family_alarms", alarms, "tins", note)


def report_copied(report: Report, copied: Sequence[Stream]) -> int:
    """Judge copied codes; returns how many were found."""
    alarms = [first_alarm(it) for it in copied]
    pairs = list(zip(copied, alarms, strict=True))
    tellable = [(it, at) for it, at in pairs if it.tellable]
    for kind in sorted({it.kind for it in copied}):
        found = [at for it, at in tellable if it.kind == kind]
        rate = share(sum(at is not None for at in found), len(found))
        report.fact("clones.recall_of_kind", rate, "share", f"{len(found)} tellable: {kind}")
    hits = [at for _, at in tellable if at is not None]
    note = f"in more than one region, {MIN_PHONES} phones or more; or a seal's code used twice"
    report.at_least(RECALL, "clones.recall", share(len(hits), len(tellable)), "share", note)
    report.fact("clones.scans_until_alarm", statistics.median(hits or [0]), "scans", "median")
    _report_rest(report, pairs)
    return sum(at is not None for at in alarms)


def _report_rest(report: Report, pairs: Sequence[tuple[Stream, int | None]]) -> None:
    """What cannot be told, and how much of it is found all the same."""
    rest = [(it, at) for it, at in pairs if not it.tellable]
    parts = {
        "one_region": [it for it in rest if it[0].kind == "local" and it[0].phones >= MIN_PHONES],
        "few_phones": [it for it in rest if it[0].kind != "refill" and it[0].phones < MIN_PHONES],
        "refill_without_second_code": [it for it in rest if it[0].kind == "refill"],
    }
    for name, part in parts.items():
        found = sum(at is not None for _, at in part)
        note = f"{share(len(part), len(pairs)):.1%} of all copied codes"
        report.fact(f"clones.found_of_{name}", share(found, len(part)), "share", note)
    found = sum(at is not None for _, at in pairs)
    report.fact("clones.recall_of_all", share(found, len(pairs)), "share", "whatever they are")


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of streams")
    parser.add_argument("--verbose", action="store_true", help="all kinds of genuine tins")
    options = parser.parse_args()
    draw, report = random.Random(options.seed), Report(judged=options.scale >= 1)  # noqa: S311
    people, crime = People(draw, Habits()), Crime()
    genuine = scanned(genuine_stream(people) for _ in range(int(GENUINE * options.scale)))
    copied = scanned(cloned_stream(people, crime) for _ in range(int(COPIED * options.scale)))
    note = f"seed {options.seed}; {len(copied)} copied"
    report.fact("clones.streams", len(genuine) + len(copied), "codes", note)
    false = report_genuine(report, genuine, verbose=options.verbose)
    eager = People(draw, EAGER)
    families = (genuine_stream(eager) for _ in range(int(GENUINE * options.scale / 12)))
    report_eager(report, [it for it in scanned(families) if it.kind == FAMILY])
    found = report_copied(report, copied)
    note = f"{share(len(copied), len(genuine) + len(copied)):.0%} of the codes are copied"
    report.at_least(PRECISION, "clones.precision", share(found, found + false), "share", note)
    tellable = [it for it in copied if it.tellable][:MOST_BY_COUNTRY]
    far = sum(first_alarm(it, country_only=True) is not None for it in tellable)
    note = "where only the country is known"
    report.fact("clones.recall_country_only", share(far, len(tellable)), "share", note)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
