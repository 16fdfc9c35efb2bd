"""For every bundle vector the first check finds what the whole check finds, where it can.

What it cannot find is listed here, each with the reason; nothing else may differ.
"""

from pathlib import Path

import pytest
from bundle_vectors import VECTORS, load_case, verify_case
from core_cases import core_case, verify_core_case

from tracer.domain.bundle import Bundle
from tracer.domain.checks import Check, CheckStatus, overall
from tracer.domain.core import Core, core_of

FILES = sorted(VECTORS.glob("*.json"))
PLACES = ("sequence", "blockNumber", "blockHash", "transactionHash", "logIndex")

LESS: dict[str, set[str]] = {
    # Which append is damaged is not known without heads in between; that one is, is.
    **{
        f"good.{name}": {"records-fold", "head-on-chain"}
        for name in (
            *("append-cut-short", "append-doubled", "appends-exchanged", "append[1].recordedAt"),
            *("append[1].gln", "append[1].records"),
            *("batch.batchId", "chain.chainId", "chain.contract"),
        )
    },
    # That newer records exist is known without logs, but not how many.
    "good.recall-withheld": {"head-on-chain"},
    # Which key signed is asked by the second check; until then it is ERROR, never VALID.
    "good.key-distrusted": {"keys"},
}
"""Vector -> checks of the core that say less than the whole check's, but are no better."""

UNSEEN: dict[str, set[str]] = {
    # No log is asked for, so the registration is not seen. GTIN and lot are bound by `batch-id`,
    # chain and contract by `records-fold`.
    **{
        f"good.{name}": {"batch-row"}
        for name in (
            *(f"batch.{name}" for name in ("batchId", "gtin", "lot", *PLACES)),
            *("chain.chainId", "chain.contract", "batch-unknown-to-the-ledger"),
            *("node-shows-no-registration", "registered-by-another-party"),
            *("registered-under-another-id",),
        )
    },
    # The chain's id is asked for, not block 0 and the deployment.
    **{
        f"good.{name}": {"same-chain"}
        for name in ("chain.genesisHash", "chain.deployBlock", "ledger-created-elsewhere")
    },
    # A core shows no heads but the last.
    "good.append[1].head": {"records-fold"},
}
"""Vector -> checks of the core that do not see the damage, since a core does not carry it."""

BY_THE_ROW = {"good.batch.holds": {"hold"}, "good.batch.recalled": {"recall"}}
"""The core takes recall and hold from the batch's row, and from the ledger if that is worse. A row
that claims either without a record is refused by `batch-row` and says "do not use" besides."""

FROM_THE_PAGE = "expiry"  # the core takes the date from the page, the whole check from the papers


def excepted(name: str) -> set[str]:
    return LESS.get(name, set()) | UNSEEN.get(name, set()) | BY_THE_ROW.get(name, set())


def compared(checks: list[Check], names: set[str]) -> list[tuple[object, ...]]:
    return sorted(
        (check.step, check.name, check.status.value, check.subject, check.key)
        for check in checks
        if check.name in names
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_first_check_finds_what_the_whole_check_finds(path: Path) -> None:
    case = load_case(path)
    whole, first = verify_case(case)["checks"], verify_core_case(case)
    names = {check.name for check in first} - {FROM_THE_PAGE}
    same = names - excepted(path.stem)
    assert compared(first, same) == compared(whole, same)
    for name in excepted(path.stem):
        assert compared(first, {name}) != compared(whole, {name})


@pytest.mark.parametrize("name", LESS)
def test_what_says_less_is_no_better(name: str) -> None:
    case = load_case(VECTORS / f"{name}.json")
    whole, first = verify_case(case)["checks"], verify_core_case(case)
    for each in LESS[name]:
        mine = overall([check for check in first if check.name == each])
        assert mine is not CheckStatus.VALID
    if name != "good.key-distrusted":
        assert overall(first) is overall(whole)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_core_travels_unchanged(path: Path) -> None:
    core = core_of(Bundle.from_json(load_case(path)["bundle"]))
    assert Core.from_json(core.to_json()) == core


def test_a_withheld_recall_is_invalid() -> None:
    """The mirror says that it has read the recall's block, and leaves the record out."""
    case = load_case(VECTORS / "good.recall-withheld.json")
    case["bundle"]["mirror"]["blockNumber"] = case["facts"]["node"]["blockNumber"]
    found = {check.name: check for check in verify_core_case(case)}
    assert found["head-on-chain"].key == "head-on-chain.differs"
    assert found["head-on-chain"].status is CheckStatus.INVALID
    assert found["recall"].status is CheckStatus.INVALID


def test_without_a_node_nothing_is_valid() -> None:
    case = load_case(VECTORS / "good.json") | {"facts": None}
    assert overall(verify_core_case(case)) is CheckStatus.ERROR


def test_a_core_carries_no_text() -> None:
    case = core_case(load_case(VECTORS / "good.json"))
    parts = {"chain", "mirror", "batch", "appends"}
    assert case["core"].keys() == parts | {"format"}
