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
PLACES = ["sequence", "blockNumber", "blockHash", "transactionHash", "logIndex"]

NO_REGISTRATION = {
    *(f"good.batch.{name}" for name in ("batchId", "gtin", "lot", *PLACES)),
    *("good.chain.chainId", "good.chain.contract"),
    *("good.batch-unknown-to-the-ledger", "good.node-shows-no-registration"),
    *("good.registered-by-another-party", "good.registered-under-another-id"),
}
"""`batch-row`: the core asks for no log, so it never sees the registration. GTIN and lot are bound
by `batch-id`, chain and contract by `records-fold`."""

NO_GENESIS = {"good.chain.genesisHash", "good.chain.deployBlock", "good.ledger-created-elsewhere"}
"""`same-chain`: the core asks for the chain's id, not for block 0 and the deployment."""

OTHER_PARTIES = {"good.append[1].gln", "good.last-append-missing", "good.party-added"}
"""`parties-on-chain`: a core holds the owner and writers only, so it shows no party too many."""

UNCOUNTED = {"good.recall-withheld"}
"""`head-on-chain`: without logs it is known that newer records exist, but not how many. The
status is the same."""

EXCEPTIONS = {
    **dict.fromkeys(NO_REGISTRATION, "batch-row"),
    **dict.fromkeys(NO_GENESIS, "same-chain"),
    **dict.fromkeys(OTHER_PARTIES, "parties-on-chain"),
    **dict.fromkeys(UNCOUNTED, "head-on-chain"),
}
"""Vector -> the one check that differs."""

FROM_THE_PAGE = "expiry"  # the core takes the date from the page, the whole check from the papers


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
    assert compared(first, names - {EXCEPTIONS.get(path.stem)}) == compared(
        whole, names - {EXCEPTIONS.get(path.stem)}
    )
    excepted = {EXCEPTIONS.get(path.stem)} & names
    assert compared(first, excepted) != compared(whole, excepted) or not excepted


def test_what_it_counts_as_late_has_the_same_status() -> None:
    for name in UNCOUNTED:
        case = load_case(VECTORS / f"{name}.json")
        statuses = [
            next(check.status for check in checks if check.name == "head-on-chain")
            for checks in (verify_case(case)["checks"], verify_core_case(case))
        ]
        assert statuses == [CheckStatus.ERROR, CheckStatus.ERROR]


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
    parts = {"chain", "mirror", "batch", "appends", "parties", "signed"}
    assert case["core"].keys() == parts | {"format"}
    assert all("profile" not in row for row in case["core"]["parties"].values())
