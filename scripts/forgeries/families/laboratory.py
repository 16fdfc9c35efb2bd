"""Laboratory reports whose verdict is not what their own values say."""

from collections.abc import Callable

from forgeries.forger import Forger
from forgeries.story import Json


def _row(forger: Forger, code: str) -> tuple[str, int]:
    for key in forger.story.of_type("LAB_REPORT"):
        for index, row in enumerate(forger.story.public(key)["results"]):
            if row["code"] == code:
                return key, index
    msg = f"no laboratory report gives {code}"
    raise LookupError(msg)


def over_limit(code: str, *values: float, all_stages: bool = True) -> Callable[[Forger], str]:
    """The measured value breaks a limit, and the verdict says pass.

    Limits of contaminants hold for every stage; those of nutrients have been read for stage 1.
    """

    def lie(forger: Forger) -> str:
        if not all_stages and forger.story.public("PRODUCT")["stage"] != 1:
            return ""
        key, index = _row(forger, code)
        value = forger.rng.choice(values)
        row = forger.story.public(key)["results"][index]
        if row["qualifier"] != "=":
            forger.say_deep(key, "=", "results", index, "qualifier")
        forger.say_deep(key, value, "results", index, "value")
        return f"{code} was measured at {value}, and the verdict says pass"

    return lie


def found_bacteria(code: str, position: int, value: int) -> Callable[[Forger], str]:
    """A sample with bacteria in it, and the verdict says pass. Cronobacter's plan is stage 1's."""

    def lie(forger: Forger) -> str:
        if code == "cronobacter" and forger.story.public("PRODUCT")["stage"] != 1:
            return ""
        plans = forger.story.public("LAB_REPORT")["samplingResults"]
        index = next(i for i, plan in enumerate(plans) if plan["code"] == code)
        forger.say_deep("LAB_REPORT", value, "samplingResults", index, "values", position)
        return f"{code} was found in a sample, and the verdict says pass"

    return lie


def too_few_samples(forger: Forger) -> str:
    """Fewer samples than the plan of stage 1 asks for."""
    if forger.story.public("PRODUCT")["stage"] != 1:
        return ""
    plans = forger.story.public("LAB_REPORT")["samplingResults"]
    index = next(i for i, plan in enumerate(plans) if plan["code"] == "cronobacter")
    kept: Json = plans[index]["values"][:2]
    fewer = [{**plan, "values": kept} if i == index else plan for i, plan in enumerate(plans)]
    forger.story.public("LAB_REPORT")["samplingResults"] = fewer
    gone = range(2, len(plans[index]["values"]))
    path = f"papers/LAB_REPORT/public/samplingResults/{index}/values"
    forger.touched.update(f"{path}/{number}" for number in gone)
    forger.names.append("LAB_REPORT")
    return "only two samples were tested for Cronobacter"


def blind_method(forger: Forger) -> str:
    """A method that cannot see the limit: "less than" a value far above it."""
    key, index = _row(forger, "lead")
    if forger.story.public(key)["results"][index]["qualifier"] != "<":
        return ""
    forger.say_deep(key, 0.5, "results", index, "value")
    return "lead is reported as less than 0.5 mg/kg, by a method that cannot see the limit"


def other_unit(forger: Forger) -> str:
    """A number that fits, in a unit a thousand times as large."""
    key, index = _row(forger, "aflatoxin_m1")
    forger.say_deep(key, "mg/kg", "results", index, "unit")
    return "aflatoxin M1 is reported in mg/kg instead of ug/kg"


FAMILIES = {
    "laboratory value falsified": {
        "lead": over_limit("lead", 0.09, 0.2),
        "melamine": over_limit("melamine", 1.4, 2.5),
        "protein": over_limit("protein", 0.39, 0.8, all_stages=False),
        "vitamin D": over_limit("vitamin_d", 0.3, 1.6, all_stages=False),
        "nitrite": over_limit("nitrite", 2.6),
        "salmonella": found_bacteria("salmonella", 2, 1),
        "cronobacter": found_bacteria("cronobacter", 1, 1),
        "too few samples": too_few_samples,
        "blind method": blind_method,
        "other unit": other_unit,
    },
}
