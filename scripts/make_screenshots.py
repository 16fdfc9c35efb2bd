#!/usr/bin/env python3
"""Take the pictures of the scan page for docs/images.

Every verdict in both languages, the whole page in light and dark, and the printed page. It starts
worlds and servers of its own.

python3 scripts/make_screenshots.py            all of them
python3 scripts/make_screenshots.py RECALLED   those of one verdict
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tracer.operations.browser_check import find_browser

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from screens import PATIENCE_MS, PHONE, Screen, open_screens  # noqa: E402

IMAGES: Final = ROOT / "docs" / "images"
LANGUAGES: Final = ("en", "zh")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
COLOURS: Final = 32  # of a palette: the page is flat, and the pictures live in the repository
LONG_PX: Final = 2_400  # as far down as the tests; the whole page is three times as long
PRINT_SCALE: Final = 0.9  # 72 dots per inch: enough to see the layout of a printed page


def save(picture: bytes | Image.Image, name: str) -> None:
    """Write a picture with few colours."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    path = IMAGES / f"{name}.png"
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size} bytes")


def settle(page: Page) -> None:
    """Wait for the second check, too, so that the picture shows how the page stays."""
    page.wait_for_selector("html:not([data-papers=pending])", timeout=PATIENCE_MS)
    page.evaluate("scrollTo(0, 0)")


def take_verdict(browser: Browser, screen: Screen, language: str) -> None:
    """What a phone shows of one verdict."""
    page = screen.open(browser, language)
    settle(page)
    save(page.screenshot(), f"verdict-{screen.code}-{language}")
    page.context.close()


def take_whole_page(browser: Browser, screen: Screen, language: str) -> None:
    """The first view in light and dark, a long one, and the printed page."""
    for scheme, ending in (("light", ""), ("dark", "-dark")):
        page = screen.open(browser, language, color_scheme=scheme)
        settle(page)
        save(page.screenshot(), f"scan-page{ending}-{language}")
        if scheme == "light":
            page.set_viewport_size({**PHONE, "height": LONG_PX})
            save(page.screenshot(), f"scan-page-long-{language}")
        page.context.close()
    page = screen.open(browser, language)
    settle(page)
    printed = pypdfium2.PdfDocument(page.pdf(format="A4"))
    save(printed[0].render(scale=PRINT_SCALE).to_pil(), f"scan-page-print-{language}")
    print(f"printed on {len(printed)} pages")
    page.context.close()


def main(wanted: list[str]) -> None:
    """Take all pictures, or those of the verdicts that are named."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_screens(Path(folder)) as screens,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        for language in LANGUAGES:
            for screen in screens:
                if not wanted or screen.code in wanted:
                    take_verdict(browser, screen, language)
            if not wanted:
                take_whole_page(browser, screens[0], language)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
