"""What a broker does on the desk's page, for tests that drive a real browser."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from desk_page_world import GTIN
from desk_wallet import DeskWallet
from playwright.sync_api import Browser, Page, expect

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
MIN_TAP_PX = 44
PATIENCE_MS = 60_000  # a loaded machine is slow; nothing here waits longer than it must


@dataclass
class DeskPage:
    """The page in one tab.

    Attributes:
        page: the tab.
        origin: of the desk.
        wallet: the browser's, or None.
        asked: method and address of every request, in order.
        said: what the console said, and errors of scripts.
    """

    page: Page
    origin: str
    wallet: DeskWallet | None
    asked: list[tuple[str, str]]
    said: list[str]

    @classmethod
    def watch(cls, page: Page, origin: str, wallet: DeskWallet | None) -> Self:
        """The page in a tab, everything that it asks and says noted from now on."""
        watched = cls(page, origin, wallet, [], [])
        page.on("request", lambda request: watched.asked.append((request.method, request.url)))
        page.on("console", lambda message: watched.said.append(message.text))
        page.on("pageerror", lambda error: watched.said.append(str(error)))
        return watched

    def sign_in(self) -> None:
        """Sign in with the wallet."""
        self.page.locator("main section > button").click()
        self.page.wait_for_selector("#who:not([hidden])", timeout=PATIENCE_MS)

    def open_batch(self, lot: str) -> None:
        """Go to a batch by way of the page that asks for one, so that nothing old is read."""
        page = self.page.url.partition("#")[0]
        self.page.goto(f"{page}#/")
        self.page.wait_for_selector("#gtin", timeout=PATIENCE_MS)
        self.page.goto(f"{page}#/01/{GTIN}/10/{lot}")
        self.page.wait_for_selector("#needed", timeout=PATIENCE_MS)

    def state_of(self, doc_type: str) -> str:
        """How a paper of the batch stands."""
        row = self.page.locator(f"#needed [data-type={doc_type}]")
        return str(row.get_attribute("data-state"))

    def add(self, doc_type: str) -> None:
        """Begin to hand in a paper."""
        self.page.locator(f"[data-type={doc_type}] a.button").first.click()
        self.page.wait_for_selector(".drop", timeout=PATIENCE_MS)

    def hand_in(self, lot: str, doc_type: str, file: Path | dict[str, Any]) -> None:
        """Hand in a file and wait until its form is there."""
        self.open_batch(lot)
        self.add(doc_type)
        self.choose(file)
        self.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)

    def choose(self, file: Path | dict[str, Any]) -> None:
        """Choose a file, as its dialogue does."""
        self.page.set_input_files("#file", file)  # type: ignore[arg-type]  # a dict is a payload

    def mark_of(self, name: str) -> str:
        """Where a field's text is from."""
        return str(self.page.locator(f"[data-field={name}]").get_attribute("data-mark"))

    def problem_of(self, name: str) -> str:
        """What is said to be wrong with a field."""
        return self.page.locator(f"#f-{name}-wrong").inner_text()

    def fill_time(self, clock: str = "09:00") -> None:
        """Add the time of day to the day that was read."""
        self.page.fill("[data-field=issuedAt] input[type=time]", clock)

    def submit(self, *, compared: bool = True) -> None:
        """Send the form."""
        if compared:
            self.page.check("#compared")
        self.page.locator("form.paper > button").click()

    def wait_sent(self) -> None:
        """Wait until the wallet has sent the record."""
        sent = self.page.locator(".stages li.done").nth(2)
        expect(sent.or_(self.page.locator(".problem")).first).to_be_visible(timeout=PATIENCE_MS)
        assert sent.is_visible(), self.page.locator("main").inner_text()

    def wait_outcome(self) -> str:
        """Wait until the mirror shows the record; what the page says of it."""
        self.page.wait_for_selector("#outcome", timeout=PATIENCE_MS)
        return self.page.locator("#outcome").inner_text()

    def expect_problem(self, words: str) -> None:
        """Wait for an error that says something, and what to do next."""
        problem = self.page.locator(".problem")
        expect(problem).to_contain_text(re.compile(words), timeout=PATIENCE_MS)

    def kept(self) -> tuple[str, str]:
        """Everything in the tab's storage and in the browser's, as text."""
        read = "store => JSON.stringify(Object.entries(window[store]))"
        session, local = (
            self.page.evaluate(read, store) for store in ("sessionStorage", "localStorage")
        )
        return session, local


def open_scan(browser: Browser, url: str) -> Page:
    """The page that a parent reads, once the device has checked it."""
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(f"{url}?lang=en")
    page.wait_for_selector("html:not([data-verified=pending])", timeout=PATIENCE_MS)
    return page


def assert_usable(page: Page) -> None:
    """Names, contrast and order for everybody; wide enough and tall enough for a thumb."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if page.evaluate("typeof axe") == "undefined":
        page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """least => [...document.querySelectorAll(
            "main :is(summary, button, .button, select, input:not(.unseen)), header button",
        )].map(e => e.type === "checkbox" ? e.parentElement : e)
          .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < least)
          .map(e => e.outerHTML)""",
        MIN_TAP_PX,
    )
    assert small == []


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until an element has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is out of the keyboard's reach")
