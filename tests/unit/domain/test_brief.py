"""A look-up answers what decides; the whole passport is one question away."""

from typing import Any

import pytest
from sample_batches import AS_OF_UNIX, SERIAL, import_batch

from tracer.domain.brief import to_brief_json
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import verify_bundle


@pytest.fixture(scope="module")
def passport() -> Passport:
    bundle = import_batch().bundle(SERIAL)
    return build_passport(bundle, verify_bundle(bundle, None, as_of_unix=AS_OF_UNIX), AS_OF_UNIX)


@pytest.fixture(scope="module")
def whole(passport: Passport) -> Any:
    return passport.to_json()


@pytest.fixture(scope="module")
def brief(passport: Passport) -> dict[str, Any]:
    return to_brief_json(passport)


def test_has_the_same_parts(brief: dict[str, Any], whole: Any) -> None:
    assert brief.keys() == whole.keys()
    for name in ("asOf", "verdict", "authentic", "product", "clearance", "parties", "technical"):
        assert brief[name] == whole[name]


def test_counts_the_values_that_it_does_not_list(
    brief: dict[str, Any],
    whole: Any,
) -> None:
    for short, full in zip(brief["labs"], whole["labs"], strict=True):
        pairs = [(short["verdict"], full["verdict"])]
        pairs += zip(short["beside"], full["beside"], strict=True)
        for counted, listed in pairs:
            assert sum(counted["counts"].values()) == len(listed["rows"])


def test_lists_every_check_that_is_not_valid(brief: dict[str, Any], whole: Any) -> None:
    assert brief["checks"] == [one for one in whole["checks"] if one["status"] != "VALID"]
    assert brief["checks"]


def test_keeps_every_step_and_paper_without_its_hashes(
    brief: dict[str, Any],
    whole: Any,
) -> None:
    for name, left_out in (
        ("journey", {"digest", "transactionHash"}),
        ("papers", {"fields", "commitment"}),
    ):
        assert len(brief[name]) == len(whole[name])
        for short, full in zip(brief[name], whole[name], strict=True):
            assert full == short | {key: full[key] for key in left_out}


def test_leaves_the_passport_as_it_was(passport: Passport, whole: Any) -> None:
    to_brief_json(passport)
    assert passport.to_json() == whole
