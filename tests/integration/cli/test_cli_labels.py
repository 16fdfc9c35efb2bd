"""`tracer label print --all`: a batch's labels from the ledger to a folder."""

import hashlib
import json
from pathlib import Path

import pytest
from cli_world import GTIN, World, build_batch

pytestmark = pytest.mark.integration

COUNT = 30


@pytest.fixture
def issued(world: World, lot: str) -> str:
    """A batch with drawn serials."""
    batch = {name: value for name, value in build_batch(lot).items() if name != "serials"}
    world.ok("batch", "register", world.write(f"{lot}.json", json.dumps(batch)))
    world.ok("serials", "issue", f"{GTIN}/{lot}", "--count", COUNT, "--json")
    return f"{GTIN}/{lot}"


@pytest.mark.parametrize("form", ["csv", "pdf", "png", "svg"])
def test_every_form_is_written_and_read_back(
    world: World, issued: str, tmp_path: Path, form: str
) -> None:
    words = ("label", "print", issued, "--all", "--format", form, "--out", tmp_path, "--json")
    done = world.ok(*words).json
    assert (done["labels"], done["written"], done["kept"], done["verified"]) == (COUNT, 1, 0, 24)
    manifest = json.loads(Path(done["manifest"]).read_text())
    assert manifest["complete"] is True
    assert manifest["count"] == COUNT
    assert len(manifest["serialRoots"][0]) == 64
    again = world.ok(*words).json
    assert (again["written"], again["kept"]) == (0, 1)


def test_a_person_is_told_what_there_is(world: World, issued: str, tmp_path: Path) -> None:
    done = world.ok("label", "print", issued, "--all", "--out", tmp_path, "--verify", 0)
    assert "labels.csv" not in done.out
    assert str(tmp_path / "manifest.json") in done.out


def test_a_dry_run_writes_nothing(world: World, issued: str, tmp_path: Path) -> None:
    out = tmp_path / "labels"
    words = ("label", "print", issued, "--all", "--format", "pdf", "--out", out, "--dry-run")
    done = world.ok(*words, "--json").json
    assert (done["dryRun"], done["labels"], done["parts"]) == (True, COUNT, 1)
    assert done["bytes"] > 1000
    assert "about" in world.ok(*words).out
    assert not out.exists()


def test_a_label_that_says_something_else_ends_with_3(
    world: World, issued: str, tmp_path: Path
) -> None:
    """The file and its hash in the manifest were changed together."""
    words = ("label", "print", issued, "--all", "--out", tmp_path, "--json")
    world.ok(*words)
    path, manifest = tmp_path / "labels.csv", tmp_path / "manifest.json"
    old = path.read_bytes()
    serial = old.splitlines()[1].split(b",")[2]
    new = old.replace(b"/21/" + serial, b"/21/" + b"X" * len(serial))
    path.write_bytes(new)
    hashes = [hashlib.sha256(data).hexdigest() for data in (old, new)]
    manifest.write_text(manifest.read_text().replace(*hashes))
    done = world.run(*words)
    assert (done.code, done.error["code"]) == (3, "not-verified")
    assert serial.decode() in done.error["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--all"], "--all writes many files"),
        (["--all", "--sheet", "2"], "give one of"),
        ([], "give one of"),
        (["--sheet", "2", "--format", "pdf"], "go with --all"),
        (["--all", "--out", "x", "--format", "gif"], "gif"),
        (["--all", "--out", "x", "--level", "Z"], "Z"),
    ],
    ids=["no folder", "all and some", "none", "format of a sheet", "unknown format", "level"],
)
def test_options_that_make_no_sense(world: World, words: list[str], message: str) -> None:
    done = world.run("label", "print", f"{GTIN}/X", *words, "--json")
    assert done.code == 2
    assert message in done.error["message"]


def test_a_folder_that_cannot_be_written(world: World, issued: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = world.run("label", "print", issued, "--all", "--out", tmp_path / "file", "--json")
    assert (done.code, done.error["code"]) == (4, "database-unavailable")


def test_a_batch_without_serials(world: World, lot: str, tmp_path: Path) -> None:
    batch = {name: value for name, value in build_batch(lot).items() if name != "serials"}
    world.ok("batch", "register", world.write(f"{lot}.json", json.dumps(batch)))
    done = world.run("label", "print", f"{GTIN}/{lot}", "--all", "--out", tmp_path / "x", "--json")
    assert (done.code, done.error["code"]) == (2, "not-found")
    assert "tracer serials issue" in done.error["hint"]
    assert not (tmp_path / "x").exists()
