"""How far a batch's papers have come on the ledger, and how they agree, out of the mirror.

The desk stores UPLOADED and STATED; everything after that is derived here, at every question, from
records and cross checks as the scan page derives it, so that it cannot disagree with the ledger.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.domain.cards import PaperCard, PaperState
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.documents import DocType
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.messages import Message
from tracer.domain.paper_types import paper_type
from tracer.domain.passport import build_passport
from tracer.domain.verify import verify_bundle
from tracer.store.read import load_bundle
from tracer.store.session import reading
from tracer.vault.rows import StoredDocument
from tracer_desk.schemas import ChecklistRow, Reason, State
from tracer_desk.services import Services
from tracer_desk.standing import KnownBatch

AGREEMENT_STEP: Final = 7
DEFAULT_TRADE_MODE: Final = "0110"
"""General trade, until a declaration of the batch says otherwise."""
RETAIL_TRADE_MODE: Final = "9610"
"""Cross-border parcels, which have lists in place of a declaration."""

_STATES: Final[Mapping[PaperState, State]] = {
    PaperState.CLEARED: "CONFIRMED",
    PaperState.CLAIMED: "RECORDED",
    PaperState.CONFIRMED: "RECORDED",
    PaperState.UNVERIFIED: "RECORDED",
    PaperState.CONFLICT: "CONFLICT",
    PaperState.INVALID: "CONFLICT",
    PaperState.WITHHELD: "RECORDED",
}
_RANK: Final[tuple[State, ...]] = (
    "MISSING",
    "ERASED",
    "UPLOADED",
    "STATED",
    "RECORDED",
    "CONFIRMED",
    "CONFLICT",
)


@dataclass(frozen=True, slots=True)
class RecordedPaper:
    """A paper that the ledger holds.

    Attributes:
        card: what the scan page says of it.
        state: as the desk calls it.
        reasons: what it contradicts.
    """

    card: PaperCard
    state: State
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A batch's papers on the ledger.

    Attributes:
        papers: by commitment, hexadecimal.
        superseded: commitments that their issuer replaced.
        checks: cross checks.
    """

    papers: Mapping[str, RecordedPaper] = field(default_factory=dict)
    superseded: frozenset[str] = frozenset()
    checks: tuple[Check, ...] = ()

    @property
    def trade_mode(self) -> str:
        """What the newest declaration says, or general trade."""
        modes = [
            str(it.card.fields["tradeMode"])
            for commitment, it in self.papers.items()
            if it.card.doc_type == DocType.CUSTOMS_DECLARATION.name
            and "tradeMode" in it.card.fields
            and commitment not in self.superseded
        ]
        if modes:
            return modes[-1]
        listed = any(it.card.doc_type == DocType.CBEC_LIST.name for it in self.papers.values())
        return RETAIL_TRADE_MODE if listed else DEFAULT_TRADE_MODE

    def of(self, stored: StoredDocument) -> tuple[State, tuple[Reason, ...], str]:
        """State, reasons and number of a paper at the desk."""
        key = stored.commitment.hex() if stored.commitment else ""
        recorded = self.papers.get(key)
        if recorded is None or stored.state != "STATED":
            states: Mapping[str, State] = {"STATED": "STATED", "ERASED": "ERASED"}
            return states.get(stored.state, "UPLOADED"), (), ""
        return recorded.state, recorded.reasons, recorded.card.number


def load_ledger_view(services: Services, batch: KnownBatch) -> LedgerView:
    """Read a batch's records and papers, and compare them.

    Raises:
        NotFoundError: the batch has left the mirror.
    """
    with reading(services.mirror) as session:
        bundle = load_bundle(
            session, services.contents, Gtin.parse(batch.gtin), Lot.parse(batch.lot)
        )
    evidence = Evidence(bundle)
    now = services.now()
    checks = tuple(verify_bundle(bundle, None, as_of_unix=now))
    subjects = {paper.commitment.hex(): paper.subject for paper in evidence.papers}
    passport = build_passport(bundle, checks, now)
    papers = {
        card.commitment: _recorded(card, subjects.get(card.commitment, ""), checks)
        for card in passport.papers
        if card.position is not None
    }
    return LedgerView(
        papers,
        frozenset(it.hex() for it in evidence.superseded),
        tuple(check for check in checks if check.step == AGREEMENT_STEP),
    )


def _recorded(card: PaperCard, subject: str, checks: Iterable[Check]) -> RecordedPaper:
    state = _STATES[card.state]
    found = [
        _check_reason(check)
        for check in checks
        if check.status is CheckStatus.INVALID
        and subject
        and subject in {check.subject, *check.params.values()}
    ]
    if card.state in {PaperState.INVALID, PaperState.UNVERIFIED} or (
        state == "CONFLICT" and not found
    ):
        found.append(_message_reason(card.message))
    return RecordedPaper(card, state, tuple(found))


def _check_reason(check: Check) -> Reason:
    return Reason(key=check.key, params=dict(check.params), text=check.reason)


def _message_reason(message: Message) -> Reason:
    said: Mapping[str, Any] = message.to_json()
    return Reason(key=said["key"], params=said["params"], text=said["english"])


def build_rows(
    view: LedgerView, seen: Iterable[StoredDocument], trade_mode: str
) -> list[ChecklistRow]:
    """Every type of paper, needed or not, and where it stands.

    Args:
        view: of the batch.
        seen: papers at the desk that the caller may see.
        trade_mode: decides what is needed.
    """
    papers = list(seen)
    return [
        _row(view, doc_type, [it for it in papers if it.doc_type == doc_type], trade_mode)
        for doc_type in DocType
    ]


def _row(
    view: LedgerView, doc_type: DocType, papers: list[StoredDocument], trade_mode: str
) -> ChecklistRow:
    live = [
        it
        for commitment, it in view.papers.items()
        if it.card.doc_type == doc_type.name and commitment not in view.superseded
    ]
    states: list[State] = ["MISSING", *(it.state for it in live)]
    states += [view.of(it)[0] for it in papers if not _is_replaced(view, it)]
    reasons = {reason.text: reason for it in live for reason in it.reasons}
    return ChecklistRow(
        type=doc_type.name,
        needed=paper_type(doc_type).required_for(trade_mode),
        state=max(states, key=_RANK.index),
        reasons=list(reasons.values()),
        documents=[it.doc_id for it in papers],
    )


def _is_replaced(view: LedgerView, stored: StoredDocument) -> bool:
    return stored.commitment is not None and stored.commitment.hex() in view.superseded
