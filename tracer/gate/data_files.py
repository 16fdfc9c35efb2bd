"""JSON and XML from outside: UTF-8, complete, not too deep, without anything that expands.

Runs in the child only: both parsers build objects as large as the file allows.
"""

import json
import re
from typing import NoReturn
from xml.parsers import expat

from tracer.gate.limits import MAX_DATA_BYTES, MAX_DEPTH
from tracer.gate.reasons import RefusedError

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([^"']{1,40})["']""")
_PAGE_SPACES = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")
_SEPARATOR = " "  # between a namespace and a name


def check_json(data: bytes) -> str:
    """Check a JSON file.

    Returns:
        Its text.

    Raises:
        RefusedError: too large, not UTF-8, too deep, or not JSON that all readers read the same.
    """
    text = _text(data)
    _check_depth(data)
    try:
        json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError("damaged", detail=f"not JSON: {error}"[:80]) from error
    return text


def _text(data: bytes) -> str:
    if len(data) > MAX_DATA_BYTES:
        raise RefusedError("too-large", most=MAX_DATA_BYTES)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("not-utf-8") from error
    if "\0" in text:
        raise RefusedError("damaged", detail="a zero byte in text")
    return text


def _check_depth(data: bytes) -> None:
    """Count brackets before a parser builds what they hold."""
    depth = 0
    for bracket in _QUOTED.sub(b"", data).translate(_BRACKETS, _NO_BRACKETS):
        depth += 1 if bracket == 1 else -1
        if depth > MAX_DEPTH:
            raise RefusedError("too-deep", most=MAX_DEPTH)


_BRACKETS = bytes.maketrans(b"[{]}", b"\1\1\2\2")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return value


def _no_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def check_xml(data: bytes) -> str:
    """Check an XML file.

    Returns:
        Its text.

    Raises:
        RefusedError: too large, not UTF-8, too deep, declares a document type or entities, is a
            page or drawing, or is not well-formed.
    """
    text = _text(data)
    declared = _ENCODING.match(data)
    if declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise RefusedError("not-utf-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RefusedError("doctype")
    _XmlWalk().run(data)
    return text


class _XmlWalk:
    """Follows the parser's events and keeps nothing but the depth."""

    def __init__(self) -> None:
        self._depth = 0
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        self._parser = parser

    def run(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise RefusedError("damaged", detail=f"not XML: {error}"[:80]) from error

    def _start(self, name: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RefusedError("too-deep", most=MAX_DEPTH)
        space = name.rpartition(_SEPARATOR)[0]
        if space in _PAGE_SPACES:
            raise RefusedError("active", name=space)

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _doctype(self, *_details: object) -> NoReturn:
        raise RefusedError("doctype")

    def _instruction(self, target: str, _data: str) -> NoReturn:
        raise RefusedError("active", name=f"<?{target}"[:40])
