#!/usr/bin/env python3
"""Take the pictures of the brokers' page for docs/images, from a world like that of its tests."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tracer.operations.browser_check import find_browser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from desk_page_world import BROKER, DECLARATION, LOT, DeskWorld, running_desk_world  # noqa: E402
from desk_pages import PHONE, DeskPage  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LANGUAGES = ("en", "zh")
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]


def take(browser: Browser, world: DeskWorld, desk: str, language: str) -> None:
    """Take the pictures of one language: the papers of a batch, and the form of one."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2)
    wallet = world.wallet(BROKER)
    wallet.install(context)
    broker = DeskPage.watch(context.new_page(), desk, wallet)
    broker.page.goto(f"{desk}/?lang={language}")
    broker.page.wait_for_selector("h1")
    broker.sign_in()
    broker.open_batch(LOT)
    broker.page.screenshot(path=IMAGES / f"desk-batch-{language}.png")
    broker.hand_in(LOT, "CUSTOMS_DECLARATION", DECLARATION)
    broker.fill_time()
    broker.page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    broker.page.screenshot(path=IMAGES / f"desk-form-{language}.png")
    context.close()


def main() -> None:
    """Start chain, mirror and desk, and take all pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_desk_world(Path(folder) / "world") as world,
        world.desk("https://scan.example") as desk,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for language in LANGUAGES:
            take(browser, world, desk, language)
        browser.close()
    for path in sorted(IMAGES.glob("desk-*.png")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
