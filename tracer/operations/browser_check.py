"""Open a scan page in a real browser and read what it concluded.

The page checks a tin on the visitor's device, so only a browser can say whether that works. A
headless Chromium loads the address, runs the page's script with a clock that jumps over waiting
(but never over requests in flight), and prints the document, whose root element carries the
verdict. Nothing is installed for this and no driver is needed.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from tracer.errors import ConfigurationError, TransientError

BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
TIME_LIMIT_S: Final = 90.0
"""A busy machine needs some 5 seconds; a browser that hangs must not hang its caller."""

SCRIPT_BUDGET_MS: Final = 60_000
"""The page's own clock may advance this far while it waits for timers."""

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # needed in containers and as root; it opens no page but ours
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give it 64 MB, too little for a tab
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--enable-logging=stderr",
    f"--virtual-time-budget={SCRIPT_BUDGET_MS}",
)
_CONSOLE: Final = re.compile(r'CONSOLE[^"]*"(.*)", source:')
_GRAVE: Final = ("Uncaught", "Refused to", "violates the following Content Security Policy")


@dataclass(frozen=True, slots=True)
class PageResult:
    """What the page said.

    Attributes:
        verdict: the verdict it shows, as in `tracer.domain.status`; "" if it shows none.
        verified: VALID, INVALID or ERROR; `pending` if its script never finished.
        reason: the sentences under the verdict.
        errors: what the browser's console complained about.
    """

    verdict: str
    verified: str
    reason: str
    errors: tuple[str, ...] = ()


class _Reader(HTMLParser):
    """Collects the root element's data attributes and the text of elements `v-…`."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.data = {
                name.removeprefix("data-"): value
                for name, value in named.items()
                if name.startswith("data-")
            }
        if tag in {"p", "h1"}:
            self._open = named.get("id") if "hidden" not in named else None

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "h1"}:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open.startswith("v-"):
            self.texts[self._open] = self.texts.get(self._open, "") + data


def find_browser() -> str | None:
    """The program to open pages with: what CHROME_PATH names, else a Chromium or Chrome on PATH."""
    named = os.environ.get("CHROME_PATH", "")
    if named and Path(named).is_file():
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def check_page(
    url: str, *, browser: str | None = None, time_limit_s: float = TIME_LIMIT_S
) -> PageResult:
    """Open a page, let it check itself, and report.

    Args:
        url: of a tin or batch, on our own server.
        browser: program; `find_browser` when not given.
        time_limit_s: seconds of real time.

    Raises:
        ConfigurationError: no browser is installed.
        TransientError: the browser did not finish in time or gave no document.
    """
    program = browser or find_browser()
    if program is None:
        raise ConfigurationError(
            "no Chromium or Chrome is installed",
            hint="Install the package chromium, or name a browser in CHROME_PATH.",
        )
    with tempfile.TemporaryDirectory(prefix="tracer-browser-", ignore_cleanup_errors=True) as home:
        flags = [*_FLAGS, f"--user-data-dir={home}", "--dump-dom", url]
        document, log = _run([program, *flags], time_limit_s)
    if "<html" not in document:
        raise TransientError(
            f"the browser showed nothing at {url}: {log.strip()[-300:]}",
            hint="Is the server running?",
        )
    return _read(document, log)


def _run(words: Sequence[str], time_limit_s: float) -> tuple[str, str]:
    # A session of its own, so that the browser's helpers end with it.
    with subprocess.Popen(  # noqa: S603 - a browser found by name, with our own flags
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=os.name == "posix",
    ) as process:
        try:
            return process.communicate(timeout=time_limit_s)
        except subprocess.TimeoutExpired:
            raise TransientError(
                f"the browser did not finish within {time_limit_s:.0f} s", hint="Try again."
            ) from None
        finally:
            _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    if os.name != "posix":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):  # all of them may be gone already
        os.killpg(process.pid, signal.SIGKILL)


def _read(document: str, log: str) -> PageResult:
    reader = _Reader()
    reader.feed(document)
    said = (reader.texts.get(name, "").strip() for name in ("v-text", "v-proof"))
    console = (match[1] for match in map(_CONSOLE.search, log.splitlines()) if match)
    return PageResult(
        verdict=reader.data.get("verdict", ""),
        verified=reader.data.get("verified", "pending"),
        reason=" ".join(filter(None, said)),
        errors=tuple(line for line in console if line.startswith(_GRAVE) or _GRAVE[2] in line),
    )
