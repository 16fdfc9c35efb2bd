"""Every answer of the scan page is reached in both languages, and has its picture in docs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from screens import Screen, open_screens
from tracer_api.assets import scanner_app_dir

from tracer.domain.cards import VerdictCode
from tracer.operations.browser_check import find_browser

CHROMIUM = find_browser() or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
MAX_IMAGE_BYTES = 60_000
LANGUAGES = ("en", "zh")
CODES = (*VerdictCode, "BAD_CODE", "UNAVAILABLE")
SMALLEST_PHONE = {"width": 320, "height": 568}

pytestmark = pytest.mark.browser

needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed")


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Screen]]:
    with open_screens(tmp_path_factory.mktemp("screens")) as opened:
        yield {screen.code: screen for screen in opened}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


def words(language: str) -> dict[str, str]:
    text = (scanner_app_dir() / "i18n" / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


@needs_browser
@pytest.mark.integration
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
class TestScreen:
    def test_says_the_verdict_and_what_to_do(
        self, screens: dict[str, Screen], browser: Browser, code: str, language: str
    ) -> None:
        page = screens[code].open(browser, language)
        try:
            assert page.locator("h1").inner_text() == words(language)[f"verdict.{code}.title"]
            assert page.locator("#v-text").inner_text().strip()
            assert page.locator("#v-todo").inner_text().strip()
        finally:
            page.context.close()

    def test_fits_the_smallest_phone(
        self, screens: dict[str, Screen], browser: Browser, code: str, language: str
    ) -> None:
        page = screens[code].open(browser, language, viewport=SMALLEST_PHONE)
        try:
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= SMALLEST_PHONE["width"]
        finally:
            page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_verdict_has_a_small_picture(code: str, language: str) -> None:
    image = IMAGES / f"verdict-{code}-{language}.png"
    assert image.is_file(), "make it with scripts/make_screenshots.py"
    assert image.stat().st_size <= MAX_IMAGE_BYTES
