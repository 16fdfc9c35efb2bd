"""The desk's memory on both kinds of database, with several processes' worth of writers at once."""

import contextlib
import threading

import pytest

from tracer.errors import NotAuthenticatedError, QuotaExceededError
from tracer.vault.database import open_vault_engine
from tracer.vault.desk_tables import DeskTables, Quota, SignedStatement

pytestmark = pytest.mark.integration

NOW, KEY, ORG = 1_790_000_000, bytes(20), 9520010001091
WRITERS = 8


def test_of_many_at_once_one_wins(database_url: str) -> None:
    engines = [open_vault_engine(database_url) for _ in range(WRITERS)]
    desks = [DeskTables(engine, lambda: NOW) for engine in engines]
    desks[0].create()
    used, counted, start = [], [], threading.Barrier(WRITERS)

    def work(desk: DeskTables) -> None:
        start.wait()
        try:
            desk.use_nonce(KEY, "n", NOW + 10)
            used.append(desk)
        except NotAuthenticatedError:
            pass
        with contextlib.suppress(QuotaExceededError):
            counted.append(desk.reserve(ORG, 40, Quota(files=100, octets=100)))
        desk.put_statement("D", SignedStatement(KEY, "{}", bytes(65), NOW))

    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(used), len(counted)) == (1, 2)
    assert desks[1].find_statement("D") is not None
    desks[0].open_session("token", KEY, NOW + 10)
    assert desks[1].find_session("token") is not None
    desks[0].release(ORG, 40, counted[0])
    desks[1].reserve(ORG, 60, Quota(files=100, octets=100))
    for engine in engines:
        engine.dispose()
