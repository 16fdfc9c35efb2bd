"""A scrub finds every damaged and missing blob, and removes what belongs to nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vaults import VaultWorld, doc_id_of, some_bytes

from tracer.vault.blobs import BlobInfo, FileBlobs
from tracer.vault.database import open_vault_engine, writing
from tracer.vault.scrub import ScrubReport
from tracer.vault.vault import PART_FILE, PART_VIEW

PAPER = some_bytes(100_000, seed=4)


def scrub(world: VaultWorld) -> ScrubReport:
    return world.vault.scrub(lambda _done, _total: None, grace_s=-1)


def path_of(world: VaultWorld, blob: str) -> Path:
    assert isinstance(world.blobs, FileBlobs)
    return world.blobs.folder / blob[:2] / blob


class TestScrub:
    def test_a_whole_vault_is_clean(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        world.put(1, b"{}", PART_VIEW)
        report = scrub(world)
        assert report.is_clean
        assert (report.parts, report.plaintext_bytes) == (2, len(PAPER) + 2)

    def test_progress_is_told(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        world.put(2, PAPER)
        seen: list[tuple[int, int]] = []
        world.vault.scrub(lambda done, total: seen.append((done, total)))
        assert seen == [(1, 2), (2, 2)]

    def test_a_damaged_blob_is_named(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        path = path_of(world, receipt.blob)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
        report = scrub(world)
        assert not report.is_clean
        ((found),) = report.damaged
        assert (found.doc_id, found.part) == (doc_id_of(1), PART_FILE)
        assert "other bytes" in found.reason
        assert report.missing == ()

    def test_a_missing_blob_is_named(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        world.blobs.delete(receipt.blob)
        report = scrub(world)
        assert [(it.doc_id, it.part) for it in report.missing] == [(doc_id_of(1), PART_FILE)]
        assert report.damaged == ()

    def test_two_blobs_that_changed_places_are_named(self, world: VaultWorld) -> None:
        paths = [path_of(world, world.put(number, PAPER).blob) for number in (1, 2)]
        first, second = (path.read_bytes() for path in paths)
        paths[0].write_bytes(second)
        paths[1].write_bytes(first)
        assert len(scrub(world).damaged) == 2

    def test_rows_that_changed_places_are_named(self, world: VaultWorld) -> None:
        blobs = [world.put(number, PAPER).blob for number in (1, 2)]
        with writing(world.engine) as connection:
            for blob, doc_id in (("-", 1), (blobs[0], 2), (blobs[1], 1)):
                connection.exec_driver_sql(
                    "UPDATE part SET blob = ? WHERE doc_id = ?", (blob, doc_id_of(doc_id))
                )
        assert len(scrub(world).damaged) == 2

    def test_what_is_erased_meanwhile_is_no_damage(self, world: VaultWorld) -> None:
        for number in (1, 2, 3):
            world.put(number, PAPER)

        def erase_the_next(done: int, _total: int) -> None:
            if done < 3:
                world.vault.erase(doc_id_of(done + 1))

        report = world.vault.scrub(erase_the_next, grace_s=-1)
        assert report.is_clean
        assert report.plaintext_bytes == len(PAPER)

    def test_what_is_stored_meanwhile_is_no_orphan(self, tmp_path: Path) -> None:
        class Busy(FileBlobs):
            """Whenever it is listed, a paper has just been stored."""

            def list_blobs(self) -> Iterator[BlobInfo]:
                world.put(2, PAPER)
                return super().list_blobs()

        engine = open_vault_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
        world = VaultWorld(tmp_path, engine, Busy(tmp_path / "blobs"))
        assert scrub(world).orphans == ()
        assert world.read(2) == PAPER
        engine.dispose()

    def test_a_changed_log_is_named(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        with writing(world.engine) as connection:
            connection.exec_driver_sql("UPDATE audit_entry SET at_unix = 0")
        assert scrub(world).audit_fault == 1

    def test_orphans_go_when_they_are_old_enough(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        orphan = world.blobs.put([b"nobody's"])
        assert isinstance(world.blobs, FileBlobs)
        leftover = world.blobs.folder / ".part-left"
        leftover.write_bytes(b"half")
        report = world.vault.scrub(lambda _done, _total: None)
        assert (report.orphans, report.waiting) == ((), 2)
        assert set(scrub(world).orphans) == {orphan, ".part-left"}
        assert not leftover.exists()
        assert scrub(world).orphans == ()
        assert world.read(1) == PAPER

    @pytest.mark.parametrize("name", ["README", ".hidden"])
    def test_other_files_are_left_alone(self, world: VaultWorld, name: str) -> None:
        world.put(1, PAPER)
        assert isinstance(world.blobs, FileBlobs)
        (world.blobs.folder / name).write_text("mine")
        (world.blobs.folder / "ab").mkdir(exist_ok=True)
        (world.blobs.folder / "ab" / name).write_text("mine")
        assert scrub(world).orphans == ()
