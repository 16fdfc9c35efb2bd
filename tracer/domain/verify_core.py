"""Verify the core of a scan: the first of the page's two checks.

It runs the protocol's steps (1) to (4), (6) and (8) as far as they need neither a text nor a log,
with the functions of `tracer.domain.verify`. `scanner_app/core-check.js` is its twin. Recall and
hold are the batch's row's or the ledger's, whichever is worse: once the head is the ledger's,
they are one. What it leaves to the second check: the number of tins (2), the rows of single
records and what they amount to (3), the chain's genesis, the registration and the appends' places
in the log (4), contents and papers (5), the mirror's rows of parties, their roles, and which key
signed where that must be known (6), agreement (7), clearance (8), the history of scans (9) and
freshness (10).
"""

from tracer.domain.checks import Check
from tracer.domain.columns import differing_columns
from tracer.domain.core import Core, CoreFacts
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import DigitalLink
from tracer.domain.rows import TinRow
from tracer.domain.status import is_past
from tracer.domain.steps import COULD_NOT_ASK
from tracer.domain.verify import NOT_ASKED
from tracer.domain.verify_chain import (
    BATCH,
    BATCH_ROW,
    HEAD,
    verify_chain,
    verify_final,
)
from tracer.domain.verify_ledger import FOLD, TIN, verify_fold, verify_link, verify_tin
from tracer.domain.verify_parties import KEYS, STANDING, verify_writers
from tracer.domain.verify_use import verify_use


def verify_core(
    core: Core,
    tin: TinRow | None,
    facts: CoreFacts | None,
    *,
    node_error: str = "",
    as_of_unix: int,
    link: DigitalLink | None = None,
    best_before: str = "",
) -> list[Check]:
    """Check everything a core says, in the order of the protocol.

    Args:
        core: what a mirror serves; nothing in it is trusted.
        tin: the tin with its proof, if the code names one.
        facts: what the verifier read from a node it chose; None when it could not.
        node_error: why there are no facts, one sentence.
        as_of_unix: the moment that decides on expiry, Unix seconds.
        link: the scanned code, if there was one.
        best_before: ISO date that the page shows, "" for none; the papers that state it are
            compared by the second check.
    """
    bundle = core.as_bundle(tin)
    evidence = Evidence(bundle)
    on_chain = facts.batch if facts else None
    return [
        *verify_link(bundle, link),  # (1)
        *(check for check in verify_tin(evidence, link) if check.name == TIN.name),  # (2)
        *(check for check in verify_fold(evidence) if check.name == FOLD.name),  # (3)
        *(
            [HEAD.error(COULD_NOT_ASK, error=node_error or NOT_ASKED)]
            if facts is None
            else _verify_facts(core, facts, evidence)  # (4), (6)
        ),
        *verify_use(  # (8)
            best_before,
            recalled=core.batch.recalled or (on_chain is not None and on_chain.recalled),
            holds=max(core.batch.holds, on_chain.holds if on_chain else 0),
            expired=is_past(best_before, as_of_unix),
        ),
    ]


def _verify_facts(core: Core, facts: CoreFacts, evidence: Evidence) -> list[Check]:
    """(4) without the logs; (6) who may speak, but not who signed: ERROR where it must be known."""
    is_same = facts.batch.head == core.batch.head
    columns = differing_columns(core.batch, facts.batch) if is_same else ""
    writers = verify_writers(evidence, facts, "")
    return [
        verify_chain(core.chain, facts.node),
        _check_head(core, facts),
        BATCH.invalid("differs", BATCH_ROW, columns=columns) if columns else BATCH.valid(),
        verify_final(facts.node.block_number, final=facts.node.final),
        *(check for check in writers if check.name in {STANDING.name, KEYS.name}),
    ]


def _check_head(core: Core, facts: CoreFacts) -> Check:
    """(4) The head is the ledger's. Without logs the mirror's own block tells late from withheld.

    A mirror that has read up to a block shows the head that the batch had at that block. So where
    it differs from the newest head, the node is asked for the head at the mirror's block: if that
    is the one shown, the mirror is only late. A node that does not keep the state of so old a
    block leaves the question open; it is never answered with VALID.
    """
    *earlier, last = core.heads()
    on_chain, is_whole = facts.batch.head, core.batch.head == last
    if not any(on_chain):
        return HEAD.invalid("unregistered", BATCH_ROW)
    if is_whole and on_chain == last:
        return HEAD.valid()
    if core.mirror.block_number > facts.node.block_number:
        if on_chain in earlier:
            return HEAD.error("pending", BATCH_ROW, count=earlier[::-1].index(on_chain) + 1)
        return HEAD.invalid("differs", BATCH_ROW)
    if is_whole and facts.mirror_head in {None, last}:
        return HEAD.error("newer", BATCH_ROW)
    return HEAD.invalid("differs", BATCH_ROW)
