"""What has changed in the mirror since the publisher last looked.

Pages that may have changed are marked before anything is published, so that from then on the
ordinary route answers for them. A look costs one row while nothing happens. New logs are looked
at by themselves for as long as the newest log seen before is still there; after a rewind, and when
a publisher starts, every page is compared with its batch.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.store.contents import ContentStore, number_keys
from tracer.store.state import (
    MirrorCursor,
    has_registry_logs_since,
    load_batches_since,
    load_cursor,
)
from tracer.store.tables import Append, Batch, Block, Inspection, Party, Record, table_of
from tracer_api.shelf.documents import number_dep, party_dep
from tracer_api.shelf.store import Shelf
from tracer_api.shelf.tables import PageMark, Position, State

_APPEND: Final = table_of(Append)
_BATCH: Final = table_of(Batch)
_BLOCK: Final = table_of(Block)
_INSPECTION: Final = table_of(Inspection)
_PARTY: Final = table_of(Party)
_RECORD: Final = table_of(Record)

LEASE_S: Final = 3
"""How long a look may be relied on. Within it a publisher looks several times; after it, what it
has not seen cannot be kept from visitors any longer."""

MAX_NEW_LOGS: Final = 5_000  # more are compared as a whole, which then is less work
_CHUNK: Final = 500  # values in one IN list, as in the mirror


@dataclass(frozen=True, slots=True)
class Look:
    """What a look has found.

    Attributes:
        is_there: the mirror has been read at all.
        changed: batches whose pages were left to the ordinary route, and new ones.
        deps: what pages may depend on that has changed.
    """

    is_there: bool
    changed: frozenset[bytes] = frozenset()
    deps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is to be marked."""

    changed: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)
    deps: set[str] = field(default_factory=set)
    stamps: dict[int, bytes] | None = None


class Watch:
    """Looks at the mirror for one publisher.

    Args:
        shelf: which this publisher alone writes to.
        contents: of the mirror.
        build: of the code and settings that make pages now.
    """

    def __init__(self, shelf: Shelf, contents: ContentStore, build: int) -> None:
        self._shelf, self._contents, self._build = shelf, contents, build
        self._state: State | None = None
        self._is_new = True

    def forget(self) -> None:
        """Compare everything at the next look: somebody else may have written meanwhile."""
        self._is_new = True

    def look(self, session: Session, now_unix: int) -> Look:
        """Mark what has changed, then say until when the rest may be relied on.

        Args:
            session: one snapshot of the mirror.
            now_unix: when the snapshot was taken, or before.
        """
        if self._is_new:
            self._state = self._shelf.state()
        cursor, state = load_cursor(session), self._state
        if cursor is None:
            with self._shelf.writing() as writer:
                writer.mark_all_stale()
            self._is_new = True
            return Look(is_there=False)
        extends = not self._is_new and state is not None and self._extends(session, cursor, state)
        if not extends or state is None:
            marks = self._compare_all(session, cursor)
        elif state.next_sequence != cursor.next_sequence:
            marks = self._read_new(session, state.next_sequence)
        elif state.valid_until_unix == now_unix + LEASE_S and state.position == _position(cursor):
            return Look(is_there=True)
        else:
            marks = _Marks()
        changed = self._write(session, cursor, marks, now_unix)
        self._is_new = False
        return Look(is_there=True, changed=frozenset(changed), deps=frozenset(marks.deps))

    def _extends(self, session: Session, cursor: MirrorCursor, state: State) -> bool:
        """Whether every log that was seen is still there, so that only new ones need a look."""
        if not 0 <= cursor.next_sequence - state.next_sequence <= MAX_NEW_LOGS:
            return False
        if not self._is_ours(cursor):
            return False
        wanted = select(_BLOCK.c.hash).where(_BLOCK.c.number == state.log_block)
        return session.execute(wanted).scalar() == state.log_block_hash

    def _is_ours(self, cursor: MirrorCursor) -> bool:
        """Whether pages on the shelf are as this build would make them now."""
        if self._state is None or self._state.build != self._build:
            return False
        # Documents have places for as many digits as the block's number had.
        return len(str(cursor.block.number)) == len(str(self._state.position.block_number))

    def _compare_all(self, session: Session, cursor: MirrorCursor) -> _Marks:
        """Compare every page with its batch, and every party with what it was."""
        pages = self._shelf.marks()
        heads: dict[bytes, bytes] = {
            row[0]: row[1] for row in session.execute(select(_BATCH.c.batch_id, _BATCH.c.head))
        }
        blocks = _load_hashes(session, {mark.last_block for mark in pages.values()})
        marks = _Marks(stamps=load_stamps(session), gone=pages.keys() - heads.keys())
        is_ours = self._is_ours(cursor)
        for batch_id, head in heads.items():
            mark = pages.get(batch_id)
            if mark is None or not is_ours or not _is_same(mark, head, blocks):
                marks.changed.add(batch_id)
        marks.deps.update(self._changed_parties(marks.stamps or {}))
        if pages:
            marks.deps.update(self._numbers(_load_digests_of(session, marks.changed)))
        return marks

    def _read_new(self, session: Session, sequence: int) -> _Marks:
        """What logs since a sequence change."""
        registered = select(_BATCH.c.batch_id).where(_BATCH.c.sequence >= sequence)
        changed = {*load_batches_since(session, sequence), *session.execute(registered).scalars()}
        digests = session.execute(select(_RECORD.c.digest).where(_RECORD.c.sequence >= sequence))
        marks = _Marks(changed=changed, deps=set(self._numbers(digests.scalars())))
        if has_registry_logs_since(session, sequence):
            stamps = load_stamps(session)
            marks.deps.update(self._changed_parties(stamps))
            return _Marks(marks.changed, marks.gone, marks.deps, stamps)
        return marks

    def _changed_parties(self, stamps: dict[int, bytes]) -> Iterator[str]:
        seen = self._shelf.parties_seen()
        for gln in stamps.keys() | seen.keys():
            if stamps.get(gln) != seen.get(gln):
                yield party_dep(gln)

    def _numbers(self, digests: Iterable[bytes]) -> Iterator[str]:
        """Numbers that papers use, as dependencies; events and missing papers have none."""
        for digest in digests:
            if (view := self._contents.get_document(digest)) is not None:
                yield from map(number_dep, number_keys(view.decode("utf-8", "replace")))

    def _write(
        self, session: Session, cursor: MirrorCursor, marks: _Marks, now_unix: int
    ) -> set[bytes]:
        newest = select(_BLOCK.c.number, _BLOCK.c.hash).order_by(_BLOCK.c.number.desc()).limit(1)
        row = session.execute(newest).first()
        number, block_hash = (row[0], row[1]) if row else (0, b"")
        position, until = _position(cursor), now_unix + LEASE_S
        with self._shelf.writing() as writer:
            writer.remove(marks.gone)
            dependants = writer.mark_stale(marks.changed, marks.deps)
            if marks.stamps is not None:
                writer.see_parties(marks.stamps)
            writer.renew(
                position,
                until,
                self._build,
                next_sequence=cursor.next_sequence,
                log_block=number,
                log_block_hash=block_hash,
            )
        self._state = State(self._build, position, cursor.next_sequence, number, block_hash, until)
        return marks.changed | dependants


def _position(cursor: MirrorCursor) -> Position:
    return Position(cursor.block.number, cursor.block.block_hash, cursor.block.time_unix)


def _is_same(mark: PageMark, head: bytes, blocks: dict[int, bytes]) -> bool:
    """Whether a page is still that of its batch: same head, and its newest log's block stands."""
    return mark.head == head and blocks.get(mark.last_block) == mark.last_block_hash


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]


def _load_hashes(session: Session, numbers: Iterable[int]) -> dict[int, bytes]:
    """Hashes of those blocks that the mirror has."""
    found: dict[int, bytes] = {}
    for some in _chunks(numbers):
        wanted = select(_BLOCK.c.number, _BLOCK.c.hash).where(_BLOCK.c.number.in_(some))
        found |= {row[0]: row[1] for row in session.execute(wanted)}
    return found


def _load_digests_of(session: Session, batch_ids: Iterable[bytes]) -> Iterator[bytes]:
    """Digests of all records of batches."""
    for some in _chunks(batch_ids):
        wanted = (
            select(_RECORD.c.digest)
            .join(_APPEND, _APPEND.c.sequence == _RECORD.c.sequence)
            .where(_APPEND.c.batch_id.in_(some))
        )
        yield from session.execute(wanted).scalars()


def load_stamps(session: Session) -> dict[int, bytes]:
    """GLN -> digest of all that a bundle says of the party: its row, and how it was inspected."""
    digests = {
        row.gln: hashlib.sha256(repr(tuple(row)).encode())
        for row in session.execute(select(_PARTY))
    }
    for row in session.execute(select(_INSPECTION).order_by(_INSPECTION.c.sequence)):
        if row.gln in digests:
            digests[row.gln].update(repr(tuple(row)).encode())
    return {gln: digest.digest() for gln, digest in digests.items()}
