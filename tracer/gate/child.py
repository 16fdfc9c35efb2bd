"""What every child does around its job: take the question, answer, and turn failures into words.

Runs in the child only.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from tracer.gate.limits import MAX_FILE_BYTES, MAX_RESULT_BYTES
from tracer.gate.reasons import RefusedError

Json = dict[str, Any]
Work = Callable[[bytes, Mapping[str, Any]], tuple[Json, bytes]]
"""From the file's bytes and the question to the answer and bytes beside it."""

_LENGTH_BYTES = 4
_SLICE = 65_536


def answer(file: int, channel: int, work: Work) -> None:
    """Read the question, do the work, write the answer.

    Args:
        file: descriptor of the file.
        channel: socket for question and answer; the question ends with the sender's end.
        work: what to do.
    """
    question = json.loads(_read_all(channel, MAX_RESULT_BYTES))
    extra = b""
    try:
        data = _read_file(file)
        said, extra = work(data, question)
    except RefusedError as refused:
        said = {"refused": refused.reason.code, "params": dict(refused.reason.params)}
    except MemoryError:
        said = {"refused": "limit-memory", "params": {}}
    except BaseException as error:  # noqa: BLE001 - whatever a parser throws speaks against the file
        said = {"refused": "damaged", "params": {"detail": _shown(error)}}
    text = json.dumps(said, ensure_ascii=True).encode()
    _write_all(channel, len(text).to_bytes(_LENGTH_BYTES, "big") + text + extra)


def split_answer(whole: bytes) -> tuple[Json, bytes] | None:
    """The answer and the bytes beside it; None when it is not complete."""
    length = int.from_bytes(whole[:_LENGTH_BYTES], "big")
    text = whole[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if len(whole) < _LENGTH_BYTES or len(text) < length:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return (said, whole[_LENGTH_BYTES + length :]) if isinstance(said, dict) else None


def _read_file(file: int) -> bytes:
    size = os.fstat(file).st_size
    if size > MAX_FILE_BYTES:
        raise RefusedError("too-large", most=MAX_FILE_BYTES)
    data = bytearray()
    while len(data) < size:
        part = os.pread(file, size - len(data), len(data))
        if not part:
            raise RefusedError("damaged", detail="the file became shorter")
        data += part
    return bytes(data)


def _read_all(fd: int, most: int) -> bytes:
    data = bytearray()
    while len(data) <= most:
        part = os.read(fd, _SLICE)
        if not part:
            break
        data += part
    return bytes(data)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _shown(error: BaseException) -> str:
    """The kind of an error and its words, without anything that could harm a terminal or page."""
    words = re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "of the file", str(error))
    words = re.sub(r"[^\x20-\x7e]", "?", words)[:80]
    return f"{type(error).__name__}: {words}"
