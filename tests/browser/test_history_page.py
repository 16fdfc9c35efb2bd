"""What phones report and what they are told, in a real Chromium, over a real server."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from served_world import World, running_world, serving

from tracer.domain.clones import build_tin_key, day_of
from tracer.domain.identifiers import Serial
from tracer.domain.records import build_batch_id
from tracer.operations.browser_check import find_browser
from tracer.operations.inner_lists import inner_path, issue_inner_codes, load_inner_codes
from tracer.store.contents import ContentStore
from tracer.store.scans import ScanStore

CHROMIUM = find_browser() or ""
SETTLED = "html:not([data-verified=pending]):not([data-papers=pending])"
STEP = "#t-steps li[data-step='9']"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("history") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def codes(world: World) -> list[tuple[str, str]]:
    """Serials with the codes under their seals."""
    [listed] = (it for it in (world.home / "contents" / "serials").rglob("*") if it.is_file())
    serials = [Serial.parse(line) for line in listed.read_text().split()]
    contents, root = ContentStore(world.home / "contents"), bytes.fromhex(listed.name)
    issue_inner_codes(world.home, contents, batch_of(world), root, serials)
    return list(load_inner_codes(inner_path(world.home, batch_of(world))).items())


@pytest.fixture(scope="module")
def origin(world: World, codes: list[tuple[str, str]]) -> Iterator[str]:
    assert codes
    with serving(world) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def phone(browser: Browser, origin: str) -> Iterator[Callable[[str], Page]]:
    """One device in China: opens a path and waits for the conclusion."""
    context = browser.new_context(timezone_id="Asia/Shanghai", service_workers="block")

    def scan(path: str) -> Page:
        page = context.new_page()
        page.goto(origin + path)
        page.wait_for_selector(SETTLED, timeout=60_000)
        return page

    yield scan
    context.close()


def batch_of(world: World) -> bytes:
    link = world.batches["nz"].link
    assert link.lot is not None
    return build_batch_id(link.gtin, link.lot)


def step(page: Page) -> tuple[str | None, str]:
    item = page.locator(STEP)
    return item.get_attribute("data-status"), item.locator(".l").first.text_content() or ""


def verdict(page: Page) -> str | None:
    return page.locator("html").get_attribute("data-verdict")


def tin(world: World, serial: str) -> str:
    return f"{world.path(tin=False)}/21/{serial}?lang=en"


def test_a_scan_is_counted_once_and_then_as_a_repetition(
    phone: Callable[[str], Page], world: World, codes: list[tuple[str, str]]
) -> None:
    serial, _ = codes[0]
    first, second = phone(tin(world, serial)), phone(tin(world, serial))
    assert step(first) == ("VALID", "Nobody has scanned this code before.")
    assert step(second)[1].startswith("Scans before in this region, since ")
    assert verdict(first) == verdict(second) == "OK"
    store = ScanStore(f"sqlite:///{world.home / 'scans.sqlite'}")
    [count] = store.load_history(build_tin_key(batch_of(world), serial)).scans
    assert (count.region, count.firsts, count.repeats) == ("CN", 1, 1)
    store.close()


def test_the_code_under_the_seal_opens_once_and_never_reaches_the_address(
    phone: Callable[[str], Page], world: World, codes: list[tuple[str, str]]
) -> None:
    serial, code = codes[1]
    page = phone(f"{tin(world, serial)}#open={code}")
    assert step(page) == ("VALID", "The code under the seal is right, and this is its first use.")
    assert verdict(page) == "OK"


def test_a_wrong_code_under_a_seal_is_not_verified(
    phone: Callable[[str], Page], world: World, codes: list[tuple[str, str]]
) -> None:
    (serial, _), (_, other) = codes[2], codes[3]
    page = phone(f"{tin(world, serial)}#open={other}")
    assert verdict(page) == "NOT_VERIFIED"
    assert "This is not the code under the seal" in page.locator("body").inner_text()


def test_an_opened_tin_sold_again_was_opened_before(
    phone: Callable[[str], Page], world: World, codes: list[tuple[str, str]]
) -> None:
    serial, code = codes[4]
    long_ago = day_of(int(time.time())) - 60
    store = ScanStore(f"sqlite:///{world.home / 'scans.sqlite'}")
    store.count_opening(build_tin_key(batch_of(world), serial), long_ago, "NL", again=False)
    store.close()
    page = phone(f"{tin(world, serial)}#open={code}")
    assert verdict(page) == "OPENED_BEFORE"
    assert step(page)[0] == "INVALID"


def test_counts_that_cannot_be_had_change_nothing(
    phone: Callable[[str], Page], world: World, codes: list[tuple[str, str]]
) -> None:
    serial, _ = codes[5]
    store = ScanStore(f"sqlite:///{world.home / 'scans.sqlite'}")
    with store._writing():
        page = phone(tin(world, serial))
    store.close()
    assert verdict(page) == "OK"
    assert step(page) == ("SKIPPED", "How often this code was scanned is not known just now.")
