"""One visit of a phone on a weak network: bytes, requests and times, as Chromium counts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page

PHONE: Final = {"width": 390, "height": 844}
SLOW_3G: Final = {
    "offline": False,
    "latency": 400,  # ms from a request to the first byte of its answer
    "downloadThroughput": 400_000 / 8,  # bytes a second
    "uploadThroughput": 400_000 / 8,
}
SLOWER_CPU: Final = 4
PATIENCE_MS: Final = 60_000

_STAMP: Final = """
globalThis.benchTimes = {};
new MutationObserver(() => {
  const { verified, papers } = document.documentElement?.dataset ?? {};
  if (verified === "VALID") benchTimes.verified ??= performance.now();
  if (papers === "VALID") benchTimes.papers ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""Notes when the page has come to its conclusions; counted from the start of the navigation."""

_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass
class Wire:
    """Everything that went over the network.

    Attributes:
        names: request -> method and address.
        sizes: request -> bytes of its answer, headers and body as they travelled.
    """

    names: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many, preflights among them."""
        return len(self.names)

    @property
    def kb(self) -> float:
        """Thousands of bytes."""
        return sum(self.sizes.values()) / 1000

    def listen(self, tools: CDPSession) -> None:
        """Note what DevTools says of the network."""
        tools.on("Network.requestWillBeSent", self._sent)
        tools.on("Network.loadingFinished", self._loaded)

    def _sent(self, event: dict[str, Any]) -> None:
        request = event["request"]
        if not request["url"].startswith("data:"):
            self.names[event["requestId"]] = f"{request['method']} {request['url']}"

    def _loaded(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.names:
            self.sizes[event["requestId"]] = event["encodedDataLength"]


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit took.

    Attributes:
        kb: until the network was idle and nobody had touched the page.
        requests: in the same time.
        first_paint_s: first contentful paint.
        verified_s: until the first check ended VALID.
        kb_with_papers: until the second check had ended, after the reader scrolled.
        papers_checked_s: from the scroll to the end of the second check.
        lines: what went over the network before the scroll, for people.
    """

    kb: float
    requests: int
    first_paint_s: float
    verified_s: float
    kb_with_papers: float
    papers_checked_s: float
    lines: tuple[str, ...]


@contextmanager
def slow_phone(browser: Browser) -> Iterator[tuple[Page, Wire]]:
    """A phone that has never been here before, on a weak network."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.add_init_script(_STAMP)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_3G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    wire = Wire()
    wire.listen(tools)
    try:
        yield page, wire
    finally:
        context.close()


def visit_once(browser: Browser, url: str) -> Visit:
    """Open a page, wait, scroll, and wait again.

    Raises:
        playwright.sync_api.TimeoutError: a check did not end VALID.
    """
    with slow_phone(browser) as (page, wire):
        page.goto(url)
        page.wait_for_selector("html[data-verified=VALID]", timeout=PATIENCE_MS)
        page.wait_for_load_state("networkidle")
        kb, requests = wire.kb, wire.requests
        lines = tuple(f"{wire.sizes.get(it, 0):.0f} B {name}" for it, name in wire.names.items())
        first_paint_ms = page.evaluate(_PAINT)
        scrolled_ms = page.evaluate("performance.now()")
        page.mouse.wheel(0, 300)
        page.wait_for_selector("html[data-papers=VALID]", timeout=PATIENCE_MS)
        page.wait_for_load_state("networkidle")
        times = page.evaluate("benchTimes")
        return Visit(
            kb,
            requests,
            first_paint_ms / 1000,
            times["verified"] / 1000,
            wire.kb,
            max(0.0, times["papers"] - scrolled_ms) / 1000,
            lines,
        )
