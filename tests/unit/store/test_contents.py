import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from sample_batches import BROKER, issued, new_ledger

from tracer.domain.documents import DocType
from tracer.domain.merkle import root, verify_inclusion
from tracer.domain.paper_numbers import PaperNumber
from tracer.errors import DatabaseUnavailableError, InputError, LimitExceededError
from tracer.store import contents
from tracer.store.contents import MAX_CONTENT_BYTES, ContentStore

KEY = hashlib.sha256(b"key").digest()


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "contents")


def ledger_view(doc_type: DocType, number: str, public: dict[str, Any]) -> str:
    ledger = new_ledger()
    record = ledger.paper(doc_type, number, BROKER, issued(0), public)
    return ledger.documents[record.digest]


def only_file(store: ContentStore) -> Path:
    (found,) = (path for path in store.folder.rglob("*") if path.is_file())
    return found


class TestContents:
    @pytest.mark.parametrize("text", ["", "{}", "牛奶\r\n\x00", "é" * 1000])
    def test_keeps_the_exact_text(self, store: ContentStore, text: str) -> None:
        digest = store.put(text)
        assert digest == hashlib.sha256(text.encode()).digest()
        assert store.get(digest) == text.encode()

    def test_knows_nothing_of_what_was_not_put(self, store: ContentStore) -> None:
        assert store.get(KEY) is None
        assert store.get_document(KEY) is None
        assert store.get_serials(KEY) is None
        assert not store.folder.exists()

    def test_putting_twice_writes_once(self, store: ContentStore) -> None:
        store.put("{}")
        before = only_file(store).stat().st_mtime_ns
        store.put("{}")
        assert only_file(store).stat().st_mtime_ns == before

    def test_hands_out_damage_and_repairs_it(self, store: ContentStore) -> None:
        digest = store.put("{}")
        only_file(store).write_bytes(b"{\xff")
        assert store.get(digest) == b"{\xff"
        store.put("{}")
        assert store.get(digest) == b"{}"

    def test_refuses_what_no_bundle_can_carry(self, store: ContentStore) -> None:
        with pytest.raises(LimitExceededError):
            store.put("x" * (MAX_CONTENT_BYTES + 1))
        assert not store.folder.exists()

    @pytest.mark.parametrize("key", [b"", b"../../etc/passwd", bytes(31), bytes(33)])
    def test_a_key_reaches_no_other_place(self, store: ContentStore, key: bytes) -> None:
        with pytest.raises(InputError):
            store.get(key)
        with pytest.raises(InputError):
            store.put_document(key, "{}")

    def test_a_planted_link_is_not_followed(self, store: ContentStore, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("secret")
        digest = store.put("{}")
        path = only_file(store)
        path.unlink()
        path.symlink_to(secret)
        assert store.get(digest) is None
        store.put("{}")
        assert store.get(digest) == b"{}"
        assert secret.read_text() == "secret"

    def test_no_half_written_file_is_ever_seen(self, store: ContentStore) -> None:
        text = "x" * 500_000
        digest = hashlib.sha256(text.encode()).digest()
        threads = [threading.Thread(target=store.put, args=(text,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert store.get(digest) in {None, text.encode()}
        assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [digest.hex()]

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "contents").write_text("a file stands in the way")
        with pytest.raises(DatabaseUnavailableError, match="cannot be written") as caught:
            ContentStore(tmp_path / "contents").put("{}")
        assert caught.value.hint


class TestSerials:
    SERIALS = tuple(f"K{place:04d}" for place in range(100))
    ROOT = root([serial.encode() for serial in SERIALS])

    def test_proves_each_of_them(self, store: ContentStore) -> None:
        store.put_serials(self.ROOT, self.SERIALS)
        assert store.get_serials(self.ROOT) == list(self.SERIALS)
        for place in (0, 57, 99):
            tin = store.prove_serial(self.ROOT, self.SERIALS[place])
            assert tin is not None
            assert (tin.index, tin.size, tin.root) == (place, 100, self.ROOT)
            leaf = tin.serial.encode()
            assert verify_inclusion(leaf, tin.index, tin.size, tin.proof, self.ROOT)

    def test_proves_no_other(self, store: ContentStore) -> None:
        store.put_serials(self.ROOT, self.SERIALS)
        assert store.prove_serial(self.ROOT, "K9999") is None
        assert store.prove_serial(KEY, "K0001") is None

    def test_refuses_serials_of_another_root(self, store: ContentStore) -> None:
        with pytest.raises(InputError, match="do not have the root"):
            store.put_serials(KEY, self.SERIALS)
        with pytest.raises(InputError):
            store.put_serials(self.ROOT, ("bad\nserial",))

    def test_a_proof_from_a_damaged_list_does_not_hold(self, store: ContentStore) -> None:
        store.put_serials(self.ROOT, self.SERIALS)
        assert store.prove_serial(self.ROOT, "K0001") is not None
        path = only_file(store)
        path.write_bytes(path.read_bytes().replace(b"K0002", b"K000X"))
        os.utime(path, ns=(1, 1))
        tin = store.prove_serial(self.ROOT, "K0001")
        assert tin is not None
        assert not verify_inclusion(b"K0001", tin.index, tin.size, tin.proof, self.ROOT)


class TestNumbers:
    """Where the numbers that papers use are found again."""

    VIEW = ledger_view(DocType.CUSTOMS_DECLARATION, "2248-1", {"coNo": "CO-451", "bl": 7})

    def test_a_paper_is_found_by_each_of_its_numbers(self, store: ContentStore) -> None:
        store.put_document(KEY, self.VIEW)
        for doc_type, plain in (
            (DocType.CUSTOMS_DECLARATION, "22481"),
            (DocType.CERTIFICATE_OF_ORIGIN, "CO451"),
            (DocType.BILL_OF_LADING, "7"),
        ):
            assert store.users_of(PaperNumber(doc_type, plain).key) == [KEY]
        assert store.users_of(PaperNumber(DocType.HEALTH_CERTIFICATE, "CO451").key) == []

    def test_users_are_in_order_and_strangers_are_left_out(self, store: ContentStore) -> None:
        for key in (b"\x02" * 32, b"\x01" * 32):
            store.put_document(key, self.VIEW)
        number = PaperNumber(DocType.CERTIFICATE_OF_ORIGIN, "CO451").key
        folder = store.folder / "numbers" / number.hex()[:2] / number.hex()
        (folder / "note.txt").write_text("no commitment")
        assert store.users_of(number) == [b"\x01" * 32, b"\x02" * 32]

    def test_text_that_is_no_view_uses_no_number(self, store: ContentStore) -> None:
        store.put_document(KEY, "{}")
        assert store.get_document(KEY) == b"{}"
        assert not (store.folder / "numbers").exists()

    def test_the_mark_comes_before_the_paper(
        self, store: ContentStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[str] = []
        put = contents.replace_file

        def noted(path: Path, data: bytes, mode: int) -> None:
            written.append(path.relative_to(store.folder).parts[0])
            put(path, data, mode)

        monkeypatch.setattr(contents, "replace_file", noted)
        store.put_document(KEY, self.VIEW)
        assert written == ["numbers"] * 3 + ["documents"]

    def test_a_shelf_that_cannot_be_read_is_an_error(self, store: ContentStore) -> None:
        number = PaperNumber(DocType.CERTIFICATE_OF_ORIGIN, "CO451").key
        path = store.folder / "numbers" / number.hex()[:2] / number.hex()
        path.parent.mkdir(parents=True)
        path.write_text("a file stands in the way")
        with pytest.raises(DatabaseUnavailableError):
            store.users_of(number)
