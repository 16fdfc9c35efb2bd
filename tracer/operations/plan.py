"""What a batch file asks for, in types: the step between reading a file and writing to the ledger.

Every reader (`batch_file`, `epcis_file`, `clerk_sheet`) ends in a `BatchPlan`. A plan is pure
data: building it sends nothing, and the same file always gives the same plan.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gln, Gtin, Lot, Serial
from tracer.domain.kinds import AUTHORITY_ROLES, Kind, Role


@dataclass(frozen=True)
class PartyProfile:
    """A party as the ledger admits it.

    Attributes:
        gln: its Global Location Number.
        name_en: display name in English.
        name_zh: display name in Chinese.
        roles: what it does.
        profile: the public profile whose text is pinned on the ledger.
        text: RFC 8785 text of `profile`.
    """

    gln: Gln
    name_en: str
    name_zh: str
    roles: Role
    profile: Mapping[str, Any]
    text: str

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the profile's text."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True)
class PlannedEvent:
    """One EPCIS event that becomes one record.

    Attributes:
        kind: the record's kind, named by the event's stage.
        recorder: the party that will write it.
        occurred_at_unix: the event's time, Unix seconds.
        location: the event's read point, else its business location, else None.
        event: the event with its `eventID`.
        text: RFC 8785 text of `event`; this exact text is kept and served.
    """

    kind: Kind
    recorder: Gln
    occurred_at_unix: int
    location: Gln | None
    event: Mapping[str, Any]
    text: str

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the event's text; the record carries it."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True)
class PlannedDocument:
    """One paper that becomes one commitment in one record.

    The commitment needs salts, so it is made when the plan is carried out, not here.

    Attributes:
        doc_type: which paper.
        number: the number printed on it.
        issuer: the party that issued it; the commitment names it.
        recorder: the party that will write the record; always the issuer.
        kind: the record's kind, from the paper's type.
        issued_at_unix: when it was issued, Unix seconds.
        issued_at: the same moment as the file writes it, ISO 8601 with offset.
        public: fields that travel open.
        confidential: fields that only a grant opens.
        file: the paper itself (PDF), or None when there is none.
    """

    doc_type: DocType
    number: str
    issuer: Gln
    recorder: Gln
    kind: Kind
    issued_at_unix: int
    issued_at: str
    public: Mapping[str, Any]
    confidential: Mapping[str, Any]
    file: Path | None

    @property
    def occurred_at_unix(self) -> int:
        """The record's time: when the paper was issued."""
        return self.issued_at_unix


@dataclass(frozen=True)
class PlannedSerials:
    """The tins' serials, which become one Merkle root in one SERIALS record.

    Attributes:
        recorder: the party that issued them; the batch's owner.
        occurred_at_unix: when they were printed, Unix seconds.
        serials: all of them, ascending by bytes, without doubles.
    """

    recorder: Gln
    occurred_at_unix: int
    serials: Sequence[Serial]

    @property
    def kind(self) -> Kind:
        """Always SERIALS."""
        return Kind.SERIALS


@dataclass(frozen=True)
class PlannedConfirmation:
    """Customs repeat a declaration's commitment: only then does it show as cleared.

    Attributes:
        document_number: the number of the CUSTOMS_DECLARATION in this plan that is confirmed.
        recorder: the customs party.
        occurred_at_unix: when customs released the goods, Unix seconds.
    """

    document_number: str
    recorder: Gln
    occurred_at_unix: int

    @property
    def kind(self) -> Kind:
        """Always CLEARANCE_CONFIRMATION."""
        return Kind.CLEARANCE_CONFIRMATION


@dataclass(frozen=True)
class PlannedInspection:
    """An inspection of a party, not of a batch; the third failure in a row bans it for good.

    Attributes:
        inspection_id: 32 bytes; the ledger counts each id once.
        gln: the inspected party.
        inspector: the inspecting party.
        inspected_at_unix: when, Unix seconds.
        passed: the outcome.
        text: RFC 8785 text of the report.
    """

    inspection_id: bytes
    gln: Gln
    inspector: Gln
    inspected_at_unix: int
    passed: bool
    text: str

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the report's text."""
        return hashlib.sha256(self.text.encode()).digest()


PlannedItem = PlannedEvent | PlannedDocument | PlannedSerials | PlannedConfirmation
"""Whatever becomes one record; all have `kind`, `recorder` and `occurred_at_unix`."""


@dataclass(frozen=True)
class BatchPlan:
    """Everything a batch file asks the ledger to hold.

    Attributes:
        gtin: the trade item.
        lot: the batch as printed.
        owner: the party that registers the batch.
        prefix_digits: length of the GS1 company prefix that the owner claims, 4 to 12; None when
            the file does not say (the ledger knows which prefixes the owner has).
        parties: every party named as writer, issuer, inspector or inspected.
        items: one per record, by ascending `occurred_at_unix`; ties keep the file's order.
        inspections: of parties, by ascending time.
    """

    gtin: Gtin
    lot: Lot
    owner: Gln
    prefix_digits: int | None
    parties: Sequence[PartyProfile]
    items: Sequence[PlannedItem]
    inspections: Sequence[PlannedInspection] = field(default=())

    @cached_property
    def partners(self) -> tuple[Gln, ...]:
        """Parties that the owner must name so that they may write, ascending.

        These are the writers among `parties` that hold no authority role, without the owner.
        """
        writers = {item.recorder for item in self.items} - {self.owner}
        return tuple(
            sorted(
                party.gln
                for party in self.parties
                if party.gln in writers and not party.roles & AUTHORITY_ROLES
            )
        )

    @property
    def company_prefix(self) -> str:
        """The company prefix that the owner claims: GTIN digits 2 onwards; empty if not known."""
        return self.gtin.value[1 : 1 + (self.prefix_digits or 0)]
