"""Papers on the ledger: a salted tree of fields, one commitment, and views that open some fields.

Each field is a leaf with a salt of its own, so that a view can show some fields and only the leaf
hashes of the others. The commitment that a record carries binds the tree to one chain, contract,
issuer, batch and document type: copied anywhere else, it does not verify.

    leaf        SHA-256(0x00 | "tracer/field/v1" | 0x00 | u16 length | name
                             | u32 length | value | salt 16)
    root        RFC 9162 §2.1 over the leaves, fields in ascending order of their UTF-8 names
    commitment  SHA-256("tracer/doc/v1" | 0x00 | chainId u64 | contract 20 | issuer u48
                             | batchId 32 | docType u16 | salt 32 | root 32)

Salts come from the caller (`salts_needed` says how many) because this module draws no random
numbers. They are not optional: an unsalted field with few possible values is guessed in seconds.

Whoever serves a view could hide the field that tells against a batch, and the commitment would
still hold. So the issuer commits to the names of the public fields too (`publicFields`), and a
view that does not open every one of them is refused.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tracer.domain.canonical import canonical_text
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.merkle import MerkleTree
from tracer.errors import InvalidDocumentError, LimitExceededError

FIELD_DOMAIN = b"\x00tracer/field/v1\x00"
DOCUMENT_DOMAIN = b"tracer/doc/v1\x00"
FIELD_SALT_BYTES = 16
DOCUMENT_SALT_BYTES = 32
DIGEST_BYTES = 32

MAX_FIELDS = 256  # the longest customs form has about a hundred boxes
MAX_NAME_BYTES = 128  # names are words, not text
MAX_VALUE_BYTES = 2**18  # a laboratory report of 52 parameters has 8 KiB
MAX_VIEW_CHARS = 2**20  # a phone parses it in milliseconds

PUBLIC_FIELDS = "publicFields"
"""The field that lists, itself among them, the fields that no view may hide."""

FILE_FIELD = "file"
"""SHA-256 of the PDF. Confidential: a form with one unknown number is guessed from its digest."""

FIXED_FIELDS = ("type", "number", "issuer", "issuedAt", FILE_FIELD, PUBLIC_FIELDS)
"""Fields that every document has (`FILE_FIELD` only if there is a PDF); all others are open."""


class DocType(IntEnum):
    """What a paper is; the number goes into the commitment and never changes."""

    CUSTOMS_DECLARATION = 1
    CBEC_LIST = 2
    CERTIFICATE_OF_ORIGIN = 3
    HEALTH_CERTIFICATE = 4
    CIQ_CERTIFICATE = 5
    BILL_OF_LADING = 6
    PACKING_LIST = 7
    COMMERCIAL_INVOICE = 8
    LAB_REPORT = 9
    FORMULA_REGISTRATION = 10
    MANUFACTURER_REGISTRATION = 11
    HALAL = 12
    ORGANIC = 13
    TEMPERATURE_LOG = 14
    CSR_REPORT = 15
    CARBON_FOOTPRINT = 16
    PRODUCT = 17  # master data: product names, places, parties' display names


DOCUMENT_KIND: Mapping[DocType, Kind] = dict.fromkeys(DocType, Kind.DOCUMENT) | {
    DocType.LAB_REPORT: Kind.LAB_REPORT,
    DocType.HEALTH_CERTIFICATE: Kind.CERTIFICATE,
    DocType.CERTIFICATE_OF_ORIGIN: Kind.CERTIFICATE,
    DocType.CIQ_CERTIFICATE: Kind.CUSTOMS_DOCUMENT,
    DocType.CUSTOMS_DECLARATION: Kind.CLEARANCE_CLAIM,
}
"""The kind of record that carries each paper. A CLEARANCE_CONFIRMATION repeats the claim's."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a commitment is bound to, besides issuer and type.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        batch_id: 32 bytes.
    """

    chain_id: int
    contract: bytes
    batch_id: bytes


@dataclass(frozen=True, slots=True)
class Field:
    """One open field.

    Attributes:
        name: its key.
        value_text: RFC 8785 text of its value.
        salt: 16 random bytes.
    """

    name: str
    value_text: str
    salt: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != FIELD_SALT_BYTES:
            msg = f"field {self.name!r} has a salt of {len(self.salt)} bytes, not 16"
            raise InvalidDocumentError(msg)
        for what, text, most in (
            ("name", self.name, MAX_NAME_BYTES),
            ("value", self.value_text, MAX_VALUE_BYTES),
        ):
            if not 1 <= len(text.encode("utf-8", "surrogatepass")) <= most:
                msg = f"field {self.name[:60]!r}: its {what} is empty or longer than {most} bytes"
                raise LimitExceededError(msg)

    def leaf(self) -> bytes:
        """The field's leaf hash."""
        return field_leaf(self.name, self.value_text, self.salt)


def field_leaf(name: str, value_text: str, salt: bytes) -> bytes:
    """The leaf hash of a field.

    Raises:
        InvalidDocumentError: name or value holds a lone surrogate.
    """
    try:
        name_bytes, value_bytes = name.encode("utf-8"), value_text.encode("utf-8")
    except UnicodeEncodeError as error:
        msg = f"field {name[:60]!r} is not Unicode text"
        raise InvalidDocumentError(msg) from error
    return hashlib.sha256(
        FIELD_DOMAIN
        + len(name_bytes).to_bytes(2, "big")
        + name_bytes
        + len(value_bytes).to_bytes(4, "big")
        + value_bytes
        + salt
    ).digest()


def field_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes that stand in the order of their fields' names."""
    return MerkleTree(leaves).root


def commitment(scope: Scope, issuer: Gln, doc_type: int, salt: bytes, root: bytes) -> bytes:
    """What the record carries.

    Args:
        scope: chain, contract and batch.
        issuer: the party that issued the paper.
        doc_type: a `DocType`.
        salt: 32 random bytes of the document.
        root: 32 bytes, from `field_root`.
    """
    return hashlib.sha256(
        DOCUMENT_DOMAIN
        + scope.chain_id.to_bytes(8, "big")
        + scope.contract
        + issuer.number.to_bytes(6, "big")
        + scope.batch_id
        + doc_type.to_bytes(2, "big")
        + salt
        + root
    ).digest()


# --- building -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper before it is committed to.

    Attributes:
        doc_type: what it is.
        number: the number printed on it.
        issuer: who issued it.
        issued_at: when, ISO 8601 with offset.
        public: fields that travel open.
        confidential: fields that only a grant opens.
        file_sha256: SHA-256 of the PDF, or None without one; it is not shown.
    """

    doc_type: DocType
    number: str
    issuer: Gln
    issued_at: str
    public: Mapping[str, Any]
    confidential: Mapping[str, Any]
    file_sha256: bytes | None = None

    def open_values(self) -> dict[str, Any]:
        """Every field that is always open.

        Raises:
            InvalidDocumentError: a public field has the name of a fixed one.
        """
        fixed = {
            "type": self.doc_type.name,
            "number": self.number,
            "issuer": self.issuer.value,
            "issuedAt": self.issued_at,
        }
        self._refuse_shared(FIXED_FIELDS, self.public, "public")
        return {
            **fixed,
            **self.public,
            PUBLIC_FIELDS: sorted({*fixed, *self.public, PUBLIC_FIELDS}),
        }

    def values(self) -> dict[str, Any]:
        """Every field, in leaf order: ascending by the UTF-8 bytes of the name.

        Raises:
            InvalidDocumentError: two fields have the same name.
            LimitExceededError: more than `MAX_FIELDS` fields.
        """
        shown = self.open_values()
        self._refuse_shared([*FIXED_FIELDS, *shown], self.confidential, "confidential")
        merged = {**shown, **self.confidential}
        if self.file_sha256 is not None:
            merged[FILE_FIELD] = self.file_sha256.hex()
        if len(merged) > MAX_FIELDS:
            msg = f"{self.doc_type.name} {self.number} has more than {MAX_FIELDS} fields"
            raise LimitExceededError(msg)
        return {name: merged[name] for name in sorted(merged)}

    def _refuse_shared(self, taken: Collection[str], names: Collection[str], what: str) -> None:
        if shared := sorted(set(taken) & set(names)):
            msg = (
                f"{self.doc_type.name} {self.number}: the {what} field {shared[0]!r} "
                "has a name that is taken"
            )
            raise InvalidDocumentError(msg, hint="Rename the field.")


@dataclass(frozen=True, slots=True)
class DocumentSalts:
    """Random bytes that make a document's fields unguessable; kept, so that a rerun repeats.

    Attributes:
        document: 32 bytes.
        fields: 16 bytes for each field, in leaf order.
    """

    document: bytes
    fields: tuple[bytes, ...]


def salts_needed(paper: Paper) -> int:
    """How many field salts of 16 bytes the paper needs, besides the document's one of 32.

    Raises:
        InvalidDocumentError: two fields have the same name.
        LimitExceededError: more than `MAX_FIELDS` fields.
    """
    return len(paper.values())


@dataclass(frozen=True, slots=True)
class Document:
    """A paper with its salts, bound to one batch on one ledger.

    Attributes:
        doc_type: what it is.
        issuer: who issued it.
        scope: what the commitment is bound to.
        salt: the document's 32 bytes.
        fields: all of them, in leaf order.
        open_names: the fields that are always shown.
    """

    doc_type: DocType
    issuer: Gln
    scope: Scope
    salt: bytes
    fields: tuple[Field, ...]
    open_names: frozenset[str]

    @property
    def commitment(self) -> bytes:
        """What the record carries, 32 bytes."""
        root = field_root([field.leaf() for field in self.fields])
        return commitment(self.scope, self.issuer, self.doc_type, self.salt, root)

    def public_view(self) -> str:
        """View text with the public fields open and the confidential ones as leaf hashes."""
        return self.view(self.open_names)

    def full_view(self) -> str:
        """View text with every field open; for the issuer's own safe, and for grants."""
        return self.view({field.name for field in self.fields})

    def view(self, names: Collection[str]) -> str:
        """View text with the named fields open.

        Raises:
            InvalidDocumentError: the document has no such field.
        """
        if unknown := sorted(set(names) - {field.name for field in self.fields}):
            msg = f"{self.doc_type.name} has no field {unknown[0]!r}"
            raise InvalidDocumentError(msg)
        return canonical_text(
            {
                "docType": int(self.doc_type),
                "issuer": self.issuer.value,
                "batchId": self.scope.batch_id.hex(),
                "salt": self.salt.hex(),
                "fields": [
                    {"name": field.name, "value": field.value_text, "salt": field.salt.hex()}
                    if field.name in names
                    else {"leaf": field.leaf().hex()}
                    for field in self.fields
                ],
            }
        )


def build_document(paper: Paper, scope: Scope, salts: DocumentSalts) -> Document:
    """Bind a paper to a batch.

    Raises:
        InvalidDocumentError: two fields have the same name, a salt has the wrong size, or there
            are more or fewer salts than `salts_needed`.
        LimitExceededError: too many fields, or one too long.
        InputError: a value has no canonical JSON form.
    """
    values = paper.values()
    if len(salts.document) != DOCUMENT_SALT_BYTES or len(salts.fields) != len(values):
        msg = (
            f"{paper.doc_type.name} {paper.number} needs a salt of 32 bytes and {len(values)} "
            f"field salts, not {len(salts.document)} bytes and {len(salts.fields)}"
        )
        raise InvalidDocumentError(msg, hint="Salts belong to one set of fields; draw new ones.")
    if len(set(salts.fields)) != len(salts.fields):
        msg = f"{paper.doc_type.name} {paper.number}: two fields have the same salt"
        raise InvalidDocumentError(msg, hint="Draw every salt from os.urandom.")
    return Document(
        paper.doc_type,
        paper.issuer,
        scope,
        salts.document,
        tuple(
            Field(name, canonical_text(value), salt)
            for (name, value), salt in zip(values.items(), salts.fields, strict=True)
        ),
        frozenset(paper.open_values()),
    )
