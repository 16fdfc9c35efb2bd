"""Whether a vault's stores are there, and are the ones that belong together."""

import shutil

import pytest
from vaults import VaultWorld, doc_id_of, some_bytes

from tracer.errors import ConfigurationError, DatabaseUnavailableError
from tracer.vault.blobs import FileBlobs
from tracer.vault.status import check_database


def blobs_of(world: VaultWorld) -> FileBlobs:
    assert isinstance(world.blobs, FileBlobs)
    return world.blobs


def store(world: VaultWorld, papers: int) -> None:
    for number in range(papers):
        world.put(number, some_bytes(100, seed=number))


class TestDatabase:
    def test_the_one_that_belongs_to_the_key_is_in_order(self, world: VaultWorld) -> None:
        world.vault.check_database()

    def test_another_keys_is_refused(self, world: VaultWorld) -> None:
        with pytest.raises(ConfigurationError, match="another vault"):
            check_database(world.engine, bytes(8))

    def test_a_file_that_is_gone_is_not_made_anew(self, world: VaultWorld) -> None:
        file = world.folder / "vault.sqlite"
        file.unlink()
        with pytest.raises(DatabaseUnavailableError, match="not there"):
            world.vault.check_database()
        assert not file.exists()

    def test_a_damaged_file_is_unavailable(self, world: VaultWorld) -> None:
        world.engine.dispose()
        (world.folder / "vault.sqlite").write_bytes(b"no database" * 1000)
        with pytest.raises(DatabaseUnavailableError):
            world.vault.check_database()


class TestBlobs:
    def test_a_new_vault_has_none_and_is_in_order(self, world: VaultWorld) -> None:
        world.vault.check_blobs()

    def test_an_empty_folder_is_not_the_one_that_was_written_to(self, world: VaultWorld) -> None:
        store(world, 1)
        world.vault.check_blobs()
        shutil.rmtree(blobs_of(world).folder)
        blobs_of(world).folder.mkdir()
        with pytest.raises(DatabaseUnavailableError, match="lacks the newest"):
            world.vault.check_blobs()

    def test_one_lost_blob_is_for_the_scrub_to_find(self, world: VaultWorld) -> None:
        store(world, 3)
        blobs_of(world).delete(next(iter(blobs_of(world).list_blobs())).name)
        world.vault.check_blobs()

    def test_an_erased_paper_is_not_missed(self, world: VaultWorld) -> None:
        store(world, 1)
        world.vault.erase(doc_id_of(0))
        world.vault.check_blobs()
