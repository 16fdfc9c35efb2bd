"""Outcomes of checks and how many of them add up."""

import pytest

from tracer.domain.checks import Check, CheckStatus, overall

MADE = {
    CheckStatus.VALID: Check.valid,
    CheckStatus.INVALID: Check.invalid,
    CheckStatus.ERROR: Check.error,
    CheckStatus.SKIPPED: Check.skipped,
}


def checks(*names: str) -> list[Check]:
    return [MADE[CheckStatus(name)](3, "records-fold", "because") for name in names]


class TestCheck:
    @pytest.mark.parametrize("status", CheckStatus)
    def test_constructor_of_each_status(self, status: CheckStatus) -> None:
        check = MADE[status](5, "contents", "why", "record 17")
        assert check == Check(5, "contents", status, "why", "record 17")


class TestOverall:
    @pytest.mark.parametrize(
        ("statuses", "expected"),
        [
            (["VALID"], "VALID"),
            (["VALID", "SKIPPED"], "VALID"),
            (["VALID", "ERROR"], "ERROR"),
            (["VALID", "ERROR", "INVALID"], "INVALID"),
            (["SKIPPED"], "ERROR"),
            ([], "ERROR"),
        ],
    )
    def test_worst_wins_and_nothing_is_never_green(
        self, statuses: list[str], expected: str
    ) -> None:
        assert overall(checks(*statuses)) == expected
