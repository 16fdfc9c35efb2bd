"""From a filled-in form to a stated paper: what is checked before an issuer's word is kept.

The full view says everything, with the salts that the issuer drew. It must be the whole paper, of
this caller, batch, type and file; its fields must hold their type's rules; and the statement, by
the same key that asks, must commit to exactly this view and exactly this public part of it. Then
the view goes into the vault, the public view to the contents, and the commitment is settled.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.domain.canonical import canonical_text
from tracer.domain.document_views import View, parse_view
from tracer.domain.documents import (
    DOCUMENT_KIND,
    FILE_FIELD,
    FIXED_FIELDS,
    PUBLIC_FIELDS,
    DocType,
    Document,
    Field,
    Scope,
)
from tracer.domain.paper_types import FieldProblem, paper_type, validate_fields
from tracer.domain.records import Record
from tracer.domain.statements import (
    DeskIdentity,
    DocumentStatement,
    public_commitment,
    read_issued_at,
)
from tracer.errors import ConflictError, InputError, InvalidDocumentError, NotAuthenticatedError
from tracer.vault.desk_tables import SignedStatement
from tracer.vault.rows import PART_VIEW
from tracer.vault.signatures import (
    checksum_address,
    hash_typed_data,
    keccak,
    parse_signature,
    recover,
)
from tracer_desk.access import Access
from tracer_desk.auth import Caller
from tracer_desk.limits import SKEW_S, STATEMENT_AGE_S
from tracer_desk.problems import FieldsRefusedError
from tracer_desk.schemas import RecordOut, Stated, StatementGiven, Transaction
from tracer_desk.services import Services

WORD: Final = 32
APPEND: Final = keccak(b"append(bytes32,bytes)")[:4]
_OPEN: Final = frozenset(FIXED_FIELDS) - {FILE_FIELD}


@dataclass(frozen=True, slots=True)
class SealedPaper:
    """A full view that is what it should be.

    Attributes:
        text: of the full view.
        document: the same with what of it is open.
        values: name -> value.
        commitment: 32 bytes.
    """

    text: str
    document: Document
    values: Mapping[str, Any]
    commitment: bytes

    @property
    def open_fields(self) -> tuple[str, ...]:
        """Names that the public view shows, in leaf order."""
        names = (field.name for field in self.document.fields)
        return tuple(name for name in names if name in self.document.open_names)


def public_names(doc_type: DocType, values: Mapping[str, Any]) -> list[str]:
    """Which of a paper's fields everybody sees: what its type says, no more and no less."""
    own = paper_type(doc_type).public_names()
    return sorted(name for name in {*values, PUBLIC_FIELDS} if name in _OPEN or name in own)


def check_fields(doc_type: DocType, values: Mapping[str, Any]) -> list[FieldProblem]:
    """What is wrong with a paper's fields."""
    return validate_fields(doc_type, values)


def read_paper_view(
    access: Access, caller: Caller, identity: DeskIdentity, text: str, file_sha256: str
) -> SealedPaper:
    """Read a full view, and refuse what is not this paper.

    Args:
        access: the paper at the desk.
        caller: its issuer.
        identity: chain and ledger that it is bound to.
        text: the view.
        file_sha256: of the stored file, hexadecimal.

    Raises:
        InputError: it is no view, or not this paper's.
        FieldsRefusedError: fields break their type's rules.
    """
    view = parse_view(text)
    fields = tuple(entry for entry in view.entries if isinstance(entry, Field))
    values = view.fields
    _check_header(access, caller, view, values, file_sha256)
    if problems := check_fields(view.doc_type, values):
        raise FieldsRefusedError(problems)
    names = public_names(view.doc_type, values)
    if values[PUBLIC_FIELDS] != names:
        raise InvalidDocumentError(
            f"{PUBLIC_FIELDS} are not those of a {view.doc_type.name}: {', '.join(names)}"[:400],
            hint="Exactly what the type makes public travels open.",
        )
    scope = Scope(identity.chain_id, identity.contract, view.batch_id)
    document = Document(view.doc_type, view.issuer, scope, view.salt, fields, frozenset(names))
    if document.full_view() != text:
        raise InvalidDocumentError("the view is not in its canonical spelling (RFC 8785)")
    return SealedPaper(text, document, values, document.commitment)


def _check_header(
    access: Access, caller: Caller, view: View, values: Mapping[str, Any], file_sha256: str
) -> None:
    stored = access.stored
    if view.hidden:
        raise InvalidDocumentError(
            f"{view.hidden} fields are hidden", hint="The desk keeps the full view, encrypted."
        )
    facts = (
        ("type", view.doc_type.name, access.doc_type.name),
        ("issuer", view.issuer.number, caller.actor.gln),
        ("batch", view.batch_id, stored.batch_id),
        ("field 'type'", values.get("type"), access.doc_type.name),
        ("field 'issuer'", values.get("issuer"), f"{caller.actor.gln:013d}"),
        ("field 'file'", values.get(FILE_FIELD), file_sha256),
    )
    for what, said, wanted in facts:
        if said != wanted:
            raise InvalidDocumentError(
                f"the view's {what} is not this paper's",
                hint="Seal the view anew for this file, batch and organisation.",
            )
    salts = [entry.salt for entry in view.entries if isinstance(entry, Field)]
    if len(set(salts)) != len(salts):
        raise InvalidDocumentError("two fields have the same salt", hint="Draw every salt anew.")


def check_statement(
    caller: Caller, identity: DeskIdentity, paper: SealedPaper, given: StatementGiven, now: int
) -> SignedStatement:
    """Make sure that a statement says exactly this of the paper, and who signed it.

    Raises:
        InputError: it says something else, or is too old.
        NotAuthenticatedError: the caller's key did not sign it.
    """
    said = DocumentStatement.from_message(given.statement)
    wanted = DocumentStatement(
        batch_id=paper.document.scope.batch_id,
        doc_type=int(paper.document.doc_type),
        commitment=paper.commitment,
        public_commitment=public_commitment(paper.document.public_view()),
        open_fields=paper.open_fields,
        issued_at_unix=said.issued_at_unix,
    )
    for name, value in wanted.message().items():
        if said.message()[name] != value:
            raise InvalidDocumentError(
                f"the statement's {name} is not that of the view", hint="Sign a new statement."
            )
    if not now - STATEMENT_AGE_S <= said.issued_at_unix <= now + SKEW_S:
        raise InputError(
            f"the statement was signed at {said.issued_at_unix}, here it is {now}",
            hint="Set the clock and sign a new statement.",
        )
    signature = parse_signature(given.signature)
    signer = recover(hash_typed_data(said.typed_data(identity)), signature)
    if signer != caller.address:
        raise NotAuthenticatedError(
            "the statement is not signed by the key that asks, for this desk and chain",
            hint=f"Sign it with {checksum_address(caller.address)}.",
        )
    return SignedStatement(signer, canonical_text(said.message()), signature, now)


def state_paper(
    services: Services, access: Access, caller: Caller, given: StatementGiven
) -> Stated:
    """Keep a paper's full view and its issuer's word, and publish what is public.

    Doing it again with the same view gives the same answer.

    Raises:
        InputError: see `read_paper_view` and `check_statement`.
        ConflictError: another view is stated already.
    """
    identity, now, stored = services.identity(), services.now(), access.stored
    private = services.vault.private(stored.doc_id)
    paper = read_paper_view(access, caller, identity, given.view, private["sha256"])
    issued_unix = read_issued_at(paper.values.get("issuedAt"))
    if issued_unix > now + SKEW_S:
        raise InvalidDocumentError("the paper's issuedAt lies ahead")
    statement = check_statement(caller, identity, paper, given, now)
    if stored.commitment not in {None, paper.commitment}:
        raise ConflictError(
            f"document {stored.doc_id} is stated already, with another commitment",
            hint="What was stated stays; send a new paper under a new id.",
        )
    _keep_view(services, access, paper)
    services.tables.put_statement(stored.doc_id, statement)
    services.contents.put_document(paper.commitment, paper.document.public_view())
    services.vault.state(stored.doc_id, paper.commitment, actor=caller.name)
    record = Record(DOCUMENT_KIND[access.doc_type], issued_unix, None, paper.commitment)
    return Stated(
        commitment=paper.commitment.hex(),
        record=RecordOut(
            kind=int(record.kind),
            digest=record.digest.hex(),
            occurred_at=record.occurred_at_unix,
            location=None,
        ),
        transaction=Transaction(
            to=f"0x{identity.contract.hex()}",
            data=f"0x{encode_append(stored.batch_id, record.pack()).hex()}",
        ),
    )


def encode_append(batch_id: bytes, records: bytes) -> bytes:
    """The call `append(batchId, records)` of the ledger, ABI-encoded."""
    padding = bytes(-len(records) % WORD)
    head = batch_id + (2 * WORD).to_bytes(WORD, "big") + len(records).to_bytes(WORD, "big")
    return APPEND + head + records + padding


def _keep_view(services: Services, access: Access, paper: SealedPaper) -> None:
    data = paper.text.encode()
    stored = access.stored
    with services.incoming.new_file() as incoming:
        incoming.write(data)
        services.vault.put(
            stored.doc_id,
            org=stored.org,
            batch_id=stored.batch_id,
            doc_type=stored.doc_type,
            part=PART_VIEW,
            source=incoming.path,
            sha256=hashlib.sha256(data).digest(),
            private={},
        )
