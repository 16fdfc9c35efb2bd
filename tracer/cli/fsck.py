"""`tracer fsck`: is the mirror what the chain makes of it, cell by cell?"""

from typing import Any

import typer

from tracer.cli.collecting import collecting_rarely
from tracer.cli.context import build_options
from tracer.cli.options import AsJson
from tracer.cli.render import print_json, print_line, print_note, print_table, progress_by_phase
from tracer.errors import VerificationError
from tracer.index.compare import Difference
from tracer.index.content_files import ContentReport, check_contents
from tracer.index.fsck import MirrorCheck, OnStep, Report, explain
from tracer.index.scratch import scratch_engine
from tracer.operations.station import find_deployment, open_chain
from tracer.settings import Settings, load_settings
from tracer.store.contents import ContentStore
from tracer.store.session import open_engine

app = typer.Typer(add_completion=False, help="Compare the mirror with the chain, cell by cell.")

REBUILD = "`tracer index rebuild` builds it anew; readers notice nothing."
RESTORE = "Take it from your backup, or run the command that recorded it again."


@app.command()
def fsck(*, as_json: AsJson = False) -> None:
    """Build a mirror from the chain and compare. Exit code 3: they differ, or a content is damaged.

    The mirror may be written to and read meanwhile. Needs room for a second mirror in TRACER_HOME.
    """
    settings = load_settings()
    if as_json:
        report, contents = _check(settings, lambda _what, _done, _total: None)
        print_json(_report_json(report, contents))
    else:
        with progress_by_phase() as on_step:
            report, contents = _check(settings, on_step)
        _print_report(report, contents)
    _raise_unless_clean(report, contents)


def _check(settings: Settings, on_step: OnStep) -> tuple[Report, ContentReport]:
    with (
        open_chain(build_options(settings)) as chain,
        scratch_engine(settings.home) as scratch,
        collecting_rarely(),
    ):
        deployment = find_deployment(chain)
        mirror = open_engine(settings.database, read_only=True)
        finality = settings.finality_for(chain.chain_id)
        try:
            check = MirrorCheck(mirror, scratch, chain.node, deployment, finality, on_step=on_step)
            report = check.run()
        finally:
            mirror.dispose()
        if report.block is None:  # the scratch database knows nothing to judge contents by
            return report, ContentReport()
        store = ContentStore(settings.home / "contents")
        return report, check_contents(store, scratch, deployment, on_step)


def _print_report(report: Report, contents: ContentReport) -> None:
    rows = [
        (table.name, f"{table.rows:,}", f"{table.differences:,}" if table.differences else "none")
        for table in report.tables
    ]
    print_table(("table", "rows", "differences"), rows, "no table could be compared")
    for difference in report.differences:
        _print_difference(difference)
    for path in contents.damaged:
        print_line(f"contents/{path}: damaged; its name is not that of its content\n  {RESTORE}")
    for name in report.unknown:
        print_note(f"not made by tracer, and not looked at: {name}")
    compared = sum(table.rows for table in report.tables)
    where = "" if report.block is None else f" at block {report.block.number}"
    print_line(
        f"{compared:,} rows{where} compared in {report.elapsed_s:.1f} s"
        f" ({compared / max(report.elapsed_s, 0.001):,.0f} rows/s);"
        f" {contents.files:,} contents, {contents.orphans:,} of them named by no record"
    )


def _print_difference(difference: Difference) -> None:
    print_line(str(difference))
    if difference.column is not None:
        print_line(f"  mirror: {difference.mirror}\n  chain:  {difference.chain}")
    print_line(f"  {explain(difference)}")


def _report_json(report: Report, contents: ContentReport) -> dict[str, Any]:
    return {
        "ok": not report.differences and not contents.damaged,
        "block": None if report.block is None else report.block.number,
        "tables": {
            table.name: {"rows": table.rows, "differences": table.differences}
            for table in report.tables
        },
        "differences": [
            {
                "table": it.table,
                "key": it.key,
                "column": it.column,
                "mirror": it.mirror,
                "chain": it.chain,
                "cause": it.cause,
            }
            for it in report.differences
        ],
        "contents": {
            "files": contents.files,
            "orphans": contents.orphans,
            "damaged": contents.damaged,
        },
        "unknown": report.unknown,
        "seconds": round(report.elapsed_s, 3),
    }


def _raise_unless_clean(report: Report, contents: ContentReport) -> None:
    """Turn the outcome into the command's exit code.

    Raises:
        VerificationError: something differs.
    """
    if report.differences:
        tables = ", ".join(dict.fromkeys(it.table for it in report.differences))
        raise VerificationError(f"the mirror is not what the chain says: {tables}", hint=REBUILD)
    if contents.damaged:
        raise VerificationError(f"{len(contents.damaged)} contents are damaged", hint=RESTORE)
