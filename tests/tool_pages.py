"""Opens the scan, check and offline pages in a real Chromium."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

from tracer.operations.browser_check import find_browser

CHROMIUM = find_browser() or ""
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
CAMERA = ("--use-fake-device-for-media-stream",)
MIN_TAP_PX = 44
PATIENCE_MS = 60_000


@contextmanager
def launched(playwright: Playwright, more: Sequence[str] = ()) -> Iterator[Browser]:
    """A browser with further flags."""
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more])
    try:
        yield running
    finally:
        running.close()


@contextmanager
def filming(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """A browser whose camera shows a film."""
    with launched(playwright, (*CAMERA, f"--use-file-for-fake-video-capture={film}")) as running:
        yield running


def open_page(browser: Browser, url: str, **options: object) -> Page:
    """A page on a phone of its own: nothing is kept from earlier."""
    page = browser.new_context(viewport=PHONE, **options).new_page()
    page.goto(url)
    return page


def wait_state(page: Page, *states: str) -> str:
    """Wait until the scan page says one of these; return which."""
    wanted = ",".join(f"html[data-state={state}]" for state in states)
    found = page.wait_for_selector(wanted, timeout=PATIENCE_MS, state="attached")
    return found.get_attribute("data-state") or "" if found else ""


def violations(page: Page) -> list[object]:
    """What axe finds against a page."""
    page.add_script_tag(path=AXE)
    found: list[object] = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))"
    )
    return found


def wide_or_small(page: Page) -> list[str]:
    """What does not fit a phone: too wide for it, or too small for a finger."""
    wide = page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]
    small = [
        item.inner_text()
        for item in page.locator("button, .button, summary, .bar a, input:not(.sr)").all()
        if item.is_visible() and (item.bounding_box() or {"height": 0})["height"] < MIN_TAP_PX
    ]
    return (["the page"] if wide else []) + small
