"""A passport without its long lists: what a look-up answers unless it is asked for all."""

from collections import Counter
from typing import Any, Final

from tracer.domain.checks import CheckStatus
from tracer.domain.lab_rows import Judgement
from tracer.domain.passport import Passport

_OF_STEPS: Final = ("digest", "transactionHash")
_OF_PAPERS: Final = ("fields", "commitment")
_NOT_LISTED: Final = frozenset({Judgement.PASS, Judgement.NOT_JUDGED})


def to_brief_json(passport: Passport) -> dict[str, Any]:
    """JSON form with what decides, and counts in place of what does not.

    Of a laboratory's values only those that failed are listed, of the checks those that are not
    VALID. Journey and papers come without hashes and fields, the footprint without its lines.

    Args:
        passport: of a tin or batch.
    """
    whole: Any = passport.to_json()
    brief = {
        **whole,
        "journey": [_without(step, *_OF_STEPS) for step in whole["journey"]],
        "papers": [_without(paper, *_OF_PAPERS) for paper in whole["papers"]],
        "labs": [_brief_lab(lab) for lab in whole["labs"]],
        "checks": [check for check in whole["checks"] if check["status"] != CheckStatus.VALID],
    }
    if carbon := whole["carbon"]:
        brief["carbon"] = {**carbon, "footprint": _without(carbon["footprint"], "lines")}
    return brief


def _without(one: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


def _brief_lab(lab: dict[str, Any]) -> dict[str, Any]:
    verdict = lab["verdict"]
    failed = [row for row in verdict["rows"] if row["judgement"] not in _NOT_LISTED]
    beside = [_counted(one) for one in lab["beside"]]
    return {**lab, "verdict": {**_counted(verdict), "rows": failed}, "beside": beside}


def _counted(verdict: dict[str, Any]) -> dict[str, Any]:
    counts = Counter(row["judgement"] for row in verdict["rows"])
    return {**_without(verdict, "rows"), "counts": dict(counts)}
