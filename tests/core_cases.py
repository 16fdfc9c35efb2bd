"""Cases of the first check, made from the cases of bundles: what an honest node says to it."""

from typing import Any

from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.checks import Check
from tracer.domain.core import Core, CoreFacts, CoreNodeRow, core_of
from tracer.domain.identifiers import DigitalLink
from tracer.domain.json_form import Form
from tracer.domain.records import genesis_head
from tracer.domain.rows import BatchFacts, PartyFacts, TinRow
from tracer.domain.verify_core import verify_core


def core_facts_of(core: Core, facts: ChainFacts) -> CoreFacts:
    """The part of a node's facts that the first check asks for.

    The head at the mirror's block follows from the log: it is that of the last append up to there.
    """
    chain, node, mirror = core.chain, facts.node, core.mirror
    heads = [genesis_head(chain.chain_id, chain.contract, core.batch.batch_id)]
    heads += [log.head for log in facts.appended if log.block_number <= mirror.block_number]
    is_late = facts.batch.head != core.batch.head and mirror.block_number <= node.block_number
    return CoreFacts(
        CoreNodeRow(node.chain_id, node.block_number, node.final),
        facts.batch,
        {gln: row for gln, row in facts.parties.items() if gln in core.writers},
        heads[-1] if is_late else None,
    )


def facts_json(facts: CoreFacts) -> dict[str, Any]:
    """As `scanner_app/core-facts.js` returns them."""
    return {
        "node": facts.node.to_json(),
        "batch": facts.batch.to_json(),
        "parties": {f"{gln:013d}": row.to_json() for gln, row in facts.parties.items()},
        "mirrorHead": facts.mirror_head and facts.mirror_head.hex(),
    }


def core_case(case: dict[str, Any]) -> dict[str, Any]:
    """A case of the first check, as JSON, from a case of a whole bundle."""
    bundle = Bundle.from_json(case["bundle"])
    core = core_of(bundle)
    facts = None if case["facts"] is None else ChainFacts.from_json(case["facts"])
    return {
        "core": core.to_json(),
        "tin": case["bundle"]["tin"],
        "facts": facts and facts_json(core_facts_of(core, facts)),
        "nodeError": case["nodeError"],
        "asOfUnix": case["asOfUnix"],
        "link": case["link"],
        "before": "2027-06-30",
    }


def read_facts(value: dict[str, Any]) -> CoreFacts:
    """Facts from their JSON form.

    Raises:
        InputError: not facts.
    """
    node, batch, parties, head = Form(value, "facts").fields("node batch parties mirrorHead")
    return CoreFacts(
        CoreNodeRow.read(node),
        BatchFacts.read(batch),
        {Form(gln, "key").gln(): PartyFacts.read(row) for gln, row in parties.items(1000)},
        None if head.value is None else head.hex(32),
    )


def verify_core_json(case: dict[str, Any]) -> list[Check]:
    """What Python finds in a case of the first check.

    Raises:
        InputError: its core, tin or facts have another form.
    """
    return verify_core(
        Core.from_json(case["core"]),
        None if case["tin"] is None else TinRow.read(Form(case["tin"], "tin")),
        None if case["facts"] is None else read_facts(case["facts"]),
        node_error=case["nodeError"],
        as_of_unix=case["asOfUnix"],
        link=DigitalLink.parse(case["link"]) if case["link"] else None,
        best_before=case["before"],
    )


def verify_core_case(case: dict[str, Any]) -> list[Check]:
    """What Python finds in a case of a whole bundle with the first check."""
    return verify_core_json(core_case(case))
