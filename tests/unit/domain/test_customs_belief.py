from dataclasses import replace

import pytest
from customs_forgeries import FORGERIES, Scene, retired_pin
from customs_system import CustomsSystem

from tracer.domain.checks import Check, CheckStatus
from tracer.domain.customs_belief import (
    ClaimFacts,
    KnownClaim,
    PinnedKey,
    check_statement,
    read_signed,
)
from tracer.domain.customs_statement import Ruling, Statement

NOW_UNIX = 1_790_400_000
HOUR_S = 3600
OTHER_BATCH = bytes([7]) * 32


@pytest.fixture(scope="module")
def scene() -> Scene:
    system = CustomsSystem()
    honest = system.state(
        chain_id=31337,
        contract=bytes(range(20)),
        batch_id=bytes(range(32)),
        declaration="224820261000300451",
        commitment=bytes(range(32, 64)),
        stated_at_unix=NOW_UNIX - HOUR_S,
    )
    earlier = replace(honest, ruling=Ruling.PENDING, stated_at_unix=NOW_UNIX - 2 * HOUR_S)
    return Scene(system, CustomsSystem(), CustomsSystem(), honest, earlier, OTHER_BATCH, NOW_UNIX)


def keys_of(scene: Scene) -> dict[str, PinnedKey]:
    retired = retired_pin(scene)
    return {**scene.system.keys, retired.key_id: retired}


def facts_for(scene: Scene, statement: Statement) -> ClaimFacts:
    """What a ledger with one claim says, after `earlier` was taken in."""
    honest = scene.honest
    claimed = (statement.batch_id, statement.commitment) == (honest.batch_id, honest.commitment)
    claim = KnownClaim(honest.declaration, NOW_UNIX - 24 * HOUR_S)
    return ClaimFacts(
        chain_id=honest.chain_id,
        contract=honest.contract,
        is_batch=statement.batch_id in {honest.batch_id, OTHER_BATCH},
        claim=claim if claimed else None,
        newest_unix=scene.earlier.stated_at_unix,
        taken=frozenset({scene.earlier.identity}),
        now_unix=NOW_UNIX,
    )


def judge(scene: Scene, data: bytes) -> list[Check]:
    statement, signature = read_signed(data, keys_of(scene))
    if statement is None or signature.status is not CheckStatus.VALID:
        return [signature]
    return [signature, *check_statement(statement, facts_for(scene, statement))]


def test_an_honest_statement_is_believed(scene: Scene) -> None:
    checks = judge(scene, scene.signed())
    assert {check.status for check in checks} == {CheckStatus.VALID}
    assert [check.name for check in checks] == ["statement-signature", "statement-declaration"]


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_not_and_is_named(scene: Scene, name: str) -> None:
    expected, forge = FORGERIES[name]
    checks = judge(scene, forge(scene))
    bad = [check for check in checks if check.status is CheckStatus.INVALID]
    assert bad[-1].name == expected  # one of last year is out of order too
    assert all(check.reason for check in bad)


def test_there_are_more_than_twenty_kinds() -> None:
    assert len(FORGERIES) >= 20


class TestCheckStatement:
    def test_without_the_paper_it_can_neither_be_believed_nor_refused(self, scene: Scene) -> None:
        facts = replace(
            facts_for(scene, scene.honest), claim=KnownClaim(None, NOW_UNIX - 24 * HOUR_S)
        )
        (check,) = check_statement(scene.honest, facts)
        assert (check.name, check.status) == ("statement-declaration", CheckStatus.ERROR)

    @pytest.mark.parametrize(("ahead_s", "believed"), [(120, True), (121, False)])
    def test_a_clock_may_be_as_wrong_as_the_ledger_lets_it(
        self, scene: Scene, ahead_s: int, believed: bool
    ) -> None:
        statement = replace(
            scene.honest, stated_at_unix=NOW_UNIX + ahead_s, valid_until_unix=NOW_UNIX + HOUR_S
        )
        checks = check_statement(statement, facts_for(scene, statement))
        assert all(check.status is CheckStatus.VALID for check in checks) is believed

    def test_the_last_second_of_its_validity_counts(self, scene: Scene) -> None:
        statement = replace(scene.honest, valid_until_unix=NOW_UNIX)
        checks = check_statement(statement, facts_for(scene, statement))
        assert {check.status for check in checks} == {CheckStatus.VALID}

    def test_the_first_statement_about_a_claim_follows_none(self, scene: Scene) -> None:
        facts = replace(facts_for(scene, scene.honest), newest_unix=None, taken=frozenset())
        checks = check_statement(scene.earlier, facts)
        assert {check.status for check in checks} == {CheckStatus.VALID}
