"""Finds labels and the text beside or below them, without understanding either."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from tracer.domain.documents import DocType
from tracer.gate.field_words import HEADINGS, all_labels, fields_of, kind_of, labels_of
from tracer.rules import load_words

MAX_CELLS = 20_000  # of a whole paper; the gate reads less text than that
MAX_VALUE_CELLS = 12  # lines of one value
_LABEL_CELLS = 4  # lines that a label may be broken into
_MAX_LABEL = 120  # characters
_JOINED_KINDS = frozenset({"text", "list", "hex", "gln", "trade", "country", "choice"})
"""Kinds whose values our own papers break into lines."""

_APART = re.compile(r" {2,}|\t+|\s*\|\s*")
_COLON = re.compile(r"\s*[:\uff1a]\s*")
_FIRST_IDEOGRAPH = "\u2e80"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line.

    Attributes:
        text: as printed; empty for an empty line.
        page: the first is 1.
        line: the first of all pages is 0.
    """

    text: str
    page: int
    line: int


@dataclass(frozen=True, slots=True)
class Found:
    """A label of the paper's type with what stands at it.

    Attributes:
        name: the field's.
        value: as printed.
        page: the first is 1.
        quote: label and value as printed.
        may_go_on: whether something follows that could belong to the value.
    """

    name: str
    value: str
    page: int
    quote: str
    may_go_on: bool = False


class _Kind(Enum):
    LABEL = auto()  # of a field of any type
    INLINE = auto()  # label, colon and value
    OTHER = auto()  # another word with a colon and something behind it
    STOP = auto()  # a heading, an empty line, the end of a page
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    cell: Cell
    name: str = ""
    quote: str = ""
    is_bilingual: bool = False


@dataclass(frozen=True, slots=True)
class _Label:
    """What a label means: the field, or "" for one that papers of this type do not have."""

    name: str
    is_bilingual: bool


def find_values(doc_type: DocType, pages: Sequence[str]) -> Iterator[Found]:
    """Every label of the type with the text that stands at it.

    Args:
        doc_type: what the paper is.
        pages: text of each page.
    """
    cells = _cells(pages)
    yield from _title_block(doc_type, cells)
    tokens = _tokens(doc_type, cells)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind is _Kind.INLINE:
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            more = after is not None and after.kind is _Kind.TEXT
            if token.name:
                text = _COLON.split(token.cell.text, maxsplit=1)[1]
                yield Found(token.name, text, token.cell.page, token.quote, more)
            at += 1
        elif token.kind is _Kind.LABEL:
            labels = _run(tokens, at)
            yield from _at_labels(doc_type, labels, tokens, at + len(labels))
            at += len(labels)
        else:
            at += 1


def bare(text: str) -> str:
    """A label without case, spaces and signs, so that printers' differences do not matter."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def join_lines(lines: Sequence[str]) -> str:
    """Lines of one value as one text: Chinese is not broken at spaces, so none is added."""
    whole = ""
    for line in lines:
        # Signs and digits belong to the script around them: 段) (虚构) is one run of Chinese.
        letters = [next(filter(str.isalpha, part), "") for part in (reversed(whole), line)]
        needs_space = whole and max(letters) < _FIRST_IDEOGRAPH
        whole += f" {line}" if needs_space else line
    return whole


def _cells(pages: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = []
    line_number = 0
    for page, text in enumerate(pages, start=1):
        for line in [*text.split("\n"), ""]:
            parts = [part.strip() for part in _APART.split(line.strip())]
            cells += [Cell(part, page, line_number) for part in parts if part]
            if not any(parts):
                cells.append(Cell("", page, line_number))
            line_number += 1
    return cells[:MAX_CELLS]


@cache
def _labels(doc_type: DocType) -> Mapping[str, _Label]:
    """Every form of every label; those of the paper's own type count most."""
    forms: dict[str, _Label] = {}
    named = [("", labels) for labels in all_labels()]
    named += [(name, labels_of(spec)) for name, spec in fields_of(doc_type).items()]
    for name, (english, chinese) in named:
        both = [f"{en}{zh}" for en in english for zh in chinese]
        both += [f"{zh}{en}" for en in english for zh in chinese]
        forms |= {bare(one): _Label(name, is_bilingual=False) for one in (*english, *chinese)}
        forms |= {bare(one): _Label(name, is_bilingual=True) for one in both}
    return forms


@cache
def _headings() -> frozenset[str]:
    both = {bare(en + zh) for en, zh in HEADINGS}
    return frozenset(both | {bare(word) for row in HEADINGS for word in row})


def _tokens(doc_type: DocType, cells: Sequence[Cell]) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(cells):
        token, taken = _next_token(_labels(doc_type), cells, at)
        tokens.append(token)
        at += taken
    return tokens


def _next_token(labels: Mapping[str, _Label], cells: Sequence[Cell], at: int) -> tuple[_Token, int]:
    cell = cells[at]
    if not cell.text or bare(cell.text) in _headings():
        return _Token(_Kind.STOP, cell), 1
    for taken in range(_LABEL_CELLS, 0, -1):
        parts = [one.text.rstrip(":\uff1a ") for one in cells[at : at + taken] if one.text]
        if len(parts) < taken or sum(map(len, parts)) > _MAX_LABEL:
            continue
        quote = " ".join(parts)
        if (label := labels.get(bare(quote))) and _is_plain(quote):
            last = cells[at + taken - 1]
            return _Token(_Kind.LABEL, last, label.name, quote, label.is_bilingual), taken
    left, *right = _COLON.split(cell.text, maxsplit=1)
    if not right or not right[0] or len(left) > _MAX_LABEL:
        return _Token(_Kind.TEXT, cell), 1
    if label := labels.get(bare(left)):
        return _Token(_Kind.INLINE, cell, label.name, cell.text, label.is_bilingual), 1
    return _Token(_Kind.OTHER, cell), 1


def _is_plain(text: str) -> bool:
    """Whether text may be a label; the end of a value, such as "(invented)", is none."""
    shown = unicodedata.normalize("NFKC", text)
    return shown[:1].isalnum() and shown.count("(") == shown.count(")")


def _run(tokens: Sequence[_Token], at: int) -> list[_Token]:
    """Labels that follow each other without a value between them."""
    end = at
    while end < len(tokens) and tokens[end].kind is _Kind.LABEL:
        end += 1
    return list(tokens[at:end])


def _at_labels(
    doc_type: DocType, labels: Sequence[_Token], tokens: Sequence[_Token], at: int
) -> Iterator[Found]:
    """What stands at one label, or below a row of them."""
    if len(labels) == 1:
        if labels[0].name:
            kind = kind_of(fields_of(doc_type)[labels[0].name])
            yield _single(labels[0], kind, tokens, at)
        return
    rows = _rows(labels, tokens, at)
    for index, label in enumerate(labels):
        if not label.name:
            continue
        # Without rows nobody knows which value belongs to which label.
        for value in [row[index].text for row in rows] or [""]:
            yield Found(label.name, value, label.cell.page, f"{label.quote} {value}".strip())


def _rows(labels: Sequence[_Token], tokens: Sequence[_Token], at: int) -> list[list[Cell]]:
    if len({label.cell.line for label in labels}) > 1:
        return []
    lines: dict[int, list[Cell]] = {}
    for token in tokens[at:]:
        if token.kind is not _Kind.TEXT:
            break
        lines.setdefault(token.cell.line, []).append(token.cell)
    whole: list[list[Cell]] = []
    for row in lines.values():
        if len(row) != len(labels):
            break
        whole.append(row)
    return whole


def _single(label: _Token, kind: str, tokens: Sequence[_Token], at: int) -> Found:
    """The value of a label that stands alone: on our own papers all of it, else the next cell."""
    goes_on = (_Kind.TEXT, _Kind.OTHER) if label.is_bilingual else (_Kind.TEXT,)
    cells: list[Cell] = []
    for token in tokens[at : at + MAX_VALUE_CELLS]:
        if token.kind not in goes_on:
            break
        cells.append(token.cell)
    is_joined = label.is_bilingual and kind in _JOINED_KINDS
    taken = cells if is_joined else cells[:1]
    value = join_lines([cell.text for cell in taken])
    more = len(cells) > len(taken) or len(cells) == MAX_VALUE_CELLS
    return Found(label.name, value, label.cell.page, f"{label.quote} {value}".strip(), more)


def _title_block(doc_type: DocType, cells: Sequence[Cell]) -> Iterator[Found]:
    """Number and day as our own papers print them: below the title in both languages."""
    named = load_words().documents[doc_type.name]
    for at in range(len(cells) - 3):
        en, zh, number, day = cells[at : at + 4]
        if bare(en.text) == bare(named["en"]) and bare(zh.text) == bare(named["zh"]):
            yield Found("number", number.text, number.page, f"{en.text} {number.text}")
            yield Found("issuedAt", day.text, day.page, f"{en.text} {day.text}")
            return
