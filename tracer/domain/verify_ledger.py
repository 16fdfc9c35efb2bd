"""Steps (1) to (3): the code, the tin and the fold. They need nothing but the bundle."""

from collections.abc import Iterator
from itertools import zip_longest

from tracer.domain.bundle import Bundle, RecordRow
from tracer.domain.checks import Check
from tracer.domain.columns import differing_columns
from tracer.domain.evidence import Evidence, append_subject, record_subject
from tracer.domain.identifiers import DigitalLink, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.merkle import verify_inclusion
from tracer.domain.records import (
    RECORD_BYTES,
    build_batch_id,
    fold,
    genesis_head,
)
from tracer.domain.steps import Step
from tracer.errors import InvalidIdentifierError

BATCH_ROW = "batch row"

LINK = Step(1, "digital-link")
BATCH_ID = Step(1, "batch-id")
TIN = Step(2, "tin-issued")
TIN_COUNT = Step(2, "tin-count")
FOLD = Step(3, "records-fold")
ROWS = Step(3, "record-rows")
FLAGS = Step(3, "batch-flags")


def verify_link(bundle: Bundle, link: DigitalLink | None) -> list[Check]:
    """(1) The code names this batch, and the batch id is the hash of GTIN and lot."""
    try:
        gtin, lot = Gtin.parse(bundle.batch.gtin), Lot.parse(bundle.batch.lot)
    except InvalidIdentifierError:
        return [LINK.invalid("malformed", BATCH_ROW)]
    if gtin.value != bundle.batch.gtin:  # of another length: the same number, but not the same text
        return [LINK.invalid("malformed", BATCH_ROW)]
    checks = []
    if link is None:
        checks.append(LINK.skipped("none"))
    elif link.gtin != gtin:
        checks.append(LINK.invalid("gtin", BATCH_ROW, scanned=link.gtin.value, shown=gtin.value))
    elif link.lot and link.lot != lot:
        checks.append(LINK.invalid("lot", BATCH_ROW, scanned=link.lot.value, shown=lot.value))
    else:
        checks.append(LINK.valid(gtin=gtin.value, lot=lot.value))
    same = build_batch_id(gtin, lot) == bundle.batch.batch_id
    checks.append(BATCH_ID.valid() if same else BATCH_ID.invalid("wrong", BATCH_ROW))
    return checks


def verify_tin(evidence: Evidence, link: DigitalLink | None) -> list[Check]:
    """(2) The tin's serial is under the batch's serial root, and the tree has as many tins."""
    tin = evidence.bundle.tin
    scanned = link.serial.value if link and link.serial else ""
    if tin is None:
        if scanned:
            return [TIN.invalid("absent", f"tin {scanned}", serial=scanned)]
        return [TIN.skipped("none"), TIN_COUNT.skipped("none")]
    subject = f"tin {tin.serial}"
    roots = [row.digest for row in evidence.records if row.kind == Kind.SERIALS]
    leaf = tin.serial.encode()
    if scanned and scanned != tin.serial:
        issued = TIN.invalid("other", subject, scanned=scanned, shown=tin.serial)
    elif tin.root not in roots:
        issued = TIN.invalid("root", subject)
    elif not verify_inclusion(leaf, tin.index, tin.size, tin.proof, tin.root):
        issued = TIN.invalid("proof", subject, serial=tin.serial)
    else:
        issued = TIN.valid(serial=tin.serial)
    return [issued, _verify_count(evidence, tin.size, len(roots))]


def _verify_count(evidence: Evidence, size: int, roots: int) -> Check:
    # A Merkle root does not bind the number of its leaves, so the number needs its own evidence.
    stated = evidence.stated_tins()
    if roots != 1 or not stated:
        return TIN_COUNT.skipped("unstated")
    if wrong := [text for text in stated if text != str(size)]:
        return TIN_COUNT.invalid("wrong", "tin count", shown=size, stated=wrong[0])
    return TIN_COUNT.valid(count=size)


def verify_fold(evidence: Evidence) -> list[Check]:
    """(3) The records refold to the head, rows repeat the appends, flags follow from them."""
    bundle = evidence.bundle
    found = []
    head = genesis_head(bundle.chain.chain_id, bundle.chain.contract, bundle.batch.batch_id)
    for append in bundle.appends:
        head = fold(head, append.gln, append.recorded_at_unix, append.records)
        if head != append.head:
            found.append(FOLD.invalid("append", append_subject(append)))
            head = append.head  # name each damaged append once, not all that follow
    if head != bundle.batch.head:
        found.append(FOLD.invalid("batch", BATCH_ROW))
    return [
        *FOLD.conclude(found, count=len(evidence.records)),
        *ROWS.conclude(list(_check_rows(evidence)), count=len(evidence.records)),
        *FLAGS.conclude(list(_check_flags(evidence))),
    ]


def _check_rows(evidence: Evidence) -> Iterator[Check]:
    for append in evidence.bundle.appends:
        if len(append.records) % RECORD_BYTES:
            yield ROWS.invalid("ragged", append_subject(append))
    derived: RecordRow | None
    shown: RecordRow | None
    for derived, shown in zip_longest(evidence.records, evidence.bundle.records):
        if shown is None and derived is not None:
            yield ROWS.invalid("missing", record_subject(derived))
        elif derived is None and shown is not None:
            yield ROWS.invalid("extra", record_subject(shown))
        elif derived and shown and (columns := differing_columns(derived, shown)):
            yield ROWS.invalid("row", record_subject(derived), columns=columns)


def _check_flags(evidence: Evidence) -> Iterator[Check]:
    batch, state = evidence.bundle.batch, evidence.state
    wrong = [
        name
        for name, shown, replayed in (
            ("holds", batch.holds, len(state.holds)),
            ("holdRound", batch.hold_round, state.hold_round),
            ("recalled", batch.recalled, state.recalled),
        )
        if shown != replayed
    ]
    if wrong:
        yield FLAGS.invalid("wrong", BATCH_ROW, columns=", ".join(wrong))
    for record, rule in state.refused:
        yield FLAGS.invalid("refused", record_subject(record), rule=rule)
