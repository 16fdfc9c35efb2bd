"""The numbered protocol with what each step found, and where an expert looks next."""

from collections.abc import Sequence
from typing import Final

from tracer.domain.checks import Check, CheckStatus
from tracer.domain.passport import Passport
from tracer.domain.verify import STATUS_STEP
from tracer_api.view.model import Fact, ProtocolStep, Technical
from tracer_api.view.texts import Texts, spell_moment
from tracer_api.view.words import say_check

STEPS: Final = range(1, 11)
MAX_LINES: Final = 12  # a page with thousands of damaged rows must stay readable

_WORST_FIRST: Final = (
    CheckStatus.INVALID,
    CheckStatus.ERROR,
    CheckStatus.VALID,
    CheckStatus.SKIPPED,
)


def build_step(t: Texts, step: int, checks: Sequence[Check]) -> ProtocolStep:
    """One step: its worst status, the reasons for it, and whatever else is not plainly valid.

    What is plainly valid needs no reasons here: the visitor's device finds them for itself, and
    a server's word for them proves nothing.
    """
    found = [check for check in checks if check.step == step]
    statuses = {check.status for check in found}
    status = next((one for one in _WORST_FIRST if one in statuses), CheckStatus.SKIPPED)
    worst = [check for check in found if check.status is status]
    others = [check for check in found if check.status not in {status, CheckStatus.VALID}]
    is_warning = step == STATUS_STEP and status is CheckStatus.INVALID
    return ProtocolStep(
        number=step,
        title=t(f"step.{step}"),
        status=status,
        label=t("status.WARNING" if is_warning else f"status.{status}"),
        lines=_lines(t, others if status is CheckStatus.VALID else worst + others),
    )


def _lines(t: Texts, checks: Sequence[Check]) -> tuple[str, ...]:
    """What checks say, each thing once."""
    return tuple(dict.fromkeys(say_check(t, check) for check in checks))[:MAX_LINES]


def build_technical(t: Texts, passport: Passport, node: str, bundle_url: str) -> Technical:
    """The section for experts.

    Args:
        t: the page's words.
        passport: what the page shows.
        node: address of the node that the visitor's device will ask.
        bundle_url: where the proof is.
    """
    technical = passport.technical
    # A moment, not an age: a page may be read long after it was made, also without a connection.
    moment = spell_moment(technical.mirror_time_unix)
    return Technical(
        facts=(
            Fact(t("technical.chain"), str(technical.chain_id)),
            Fact(t("technical.records"), str(technical.records)),
            Fact(
                t("technical.block"),
                t("technical.block_at", block=technical.mirror_block, moment=moment),
            ),
            Fact(t("technical.contract"), f"0x{technical.contract}", mono=True, wide=True),
            Fact(t("technical.batch_id"), technical.batch_id, mono=True, wide=True),
            Fact(t("technical.head"), technical.head, mono=True, wide=True),
        ),
        steps=tuple(build_step(t, step, passport.checks) for step in STEPS),
        node=node,
        bundle_url=bundle_url,
    )
