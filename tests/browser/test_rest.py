"""What a page has folded away comes with the second check."""

from collections.abc import Callable

import pytest
from page_steps import CHROMIUM, Open
from playwright.sync_api import Page, Route
from served_world import World

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


def open_with(visit: Open, url: str, answer: Callable[[Route], None]) -> Page:
    """A page whose request for what is folded away is answered by us."""
    page = visit("about:blank", wait=False)
    page.context.route("**/*view=all", answer)
    page.goto(url)
    page.wait_for_selector("html[data-papers=VALID]")
    return page


def test_is_put_in_unasked(visit: Open, origin: str, world: World) -> None:
    page = visit(f"{origin}{world.path()}?lang=en")
    page.wait_for_selector("html[data-papers=VALID]")
    assert page.locator("a.rest").count() == 0
    whole = visit(f"{origin}{world.path()}?lang=en&view=all", java_script_enabled=False, wait=False)
    words = "it => it.textContent.split(/\\s+/).join()"
    texts = f"[...document.querySelectorAll('details')].map({words})"
    assert page.evaluate(texts) == whole.evaluate(texts)


def test_where_it_does_not_come_links_lead_to_it(visit: Open, origin: str, world: World) -> None:
    page = open_with(visit, f"{origin}{world.path()}?lang=en", lambda route: route.abort())
    assert page.locator("a.rest").count() > 10


def test_what_the_server_now_shows_otherwise_keeps_its_link(
    visit: Open, origin: str, world: World
) -> None:
    def change(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace("Farm and ingredients", "Other")
        route.fulfill(response=answer, body=body)

    page = open_with(visit, f"{origin}{world.path()}?lang=en", change)
    assert page.locator("a.rest").count() == 1
