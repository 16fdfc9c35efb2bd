"""What others say of the page: axe-core about who can use it, Lighthouse about its speed."""

import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any, Final

from page_bench.visit import PATIENCE_MS, PHONE
from page_bench.world import ROOT, Site
from playwright.sync_api import Browser

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LIGHTHOUSE: Final = ROOT / "node_modules" / ".bin" / "lighthouse"
LIGHTHOUSE_S: Final = 180  # a run takes some 20 s on a quiet machine
CHROME_FLAGS: Final = "--headless=new --no-sandbox --disable-gpu"
SETTLED: Final = "html:not([data-verified=pending]):not([data-papers=pending])"

_AXE_RUN: Final = "axe.run().then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"
_OPEN_ALL: Final = "document.querySelectorAll('details').forEach(d => d.open = true)"


def find_violations(browser: Browser, site: Site) -> list[str]:
    """Every violation in both languages and both themes, folded and unfolded."""
    found = []
    for language in ("zh", "en"):
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport=PHONE, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
            )
            page = context.new_page()
            page.goto(site.url(language))
            page.wait_for_selector(SETTLED, timeout=PATIENCE_MS)
            page.add_script_tag(path=AXE)
            for state in ("folded", "unfolded"):
                if state == "unfolded":
                    page.evaluate(_OPEN_ALL)
                found += [f"{language} {scheme} {state}: {it}" for it in page.evaluate(_AXE_RUN)]
            context.close()
    return found


def _run_lighthouse(url: str, chromium: str, report: Path) -> dict[str, Any]:
    subprocess.run(
        [
            str(LIGHTHOUSE),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            "--only-categories=performance,accessibility",
            f"--chrome-flags={CHROME_FLAGS}",
        ],
        env=os.environ | {"CHROME_PATH": chromium},
        check=True,
        timeout=LIGHTHOUSE_S,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    answer: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return answer["categories"]


def score_lighthouse(url: str, chromium: str, folder: Path, runs: int) -> dict[str, float]:
    """Category -> median score of some runs, 0 to 1; a phone on Lighthouse's slow 4G."""
    reports = [
        _run_lighthouse(url, chromium, folder / f"lighthouse-{run}.json") for run in range(runs)
    ]
    return {
        name: statistics.median(report[name]["score"] for report in reports)
        for name in ("performance", "accessibility")
    }
