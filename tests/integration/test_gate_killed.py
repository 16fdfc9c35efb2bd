"""What becomes of a file, and of the next one, when a process of the sandbox dies."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from gate_bench.bombs import hidden_text
from gate_bench.pdf_writer import one_page, write_pdf

from tracer.errors import SandboxUnavailableError
from tracer.gate.gate import GateReport, inspect_file
from tracer.gate.sandbox import Sandbox, sandbox_for

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc"),
]
DEADLINE_S = 60.0


@pytest.fixture(autouse=True)
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.pdf"
    path.write_bytes(write_pdf(one_page()))
    assert inspect_file(path).accepted  # from now on there is a process to fork from
    return path


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    path = tmp_path / "slow.pdf"
    path.write_bytes(hidden_text())  # a second of work
    return path


def forker() -> int:
    process = sandbox_for("parse")._process
    assert process is not None
    return process.pid


def child_of(parent: int) -> int | None:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            return int(stat.parent.name)
    return None


def wait_for_child_of(parent: int) -> int:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if (child := child_of(parent)) is not None:
            return child
        time.sleep(0.002)
    raise AssertionError(f"process {parent} has no child")


class Judging(threading.Thread):
    """Judges a file while the test kills."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.report: GateReport | None = None
        self.start()

    def run(self) -> None:
        self.report = inspect_file(self._path)


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL"])
def test_a_parser_that_dies_refuses_its_file_only(slow: Path, good: Path, name: str) -> None:
    judging = Judging(slow)
    parser = wait_for_child_of(wait_for_child_of(forker()))
    os.kill(parser, signal.Signals[name])
    judging.join(DEADLINE_S)
    assert judging.report is not None
    assert judging.report.reason.code == "parser-died"
    assert name in judging.report.reason.text
    assert inspect_file(good).accepted


def test_a_parser_that_is_stopped_is_ended(slow: Path, good: Path) -> None:
    judging = Judging(slow)
    keeper = wait_for_child_of(forker())
    parser = wait_for_child_of(keeper)
    os.kill(parser, signal.SIGSTOP)
    os.kill(keeper, signal.SIGALRM)  # its clock, which would ring in half a minute
    judging.join(DEADLINE_S)
    assert judging.report is not None
    assert judging.report.reason.code == "limit-wall"
    assert inspect_file(good).accepted


def test_without_its_keeper_a_parser_ends_and_the_file_is_judged_again(
    slow: Path, good: Path
) -> None:
    judging = Judging(slow)
    keeper = wait_for_child_of(forker())
    parser = wait_for_child_of(keeper)
    os.kill(keeper, signal.SIGKILL)
    judging.join(DEADLINE_S)
    assert judging.report is not None
    assert judging.report.reason.code == "limit-cpu"
    deadline = time.monotonic() + DEADLINE_S
    while Path(f"/proc/{parser}/stat").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{parser}/stat").exists()
    assert inspect_file(good).accepted


def test_another_process_to_fork_from_is_started_when_it_is_gone(good: Path) -> None:
    before = forker()
    os.kill(before, signal.SIGKILL)
    assert inspect_file(good).accepted
    assert forker() != before


def test_many_files_leave_no_process_and_no_descriptor(good: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        assert inspect_file(good).accepted
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    parent, deadline = forker(), time.monotonic() + DEADLINE_S
    while child_of(parent) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child_of(parent) is None


def test_a_sandbox_that_cannot_start_says_nothing_of_the_file(good: Path) -> None:
    with good.open("rb") as file, pytest.raises(SandboxUnavailableError):
        Sandbox("no such job").ask(file.fileno(), {})
