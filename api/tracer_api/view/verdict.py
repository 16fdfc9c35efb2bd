"""The block at the top: the domain's verdict in plain words.

The server asks no node, so the best it can say is that its records agree with each other. Only
the visitor's own device turns that into "genuine".
"""

from collections.abc import Mapping
from typing import Final

from tracer.domain.cards import VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.passport import Passport
from tracer.domain.verify import STATUS_STEP
from tracer_api.view.model import VerdictBlock
from tracer_api.view.texts import Texts, local_time
from tracer_api.view.words import pick, say_check, say_message

ICONS: Final[Mapping[str, str]] = {
    "UNCHECKED": "M21 32h.1M32 32h.1M43 32h.1",
    "OK": "M19 33l9 9 18-20",
    "OK_WITH_NOTE": "M19 33l9 9 18-20",
    "ON_HOLD": "M25 21v22M39 21v22",
    "RECALLED": "M22 22l20 20M42 22L22 42",
    "EXPIRED": "M32 17v16l10 7",
    "NOT_ISSUED": "M25 26a7 7 0 1 1 11 6c-3 2-4 3-4 6m0 7v.1",
    "NOT_VERIFIED": "M32 17v18m0 10v.1",
    "SEEN_ELSEWHERE": "M20 24h14v14H20zM30 30h14v14H30z",
    "OPENED_BEFORE": "M18 30h28v16H18zM24 30V22l16-6",
    "COULD_NOT_CHECK": "M20 32h24",
    "BAD_CODE": "M25 26a7 7 0 1 1 11 6c-3 2-4 3-4 6m0 7v.1",
    "UNAVAILABLE": "M20 32h24",
    "PRODUCT": "M20 22h24M20 32h24M20 42h24",
}
"""Verdict -> the mark in its seal, on a field of 64 by 64."""


PENDING: Final = "pending"
FIRST_CAUSE: Final = 3  # steps before it fail when what they rest on is damaged
GOOD: Final = frozenset({VerdictCode.OK, VerdictCode.OK_WITH_NOTE})


def served_verdict(passport: Passport) -> VerdictCode:
    """The verdict that stands if the visitor's device confirms what the server could not ask."""
    return passport.verdict.if_confirmed


def verdict_text(t: Texts, passport: Passport) -> str:
    """The sentence under the verdict, as it stands once it is confirmed."""
    code = served_verdict(passport)
    if code is VerdictCode.NOT_ISSUED and passport.product.serial == "":
        return t("verdict.NOT_ISSUED.text_serial")
    if code in GOOD and not passport.product.serial:
        return t(f"verdict.{code}.text_batch")
    if code is VerdictCode.NOT_VERIFIED:
        return t("verdict.NOT_VERIFIED.text", what=what_failed(t, passport))
    return t(f"verdict.{code}.text", best_before=t.iso_day(passport.product.best_before), what="")


def verdict_todo(t: Texts, passport: Passport) -> str:
    """What the visitor should do, once the verdict is confirmed."""
    return t(f"verdict.{served_verdict(passport)}.todo", lot=passport.product.lot)


def what_failed(t: Texts, passport: Passport) -> str:
    """What does not match: the first of it, causes before their consequences.

    A damaged record makes the code and the tin (steps 1 and 2) fail as well.
    """
    failed = [
        check
        for check in passport.checks
        if check.status is CheckStatus.INVALID and check.step != STATUS_STEP
    ]
    if failed:
        return say_check(t, min(failed, key=lambda check: check.step < FIRST_CAUSE))
    return say_message(t, passport.verdict.reason).rstrip(".。")


def recall_line(t: Texts, passport: Passport) -> str:
    """When the batch was recalled and why; "" when it was not."""
    recall = next((step for step in passport.journey if step.kind == "RECALL"), None)
    if recall is None:
        return ""
    day = t.day(local_time(recall.occurred_at_unix, recall.utc_offset_s).date())
    reason = pick(t, recall.reason_en, recall.reason_zh).rstrip(".。")
    if reason:
        return t("verdict.RECALLED.since", date=day, reason=reason)
    return t("verdict.RECALLED.on", date=day)


def build_verdict(t: Texts, passport: Passport) -> VerdictBlock:
    """The block as the server sends it, before the visitor's device has checked anything."""
    code = served_verdict(passport)
    records = passport.technical.records
    pending = t("verified.unchecked", records=records)
    if passport.authentic is CheckStatus.INVALID and code is not VerdictCode.NOT_ISSUED:
        return VerdictBlock(
            code=VerdictCode.NOT_VERIFIED,
            verified=CheckStatus.INVALID,
            icon=ICONS[VerdictCode.NOT_VERIFIED],
            title=t("verdict.NOT_VERIFIED.title"),
            text=t("verdict.NOT_VERIFIED.text", what=what_failed(t, passport)),
            todo=t("verdict.NOT_VERIFIED.todo"),
            proof=pending,
            also="" if code is VerdictCode.NOT_VERIFIED else _also(t, passport, code),
        )
    if code in GOOD:
        return VerdictBlock(
            code=code,
            verified=PENDING,
            icon=ICONS["UNCHECKED"],
            title=t("verdict.UNCHECKED.title"),
            text=t("verdict.UNCHECKED.text"),
            todo=t("verified.noscript"),
            proof=pending,
        )
    return VerdictBlock(
        code=code,
        verified=PENDING,
        icon=ICONS[code],
        title=t(f"verdict.{code}.title"),
        text=verdict_text(t, passport),
        todo=verdict_todo(t, passport),
        proof=pending,
        also=recall_line(t, passport) if code is VerdictCode.RECALLED else "",
    )


def _also(t: Texts, passport: Passport, code: VerdictCode) -> str:
    recall = recall_line(t, passport) if code is VerdictCode.RECALLED else ""
    return recall or t("verified.also", what=t(f"verdict.{code}.title"))


def build_notice(t: Texts, code: str, **values: str) -> VerdictBlock:
    """The block of a page that has nothing else to show."""
    return VerdictBlock(
        code=code,
        verified=CheckStatus.SKIPPED,
        icon=ICONS[code],
        title=t(f"verdict.{code}.title"),
        text=t(f"verdict.{code}.text", **values),
        todo=t(f"verdict.{code}.todo", **values),
    )
