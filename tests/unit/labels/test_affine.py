"""Runs of symbols against the encoder that makes one at a time: bit for bit."""

import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.domain.identifiers import CSET82, Gtin, Lot
from tracer.labels.run import LabelRun
from tracer.labels.symbol import Level, build_symbol

GTIN = Gtin("09520010001015")
CAPITALS = string.digits + string.ascii_uppercase
LEVELS: tuple[Level, ...] = ("L", "M", "Q", "H")


def assert_exact(run: LabelRun, serials: list[str]) -> None:
    """Every symbol of a run is the encoder's own."""
    made: list[str] = []
    for names, tables, symbols in run.symbols(serials):
        for serial, rows in zip(names, symbols, strict=True):
            modules = np.unpackbits(rows, axis=1)
            alone = build_symbol(run.uri(serial), level=run.level, mask=run.mask)
            assert alone.size == tables.size
            assert (modules[:, : tables.size] == np.array(alone.rows)).all(), serial
            assert not modules[:, tables.size :].any()
        made += names
    assert made == serials


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lot", ["A26B11K1", "A26B11K12"], ids=["even", "odd"])
@pytest.mark.parametrize("expiry", [None, "280210"], ids=["plain", "dated"])
def test_a_run_of_capitals(level: Level, lot: str, expiry: str | None) -> None:
    """Serials begin at an even and at an odd place of their segment."""
    rng = random.Random(20261128)
    run = LabelRun(GTIN, Lot(lot), expiry, "https://id.example.org", level, rng.randrange(8))
    assert_exact(run, ["".join(rng.choices(CAPITALS, k=20)) for _ in range(25)])


@settings(max_examples=25, deadline=None)
@given(
    host=st.sampled_from(["https://a.io", "https://id.example.org", "http://127.0.0.1:8000"]),
    lot=st.text(sorted(CSET82), min_size=1, max_size=20),
    serials=st.lists(st.text(sorted(CSET82), min_size=1, max_size=20), min_size=1, max_size=6),
    level=st.sampled_from(LEVELS),
    mask=st.integers(0, 7),
)
def test_any_serials_in_any_order(
    host: str, lot: str, serials: list[str], level: Level, mask: int
) -> None:
    """Lengths, alphabets and escapes may change from one tin to the next."""
    assert_exact(LabelRun(GTIN, Lot(lot), None, host, level, mask), serials)


def test_zeros_alone() -> None:
    """The encoder fails on a block of zeros; runs of them are made all the same."""
    run = LabelRun(GTIN, Lot("0" * 20), None, "https://a.io", "H")
    serials = ["0" * 20, "1" + "0" * 19]
    assert_exact(run, serials)


def test_a_symbol_of_two_tins_differs() -> None:
    run = LabelRun(GTIN, Lot("A26B11K1"), None, "https://id.example.org")
    ((_, _, symbols),) = run.symbols(["K0000001", "K0000002"])
    assert (symbols[0] != symbols[1]).any()
