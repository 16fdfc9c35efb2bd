"""Open a scan page in a real browser and read what it concluded.

The page checks a tin on the visitor's device, so only a browser can say whether that works. A
headless Chromium loads the address and is asked, through its own DevTools protocol, for the
document once the root element carries an outcome. Nothing is installed for this and no driver is
needed. The clock is the real one: one that jumps over waiting (`--virtual-time-budget`) let the
page's time limits end answers that were there but not yet read, once in six runs.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

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

_POLL_S: Final = 0.05
_MAX_MESSAGE_BYTES: Final = 2**24  # of a document; the largest page has 100 kB

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
    "--remote-debugging-port=0",
)
_LISTENING: Final = re.compile(r"DevTools listening on (ws://\S+)")
_SETTLED: Final = (
    "document.readyState === 'complete' && (document.documentElement.dataset.verified ?? 'pending')"
    " !== 'pending' ? document.documentElement.outerHTML : ''"
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
    deadline = time.monotonic() + time_limit_s
    with tempfile.TemporaryDirectory(prefix="tracer-browser-", ignore_cleanup_errors=True) as home:
        log = Path(home) / "browser.log"
        flags = [*_FLAGS, f"--user-data-dir={home}/profile", url]
        with _running([program, *flags], log) as process:
            try:
                document = _fetch_settled(process, log, deadline)
            except TimeoutError:
                raise TransientError(
                    f"the browser did not finish within {time_limit_s:.0f} s", hint="Try again."
                ) from None
            except (OSError, WebSocketException) as error:
                raise TransientError(
                    f"the browser showed nothing at {url}: {_words(log).strip()[-300:] or error}",
                    hint="Is the server running?",
                ) from error
        return read_document(document, _words(log))


@contextlib.contextmanager
def _running(words: Sequence[str | Path], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A browser in a session of its own, so that its helpers end with it."""
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603 - a browser found by name, with our own flags
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=os.name == "posix",
        ) as process,
    ):
        try:
            yield process
        finally:
            _end(process)


def _fetch_settled(process: "subprocess.Popen[bytes]", log: Path, deadline: float) -> str:
    """The document once it has come to an outcome.

    Raises:
        TimeoutError: it has not in time.
        OSError, WebSocketException: the browser ended, or does not answer.
    """
    while not (found := _LISTENING.search(_words(log))):
        if process.poll() is not None:
            raise ConnectionError("it ended")
        _wait(deadline)
    with connect(found[1], max_size=_MAX_MESSAGE_BYTES, open_timeout=_left(deadline)) as socket:
        tools = _Tools(socket, deadline)
        while not (page := tools.find_page()):
            _wait(deadline)
        while True:
            attached = tools.call("Target.attachToTarget", targetId=page, flatten=True)
            answer: dict[str, Any] = {"result": {}}
            while "result" in answer:  # until the browser shows the page in another process
                asked = {"expression": _SETTLED, "returnByValue": True}
                answer = tools.call("Runtime.evaluate", attached.get("sessionId"), **asked)
                if document := answer.get("result", {}).get("value"):
                    return str(document)
                _wait(deadline)


@dataclass
class _Tools:
    """The browser's DevTools protocol: one call after the other."""

    socket: Connection
    deadline: float
    calls: int = 0

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """Make one call; its result, empty when the browser refuses it."""
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self.socket.recv(timeout=_left(self.deadline)))
            if answer.get("id") == self.calls:
                result: dict[str, Any] = answer.get("result", {})
                return result

    def find_page(self) -> str | None:
        """The id of the one page that is open."""
        targets = self.call("Target.getTargets").get("targetInfos", [])
        return next((it["targetId"] for it in targets if it["type"] == "page"), None)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.0)


def _wait(deadline: float) -> None:
    if not _left(deadline):
        raise TimeoutError
    time.sleep(_POLL_S)


def _words(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if os.name != "posix":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):  # all of them may be gone already
        os.killpg(process.pid, signal.SIGKILL)


def read_document(document: str, log: str) -> PageResult:
    """What a page says.

    Args:
        document: its HTML, as it stands in the browser.
        log: what the browser wrote meanwhile, its console among it.
    """
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
