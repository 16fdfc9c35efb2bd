"""The brokers' page seals a paper byte for byte as Python does, whatever its fields hold.

One node process seals all papers of a run. A failure prints the seed; to repeat it, set SEEDS.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tracer.domain.documents import (
    DOCUMENT_KIND,
    DocType,
    Document,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.identifiers import Gln
from tracer.domain.records import Record
from tracer.domain.statements import DeskIdentity, DocumentStatement, public_commitment
from tracer.errors import TracerError
from tracer.operations.event_reader import parse_past_moment

SCRIPT = Path(__file__).parents[1] / "browser" / "desk_stdin.js"
NODE = shutil.which("node") or ""
SEEDS = [7, random.randrange(2**32)]
CASES = 150
NOW_UNIX = 2_000_000_000
ORIGIN = "https://desk.example"
SIGNS = 'aZ09 _-.:/"\\\n\té中😀\U0001d538\uff5f\ue000\u2028\x7f\x01{}[]'
NAMES = ("netKg", "coNo", "__proto__", "constructor", "z", "é", "中", "\uff5f", "\U0001d538", "a b")
NUMBERS = (0, 1, -7, 10368.0, 0.1, 1e-7, 5e-324, 1.5e10, 2**53 - 1, 133632.0, -0.0)
MOMENTS = ("2026-03-26T09:00:00+08:00", "2026-03-02T09:05:00+13:00", "1999-12-31T23:59:59Z")

pytestmark = pytest.mark.skipif(not NODE, reason="node is not installed")


def some_text(dice: random.Random) -> str:
    return "".join(dice.choice(SIGNS) for _ in range(dice.randrange(12)))


def some_value(dice: random.Random, depth: int = 0) -> Any:
    leaf = (
        lambda: some_text(dice),
        lambda: dice.choice(NUMBERS),
        lambda: dice.choice([True, False, None]),
    )
    if depth > 2 or dice.random() < 0.7:
        return dice.choice(leaf)()
    if dice.random() < 0.5:
        return [some_value(dice, depth + 1) for _ in range(dice.randrange(4))]
    return {
        dice.choice(NAMES) + some_text(dice)[:2]: some_value(dice, depth + 1)
        for _ in range(dice.randrange(4))
    }


def some_paper(dice: random.Random) -> Paper:
    names = dice.sample(NAMES, dice.randrange(len(NAMES)))
    cut = dice.randrange(len(names) + 1)
    if dice.random() < 0.05:
        names[:0] = [dice.choice(["file", "type", "publicFields"])]
    return Paper(
        doc_type=dice.choice(list(DocType)),
        number=some_text(dice) or "1",
        issuer=Gln.parse("9520010001091"),
        issued_at=dice.choice(MOMENTS),
        public={name: some_value(dice) for name in names[:cut]},
        confidential={name: some_value(dice) for name in names[cut:]},
        file_sha256=dice.randbytes(32) if dice.random() < 0.7 else None,
    )


def sealed_here(paper: Paper, scope: Scope, salts: DocumentSalts) -> dict[str, Any]:
    try:
        document: Document = build_document(paper, scope, salts)
    except TracerError:
        return {"error": "PaperError"}
    moment = parse_past_moment(paper.issued_at, NOW_UNIX)
    record = Record(DOCUMENT_KIND[paper.doc_type], moment, None, document.commitment).pack()
    names = tuple(one.name for one in document.fields if one.name in document.open_names)
    statement = DocumentStatement(
        scope.batch_id,
        paper.doc_type,
        document.commitment,
        public_commitment(document.public_view()),
        names,
        NOW_UNIX,
    )
    head = "039d31e9" + scope.batch_id.hex() + f"{64:064x}" + f"{44:064x}"
    return {
        "commitment": document.commitment.hex(),
        "data": f"0x{head}{record.hex()}" + "00" * 20,
        "full": document.full_view(),
        "openFields": list(names),
        "record": record.hex(),
        "shown": document.public_view(),
        "typed": statement.typed_data(DeskIdentity(scope.chain_id, scope.contract, ORIGIN)),
    }


def told(paper: Paper, scope: Scope, salts: DocumentSalts) -> dict[str, Any]:
    """The same case as the page's modules take it."""
    return {
        "nowUnix": NOW_UNIX,
        "origin": ORIGIN,
        "paper": {
            "type": paper.doc_type.name,
            "number": paper.number,
            "issuer": paper.issuer.value,
            "issuedAt": paper.issued_at,
            "open": paper.public,
            "sealed": paper.confidential,
            "file": paper.file_sha256.hex() if paper.file_sha256 else "",
        },
        "scope": {
            "chainId": scope.chain_id,
            "contract": scope.contract.hex(),
            "batchId": scope.batch_id.hex(),
        },
        "salts": {"document": salts.document.hex(), "fields": [one.hex() for one in salts.fields]},
    }


def count_salts(paper: Paper) -> int:
    try:
        return salts_needed(paper)
    except TracerError:
        return 1


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])  # same ids in every worker
def test_page_and_python_seal_alike(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    cases = []
    for _ in range(CASES):
        paper = some_paper(dice)
        scope = Scope(dice.choice([1, 31337, 2**40]), dice.randbytes(20), dice.randbytes(32))
        fields = tuple(dice.randbytes(16) for _ in range(count_salts(paper)))
        cases.append((paper, scope, DocumentSalts(dice.randbytes(32), fields)))
    done = subprocess.run(
        [NODE, SCRIPT],
        input=json.dumps([told(*case) for case in cases]).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    for case, result in zip(cases, json.loads(done.stdout), strict=True):
        assert result == sealed_here(*case), case
