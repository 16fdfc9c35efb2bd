"""Check the content store: does every file hold what its name says?

A content's name is its digest, a serial list's its Merkle root, a document's its commitment, which
depends on the ledger too. A store may serve several ledgers, so a file that this ledger's records
do not name is an orphan and no error; a document among those cannot be checked.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from tracer.chain.deployments import Deployment
from tracer.domain.document_views import parse_view
from tracer.domain.merkle import MerkleTree
from tracer.errors import DatabaseUnavailableError, InputError, LimitExceededError
from tracer.index.fsck import OnStep
from tracer.store.contents import KEY_BYTES, ContentStore
from tracer.store.session import writing

READING: Final = "checking contents"
DOCUMENTS: Final = "documents"
SHELVES: Final = ("contents", DOCUMENTS, "serials")

_FILES_AT_ONCE: Final = 500
_Row = dict[str, object]


@dataclass
class ContentReport:
    """What checking the content store has shown.

    Attributes:
        files: how many there are.
        orphans: whole, but no record of this ledger names them.
        damaged: their paths below the store's folder.
    """

    files: int = 0
    orphans: int = 0
    damaged: list[str] = field(default_factory=list)


def check_contents(
    store: ContentStore, chain: Engine, deployment: Deployment, on_step: OnStep
) -> ContentReport:
    """Read every file of a content store.

    Args:
        store: its folder may be missing.
        chain: a mirror built from the chain, which may be written to.
        deployment: the ledger of that mirror.
        on_step: called now and then; how many files there are is known at the end.

    Raises:
        DatabaseUnavailableError: a file or folder cannot be read.
    """
    report = ContentReport()
    rows = _read_files(store, deployment)
    with writing(chain) as connection:
        # What the records name may not fit into memory; SQLite keeps it in a file of its own.
        connection.execute(
            text("CREATE TEMP TABLE content_file (path TEXT, shelf TEXT, key BLOB, whole INTEGER)")
        )
        insert = text("INSERT INTO content_file VALUES (:path, :shelf, :key, :whole)")
        while some := list(islice(rows, _FILES_AT_ONCE)):
            connection.execute(insert, some)
            report.files += len(some)
            on_step(READING, report.files, 0)
        _judge(connection, report)
        connection.execute(text("DROP TABLE content_file"))
    return report


def _judge(connection: Connection, report: ContentReport) -> None:
    found = connection.execute(
        text(
            "SELECT path, shelf, whole, key IN"
            " (SELECT digest FROM record UNION ALL SELECT profile_digest FROM party)"
            " FROM content_file ORDER BY path"
        )
    )
    for path, shelf, whole, named in found:
        if not whole and (named or shelf != DOCUMENTS):
            report.damaged.append(path)
        elif not named:
            report.orphans += 1


def _read_files(store: ContentStore, deployment: Deployment) -> Iterator[_Row]:
    for shelf in SHELVES:
        for path in _walk(store.folder / shelf):
            key = _parse_name(path)
            whole = key is not None and _is_whole(store, shelf, key, deployment)
            name = path.relative_to(store.folder).as_posix()
            yield {"path": name, "shelf": shelf, "key": key, "whole": whole}


def _walk(folder: Path) -> Iterator[Path]:
    """Every file; names that begin with a dot were left by a crash and are nobody's."""
    try:
        for part in sorted(folder.iterdir()) if folder.is_dir() else []:
            files = sorted(part.iterdir()) if part.is_dir() else [part]
            yield from (file for file in files if not file.name.startswith("."))
    except OSError as error:
        raise DatabaseUnavailableError(
            f"{folder} cannot be read: {error.strerror}", hint="Check the folder's owner."
        ) from error


def _parse_name(path: Path) -> bytes | None:
    """The key that a file is kept under; None when no key leads to it."""
    try:
        key = bytes.fromhex(path.name)
    except ValueError:
        return None
    is_ours = len(key) == KEY_BYTES and path.name == key.hex() and path.name[:2] == path.parent.name
    return key if is_ours else None


def _is_whole(store: ContentStore, shelf: str, key: bytes, deployment: Deployment) -> bool:
    if shelf == "contents":
        return hashlib.sha256(store.get(key) or b"").digest() == key
    if shelf == DOCUMENTS:
        return _is_document(store.get_document(key) or b"", key, deployment)
    serials = store.get_serials(key) or []
    try:
        return MerkleTree.of(serial.encode("utf-8") for serial in serials).root == key
    except LimitExceededError:
        return False


def _is_document(data: bytes, key: bytes, deployment: Deployment) -> bool:
    try:
        view = parse_view(data.decode("utf-8"))
    except (InputError, UnicodeDecodeError):
        return False
    return view.commitment(deployment.chain_id, deployment.contract) == key
