"""Read untrusted JSON strictly: known keys only, exact types, bounded sizes, errors with a place.

A reader walks a parsed JSON value. Each method returns the value in its Python type or raises
`InvalidFileError` naming the place (`appends[3].head`), what was found and what is wanted.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, Self

from tracer.domain.identifiers import GLN_DIGITS
from tracer.errors import InvalidFileError, LimitExceededError

MAX_SHOWN = 60  # characters of a wrong value that an error repeats; more would flood a terminal
MAX_SAFE_INTEGER = 2**53 - 1  # the largest whole number every JSON reader keeps exact


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"key {twice[:MAX_SHOWN]!r} occurs twice in one object"
        raise InvalidFileError(msg, hint="Readers would disagree on which one counts.")
    return value


def _no_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise InvalidFileError(msg)


def parse_json(text: str, *, what: str, max_chars: int) -> object:
    """Parse JSON text: no duplicate keys, no NaN, at most `max_chars` characters.

    Raises:
        LimitExceededError: longer than `max_chars`.
        InvalidFileError: not JSON, or an object names a key twice.
    """
    if len(text) > max_chars:
        msg = f"{what} has {len(text)} characters, more than {max_chars}"
        raise LimitExceededError(msg)
    try:
        value: object = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        msg = f"{what} is not JSON: {error}"
        raise InvalidFileError(msg) from error
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """One JSON value and the place it stands at."""

    value: object
    place: str

    def fail(self, wanted: str) -> NoReturn:
        """Raise `InvalidFileError` for this place."""
        shown = repr(self.value)
        shown = shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
        msg = f"{self.place}: {shown} is not {wanted}"
        raise InvalidFileError(msg)

    def fields(self, names: str) -> Iterator[Self]:
        """Yield the members of an object that has exactly the given space-separated names."""
        wanted = names.split()
        if not isinstance(self.value, dict):
            self.fail("an object")
        if unknown := sorted(set(map(str, self.value)) - set(wanted)):
            msg = f"{self.place}: unknown key {unknown[0][:MAX_SHOWN]!r}"
            raise InvalidFileError(msg)
        if missing := [name for name in wanted if name not in self.value]:
            msg = f"{self.place}: key {missing[0]!r} is missing"
            raise InvalidFileError(msg)
        for name in wanted:
            yield type(self)(self.value[name], f"{self.place}.{name}")

    def items(self, most: int) -> Iterator[tuple[str, Self]]:
        """Yield key and member of an object with free keys, at most `most` of them."""
        if not isinstance(self.value, dict):
            self.fail("an object")
        self._bound(len(self.value), most)
        for name, value in self.value.items():
            yield str(name), type(self)(value, f"{self.place}[{str(name)[:MAX_SHOWN]}]")

    def array(self, most: int) -> Iterator[Self]:
        """Yield the members of an array of at most `most`."""
        if not isinstance(self.value, list):
            self.fail("an array")
        self._bound(len(self.value), most)
        for position, value in enumerate(self.value):
            yield type(self)(value, f"{self.place}[{position}]")

    def _bound(self, count: int, most: int) -> None:
        if count > most:
            msg = f"{self.place} has {count} members, more than {most}"
            raise LimitExceededError(msg)

    def whole(self, most: int = MAX_SAFE_INTEGER) -> int:
        """A whole number from 0 to `most`."""
        if type(self.value) is not int or not 0 <= self.value <= most:
            self.fail(f"a whole number from 0 to {most}")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail("true or false")
        return self.value

    def text(self, most: int) -> str:
        """Text of at most `most` characters that UTF-8 can hold."""
        if not isinstance(self.value, str):
            self.fail("text")
        self._bound(len(self.value), most)
        try:
            self.value.encode()
        except UnicodeEncodeError:
            self.fail("text without lone surrogates")
        return self.value

    def hex(self, size: int) -> bytes:
        """`size` bytes in lower-case hexadecimal without 0x."""
        return self.hex_up_to(size, exactly=True)

    def hex_up_to(self, most: int, *, exactly: bool = False) -> bytes:
        """At most (or exactly) `most` bytes in lower-case hexadecimal without 0x."""
        text = self.text(2 * most)
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        if data.hex() != text or (exactly and len(data) != most):
            self.fail(f"{most if exactly else 'whole'} bytes in lower-case hexadecimal")
        return data

    def gln(self) -> int:
        """Thirteen digits; whether the check digit holds is a verifier's business."""
        text = self.text(GLN_DIGITS)
        if len(text) != GLN_DIGITS or not (text.isascii() and text.isdigit()):
            self.fail(f"{GLN_DIGITS} digits")
        return int(text)
