"""Nobody without the root key changes, drops or adds a line of the log unnoticed."""

import pytest
from vaults import VaultWorld, doc_id_of, some_bytes

from tracer.store.session import reading
from tracer.vault.audit import AuditLine, add_line, check_log
from tracer.vault.database import writing
from tracer.vault.keys import RootKey
from tracer.vault.vault import PART_FILE


def check(world: VaultWorld) -> int | None:
    with reading(world.engine) as session:
        return check_log(session, world.vault.public_key)


@pytest.fixture
def busy(world: VaultWorld) -> VaultWorld:
    """A vault whose log has five lines."""
    world.put(1, some_bytes(10, seed=1))
    for _ in range(4):
        world.vault.open(doc_id_of(1), PART_FILE, actor="customs")
    return world


class TestCheckLog:
    def test_a_log_that_nobody_touched_holds(self, busy: VaultWorld) -> None:
        assert busy.vault.audit_head().number == 5
        assert check(busy) is None

    @pytest.mark.parametrize("number", [1, 3, 5])
    @pytest.mark.parametrize(
        "change",
        [
            "at_unix = at_unix + 1",
            "action = 'state'",
            "doc_id = ''",
            "detail = '{}'",
            "entry_hash = zeroblob(32)",
            "signature = zeroblob(64)",
        ],
    )
    def test_a_changed_line_is_named(self, busy: VaultWorld, number: int, change: str) -> None:
        with writing(busy.engine) as connection:
            connection.exec_driver_sql(
                f"UPDATE audit_entry SET {change} WHERE number = ?", (number,)
            )
        assert check(busy) == number

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_dropped_line_is_named(self, busy: VaultWorld, number: int) -> None:
        with writing(busy.engine) as connection:
            connection.exec_driver_sql("DELETE FROM audit_entry WHERE number = ?", (number,))
        assert check(busy) == number

    def test_a_line_of_another_root_is_named(self, busy: VaultWorld) -> None:
        with writing(busy.engine) as connection:
            add_line(connection, RootKey(bytes(32)), AuditLine.of(1, "open", doc_id_of(1)))
        assert check(busy) == 6

    def test_the_head_shows_a_log_that_was_cut(self, busy: VaultWorld) -> None:
        noted = busy.vault.audit_head()
        with writing(busy.engine) as connection:
            connection.exec_driver_sql("DELETE FROM audit_entry WHERE number = 5")
        assert check(busy) is None
        assert busy.vault.audit_head() != noted
