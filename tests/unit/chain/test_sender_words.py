"""What nodes say to a signed transaction, in their own words."""

import pytest

from tracer.chain.sender import SendAnswer, classify_refusal, is_poor

ANSWERS = [
    # anvil 1.7
    ("transaction already imported", SendAnswer.KNOWN),
    ("nonce too low", SendAnswer.NONCE_USED),
    ("replacement transaction underpriced", SendAnswer.UNDERPRICED),
    ("max fee per gas less than block base fee", SendAnswer.FEE_TOO_LOW),
    # geth 1.13 to 1.15
    ("already known", SendAnswer.KNOWN),
    ("nonce too low: next nonce 5, tx nonce 4", SendAnswer.NONCE_USED),
    ("replacement transaction underpriced: new tx gas fee cap 1", SendAnswer.UNDERPRICED),
    ("transaction underpriced: tip needed 1, tip permitted 0", SendAnswer.FEE_TOO_LOW),
    ("max fee per gas less than block base fee: address 0x…, maxFeePerGas", SendAnswer.FEE_TOO_LOW),
    # besu
    ("Known transaction", SendAnswer.KNOWN),
    ("Nonce too low", SendAnswer.NONCE_USED),
    ("NONCE_TOO_LOW", SendAnswer.NONCE_USED),
    ("Gas price below configured minimum gas price", SendAnswer.FEE_TOO_LOW),
    # nethermind
    ("AlreadyKnown", SendAnswer.KNOWN),
    ("OldNonce, Current nonce: 5, nonce of rejected tx: 4", SendAnswer.NONCE_USED),
    ("ReplacementNotAllowed", SendAnswer.UNDERPRICED),
    ("FeeTooLow, MaxFeePerGas too low", SendAnswer.FEE_TOO_LOW),
]


@pytest.mark.parametrize(("words", "answer"), ANSWERS)
def test_known_words(words: str, answer: SendAnswer) -> None:
    assert classify_refusal(words) is answer
    assert not is_poor(words)


@pytest.mark.parametrize(
    "words", ["txpool is full", "exceeds block gas limit", "intrinsic gas too low", ""]
)
def test_other_words_are_not_guessed_at(words: str) -> None:
    assert classify_refusal(words) is None


@pytest.mark.parametrize(
    "words",
    [
        "insufficient funds for gas * price + value",  # geth
        "Insufficient funds for gas * price + value",  # anvil
        "Upfront cost exceeds account balance",  # besu
        "InsufficientFunds, Account balance: 0",  # nethermind
    ],
)
def test_poverty(words: str) -> None:
    assert is_poor(words)
    assert classify_refusal(words) is None
