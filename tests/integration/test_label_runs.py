"""Whole runs of labels: read by two decoders, killed at any moment, continued, and found out."""

import hashlib
import io
import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from label_readers import NODE, cut_pages, draw_svg, read_node, read_zxing
from PIL import Image

from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.serial_mac import build_serials
from tracer.errors import (
    BusyError,
    ConflictError,
    DatabaseUnavailableError,
    LimitExceededError,
    TransientError,
    VerificationError,
)
from tracer.labels import parts
from tracer.labels.cells import LABELS_PER_PAGE
from tracer.labels.parts import Form
from tracer.operations import label_workers
from tracer.operations.label_runs import (
    MANIFEST,
    RunOrder,
    estimate_bytes,
    spread,
    verify_run,
    write_run,
)
from tracer.operations.label_workers import PartJob, PartWriter
from tracer.operations.print_labels import LabelSource

pytestmark = pytest.mark.integration

SEED = 20261128
ROOT = hashlib.sha256(b"serials").digest()
TESTS = Path(__file__).parents[1]
both_decoders = pytest.mark.skipif(not NODE, reason="node is not installed")


def build_source(count: int, *more: str) -> LabelSource:
    """A batch with drawn serials, and some of one's own."""
    draw = random.Random(SEED).randbytes(-(-count // 2) * 15)
    serials = sorted([*build_serials(bytes(32), bytes(32), draw)[:count], *more])
    return LabelSource(
        Gtin.parse("09520010001015"), Lot.parse("A26B11K1"), serials, "280210", [ROOT]
    )


def build_order(folder: Path, form: Form, source: LabelSource, processes: int = 1) -> RunOrder:
    return RunOrder(source, source.run("https://id.example.org"), form, folder, processes)


def write(order: RunOrder, sample: int = 24) -> object:
    return write_run(order, sample=sample, tick=lambda _done, _total: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of two pages."""
    labels = 2 * LABELS_PER_PAGE
    monkeypatch.setattr(parts, "PART_LABELS", labels)
    return labels


class TestDecoding:
    """Every label of a sample, by both decoders."""

    @both_decoders
    @pytest.mark.slow
    @pytest.mark.parametrize("level", ["M", "Q", "H"])
    def test_pdf(self, tmp_path: Path, level: str) -> None:
        source = build_source(3 * LABELS_PER_PAGE)
        run = source.run("https://id.example.org", level)  # type: ignore[arg-type]
        write(RunOrder(source, run, Form.PDF, tmp_path, 1))
        labels = cut_pages(tmp_path / "labels-0001.pdf", range(3))
        links = [run.uri(it) for it in source.serials]
        assert read_zxing(labels) == links
        assert read_node(labels) == links

    @both_decoders
    @pytest.mark.parametrize(
        ("form", "draw"),
        [(Form.PNG, lambda data: Image.open(io.BytesIO(data))), (Form.SVG, draw_svg)],
        ids=["png", "svg"],
    )
    def test_pictures(
        self, tmp_path: Path, form: Form, draw: Callable[[bytes], Image.Image]
    ) -> None:
        order = build_order(tmp_path, form, build_source(40, "own-1", "a/b%", "0001"))
        write(order)
        with zipfile.ZipFile(tmp_path / f"labels-0001.{form}.zip") as archive:
            assert archive.testzip() is None
            pictures = [draw(archive.read(name)) for name in archive.namelist()]
        links = [order.run.uri(it) for it in order.source.serials]
        assert read_zxing(pictures) == links
        assert read_node(pictures) == links

    def test_csv(self, tmp_path: Path) -> None:
        order = build_order(tmp_path, Form.CSV, build_source(3, "a,b"))
        write(order)
        header, *lines = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
        assert header == "gtin,lot,serial,expiry,uri"
        assert lines[-1] == (
            '09520010001015,A26B11K1,"a,b",280210,'
            "https://id.example.org/01/09520010001015/10/A26B11K1/21/a%2Cb?17=280210"
        )


class TestManifest:
    def test_says_what_the_folder_holds(self, tmp_path: Path, small_parts: int) -> None:
        write(build_order(tmp_path, Form.PDF, build_source(small_parts + 5)))
        body = json.loads((tmp_path / MANIFEST).read_text())
        assert body["complete"] is True
        assert (body["gtin"], body["lot"], body["expiry"]) == (
            "09520010001015",
            "A26B11K1",
            "280210",
        )
        assert body["serialRoots"] == [ROOT.hex()]
        assert (body["count"], body["as"], body["level"], body["mask"]) == (
            small_parts + 5,
            "pdf",
            "M",
            4,
        )
        assert body["modules"] == 37
        assert body["moduleMm"] == pytest.approx(28 / 45, abs=1e-4)
        assert [row["labels"] for row in body["files"]] == [small_parts, 5]
        for row in body["files"]:
            data = (tmp_path / row["name"]).read_bytes()
            assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())

    @pytest.mark.parametrize("form", list(Form))
    def test_two_runs_are_the_same_whoever_writes_them(
        self, tmp_path: Path, small_parts: int, form: Form
    ) -> None:
        source = build_source(3 * small_parts)
        for name, processes in (("one", 1), ("two", 2)):
            write(build_order(tmp_path / name, form, source, processes))
        assert contents(tmp_path / "one") == contents(tmp_path / "two")

    def test_another_run_keeps_out_of_the_folder(self, tmp_path: Path) -> None:
        write(build_order(tmp_path, Form.PDF, build_source(5)))
        before = contents(tmp_path)
        with pytest.raises(ConflictError, match="count is 5 there and 6 here"):
            write(build_order(tmp_path, Form.PDF, build_source(6)))
        with pytest.raises(ConflictError, match="as is 'pdf' there and 'csv' here"):
            write(build_order(tmp_path, Form.CSV, build_source(5)))
        assert contents(tmp_path) == before

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [1]}'])
    def test_a_file_that_is_no_manifest_is_left_alone(self, tmp_path: Path, text: str) -> None:
        (tmp_path / MANIFEST).write_text(text)
        with pytest.raises(ConflictError, match="no manifest"):
            write(build_order(tmp_path, Form.PDF, build_source(5)))
        assert (tmp_path / MANIFEST).read_text() == text


class TestGoingOn:
    def test_whole_parts_are_kept_and_others_written_again(
        self, tmp_path: Path, small_parts: int
    ) -> None:
        order = build_order(tmp_path, Form.PDF, build_source(4 * small_parts))
        write(order)
        before = contents(tmp_path)
        kept = (tmp_path / "labels-0001.pdf").stat().st_mtime_ns
        (tmp_path / "labels-0002.pdf").unlink()
        (tmp_path / "labels-0003.pdf").write_bytes(before["labels-0003.pdf"][:-1])
        done = write_run(order, tick=lambda _done, _total: None)
        assert (done.kept, done.written) == (2, 2)
        assert contents(tmp_path) == before
        assert (tmp_path / "labels-0001.pdf").stat().st_mtime_ns == kept

    def test_parts_of_another_version_are_written_again(self, tmp_path: Path) -> None:
        order = build_order(tmp_path, Form.PDF, build_source(5))
        write(order)
        manifest = tmp_path / MANIFEST
        manifest.write_text(manifest.read_text().replace('"version": "', '"version": "0.'))
        assert write_run(order, tick=lambda _done, _total: None).written == 1

    @pytest.mark.slow
    def test_a_run_that_was_killed_ends_as_if_it_had_not_been(self, tmp_path: Path) -> None:
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        for folder, kills in ((tmp_path / "calm", 0), (tmp_path / "killed", 4)):
            for _ in range(kills):
                kill_after(folder, chance.randrange(2, 7))
            done = subprocess.run(command(folder), capture_output=True, text=True, check=True)
            assert done.stdout.splitlines()[-1] == "ends"
        assert contents(tmp_path / "killed") == contents(tmp_path / "calm")


RUN = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from integration_runs import build_order, build_source
from tracer.labels import parts
from tracer.labels.parts import Form
from tracer.operations.label_runs import write_run

parts.PART_LABELS = 480
order = build_order(Path(sys.argv[1]), Form.PDF, build_source(24 * 480), 2)
write_run(order, tick=lambda done, total: print(done, flush=True))
print("ends")
""".replace("integration_runs", "test_label_runs")


def command(folder: Path) -> list[str]:
    return [sys.executable, "-c", RUN, str(folder), str(TESTS), str(TESTS / "integration")]


def kill_after(folder: Path, ticks: int) -> None:
    """Kill the command some parts after it began; its workers end by themselves."""
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(ticks):
            process.stdout.readline()
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert len(workers) >= 2
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []


class TestTrouble:
    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(DatabaseUnavailableError, match="cannot be written"):
            write(build_order(tmp_path / "file" / "labels", Form.PDF, build_source(2)))

    @pytest.mark.parametrize("processes", [1, 2])
    def test_a_part_that_cannot_be_written(
        self, tmp_path: Path, small_parts: int, processes: int
    ) -> None:
        (tmp_path / "labels-0002.pdf").mkdir()
        order = build_order(tmp_path, Form.PDF, build_source(3 * small_parts), processes)
        with pytest.raises(DatabaseUnavailableError, match=r"labels-0002.pdf cannot be written"):
            write(order)
        (tmp_path / "labels-0002.pdf").rmdir()
        write(order)
        assert json.loads((tmp_path / MANIFEST).read_text())["complete"] is True

    def test_two_commands_in_one_folder(self, tmp_path: Path) -> None:
        order = build_order(tmp_path, Form.PDF, build_source(2))

        def meanwhile(_done: int, _total: int) -> None:
            with pytest.raises(BusyError, match="another command"):
                write(order)

        write_run(order, tick=meanwhile)

    def test_a_worker_that_is_killed(self, tmp_path: Path, small_parts: int) -> None:
        order = build_order(tmp_path, Form.PDF, build_source(3 * small_parts))
        writer = PartWriter(tmp_path, order.form, order.run)
        jobs = (PartJob(part, order.source.serials[part.slice]) for part in order.parts)
        written = label_workers.write_parts(writer, jobs, 2)
        next(written)
        for child in psutil.Process().children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()
        with pytest.raises(TransientError, match="ended from outside"):
            list(written)

    def test_an_origin_that_is_too_long(self, tmp_path: Path) -> None:
        source = build_source(2)
        run = source.run("https://" + "long" * 80 + ".example.org")
        with pytest.raises(LimitExceededError):
            write(RunOrder(source, run, Form.PDF, tmp_path / "labels", 1))
        assert not (tmp_path / "labels").exists()


class TestReadingBack:
    @pytest.mark.parametrize("form", list(Form))
    def test_a_wrong_label_is_named(self, tmp_path: Path, form: Form) -> None:
        """The files are those of other serials."""
        order = build_order(tmp_path, form, build_source(30))
        write(order)
        serials = [*order.source.serials]
        serials[7] = "ZZZZZZZZZZZZZZZZZZZZ"
        source = LabelSource(order.source.gtin, order.source.lot, serials, "280210", [ROOT])
        with pytest.raises(VerificationError, match=r"ZZZZZZZZZZZZZZZZZZZZ"):
            verify_run(build_order(tmp_path, form, source), 30)

    @pytest.mark.parametrize("form", [Form.PDF, Form.PNG, Form.SVG])
    def test_a_damaged_file_is_found(self, tmp_path: Path, form: Form) -> None:
        order = build_order(tmp_path, form, build_source(30))
        write(order)
        (path,) = tmp_path.glob("labels-*")
        path.write_bytes(b"damaged")
        with pytest.raises(VerificationError, match=path.name):
            verify_run(order, 3)

    @pytest.mark.parametrize("form", list(Form))
    def test_the_whole_run_can_be_read(self, tmp_path: Path, small_parts: int, form: Form) -> None:
        order = build_order(tmp_path, form, build_source(2 * small_parts + 1, "own-1"))
        assert write_run(order, sample=10_000, tick=lambda _done, _total: None).verified == (
            2 * small_parts + 2
        )

    @pytest.mark.parametrize(("count", "sample"), [(1, 24), (23, 24), (25, 24), (1000, 2), (9, 1)])
    def test_samples_are_spread_from_the_first_to_the_last(self, count: int, sample: int) -> None:
        chosen = spread(count, sample)
        assert len(set(chosen)) == len(chosen) == min(count, sample)
        assert chosen[0] == 0
        assert sample == 1 or chosen[-1] == count - 1

    @pytest.mark.parametrize("form", list(Form))
    def test_sizes_are_foretold(self, tmp_path: Path, form: Form) -> None:
        order = build_order(tmp_path, form, build_source(1000))
        done = write_run(order, tick=lambda _done, _total: None)
        assert estimate_bytes(order) == pytest.approx(done.size_bytes, rel=0.05)


def test_memory_does_not_grow_with_the_run() -> None:
    """A worker holds a page of a PDF, whatever comes after it."""
    source = build_source(24_000)
    run = source.run("https://id.example.org")
    part = parts.cut_parts(Form.PDF, 24_000)[0]
    parts.write_part(io.BytesIO(), Form.PDF, part, run, source.serials[:480])
    before = psutil.Process().memory_info().rss
    started = time.monotonic()
    with Path("/dev/null").open("wb") as file:
        parts.write_part(file, Form.PDF, part, run, source.serials)
    grown_mb = (psutil.Process().memory_info().rss - before) / 1e6
    assert grown_mb < 30, f"{grown_mb:.0f} MB in {time.monotonic() - started:.1f} s"
