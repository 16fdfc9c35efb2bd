"""A rotation killed at every step: each paper opens at every point, and the next run ends it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from vaults import OWNER, ROOT, VaultWorld, doc_id_of, some_bytes

from tracer.store.session import reading
from tracer.vault.blobs import FileBlobs
from tracer.vault.database import open_vault_engine, table_of
from tracer.vault.keyring import count_wraps
from tracer.vault.keys import RootKey
from tracer.vault.tables import Kek
from tracer.vault.vault import PART_FILE, Vault

pytestmark = pytest.mark.integration

# Reads "<database URL> <blobs URL> <when> <number>" and kills a child that rotates: after the
# number-th wrap is renewed, or in the number-th transaction just before it is committed.
ROTATE = """
import os, signal, sys
from sqlalchemy import event
from tracer.vault.blobs import open_blobs
from tracer.vault.database import open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.vault import Vault

def rotate(database, blobs, when, number):
    seen = []
    def step(*_):
        seen.append(1)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)
    engine = open_vault_engine(database)
    if when == "commit":
        event.listen(engine, "commit", step)
    vault = Vault(engine, open_blobs(blobs), RootKey(bytes.fromhex(sys.argv[1])), now=lambda: 1)
    vault.rotate(int(sys.argv[2]), step if when == "wrap" else lambda done, total: None)

for line in sys.stdin:
    database, blobs, when, number = line.split()
    child = os.fork()
    if child == 0:
        rotate(database, blobs, when, int(number))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def rotator() -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-c", ROTATE, ROOT.hex(), str(OWNER)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize(
    "papers",
    [
        4,
        pytest.param(40, marks=[pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_a_rotation_killed_anywhere_is_finished_by_the_next(
    rotator: "subprocess.Popen[str]", tmp_path: Path, papers: int
) -> None:
    contents = [some_bytes(100 + number, number) for number in range(papers)]
    blobs = FileBlobs(tmp_path / "blobs")
    engine = open_vault_engine(f"sqlite:///{tmp_path / 'original.sqlite'}")
    world = VaultWorld(tmp_path, engine, blobs)
    for number, content in enumerate(contents):
        world.put(number, content)
    engine.dispose()

    # The new key is one transaction, each wrap is one, and so is the destruction of the old key.
    points = [("wrap", number) for number in range(1, papers + 1)]
    points += [("commit", number) for number in range(1, papers + 3)]
    opened = 0
    for when, number in points:
        folder = tmp_path / f"{when}-{number}"
        folder.mkdir()
        shutil.copyfile(tmp_path / "original.sqlite", folder / "v.sqlite")
        url = f"sqlite:///{folder / 'v.sqlite'}"
        assert _kill(rotator, url, blobs.folder, when, number) == -9, (when, number)

        engine = open_vault_engine(url)
        vault = Vault(engine, blobs, RootKey(ROOT), now=lambda: 1)
        opened += _open_all(vault, contents)
        report = vault.rotate(OWNER, lambda _done, _total: None)
        assert report.damaged == ()
        opened += _open_all(vault, contents)
        with reading(engine) as session:
            keys = session.execute(table_of(Kek).select()).all()
            left = {key.version: count_wraps(session, OWNER, key.version) for key in keys}
        assert left == {1: 0, 2: papers}
        assert [key.version for key in keys if key.wrapped is not None] == [2]
        engine.dispose()
        shutil.rmtree(folder)
    print(f"| rotations killed | {len(points)} | papers opened | {opened} | that failed | 0 |")
    assert opened == 2 * papers * len(points)


def _kill(rotator: "subprocess.Popen[str]", url: str, blobs: Path, when: str, number: int) -> int:
    assert rotator.stdin is not None
    assert rotator.stdout is not None
    rotator.stdin.write(f"{url} {blobs.as_uri()} {when} {number}\n")
    rotator.stdin.flush()
    return int(rotator.stdout.readline())


def _open_all(vault: Vault, contents: list[bytes]) -> int:
    for number, content in enumerate(contents):
        assert b"".join(vault.open(doc_id_of(number), PART_FILE)) == content, number
    return len(contents)
