"""Are two mirrors the same, row for row?"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import Engine, Row, Table, select

from tracer.store.session import reading
from tracer.store.tables import MODELS, Cursor, table_of

_ROWS_AT_ONCE: Final = 1_000
_NOT_COMPARED: Final = frozenset({"final_number", "final_hash"})
"""Columns of `cursor` that depend on when the mirror looked, not on the chain."""


def compare_mirrors(first: Engine, second: Engine) -> list[str]:
    """Compare every row of every table.

    Returns:
        The first difference of each table that differs; empty when the mirrors are equal.

    Raises:
        DatabaseUnavailableError: one of them is locked, damaged or gone.
    """
    tables = [table_of(model) for model in MODELS]
    return [line for table in tables if (line := _first_difference(table, first, second))]


def _first_difference(table: Table, first: Engine, second: Engine) -> str:
    for mine, theirs in zip_longest(_rows(table, first), _rows(table, second)):
        if mine != theirs:
            return f"{table.name}: {_spell(table, mine)} differs from {_spell(table, theirs)}"
    return ""


def _rows(table: Table, engine: Engine) -> Iterator[tuple[Any, ...]]:
    columns = _columns(table)
    wanted = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
    with reading(engine) as session:
        result = session.execute(wanted.execution_options(yield_per=_ROWS_AT_ONCE))
        for row in result:
            yield _plain(row)


def _columns(table: Table) -> list[str]:
    hidden = _NOT_COMPARED if table is table_of(Cursor) else frozenset()
    return [column.name for column in table.columns if column.name not in hidden]


def _plain(row: Row[Any]) -> tuple[Any, ...]:
    """PostgreSQL's driver may give memoryviews for bytes."""
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def _spell(table: Table, row: tuple[Any, ...] | None) -> str:
    if row is None:
        return "no row"
    parts = zip(_columns(table), row, strict=True)
    return ", ".join(
        f"{name}={value.hex() if isinstance(value, bytes) else value}" for name, value in parts
    )
