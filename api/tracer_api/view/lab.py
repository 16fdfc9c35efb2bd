"""Laboratory reports: every value against its limit, what is not judged folded away."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tracer.domain.cards import LabCard, PartyCard
from tracer.domain.cross_comparison import Agreement
from tracer.domain.lab import Judgement, LabRow, LabVerdict
from tracer.domain.lab_identity import LabIdentity
from tracer_api.view.gauges import limit_gauge
from tracer_api.view.model import LabReport, Measured, MeasuredGroup
from tracer_api.view.texts import Texts, number
from tracer_api.view.words import pick, plain_name, say_message

_GROUP_OF: Final[Mapping[str, frozenset[str]]] = {
    "safety": frozenset(
        {"lead", "cadmium", "inorganic_arsenic", "tin", "nitrate", "nitrite", "melamine"}
        | {"aflatoxin_m1", "aflatoxin_m1_rtu", "aflatoxin_b1", "cereulide_rtu", "impurity"}
        | {"sum_3mcpd", "glycidyl_esters"}
    ),
    "vitamin": frozenset(
        {f"vitamin_{name}" for name in ("a", "d", "e", "k1", "b1", "b2", "b6", "b12", "c")}
        | {"niacin", "folate", "pantothenic_acid", "biotin", "choline"}
    ),
    "mineral": frozenset(
        {"sodium", "potassium", "chloride", "calcium", "phosphorus", "magnesium", "iron", "zinc"}
        | {"copper", "iodine", "selenium", "manganese", "calcium_phosphorus_ratio"}
    ),
}
_SURE: Final = "high"  # a limit of this confidence needs no remark
_DOUBT: Final = "\N{DAGGER}"  # marks the others; a note under the report explains it
_ADVICE: Final = "lab-row.above-guidance"
_GROUPS: Final = ("safety", "nutrient", "vitamin", "mineral")


def _group_of(row: LabRow) -> str:
    if row.jurisdiction:
        return "safety"
    return next((name for name, codes in _GROUP_OF.items() if row.code in codes), "nutrient")


def _value(t: Texts, row: LabRow) -> str:
    if not row.value:
        return ""
    unit = t.code("unit", row.unit).replace("ug", "\N{MICRO SIGN}g")
    is_below = row.value.startswith("<")
    amount = f"{number(float(row.value.lstrip('<>')))} {unit}".rstrip()
    return t("lab.below", value=amount) if is_below else amount


def _limit(t: Texts, row: LabRow, basis: str) -> str:
    """The limit, with whatever a reader of the group does not know yet."""
    parts = []
    judged = row.judgement is not Judgement.NOT_JUDGED
    if row.minimum and row.maximum:
        parts.append(t("lab.limit.range", min=row.minimum, max=row.maximum))
    elif row.maximum:
        parts.append(t("lab.limit.max", max=row.maximum))
    elif row.minimum:
        parts.append(t("lab.limit.min", min=row.minimum))
    if row.basis != basis and t.has(f"basis.{row.basis}"):
        parts.append(t(f"basis.{row.basis}"))
    if row.reported:
        parts.append(t("lab.reported", value=_reported(t, row.reported)))
    if not judged or row.message.key == _ADVICE:
        parts.append(say_message(t, row.message))
    text = " · ".join(parts)
    return f"{text} {_DOUBT}" if row.source and judged and row.confidence != _SURE else text


def _basis(rows: Iterable[LabRow]) -> str:
    """What most values of a group are measured against; said once above them."""
    counted = Counter(row.basis for row in rows if not row.jurisdiction)
    return counted.most_common(1)[0][0] if counted else ""


def _reported(t: Texts, text: str) -> str:
    """A value as the laboratory wrote it, its basis in words."""
    amount, _, basis = text.rpartition(" ")
    return f"{amount} {t(f'basis.{basis}')}" if t.has(f"basis.{basis}") else text


def _samples(t: Texts, row: LabRow) -> Measured:
    """A line of a sampling plan: how many samples, and what was found in them."""
    n = row.message.params.get("n", "")
    if row.judgement is Judgement.PASS and float(row.value or 0) == 0:
        value = t("lab.plan.absent", n=n)
    elif row.judgement is Judgement.PASS:
        value = t("lab.plan.counts", n=n, max=row.value, unit=row.unit)
    else:
        value = say_message(t, row.message)
    size = row.basis.partition(" c=")[2].partition(" ")[2]
    place = t.code("limitset", row.jurisdiction)
    limit = " · ".join(filter(None, (place, t("lab.plan.size", size=size) if size else "")))
    return Measured(pick(t, row.name_en, row.name_zh), value, limit)


def _measured(t: Texts, row: LabRow, basis: str) -> Measured:
    inside = row.judgement is Judgement.PASS
    judged = row.judgement is not Judgement.NOT_JUDGED
    bad = "" if inside or not judged else say_message(t, row.message)
    if row.jurisdiction:
        line = _samples(t, row)
        return Measured(line.name, "" if bad else line.value, line.limit, None, bad)
    gauge = limit_gauge(row.value, row.minimum, row.maximum, inside=inside) if judged else None
    return Measured(
        pick(t, row.name_en, row.name_zh), _value(t, row), _limit(t, row, basis), gauge, bad
    )


def _said(t: Texts, basis: str) -> str:
    return f" · {t(f'basis.{basis}')}" if t.has(f"basis.{basis}") else ""


def _measured_rows(t: Texts, rows: Sequence[LabRow]) -> tuple[Measured, ...]:
    basis = _basis(rows)
    return tuple(_measured(t, row, basis) for row in rows)


def _group(t: Texts, name: str, rows: Sequence[LabRow], *, is_open: bool) -> MeasuredGroup:
    passed = sum(row.judgement is Judgement.PASS for row in rows)
    return MeasuredGroup(
        title=t(f"lab.group.{name}"),
        count=t("lab.group.count", passed=passed, n=len(rows)) + _said(t, _basis(rows)),
        rows=_measured_rows(t, rows),
        open=is_open or passed < len(rows),
    )


def _not_judged(t: Texts, rows: Sequence[LabRow]) -> MeasuredGroup:
    return MeasuredGroup(
        title=t("lab.group.not_judged"),
        count=t("lab.group.not_judged_count", n=len(rows)) + _said(t, _basis(rows)),
        rows=_measured_rows(t, rows),
        intro=t("lab.group.not_judged_text"),
    )


def _judged(verdict: LabVerdict) -> list[LabRow]:
    return [row for row in verdict.rows if row.judgement is not Judgement.NOT_JUDGED]


def _beside(t: Texts, verdict: LabVerdict) -> MeasuredGroup:
    """What the limits of another market would say; only what lies outside them is listed."""
    judged = _judged(verdict)
    outside = [row for row in judged if row.judgement is not Judgement.PASS]
    return MeasuredGroup(
        title=t("lab.beside", name=t.code("limitset", verdict.limit_set)),
        count=t("lab.beside_count", passed=len(judged) - len(outside), judged=len(judged))
        + _said(t, _basis(outside)),
        rows=_measured_rows(t, outside),
        intro=t("lab.beside_text"),
    )


def _identity(t: Texts, identity: LabIdentity) -> MeasuredGroup:
    """Who tested what; it stands open where something contradicts the report."""
    confirmed = sum(each.state is Agreement.CONFIRMED for each in identity.findings)
    return MeasuredGroup(
        title=t("lab.identity"),
        count=t("lab.identity_count", passed=confirmed, n=len(identity.findings)),
        rows=tuple(
            Measured(say_message(t, finding.message), t(f"lab.state.{finding.state}"), "")
            for finding in identity.findings
        ),
        open=identity.state is Agreement.CONFLICT,
    )


def _lines(t: Texts, lab: LabCard, issuer: PartyCard | None) -> tuple[str, ...]:
    name = pick(t, issuer.name_en, issuer.name_zh) if issuer else lab.issuer
    report = t(
        "lab.report",
        number=lab.number,
        issuer=plain_name(name) or lab.issuer,
        date=t.iso_day(lab.issued_at),
    )
    lines = [t("lab.note"), report]
    if lab.accreditation:
        lines.append(t("lab.accreditation", number=plain_name(lab.accreditation)))
    lines.append(t("lab.limits", names=t.code("limitset", lab.verdict.limit_set)))
    if any(row.source and row.confidence != _SURE for row in lab.verdict.rows):
        lines.append(t("lab.doubt", mark=_DOUBT))
    return tuple(lines)


def _is_good(lab: LabCard) -> bool:
    """Whatever was judged passed, and something was."""
    passed, judged = count_judged(lab)
    return 0 < passed == judged and not lab.verdict.differs


def _headline(t: Texts, lab: LabCard) -> str:
    if lab.verdict.judgement is Judgement.NOT_JUDGED and _is_good(lab):
        passed, judged = count_judged(lab)
        return t("lab.partly", passed=passed, judged=judged)
    return t(f"lab.{lab.verdict.judgement}")


def build_lab(
    t: Texts, lab: LabCard, parties: Mapping[str, PartyCard], *, is_first: bool
) -> LabReport:
    """One report. Safety comes first and stands open; whatever failed stands open too."""
    verdict = lab.verdict
    judged = [row for row in verdict.rows if row.judgement is not Judgement.NOT_JUDGED]
    others = [row for row in verdict.rows if row.judgement is Judgement.NOT_JUDGED]
    groups = [
        _group(t, name, rows, is_open=is_first and name == "safety")
        for name in _GROUPS
        if (rows := [row for row in judged if _group_of(row) == name])
    ]
    if others:
        groups.append(_not_judged(t, others))
    groups += [_beside(t, other) for other in lab.beside if _judged(other)]
    groups.append(_identity(t, lab.identity))
    return LabReport(
        good=_is_good(lab),
        headline=_headline(t, lab),
        lines=_lines(t, lab, parties.get(lab.issuer)),
        mismatch=say_message(t, lab.alert) if lab.alert else "",
        groups=tuple(groups),
    )


def count_judged(lab: LabCard) -> tuple[int, int]:
    """How many values passed, and how many were judged."""
    passed = lab.verdict.count(Judgement.PASS)
    return passed, len(lab.verdict.rows) - lab.verdict.count(Judgement.NOT_JUDGED)
