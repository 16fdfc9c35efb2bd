"""Reads the codes in a photo that a reader sent because their browser could not.

    (1) the declared type is JPEG or PNG, and the first bytes agree
    (2) it lies in memory that has no name, for as long as it is looked at; nothing is stored
    (3) a confined child decodes it (ADR 0014) and says the codes' texts
    (4) what the child says is checked like any input: a photo may have taken it over

This process never decodes a picture, and neither picture nor text is ever logged.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tracer.errors import BusyError, InputError
from tracer.gate.limits import MAX_CODE_CHARS, MAX_CODES
from tracer.gate.reasons import RefusedError
from tracer.gate.sandbox import sandbox_for
from tracer.gate.sniff import JPEG, PNG, check_declared, sniff_type

PHOTO_TYPES: Final = (JPEG, PNG)
MAX_READING: Final = 2
"""Photos that are decoded at once; more would only share the processors."""

MAX_ARRIVING: Final = 8
"""Photos that arrive at once: with 8 MiB each they fill 64 MiB at most."""

ARRIVAL_S: Final = 20.0
"""A photo of 1 MB takes this long on 400 kbit/s; who is slower only holds a place."""


class Places:
    """How many may do something at once; who finds no place is told so at once.

    Used from one thread, the event loop's.

    Args:
        most: places.
    """

    def __init__(self, most: int) -> None:
        self._free = most

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            BusyError: all are taken.
        """
        if self._free < 1:
            raise BusyError("other photos are being read", hint="Try again in a few seconds.")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def read_photo(data: bytes, declared: str) -> list[str]:
    """The texts of the QR codes in a photo, each once; none is no error.

    Args:
        data: the file.
        declared: its media type, as sent.

    Raises:
        InputError: it is not what it was declared as, or cannot be decoded within the limits.
        SandboxUnavailableError: no child could be started.
    """
    try:
        media_type = sniff_type(data)  # (1)
        check_declared(declared, media_type)
    except RefusedError as refused:
        raise _cannot_read(refused.reason.text) from None
    with _nameless(data) as file:  # (2)
        outcome = sandbox_for("photo").ask(file, {"mediaType": media_type})  # (3)
    if outcome.said is None:
        raise _cannot_read(outcome.reason.text if outcome.reason else "no answer")
    texts = outcome.said.get("texts")  # (4)
    if not isinstance(texts, list) or len(texts) > MAX_CODES or not all(map(_is_text, texts)):
        raise _cannot_read("the answer makes no sense")
    return texts


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_CODE_CHARS and _encodes(value)


def _encodes(text: str) -> bool:
    """A lone surrogate is a string of Python's, but no text."""
    return text.encode("utf-8", "replace").decode() == text


def _cannot_read(why: str) -> InputError:
    return InputError(
        f"the photo cannot be read: {why}", hint="Take it again, nearer to the code, as JPEG."
    )


@contextmanager
def _nameless(data: bytes) -> Iterator[int]:
    """A descriptor of the bytes, in memory where the system has that, and never under a name."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("photo", os.MFD_CLOEXEC)
        try:
            os.write(file, data)
            yield file
        finally:
            os.close(file)
    else:
        with tempfile.TemporaryFile(buffering=0) as unlinked:
            unlinked.write(data)
            yield unlinked.fileno()
