"""The sample's declaration as its broker seals it, and the signed statement about it."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from desk_world import GTIN, LOT, TYPE, Desk, key_of

from tracer.domain.documents import (
    DocType,
    Document,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.domain.statements import DeskIdentity, DocumentStatement, public_commitment
from tracer.samples import sample_path
from tracer.vault.signatures import hash_typed_data


def declaration_values() -> dict[str, Any]:
    """What the sample's declaration says: docType, number, issuer, issuedAt, public, …"""
    batch = json.loads(sample_path("nz").read_text("utf-8"))
    return next(dict(one) for one in batch["documents"] if one["docType"] == TYPE)


def seal(
    desk: Desk, file: bytes, change: Callable[[dict[str, Any]], None] = lambda _values: None
) -> Document:
    """The sample's declaration as its broker seals it, with fresh salts."""
    values = declaration_values()
    change(values)
    identity = desk.identity
    paper = Paper(
        doc_type=DocType[TYPE],
        number=values["number"],
        issuer=Gln.parse(values["issuer"]),
        issued_at=values["issuedAt"],
        public=values["public"],
        confidential=values["confidential"],
        file_sha256=hashlib.sha256(file).digest(),
    )
    batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(LOT))
    salts = DocumentSalts(os.urandom(32), tuple(os.urandom(16) for _ in range(salts_needed(paper))))
    return build_document(paper, Scope(identity.chain_id, identity.contract, batch_id), salts)


def statement_of(document: Document, **changes: Any) -> DocumentStatement:
    names = tuple(it.name for it in document.fields if it.name in document.open_names)
    statement = DocumentStatement(
        document.scope.batch_id,
        int(document.doc_type),
        document.commitment,
        public_commitment(document.public_view()),
        names,
        int(time.time()),
    )
    return replace(statement, **changes)


def statement_body(
    desk: Desk, gln: str, document: Document, identity: DeskIdentity | None = None, **changes: Any
) -> dict[str, Any]:
    """The body of PUT …/statement, signed by a party."""
    statement = statement_of(document, **changes)
    digest = hash_typed_data(statement.typed_data(identity or desk.identity))
    signature = key_of(desk.account(gln)).sign(digest)
    return {
        "view": document.full_view(),
        "statement": statement.message(),
        "signature": f"0x{signature.hex()}",
    }
