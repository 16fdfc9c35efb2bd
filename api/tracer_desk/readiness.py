"""Whether the desk can work: the mirror is fresh, the vault's database and blobs answer.

The words are fixed: everybody may ask, and what a driver says names hosts and folders.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from tracer_api.routes.health import read_ready

from tracer.errors import ConfigurationError, TracerError
from tracer.vault.vault import Vault
from tracer_desk.schemas import DeskReady, Part

DATABASE_READY: Final = Part(status="ready", reason="the vault's database answers")
DATABASE_EMPTY: Final = Part(
    status="empty", reason="the vault's database holds no vault, or another one"
)
DATABASE_AWAY: Final = Part(
    status="unreachable", reason="the vault's database does not answer usably"
)
BLOBS_READY: Final = Part(status="ready", reason="the blob store answers")
BLOBS_AWAY: Final = Part(
    status="unreachable", reason="the blob store does not answer usably, or lacks the newest papers"
)
BLOBS_UNKNOWN: Final = Part(
    status="unknown", reason="only the vault's database says what the blob store should hold"
)


class Readiness:
    """Looks at the parts once a second at most, for however many ask.

    A part that hangs holds up one thread and those who ask, nobody else.

    Args:
        mirror: opened for reading.
        vault: the papers.
        now: Unix seconds.
    """

    def __init__(self, mirror: Engine, vault: Vault, now: Callable[[], int]) -> None:
        self._mirror, self._vault, self._now = mirror, vault, now
        self._lock = asyncio.Lock()
        self._seen: tuple[int, DeskReady] | None = None

    async def ask(self) -> DeskReady:
        """How the parts stand in this second; never an error."""
        async with self._lock:
            if self._seen is None or self._seen[0] != self._now():
                found = await run_in_threadpool(self.look)
                self._seen = self._now(), found
            return self._seen[1]

    def look(self) -> DeskReady:
        """How the parts stand now; never an error."""
        mirror = read_ready(self._mirror, self._now())
        database = self._database()
        blobs = self._blobs() if database is DATABASE_READY else BLOBS_UNKNOWN
        is_ready = all(part.status == "ready" for part in (mirror, database, blobs))
        return DeskReady(
            status="ready" if is_ready else "unready",
            mirror=Part(status=mirror.status, reason=mirror.reason),
            vault_database=database,
            vault_blobs=blobs,
        )

    def _database(self) -> Part:
        try:
            self._vault.check_database()
        except ConfigurationError:
            return DATABASE_EMPTY
        except TracerError:
            return DATABASE_AWAY
        return DATABASE_READY

    def _blobs(self) -> Part:
        try:
            self._vault.check_blobs()
        except TracerError:
            return BLOBS_AWAY
        return BLOBS_READY
