"""Reading and checking document views, the form in which papers travel (see `documents`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Any

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import (
    DIGEST_BYTES,
    DOCUMENT_SALT_BYTES,
    FIELD_SALT_BYTES,
    MAX_FIELDS,
    MAX_NAME_BYTES,
    MAX_VALUE_BYTES,
    MAX_VIEW_CHARS,
    PUBLIC_FIELDS,
    DocType,
    Field,
    Scope,
    commitment,
    field_root,
)
from tracer.domain.identifiers import Gln
from tracer.domain.json_form import Form, parse_json
from tracer.errors import InvalidDocumentError

_VIEW_KEYS = "docType issuer batchId salt fields"


@dataclass(frozen=True)
class View:
    """What a view says; nothing in it is proven before its commitment is a record's.

    Attributes:
        doc_type: what the paper is.
        issuer: who issued it.
        batch_id: 32 bytes, the batch it belongs to.
        salt: the document's 32 bytes.
        entries: in leaf order: an open field, or the leaf hash of a hidden one.
    """

    doc_type: DocType
    issuer: Gln
    batch_id: bytes
    salt: bytes
    entries: tuple[Field | bytes, ...]

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Values of the open fields."""
        return {
            entry.name: json.loads(entry.value_text)
            for entry in self.entries
            if isinstance(entry, Field)
        }

    @property
    def plain(self) -> dict[str, str]:
        """Open fields as people read them: strings without quotes, all else as JSON text."""
        return {
            entry.name: value if isinstance(value := json.loads(entry.value_text), str)
            else entry.value_text
            for entry in self.entries
            if isinstance(entry, Field)
        }  # fmt: skip

    @property
    def withheld(self) -> str | None:
        """The first field that the issuer made public and the view does not open; else None."""
        fields = self.fields
        names = fields.get(PUBLIC_FIELDS)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return PUBLIC_FIELDS
        return next((name for name in names if name not in fields), None)

    @property
    def hidden(self) -> int:
        """How many fields are not shown."""
        return sum(isinstance(entry, bytes) for entry in self.entries)

    @property
    def title(self) -> str:
        """Type and number, as people name the paper."""
        numbers = (
            json.loads(entry.value_text)
            for entry in self.entries
            if isinstance(entry, Field) and entry.name == "number"
        )
        return f"{self.doc_type.name} {next(numbers, '')}".rstrip()

    def commitment(self, chain_id: int, contract: bytes) -> bytes:
        """The commitment that this view gives on a chain and contract."""
        leaves = [entry.leaf() if isinstance(entry, Field) else entry for entry in self.entries]
        scope = Scope(chain_id, contract, self.batch_id)
        return commitment(scope, self.issuer, self.doc_type, self.salt, field_root(leaves))


def parse_view(text: str) -> View:
    """Read a view.

    Raises:
        InvalidFileError: not a view: wrong JSON, unknown or missing keys, wrong types or sizes.
        InvalidDocumentError: unknown type, fields out of order or twice, a header that
            contradicts an open field.
        InvalidIdentifierError: the issuer is no GLN.
        LimitExceededError: larger than a limit of `documents`.
    """
    form = Form(parse_json(text, what="document view", max_chars=MAX_VIEW_CHARS), "view")
    doc_type, issuer, batch_id, salt, fields = form.fields(_VIEW_KEYS)
    number = doc_type.whole()
    if number not in set(DocType):
        doc_type.fail("a document type")
    view = View(
        DocType(number),
        Gln.parse(issuer.text(MAX_NAME_BYTES)),
        batch_id.hex(DIGEST_BYTES),
        salt.hex(DOCUMENT_SALT_BYTES),
        tuple(_read_entry(entry) for entry in fields.array(MAX_FIELDS)),
    )
    _check_order(view)
    _check_header(view)
    return view


def _read_entry(form: Form) -> Field | bytes:
    if isinstance(form.value, dict) and "leaf" in form.value:
        (leaf,) = form.fields("leaf")
        return leaf.hex(DIGEST_BYTES)
    name, value, salt = form.fields("name value salt")
    value_text = value.text(MAX_VALUE_BYTES)
    parse_json(value_text, what=f"{form.place}.value", max_chars=MAX_VALUE_BYTES)
    json.loads(value_text, parse_int=_exact_number, parse_float=_exact_number)
    return Field(name.text(MAX_NAME_BYTES), value_text, salt.hex(FIELD_SALT_BYTES))


def _exact_number(text: str) -> float:
    """Refuse a number that a reader with doubles only, as every browser, would show as another."""
    number = float(text)
    is_whole = text.lstrip("-").isdigit()
    # RFC 8785 pads a large double with zeros for the digits it lacks; that text is fine too.
    if not isfinite(number) or (
        is_whole and int(number) != int(text) and canonical_text(number) != text
    ):
        msg = f"{text[:60]} is a number that not every reader can hold"
        raise InvalidDocumentError(msg, hint="Write it as text.")
    return number


def _check_order(view: View) -> None:
    names = [entry.name for entry in view.entries if isinstance(entry, Field)]
    for before, after in pairwise(names):
        if before >= after:
            msg = f"field {after!r} stands after {before!r}; fields ascend and occur once"
            raise InvalidDocumentError(msg)
    if not view.entries:
        raise InvalidDocumentError("view has no fields")


def _check_header(view: View) -> None:
    """A paper whose open fields say otherwise than its header is two papers in one."""
    fields = view.fields
    for name, said in (("type", view.doc_type.name), ("issuer", view.issuer.value)):
        if name in fields and fields[name] != said:
            msg = f"field {name!r} is {fields[name]!r:.60}, but the view's header says {said!r}"
            raise InvalidDocumentError(msg)
