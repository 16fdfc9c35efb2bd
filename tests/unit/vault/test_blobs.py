"""A folder of blobs: whole or absent, private, and never a way to another file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.errors import ConfigurationError, DatabaseUnavailableError
from tracer.vault.blobs import FileBlobs, open_blobs

DATA = b"ciphertext" * 1000
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "deep" / "blobs")


class TestFileBlobs:
    def test_a_name_is_the_digest(self, blobs: FileBlobs) -> None:
        assert blobs.put([DATA[:7], DATA[7:]]) == NAME
        assert blobs.has(NAME)
        assert b"".join(blobs.open(NAME) or []) == DATA
        (info,) = blobs.list_blobs()
        assert (info.name, info.size) == (NAME, len(DATA))

    def test_only_the_owner_reads_them(self, blobs: FileBlobs) -> None:
        blobs.put([DATA])
        path = blobs.folder / NAME[:2] / NAME
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert blobs.folder.stat().st_mode & 0o777 == 0o700

    def test_what_is_not_there_is_none(self, blobs: FileBlobs) -> None:
        assert blobs.open(NAME) is None
        assert not blobs.has(NAME)
        assert list(blobs.list_blobs()) == []
        blobs.delete(NAME)

    def test_a_deleted_blob_is_gone(self, blobs: FileBlobs) -> None:
        blobs.put([DATA])
        blobs.delete(NAME)
        assert blobs.open(NAME) is None

    def test_what_interrupts_the_writing_leaves_nothing(self, blobs: FileBlobs) -> None:
        def pieces() -> Iterator[bytes]:
            yield DATA
            raise ValueError("the source ends here")

        with pytest.raises(ValueError, match="ends here"):
            blobs.put(pieces())
        assert list(blobs.folder.rglob("*")) == []

    @pytest.mark.parametrize("name", ["", "..", "../" * 5 + "etc/passwd", "A" * 64, "a" * 63])
    def test_no_other_name_is_taken(self, blobs: FileBlobs, name: str) -> None:
        for use in (blobs.open, blobs.has, blobs.delete):
            with pytest.raises(ConfigurationError, match="no name of a blob"):
                use(name)

    def test_a_link_is_not_followed(self, blobs: FileBlobs, tmp_path: Path) -> None:
        blobs.put([DATA])
        (tmp_path / "secret").write_bytes(DATA)
        path = blobs.folder / NAME[:2] / NAME
        path.unlink()
        path.symlink_to(tmp_path / "secret")
        assert blobs.open(NAME) is None
        assert not blobs.has(NAME)

    def test_a_place_that_is_no_folder_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        blobs = FileBlobs(tmp_path / "file" / "blobs")
        with pytest.raises(DatabaseUnavailableError, match="cannot be written"):
            blobs.put([DATA])

    def test_a_folder_that_is_there_or_can_be_made_is_in_order(self, blobs: FileBlobs) -> None:
        blobs.check()
        blobs.put([DATA])
        blobs.check()

    def test_a_folder_that_cannot_be_made_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(DatabaseUnavailableError, match="no folder"):
            FileBlobs(tmp_path / "file" / "blobs").check()

    def test_a_folder_that_lets_nobody_in_is_unavailable(
        self, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.access", lambda *_: False)  # the tests' user may be root
        with pytest.raises(DatabaseUnavailableError, match="refuses"):
            blobs.check()


class TestOpenBlobs:
    def test_a_folder(self, tmp_path: Path) -> None:
        blobs = open_blobs((tmp_path / "with space").as_uri())
        assert isinstance(blobs, FileBlobs)
        assert blobs.folder == tmp_path / "with space"

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "/plain/path",
            "file://",
            "file:///",
            "file://host/path",
            "http://host/x",
            "s3:///x",
            "s3://key:secret@bucket/x",
            "s3://bucket/x?endpoint=http://h&other=1",
            "s3://bucket/x?region=a&region=b",
            "s3://bucket/x?endpoint=nonsense",
        ],
    )
    def test_any_other_url_is_refused(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as raised:
            open_blobs(url)
        assert "secret" not in str(raised.value)
