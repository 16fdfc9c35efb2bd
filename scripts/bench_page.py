"""Measure the scan page as a phone on a weak network sees it, in Chromium.

    python scripts/bench_page.py                     # 5 visits, axe, Lighthouse
    python scripts/bench_page.py --visits 9 --language zh
    python scripts/bench_page.py --unpublished       # the application alone, pages made anew

One JSON object a line; exit 1 when a target is missed. Network: 400 kbit/s both ways, 400 ms to the
first byte of each answer; CPU four times slower; a new browser context for each visit; medians.
`page.kb` and `page.requests` count everything until the network is idle and nobody has touched the
page: the page, its first script, the core proof, and the node's answer with its preflight (for
which Chromium counts a request and no bytes). On such a network papers wait for the reader, so
they are counted apart (`page.kb_with_papers`, from the start; `page.papers_checked_s`, from the
scroll). Without `--language` both languages are measured and the worse one counts.
`docs/explanation/verification.md` says what each stage checks.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from mirror_bench.report import Report  # noqa: E402
from page_bench.audits import find_violations, score_lighthouse  # noqa: E402
from page_bench.visit import Visit, visit_once  # noqa: E402
from page_bench.world import Site, running_site  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tracer.operations.browser_check import find_browser  # noqa: E402

MAX_KB, MAX_REQUESTS = 20.0, 5
MAX_FIRST_PAINT_S, MAX_VERIFIED_S = 1.2, 2.0
MIN_LIGHTHOUSE = 0.95
VISITS = 5
LIGHTHOUSE_RUNS = 3
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]


def measure(browser: Browser, site: Site, languages: Sequence[str], visits: int) -> list[Visit]:
    """For each language the visit of medians."""
    found = []
    for language in languages:
        all_of_it = [visit_once(browser, site.url(language)) for _ in range(visits)]

        def median(value: Callable[[Visit], float], made: Sequence[Visit] = all_of_it) -> float:
            return statistics.median(map(value, made))

        found.append(
            Visit(
                median(lambda it: it.kb),
                round(median(lambda it: it.requests)),
                median(lambda it: it.first_paint_s),
                median(lambda it: it.verified_s),
                median(lambda it: it.kb_with_papers),
                median(lambda it: it.papers_checked_s),
                all_of_it[-1].lines,
            )
        )
    return found


def report_visits(report: Report, visits: Sequence[Visit], note: str) -> None:
    """The worst of the languages, measure by measure."""
    report.at_most(MAX_KB, "page.kb", max(it.kb for it in visits), "kB", note)
    report.at_most(MAX_REQUESTS, "page.requests", max(it.requests for it in visits), "requests")
    first_paint_s = max(it.first_paint_s for it in visits)
    report.at_most(MAX_FIRST_PAINT_S, "page.first_paint_s", first_paint_s, "s")
    report.at_most(MAX_VERIFIED_S, "page.verified_s", max(it.verified_s for it in visits), "s")
    report.fact("page.kb_with_papers", max(it.kb_with_papers for it in visits), "kB")
    report.fact("page.papers_checked_s", max(it.papers_checked_s for it in visits), "s")


def main(words: Sequence[str]) -> int:
    """Run the benchmark; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--language", choices=["zh", "en"], help="only this one")
    parser.add_argument("--unpublished", action="store_true", help="without the publisher")
    parser.add_argument("--no-lighthouse", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="what went over the network")
    chosen = parser.parse_args(words)
    chromium = find_browser()
    if chromium is None:
        print("bench_page: no Chromium or Chrome is installed", file=sys.stderr)
        return 2
    report = Report(judged=not chosen.unpublished)
    with (
        tempfile.TemporaryDirectory(prefix="tracer-page-", ignore_cleanup_errors=True) as folder,
        running_site(Path(folder), published=not chosen.unpublished) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        languages = [chosen.language] if chosen.language else ["zh", "en"]
        visits = measure(browser, site, languages, chosen.visits)
        note = f"NZ tin, worst of {' and '.join(languages)}, median of {chosen.visits} visits"
        report_visits(report, visits, note)
        if chosen.verbose:
            for line in (line for it in visits for line in it.lines):
                print(line, file=sys.stderr)
        violations = find_violations(browser, site)
        browser.close()
        note = "; ".join(violations[:3]) or "both languages and themes, folded and unfolded"
        report.at_most(0, "page.axe_violations", len(violations), "violations", note)
        if not chosen.no_lighthouse:
            scores = score_lighthouse(
                site.url(languages[0]), chromium, Path(folder), LIGHTHOUSE_RUNS
            )
            score = scores["performance"]
            report.at_least(MIN_LIGHTHOUSE, "page.lighthouse", score, "score", "performance")
            report.fact("page.lighthouse_accessibility", scores["accessibility"], "score")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
