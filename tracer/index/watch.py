"""What a mirror tells whoever watches it: bars, metrics, logs. Watching changes nothing."""

from tracer.domain.blocks import BlockRef
from tracer.errors import TracerError


class Watch:
    """Hears what a mirror does. Every method does nothing; a watcher overrides what it wants.

    Called from the mirror's own thread, so a watcher must be quick.
    """

    def on_look(self, stands: BlockRef, head: BlockRef) -> None:
        """The node showed its newest block.

        Args:
            stands: the mirror's own newest block.
            head: the node's.
        """

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        """A range was committed.

        Args:
            last: its last block.
            blocks: how many it has.
            logs: of the ledger in it.
            records: in those logs.
        """

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        """Blocks were taken back.

        Args:
            left: where the mirror stood.
            ancestor: where it stands now.
        """

    def on_doubt(self, error: TracerError) -> None:
        """An answer was not the ledger's; it is asked for again, and nothing of it was kept."""

    def on_failure(self, error: TracerError, pause_s: float) -> None:
        """Node or database are not to be had; the mirror tries again in `pause_s` seconds."""

    def on_lead(self) -> None:
        """This indexer leads from now on: it alone writes."""

    def on_standby(self, leader: str) -> None:
        """Another indexer leads; this one waits to take its place.

        Args:
            leader: its name; empty when it has just gone.
        """


def watch_all(*watches: Watch) -> Watch:
    """One watch that passes on to several, in order."""
    return _Several(watches)


class _Several(Watch):
    def __init__(self, watches: tuple[Watch, ...]) -> None:
        self._watches = watches

    def on_look(self, stands: BlockRef, head: BlockRef) -> None:
        for watch in self._watches:
            watch.on_look(stands, head)

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        for watch in self._watches:
            watch.on_extend(last, blocks, logs, records)

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        for watch in self._watches:
            watch.on_rewind(left, ancestor)

    def on_doubt(self, error: TracerError) -> None:
        for watch in self._watches:
            watch.on_doubt(error)

    def on_failure(self, error: TracerError, pause_s: float) -> None:
        for watch in self._watches:
            watch.on_failure(error, pause_s)

    def on_lead(self) -> None:
        for watch in self._watches:
            watch.on_lead()

    def on_standby(self, leader: str) -> None:
        for watch in self._watches:
            watch.on_standby(leader)
