#!/usr/bin/env python3
"""Take the pictures of docs/images from a running demonstration.

tracer demo            (in another terminal; prints the addresses of three tins)
python3 scripts/make_screenshots.py http://127.0.0.1:8000/01/09520010001015/10/A26B11K1
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tracer.operations.browser_check import find_browser

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PHONE = {"width": 390, "height": 844}
LANGUAGES = ("en", "zh")
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]


def main(url: str) -> None:
    """Open the page in each language, wait until it has checked itself, and take its picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for language in LANGUAGES:
            page = browser.new_page(viewport=PHONE, device_scale_factor=2)
            page.goto(f"{url}?lang={language}")
            page.wait_for_selector("html[data-verified=VALID]")
            page.wait_for_timeout(600)  # the block at the top fades to its colour
            path = IMAGES / f"scan-page-{language}.png"
            page.screenshot(path=path)
            print(f"{path.name}: {path.stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
