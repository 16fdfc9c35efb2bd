import contextlib
import itertools
import random
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_defunct, encode_typed_data

from tracer.domain.statements import (
    ApiRequest,
    DeskIdentity,
    DocumentStatement,
    SignIn,
    public_commitment,
    read_issued_at,
)
from tracer.errors import InputError, NotAuthenticatedError
from tracer.vault.signatures import (
    HALF_ORDER,
    checksum_address,
    hash_personal,
    hash_typed_data,
    parse_signature,
    recover,
)

IDENTITY = DeskIdentity(31337, bytes(range(20)), "https://desk.example.org")
ORDER = 2 * HALF_ORDER + 1
SIGN_IN = SignIn(
    "desk.example.org",
    "0x" + "aB" * 20,
    "https://desk.example.org",
    31337,
    "0123456789abcdef",
    1_790_000_000,
    1_790_000_300,
)


def some_statement(dice: random.Random) -> DocumentStatement:
    names = ("number", "issuedAt", "中文", "", "é" * 30, "type")
    return DocumentStatement(
        dice.randbytes(32),
        dice.randrange(2**16),
        dice.randbytes(32),
        dice.randbytes(32),
        tuple(dice.choices(names, k=dice.randrange(5))),
        dice.randrange(2**40),
    )


def test_typed_data_hash_as_another_library_hashes_them() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(20):
        request = ApiRequest(
            "PUT", "/v1/é?x=1", dice.randbytes(32), dice.randbytes(32), dice.randrange(2**63)
        )
        for thing in (some_statement(dice), request):
            typed = thing.typed_data(IDENTITY)
            theirs = _hash_eip191_message(encode_typed_data(full_message=typed))
            assert hash_typed_data(typed) == theirs, typed


def test_signatures_recover_to_who_gave_them() -> None:
    account = Account.create()
    address = bytes.fromhex(account.address[2:])
    assert checksum_address(address) == account.address
    for text in ("", "short", "é" * 300):
        signed = account.sign_message(encode_defunct(text=text))
        assert recover(hash_personal(text), bytes(signed.signature)) == address
        assert recover(hash_personal(text + " "), bytes(signed.signature)) != address


def test_the_twin_of_a_signature_is_refused() -> None:
    signed = Account.create().sign_message(encode_defunct(text="once"))
    twin_s = (ORDER - signed.s).to_bytes(32, "big")
    twin = bytes(signed.signature[:32]) + twin_s + bytes([27 + 28 - signed.v])
    recovered = Account.recover_message(encode_defunct(text="once"), signature=twin)
    assert recovered, "the library takes it, so we must not"
    with pytest.raises(NotAuthenticatedError, match="high s"):
        recover(hash_personal("once"), twin)


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(64), bytes(65), bytes(64) + b"\x1b", b"\xff" * 32 + bytes(32) + b"\x1b",
     b"\x01" * 64 + b"\x00", b"\x01" * 64 + b"\x1d", bytes(66)],
)  # fmt: skip
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(NotAuthenticatedError):
        recover(bytes(32), signature)


@pytest.mark.parametrize("text", ["", "0x", "0x" + "g" * 130, "00" * 65, "0x" + "00" * 64, "é" * 9])
def test_what_is_no_signature_text_is_refused(text: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        parse_signature(text)


def test_everything_in_a_statement_and_its_place_changes_the_hash() -> None:
    dice = random.Random(3)
    one = some_statement(dice)
    variants = [
        one,
        replace(one, batch_id=bytes(32)),
        replace(one, doc_type=one.doc_type ^ 1),
        replace(one, commitment=bytes(32)),
        replace(one, public_commitment=bytes(32)),
        replace(one, open_fields=(*one.open_fields, "x")),
        replace(one, issued_at_unix=one.issued_at_unix + 1),
    ]
    places = [
        IDENTITY,
        replace(IDENTITY, chain_id=1),
        replace(IDENTITY, contract=bytes(20)),
        replace(IDENTITY, origin="https://desk.example.com"),
    ]
    hashes = {
        hash_typed_data(it.typed_data(place)) for it, place in itertools.product(variants, places)
    }
    assert len(hashes) == len(variants) * len(places)


def test_a_statement_survives_json() -> None:
    one = some_statement(random.Random(4))
    assert DocumentStatement.from_message(one.message()) == one


@pytest.mark.parametrize(
    "change",
    [
        {"batchId": "00" * 32}, {"batchId": "0x" + "00" * 31}, {"batchId": "0x" + "AA" * 32},
        {"docType": 2**16}, {"docType": "1"}, {"docType": True}, {"issuedAt": -1},
        {"issuedAt": 2**63}, {"openFields": "number"}, {"openFields": [1]},
        {"openFields": ["x"] * 257}, {"openFields": ["x" * 129]}, {"more": 1},
    ],
)  # fmt: skip
def test_a_malformed_statement_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        DocumentStatement.from_message(some_statement(random.Random(5)).message() | change)


@pytest.mark.parametrize("value", [None, [], "x", 1, {}])
def test_what_is_no_statement_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        DocumentStatement.from_message(value)


def test_the_public_commitment_is_the_digest_of_the_public_view() -> None:
    assert public_commitment("abc").hex().startswith("ba7816bf8f01cfea")


def test_a_sign_in_survives_its_text() -> None:
    assert SignIn.parse(SIGN_IN.text()) == SIGN_IN


def test_no_other_spelling_of_a_sign_in_is_taken() -> None:
    text = SIGN_IN.text()
    dice = random.Random(6)
    for at in range(len(text)):
        for other in (
            text[:at] + text[at + 1 :],
            text[:at] + chr(dice.randrange(32, 400)) + text[at:],
        ):
            try:
                parsed = SignIn.parse(other)
            except InputError:
                continue
            assert parsed.text() == other
            assert parsed != SIGN_IN


@pytest.mark.parametrize(
    "change",
    [("Chain ID: 31337", "Chain ID: 0x1"), ("Version: 1", "Version: 2"), ("Nonce: ", "Nonce: é"),
     ("This costs nothing.", "This costs all."), ("Z\n", "+00:00\n"), ("2026", "9999"),
     ("Issued At: 2026-09-21T", "Issued At: 2026-13-21T"), ("\n\n", "\r\n\r\n")],
)  # fmt: skip
def test_a_changed_sign_in_is_refused(change: tuple[str, str]) -> None:
    text = SIGN_IN.text().replace(*change)
    assert text != SIGN_IN.text()
    with contextlib.suppress(InputError):
        assert SignIn.parse(text) != SIGN_IN
    with pytest.raises(InputError):
        SignIn.parse(SIGN_IN.text() + "\n")
    with pytest.raises(InputError):
        SignIn.parse("x" * 2000)


def test_moments_of_papers() -> None:
    assert read_issued_at("2026-03-26T09:00:00+08:00") == 1774486800
    for wrong in ("2026-03-26T09:00:00", "", "1969-01-01T00:00:00Z", None, 5, [], "9" * 99):
        with pytest.raises(InputError):
            read_issued_at(wrong)
