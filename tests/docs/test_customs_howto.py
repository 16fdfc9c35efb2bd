"""The program that docs/howto/customs.md gives to customs systems makes statements that hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracer.domain.checks import CheckStatus
from tracer.domain.customs_belief import PinnedKey, read_signed
from tracer.domain.customs_statement import Ruling
from tracer.operations.customs_adapter import ClearanceRequest

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "customs.md"
REASONS = [{"code": "ORIGIN", "text": "原产地证书 of another lot"}]


@pytest.mark.parametrize(
    ("ruling", "reasons"), [("RELEASED", []), ("REFUSED", REASONS), ("PENDING", REASONS)]
)
def test_its_statements_are_believed(ruling: str, reasons: list[dict[str, str]]) -> None:
    program = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert program is not None
    names: dict[str, Any] = {}
    exec(program[1], names)
    request = ClearanceRequest(
        chain_id=31337,
        contract=bytes(20),
        batch_id=bytes(32),
        gtin="09520010001015",
        lot="A26B11K1",
        declaration="224820261000300451",
        commitment=bytes(range(32)),
        declared_at_unix=1_774_500_000,
        arrived_at_unix=None,
    )
    key = Ed25519PrivateKey.generate()
    asked = json.loads(request.text)
    times = ("2026-03-27T07:30:00Z", "2026-04-27T07:30:00Z")
    text = names["sign_statement"](key, asked, ruling, reasons, *times)
    pinned = PinnedKey(key.public_key().public_bytes_raw(), "customs", 0, 2**40 - 1)
    statement, check = read_signed(text.encode(), {pinned.key_id: pinned})
    assert check.status is CheckStatus.VALID, check.reason
    assert statement is not None
    assert (statement.ruling, statement.commitment) == (Ruling(ruling), request.commitment)
