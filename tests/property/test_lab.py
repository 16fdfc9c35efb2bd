"""No change for the worse makes a laboratory's report better."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.lab import (
    Judgement,
    Measured,
    Product,
    judge_markets,
    judge_report,
    judge_samples,
    judge_value,
)
from tracer.domain.lab_units import Converter
from tracer.rules import Limit, load_limits

LIMITS = load_limits()
MARKETS = ("CN", "EU", "CODEX")
PLACES = 4
AMOUNTS = st.decimals(0, 10_000, places=PLACES)
QUALIFIERS = st.sampled_from(["=", "<", ">"])
ENDS = st.none() | st.decimals(0, 1000, places=2)


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    low, high = draw(ENDS), draw(ENDS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Limit(low, high, "a standard", "high", "text")


@given(limits(), AMOUNTS, AMOUNTS)
def test_more_than_a_maximum_that_fails_fails_too(
    limit: Limit, one: Decimal, more: Decimal
) -> None:
    verdict, message = judge_value(Measured("=", one), limit)
    raised, _ = judge_value(Measured("=", one + more), limit)
    if message.key == "lab-row.above":
        assert verdict is raised is Judgement.FAIL


@given(limits(), AMOUNTS, AMOUNTS)
def test_less_than_a_minimum_that_fails_fails_too(
    limit: Limit, one: Decimal, less: Decimal
) -> None:
    verdict, message = judge_value(Measured("=", one), limit)
    lowered, _ = judge_value(Measured("=", max(one - less, Decimal(0))), limit)
    if message.key == "lab-row.below":
        assert verdict is lowered is Judgement.FAIL


@given(limits(), AMOUNTS)
def test_neither_sign_of_detection_makes_a_failing_value_pass_by_its_own_end(
    limit: Limit, amount: Decimal
) -> None:
    plain, message = judge_value(Measured("=", amount), limit)
    below, _ = judge_value(Measured("<", amount), limit)
    above, _ = judge_value(Measured(">", amount), limit)
    if message.key == "lab-row.above":
        assert Judgement.PASS not in {below, above}
    if message.key == "lab-row.below":
        assert below is plain is Judgement.FAIL


@given(
    st.sampled_from(LIMITS.plans),
    st.lists(st.integers(0, 20_000), max_size=70),
    st.data(),
)
def test_a_higher_count_never_makes_samples_pass(
    plan: Any, counts: list[int], data: st.DataObject
) -> None:
    values = [Decimal(count) for count in counts]
    before, _ = judge_samples(values, plan)
    if before is Judgement.FAIL:
        worse = [value + data.draw(st.integers(0, 1000)) for value in values]
        assert judge_samples(worse, plan)[0] is Judgement.FAIL
        assert judge_samples([*values, Decimal(0)], plan)[0] is Judgement.FAIL
    if before is Judgement.PASS:
        assert len(values) >= plan.n
        assert judge_samples(values[: plan.n - 1], plan)[0] is Judgement.INCOMPLETE


@st.composite
def results(draw: st.DrawFn) -> dict[str, Any]:
    parameter = draw(st.sampled_from(list(LIMITS.parameters.values())))
    return {
        "code": parameter.code,
        "unit": parameter.unit,
        "basis": parameter.basis,
        "qualifier": draw(QUALIFIERS),
        "value": str(draw(AMOUNTS)),
    }


@given(
    st.lists(results(), max_size=12),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from(["", "2019-01-01", "2024-06-01", "2026-06-01"]),
    st.sampled_from(["release", "retest"]),
)
def test_a_verdict_is_what_its_rows_say(
    rows: list[dict[str, Any]], stage: int | None, made_on: str, purpose: str
) -> None:
    public = {"results": rows, "purpose": purpose, "verdict": "pass"}
    product = Product(stage, made_on)
    for verdict in (judge_report(public, LIMITS, product), *judge_markets(public, LIMITS, product)):
        assert verdict.market in MARKETS
        judgements = {row.judgement for row in verdict.rows}
        if verdict.judgement is Judgement.PASS:
            assert not judgements & {Judgement.FAIL, Judgement.INCOMPLETE}
            assert Judgement.PASS in judgements
        assert (verdict.judgement is Judgement.FAIL) is (Judgement.FAIL in judgements)
        for row in verdict.rows:
            assert row.source or row.judgement is Judgement.NOT_JUDGED
            assert bool(row.source) is bool(row.confidence)


@given(
    AMOUNTS, st.decimals(1000, 3000, places=1), st.sampled_from(["protein", "vitamin_c", "iron"])
)
def test_a_converted_value_is_judged_like_the_same_value_reported_outright(
    amount: Decimal, energy: Decimal, code: str
) -> None:
    parameter = LIMITS.parameters[code]
    powder = {
        "code": code,
        "unit": parameter.unit,
        "basis": "per_100g_powder",
        "value": str(amount),
    }
    stated = {"code": "energy", "unit": "kJ", "basis": "per_100g_powder", "value": str(energy)}
    found = Converter([powder, stated], LIMITS).convert(Measured("=", amount), powder, parameter)
    assert found is not None
    assert abs(found.value - amount * 100 / energy) < Decimal("1e-15")
    outright = {
        "code": code,
        "unit": parameter.unit,
        "basis": "per_100kJ",
        "value": str(found.value),
    }

    def judgement(*rows: dict[str, Any]) -> Judgement:
        public = {"purpose": "retest", "results": list(rows)}
        verdict = judge_report(public, LIMITS, Product(1, "2026-06-01"))
        return next(row.judgement for row in verdict.rows if row.code == code)

    assert judgement(powder, stated) is judgement(outright)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
ANY_ROW = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(sorted(LIMITS.parameters)) | JSON,
        "unit": st.sampled_from(["mg", "IU", "kJ"]) | JSON,
        "basis": st.sampled_from(["per_100g_powder", "per_100kJ"]) | JSON,
        "value": JSON,
        "values": JSON,
        "qualifier": QUALIFIERS | JSON,
        "jurisdiction": st.sampled_from(MARKETS) | JSON,
    },
)


@given(st.lists(ANY_ROW | JSON, max_size=6), st.lists(ANY_ROW | JSON, max_size=4), JSON)
def test_anything_that_json_can_hold_is_judged_without_an_error(
    rows: list[Any], samples: list[Any], other: Any
) -> None:
    public = {"results": rows, "samplingResults": samples, "verdict": other, "claims": other}
    for stage in (None, 1, 2):
        product = Product(stage, "2026-06-01")
        for verdict in (
            judge_report(public, LIMITS, product),
            *judge_markets(public, LIMITS, product),
        ):
            assert verdict.judgement is not Judgement.PASS  # too much is missing
            json.dumps([row.message.to_json() for row in verdict.rows])
