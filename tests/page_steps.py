"""What tests of the scan page do in a browser, and what they look at."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from tracer.operations.browser_check import find_browser

CHROMIUM = find_browser() or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PHONE = {"width": 390, "height": 844}
SETTLED = "html:not([data-verified=pending]):not([data-papers=pending])"
SECOND_SCRIPT = re.compile(r"/app/[0-9a-f]+/papers\.")
WEAK = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 200_000,
    "uploadThroughput": 200_000,
}
"""What Chromium calls 3g; slow by its latency, so that tests need not wait for bytes."""

Open = Callable[..., Page]
"""Opens a page on a phone and waits until it has come to its conclusions."""


def verdict(page: Page) -> tuple[str | None, str | None]:
    root = page.locator("html")
    return root.get_attribute("data-verdict"), root.get_attribute("data-verified")


def top(page: Page) -> str:
    return page.locator("header").inner_text()


def weaken(page: Page) -> Page:
    """Slow a page's connection; it goes for the next address that it opens."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", WEAK)
    return page


def without_second(page: Page) -> Page:
    """Keep the second script away, so that what is shown is the first check's alone."""
    page.context.route(SECOND_SCRIPT, lambda route: route.abort())
    return page


def first_only(visit: Open, url: str) -> Page:
    """A page that has come to its first conclusion and gets no further."""
    page = without_second(visit("about:blank", wait=False))
    page.goto(url)
    page.wait_for_selector(SETTLED)
    return page


def answering(body: str) -> Callable[[Route], None]:
    """Answers whatever is asked with a body."""
    return lambda route: route.fulfill(body=body, headers={"access-control-allow-origin": "*"})


def change_answer(change: Callable[[dict[str, Any]], None]) -> Callable[[Route], None]:
    """Passes a JSON answer on with one change."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        value = answer.json()
        change(value)
        route.fulfill(response=answer, json=value)

    return handle
