"""Ask of every batch of the demonstration: is it there, does it verify, does its page say so?"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from tracer.chain.facts import fetch_chain_facts
from tracer.domain.cards import VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.passport import build_passport
from tracer.domain.verify import STATUS_STEP, authenticity, verify_bundle
from tracer.operations.browser_check import PageResult, check_page, find_browser
from tracer.operations.demo import DemoBatch
from tracer.operations.station import Station
from tracer.store.read import load_bundle
from tracer.store.session import reading

EXPECTED: Final = {
    "nz": VerdictCode.OK,
    "nl": VerdictCode.OK_WITH_NOTE,
    "ie": VerdictCode.RECALLED,
}
"""What each sample's story has to end in."""

NO_BROWSER: Final = "SKIPPED: no Chromium or Chrome is installed (Debian: apt-get install chromium)"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What was found out about one batch.

    Attributes:
        batch: the sample.
        url: the scan page of one of its tins.
        records: on the ledger.
        head_matches: the records refold to the head that the node gives, and all else verifies.
        verdict: of the passport.
        failed: names of the checks that failed or could not be asked, without the status step.
        page: what the page concluded in a browser; None when there is no browser.
    """

    batch: DemoBatch
    url: str
    records: int
    head_matches: bool
    verdict: VerdictCode
    failed: tuple[str, ...]
    page: PageResult | None

    @property
    def page_verified(self) -> bool | None:
        """The page verified and shows the same verdict; None when no browser could look."""
        if self.page is None:
            return None
        return self.page.verified == CheckStatus.VALID and self.page.verdict == self.verdict

    @property
    def ok(self) -> bool:
        """The batch is as its story says; a page that nobody could look at does not count."""
        is_complete = self.records == len(self.batch.plan.items)
        is_expected = self.verdict is EXPECTED[self.batch.name]
        return (
            is_complete
            and self.head_matches
            and not self.failed
            and is_expected
            and self.page_verified is not False
        )

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        page = self.page
        return {
            "name": self.batch.name,
            "gtin": str(self.batch.plan.gtin),
            "lot": str(self.batch.plan.lot),
            "url": self.url,
            "records": self.records,
            "head_matches": self.head_matches,
            "verdict": str(self.verdict),
            "failed_checks": list(self.failed),
            "page_verified": self.page_verified,
            "page_reason": NO_BROWSER if page is None else page.reason,
            "ok": self.ok,
        }


def check_demo(
    station: Station, mirror: Engine, batches: Sequence[DemoBatch], origin: str
) -> list[DemoResult]:
    """Verify every batch against the node, and look at its page in a browser.

    Args:
        station: the ledger.
        mirror: what the server reads.
        batches: from `load_demo`.
        origin: of the running server.
    """
    urls = [origin + batch.link.path() for batch in batches]
    if find_browser() is None:
        pages: list[PageResult | None] = [None for _ in urls]
    else:
        with ThreadPoolExecutor(len(urls)) as pool:
            pages = list(pool.map(check_page, urls))
    return [
        _check(station, mirror, batch, url, page)
        for batch, url, page in zip(batches, urls, pages, strict=True)
    ]


def _check(
    station: Station, mirror: Engine, batch: DemoBatch, url: str, page: PageResult | None
) -> DemoResult:
    link, now_unix = batch.link, int(time.time())
    with reading(mirror) as session:
        bundle = load_bundle(session, station.contents, link.gtin, batch.plan.lot, link.serial)
    options = station.base.options
    facts = fetch_chain_facts(station.base.node, bundle, options.finality(station.base.chain_id))
    checks = verify_bundle(bundle, facts, as_of_unix=now_unix, link=link)
    failing = {CheckStatus.INVALID, CheckStatus.ERROR}
    judged = [it for it in checks if it.status in failing and it.step != STATUS_STEP]
    return DemoResult(
        batch,
        url,
        records=len(bundle.records),
        head_matches=facts.batch.head == bundle.batch.head and authenticity(checks) == "VALID",
        verdict=build_passport(bundle, checks, now_unix).verdict.code,
        failed=tuple(
            f"{check.name}: {check.reason}" for check in judged if check.status in failing
        ),
        page=page,
    )
