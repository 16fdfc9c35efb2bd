"""What the desk must remember, beside the vault: sessions, nonces, quotas, statements.

Nothing in these tables is confidential: of a session's token only the digest is kept, a statement
is the issuer's signed word about two commitments. They share the vault's database, so that they
share its backups and its one writer.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from sqlalchemy import Column, Engine, Integer, LargeBinary, String, Text, delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field

from tracer.errors import NotAuthenticatedError, QuotaExceededError
from tracer.store.session import reading
from tracer.vault.database import table_of, writing
from tracer.vault.tables import VaultModel, big, octets

DAY_S: Final = 86_400
KEPT_DAYS: Final = 7  # of quotas, for whoever runs the desk; today's alone counts


class DeskSession(VaultModel, table=True):
    """A browser that signed in.

    Attributes:
        token_hash: SHA-256 of the cookie's value.
        address: the key that signed in, 20 bytes.
    """

    __tablename__ = "desk_session"

    token_hash: bytes = octets(primary_key=True)
    address: bytes = octets()
    expires_at_unix: int = big()


class DeskNonce(VaultModel, table=True):
    """A nonce that is used up: of a machine's request, or of a sign-in.

    Attributes:
        signer: whose it is, 20 bytes.
        nonce: as text.
    """

    __tablename__ = "desk_nonce"

    signer: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    nonce: str = Field(sa_column=Column(String(64), primary_key=True))
    expires_at_unix: int = big()


class DeskQuota(VaultModel, table=True):
    """What an organisation handed in on a day.

    Attributes:
        day: days since 1970, in UTC.
    """

    __tablename__ = "desk_quota"

    org: int = big(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    files: int
    octets: int = big()


class DeskStatement(VaultModel, table=True):
    """An issuer's signed statement about a document.

    Attributes:
        address: who signed, 20 bytes.
        message: the EIP-712 message, canonical JSON.
        signature: 65 bytes.
    """

    __tablename__ = "desk_statement"

    doc_id: str = Field(sa_column=Column(String(26), primary_key=True))
    address: bytes = octets()
    message: str = Field(sa_column=Column(Text, nullable=False))
    signature: bytes = octets()
    stated_at_unix: int = big()


_SESSIONS: Final = table_of(DeskSession)
_NONCES: Final = table_of(DeskNonce)
_QUOTAS: Final = table_of(DeskQuota)
_STATEMENTS: Final = table_of(DeskStatement)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that holds."""

    address: bytes
    expires_at_unix: int


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement as it was given; see `DeskStatement`."""

    address: bytes
    message: str
    signature: bytes
    stated_at_unix: int

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - a row of DeskStatement
        """A row's."""
        return cls(row.address, row.message, row.signature, row.stated_at_unix)


@dataclass(frozen=True, slots=True)
class Quota:
    """How much an organisation may hand in on one day."""

    files: int
    octets: int


class DeskTables:
    """The desk's memory. Any number of processes may use it at once.

    Args:
        engine: the vault's database.
        now: Unix seconds.
    """

    def __init__(self, engine: Engine, now: Callable[[], int]) -> None:
        self._engine, self._now = engine, now

    def create(self) -> None:
        """Make the tables that are missing."""
        own = [_SESSIONS, _NONCES, _QUOTAS, _STATEMENTS]
        with writing(self._engine) as connection:
            VaultModel.metadata.create_all(connection, tables=own)

    def open_session(self, token: str, address: bytes, expires_at_unix: int) -> None:
        """Remember a browser; sessions that have ended are forgotten."""
        row = {"address": address, "expires_at_unix": expires_at_unix}
        with writing(self._engine) as connection:
            ended = _SESSIONS.c.expires_at_unix <= self._now()
            connection.execute(delete(_SESSIONS).where(ended))
            connection.execute(_SESSIONS.insert().values(token_hash=_hash(token), **row))

    def find_session(self, token: str) -> OpenSession | None:
        """The session of a cookie; None when there is none, or it has ended."""
        wanted = select(_SESSIONS).where(_SESSIONS.c.token_hash == _hash(token))
        with reading(self._engine) as session:
            row = session.execute(wanted).one_or_none()
        if row is None or row.expires_at_unix <= self._now():
            return None
        return OpenSession(row.address, row.expires_at_unix)

    def end_session(self, token: str) -> None:
        """Forget a browser."""
        with writing(self._engine) as connection:
            connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token_hash == _hash(token)))

    def use_nonce(self, signer: bytes, nonce: str, expires_at_unix: int) -> None:
        """Use a nonce up; it stays used until it would have expired anyway.

        Raises:
            NotAuthenticatedError: it is used already.
        """
        row = {"signer": signer, "nonce": nonce, "expires_at_unix": expires_at_unix}
        own = (_NONCES.c.signer == signer) & (_NONCES.c.nonce == nonce)
        with writing(self._engine) as connection:
            connection.execute(delete(_NONCES).where(_NONCES.c.expires_at_unix < self._now()))
            # Nobody else writes meanwhile, so that what is not there now is ours.
            if connection.execute(select(_NONCES.c.nonce).where(own)).first() is not None:
                raise NotAuthenticatedError(
                    "this request was sent before", hint="Sign every request anew."
                )
            connection.execute(_NONCES.insert().values(row))

    def reserve(self, org: int, size: int, most: Quota) -> int:
        """Count a file of an organisation before it arrives.

        Returns:
            The day it was counted on, for `release`.

        Raises:
            QuotaExceededError: it would be more than a day's.
        """
        day = self._now() // DAY_S
        row = {"org": org, "day": day, "files": 0, "octets": 0}
        own = (_QUOTAS.c.org == org) & (_QUOTAS.c.day == day)
        with writing(self._engine) as connection:
            connection.execute(delete(_QUOTAS).where(_QUOTAS.c.day < day - KEPT_DAYS))
            connection.execute(self._insert(_QUOTAS, row))
            used = connection.execute(select(_QUOTAS).where(own)).one()
            if used.files >= most.files or used.octets + size > most.octets:
                raise QuotaExceededError(
                    f"{org:013d} has handed in {used.files} files with {used.octets} bytes today;"
                    f" a day has {most.files} files and {most.octets} bytes",
                    hint="Go on tomorrow (UTC).",
                )
            more = {"files": used.files + 1, "octets": used.octets + size}
            connection.execute(_QUOTAS.update().where(own).values(more))
        return day

    def release(self, org: int, size: int, day: int) -> None:
        """Take a counted file back: it did not arrive, or was here before."""
        own = (_QUOTAS.c.org == org) & (_QUOTAS.c.day == day)
        less = {"files": _QUOTAS.c.files - 1, "octets": _QUOTAS.c.octets - size}
        with writing(self._engine) as connection:
            connection.execute(_QUOTAS.update().where(own & (_QUOTAS.c.files > 0)).values(less))

    def put_statement(self, doc_id: str, statement: SignedStatement) -> None:
        """Keep a statement; the first one of a document stays."""
        row = {
            "doc_id": doc_id,
            "address": statement.address,
            "message": statement.message,
            "signature": statement.signature,
            "stated_at_unix": statement.stated_at_unix,
        }
        with writing(self._engine) as connection:
            connection.execute(self._insert(_STATEMENTS, row))

    def find_statement(self, doc_id: str) -> SignedStatement | None:
        """The statement of a document; None when there is none."""
        wanted = select(_STATEMENTS).where(_STATEMENTS.c.doc_id == doc_id)
        with reading(self._engine) as session:
            row = session.execute(wanted).one_or_none()
        return None if row is None else SignedStatement.of(row)

    def _insert(self, table: Any, row: dict[str, Any]) -> Any:  # noqa: ANN401 - SQLAlchemy's
        """Insert a row unless there is one with its key."""
        insert = pg_insert if self._engine.dialect.name == "postgresql" else sqlite_insert
        return insert(table).values(row).on_conflict_do_nothing()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
