"""What an issuer does at a desk with its own keys: hand in, state, sign, and send to the ledger."""

import json
import time
from dataclasses import dataclass
from typing import Any, Final

from tracer.domain.document_views import View, parse_view
from tracer.domain.documents import DOCUMENT_KIND, Document
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.json_form import parse_json
from tracer.domain.records import Record
from tracer.domain.statements import (
    DeskIdentity,
    DocumentStatement,
    SignIn,
    public_commitment,
    read_issued_at,
)
from tracer.errors import InputError, InvalidDocumentError, KeyUnavailableError
from tracer.operations.delivery import SigningKey
from tracer.operations.desk_client import DeskClient, DeskKey, PaperFile, Upload
from tracer.operations.ledger_records import WrittenRecord
from tracer.operations.outbox import Intent, Presence, Written
from tracer.operations.plan import PlannedDocument
from tracer.operations.station import Station
from tracer.operations.steps import fetch_written
from tracer.operations.writers import KeyRing, roles_needed
from tracer.vault.signatures import hash_personal, hash_typed_data

MAX_TO_SIGN_CHARS: Final = 100_000  # a statement with 256 open fields has 50,000


@dataclass(frozen=True, slots=True)
class ToSign:
    """Something of a desk that a person is asked to sign, once it is known to be that.

    Attributes:
        what: one sentence for the person.
        digest: 32 bytes to sign.
        address: who shall sign, 0x and 40 digits; "" when it does not say.
        facts: what it says.
    """

    what: str
    digest: bytes
    address: str
    facts: dict[str, Any]


def desk_key(key: SigningKey) -> DeskKey:
    """A key of this installation as the desk's client uses it; opened when it first signs."""
    address = bytes.fromhex(key.address.removeprefix("0x"))
    return DeskKey(address, lambda digest: key.unlock().sign_digest(digest))


def read_to_sign(text: str, identity: DeskIdentity) -> ToSign:
    """Read a sign-in or a statement; nothing else is ever signed.

    A signature over something else, such as a transaction, could do harm, so what is signed is
    rebuilt from what was understood, and must be the same.

    Args:
        text: as the desk or its page gave it out.
        identity: the desk, chain and ledger that it must be for.

    Raises:
        InputError: it is neither, or for another desk, chain or ledger.
    """
    text = text.strip()
    if text.startswith("{"):
        return _read_statement(text, identity)
    sign_in = SignIn.parse(text)
    if (sign_in.host, sign_in.uri, sign_in.chain_id) != (
        identity.host,
        identity.origin,
        identity.chain_id,
    ):
        raise InputError(
            f"the sign-in is for {sign_in.uri} on chain {sign_in.chain_id}",
            hint=f"Here the desk is {identity.origin} on chain {identity.chain_id};"
            " --desk names another one.",
        )
    facts = {"desk": sign_in.uri, "address": sign_in.address}
    what = f"sign in at {sign_in.uri} as {sign_in.address}"
    return ToSign(what, hash_personal(text), sign_in.address, facts)


def _read_statement(text: str, identity: DeskIdentity) -> ToSign:
    typed = parse_json(text, what="statement", max_chars=MAX_TO_SIGN_CHARS)
    message = typed.get("message") if isinstance(typed, dict) else None
    statement = DocumentStatement.from_message(message)
    rebuilt = statement.typed_data(identity)
    lowered = json.loads(json.dumps(typed))
    contract = lowered.get("domain", {})
    if isinstance(contract, dict) and isinstance(contract.get("verifyingContract"), str):
        contract["verifyingContract"] = contract["verifyingContract"].lower()
    if lowered != rebuilt:
        raise InputError(
            "the statement is for another desk, chain or ledger, or is none",
            hint=f"Here the desk is {identity.origin} on chain {identity.chain_id};"
            " --desk names another one.",
        )
    facts = statement.message()
    what = f"state a paper of type {statement.doc_type}, commitment {statement.commitment.hex()}"
    return ToSign(what, hash_typed_data(rebuilt), "", facts)


def hand_in(
    client: DeskClient,
    batch: tuple[Gtin, Lot],
    planned: PlannedDocument,
    document: Document,
    file: PaperFile,
) -> tuple[Upload, dict[str, Any]]:
    """Hand in a paper's file and everything it says; safe to repeat.

    Args:
        client: the desk.
        batch: GTIN and lot.
        planned: the paper.
        document: the same with its salts.
        file: its file.

    Returns:
        What the desk answered to the file, and to the statement.

    Raises:
        TracerError: see `DeskClient`.
    """
    gtin, lot = batch
    doc_id = client.doc_id_for(gtin, lot, planned.doc_type, file)
    upload = client.upload(doc_id, gtin, lot, planned.doc_type, file)
    names = (field.name for field in document.fields)
    statement = DocumentStatement(
        batch_id=document.scope.batch_id,
        doc_type=int(document.doc_type),
        commitment=document.commitment,
        public_commitment=public_commitment(document.public_view()),
        open_fields=tuple(name for name in names if name in document.open_names),
        issued_at_unix=int(time.time()),
    )
    return upload, client.state(doc_id, document.full_view(), statement)


def plan_record(station: Station, view_text: str, batch_id: bytes) -> tuple[Intent, View]:
    """The record of a stated paper, worked out from its full view alone.

    Args:
        station: the ledger.
        view_text: as the desk keeps it.
        batch_id: the batch that the view must be of, 32 bytes.

    Raises:
        InvalidDocumentError: the view hides fields, or is of another batch.
        InputError: it is no view.
    """
    view = parse_view(view_text)
    if view.hidden or view.batch_id != batch_id:
        raise InvalidDocumentError("the desk's view is not the full view of this batch's paper")
    commitment = view.commitment(station.base.chain_id, station.ledger.contract)
    record = Record(
        DOCUMENT_KIND[view.doc_type], read_issued_at(view.fields.get("issuedAt")), None, commitment
    )
    wanted: WrittenRecord = (view.issuer.number, record.pack())

    def presence() -> Presence:
        found = fetch_written(station, batch_id)
        return Presence.PRESENT if wanted in found else Presence.ABSENT

    call = station.call("append", batch_id, record.pack())
    what = f"{view.title} by {view.issuer}"
    return station.intent(what, call, actor=str(view.issuer), presence=presence), view


def write_record(station: Station, intent: Intent, view: View) -> Written:
    """Bring a stated paper's record onto the chain, once.

    Raises:
        KeyUnavailableError: no key of its issuer is here.
        TracerError: see `Station.write`.
    """
    needs = roles_needed([DOCUMENT_KIND[view.doc_type]])
    key = KeyRing.ask(station).find(view.issuer, needs)
    if key is None:
        raise KeyUnavailableError(
            f"no key of the paper's issuer {view.issuer} is here",
            hint="tracer party key list shows the keys that are here.",
        )
    return station.write(intent, key)
