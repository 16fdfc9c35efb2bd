"""A run of labels: tins of one batch, whose links differ in their serials only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final
from urllib.parse import quote

import numpy as np

from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.labels.affine import Bytes, Tables, build_tables, form_of
from tracer.labels.qr import TinLabel
from tracer.labels.symbol import FAST_MASK, Level

CHUNK: Final = 4_096  # symbols made at once: they fit the processor's cache
_KEPT_TABLES: Final = 16  # forms in one batch; serials of one length and alphabet have one

Form = tuple[object, ...]


@dataclass(frozen=True)
class LabelRun:
    """What is printed on tins, save their serials.

    Attributes:
        gtin: AI 01.
        lot: AI 10.
        expiry: AI 17, YYMMDD, or None.
        origin: scheme and host that answer scans, such as `https://id.example.org`.
        level: error correction.
        mask: of all symbols.
    """

    gtin: Gtin
    lot: Lot
    expiry: str | None
    origin: str
    level: Level = "M"
    mask: int = FAST_MASK
    _tables: dict[Form, Tables] = field(default_factory=dict, repr=False, compare=False)

    @property
    def prefix(self) -> str:
        """What all links begin with."""
        return DigitalLink(self.gtin, self.lot).uri(self.origin.lower()) + "/21/"

    @property
    def suffix(self) -> str:
        """What all links end with."""
        return f"?17={self.expiry}" if self.expiry else ""

    def uri(self, serial: str) -> str:
        """A tin's link, as its symbol says it."""
        return self.prefix + quote(serial, safe="") + self.suffix

    def label(self, serial: str) -> TinLabel:
        """The same tin's label by itself."""
        link = DigitalLink(self.gtin, self.lot, Serial(serial), self.expiry)
        return TinLabel(link, self.origin, self.level, self.mask)

    def symbols(self, serials: Sequence[str]) -> Iterator[tuple[Sequence[str], Tables, Bytes]]:
        """Symbols of tins, in order, as many at a time as share one form.

        Yields:
            Serials, the tables that their symbols were made from, and the symbols: see
            `Tables.symbols`.

        Raises:
            LimitExceededError: a link is longer than a label's symbol can hold.
        """
        prefix, suffix = self.prefix, self.suffix

        def form(pair: tuple[str, str]) -> Form:
            return len(pair[1]), form_of(prefix, pair[1], suffix)

        for start in range(0, len(serials), CHUNK):
            part = serials[start : start + CHUNK]
            texts = [quote(serial, safe="") for serial in part]
            if _are_plain(texts):
                yield part, *self._make(texts)
                continue
            for _, group in groupby(zip(part, texts, strict=True), form):
                names, alike = zip(*group, strict=True)
                yield names, *self._make(alike)

    def _make(self, texts: Sequence[str]) -> tuple[Tables, Bytes]:
        form = len(texts[0]), form_of(self.prefix, texts[0], self.suffix)
        tables = self._tables.get(form)
        if tables is None:
            tables = build_tables(
                self.prefix, texts[0], self.suffix, level=self.level, mask=self.mask
            )
            while len(self._tables) >= _KEPT_TABLES:
                del self._tables[next(iter(self._tables))]
            self._tables[form] = tables
        rows = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), -1)
        return tables, tables.symbols(rows)


def _are_plain(texts: Sequence[str]) -> bool:
    """Whether they surely have one form: one length, nothing but digits and capitals."""
    joined = "".join(texts)
    length = len(texts[0])
    return (
        joined.isalnum()
        and joined.isascii()
        and joined == joined.upper()
        and all(len(text) == length for text in texts)
    )
