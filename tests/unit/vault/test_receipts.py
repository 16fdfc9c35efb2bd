"""A receipt is the vault's word: every fact in it is signed."""

from dataclasses import replace
from typing import Any

import pytest
from vaults import OWNER, ROOT, doc_id_of

from tracer.errors import InputError
from tracer.vault.keys import RootKey
from tracer.vault.receipts import Receipt

KEYS = RootKey(ROOT)
UNSIGNED = Receipt(doc_id_of(1), OWNER, "file", bytes(32), 5, 1_800_000_000, "ab" * 32)
RECEIPT = UNSIGNED.signed(KEYS.sign(UNSIGNED.message()))


class TestVerify:
    def test_accepts_what_the_vault_signed(self) -> None:
        assert RECEIPT.verify(KEYS.public_key)

    @pytest.mark.parametrize(
        "change",
        [
            {"doc_id": doc_id_of(2)},
            {"org": OWNER + 1},
            {"part": "view"},
            {"sha256": bytes([1] * 32)},
            {"size": 6},
            {"stored_at_unix": 1},
            {"blob": "cd" * 32},
            {"signature": bytes(64)},
            {"signature": b""},
        ],
    )
    def test_refuses_any_other_fact(self, change: dict[str, Any]) -> None:
        assert not replace(RECEIPT, **change).verify(KEYS.public_key)

    @pytest.mark.parametrize("key", [b"", bytes(32), RootKey(bytes(32)).public_key])
    def test_refuses_any_other_key(self, key: bytes) -> None:
        assert not RECEIPT.verify(key)


class TestFromJson:
    def test_reads_what_to_json_wrote(self) -> None:
        assert Receipt.from_json(RECEIPT.to_json()) == RECEIPT

    @pytest.mark.parametrize(
        "change",
        [
            {"org": "x"},
            {"org": 9421900000005},
            {"sha256": "AB" * 32},
            {"signature": "!"},
            {"extra": 1},
            {"signature": None},
        ],
    )
    def test_refuses_another_form(self, change: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="no receipt"):
            Receipt.from_json(RECEIPT.to_json() | change)

    def test_refuses_a_missing_field(self) -> None:
        fields = RECEIPT.to_json()
        del fields["blob"]
        with pytest.raises(InputError, match="no receipt"):
            Receipt.from_json(fields)
