"""One batch as a forger sees it: who there is, what was said, signed and served.

A story is plain data, so that it can be copied, compared and printed. `staging` turns it into a
ledger, a bundle and a node's facts.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

Json = Any
Rewriter = Callable[[str], str]
"""Whatever JSON holds."""


@dataclass
class Story:
    """A batch before anything of it is hashed.

    Attributes:
        batch: gtin, lot, owner.
        parties: GLN -> nameEn, nameZh, roles, country, ... and, when not ordinary, status (3 is
            banned), bannedSince and distrustFrom (Unix seconds) and admin (hexadecimal address).
        papers: key -> docType, number, issuer, writer, issuedAt, public, confidential, and when
            not ordinary: kind (of the record), recordedAt, replaced (by its issuer). A key is the
            type's name, with "#2" and so on after the first.
        events: key -> writer, body (an EPCIS event without eventID). A key is the stage.
        marks: key -> kind, writer, at, and either `of` (the paper whose commitment is repeated)
            or `text` (the content; "{commitment:KEY}" or "{digest:KEY}" stands for what the
            record of KEY pins).
        serials: prefix, count, issuedAt.
        others: other batches on the same ledger whose papers bear numbers that occur here.
        mirror: what a lying server does to the bundle, see `staging`.
    """

    batch: dict[str, str]
    parties: dict[str, dict[str, Json]]
    papers: dict[str, dict[str, Json]]
    events: dict[str, dict[str, Json]]
    marks: dict[str, dict[str, Json]]
    serials: dict[str, Json]
    others: list["Story"] = field(default_factory=list)
    mirror: list[dict[str, Json]] = field(default_factory=list)

    def copy(self) -> Self:
        """A deep copy."""
        return copy.deepcopy(self)

    def plain(self) -> dict[str, Json]:
        """Everything as JSON values."""
        said = dict(vars(self))
        return {**said, "others": [other.plain() for other in self.others]}

    def of_type(self, doc_type: str) -> list[str]:
        """Keys of the papers of a type that have not been replaced, in order."""
        return [
            key
            for key, paper in self.papers.items()
            if paper["docType"] == doc_type and "replaced" not in paper
        ]

    def of_stage(self, stage: str) -> list[str]:
        """Keys of the events of a stage, in order."""
        return [key for key, event in self.events.items() if event["body"]["tracer:stage"] == stage]

    def with_role(self, role: str) -> str:
        """The first party that has a role."""
        return next(gln for gln, party in self.parties.items() if role in party["roles"])

    def public(self, key: str) -> dict[str, Json]:
        """A paper's public fields."""
        said: dict[str, Json] = self.papers[key]["public"]
        return said

    def replace_texts(self, swaps: dict[str, str]) -> None:
        """Put other texts in place of texts, wherever they occur, also inside of longer ones."""
        text = json.dumps(self._own(), ensure_ascii=False)
        for old, new in swaps.items():
            text = text.replace(old, new)
        for name, value in json.loads(text).items():
            setattr(self, name, value)

    def rewrite(self, change: Rewriter) -> None:
        """Pass every text of the batch through a function."""
        for name, value in self._own().items():
            setattr(self, name, _rewritten(value, change))

    def _own(self) -> dict[str, Json]:
        names = ("batch", "parties", "papers", "events", "marks", "serials")
        return {name: getattr(self, name) for name in names}


def _rewritten(value: Json, change: Rewriter) -> Json:
    if isinstance(value, dict):
        return {key: _rewritten(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewritten(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def differences(one: Json, other: Json, path: str = "") -> Iterator[str]:
    """Paths at which two JSON values differ, the deepest that can be named."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            place = f"{path}/{key}" if path else key
            if key in one and key in other:
                yield from differences(one[key], other[key], place)
            else:
                yield place
    elif isinstance(one, list) and isinstance(other, list):
        for index in range(max(len(one), len(other))):
            place = f"{path}/{index}"
            if index < min(len(one), len(other)):
                yield from differences(one[index], other[index], place)
            else:
                yield place
    elif one != other or type(one) is not type(other):
        yield path


# --- moments --------------------------------------------------------------------------------


def parse_moment(text: str) -> datetime:
    """A moment with its offset."""
    return datetime.fromisoformat(text)


def unix(text: str) -> int:
    """Unix seconds of a moment."""
    return int(parse_moment(text).timestamp())


def moved(text: str, **by: float) -> str:
    """A moment, or a date, some days or hours later; it keeps its offset and its form."""
    moment = parse_moment(text) + timedelta(**by)
    return moment.date().isoformat() if len(text) == len("2026-02-11") else moment.isoformat()


def utc(seconds: float) -> str:
    """ISO 8601 text of Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
