"""The parts of a passport: finished facts and message keys, nothing left to decide for a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracer.domain.carbon import Footprint
from tracer.domain.condition import ConditionSummary
from tracer.domain.lab import LabVerdict
from tracer.domain.lab_identity import LabIdentity
from tracer.domain.messages import Message
from tracer.domain.status import ClearanceState


class VerdictCode(StrEnum):
    """The one answer at the top."""

    OK = "OK"
    OK_WITH_NOTE = "OK_WITH_NOTE"
    ON_HOLD = "ON_HOLD"
    RECALLED = "RECALLED"
    EXPIRED = "EXPIRED"
    NOT_ISSUED = "NOT_ISSUED"
    NOT_VERIFIED = "NOT_VERIFIED"
    COULD_NOT_CHECK = "COULD_NOT_CHECK"
    SEEN_ELSEWHERE = "SEEN_ELSEWHERE"
    OPENED_BEFORE = "OPENED_BEFORE"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one answer, why, and what to do.

    Attributes:
        code: the answer.
        reason: why.
        action: what the reader should do.
        notes: what is worth knowing besides.
        if_confirmed: the answer if everything that could not be asked held; equals `code` unless
            that is COULD_NOT_CHECK.
    """

    code: VerdictCode
    reason: Message
    action: Message
    notes: tuple[Message, ...]
    if_confirmed: VerdictCode


@dataclass(frozen=True, slots=True)
class ProductCard:
    """What the tin is. Text is "" and numbers are None where no genuine paper says it.

    Attributes:
        gtin: 14 digits.
        lot: as printed.
        serial: of the scanned tin, or "".
        name_en: English.
        name_zh: Chinese.
        stage: 1, 2 or 3.
        age_months: as text, e.g. "0-6".
        net_weight_g: powder in one tin.
        origin_country: ISO 3166-1 alpha-2.
        formula_registration_no: Chinese registration of the formula.
        manufacturer_no: Chinese registration of the manufacturer.
        storage: condition profile.
        shelf_life_months: from production.
        production_date: ISO date.
        best_before: ISO date.
        tins: in the batch.
        maker: GLN, 13 digits.
    """

    gtin: str
    lot: str
    serial: str
    name_en: str
    name_zh: str
    stage: int | None
    age_months: str
    net_weight_g: float | None
    origin_country: str
    formula_registration_no: str
    manufacturer_no: str
    storage: str
    shelf_life_months: int | None
    production_date: str
    best_before: str
    tins: int | None
    maker: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened.

    Attributes:
        gln: 13 digits.
        name_en: English, or "".
        name_zh: Chinese, or "".
        city: or "".
        country: ISO 3166-1 alpha-2, or "".
        lat: degrees north, or None.
        lon: degrees east, or None.
    """

    gln: str
    name_en: str = ""
    name_zh: str = ""
    city: str = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None


class ContentState(StrEnum):
    """Whether what a record pins is at hand."""

    VALID = "VALID"
    INVALID = "INVALID"
    MISSING = "MISSING"
    NONE = "NONE"  # the record pins a tree or a raw log, which no page shows


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One record, as a step of the journey.

    Attributes:
        position: 0-based position in the batch.
        kind: record kind, by name.
        occurred_at_unix: when the writer says it happened.
        utc_offset_s: of the place's clock then; 0 when unknown.
        recorded_at_unix: block time.
        place: where, or None.
        signer: GLN of the writer, 13 digits.
        content: whether the content is at hand.
        digest: what the record pins, hexadecimal.
        biz_step: CBV word, or "".
        disposition: CBV word, or "".
        min_c: lowest temperature that the event reports, or None.
        max_c: highest.
        quantity_kg: what the event moves or makes, or None.
        reason_en: why, as its writer says, or "".
        reason_zh: the same in Chinese, or "".
        sequence: the contract's event counter.
        block_number: block that holds it.
        transaction_hash: hexadecimal.
    """

    position: int
    kind: str
    occurred_at_unix: int
    utc_offset_s: int
    recorded_at_unix: int
    place: Place | None
    signer: str
    content: ContentState
    digest: str
    biz_step: str
    disposition: str
    min_c: float | None
    max_c: float | None
    quantity_kg: float | None
    reason_en: str
    reason_zh: str
    sequence: int
    block_number: int
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class LabCard:
    """One genuine laboratory report, with this system's own verdict.

    Attributes:
        number: of the report.
        issuer: GLN of the laboratory.
        issued_at: ISO 8601.
        purpose: "release" or another word of the laboratory's.
        accreditation: as stated.
        verdict: recomputed.
        beside: the same values by the limits of other markets; they decide nothing here.
        identity: who tested, and whether the sample is of this batch.
        alert: the laboratory's own verdict is not what its values say, or None.
    """

    number: str
    issuer: str
    issued_at: str
    purpose: str
    accreditation: str
    verdict: LabVerdict
    beside: tuple[LabVerdict, ...]
    identity: LabIdentity
    alert: Message | None


@dataclass(frozen=True, slots=True)
class ConditionCard:
    """One genuine temperature log.

    Attributes:
        number: of the log.
        summary: its figures and what they amount to.
        max_c: the profile's limit, or None.
        hard_max_c: the limit above which goods count as harmed, or None.
    """

    number: str
    summary: ConditionSummary
    max_c: float | None
    hard_max_c: float | None


class PaperState(StrEnum):
    """How far a paper is proven."""

    CLEARED = "CLEARED"  # a declaration that customs confirmed
    CLAIMED = "CLAIMED"  # a declaration that only the broker recorded
    CONFIRMED = "CONFIRMED"  # recorded by a party whose role issues such papers
    UNVERIFIED = "UNVERIFIED"  # recorded by somebody else
    CONFLICT = "CONFLICT"  # contradicts another paper or event
    INVALID = "INVALID"  # not what was recorded
    WITHHELD = "WITHHELD"  # recorded, but not at hand


@dataclass(frozen=True, slots=True)
class PaperCard:
    """One paper.

    Attributes:
        doc_type: by name, "" when it cannot be read or is not at hand.
        number: printed on it, or "".
        issuer: GLN, 13 digits, or "".
        issued_at: ISO 8601, or "".
        state: how far it is proven.
        message: the state in words.
        hidden: confidential fields that stay sealed.
        fields: open fields beyond type, number, issuer and date.
        commitment: what the record carries, hexadecimal.
        position: of the first record that carries it, or None.
    """

    doc_type: str
    number: str
    issuer: str
    issued_at: str
    state: PaperState
    message: Message
    hidden: int
    fields: Mapping[str, Any]
    commitment: str
    position: int | None


@dataclass(frozen=True, slots=True)
class ClearanceCard:
    """Customs clearance against its target.

    Attributes:
        state: how far it is proven.
        message: the state in words.
        hours: from declaration to release, or None.
        hours_from_arrival: from arrival in port to release, or None.
        reasons: what contradicts the clearance, each with the paper or record that says it.
        target_hours: what is aimed at.
        declared_at_unix: or None.
        released_at_unix: or None.
    """

    state: ClearanceState
    message: Message
    hours: float | None
    hours_from_arrival: float | None
    reasons: tuple[Message, ...]
    target_hours: int
    declared_at_unix: int | None
    released_at_unix: int | None


@dataclass(frozen=True, slots=True)
class CarbonCard:
    """The footprint of one tin.

    Attributes:
        number: of the paper.
        issuer: GLN.
        footprint: recomputed.
        message: whether the stated total follows from its lines.
        band_message: where it lies against the literature, or None.
        functional_unit: as stated.
        system_boundary: as stated.
        allocation: as stated.
    """

    number: str
    issuer: str
    footprint: Footprint
    message: Message
    band_message: Message | None
    functional_unit: str
    system_boundary: str
    allocation: str


@dataclass(frozen=True, slots=True)
class CsrCard:
    """One social responsibility report.

    Attributes:
        number: of the report.
        issuer: GLN.
        fields: its open fields: framework, period, assurance, metrics, summaries.
    """

    number: str
    issuer: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartyCard:
    """Somebody who wrote to the batch.

    Attributes:
        gln: 13 digits.
        name_en: from the profile that the ledger pins, or "".
        name_zh: the same in Chinese.
        city: or "".
        country: or "".
        roles: names.
        status: UNKNOWN, ACTIVE, SUSPENDED or BANNED.
        is_owner: registered the batch.
    """

    gln: str
    name_en: str
    name_zh: str
    city: str
    country: str
    roles: tuple[str, ...]
    status: str
    is_owner: bool


@dataclass(frozen=True, slots=True)
class Technical:
    """What an expert wants to see.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: hexadecimal.
        genesis_hash: hexadecimal.
        batch_id: hexadecimal.
        head: hexadecimal.
        records: how many.
        appends: how many.
        mirror_block: number of the mirror's last block.
        mirror_time_unix: its timestamp.
        warnings: what the mirror says it lacks.
        rule_versions: table -> version.
    """

    chain_id: int
    contract: str
    genesis_hash: str
    batch_id: str
    head: str
    records: int
    appends: int
    mirror_block: int
    mirror_time_unix: int
    warnings: tuple[str, ...]
    rule_versions: Mapping[str, str]
