import os
import stat
import time
from pathlib import Path

import pytest

from tracer.errors import ConfigurationError, TransientError
from tracer.operations.browser_check import PageResult, check_page, find_browser, read_document

pytestmark = pytest.mark.skipif(os.name != "posix", reason="stands in for a browser with sh")

URL = "http://127.0.0.1:9/01/x"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program in the browser's place; tests write its lines."""
    path = tmp_path / "browser"
    path.touch()
    path.chmod(stat.S_IRWXU)
    return path


def test_reads_what_the_root_element_and_the_console_say() -> None:
    log = (
        '[1:1:INFO:CONSOLE(7)] "Uncaught Error: oh", source: http://x (7)\n'
        '[1:1:INFO:CONSOLE(7)] "hello", source: http://x (7)\n'
    )
    document = (
        '<!DOCTYPE html><html lang="en" data-verdict="OK" data-verified="VALID"><body>'
        '<h1 id="v-title">Genuine</h1><p id="v-text">This &amp; that.</p>'
        '<p id="v-also" hidden>no</p><p id="v-proof">Checked <b>here</b></p><p>else</p></body>\n'
    )
    assert read_document(document, log) == PageResult(
        "OK", "VALID", "This & that. Checked here", ("Uncaught Error: oh",)
    )


def test_a_browser_that_shows_nothing_is_no_answer(program: Path) -> None:
    program.write_text("#!/bin/sh\necho cannot open display >&2\nexit 1\n")
    with pytest.raises(TransientError, match="cannot open display"):
        check_page(URL, browser=str(program))


def test_a_browser_that_hangs_is_ended_with_its_helpers(program: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    program.write_text(f"#!/bin/sh\n(sleep 2; touch {alive}) &\nsleep 60\n")
    with pytest.raises(TransientError, match="did not finish"):
        check_page(URL, browser=str(program), time_limit_s=0.3)
    time.sleep(2.5)
    assert not alive.exists()


def test_without_a_browser_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHROME_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() is None
    with pytest.raises(ConfigurationError, match="no Chromium"):
        check_page(URL)


def test_a_named_browser_comes_first(monkeypatch: pytest.MonkeyPatch, program: Path) -> None:
    monkeypatch.setenv("CHROME_PATH", str(program))
    assert find_browser() == str(program)
