"""JSON with one spelling (RFC 8785) and its digest.

Text is canonicalised once, by the writer. From then on the exact text travels and everybody
hashes the text, so that nobody else needs a canonicaliser.
"""

import hashlib
from typing import Any

import rfc8785

from tracer.errors import InputError


def canonical_text(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """RFC 8785 text of a JSON value.

    Raises:
        InputError: something in it has no canonical JSON form, such as NaN, a whole number
            beyond ±(2^53 - 1), a key that is not text, or a lone surrogate.
    """
    try:
        return rfc8785.dumps(value).decode("utf-8")
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        msg = f"cannot be written as canonical JSON: {error}"
        raise InputError(msg) from error


def digest_text(text: str) -> bytes:
    """SHA-256 of the text's UTF-8 bytes; what a record pins.

    Raises:
        InputError: the text holds a lone surrogate.
    """
    try:
        return hashlib.sha256(text.encode("utf-8")).digest()
    except UnicodeEncodeError as error:
        msg = f"text is not Unicode: {error}"
        raise InputError(msg) from error
