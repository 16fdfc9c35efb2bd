"""What brokers claimed, what customs answered, how long the goods have waited; from the chain."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tracer.chain.decode import LedgerLog, parse_quantity
from tracer.chain.events import Appended, BatchRegistered
from tracer.domain.customs_statement import Reason, read_objection
from tracer.domain.document_views import View, parse_view
from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind, Role
from tracer.domain.replay import unpack_rows
from tracer.domain.rows import AppendRow, RecordRow
from tracer.domain.status import CLEARANCE_TARGET_HOURS
from tracer.errors import InputError, NotFoundError
from tracer.operations.batch_views import build_append_row
from tracer.operations.station import Station
from tracer.store.contents import ContentStore

HOUR_S: Final = 3600
SHOWN_DIGITS: Final = 16
MAX_VIEW_BYTES: Final = 4 * 2**20  # UTF-8 has at most four bytes a character


class Answer(StrEnum):
    """What customs answered to a claim, by their newest record."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    OBJECTED = "OBJECTED"


@dataclass(frozen=True, slots=True)
class Claim:
    """A broker's claim that a batch was declared.

    Attributes:
        batch_id: 32 bytes.
        gtin: 14 digits.
        lot: as printed.
        commitment: 32 bytes, what the claim's record carries.
        broker: the party that recorded it.
        claimed_at_unix: when the declaration was issued, by the broker; Unix seconds.
        paper: the declaration, as far as it is open here; None when it is not at hand.
        arrived_at_unix: last ARRIVAL before the answer, or None.
        answer: what customs answered.
        answered_at_unix: when they did, by their record; None while it waits.
        reasons: of an objection.
        answer_block: number of the block that holds the answer's record, or None.
    """

    batch_id: bytes
    gtin: str
    lot: str
    commitment: bytes
    broker: Gln
    claimed_at_unix: int
    paper: View | None
    arrived_at_unix: int | None
    answer: Answer
    answered_at_unix: int | None
    reasons: tuple[Reason, ...]
    answer_block: int | None = None

    @property
    def number(self) -> str | None:
        """The declaration's number; None when the paper is not at hand."""
        return None if self.paper is None else str(self.paper.fields["number"])

    @property
    def office(self) -> str:
        """The customs office that the declaration names; "" when it names none."""
        return "" if self.paper is None else str(self.paper.fields.get("office", ""))

    def hours_since_arrival(self, now_unix: int) -> float | None:
        """Hours from arrival to customs' answer, or to now while there is none."""
        if self.arrived_at_unix is None:
            return None
        end = now_unix if self.answered_at_unix is None else self.answered_at_unix
        return (end - self.arrived_at_unix) / HOUR_S

    def is_slow(self, now_unix: int) -> bool:
        """Whether it takes, or took, longer than the target."""
        return (self.hours_since_arrival(now_unix) or 0) > CLEARANCE_TARGET_HOURS

    @property
    def name(self) -> str:
        """The batch, for people."""
        return f"{self.gtin}/{self.lot}"


@dataclass(frozen=True, slots=True)
class BatchRecords:
    """One batch, as the chain holds it.

    Attributes:
        batch_id: 32 bytes.
        gtin: 14 digits.
        lot: as printed.
        records: in order.
        blocks: sequence of an append -> number of its block.
    """

    batch_id: bytes
    gtin: str
    lot: str
    records: tuple[RecordRow, ...]
    blocks: Mapping[int, int]


def spell_digest(digest: bytes) -> str:
    """The beginning of a digest, enough to tell two apart by eye."""
    return f"{digest.hex()[:SHOWN_DIGITS]}…"


def fetch_batch(station: Station, batch_id: bytes) -> BatchRecords | None:
    """The records of one batch; None when the ledger does not know it."""
    found = _group(station.ledger.batch_logs(batch_id))
    return found[0] if found else None


def fetch_batches(station: Station) -> list[BatchRecords]:
    """The records of all batches, in the order of their registration."""
    return _group(station.ledger.logs(BatchRegistered, Appended))


def fetch_claims(station: Station, batches: Iterable[BatchRecords]) -> list[Claim]:
    """The claims of some batches, in order, each with customs' newest answer."""
    roles: dict[int, Role] = {}

    def is_customs(gln: int) -> bool:
        if gln not in roles:
            roles[gln] = station.ledger.party(Gln.from_number(gln)).roles
        return bool(roles[gln] & Role.CUSTOMS)

    claims = []
    for batch in batches:
        answers = _Answers.read(batch, station.contents, is_customs)
        for record in _first_claims(batch):
            paper = find_paper(station, batch.batch_id, record.digest)
            claims.append(_build_claim(batch, record, paper, answers))
    return claims


def _first_claims(batch: BatchRecords) -> Iterator[RecordRow]:
    """The claims of a batch; the same claim made again is one."""
    seen: set[bytes] = set()
    for record in batch.records:
        if record.kind == Kind.CLEARANCE_CLAIM and record.digest not in seen:
            seen.add(record.digest)
            yield record


@dataclass(frozen=True, slots=True)
class _Answers:
    """Commitment -> customs' newest answer, its record, and the reasons of an objection."""

    newest: Mapping[bytes, tuple[Answer, RecordRow, tuple[Reason, ...]]]

    @classmethod
    def read(
        cls, batch: BatchRecords, contents: ContentStore, is_customs: Callable[[int], bool]
    ) -> "_Answers":
        """Read the answers of a batch; anybody may write a correction, so its writer counts."""
        newest: dict[bytes, tuple[Answer, RecordRow, tuple[Reason, ...]]] = {}
        for record in batch.records:
            if record.kind == Kind.CLEARANCE_CONFIRMATION:
                newest[record.digest] = (Answer.CONFIRMED, record, ())
            elif record.kind == Kind.CORRECTION:
                objection = read_objection(_read_text(contents.get(record.digest)) or "")
                if objection is not None and is_customs(record.gln):
                    newest[objection[0]] = (Answer.OBJECTED, record, objection[1])
        return cls(newest)


def _build_claim(
    batch: BatchRecords, claimed: RecordRow, paper: View | None, answers: _Answers
) -> Claim:
    found = answers.newest.get(claimed.digest)
    answered_at = None if found is None else found[1].occurred_at_unix
    return Claim(
        batch.batch_id,
        batch.gtin,
        batch.lot,
        claimed.digest,
        Gln.from_number(claimed.gln),
        claimed.occurred_at_unix,
        paper,
        find_arrival(batch.records, answered_at),
        Answer.WAITING if found is None else found[0],
        answered_at,
        () if found is None else found[2],
        None if found is None else batch.blocks[found[1].sequence],
    )


def find_arrival(records: Sequence[RecordRow], until_unix: int | None) -> int | None:
    """The last ARRIVAL up to a moment, or at all; Unix seconds."""
    return max(
        (
            record.occurred_at_unix
            for record in records
            if record.kind == Kind.ARRIVAL
            and (until_unix is None or record.occurred_at_unix <= until_unix)
        ),
        default=None,
    )


def final_block(station: Station) -> int:
    """Number of the newest block that no reorganisation takes back.

    Raises:
        RpcUnavailableError: the node does not say.
    """
    finality = station.base.options.finality(station.base.chain_id)
    tag = finality if isinstance(finality, str) else "latest"
    block = station.base.node.call("eth_getBlockByNumber", tag, False)
    number = parse_quantity(block["number"], "block number")
    return number if isinstance(finality, str) else number - finality


def choose_claim(claims: Sequence[Claim], declaration: str | None) -> Claim:
    """The claim that somebody means.

    Args:
        claims: of one batch.
        declaration: the declaration's number; None = the only one.

    Raises:
        NotFoundError: there is none such.
        InputError: there are several, and none is named.
    """
    if not claims:
        raise NotFoundError(
            "no broker has claimed a clearance of this batch",
            hint="Customs confirm what a broker claimed: tracer document add.",
        )
    if declaration is None:
        if len(claims) > 1:
            raise InputError(
                f"the batch has {len(claims)} declarations", hint="Name one: --declaration NUMBER."
            )
        return claims[0]
    for claim in claims:
        if claim.number == declaration:
            return claim
    known = ", ".join(claim.number or spell_digest(claim.commitment) for claim in claims)
    raise NotFoundError(
        f"declaration {declaration} is none of this batch's", hint=f"It has {known}."
    )


def find_paper(station: Station, batch_id: bytes, commitment: bytes) -> View | None:
    """The declaration behind a claim; None when it is not at hand."""
    view = find_view(station, batch_id, commitment)
    return view if view is not None and is_declaration(view) else None


def find_view(station: Station, batch_id: bytes, commitment: bytes) -> View | None:
    """A paper of a batch: as opened here, else its public view; None when neither is genuine."""
    opened = station.home / "private" / batch_id.hex() / f"{commitment.hex()}.json"
    for data in (_read_file(opened), station.contents.get_document(commitment)):
        if data is not None and (view := read_view(station, batch_id, commitment, data)):
            return view
    return None


def read_view(station: Station, batch_id: bytes, commitment: bytes, data: bytes) -> View | None:
    """Read a paper's view; None unless it hashes to the commitment and hides no public field."""
    text = _read_text(data)
    try:
        view = None if text is None else parse_view(text)
    except InputError:
        return None
    if view is None or view.batch_id != batch_id or view.withheld is not None:
        return None
    given = view.commitment(station.base.chain_id, station.ledger.contract)
    return view if given == commitment else None


def is_declaration(view: View) -> bool:
    """Whether a paper is a customs declaration with a number."""
    number = view.fields.get("number")
    return view.doc_type is DocType.CUSTOMS_DECLARATION and isinstance(number, str)


def _read_file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_VIEW_BYTES)
    except OSError:
        return None


def _read_text(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _group(logs: Sequence[LedgerLog]) -> list[BatchRecords]:
    """Logs of registrations and appends, in order, as batches with their records."""
    registered: dict[bytes, BatchRegistered] = {}
    appends: dict[bytes, list[AppendRow]] = {}
    for log in logs:
        event = log.event
        if isinstance(event, BatchRegistered):
            registered[event.batch_id] = event
        elif isinstance(event, Appended):
            appends.setdefault(event.batch_id, []).append(build_append_row(log, event))
    return [
        BatchRecords(
            batch_id,
            event.gtin.decode("ascii"),
            event.lot,
            tuple(unpack_rows(appends.get(batch_id, ()))),
            {append.sequence: append.block_number for append in appends.get(batch_id, ())},
        )
        for batch_id, event in registered.items()
    ]
