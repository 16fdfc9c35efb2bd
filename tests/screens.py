"""Every answer that the scan page can give, each reached the way it comes about.

A recall and a hold are records on a chain; a damaged record is damaged in a mirror's copy; a node
that does not answer does not run. Only the clock of the browser is set forward for a tin past its
date. Used by the tests and by scripts/make_screenshots.py.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page
from served_world import World, running_world, serving

from tracer.chain.anvil import free_port
from tracer.domain.clones import build_tin_key, day_of
from tracer.domain.identifiers import DigitalLink, Serial
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.operations.demo import DemoBatch, load_demo
from tracer.operations.inner_lists import inner_path, issue_inner_codes, load_inner_codes
from tracer.store.contents import ContentStore
from tracer.store.scans import ScanStore, scans_url

PHONE: Final = {"width": 390, "height": 844}
SETTLED: Final = "html:not([data-verified=pending])"
PATIENCE_MS: Final = 60_000
LATER: Final = "2029-01-01T09:00:00Z"
"""After the best-before date of every sample."""

HOME: Final = "Asia/Shanghai"
PROVINCES: Final = ("CN-31", "CN-44", "CN-51")
DAYS: Final = 60
"""Two months of scans in three provinces in turn, each by a new device: no one tin travels so."""


@dataclass(frozen=True)
class Screen:
    """One answer of the page.

    Attributes:
        code: the verdict that `data-verdict` must come to.
        url: of the page, without a language.
        prepare: done to the browser's page before it goes there.
        fragment: of the address.
    """

    code: str
    url: str
    prepare: Callable[[Page], None] = lambda _page: None
    fragment: str = ""

    def open(self, browser: Browser, language: str, **options: Any) -> Page:
        """Visit the page on a phone and wait until it has come to its answer.

        Closing the page's context is left to the caller.
        """
        page = browser.new_context(**{"viewport": PHONE, "timezone_id": HOME, **options}).new_page()
        self.prepare(page)
        page.goto(f"{self.url}?lang={language}{self.fragment}")
        page.wait_for_selector(f"{SETTLED}[data-verdict={self.code}]", timeout=PATIENCE_MS)
        return page


def held(batch: DemoBatch) -> DemoBatch:
    """A batch up to its hold."""
    items = batch.plan.items
    end = next(place for place, item in enumerate(items, 1) if item.kind is Kind.HOLD)
    return replace(batch, plan=replace(batch.plan, items=items[:end]))


@contextlib.contextmanager
def open_screens(folder: Path) -> Iterator[list[Screen]]:
    """Worlds and servers for every answer; they run until the end.

    Args:
        folder: an empty one.
    """
    samples = {batch.name: batch for batch in load_demo(int(time.time()))}
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(running_world(folder / "world", tuple(samples)))
        stopped = stack.enter_context(running_world(folder / "hold", (), [held(samples["nl"])]))
        copied, opened, code = issue_codes(world)
        damaged, broken = world.copy(folder / "damaged"), world.copy(folder / "broken")
        damage(damaged)
        origin, hold, bad = (stack.enter_context(serving(it)) for it in (world, stopped, damaged))
        silent = stack.enter_context(serving(world, f"http://127.0.0.1:{free_port()}"))
        broken_origin = stack.enter_context(serving(broken))
        break_mirror(broken)
        count_strangers(world, copied, opened)
        genuine = world.path()
        yield [
            Screen("OK", origin + genuine),
            Screen("OK_WITH_NOTE", origin + world.path("nl")),
            Screen("RECALLED", origin + world.path("ie")),
            Screen("ON_HOLD", hold + stopped.path("nl")),
            Screen("EXPIRED", origin + genuine, lambda page: page.clock.set_fixed_time(LATER)),
            Screen("SEEN_ELSEWHERE", origin + copied.path()),
            Screen("OPENED_BEFORE", origin + opened.path(), fragment=f"#open={code}"),
            Screen("NOT_ISSUED", f"{origin}{genuine}X"),
            Screen("NOT_VERIFIED", bad + genuine),
            Screen("COULD_NOT_CHECK", silent + genuine),
            Screen("BAD_CODE", f"{origin}/01/09520010001016"),
            Screen("UNAVAILABLE", broken_origin + genuine),
        ]


def issue_codes(world: World) -> tuple[DigitalLink, DigitalLink, str]:
    """Links of two other tins, and the code under the second one's seal."""
    link = world.batches["nz"].link
    assert link.lot is not None
    contents, batch_id = world.home / "contents", build_batch_id(link.gtin, link.lot)
    files = {
        it.name: it.read_text().split() for it in (contents / "serials").rglob("*") if it.is_file()
    }
    assert link.serial is not None
    root, serials = next((root, all_) for root, all_ in files.items() if link.serial.value in all_)
    tins = [Serial.parse(line) for line in serials]
    maker = world.home / "maker"
    issue_inner_codes(maker, ContentStore(contents), batch_id, bytes.fromhex(root), tins)
    codes = load_inner_codes(inner_path(maker, batch_id))
    copied, opened = (replace(link, serial=tin) for tin in tins[-2:])
    return copied, opened, codes[tins[-1].value]


def damage(world: World) -> None:
    """Change what the canning's record says, in a mirror's copy."""
    with contextlib.closing(sqlite3.connect(world.home / "mirror.sqlite")) as mirror:
        later = "UPDATE record SET occurred_at_unix = occurred_at_unix + 60 WHERE kind = ?"
        mirror.execute(later, (Kind.CANNING,))
        mirror.commit()


def break_mirror(world: World) -> None:
    """Take away the table that every question needs."""
    with contextlib.closing(sqlite3.connect(world.home / "mirror.sqlite")) as mirror:
        mirror.execute("ALTER TABLE batch RENAME TO lost")
        mirror.commit()


def count_strangers(world: World, copied: DigitalLink, opened: DigitalLink) -> None:
    """What others did before: one code was scanned everywhere, another's seal was broken."""
    today = day_of(int(time.time()))
    store = ScanStore(scans_url(world.settings.database, world.home))
    for day in range(today - DAYS, today):
        region = PROVINCES[day % len(PROVINCES)]
        store.count_scan(tin_key(copied), day, region, again=False)
    store.count_opening(tin_key(opened), today - DAYS, PROVINCES[0], again=False)
    store.close()


def tin_key(link: DigitalLink) -> bytes:
    """What a tin's counts are kept under."""
    assert link.lot
    assert link.serial
    return build_tin_key(build_batch_id(link.gtin, link.lot), link.serial.value)
