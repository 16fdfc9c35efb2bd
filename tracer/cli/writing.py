"""What all commands that write records have in common: dry run, progress bar, report."""

from collections.abc import Sequence
from typing import Any

from tracer.cli.preview import show_plan, written_json
from tracer.cli.render import (
    print_json,
    print_line,
    print_note,
    print_table,
    progress,
    spell_ether,
    spell_time,
)
from tracer.operations.batch_writer import BatchWriter, Outcome, Work
from tracer.operations.cost import PlannedCall
from tracer.operations.ledger_records import PreparedRecord


def run_writer(writer: BatchWriter, *, dry_run: bool, as_json: bool) -> None:
    """Write a plan and report, or show what would be written.

    Raises:
        TracerError: see `BatchWriter.write`.
    """
    if dry_run:
        _show_work(writer, writer.survey(), as_json=as_json)
        return
    with progress("writing to the ledger", quiet=as_json) as on_step:
        outcome = writer.write(on_step)
    _report(writer, outcome, as_json=as_json)


def _show_work(writer: BatchWriter, work: Work, *, as_json: bool) -> None:
    missing = [work.preparation.records[position] for position in work.comparison.missing]
    calls = [PlannedCall(s.intent.what, k.address, s.intent.call) for s, k in work.signed]
    details = {
        **_batch_json(writer, work),
        "missing": [_record_json(it) for it in missing],
        "left": _left_json(work),
    }
    if not as_json:
        _show_records(missing)
        _show_left(work)
    show_plan(writer.station.base.sender, calls, as_json=as_json, details=details)


def _show_records(records: Sequence[PreparedRecord]) -> None:
    rows = [
        (
            spell_time(it.record.occurred_at_unix),
            it.record.kind.name,
            it.recorder,
            it.record.location or "",
            it.record.digest.hex()[:16] + "…",
        )
        for it in records
    ]
    columns = ("when", "record", "by", "where", "digest")
    print_table(columns, rows, "the ledger holds all records of this file")


def _report(writer: BatchWriter, outcome: Outcome, *, as_json: bool) -> None:
    work, sent = outcome.work, [(s, w) for s, w in outcome.written if not w.already]
    if as_json:
        print_json(
            {
                **_batch_json(writer, work),
                "status": _status(outcome),
                "transactions": [
                    {"what": step.intent.what, "records": step.record_count, **written_json(it)}
                    for step, it in outcome.written
                ],
                "left": _left_json(work),
            }
        )
        return
    name = f"batch {writer.plan.gtin}/{writer.plan.lot}"
    if not sent and not work.left:
        print_line(f"{name}: already registered, all {len(work.preparation.records)} records")
        return
    gas = sum(it.gas_used or 0 for _, it in sent)
    fee = spell_ether(sum(it.fee_wei or 0 for _, it in sent))
    count = sum(step.record_count for step, _ in sent)
    print_line(f"{name}: {count} records in {len(sent)} transactions, {gas:,} gas, {fee}")
    _show_left(work)


def _show_left(work: Work) -> None:
    if not work.left:
        return
    for gln in work.missing_parties:
        count = sum(step.record_count for step in work.left if step.party == gln)
        print_note(f"left for party {gln}, whose key is not here: {count} records")
    others = sum(s.record_count for s in work.left if s.party not in work.missing_parties)
    if others:
        print_note(
            f"{others} later records wait for them, so that the order stays; --skip-missing"
            " writes them now"
        )


def _status(outcome: Outcome) -> str:
    if outcome.work.left:
        return "partly"
    return "written" if any(not it.already for _, it in outcome.written) else "already"


def _batch_json(writer: BatchWriter, work: Work) -> dict[str, Any]:
    return {
        "gtin": writer.plan.gtin.value,
        "lot": writer.plan.lot.value,
        "batchId": work.batch_id.hex(),
        "records": len(work.preparation.records),
        "recordsBefore": work.already,
    }


def _left_json(work: Work) -> list[dict[str, Any]]:
    return [
        {
            "party": step.party.value,
            "records": step.record_count,
            "what": step.intent.what,
            "keyIsHere": step.party not in work.missing_parties,
        }
        for step in work.left
    ]


def _record_json(prepared: PreparedRecord) -> dict[str, Any]:
    record = prepared.record
    return {
        "kind": record.kind.name,
        "occurredAt": record.occurred_at_unix,
        "recorder": prepared.recorder.value,
        "location": record.location.value if record.location else None,
        "digest": record.digest.hex(),
        "what": prepared.what,
    }
