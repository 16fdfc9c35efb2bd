"""A world, its server and a real Chromium for the tests of the scan page."""

from collections.abc import Iterator

import pytest
from page_steps import CHROMIUM, FLAGS, PHONE, SETTLED, Open
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from served_world import World, running_world, serving


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("page") / "home", ("nz", "ie")) as running:
        yield running


@pytest.fixture(scope="module")
def origin(world: World) -> Iterator[str]:
    with serving(world) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens a page on a phone and waits until it has come to a conclusion."""
    contexts: list[BrowserContext] = []

    def go(url: str, *, wait: bool = True, **options: object) -> Page:
        # What a page keeps for later would pass through the routes of these tests, too.
        context = browser.new_context(viewport=PHONE, service_workers="block", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        if wait:
            page.wait_for_selector(SETTLED, timeout=60_000)
        return page

    yield go
    for context in contexts:
        context.close()
