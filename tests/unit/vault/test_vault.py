"""The vault keeps what it was given, for whom it was given, and nothing in the clear."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from vaults import BATCH, CUSTOMS, OWNER, VaultWorld, doc_id_of, some_bytes

from tracer.errors import (
    ConflictError,
    DamagedDocumentError,
    DatabaseUnavailableError,
    InputError,
    LimitExceededError,
    NotFoundError,
)
from tracer.vault.blobs import FileBlobs
from tracer.vault.database import open_vault_engine, writing
from tracer.vault.vault import PART_FILE, PART_VIEW, Receipt

PAPER = some_bytes(150_000, seed=1)


class TestPut:
    def test_gives_back_what_was_stored(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        assert world.read(1) == PAPER

    def test_the_receipt_is_signed_by_the_vault(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        assert receipt.verify(world.vault.public_key)
        assert receipt == Receipt.from_json(receipt.to_json())
        assert (receipt.size, receipt.sha256) == (len(PAPER), hashlib.sha256(PAPER).digest())

    def test_the_same_content_gives_the_same_receipt(self, world: VaultWorld) -> None:
        first = world.put(1, PAPER)
        world.now_unix += 60
        assert world.put(1, PAPER) == first
        assert len(list(world.blobs.list_blobs())) == 1

    def test_another_content_is_refused(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        with pytest.raises(ConflictError, match="another content"):
            world.put(1, PAPER + b"x")
        assert world.read(1) == PAPER

    @pytest.mark.parametrize(
        "changes", [{"org": CUSTOMS}, {"batch_id": bytes(32)}, {"doc_type": 4}]
    )
    def test_an_id_stands_for_one_document(
        self, world: VaultWorld, changes: dict[str, object]
    ) -> None:
        world.put(1, PAPER)
        with pytest.raises(ConflictError, match="is taken"):
            world.put(1, PAPER, PART_VIEW, **changes)

    def test_parts_are_stored_one_by_one(self, world: VaultWorld) -> None:
        world.put(1, PAPER, private={"filename": "a.pdf", "pages": 1})
        world.put(1, b"{}", PART_VIEW, private={"pages": 2})
        assert (world.read(1), world.read(1, PART_VIEW)) == (PAPER, b"{}")
        assert world.vault.private(doc_id_of(1)) == {"filename": "a.pdf", "pages": 2}

    def test_a_file_that_is_not_the_announced_one_is_refused(self, world: VaultWorld) -> None:
        with pytest.raises(InputError, match="size or SHA-256"):
            world.put(1, PAPER, sha256=bytes(32))
        assert world.vault.find(doc_id_of(1)) is None
        assert list(world.blobs.list_blobs()) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"part": "other"},
            {"batch_id": b"short"},
            {"sha256": b"short"},
            {"org": 0},
            {"org": 10**13},
            {"source": "missing"},
        ],
    )
    def test_malformed_arguments_are_refused(
        self, world: VaultWorld, changes: dict[str, object]
    ) -> None:
        if "source" in changes:
            changes = {"source": world.folder / "missing"}
        with pytest.raises(InputError):
            world.put(1, PAPER, **changes)

    @pytest.mark.parametrize("doc_id", ["", "0" * 25, "8" + "0" * 25, "I" * 26, "a" * 26, "../x"])
    def test_only_a_ulid_is_an_id(self, world: VaultWorld, doc_id: str) -> None:
        with pytest.raises(InputError, match="document id"):
            world.vault.put(
                doc_id,
                org=OWNER,
                batch_id=BATCH,
                doc_type=1,
                part=PART_FILE,
                source=world.write(b""),
                sha256=hashlib.sha256(b"").digest(),
                private={},
            )

    def test_a_blob_that_a_scrub_took_meanwhile_is_no_success(self, tmp_path: Path) -> None:
        class Collected(FileBlobs):
            def put(self, pieces: Iterable[bytes]) -> str:
                name = super().put(pieces)
                self.delete(name)
                return name

        engine = open_vault_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
        world = VaultWorld(tmp_path, engine, Collected(tmp_path / "blobs"))
        with pytest.raises(DatabaseUnavailableError, match="a scrub removed"):
            world.put(1, PAPER)
        assert world.vault.find(doc_id_of(1)) is None
        engine.dispose()

    def test_an_empty_file_is_a_file(self, world: VaultWorld) -> None:
        assert world.put(1, b"").size == 0
        assert world.read(1) == b""

    def test_attributes_have_a_limit(self, world: VaultWorld) -> None:
        with pytest.raises(LimitExceededError):
            world.put(1, PAPER, private={"text": "x" * (1 << 18)})


class TestOpen:
    def test_what_is_not_there_is_not_found(self, world: VaultWorld) -> None:
        with pytest.raises(NotFoundError):
            world.vault.open(doc_id_of(1), PART_FILE)
        world.put(1, PAPER)
        with pytest.raises(NotFoundError):
            world.vault.open(doc_id_of(1), PART_VIEW)

    def test_every_opening_is_logged(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        before = world.vault.audit_head().number
        world.vault.open(doc_id_of(1), PART_FILE, actor="customs")
        assert world.vault.audit_head().number == before + 1

    def test_a_missing_blob_is_damage(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        world.blobs.delete(receipt.blob)
        with pytest.raises(DamagedDocumentError, match="gone"):
            world.vault.open(doc_id_of(1), PART_FILE)

    def test_the_container_is_the_blob(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        container = b"".join(world.vault.container(doc_id_of(1), PART_FILE))
        assert hashlib.sha256(container).hexdigest() == receipt.blob


class TestPrivate:
    def test_is_replaced_as_a_whole(self, world: VaultWorld) -> None:
        world.put(1, PAPER, private={"filename": "a.pdf"})
        world.vault.set_private(doc_id_of(1), {"reading": [1, None, "原产地"]})
        assert world.vault.private(doc_id_of(1)) == {"reading": [1, None, "原产地"]}

    @pytest.mark.parametrize("sealed", ["X''", "zeroblob(12)", "zeroblob(100)"])
    def test_damage_is_told(self, world: VaultWorld, sealed: str) -> None:
        world.put(1, PAPER, private={"filename": "a.pdf"})
        with writing(world.engine) as connection:
            connection.exec_driver_sql(f"UPDATE document SET private_sealed = {sealed}")
        with pytest.raises(DamagedDocumentError, match="private attributes"):
            world.vault.private(doc_id_of(1))


class TestState:
    def test_settles_once(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        commitment = hashlib.sha256(b"view").digest()
        world.vault.state(doc_id_of(1), commitment)
        world.vault.state(doc_id_of(1), commitment)
        found = world.vault.find(doc_id_of(1))
        assert found is not None
        assert (found.state, found.commitment) == ("STATED", commitment)
        with pytest.raises(ConflictError):
            world.vault.state(doc_id_of(1), bytes(32))

    def test_a_commitment_has_32_bytes(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        with pytest.raises(InputError):
            world.vault.state(doc_id_of(1), b"short")


class TestListDocuments:
    def test_narrows_by_what_is_given(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        world.put(2, b"two", org=CUSTOMS)
        world.put(3, b"three", batch_id=bytes(32))

        def ids(**wanted: object) -> list[str]:
            return [it.doc_id for it in world.vault.list_documents(**wanted)]  # type: ignore[arg-type]

        assert ids() == [doc_id_of(1), doc_id_of(2), doc_id_of(3)]
        assert ids(org=OWNER) == [doc_id_of(1), doc_id_of(3)]
        assert ids(org=OWNER, batch_id=BATCH) == [doc_id_of(1)]
        assert ids(grantee=CUSTOMS) == []
        assert world.vault.list_documents()[0].size == len(PAPER)


class TestErase:
    def test_leaves_a_tombstone_and_nothing_that_opens(self, world: VaultWorld) -> None:
        world.put(1, PAPER, private={"filename": "a.pdf"})
        world.put(1, b"{}", PART_VIEW)
        commitment = hashlib.sha256(b"view").digest()
        world.vault.state(doc_id_of(1), commitment)
        world.vault.erase(doc_id_of(1))
        world.vault.erase(doc_id_of(1))
        found = world.vault.find(doc_id_of(1))
        assert found is not None
        assert (found.state, found.commitment) == ("ERASED", commitment)
        assert found.erased_at_unix == world.now_unix
        assert list(world.blobs.list_blobs()) == []
        for refused in (
            lambda: world.vault.open(doc_id_of(1), PART_FILE),
            lambda: world.vault.private(doc_id_of(1)),
            lambda: world.vault.set_private(doc_id_of(1), {}),
            lambda: world.vault.state(doc_id_of(1), commitment),
        ):
            with pytest.raises(NotFoundError, match="erased"):
                refused()

    def test_its_id_is_never_used_again(self, world: VaultWorld) -> None:
        world.put(1, PAPER)
        world.vault.erase(doc_id_of(1))
        with pytest.raises(ConflictError):
            world.put(1, PAPER)

    def test_an_erasure_that_was_stopped_is_finished_by_the_next(self, world: VaultWorld) -> None:
        receipt = world.put(1, PAPER)
        kept = b"".join(world.blobs.open(receipt.blob) or [])
        world.vault.erase(doc_id_of(1))
        assert world.blobs.put([kept]) == receipt.blob  # as if the blob had not gone
        report = world.vault.scrub(lambda _done, _total: None, grace_s=-1)
        assert report.orphans == (receipt.blob,)

    def test_the_wrapped_key_leaves_the_database_files(self, world: VaultWorld) -> None:
        """In SQLite: neither a free page nor the journal keeps it."""
        for number in range(40):
            world.put(number, b"x", private={"filename": "n" * 50 * (number % 4)})
        with world.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT wrapped_dek, private_sealed FROM document")
            secrets = [bytes(value) for row in rows for value in row]
        for number in range(40):
            world.vault.erase(doc_id_of(number))
        files = [path.read_bytes() for path in world.folder.glob("vault.sqlite*")]
        assert not [secret for secret in secrets for data in files if secret in data]
