"""How the steps of the verification protocol say what they found.

A step collects failures. `conclude` adds the one VALID check only where nothing failed, so no
step can be green and red at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.domain.checks import Check, CheckStatus
from tracer.domain.messages import Params, render_english

COULD_NOT_ASK = "could-not-ask"


@dataclass(frozen=True, slots=True)
class Step:
    """One named check of a numbered step; outcomes are keys of `tracer.domain.messages`.

    Attributes:
        number: 1 to 10.
        name: stable name, also the first part of its message keys.
    """

    number: int
    name: str

    def check(self, status: CheckStatus, outcome: str, subject: str, params: Params) -> Check:
        """A check with a status given as a value."""
        whole = "." in outcome or outcome == COULD_NOT_ASK
        key = outcome if whole else f"{self.name}.{outcome}"
        reason = render_english(key, params)
        return Check(self.number, self.name, status, reason, subject, key, params)

    def valid(self, outcome: str = "ok", subject: str = "", **params: str | int) -> Check:
        """It holds."""
        return self.check(CheckStatus.VALID, outcome, subject, params)

    def invalid(self, outcome: str, subject: str = "", **params: str | int) -> Check:
        """It does not hold."""
        return self.check(CheckStatus.INVALID, outcome, subject, params)

    def error(self, outcome: str, subject: str = "", **params: str | int) -> Check:
        """It could not be asked."""
        return self.check(CheckStatus.ERROR, outcome, subject, params)

    def skipped(self, outcome: str, subject: str = "", **params: str | int) -> Check:
        """There was nothing to ask."""
        return self.check(CheckStatus.SKIPPED, outcome, subject, params)

    def conclude(
        self, found: Sequence[Check], outcome: str = "ok", **params: str | int
    ) -> list[Check]:
        """What was found; and VALID in front of it if none of it is INVALID or ERROR."""
        if any(check.status is not CheckStatus.SKIPPED for check in found):
            return list(found)
        return [self.check(CheckStatus.VALID, outcome, "", params), *found]
