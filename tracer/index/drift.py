"""Is a database what `tracer.store.tables` says: its tables, keys and indexes, and its file?"""

from dataclasses import dataclass
from typing import Any, Final

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, Table, inspect, text

from tracer.errors import ConfigurationError
from tracer.index.compare import Difference
from tracer.store.session import migration_config
from tracer.store.tables import MODELS, table_of

VERSIONS: Final = "alembic_version"
FILE: Final = "database file"
_INDEX: Final = "index"
_MOST_FAULTS: Final = 20  # of a damaged file; one is enough to doubt all of it


@dataclass(frozen=True, slots=True)
class Drift:
    """How a database differs from the one that this program makes.

    Attributes:
        missing: tables, columns, keys and indexes that are not there.
        unknown: those that tracer did not make; they change nothing that it reads.
        can_read: every table and column is there.
        can_refill: other rows would make it right; indexes may be missing.
    """

    missing: list[Difference]
    unknown: list[str]
    can_read: bool
    can_refill: bool


def find_drift(connection: Connection) -> Drift:
    """Compare tables, columns, keys and indexes with those of this program.

    Raises:
        ConfigurationError: the database holds no mirror.
    """
    inspector = inspect(connection)
    names = set(inspector.get_table_names())
    tables = [table_of(model) for model in MODELS]
    wanted = {table.name for table in tables}
    if not names & wanted:
        raise ConfigurationError(
            "the database holds no mirror yet", hint="Run `tracer index sync` to fill it."
        )
    revision, known = find_revisions(connection)
    missing = []
    if revision != known[0]:
        cause = "tables of another version"
        missing.append(Difference(VERSIONS, {}, "version_num", revision, known[0], cause))
    unknown = [f"table {name}" for name in sorted(names - wanted - {VERSIONS})]
    there = sorted(names & wanted)
    columns = {
        name: found for (_, name), found in inspector.get_multi_columns(filter_names=there).items()
    }
    features = _found_features(inspector, columns)
    can_read = True
    for table in tables:
        needed, found = _wanted_features(table), features.get(table.name)
        if found is None:
            missing.append(_fault(table.name, "table missing"))
            can_read = False
            continue
        missing += [_fault(table.name, f"{it} missing") for it in sorted(needed - found)]
        unknown += [f"{table.name}: {it}" for it in sorted(found - needed)]
        can_read &= {it["name"] for it in columns[table.name]} >= set(table.columns.keys())
    can_refill = all(f"{_INDEX} " in it.cause for it in missing)
    return Drift(missing, unknown, can_read, can_refill)


def find_revisions(connection: Connection) -> tuple[str | None, list[str]]:
    """The version of the tables, and all versions that this program knows, newest first."""
    script = ScriptDirectory.from_config(migration_config(connection))
    known = [revision.revision for revision in script.walk_revisions()]
    return MigrationContext.configure(connection).get_current_revision(), known


def find_file_faults(connection: Connection) -> list[Difference]:
    """What SQLite's own check finds: broken pages, indexes that do not fit their tables."""
    if connection.dialect.name != "sqlite":
        return []
    faults = connection.execute(text(f"PRAGMA integrity_check({_MOST_FAULTS})")).scalars()
    return [_fault(FILE, fault) for fault in faults if fault != "ok"]


def _wanted_features(table: Table) -> set[str]:
    """A table in words, one for each thing that can be missing."""
    columns = {_column(column.name, nullable=bool(column.nullable)) for column in table.columns}
    indexes = {
        _index(str(index.name), [column.name for column in index.columns], unique=index.unique)
        for index in table.indexes
    }
    keys = {
        _foreign_key([element.parent.name], element.column.table.name)
        for element in table.foreign_keys
    }
    return columns | indexes | keys | {_primary_key([it.name for it in table.primary_key.columns])}


def _found_features(inspector: Inspector, columns: dict[str, Any]) -> dict[str, set[str]]:
    """The same of tables in a database, all read at once: a question for each would be slow."""
    names = list(columns)
    features = {
        name: {_column(it["name"], nullable=bool(it["nullable"])) for it in found}
        for name, found in columns.items()
    }
    for (_, name), indexes in inspector.get_multi_indexes(filter_names=names).items():
        features[name] |= {
            _index(str(it["name"]), it["column_names"], unique=bool(it["unique"])) for it in indexes
        }
    for (_, name), keys in inspector.get_multi_foreign_keys(filter_names=names).items():
        features[name] |= {
            _foreign_key(it["constrained_columns"], it["referred_table"]) for it in keys
        }
    for (_, name), key in inspector.get_multi_pk_constraint(filter_names=names).items():
        features[name].add(_primary_key(key.get("constrained_columns", [])))
    return features


def _column(name: str, *, nullable: bool) -> str:
    return f"column {name}{' that may be empty' if nullable else ''}"


def _index(name: str, columns: Any, *, unique: bool) -> str:  # noqa: ANN401 - of the inspector
    return f"{'unique ' if unique else ''}{_INDEX} {name} ({', '.join(map(str, columns))})"


def _primary_key(columns: list[str]) -> str:
    return f"primary key ({', '.join(columns)})"


def _foreign_key(columns: list[str], target: str) -> str:
    return f"foreign key ({', '.join(columns)}) to {target}"


def _fault(table: str, cause: str) -> Difference:
    return Difference(table, {}, None, None, None, cause)
