"""A passport without its long lists: what a look-up answers unless it is asked for all."""

from typing import Any, Final

from tracer.domain.cards import LabCard
from tracer.domain.checks import CheckStatus
from tracer.domain.lab_rows import Judgement, LabVerdict
from tracer.domain.passport import Passport
from tracer.domain.plain import to_plain

_OF_STEPS: Final = ("digest", "transactionHash")
_OF_PAPERS: Final = ("fields", "commitment")
_FAILED: Final = frozenset(Judgement) - {Judgement.PASS, Judgement.NOT_JUDGED}


def to_brief_json(passport: Passport) -> dict[str, Any]:
    """JSON form with what decides, and counts in place of what does not.

    Of a laboratory's values only those that failed are listed, of the checks those that are not
    VALID. Journey and papers come without hashes and fields, the footprint without its lines.

    Args:
        passport: of a tin or batch.
    """
    brief: Any = passport.to_json()
    brief["journey"] = [_without(step, _OF_STEPS) for step in brief["journey"]]
    brief["papers"] = [_without(paper, _OF_PAPERS) for paper in brief["papers"]]
    brief["labs"] = [
        _brief_lab(lab, card) for lab, card in zip(brief["labs"], passport.labs, strict=True)
    ]
    if brief["carbon"]:
        brief["carbon"]["footprint"] = _without(brief["carbon"]["footprint"], ("lines",))
    brief["checks"] = [
        to_plain(check) for check in passport.checks if check.status is not CheckStatus.VALID
    ]
    return dict(brief)


def _without(one: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


def _brief_lab(lab: dict[str, Any], card: LabCard) -> dict[str, Any]:
    beside = [
        _counted(one, verdict) for one, verdict in zip(lab["beside"], card.beside, strict=True)
    ]
    verdict = _counted(lab["verdict"], card.verdict)
    failed = [to_plain(row) for row in card.verdict.rows if row.judgement in _FAILED]
    return {**lab, "verdict": {**verdict, "rows": failed}, "beside": beside}


def _counted(one: dict[str, Any], verdict: LabVerdict) -> dict[str, Any]:
    counts = {
        judgement.value: number for judgement in Judgement if (number := verdict.count(judgement))
    }
    return {**_without(one, ("rows",)), "counts": counts}
