"""Everything wrong with one file, told at once: where, which value, which rule.

A reader that stops at the first mistake makes a clerk run it twenty times. Readers here go on,
collect what they find, and raise one `InvalidFileError` that lists it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from tracer.errors import InputError, InvalidFileError

_T = TypeVar("_T")

MAX_LISTED = 20  # more than anyone mends in one go; the rest is counted
MAX_SHOWN = 60  # characters of a wrong value: enough to find it, too few to flood a terminal
FIX_AND_RERUN = "Mend the file and run the same command again; nothing was written."


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes:
        place: where in the file: a JSON path, or row and column.
        value: the value as the file has it; None when something is missing.
        rule: what should have been there.
    """

    place: str
    value: object
    rule: str

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {shorten(self.value)}"
        return f"{self.place}{shown}: {self.rule}"


def shorten(value: object) -> str:
    """The value as a person may read it: quoted, on one line, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


class Findings:
    """Collects the broken rules of one file.

    Attributes:
        file: the file's name as the user gave it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._listed: list[Finding] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, place: str, value: object, rule: str) -> None:
        """Note one broken rule."""
        self._count += 1
        if self._count <= MAX_LISTED:
            self._listed.append(Finding(place, value, rule))

    def raise_if_any(self) -> None:
        """Raise what was found.

        Raises:
            InvalidFileError: at least one rule is broken.
        """
        if not self._count:
            return
        lines = [f"{self.file} breaks {self._count} rule{'s' if self._count > 1 else ''}:"]
        lines += [f"  {finding}" for finding in self._listed]
        if self._count > MAX_LISTED:
            lines.append(f"  … and {self._count - MAX_LISTED} more")
        raise InvalidFileError("\n".join(lines), hint=FIX_AND_RERUN)

    def sound(self, value: _T | None) -> _T:
        """The value that was read, now that nothing is wrong.

        Raises:
            InvalidFileError: at least one rule is broken.
        """
        self.raise_if_any()
        if value is None:
            raise AssertionError("a reader gave nothing and noted nothing")
        return value


def one_finding(file: str, place: str, value: object, rule: str) -> InvalidFileError:
    """The error for a file that cannot be read any further."""
    return InvalidFileError(f"{file}: {Finding(place, value, rule)}", hint=FIX_AND_RERUN)


def unknown_name(what: str, name: str, allowed: Iterable[str]) -> str:
    """The rule that an unknown key or column breaks, with the nearest allowed name."""
    names = sorted(allowed)
    near = get_close_matches(name, names, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what}; {meant}allowed: {', '.join(names)}"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of a file becomes a typed value.

    Attributes:
        parse: turns the raw value into a typed one; raises InputError with the rule it breaks.
        required: whether the field must be there.
        default: what stands for a missing field that need not be there.
    """

    parse: Callable[[Any], Any]
    required: bool = True
    default: Any = None


def read_fields(
    raw: object, place: str, rules: Mapping[str, FieldRule], findings: Findings
) -> dict[str, Any] | None:
    """Read one JSON object by a table of rules.

    Args:
        raw: what stands in the file.
        place: its JSON path.
        rules: every allowed key.
        findings: where broken rules go.

    Returns:
        A value for every key of `rules`, or None when at least one rule is broken.
    """
    if not isinstance(raw, dict):
        findings.add(place, raw, "must be an object in braces")
        return None
    ok = True
    for key in raw.keys() - rules.keys():
        findings.add(under(place, key), raw[key], unknown_name("key", key, rules))
        ok = False
    values: dict[str, Any] = {}
    for key, rule in rules.items():
        if key not in raw:
            values[key] = rule.default
            if rule.required:
                findings.add(under(place, key), None, "is missing")
                ok = False
            continue
        try:
            values[key] = rule.parse(raw[key])
        except InputError as error:
            findings.add(under(place, key), raw[key], str(error))
            ok = False
    return values if ok else None


def under(place: str, key: str) -> str:
    """The JSON path of a key below a place."""
    return f"{place}.{key}" if place else key
