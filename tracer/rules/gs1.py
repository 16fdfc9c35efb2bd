"""GS1 Application Identifiers as data: `gs1_ais.json`, and the code lists of `gs1_codes.json`.

One entry describes one AI or a range of them. A `form` is written as parts with spaces between:
`N13:check,prefix1 ?X..17` is 13 digits with a check digit that start with a company prefix, and
perhaps up to 17 characters behind them. Character sets: N digits, X set 82, Y set 39, Z base64url.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_PART = re.compile(r"(\??)([NXYZ])(\.\.)?([0-9]+)(?::([a-z0-9,]+))?")


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a value.

    Attributes:
        charset: N, X, Y or Z.
        minimum: characters.
        maximum: characters.
        is_optional: whether a value may end before it.
        checks: names of what else must hold, see `tracer.domain.gs1_values`.
    """

    charset: str
    minimum: int
    maximum: int
    is_optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ai:
    """One Application Identifier.

    Attributes:
        code: 2 to 4 digits.
        title: data title.
        parts: of its value, in order.
        is_fixed: whether its length is predefined, so that no separator follows it.
        is_attribute: whether a Digital Link may carry it in the query.
        qualifiers: for a primary key: the sequences of key qualifiers that may follow it.
        needs: each group must have a member among the other AIs, such as `01+21` or `35nn`.
        excludes: AIs, or patterns such as `310n`, that must not stand beside it.
        is_known: False for an unassigned AI that is let through.
    """

    code: str
    title: str
    parts: tuple[Part, ...]
    is_fixed: bool = False
    is_attribute: bool = True
    qualifiers: tuple[tuple[str, ...], ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    excludes: tuple[str, ...] = ()
    is_known: bool = True

    @property
    def is_key(self) -> bool:
        """Whether a Digital Link's path may start with it."""
        return bool(self.qualifiers)

    @property
    def minimum(self) -> int:
        """Fewest characters of a value."""
        return sum(part.minimum for part in self.parts if not part.is_optional)

    @property
    def maximum(self) -> int:
        """Most characters of a value."""
        return sum(part.maximum for part in self.parts)


@dataclass(frozen=True, slots=True)
class AiTable:
    """All Application Identifiers.

    Attributes:
        version: of the table.
        ais: by code.
        words: names that Digital Link 1.0 and 1.1 allowed in place of codes.
        sequences: two characters of a compressed link -> the AIs that they stand for.
        lengths: first two digits of an AI -> how many digits it has.
    """

    version: str
    ais: Mapping[str, Ai]
    words: Mapping[str, str]
    sequences: Mapping[str, tuple[str, ...]]
    lengths: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CodeLists:
    """Lists that values are compared with.

    Attributes:
        countries: ISO 3166-1 numeric.
        currencies: ISO 4217 numeric.
        packages: UN/ECE Recommendation 21, with what GS1 adds.
        media: AIDC media types.
    """

    countries: frozenset[str]
    currencies: frozenset[str]
    packages: frozenset[str]
    media: frozenset[str]


def _parts(form: str) -> tuple[Part, ...]:
    found = []
    for word in form.split():
        match = _PART.fullmatch(word)
        if match is None:
            raise ValueError(f"gs1_ais.json: {word!r} is no part of a form")
        optional, charset, up_to, size, checks = match.groups()
        found.append(
            Part(
                charset,
                1 if up_to else int(size),
                int(size),
                bool(optional),
                tuple((checks or "").split(",")) if checks else (),
            )
        )
    return tuple(found)


def _codes(text: str) -> list[str]:
    first, _, last = text.partition("-")
    return [f"{n:0{len(first)}d}" for n in range(int(first), int(last or first) + 1)]


def _ais(row: Mapping[str, Any]) -> list[Ai]:
    return [
        Ai(
            code,
            row["title"],
            _parts(row["form"]),
            row.get("fixed", False),
            row.get("attribute", True),
            tuple(map(tuple, row.get("qualifiers", ()))),
            tuple(map(tuple, row.get("needs", ()))),
            tuple(row.get("excludes", ())),
        )
        for code in _codes(row["ai"])
    ]


def _read(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(files("tracer.rules").joinpath(name).read_text("utf-8"))
    return table


@cache
def load_ais() -> AiTable:
    """Read the table of AIs."""
    table = _read("gs1_ais.json")
    ais = {ai.code: ai for row in table["ais"] for ai in _ais(row)}
    return AiTable(
        table["version"],
        ais,
        table["words"],
        {code: tuple(sequence) for code, sequence in table["sequences"].items()},
        {code[:2]: len(code) for code in ais},
    )


@cache
def load_code_lists() -> CodeLists:
    """Read the code lists."""
    table = _read("gs1_codes.json")
    return CodeLists(
        *(frozenset(table[name]) for name in ("countries", "currencies", "packages", "media"))
    )
