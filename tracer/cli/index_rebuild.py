"""`tracer index rebuild`: a fresh mirror in the place of the one that is there."""

from tracer.cli.collecting import collecting_rarely
from tracer.cli.context import build_options
from tracer.cli.options import AsJson
from tracer.cli.render import print_json, print_line, progress_by_phase
from tracer.index.fsck import OnStep
from tracer.index.rebuild import Rebuilt, rebuild_mirror
from tracer.index.scratch import scratch_engine
from tracer.operations.station import find_deployment, open_chain
from tracer.settings import Settings, load_settings
from tracer.store.session import open_engine


def rebuild(*, as_json: AsJson = False) -> None:
    """Build the mirror anew beside the old one, then swap it in; readers notice nothing."""
    settings = load_settings()
    if as_json:
        built = _rebuild(settings, lambda _what, _done, _total: None)
        print_json(
            {"block": built.block_number, "rows": built.rows, "seconds": round(built.elapsed_s, 3)}
        )
        return
    with progress_by_phase() as on_step:
        built = _rebuild(settings, on_step)
    print_line(
        f"the mirror is built anew, up to block {built.block_number}:"
        f" {built.rows:,} rows in {built.elapsed_s:.1f} s"
    )


def _rebuild(settings: Settings, on_step: OnStep) -> Rebuilt:
    with (
        open_chain(build_options(settings)) as chain,
        scratch_engine(settings.home) as scratch,
        collecting_rarely(),
    ):
        deployment = find_deployment(chain)
        live = open_engine(settings.database)
        finality = settings.finality_for(chain.chain_id)
        try:
            return rebuild_mirror(live, scratch, chain.node, deployment, finality, on_step=on_step)
        finally:
            live.dispose()
