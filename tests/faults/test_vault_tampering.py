"""Thousands of tampered containers: none is accepted, and not one byte of any is released."""

import collections

import pytest
from vault_tampering import released, tamperings

pytestmark = pytest.mark.faults

SEED = 20261128
FLIPS, CUTS = 200, 300
LEAST = 2_000
KINDS = {
    "key with": "another key",
    "bit": "bit flipped",
    "cut": "cut short",
    "added": "bytes added",
    " of ": "piece of another",
    "opened as": "another name expected",
}


def test_no_tampered_container_is_accepted() -> None:
    print(f"seed {SEED}")
    accepted, partial, counts = [], [], collections.Counter[str]()
    for what, data, name, dek in tamperings(SEED, FLIPS, CUTS):
        counts[_kind(what)] += 1
        out = released(data, name, dek)
        if out is None:
            accepted.append(what)
        elif out:
            partial.append(what)
    for kind, count in sorted(counts.items()):
        print(f"| {kind:<24} | {count:>5} |")
    total = counts.total()
    print(f"| containers tampered with | {total:>5} |")
    print(f"| accepted {len(accepted)} | partly released {len(partial)} |")
    assert total >= LEAST
    assert (accepted, partial) == ([], [])


def _kind(what: str) -> str:
    return next((kind for word, kind in KINDS.items() if word in what), "chunks rearranged")
