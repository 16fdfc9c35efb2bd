"""Two mirrors, row for row and cell for cell; one side is built from the chain and is right.

Both sides are read in the order of the primary key and merged, so one row that is missing is one
difference and shifts nothing. Memory does not grow with the mirror. Cells are read as the database
holds them: a column's type would turn some damage into something harmless.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Table, func, select
from sqlmodel import Session

from tracer.store.session import driver_errors, reading
from tracer.store.tables import MODELS, Cursor, table_of

MISSING: Final = "row missing"
EXTRA: Final = "row that the chain does not have"
CHANGED: Final = "cell changed"

CURSOR: Final = table_of(Cursor)
WHEN_LOOKED: Final = frozenset({"final_number", "final_hash"})
"""Columns of `cursor` that depend on when the mirror looked, not on the chain alone."""

_ROWS_AT_ONCE: Final = 1_000
_RANK: Final[dict[type, int]] = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}
"""How SQLite orders values of different types; a damaged key may be of any."""

Row = tuple[Any, ...]
OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a mirror is not what the chain makes of it.

    Attributes:
        table: its name, or what else it is about.
        key: primary key of the row; empty when it is about a whole table.
        column: the cell; None when it is about a whole row or table.
        mirror: the mirror's value, or all cells of its row; None where it has none.
        chain: what the chain makes of it, likewise.
        cause: what happened, in words.
    """

    table: str
    key: dict[str, Any]
    column: str | None
    mirror: Any
    chain: Any
    cause: str

    def __str__(self) -> str:
        return f"{self.place}: {self.cause}"

    @property
    def place(self) -> str:
        """Table, key and column, as a person reads them."""
        key = " ".join(f"{name}={value}" for name, value in self.key.items())
        column = f"column {self.column}" if self.column else ""
        return " ".join(part for part in (self.table, key, column) if part)


@dataclass(slots=True)
class TableReport:
    """What comparing one table has shown.

    Attributes:
        rows: rows that the mirror has.
        differences: rows that are missing, too many, or of other values.
        first: the first of them in the order of the key.
    """

    name: str
    rows: int = 0
    differences: int = 0
    first: Difference | None = None

    def add(self, difference: Difference) -> None:
        """Count a difference; only the first is kept."""
        self.differences += 1
        self.first = self.first or difference


def compare_mirrors(first: Engine, second: Engine) -> list[str]:
    """Compare every row of every table.

    Returns:
        The first difference of each table that differs; empty when the mirrors are equal.

    Raises:
        DatabaseUnavailableError: one of them is locked, damaged or gone.
    """
    with reading(first) as mine, reading(second) as theirs:
        return [str(table.first) for table in compare_tables(mine, theirs) if table.first]


def compare_tables(
    mirror: Session, chain: Session, on_rows: OnRows | None = None
) -> list[TableReport]:
    """Compare every row of every table.

    Args:
        mirror: the mirror in doubt, one snapshot.
        chain: a mirror at the same block that was built from the chain.
        on_rows: called with the number of rows compared since it was last called.
    """
    return [_compare_table(table_of(model), mirror, chain, on_rows) for model in MODELS]


def count_rows(source: Session) -> int:
    """Rows of all tables."""
    counts = [select(func.count()).select_from(table_of(model)) for model in MODELS]
    return sum(int(source.execute(count).scalar_one()) for count in counts)


def read_raw(source: Session, table: Table, names: Sequence[str]) -> Iterator[Row]:
    """Rows in the order of the primary key, each cell as the driver gives it."""
    accept_any_text(source)
    connection = source.connection()
    wanted = select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    # Straight from the driver: an object for every row would cost more than reading it. Only a
    # cursor with a name leaves PostgreSQL's rows on the server.
    name = {"name": f"all_{table.name}"} if connection.dialect.name == "postgresql" else {}
    driver: Any = connection.connection.driver_connection
    with driver_errors(), contextlib.closing(driver.cursor(**name)) as cursor:
        cursor.execute(str(wanted.compile(connection)))
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def accept_any_text(source: Session) -> None:
    """Text that is no UTF-8 is damage to be shown; SQLite's driver would refuse to read it."""
    driver = source.connection().connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.text_factory = _decode


def _decode(text: bytes) -> str:
    return text.decode("utf-8", errors="surrogateescape")


def _compare_table(
    table: Table, mirror: Session, chain: Session, on_rows: OnRows | None
) -> TableReport:
    hidden = WHEN_LOOKED if table is CURSOR else frozenset()
    names = [column.name for column in table.columns if column.name not in hidden]
    keys = [names.index(column.name) for column in table.primary_key.columns]
    report = TableReport(table.name)
    pairs = _merge(read_raw(mirror, table, names), read_raw(chain, table, names), keys)
    unreported = 0
    for mine, theirs in pairs:
        if mine is not None:
            report.rows += 1
            unreported += 1
        if mine != theirs:
            report.add(_describe(table, names, keys, mine, theirs))
        if unreported == _ROWS_AT_ONCE and on_rows is not None:
            on_rows(unreported)
            unreported = 0
    if on_rows is not None:
        on_rows(unreported)
    return report


def _merge(
    mine: Iterable[Row], theirs: Iterable[Row], keys: Sequence[int]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of both sides by key; None where a side has no such row."""
    left_rows, right_rows = iter(mine), iter(theirs)
    left, right = next(left_rows, None), next(right_rows, None)
    while left is not None or right is not None:
        order = 0 if left == right else _order(left, right, keys)
        yield (left if order <= 0 else None), (right if order >= 0 else None)
        if order <= 0:
            left = next(left_rows, None)
        if order >= 0:
            right = next(right_rows, None)


def _order(left: Row | None, right: Row | None, keys: Sequence[int]) -> int:
    """Which row stands first: -1 the left, 1 the right, 0 both have one key."""
    if left is None or right is None:
        return 1 if left is None else -1
    one, other = ([(_RANK[type(row[key])], row[key]) for key in keys] for row in (left, right))
    return (one > other) - (one < other)


def _describe(
    table: Table,
    names: Sequence[str],
    keys: Sequence[int],
    mine: Row | None,
    theirs: Row | None,
) -> Difference:
    row = mine if mine is not None else theirs
    assert row is not None  # noqa: S101 - a merge yields no pair of nothing
    key = {names[index]: spell(row[index]) for index in keys}
    if mine is None or theirs is None:
        whole = {name: spell(value) for name, value in zip(names, row, strict=True)}
        if mine is None:
            return Difference(table.name, key, None, None, whole, MISSING)
        return Difference(table.name, key, None, whole, None, EXTRA)
    at = next(place for place, value in enumerate(mine) if value != theirs[place])
    return Difference(table.name, key, names[at], spell(mine[at]), spell(theirs[at]), CHANGED)


def spell(value: Any) -> Any:  # noqa: ANN401 - a cell of any type, as JSON can hold it
    """A cell as people and JSON can read it."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return value.encode("utf-8", errors="backslashreplace").decode()
    return value
