"""Reading files that strangers made: bounded, strict, and precise about what is wrong."""

import json
import math
from collections import Counter
from pathlib import Path
from stat import S_ISREG
from typing import Any, NoReturn

from tracer.errors import InvalidFileError, LimitExceededError, NotFoundError
from tracer.operations.findings import FIX_AND_RERUN, one_finding

MAX_FILE_BYTES = 20 * 1024 * 1024  # forty times the largest sample with all its serials listed
MAX_NESTING = 32  # an EPCIS document needs 9; deeper input is an attack on the reader
MAX_SAFE_INTEGER = 2**53 - 1  # RFC 8785 numbers are IEEE doubles: larger integers lose digits


def load_bounded(path: Path) -> bytes:
    """Read a file whose size is checked before a byte of it is read.

    Raises:
        NotFoundError: there is no such file.
        InvalidFileError: it is no regular file, or may not be read, or is empty.
        LimitExceededError: it is larger than 20 MiB.
    """
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise InvalidFileError(f"{path} is not a file", hint="Name one file.")
        if status.st_size > MAX_FILE_BYTES:
            raise _too_large(path, status.st_size)
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"no such file: {path}", hint="Check the path.") from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise InvalidFileError(message, hint="Check the file's permissions.") from error
    if len(data) > MAX_FILE_BYTES:  # it grew between the two calls
        raise _too_large(path, len(data))
    if not data:
        raise InvalidFileError(f"{path} is empty", hint=FIX_AND_RERUN)
    return data


def _too_large(path: Path, size_bytes: int) -> LimitExceededError:
    return LimitExceededError(
        f"{path} has {size_bytes:,} bytes; a batch file has at most {MAX_FILE_BYTES:,}",
        hint="Send serials and long logs as files of their own, or split the file.",
    )


def decode_text(data: bytes, file: str) -> str:
    """UTF-8 text, with or without a byte order mark.

    Raises:
        InvalidFileError: it is not UTF-8; the message names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        rule = "is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)"
        raise one_finding(file, f"line {line}", data[error.start : error.end], rule) from error


class _Hooks:
    """What the decoder calls for every object and number; each refusal names the file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def no_doubles(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
            raise one_finding(self._file, f"key {key!r}", None, "stands twice in one object")
        return made

    def no_constant(self, name: str) -> NoReturn:
        raise one_finding(self._file, "number", name, "is not JSON; leave unknown values out")

    def finite(self, digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise one_finding(self._file, "number", digits, "is too large")
        return value

    def exact(self, digits: str) -> int:
        if len(digits) > len(str(-MAX_SAFE_INTEGER)) or abs(int(digits)) > MAX_SAFE_INTEGER:
            rule = "is larger than 2^53 - 1; write identifiers as text"
            raise one_finding(self._file, "number", digits, rule)
        return int(digits)


def parse_json(text: str, file: str) -> Any:  # noqa: ANN401  # JSON is any of six types
    """Parse JSON without the liberties that Python takes.

    Raises:
        InvalidFileError: truncated or malformed (line and column are named), a key given twice,
            a number that is not finite or not exact, or nesting deeper than 32.
    """
    hooks = _Hooks(file)
    try:
        value = json.loads(
            text,
            object_pairs_hook=hooks.no_doubles,
            parse_constant=hooks.no_constant,
            parse_float=hooks.finite,
            parse_int=hooks.exact,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        end = " (the file may be cut off)" if cut_off else ""
        raise one_finding(file, place, None, f"{error.msg}{end}") from error
    except RecursionError as error:
        raise _too_deep(file) from error
    _check_nesting(value, file)
    if "\\u" in text:
        _check_surrogates(value, file)
    return value


def _check_nesting(value: object, file: str) -> None:
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > MAX_NESTING:
            raise _too_deep(file)
        layer = [child for node in layer for child in _children(node)]


def _check_surrogates(value: object, file: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise one_finding(file, "text", None, "holds half of a surrogate pair") from error


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return [child for child in node.values() if isinstance(child, dict | list)]
    if isinstance(node, list):
        return [child for child in node if isinstance(child, dict | list)]
    return []


def _too_deep(file: str) -> InvalidFileError:
    return InvalidFileError(
        f"{file} nests objects deeper than {MAX_NESTING} levels", hint=FIX_AND_RERUN
    )
