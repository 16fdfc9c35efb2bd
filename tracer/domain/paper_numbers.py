"""Numbers that belong to one paper: who uses one, and where its uses are found again.

A certificate covers a quantity once. A second batch that shows the same number, on a paper of its
own or in what its declaration cites, uses the certificate again. Numbers are compared by their
letters and digits alone, so that a space or a dash does not make a number new.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tracer.domain.documents import DocType

CITATIONS: Final = (
    ("coNo", DocType.CUSTOMS_DECLARATION, DocType.CERTIFICATE_OF_ORIGIN),
    ("healthCertNo", DocType.CUSTOMS_DECLARATION, DocType.HEALTH_CERTIFICATE),
    ("bl", DocType.CUSTOMS_DECLARATION, DocType.BILL_OF_LADING),
    ("declaration", DocType.CIQ_CERTIFICATE, DocType.CUSTOMS_DECLARATION),
)
"""Field, the paper that cites, the paper whose number it cites."""

NUMBER_FIELDS: Final = ("number", *(field for field, _, _ in CITATIONS))
"""Fields in which a paper states a number."""

UNIQUE_TYPES: Final = (
    DocType.CUSTOMS_DECLARATION,
    DocType.CERTIFICATE_OF_ORIGIN,
    DocType.HEALTH_CERTIFICATE,
    DocType.CIQ_CERTIFICATE,
    DocType.BILL_OF_LADING,
)
"""Papers whose number stands for one consignment."""

COMMON_TYPES: Final = frozenset(
    {DocType.CUSTOMS_DECLARATION, DocType.CIQ_CERTIFICATE, DocType.BILL_OF_LADING}
)
"""Papers whose numbers one body hands out, whoever records them: customs, or the carrier whose
code a bill of lading begins with. Of the others, two issuers may use the same number."""

NUMBER_DOMAIN: Final = b"tracer/number/v1\x00"
_SIGNS: Final = re.compile(r"[^0-9A-Za-z]")


class PaperNumber(NamedTuple):
    """The number of a paper.

    Attributes:
        doc_type: of the paper that has the number.
        plain: its letters, in capitals, and digits.
    """

    doc_type: DocType
    plain: str

    @property
    def key(self) -> bytes:
        """32 bytes under which all uses of the number are kept."""
        name = f"{self.doc_type:d}\0{self.plain}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(NUMBER_DOMAIN + name).digest()


def plain_number(text: str) -> str:
    """A number's letters and digits; the text itself when it has none of ASCII's."""
    return _SIGNS.sub("", text).upper() or text


def numbers_of(doc_type: DocType, texts: Mapping[str, str]) -> Iterator[PaperNumber]:
    """Every number that a paper uses: its own first, then those that it cites.

    Args:
        doc_type: what the paper is.
        texts: open field -> its value as people read it.
    """
    if doc_type in UNIQUE_TYPES and texts.get("number"):
        yield PaperNumber(doc_type, plain_number(texts["number"]))
    for field, citing, cited in CITATIONS:
        if doc_type is citing and texts.get(field):
            yield PaperNumber(cited, plain_number(texts[field]))
