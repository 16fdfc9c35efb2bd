"""C9 and C11: papers are by those who may issue them; no supplier was banned at receipt."""

from typing import Final

from tracer.domain.bundle import ChainFacts, RecordRow
from tracer.domain.columns import gln_text
from tracer.domain.cross_claims import Claim, Claims, show_time
from tracer.domain.cross_comparison import Comparison, CrossCheck
from tracer.domain.documents import DOCUMENT_KIND, DocType
from tracer.domain.evidence import Paper, party_subject, record_subject
from tracer.domain.kinds import ANY_ROLE, CLASS_ROLES, Kind, KindClass, Role
from tracer.domain.messages import Message
from tracer.rules.paper_rules import PaperRules

ACTIVE: Final = 1  # IPartyRegistry.Status
STATUS: Final = ("unknown", "active", "suspended", "banned")

OFFICIAL: Final = (KindClass.AUTHORITY, KindClass.CUSTOMS)
"""Classes of records whose writers must not have a stake in the goods."""

TRADING: Final = ANY_ROLE & ~(Role.LABORATORY | Role.INSPECTOR | Role.AUTHORITY | Role.CUSTOMS)

COUNTRY_TYPES: Final = (DocType.CERTIFICATE_OF_ORIGIN, DocType.HEALTH_CERTIFICATE)
"""Papers that a body of the exporting country issues."""


def check_issuers(
    claims: Claims, rules: PaperRules, facts: ChainFacts | None = None
) -> list[CrossCheck]:
    """C9: each paper is by a party whose role issues such papers, with a key that was good.

    The ledger itself refuses a record of most kinds from a party without the role, at that time;
    for the others the party's row, or what its pinned profile says of its roles, decides.
    """
    check = Comparison("C9")
    for paper in claims.all_papers:
        for record in [row for row in paper.records if row.gln == paper.issuer][:1]:
            _compare_issuer(check, claims, (paper, record), rules)
            _compare_key(check, paper, record, facts)
    _compare_copies(check, claims)
    _compare_independence(check, claims)
    origins = claims.papers("originCountry")[:1]
    for paper in claims.of(*COUNTRY_TYPES):
        for home in claims.profiles("country", paper.issuer) if origins else ():
            check.same("country", [*origins, Claim(paper.subject, home.text)])
    return check.conclude()


def _compare_issuer(
    check: Comparison, claims: Claims, issue: tuple[Paper, RecordRow], rules: PaperRules
) -> None:
    paper, record = issue
    if paper.doc_type is None:
        return
    names = rules.issuer_roles[paper.doc_type.name]
    wanted = Role(0)
    for name in names:
        wanted |= Role[name]
    claim = Claim(paper.subject, ", ".join(names))
    row = claims.evidence.bundle.parties.get(paper.issuer)
    has = Role(row.roles & ANY_ROLE) if row else Role(0)
    params = {"one": paper.subject, "gln": gln_text(paper.issuer), "roles": ", ".join(names)}
    if record.kind != DOCUMENT_KIND[paper.doc_type]:
        check.conflict(Message("cross.kind", params), paper.subject)
    elif not CLASS_ROLES[Kind(record.kind).kind_class] & ~wanted or has & wanted:
        check.note("issuer", claim, Claim(party_subject(paper.issuer), gln_text(paper.issuer)))
    elif row is None:
        check.unclear(Message("cross.issuer-unknown", params), paper.subject)
    elif _had_role(claims, paper.issuer, names):
        check.unclear(Message("cross.issuer-lost", params), paper.subject)
    elif paper.doc_type.name in rules.open_issuers:
        check.unclear(Message("cross.issuer-other", params), paper.subject)
    else:
        check.conflict(Message("cross.issuer", params), paper.subject)


def _had_role(claims: Claims, gln: int, names: tuple[str, ...]) -> bool:
    roles = claims.evidence.profile(gln).get("roles")
    return isinstance(roles, list) and any(name in roles for name in names)


def _compare_copies(check: Comparison, claims: Claims) -> None:
    """Only its issuer records a paper, as what it is; customs alone repeat one, to confirm it."""
    for paper in claims.evidence.genuine_papers():
        doc_type = paper.doc_type or DocType.PRODUCT
        for record in paper.records:
            is_own = record.gln == paper.issuer and record.kind == DOCUMENT_KIND[doc_type]
            if not is_own and record.kind != Kind.CLEARANCE_CONFIRMATION:
                one = record_subject(record)
                params = {"one": one, "gln": gln_text(record.gln), "paper": paper.subject}
                check.conflict(Message("cross.copied", params), one)


def _compare_independence(check: Comparison, claims: Claims) -> None:
    """Authorities and customs do not trade, and nobody confirms a claim of his own."""
    claimed = {
        (row.gln, row.digest) for row in claims.evidence.records if row.kind == Kind.CLEARANCE_CLAIM
    }
    for record in claims.evidence.records:
        if record.kind not in set(Kind) or Kind(record.kind).kind_class not in OFFICIAL:
            continue
        roles = _roles_of(claims, record.gln) & TRADING
        one, gln = record_subject(record), gln_text(record.gln)
        if roles:
            names = ", ".join(role.name or "" for role in TRADING if role & roles)
            params = {"one": one, "gln": gln, "roles": names}
            check.conflict(Message("cross.dependent", params), one)
        elif record.kind == Kind.CLEARANCE_CONFIRMATION and (record.gln, record.digest) in claimed:
            check.conflict(Message("cross.self-confirmed", {"one": one, "gln": gln}), one)


def _roles_of(claims: Claims, gln: int) -> Role:
    """A party's roles: those of its row, and those that its pinned profile speaks of."""
    row = claims.evidence.bundle.parties.get(gln)
    said = claims.evidence.profile(gln).get("roles")
    names = said if isinstance(said, list) else []
    roles = Role(row.roles & ANY_ROLE) if row else Role(0)
    for role in Role:
        if role.name in names:
            roles |= role
    return roles


def _compare_key(
    check: Comparison, paper: Paper, record: RecordRow, facts: ChainFacts | None
) -> None:
    """The key that signed is not reported compromised from before the record on.

    A date that a paper gives itself does not help: whoever has the key can date papers back.
    """
    signer = facts.signers.get(record.sequence) if facts else None
    since = signer.distrust_from_unix if signer and signer.gln == record.gln else 0
    if since and record.recorded_at_unix >= since:
        params = {"one": paper.subject, "gln": gln_text(record.gln), "since": show_time(since)}
        check.conflict(Message("cross.key", params), paper.subject)


def check_suppliers(claims: Claims) -> list[CrossCheck]:
    """C11: no material came from a supplier that was banned when it was received.

    A ban is final, so that a supplier in good standing never was banned. Since when one is banned
    only the mirror says: enough to raise a conflict, never enough to clear anybody.
    """
    check = Comparison("C11")
    evidence = claims.evidence
    for gln, receipts in sorted(evidence.suppliers.items()):
        row, subject = evidence.bundle.parties.get(gln), party_subject(gln)
        params = {"one": record_subject(receipts[0]), "other": subject}
        if row is None and all(it.kind == Kind.MILK_COLLECTION for it in receipts):
            continue  # farms need no GLN of a party
        if row is None or not 0 < row.status < len(STATUS):
            check.unclear(Message("cross.supplier-unknown", params), subject)
        elif row.status == ACTIVE:
            named = [Claim(record_subject(it), subject) for it in receipts]
            check.note("supplier", *named, Claim(subject, STATUS[ACTIVE]))
        else:
            _judge(check, receipts, (STATUS[row.status], evidence.bundle.bans.get(gln)), subject)
    return check.conclude()


def _judge(
    check: Comparison,
    receipts: tuple[RecordRow, ...],
    standing: tuple[str, int | None],
    subject: str,
) -> None:
    status, since = standing
    late = [row for row in receipts if since is not None and row.occurred_at_unix >= since]
    for row in late or receipts[:1]:
        params = {
            "one": record_subject(row),
            "a": show_time(row.occurred_at_unix),
            "other": subject,
            "status": status,
            "since": "?" if since is None else show_time(since),
        }
        if late:
            check.conflict(Message("cross.supplier", params), record_subject(row), subject)
        else:
            check.unclear(Message("cross.supplier-since", params), subject)
