from dataclasses import replace
from pathlib import Path

import pytest
from customs_system import CustomsSystem

from tracer.domain.customs_statement import Statement
from tracer.errors import DatabaseUnavailableError
from tracer.operations.customs_log import Entry, StatementLog

SYSTEM = CustomsSystem()
STATEMENT = SYSTEM.state(
    chain_id=31337,
    contract=bytes(20),
    batch_id=bytes(range(32)),
    declaration="224820261000300451",
    commitment=bytes(range(32, 64)),
    stated_at_unix=1_790_000_000,
)
LATER = replace(STATEMENT, stated_at_unix=STATEMENT.stated_at_unix + 1)
ELSEWHERE = replace(STATEMENT, commitment=bytes(32))


def entry(statement: Statement, name: str = "1.json") -> Entry:
    return Entry.build(name, SYSTEM.sign(statement))


@pytest.fixture
def log(tmp_path: Path) -> StatementLog:
    return StatementLog(tmp_path / "statements")


def about(log: StatementLog) -> list[Statement]:
    return log.about(STATEMENT.batch_id, STATEMENT.commitment)


def test_at_first_there_is_nothing(log: StatementLog) -> None:
    assert log.unfinished() == []
    assert about(log) == []


def test_what_was_begun_is_unfinished_until_it_is_finished(log: StatementLog) -> None:
    for statement in (LATER, STATEMENT):
        log.begin(entry(statement))
    assert log.unfinished() == [entry(STATEMENT), entry(LATER)]
    assert about(log) == [STATEMENT, LATER]
    log.finish(entry(STATEMENT))
    assert log.unfinished() == [entry(LATER)]
    assert about(log) == [STATEMENT, LATER]


def test_a_claim_has_its_own_statements(log: StatementLog) -> None:
    log.begin(entry(ELSEWHERE))
    log.finish(entry(ELSEWHERE))
    assert about(log) == []
    assert log.about(ELSEWHERE.batch_id, ELSEWHERE.commitment) == [ELSEWHERE]


def test_killed_between_the_two_steps_of_finishing_it_is_finished_again(
    log: StatementLog,
) -> None:
    log.begin(entry(STATEMENT))
    kept = next((log.folder / "open").iterdir()).read_bytes()
    log.finish(entry(STATEMENT))
    (log.folder / "open" / f"{STATEMENT.identity.hex()}.json").write_bytes(kept)
    assert about(log) == [STATEMENT]
    log.finish(entry(STATEMENT))
    assert log.unfinished() == []


def test_what_a_crash_left_half_written_is_ignored_and_swept(log: StatementLog) -> None:
    log.begin(entry(STATEMENT))
    half = log.folder / "open" / ".tmp123.json"
    half.write_bytes(b'{"na')
    assert log.unfinished() == [entry(STATEMENT)]
    log.sweep()
    assert not half.exists()
    assert log.unfinished() == [entry(STATEMENT)]


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"name": "1.json", "text": "{}"}'])
def test_a_damaged_entry_is_told_and_not_skipped(log: StatementLog, damage: bytes) -> None:
    log.begin(entry(STATEMENT))
    next((log.folder / "open").iterdir()).write_bytes(damage)
    for ask in (log.unfinished, lambda: about(log)):
        with pytest.raises(DatabaseUnavailableError, match="cannot be used"):
            ask()


def test_a_folder_that_is_not_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DatabaseUnavailableError, match="cannot be written"):
        StatementLog(tmp_path / "file").begin(entry(STATEMENT))
