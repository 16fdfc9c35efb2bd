"""Organisations' keys (KEK), version by version, and documents' keys (DEK) wrapped under them."""

import os
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select
from sqlmodel import Session

from tracer.errors import DamagedDocumentError, KeyUnavailableError
from tracer.vault.database import table_of
from tracer.vault.keys import KEY_BYTES, KeyProvider, unwrap_key, wrap_key
from tracer.vault.tables import Document, Kek

_KEKS: Final = table_of(Kek)
_DOCUMENTS: Final = table_of(Document)


class Wrap(NamedTuple):
    """A document's key, encrypted.

    Attributes:
        kek_version: of the organisation's key that it is wrapped under.
        wrapped: 40 bytes.
    """

    kek_version: int
    wrapped: bytes


class Keyring:
    """Wraps and unwraps documents' keys. What writes needs the vault's write lock.

    Args:
        keys: the root key.
    """

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    def wrap(self, connection: Connection, org: int, dek: bytes, now_unix: int) -> Wrap:
        """Wrap a document's key under the newest key of its organisation, made when missing."""
        version = newest_version(connection, org) or self.add_version(connection, org, now_unix)
        return Wrap(version, wrap_key(self._kek(connection, org, version), dek))

    def unwrap(self, session: Connection | Session, row: Any) -> bytes:  # noqa: ANN401 - a row of Document
        """The key of a document that is not erased.

        Raises:
            DamagedDocumentError: the wrap was changed, or belongs to another organisation.
            KeyUnavailableError: the organisation's key is destroyed, or not this root key's.
        """
        dek = unwrap_key(self._kek(session, row.org, row.kek_version), row.wrapped_dek)
        if dek is None:
            raise DamagedDocumentError(
                f"the key of document {row.doc_id} is damaged",
                hint="Restore the vault's database from a backup.",
            )
        return dek

    def add_version(self, connection: Connection, org: int, now_unix: int) -> int:
        """Make a new random key for an organisation; from now on it wraps what is new."""
        version = newest_version(connection, org) + 1
        wrapped = self._keys.wrap_kek(org, version, os.urandom(KEY_BYTES))
        connection.execute(
            _KEKS.insert().values(
                org=org, version=version, wrapped=wrapped, created_at_unix=now_unix
            )
        )
        return version

    def _kek(self, session: Connection | Session, org: int, version: int) -> bytes:
        wanted = _KEKS.select().where(_KEKS.c.org == org, _KEKS.c.version == version)
        row = session.execute(wanted).first()
        if row is None or row.wrapped is None:
            raise KeyUnavailableError(
                f"key {version} of {org:013d} is {'missing' if row is None else 'destroyed'}",
                hint="Restore the vault's database from a backup.",
            )
        return self._keys.unwrap_kek(org, version, row.wrapped)


def newest_version(connection: Connection, org: int) -> int:
    """The version that wraps what is new; 0 when the organisation has none yet."""
    newest = select(func.max(_KEKS.c.version)).where(_KEKS.c.org == org)
    return int(connection.execute(newest).scalar() or 0)


def retired_versions(connection: Connection, org: int) -> list[int]:
    """Older versions that are not destroyed yet, ascending: a rotation is unfinished."""
    wanted = select(_KEKS.c.version).where(
        _KEKS.c.org == org,
        _KEKS.c.wrapped.is_not(None),
        _KEKS.c.version < newest_version(connection, org),
    )
    return list(connection.execute(wanted.order_by(_KEKS.c.version)).scalars())


def count_wraps(connection: Connection | Session, org: int, version: int) -> int:
    """Documents whose key is wrapped under one version."""
    wanted = select(func.count()).where(
        _DOCUMENTS.c.org == org,
        _DOCUMENTS.c.kek_version == version,
        _DOCUMENTS.c.wrapped_dek.is_not(None),
    )
    return int(connection.execute(wanted).scalar_one())


def destroy_version(connection: Connection, org: int, version: int, now_unix: int) -> None:
    """Forget a key for good. Nothing may be wrapped under it."""
    connection.execute(
        _KEKS.update()
        .where(_KEKS.c.org == org, _KEKS.c.version == version)
        .values(wrapped=None, destroyed_at_unix=now_unix)
    )
