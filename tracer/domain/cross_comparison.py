"""How a cross check collects what it compared, and what it found in conflict."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracer.domain.cross_claims import Claim, Moment, join, read_number, totals_of
from tracer.domain.messages import Message, Params
from tracer.domain.times import read_day

_ROUNDING = 1e-9  # so that a difference of exactly the tolerance passes


class Agreement(StrEnum):
    """How a cross check ended."""

    CONFIRMED = "CONFIRMED"
    UNVERIFIED = "UNVERIFIED"
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that a check compared.

    Attributes:
        field: what it is about, by the name of the papers' field.
        claims: everyone who says something about it, and what they say.
    """

    field: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One of C1 to C12.

    Attributes:
        code: its name.
        agreement: how it ended.
        message: the reason.
        subjects: on CONFLICT, what is in conflict.
        compared: everything that was compared, whatever came out.
    """

    code: str
    agreement: Agreement
    message: Message
    subjects: tuple[str, ...] = ()
    compared: tuple[Compared, ...] = ()


def _is_near(one: float, two: float, percent: float) -> bool:
    return abs(one - two) * 100 <= percent * max(abs(one), abs(two)) + _ROUNDING


def _is_before(moment: Moment, other: Moment, grace_s: int) -> bool:
    """Whether a moment surely lies before another; one paper's days are days of one place."""
    if moment.is_day and other.is_day and moment.claim.subject == other.claim.subject:
        return other.earliest > moment.earliest + grace_s
    return other.earliest > moment.latest + grace_s


class Comparison:
    """Collects what a check compared, and what it found in conflict."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._compared: list[Compared] = []
        self._conflicts: list[tuple[Message, tuple[str, ...]]] = []
        self._unclear: list[tuple[Message, tuple[str, ...]]] = []

    def same(self, field: str, claims: Sequence[Claim]) -> None:
        """Every claim says what the first one says."""
        self._compare(field, claims, lambda first, other: first == other)

    def near(self, field: str, claims: Sequence[Claim], percent: float) -> None:
        """Every claim lies within a tolerance of the first one."""

        def are_near(first: str, other: str) -> bool:
            one, two = read_number(first), read_number(other)
            return one is not None and two is not None and _is_near(one, two, percent)

        self._compare(field, claims, are_near)

    def same_sets(self, field: str, groups: Sequence[Sequence[Claim]]) -> None:
        """Each group says what the first one says, in any order: one claim for each shipment."""
        self.note(field, *(claim for group in groups for claim in group))
        for group in groups[1:]:
            head, said = {claim.text for claim in groups[0]}, {claim.text for claim in group}
            missing = [claim for claim in groups[0] if claim.text not in said]
            extra = [claim for claim in group if claim.text not in head]
            for claim in extra:
                self.differ(field, (missing or groups[0])[0], claim)
            for claim in missing if not extra else ():
                self.differ(field, claim, group[0])

    def near_totals(self, field: str, groups: Sequence[Sequence[Claim]], percent: float) -> None:
        """What each group says in all lies within a tolerance of what the first one says."""
        self.note(field, *(claim for group in groups for claim in group))
        for group in groups[1:]:
            heads, totals = totals_of(groups[0]), totals_of(group)
            if not any(_is_near(one, two, percent) for one in heads for two in totals):
                self.differ(field, join(groups[0]), join(group))

    def at_most(self, field: str, claim: Claim, limit: Claim, factor: float = 1) -> None:
        """A number is not larger than what another one allows."""
        self.note(field, claim, limit)
        one, most = read_number(claim.text), read_number(limit.text)
        if one is None or most is None or one > most * factor + _ROUNDING:
            params = {
                "field": field,
                "one": claim.subject,
                "a": claim.text,
                "other": limit.subject,
                "b": limit.text,
            }
            self.conflict(Message("cross.exceeds", params), claim.subject, limit.subject)

    def one_of(self, field: str, claim: Claim, others: Sequence[Claim]) -> None:
        """A claim says what one of the others says."""
        if not others:
            return
        self.note(field, claim, *others)
        if claim.text not in {other.text for other in others}:
            self.differ(field, claim, others[0])

    def fits(self, field: str, claims: Sequence[Claim], pattern: str) -> None:
        """Every claim has the form that its numbers have."""
        for claim in claims:
            if not re.fullmatch(pattern, claim.text, re.ASCII):
                self.break_rule(field, claim, pattern)

    def holds(
        self, field: str, claims: Sequence[Claim], check: Callable[[str], bool], rule: str
    ) -> None:
        """Every claim passes a check, such as that of a check digit."""
        for claim in claims:
            if not check(claim.text):
                self.break_rule(field, claim, rule)

    def break_rule(self, field: str, claim: Claim, rule: str) -> None:
        """A claim breaks a rule that a single paper can break."""
        params = {"field": field, "one": claim.subject, "a": claim.text, "rule": rule}
        self.conflict(Message("cross.rule", params), claim.subject)

    def in_order(self, field: str, moments: Sequence[Moment], grace_s: int = 0) -> None:
        """No moment surely lies before the one in front of it, but for a grace."""
        self.note(field, *(moment.claim for moment in moments))
        for position, moment in enumerate(moments):
            before = max(moments[:position], default=moment, key=lambda each: each.earliest)
            if _is_before(moment, before, grace_s):
                one, other = before.claim, moment.claim
                params = {
                    "first": one.subject,
                    "a": before.text,
                    "second": other.subject,
                    "b": moment.text,
                }
                self.conflict(Message("cross.order", params), one.subject, other.subject)

    def enough(self, field: str, best: Claim, declared: Claim, months: int) -> None:
        """A best-before date lies at least so many months after a declaration."""
        end, start = read_day(best.text[:10]), read_day(declared.text[:10])
        if end is None or start is None:
            return
        self.note(field, best, declared)
        if (end.year * 12 + end.month, end.day) < (
            start.year * 12 + start.month + months,
            start.day,
        ):
            self.differ(field, best, declared)

    def note(self, field: str, *claims: Claim) -> None:
        """Something was compared, unless one alone said it all: that confirms nothing."""
        if len({claim.subject for claim in claims}) > 1:
            self._compared.append(Compared(field, claims))

    def differ(self, field: str, one: Claim, other: Claim) -> None:
        """Two claims contradict each other."""
        params = {
            "field": field,
            "one": one.subject,
            "a": one.text,
            "other": other.subject,
            "b": other.text,
        }
        self.conflict(Message("cross.conflict", params), one.subject, other.subject)

    def conflict(self, message: Message, *subjects: str) -> None:
        """Something is in conflict."""
        self._conflicts.append((message, subjects))

    def unclear(self, message: Message, *subjects: str) -> None:
        """Something could not be compared, and should have been."""
        self._unclear.append((message, subjects))

    def conclude(self, **params: str | int) -> list[CrossCheck]:
        """The conflicts; or that there are none, or nothing was compared; and what is unclear."""
        compared = tuple(self._compared)
        if self._conflicts:
            return [
                CrossCheck(self._code, Agreement.CONFLICT, message, subjects, compared)
                for message, subjects in self._conflicts
            ]
        found = [
            CrossCheck(self._code, Agreement.UNVERIFIED, message, subjects, compared)
            for message, subjects in self._unclear
        ]
        if compared:
            fields = ", ".join(dict.fromkeys(each.field for each in compared))
            count = sum(len(each.claims) for each in compared)
            said: Params = {"fields": fields, "count": count, **params}
            message = Message(f"{self._code}.confirmed", said)
            return [CrossCheck(self._code, Agreement.CONFIRMED, message, (), compared), *found]
        nothing = Message(f"{self._code}.unverified")
        return found or [CrossCheck(self._code, Agreement.UNVERIFIED, nothing)]

    def _compare(
        self, field: str, claims: Sequence[Claim], agree: Callable[[str, str], bool]
    ) -> None:
        self.note(field, *claims)
        for claim in claims[1:]:
            if not agree(claims[0].text, claim.text):
                self.differ(field, claims[0], claim)
