"""Give an organisation a new key: every wrap is renewed, no container is touched.

Each step is a transaction of its own, and every document opens between any two of them. Whatever
stops a rotation, the next one finishes it first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from tracer.errors import DamagedDocumentError
from tracer.store.session import reading
from tracer.vault.audit import AuditLine, add_line
from tracer.vault.database import table_of, writing
from tracer.vault.keyring import (
    Keyring,
    count_wraps,
    destroy_version,
    newest_version,
    retired_versions,
)
from tracer.vault.keys import KeyProvider
from tracer.vault.tables import Document

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""

_DOCUMENTS: Final = table_of(Document)


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What a rotation did.

    Attributes:
        org: GLN of the organisation.
        version: of its key now.
        rewrapped: documents whose wrap was renewed.
        destroyed: versions that no longer exist.
        resumed: an earlier rotation had been stopped, and this one finished it.
        damaged: documents whose wrap does not open; it stays, and so does its key.
    """

    org: int
    version: int
    rewrapped: int
    destroyed: tuple[int, ...]
    resumed: bool
    damaged: tuple[str, ...]


def rotate_key(
    engine: Engine, keys: KeyProvider, org: int, now_unix: int, progress: Progress
) -> RotationReport:
    """Rotate one organisation's key, or finish a rotation that was stopped.

    Args:
        engine: the vault's database.
        keys: the root key.
        org: GLN of the organisation.
        now_unix: for the log.
        progress: called after every renewed wrap.
    """
    keyring = Keyring(keys)
    with writing(engine) as connection:
        retired = retired_versions(connection, org)
        resumed = bool(retired)
        if not resumed:
            before = newest_version(connection, org)
            retired = [before] if before else []
            version = keyring.add_version(connection, org, now_unix)
            add_line(connection, keys, AuditLine.of(now_unix, "rotate", org=org, version=version))
        version = newest_version(connection, org)
        total = sum(count_wraps(connection, org, old) for old in retired)
    done, damaged = 0, []
    for old in retired:
        last = ""
        while (row := _next_wrap(engine, org, old, last)) is not None:
            last = row.doc_id
            try:
                _rewrap(engine, keyring, last, now_unix)
            except DamagedDocumentError:
                damaged.append(last)
            done += 1
            progress(done, total)
    destroyed = [old for old in retired if _destroy(engine, keys, org, old, now_unix)]
    return RotationReport(
        org, version, done - len(damaged), tuple(destroyed), resumed, tuple(damaged)
    )


def _next_wrap(engine: Engine, org: int, version: int, after: str) -> Any:  # noqa: ANN401 - a row
    """The next document whose key is wrapped under a version; None when there is none."""
    wanted = _DOCUMENTS.select().where(
        _DOCUMENTS.c.org == org,
        _DOCUMENTS.c.kek_version == version,
        _DOCUMENTS.c.wrapped_dek.is_not(None),
        _DOCUMENTS.c.doc_id > after,
    )
    with reading(engine) as session:
        return session.execute(wanted.order_by(_DOCUMENTS.c.doc_id).limit(1)).first()


def _rewrap(engine: Engine, keyring: Keyring, doc_id: str, now_unix: int) -> None:
    with writing(engine) as connection:
        row = connection.execute(_DOCUMENTS.select().where(_DOCUMENTS.c.doc_id == doc_id)).one()
        if row.wrapped_dek is None:  # erased since
            return
        wrap = keyring.wrap(connection, row.org, keyring.unwrap(connection, row), now_unix)
        connection.execute(
            _DOCUMENTS.update()
            .where(_DOCUMENTS.c.doc_id == doc_id)
            .values(kek_version=wrap.kek_version, wrapped_dek=wrap.wrapped)
        )


def _destroy(engine: Engine, keys: KeyProvider, org: int, version: int, now_unix: int) -> bool:
    """Destroy an old key once nothing is wrapped under it: counted where nobody else can write."""
    with writing(engine) as connection:
        is_retired = version in retired_versions(connection, org)
        if not is_retired or count_wraps(connection, org, version):
            return False
        destroy_version(connection, org, version, now_unix)
        line = AuditLine.of(now_unix, "destroy-key", org=org, version=version)
        add_line(connection, keys, line)
        return True
