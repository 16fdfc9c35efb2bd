"""The papers of a passport: product, laboratory, condition, carbon, responsibility, states."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracer.domain.carbon import Band, recompute
from tracer.domain.cards import (
    CarbonCard,
    ConditionCard,
    CsrCard,
    LabCard,
    PaperCard,
    PaperState,
    ProductCard,
)
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.columns import gln_text
from tracer.domain.condition import summary_from_log
from tracer.domain.documents import DOCUMENT_KIND, FIXED_FIELDS, DocType
from tracer.domain.evidence import DOCUMENT_KINDS, Evidence, Paper
from tracer.domain.kinds import Kind, Role
from tracer.domain.lab import Product, judge_markets, judge_report
from tracer.domain.lab_identity import LabParty, judge_identity
from tracer.domain.messages import Message
from tracer.domain.party_cards import number_of, text_of
from tracer.domain.status import Clearance, ClearanceState, find_best_before
from tracer.domain.times import read_day
from tracer.rules import load_factors, load_limits, load_profiles
from tracer.rules.paper_rules import load_paper_rules

_AGREEMENT_STEP = 7
_SUBJECT_PARAMS = ("one", "other", "first", "second")


def _values(paper: Paper) -> dict[str, Any]:
    return {name: paper.value(name) for name in paper.texts}


def _latest(evidence: Evidence, doc_type: DocType) -> Paper | None:
    """The paper of a type that was recorded last."""
    found = list(evidence.genuine_papers(doc_type))
    return found[-1] if found else None


def _whole(values: Mapping[str, Any], name: str) -> int | None:
    number = number_of(values, name)
    return int(number) if number is not None and number == int(number) else None


def build_product(evidence: Evidence) -> ProductCard:
    """What the tin is, from the last genuine PRODUCT paper."""
    bundle = evidence.bundle
    paper = _latest(evidence, DocType.PRODUCT)
    said = _values(paper) if paper else {}
    return ProductCard(
        gtin=bundle.batch.gtin,
        lot=bundle.batch.lot,
        serial=bundle.tin.serial if bundle.tin else "",
        name_en=text_of(said, "nameEn"),
        name_zh=text_of(said, "nameZh"),
        stage=_whole(said, "stage"),
        age_months=text_of(said, "ageMonths"),
        net_weight_g=number_of(said, "netWeightG"),
        origin_country=text_of(said, "originCountry"),
        formula_registration_no=text_of(said, "formulaRegistrationNo"),
        manufacturer_no=text_of(said, "manufacturer519"),
        storage=text_of(said, "storage"),
        shelf_life_months=_whole(said, "shelfLifeMonths"),
        production_date=text_of(said, "productionDate"),
        best_before=text_of(said, "bestBefore") or find_best_before(evidence),
        tins=_whole(said, "tins"),
        maker=gln_text(bundle.batch.owner),
    )


def build_labs(evidence: Evidence, product: ProductCard) -> tuple[LabCard, ...]:
    """Genuine laboratory reports, judged for the product; the last recorded first."""
    limits, tested = load_limits(), _tested(evidence, product)
    cards = []
    for paper in evidence.genuine_papers(DocType.LAB_REPORT):
        said = _values(paper)
        verdict = judge_report(said, limits, tested)
        card = LabCard(
            paper.plain("number"),
            paper.plain("issuer"),
            paper.plain("issuedAt"),
            text_of(said, "purpose"),
            text_of(said, "accreditation"),
            verdict,
            judge_markets(said, limits, tested),
            judge_identity(said, _laboratory(evidence, paper), product.lot),
            verdict.mismatch,
        )
        cards.append(card)
    return tuple(reversed(cards))


def _tested(evidence: Evidence, product: ProductCard) -> Product:
    paper = _latest(evidence, DocType.PRODUCT)
    claims = paper.value("claims") if paper else None
    return Product(
        product.stage,
        product.production_date if read_day(product.production_date) else "",
        frozenset(map(str, claims)) if isinstance(claims, list) else None,
    )


def _laboratory(evidence: Evidence, paper: Paper) -> LabParty:
    """The issuer of a report, and what else it does with the batch."""
    gln = paper.view.issuer.number if paper.view else 0
    row = evidence.bundle.parties.get(gln)
    makers = {
        each.view.issuer.number for each in evidence.genuine_papers(DocType.PRODUCT) if each.view
    }
    makers |= {record.gln for record in evidence.records if record.kind == Kind.CANNING}
    return LabParty(
        gln_text(gln),
        Role(row.roles) if row else None,
        gln == evidence.bundle.batch.owner,
        gln in makers,
    )


def build_conditions(evidence: Evidence) -> tuple[ConditionCard, ...]:
    """Genuine temperature logs."""
    profiles = load_profiles()
    cards = []
    for paper in evidence.genuine_papers(DocType.TEMPERATURE_LOG):
        summary = summary_from_log(_values(paper), profiles)
        profile = profiles.get(summary.profile_id)
        card = ConditionCard(
            paper.plain("number"),
            summary,
            profile.max_c if profile else None,
            profile.hard_max_c if profile else None,
        )
        cards.append(card)
    return tuple(cards)


def build_carbon(evidence: Evidence, product: ProductCard) -> CarbonCard | None:
    """The last genuine footprint, recomputed."""
    paper = _latest(evidence, DocType.CARBON_FOOTPRINT)
    if paper is None:
        return None
    said = _values(paper)
    footprint = recompute(
        said, load_factors(), tins=product.tins, net_weight_g=product.net_weight_g
    )
    band = footprint.band_position
    return CarbonCard(
        paper.plain("number"),
        paper.plain("issuer"),
        footprint,
        Message("carbon.differs" if footprint.differs else "carbon.ok"),
        None if band is Band.NONE else Message(f"carbon.band-{band}"),
        text_of(said, "functionalUnit"),
        text_of(said, "systemBoundary"),
        text_of(said, "allocation"),
    )


def build_csr(evidence: Evidence) -> tuple[CsrCard, ...]:
    """Genuine social responsibility reports."""
    return tuple(
        CsrCard(paper.plain("number"), paper.plain("issuer"), _own_fields(paper))
        for paper in evidence.genuine_papers(DocType.CSR_REPORT)
    )


def _own_fields(paper: Paper) -> dict[str, Any]:
    return {name: value for name, value in _values(paper).items() if name not in FIXED_FIELDS}


def build_papers(
    evidence: Evidence, checks: Sequence[Check], clearance: Clearance
) -> tuple[PaperCard, ...]:
    """Every paper with its state, in the order of its record; withheld ones too."""
    conflicts = {
        str(check.params[name])
        for check in checks
        if check.step == _AGREEMENT_STEP and check.status is CheckStatus.INVALID
        for name in _SUBJECT_PARAMS
        if name in check.params
    }
    cards = [
        _paper_card(paper, _state(evidence, paper, conflicts, clearance))
        for paper in evidence.papers
    ]
    cards += _withheld(evidence)
    end = len(evidence.records)
    return tuple(sorted(cards, key=lambda card: end if card.position is None else card.position))


def _state(
    evidence: Evidence, paper: Paper, conflicts: set[str], clearance: Clearance
) -> PaperState:
    doc_type = paper.doc_type
    if doc_type is None or not paper.genuine:
        return PaperState.INVALID
    if paper.subject in conflicts or paper.commitment in clearance.objections:
        return PaperState.CONFLICT
    if doc_type is DocType.CUSTOMS_DECLARATION:
        confirmed = any(row.kind == Kind.CLEARANCE_CONFIRMATION for row in paper.records)
        is_cleared = confirmed and clearance.state is ClearanceState.CLEARED
        return PaperState.CLEARED if is_cleared else PaperState.CLAIMED
    if _is_by_its_issuer(evidence, paper, doc_type):
        return PaperState.CONFIRMED
    return PaperState.UNVERIFIED


def _is_by_its_issuer(evidence: Evidence, paper: Paper, doc_type: DocType) -> bool:
    """Whether the record's kind, which needs a role, and the writer's role fit the paper."""
    wanted = Role(0)
    for name in load_paper_rules().issuer_roles[doc_type.name]:
        wanted |= Role[name]
    return any(
        row.kind == DOCUMENT_KIND[doc_type]
        and (party := evidence.bundle.parties.get(row.gln)) is not None
        and party.roles & wanted
        for row in paper.records
    )


def _paper_card(paper: Paper, state: PaperState) -> PaperCard:
    view = paper.view
    return PaperCard(
        doc_type=view.doc_type.name if view else "",
        number=paper.plain("number"),
        issuer=view.issuer.value if view else "",
        issued_at=paper.plain("issuedAt"),
        state=state,
        message=Message(f"paper.{state}"),
        hidden=view.hidden if view else 0,
        fields=_own_fields(paper),
        commitment=paper.commitment.hex(),
        position=paper.records[0].position if paper.records else None,
    )


def _withheld(evidence: Evidence) -> Iterator[PaperCard]:
    """Papers that are recorded, but not at hand."""
    seen = set(evidence.bundle.documents)
    for record in evidence.records:
        if record.kind in DOCUMENT_KINDS and record.digest not in seen:
            seen.add(record.digest)
            yield PaperCard(
                doc_type="",
                number="",
                issuer=gln_text(record.gln),
                issued_at="",
                state=PaperState.WITHHELD,
                message=Message(f"paper.{PaperState.WITHHELD}"),
                hidden=0,
                fields={},
                commitment=record.digest.hex(),
                position=record.position,
            )
