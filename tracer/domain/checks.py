"""Outcomes of authenticity checks. They are values: only an unanswerable question raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class CheckStatus(StrEnum):
    """How a check ended. Only VALID is ever shown green."""

    VALID = "VALID"
    INVALID = "INVALID"
    ERROR = "ERROR"  # could not ask: never green and never "forged"
    SKIPPED = "SKIPPED"  # nothing to ask


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered step of the verification protocol.

    Attributes:
        step: number of the protocol step, 1 to 10 (docs/explanation/verification.md).
        name: short stable name, e.g. "records-fold".
        status: how it ended.
        reason: one sentence for a person: what was compared with what.
        subject: what it is about when one of many, e.g. "record 17" or a digest; else "".
        key: of the reason in `tracer.domain.messages`, so that a page can say it in Chinese.
        params: what the reason's text is filled with.
    """

    step: int
    name: str
    status: CheckStatus
    reason: str
    subject: str = ""
    key: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)

    @classmethod
    def valid(cls, step: int, name: str, reason: str, subject: str = "") -> Self:
        """It holds."""
        return cls(step, name, CheckStatus.VALID, reason, subject)

    @classmethod
    def invalid(cls, step: int, name: str, reason: str, subject: str = "") -> Self:
        """It does not hold."""
        return cls(step, name, CheckStatus.INVALID, reason, subject)

    @classmethod
    def error(cls, step: int, name: str, reason: str, subject: str = "") -> Self:
        """It could not be asked."""
        return cls(step, name, CheckStatus.ERROR, reason, subject)

    @classmethod
    def skipped(cls, step: int, name: str, reason: str, subject: str = "") -> Self:
        """There was nothing to ask."""
        return cls(step, name, CheckStatus.SKIPPED, reason, subject)


def overall(checks: list[Check]) -> CheckStatus:
    """INVALID beats ERROR beats VALID; SKIPPED counts for nothing; no VALID at all is ERROR."""
    statuses = {check.status for check in checks}
    for status in (CheckStatus.INVALID, CheckStatus.ERROR, CheckStatus.VALID):
        if status in statuses:
            return status
    return CheckStatus.ERROR
