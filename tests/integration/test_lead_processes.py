"""Real indexers that are killed and frozen while they lead: another goes on, nothing is doubled."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger
from indexers import Place, growing, open_place, wait_for

from tracer.store.lead import LEASE_S

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KILLS = 5


@pytest.fixture
def place(ledger: AnvilLedger, database_url: str, tmp_path: Path) -> Iterator[Place]:
    with open_place(ledger, database_url, tmp_path) as place:
        yield place


def test_killed_leaders_are_replaced(place: Place) -> None:
    batch_id = place.ledger.populate()[1]
    leader, other = place.start_pair()
    with growing(place.ledger, batch_id):
        for _ in range(KILLS):
            leader.wait_for_progress()
            leader.signal(signal.SIGKILL)
            wait_for(other.leads, "taking over")
            other.wait_for_progress()
            leader, other = other, place.start()
            other.wait_for("standby")
    assert leader.end(signal.SIGTERM) == 0
    wait_for(other.leads, "taking over")
    place.assert_exact()


class TestFrozen:
    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_postgresql_gives_the_lead_to_another(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        frozen, other = place.start_pair()
        with growing(place.ledger, batch_id):
            frozen.wait_for_progress()
            frozen.signal(signal.SIGSTOP)
            wait_for(other.leads, "taking over")
            other.wait_for_progress()
            stepped_down = frozen.count("standby")
            frozen.signal(signal.SIGCONT)
            frozen.wait_for("standby", more_than=stepped_down)
            other.wait_for_progress()
            assert other.leads()
            other.signal(signal.SIGKILL)
            wait_for(frozen.leads, "leading again")
            frozen.wait_for_progress()
        place.assert_exact()

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_sqlite_keeps_the_lead_for_it_until_it_ends(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        frozen, other = place.start_pair()
        with growing(place.ledger, batch_id):
            frozen.wait_for_progress()
            frozen.signal(signal.SIGSTOP)
            time.sleep(LEASE_S / 4)
            assert not other.leads()
            frozen.signal(signal.SIGCONT)
            frozen.wait_for_progress()
            frozen.signal(signal.SIGSTOP)
            frozen.signal(signal.SIGKILL)
            wait_for(other.leads, "taking over")
            other.wait_for_progress()
        place.assert_exact()
