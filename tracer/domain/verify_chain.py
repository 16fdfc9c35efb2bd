"""Steps (4) and (10): the bundle against what a node says, column by column.

Three answers are kept apart. What the node contradicts is INVALID. What is newer than the node's
block, or newer than what the mirror has read, is ERROR: an honest mirror and an honest node pass
through both states. Without a node everything here is ERROR.
"""

from collections.abc import Iterator, Sequence

from tracer.domain.bundle import AppendedLog, AppendRow, Bundle, ChainFacts, RegisteredLog
from tracer.domain.checks import Check
from tracer.domain.columns import Row, differing_columns
from tracer.domain.evidence import append_subject
from tracer.domain.records import genesis_head
from tracer.domain.steps import COULD_NOT_ASK, Step

BATCH_ROW, CHAIN_ROW, MIRROR_ROW = "batch row", "chain row", "mirror row"

CHAIN = Step(4, "same-chain")
HEAD = Step(4, "head-on-chain")
BATCH = Step(4, "batch-row")
APPENDS = Step(4, "appends-on-chain")
FINAL = Step(4, "final")
FRESHNESS = Step(10, "freshness")


def verify_on_chain(bundle: Bundle, facts: ChainFacts | None, error: str) -> list[Check]:
    """(4) The head, and with it every row, equals the ledger's at a final block."""
    if facts is None:
        return [step.error(COULD_NOT_ASK, error=error) for step in (CHAIN, HEAD, BATCH, APPENDS)]
    return [
        verify_chain(bundle.chain, facts.node),
        _check_head(bundle, facts),
        *BATCH.conclude(list(_check_batch(bundle, facts))),
        *APPENDS.conclude(list(_check_appends(bundle, facts)), count=len(bundle.appends)),
        verify_final(facts.node.block_number, final=facts.node.final),
    ]


def verify_chain(chain: Row, node: Row) -> Check:
    """(4) The node serves the chain that is shown, by the columns that it was asked about."""
    if columns := differing_columns(chain, node):
        return CHAIN.invalid("differs", CHAIN_ROW, columns=columns)
    return CHAIN.valid()


def verify_final(block: int, *, final: bool) -> Check:
    """(4) Nothing that the node says about the batch can be taken back."""
    return FINAL.valid(block=block) if final else FINAL.error("pending", block=block)


def _check_head(bundle: Bundle, facts: ChainFacts) -> Check:
    """Compare the head that the appends end in with `batchOf`, the one fact that proves all."""
    on_chain = facts.batch.head
    if not any(on_chain):
        return HEAD.invalid("unregistered", BATCH_ROW)
    if _is_head(on_chain, bundle):
        return HEAD.valid()
    pending = [row for row in bundle.appends if row.block_number > facts.node.block_number]
    if pending and on_chain == _head_before(bundle, len(bundle.appends) - len(pending)):
        return HEAD.error("pending", BATCH_ROW, count=len(pending))
    unread = [log for log in facts.appended if log.block_number > bundle.mirror.block_number]
    read = [*_heads(bundle, facts)][: len(facts.appended) - len(unread) + 1]
    if unread and read[-1] == bundle.batch.head and facts.appended[-1].head == on_chain:
        return HEAD.error("behind", BATCH_ROW, count=len(unread))
    return HEAD.invalid("differs", BATCH_ROW)


def _is_head(head: bytes, bundle: Bundle) -> bool:
    """Whether a head is the batch row's and the last append's too."""
    return head == bundle.batch.head == _head_before(bundle, len(bundle.appends))


def _genesis(bundle: Bundle) -> bytes:
    return genesis_head(bundle.chain.chain_id, bundle.chain.contract, bundle.batch.batch_id)


def _head_before(bundle: Bundle, count: int) -> bytes:
    """The bundle's head after its first `count` appends."""
    return bundle.appends[count - 1].head if count else _genesis(bundle)


def _heads(bundle: Bundle, facts: ChainFacts) -> Iterator[bytes]:
    """The heads that the node's log goes through, from the one without records."""
    yield _genesis(bundle)
    for log in facts.appended:
        yield log.head


def _check_batch(bundle: Bundle, facts: ChainFacts) -> Iterator[Check]:
    row, log = bundle.batch, facts.registered
    columns = []
    if log is None:
        yield BATCH.error("unseen", BATCH_ROW)
    else:
        columns += _registration_columns(bundle, log)
    columns += [differing_columns(row, facts.batch)] if facts.batch.head == row.head else []
    if differing := ", ".join(filter(None, columns)):
        yield BATCH.invalid("differs", BATCH_ROW, columns=differing)


def _registration_columns(bundle: Bundle, log: RegisteredLog) -> list[str]:
    """Columns of the batch's row that are not those of its registration."""
    row = bundle.batch
    # The log's head is the one before any record; the row's is the one after all of them.
    columns = [name for name in differing_columns(row, log).split(", ") if name not in ("", "head")]
    if row.owner != log.gln:
        columns.append("owner")
    if log.head != _genesis(bundle):
        columns.append("batchId")
    return columns


def _check_appends(bundle: Bundle, facts: ChainFacts) -> Iterator[Check]:
    for row, log in _pair(bundle.appends, facts.appended):
        if row is not None and row.block_number > bundle.mirror.block_number:
            yield APPENDS.invalid("cursor", append_subject(row))
        if row is not None and log is not None:
            if columns := differing_columns(row, log):
                yield APPENDS.invalid("differs", append_subject(row), columns=columns)
        elif row is not None:
            yield _unlogged(row, bundle, facts)
        elif log is not None:
            yield _unshown(log, bundle, facts)


def _pair(
    rows: Sequence[AppendRow], logs: Sequence[AppendedLog]
) -> Iterator[tuple[AppendRow | None, AppendedLog | None]]:
    """Each append with its log; where one of them is missing, by sequence, so that it is named."""
    if len(rows) == len(logs):
        yield from zip(rows, logs, strict=True)
        return
    left: dict[int, list[AppendedLog]] = {}
    for log in logs:
        left.setdefault(log.sequence, []).append(log)
    for row in rows:
        same = left.get(row.sequence)
        yield row, same.pop(0) if same else None
    for rest in left.values():
        yield from ((None, log) for log in rest)


def _unlogged(row: AppendRow, bundle: Bundle, facts: ChainFacts) -> Check:
    """An append that the node's log does not hold."""
    subject = append_subject(row)
    if row.block_number > facts.node.block_number:
        return APPENDS.error("pending", subject)
    if _is_head(facts.batch.head, bundle):
        return APPENDS.error("inconsistent", subject)
    return APPENDS.invalid("invented", subject)


def _unshown(log: AppendedLog, bundle: Bundle, facts: ChainFacts) -> Check:
    """An append that the bundle does not show."""
    subject = f"append {log.sequence}"
    if log.block_number > bundle.mirror.block_number:
        return APPENDS.error("behind", subject)
    if _is_head(facts.batch.head, bundle):
        return APPENDS.error("inconsistent", subject)
    return APPENDS.invalid("withheld", subject)


def verify_freshness(bundle: Bundle, facts: ChainFacts | None, error: str) -> list[Check]:
    """(10) The mirror's last block is a block of the node's chain; how old it is."""
    if facts is None:
        return [FRESHNESS.error(COULD_NOT_ASK, error=error)]
    mirror, node = bundle.mirror, facts.node
    block = mirror.block_number
    if node.mirror_block_number != block:
        return [FRESHNESS.invalid("fork", MIRROR_ROW, block=block)]
    if node.mirror_block_hash is None and block > node.block_number:
        return [FRESHNESS.error("ahead", MIRROR_ROW, block=block)]
    if node.mirror_block_hash != mirror.block_hash:
        return [FRESHNESS.invalid("fork", MIRROR_ROW, block=block)]
    if node.mirror_block_time_unix != mirror.block_time_unix:
        return [FRESHNESS.invalid("time", MIRROR_ROW, block=block)]
    return [FRESHNESS.valid(block=block, behind=max(0, node.block_number - block))]
