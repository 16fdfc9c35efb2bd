"""What statements were taken in, so that each is acted upon once, whenever we were killed.

    open/<identity>.json                        taken in; what follows from it is not finished
    done/<batch id>/<commitment>/<identity>.json   finished

An entry is written before anything is done for it, and moved last. So whatever was begun is
finished by the next run, even if the statement expired or vanished meanwhile; and whatever was
finished is known when it is sent again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.domain.canonical import canonical_text
from tracer.domain.customs_statement import MAX_STATEMENT_CHARS, Statement, parse_statement
from tracer.domain.json_form import Form, parse_json
from tracer.durable import make_folder, replace_file
from tracer.errors import DatabaseUnavailableError, InputError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
MAX_ENTRY_BYTES: Final = 4 * MAX_STATEMENT_CHARS * 2  # the statement as a JSON text in JSON
MAX_NAME_CHARS: Final = 255  # of a file


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement that was taken in.

    Attributes:
        name: under which it waited.
        text: the file's text.
        statement: what it says.
    """

    name: str
    text: str
    statement: Statement

    @classmethod
    def build(cls, name: str, data: bytes) -> "Entry":
        """An entry of a statement that was checked."""
        text = data.decode("utf-8")
        return cls(name, text, parse_statement(text)[0])


@dataclass(frozen=True, slots=True)
class StatementLog:
    """The statements that one installation has taken in.

    Attributes:
        folder: made when first written to.
    """

    folder: Path

    def begin(self, entry: Entry) -> None:
        """Take a statement in: what follows from it will be finished.

        Raises:
            DatabaseUnavailableError: the disk is full, or the folder not ours.
        """
        self._write(self._open_path(entry), entry)

    def finish(self, entry: Entry) -> None:
        """Everything that follows from a statement is done.

        Raises:
            DatabaseUnavailableError: the disk is full, or the folder not ours.
        """
        self._write(self._done_folder(entry.statement) / _file_name(entry), entry)
        try:
            self._open_path(entry).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(self._open_path(entry), error) from error

    def sweep(self) -> None:
        """Remove what killed programs left half written; only while no other one writes here.

        Raises:
            DatabaseUnavailableError: the folder is not ours.
        """
        for path in (self.folder / "open").glob(".*"):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise _unavailable(path, error) from error

    def unfinished(self) -> list[Entry]:
        """Statements taken in and not finished, by the time they state.

        Raises:
            DatabaseUnavailableError: an entry cannot be read, or is damaged.
        """
        entries = list(_load_all(self.folder / "open"))
        return sorted(entries, key=lambda entry: entry.statement.stated_at_unix)

    def about(self, batch_id: bytes, commitment: bytes) -> list[Statement]:
        """Every statement taken in about one claim, finished or not, by the time it states.

        Raises:
            DatabaseUnavailableError: an entry cannot be read, or is damaged.
        """
        found = {
            entry.statement.identity: entry.statement
            for folder in (self.folder / "open", self._claim_folder(batch_id, commitment))
            for entry in _load_all(folder)
            if (entry.statement.batch_id, entry.statement.commitment) == (batch_id, commitment)
        }
        return sorted(found.values(), key=lambda statement: statement.stated_at_unix)

    def _write(self, path: Path, entry: Entry) -> None:
        data = canonical_text({"name": entry.name, "text": entry.text}).encode()
        try:
            if not path.is_file():
                make_folder(path.parent, FOLDER_MODE)
                replace_file(path, data, FILE_MODE)
        except OSError as error:
            raise _unavailable(path, error) from error

    def _open_path(self, entry: Entry) -> Path:
        return self.folder / "open" / _file_name(entry)

    def _done_folder(self, statement: Statement) -> Path:
        return self._claim_folder(statement.batch_id, statement.commitment)

    def _claim_folder(self, batch_id: bytes, commitment: bytes) -> Path:
        return self.folder / "done" / batch_id.hex() / commitment.hex()


def _file_name(entry: Entry) -> str:
    return f"{entry.statement.identity.hex()}.json"


def _load_all(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.glob("*.json")):  # a folder that is not there has none
        if not path.name.startswith("."):  # what a crash left behind has a dot
            entry = _load(path)
            if entry is not None:
                yield entry


def _load(path: Path) -> Entry | None:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_ENTRY_BYTES + 1)
        value = parse_json(data.decode("utf-8"), what=path.name, max_chars=MAX_ENTRY_BYTES)
        name, text = Form(value, "entry").fields("name text")
        written = text.text(MAX_STATEMENT_CHARS)
        return Entry(name.text(MAX_NAME_CHARS), written, parse_statement(written)[0])
    except FileNotFoundError:  # another process finished it meanwhile
        return None
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise DatabaseUnavailableError(
            f"{path} cannot be used: {error}",
            hint="Restore it; or remove it, and its statement counts as never taken in.",
        ) from error


def _unavailable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be written: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then run the same command again.",
    )
