"""A new key for an organisation: wraps change, containers do not, and every paper opens."""

import pytest
from vaults import CUSTOMS, OWNER, VaultWorld, doc_id_of, some_bytes

from tracer.errors import DamagedDocumentError, KeyUnavailableError
from tracer.vault.database import writing
from tracer.vault.rotation import Progress, RotationReport
from tracer.vault.vault import PART_FILE

PAPERS = [some_bytes(100, seed) for seed in range(4)]


class StoppedError(Exception):
    """The rotation is stopped here."""


@pytest.fixture
def filled(world: VaultWorld) -> VaultWorld:
    for number, paper in enumerate(PAPERS):
        world.put(number, paper)
    return world


def opens(world: VaultWorld) -> None:
    assert [world.read(number) for number in range(len(PAPERS))] == PAPERS


def quiet(_done: int, _total: int) -> None:
    return


def stop_after(count: int) -> Progress:
    def stop(done: int, _total: int) -> None:
        if done == count:
            raise StoppedError

    return stop


class TestRotate:
    def test_renews_every_wrap_and_no_container(self, filled: VaultWorld) -> None:
        before = {blob.name for blob in filled.blobs.list_blobs()}
        report = filled.vault.rotate(OWNER, quiet)
        assert report == RotationReport(OWNER, 2, 4, (1,), resumed=False, damaged=())
        assert {blob.name for blob in filled.blobs.list_blobs()} == before
        opens(filled)

    def test_destroys_the_old_key(self, filled: VaultWorld) -> None:
        with filled.engine.connect() as connection:
            wrapped = connection.exec_driver_sql("SELECT wrapped FROM kek").scalar_one()
        filled.vault.rotate(OWNER, quiet)
        with filled.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT wrapped FROM kek ORDER BY version").all()
        assert rows[0][0] is None
        assert rows[1][0] not in {None, wrapped}

    @pytest.mark.parametrize("count", range(1, len(PAPERS) + 1))
    def test_one_that_was_stopped_is_finished(self, filled: VaultWorld, count: int) -> None:
        with pytest.raises(StoppedError):
            filled.vault.rotate(OWNER, stop_after(count))
        opens(filled)
        filled.put(9, b"new")
        report = filled.vault.rotate(OWNER, quiet)
        rest = len(PAPERS) - count
        assert report == RotationReport(OWNER, 2, rest, (1,), resumed=True, damaged=())
        opens(filled)
        assert filled.read(9) == b"new"

    def test_touches_nobody_else(self, filled: VaultWorld) -> None:
        filled.put(9, b"theirs", org=CUSTOMS)
        filled.vault.rotate(OWNER, quiet)
        assert filled.vault.rotate(CUSTOMS, quiet).version == 2
        assert filled.read(9) == b"theirs"
        assert filled.vault.organisations() == sorted([CUSTOMS, OWNER])

    def test_leaves_erased_documents_erased(self, filled: VaultWorld) -> None:
        filled.vault.erase(doc_id_of(0))
        assert filled.vault.rotate(OWNER, quiet).rewrapped == 3

    def test_a_damaged_wrap_keeps_its_key(self, filled: VaultWorld) -> None:
        with writing(filled.engine) as connection:
            connection.exec_driver_sql(
                "UPDATE document SET wrapped_dek = zeroblob(40) WHERE doc_id = ?", (doc_id_of(1),)
            )
        report = filled.vault.rotate(OWNER, quiet)
        assert (report.rewrapped, report.destroyed) == (3, ())
        assert report.damaged == (doc_id_of(1),)
        assert filled.read(2) == PAPERS[2]
        with pytest.raises(DamagedDocumentError):
            filled.vault.open(doc_id_of(1), PART_FILE)

    def test_a_wrap_of_another_document_opens_nothing(self, filled: VaultWorld) -> None:
        with writing(filled.engine) as connection:
            connection.exec_driver_sql(
                "UPDATE document SET wrapped_dek = (SELECT wrapped_dek FROM document"
                " WHERE doc_id = ?) WHERE doc_id = ?",
                (doc_id_of(0), doc_id_of(1)),
            )
        with pytest.raises(DamagedDocumentError, match="not made with this document's key"):
            filled.vault.open(doc_id_of(1), PART_FILE)

    def test_a_destroyed_key_opens_nothing(self, filled: VaultWorld) -> None:
        with writing(filled.engine) as connection:
            connection.exec_driver_sql("UPDATE kek SET wrapped = NULL")
        with pytest.raises(KeyUnavailableError, match="destroyed"):
            filled.vault.open(doc_id_of(1), PART_FILE)
