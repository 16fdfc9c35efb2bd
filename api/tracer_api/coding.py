"""Content codings of answers that are compressed once and sent often (RFC 9110 §12.5.3)."""

import gzip
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import brotli

BROTLI_QUALITY: Final = 11
"""The smallest; a script takes it a quarter of a second, a core proof a fiftieth, once."""

GZIP_LEVEL: Final = 9
MAX_PACKED: Final = 256
"""Core proofs that stay packed; each is some 15 kB in all its forms."""

_REFUSED: Final = re.compile(r";\s*q=0(?:\.0*)?\s*$")


def pack(body: bytes) -> Mapping[str, bytes]:
    """Content coding -> the body in it, the smallest first."""
    return {
        "br": brotli.compress(body, quality=BROTLI_QUALITY),
        "gzip": gzip.compress(body, GZIP_LEVEL, mtime=0),
    }


pack_once = lru_cache(MAX_PACKED)(pack)
"""The same, remembered for bodies that are asked for often."""


def accepted_codings(header: str) -> set[str]:
    """The codings that an Accept-Encoding header takes by name."""
    parts = (part.strip().lower() for part in header.split(","))
    return {part.partition(";")[0].strip() for part in parts if not _REFUSED.search(part)}


def choose_packed(packed: Mapping[str, bytes], header: str) -> tuple[str, bytes] | None:
    """The smallest form that a client takes, with its coding; None when it takes neither.

    Args:
        packed: of `pack`.
        header: the client's Accept-Encoding.
    """
    codings = accepted_codings(header)
    return next(((name, body) for name, body in packed.items() if name in codings), None)
