"""An upload killed, or refused by the disk, at every system call that it makes.

strace breaks one call of one kind each time: the process is killed there, or the call fails with
EIO or ENOSPC. Afterwards every receipt that was given must still be true, no row may lack its blob,
what is left over must be collected, and the same upload must simply work when it is repeated.
"""

import collections
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from vault_upload import DOC_ID, ROOT, UNAVAILABLE, put
from vaults import some_bytes

from tracer.errors import TracerError
from tracer.vault.blobs import FileBlobs
from tracer.vault.database import create_tables, open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.receipts import Receipt
from tracer.vault.vault import PART_FILE, PART_VIEW, Vault

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

PARTS = {PART_FILE: some_bytes(150_000, seed=6), PART_VIEW: b'{"coNo": "CO1"}'}
READS = {"openat", "read", "pread64", "newfstatat", "lseek", "close", "fcntl"}
WRITES = {"write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "mkdir", "ftruncate"}
CALLS = {
    "signal=KILL": READS | WRITES,
    "error=EIO": (READS | WRITES) - {"close", "lseek"},  # Linux fails those for no disk's reason
    "error=ENOSPC": WRITES - {"unlink", "ftruncate"} | {"openat"},
}
DECISIVE = ["fsync", "rename", "fdatasync"]  # the short series
LEAST = 200
KILLED = -9
OPENED = re.compile(r'openat\([^"]*"([^"]*)".* = (\d+)')
SYNCED = re.compile(r"fsync\((\d+)\)")
STEPS = {
    "rename(": "renamed",
    "fdatasync(": "row synced",
    '"{\\"docId': "receipt given",
}
ATTACH_S = 60  # a loaded machine; on a free one it takes 10 ms
KEYS = RootKey(ROOT)


@dataclass
class Uploader:
    """The program that uploads, and how to break it."""

    folder: Path
    process: "subprocess.Popen[str]"

    def fresh(self) -> Path:
        """A folder with an empty vault and the parts of a paper."""
        folder = self.folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / "empty", folder)
        return folder

    def run(self, *injection: str) -> tuple[Path, int, str]:
        """Upload while strace looks on; the folder, the exit code and the trace."""
        folder = self.fresh()
        urls = [f"sqlite:///{folder / 'v.sqlite'}", (folder / "blobs").as_uri()]
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([*urls, str(folder)]) + "\n")
        self.process.stdin.flush()
        pid = _await(lambda: (folder / "pid").read_text() if (folder / "pid").exists() else "")
        names = ",".join(sorted(READS | WRITES))
        command = ["strace", "-p", pid.strip(), "-o", str(folder / "trace"), "-e", f"trace={names}"]
        command += [word for one in injection for word in ("-e", f"inject={one}")]
        with (folder / "strace").open("wb") as errors:
            tracer = subprocess.Popen(command, stderr=errors)
        try:
            _await(lambda: _attached(folder / "strace", tracer))
        finally:
            os.kill(int(pid), signal.SIGUSR1)
            ended = self.process.stdout.readline()
            tracer.wait()
        trace = (folder / "trace").read_text(errors="replace")
        return folder, int(ended.removeprefix("ended ")), trace


def _await(ask: "collections.abc.Callable[[], str]") -> str:
    end = time.monotonic() + ATTACH_S
    while time.monotonic() < end:
        answer = ask()
        if answer.endswith("\n"):
            return answer
        time.sleep(0.002)
    pytest.fail("the program or strace did not begin")


def _attached(log: Path, tracer: "subprocess.Popen[bytes]") -> str:
    text = log.read_text()
    if tracer.poll() is not None and "attached" not in text:
        pytest.skip(f"strace may not trace here: {text.strip()}")
    return text if "attached" in text else ""


@pytest.fixture(scope="module")
def uploader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Uploader]:
    folder = tmp_path_factory.mktemp("upload")
    (folder / "empty").mkdir()
    for part, data in PARTS.items():
        (folder / "empty" / part).write_bytes(data)
    engine = open_vault_engine(f"sqlite:///{folder / 'empty' / 'v.sqlite'}")
    create_tables(engine, KEYS.root_id, 1_800_000_000)
    engine.dispose()
    program = Path(__file__).parents[1] / "vault_upload.py"
    process = subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Uploader(folder, process)


def count_calls(uploader: Uploader) -> dict[str, int]:
    """How often an upload that nobody breaks makes each call."""
    folder, code, trace = uploader.run()
    assert code == 0
    check(folder, code)
    return collections.Counter(re.findall(r"^(\w+)\(", trace, re.MULTILINE))


def check(folder: Path, code: int) -> str:
    """What holds after any upload, broken or not; how it ended."""
    bug = folder / "bug"
    assert not bug.exists(), bug.read_text()
    engine = open_vault_engine(f"sqlite:///{folder / 'v.sqlite'}")
    blobs = FileBlobs(folder / "blobs")
    vault = Vault(engine, blobs, KEYS, now=lambda: int(time.time()))
    lines = (folder / "receipts").read_text().split("\n")[:-1]
    given = {
        receipt.part: receipt for receipt in (Receipt.from_json(json.loads(it)) for it in lines)
    }
    assert (code == 0) == (set(given) == set(PARTS)) or code == KILLED
    assert code in {0, KILLED, UNAVAILABLE}
    for part, receipt in given.items():  # acknowledged: it is there, and it is right
        assert receipt.verify(vault.public_key)
        assert b"".join(vault.open(DOC_ID, part)) == PARTS[part]
    report = vault.scrub(lambda _done, _total: None, grace_s=-1)
    assert report.is_clean, report  # no row without its blob
    assert len(list(blobs.list_blobs())) == report.parts  # and no blob without its row
    for part, data in PARTS.items():  # whatever happened, the same upload works now
        again = put(vault, part, folder / part, hashlib.sha256(data).digest())
        assert part not in given or again == given[part].to_json()
        assert b"".join(vault.open(DOC_ID, part)) == data
    engine.dispose()
    return f"{len(given)} receipts, {report.parts} rows, {len(report.orphans)} orphans"


def test_each_step_is_on_the_disk_before_the_next(uploader: Uploader) -> None:
    _, code, trace = uploader.run()
    assert code == 0
    steps = list(_steps(trace))
    wanted = ["container synced", "renamed", "folder synced", "row synced", "receipt given"]
    for part in PARTS:
        place = 0
        for step in wanted:
            place = steps.index(step, place)
        assert steps[place] == "receipt given", part
        assert steps.index("receipt given") == place
        del steps[: place + 1]
    assert "receipt given" not in steps


def _steps(trace: str) -> Iterator[str]:
    """What a trace shows of an upload, in order."""
    opened: dict[str, str] = {}
    renamed = False
    for line in trace.splitlines():
        if found := OPENED.match(line):
            opened[found[2]] = found[1]
        elif found := SYNCED.match(line):
            if ".part-" in opened[found[1]]:
                yield "container synced"
            elif renamed:  # before that, folders are synced because they are new
                yield "folder synced"
        else:
            step = next((step for sign, step in STEPS.items() if sign in line), "")
            renamed = step == "renamed" or (renamed and step != "row synced")
            yield step


@pytest.mark.parametrize(
    "calls",
    [
        DECISIVE,
        pytest.param(None, marks=[pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_an_upload_broken_anywhere_loses_nothing(
    uploader: Uploader, calls: list[str] | None
) -> None:
    counts = count_calls(uploader)
    points: collections.Counter[str] = collections.Counter()
    outcomes: collections.Counter[str] = collections.Counter()
    missed, failed = [], []
    for fault, name, number in _points(counts, calls):
        folder, code, trace = uploader.run(f"{name}:{fault}:when={number}")
        if "(INJECTED)" not in trace and code != KILLED:
            missed.append(f"{name} {number} {fault}")
            continue
        points[f"{fault.split('=')[1]:<6} {name}"] += 1
        try:
            outcomes[check(folder, code)] += 1
        except (AssertionError, TracerError) as error:
            failed.append(f"{name} {number} {fault}: {error}")
    for point, count in sorted(points.items()):
        print(f"| {point:<34} | {count:>4} |")
    for outcome, count in sorted(outcomes.items()):
        print(f"| {outcome:<34} | {count:>4} |")
    print(f"| uploads broken | {points.total()} | failed {len(failed)} | missed {len(missed)} |")
    assert not failed, "\n".join(failed)
    assert points.total() >= (LEAST if calls is None else len(DECISIVE))


def _points(counts: Mapping[str, int], calls: list[str] | None) -> Iterator[tuple[str, str, int]]:
    """Every fault, call and number of the call; the short series only kills, at few calls."""
    for fault, names in CALLS.items():
        if calls is None or fault == "signal=KILL":
            for name in sorted(names & set(calls or names)):
                for number in range(1, counts[name] + 1):
                    yield fault, name, number
