"""What all GS1 identifiers share: check digit, character set, lengths.

Sources: GS1 General Specifications §7.9 (check digits) and §7.11 (character set 82).
"""

CSET82 = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
MAX_AI_VALUE = 20  # AI 10 and AI 21 hold at most 20 characters
MAX_URI = 2000  # longer than any Digital Link a symbol can hold; longer input is an attack
GTIN_DIGITS = (8, 12, 13, 14)


def check_digit(digits: str) -> int:
    """GS1 modulo-10 check digit of the digits before it (weights 3, 1 from the right)."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return -total % 10
