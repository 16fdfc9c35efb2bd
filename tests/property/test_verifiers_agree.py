"""On bundles damaged at random places, Python and JavaScript come to the same checks.

One node process verifies all cases of a run. A failure prints the seed; to repeat it, set SEEDS.
"""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle_damages import good_case
from bundle_vectors import verify_case
from sample_batches import (
    ABROAD,
    AS_OF_UNIX,
    AUTHORITY,
    DAY_S,
    LOT,
    OILS,
    OTHER_LOT,
    SERIAL,
    START_UNIX,
    import_batch,
    other_batch,
)

from tracer.domain.bundle import ChainFacts
from tracer.domain.documents import DocType
from tracer.errors import InputError

SCRIPT = Path(__file__).parents[1] / "browser" / "verify_cases.js"
NODE = shutil.which("node") or ""
SEEDS = [1, random.randrange(2**32)]
CASES = 150
LIES = 60
BASES = (
    *("good", "good-import", "good-held", "odd-place", "lie-C4-cited-origin-number"),
    *("odd-number-shared-by-two-lots", "odd-customs-object", "odd-supplier-banned-since"),
)
CHARACTERS = '0123456789abcdef"{}[]:,.-Zz \\'

pytestmark = pytest.mark.skipif(not NODE, reason="node is not installed")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(member, dict | list):
            yield from leaves(member, (*path, name))
        else:
            yield (*path, name), member


def other(dice: random.Random, old: Any) -> Any:
    """Another value, mostly of the same form."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return dice.choice([old + 1, max(0, old - 1), 0, 3, old * 2])
    if not old:
        return dice.choice([None, "9520010001077"])
    place = dice.randrange(len(old))
    near = chr(ord(old[place]) ^ 1)
    return old[:place] + dice.choice([near, dice.choice(CHARACTERS), ""]) + old[place + 1 :]


def damaged(dice: random.Random) -> dict[str, Any]:
    case = json.loads(json.dumps(good_case(dice.choice(BASES))))
    places = list(leaves({"bundle": case["bundle"], "facts": case["facts"]}))
    texts = [leaf for leaf in places if leaf[0][1] in {"contents", "documents"}]
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        path, old = dice.choice(texts if dice.random() < 0.3 else places)
        value = case
        for name in path[:-1]:
            value = value[name]
        value[path[-1]] = other(dice, old)
    return case


TEXTS = (
    *("", "@1", "@99999999999999", "x", "NZ", "IE", "CO-451", "co 451", "224820261000300451"),
    *("2026-02-11", "2026-02-30", "2026-02-20T10:00:00+13:00", "9999-12-31", "0001-01-01", "1"),
    *("CNLD05209901010001", "国食注字YP20990001", "XMPU2603016", "NZTRG", "CNSHA", "1.5", "-3"),
    *("__proto__", "constructor", "geo:-37.9,175.4", "\u00df", "4.5 + 4.5", "1e3", "\ud7ff"),
)
PAPERS = {
    "product": "gtin stage netWeightG originCountry tins productionDate bestBefore shelfLifeMonths"
    " ageMonths formulaRegistrationNo manufacturer519 places lot",
    "lab_report": "lot sampledAt receivedAt testedFrom testedTo",
    "packing_list": "netKg grossKg tins container seal pallets cartons lot productionDate",
    "health_certificate": "netKg grossKg tins container seal establishmentNo bestBefore pallets",
    "certificate_of_origin": "originCountry netKg certifiedNetKg hs6 @issuer",
    "bill_of_lading": "container seal grossKg onBoard vesselImo voyage pol pod certifiedGrossKg",
    "declaration": "netKg grossKg tins container ciq hs office coNo healthCertNo bl formulaNo"
    " manufacturer519 consigneeUscc declaredAt portOfEntry vesselImo originCountry",
    "ciq_certificate": "declaration lots port netKg inspectedAt",
    "canning": "cbvmda:lotNumber tracer:serialCount cbvmda:itemExpirationDate",
    "blending": "inputQuantityList outputQuantityList",
    "departure": "readPoint epcList parentID",
    "receipt": "quantityList sourceList bizTransactionList",
}


def invented(dice: random.Random) -> Any:
    """A value that an issuer may write into any field."""
    number = dice.choice([0, 1, 4.5, 4.52, 5, 5.95, 450, 900, 1e12, 1e21, -1, 0.1 + 0.2, 1e-7])
    row = {
        "epcClass": dice.choice(["https://id.gs1.org/01/09520010010017/10/OIL", 7]),
        "quantity": dice.choice([number, "4", True, None]),
        "uom": dice.choice(["KGM", "KGM", "LTR"]),
        "source": "https://id.gs1.org/414/9520010001145",
        "bizTransaction": "urn:example:tracer:doc:BILL_OF_LADING:XMPL117",
    }
    place = {"country": "NZ", "lat": dice.choice([-37.66, 91, "x"]), "lon": 176.19}
    return dice.choice(
        [
            *(dice.choice(TEXTS), dice.choice(TEXTS), number, number, True, None),
            *([row, row], [row, 5], [dice.choice(TEXTS)], {"9520010001053": place}, {"id": "x"}),
            {"id": dice.choice(TEXTS)},
        ]
    )


def lying(dice: random.Random) -> dict[str, Any]:
    """An import whose genuine papers and events say anything, and another lot beside it."""
    changes: dict[str, dict[str, Any]] = {}
    for _ in range(dice.choice([1, 1, 2, 4])):
        name = dice.choice(list(PAPERS))
        field = dice.choice(PAPERS[name].split())
        value = dice.choice([ABROAD, AUTHORITY]) if field == "@issuer" else invented(dice)
        changes.setdefault(name, {})[field] = value
    ledger = import_batch(**changes)
    if dice.random() < 0.5:
        public = {"netKg": invented(dice), "grossKg": 2, "coNo": "CO-451", "lots": [LOT, OTHER_LOT]}
        types = (DocType.CUSTOMS_DECLARATION, DocType.CERTIFICATE_OF_ORIGIN)
        numbers = ("224820261000300999", "224820261000300451", "CO-451")
        paper = (dice.choice(types), dice.choice(numbers), AUTHORITY, public)
        ledger.share(other_batch(paper))
    ledger.with_party(OILS, status=dice.choice([1, 1, 2, 3]))
    ledger.bans[int(OILS)] = START_UNIX + dice.choice([-20, 20]) * DAY_S
    bundle = ledger.bundle(SERIAL)
    return {
        "link": "",
        "asOfUnix": AS_OF_UNIX,
        "nodeError": "",
        "bundle": bundle.to_json(),
        "facts": ledger.facts(bundle).to_json(),
    }


def python_says(case: dict[str, Any]) -> dict[str, Any] | None:
    """The outcome; None for a bundle whose form is refused."""
    try:
        outcome = verify_case(case)
    except InputError:
        return None
    rows = [
        [one.step, one.name, one.status.value, one.subject, one.key, dict(one.params)]
        for one in outcome["checks"]
    ]
    return {"overall": outcome["overall"], "checks": rows}


def has_readable_facts(case: dict[str, Any]) -> bool:
    """Facts are the verifier's own; damage that no reader of a node produces is left out."""
    try:
        ChainFacts.from_json(case["facts"])
    except InputError:
        return False
    return True


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])  # same ids in every worker
def test_same_checks(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    compare([case for _ in range(CASES) if has_readable_facts(case := damaged(dice))])


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])
def test_same_checks_of_whatever_papers_say(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    compare([lying(dice) for _ in range(LIES)])


def compare(cases: list[dict[str, Any]]) -> None:
    """Python and JavaScript say the same about every case."""
    done = subprocess.run(
        [NODE, str(SCRIPT)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == len(cases)
    for case, browser in zip(cases, outcomes, strict=True):
        python = python_says(case)
        if python is None:
            assert browser["overall"] == "INVALID"
        else:
            assert browser == python
