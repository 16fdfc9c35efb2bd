"""Grants count at finality, revocations at once."""

import pytest
from simulator import (
    ChainSimulator,
    Operation,
    add_key,
    admit,
    change_roles,
    revoke_key,
    set_partner,
    suspend_or_reinstate,
)

from tracer.domain.kinds import Role
from tracer.index.authority import Authority, Standing, load_standing
from tracer.index.sync import Mirror
from tracer.store.session import open_engine, reading

FINALITY = 4
GLN = 1
KEY = (7).to_bytes(20, "big")
GRANTED: list[Operation] = [admit(GLN, Role.MANUFACTURER | Role.IMPORTER), add_key(GLN, 7)]
HELD = Authority(GLN, Role.MANUFACTURER)  # add_key grants this role alone


class Chain:
    """A simulated chain and a mirror of it."""

    def __init__(self) -> None:
        self.node = ChainSimulator(final_depth=FINALITY)
        self.engine = open_engine("sqlite://")

    def mine(self, *operations: Operation) -> None:
        self.node.mine(*operations)

    def settle(self) -> None:
        for _ in range(FINALITY):
            self.node.mine()

    @property
    def standing(self) -> Standing:
        Mirror(self.engine, self.node, self.node.deployment, FINALITY).sync_once()
        with reading(self.engine) as session:
            return load_standing(session)

    def authority(self) -> Authority | None:
        return self.standing.find_authority(KEY, self.node.head.time_unix)


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def granted(chain: Chain) -> Chain:
    chain.mine(*GRANTED)
    chain.settle()
    assert chain.authority() == HELD
    return chain


def test_a_key_counts_once_it_is_final(chain: Chain) -> None:
    chain.mine(*GRANTED)
    for _ in range(FINALITY):
        assert chain.authority() is None
        chain.mine()
    assert chain.authority() == HELD


def test_a_revoked_key_counts_no_more(granted: Chain) -> None:
    granted.mine(revoke_key(7, 0))
    assert granted.authority() is None


def test_a_revocation_that_left_the_chain_changes_nothing(granted: Chain) -> None:
    granted.mine(revoke_key(7, 0))
    assert granted.authority() is None
    granted.node.reorg(1, [[], []])
    assert granted.authority() == HELD


def test_a_suspended_party_stops_at_once_and_comes_back_at_finality(granted: Chain) -> None:
    granted.mine(suspend_or_reinstate(GLN))
    assert granted.authority() is None
    granted.settle()
    granted.mine(suspend_or_reinstate(GLN))
    assert granted.authority() is None
    granted.settle()
    assert granted.authority() == HELD


def test_roles_shrink_at_once_and_grow_at_finality(granted: Chain) -> None:
    granted.mine(change_roles(GLN, int(Role.IMPORTER)))
    assert granted.authority() is None
    granted.settle()
    granted.mine(change_roles(GLN, int(Role.MANUFACTURER)))
    assert granted.authority() is None
    granted.settle()
    assert granted.authority() == HELD


def test_a_key_counts_only_while_it_is_valid(granted: Chain) -> None:
    standing = granted.standing
    added = standing.final.keys[KEY]
    first, last = added.valid_from_unix, added.valid_until_unix
    assert standing.find_authority(KEY, first) == standing.find_authority(KEY, last) == HELD
    assert standing.find_authority(KEY, first - 1) is None
    assert standing.find_authority(KEY, last + 1) is None


def test_an_unknown_key_does_nothing(granted: Chain) -> None:
    assert granted.standing.find_authority(bytes(20), granted.node.head.time_unix) is None


def test_partners_too(granted: Chain) -> None:
    granted.mine(admit(2), set_partner(GLN, 2, trusted=True))
    assert not granted.standing.is_partner(GLN, 2)
    granted.settle()
    assert granted.standing.is_partner(GLN, 2)
    granted.mine(set_partner(GLN, 2, trusted=False))
    assert not granted.standing.is_partner(GLN, 2)


def test_an_empty_mirror_lets_nobody_act() -> None:
    engine = open_engine("sqlite://")
    chain = ChainSimulator(final_depth=FINALITY)
    Mirror(engine, chain, chain.deployment, FINALITY).sync_once()
    with reading(engine) as session:
        assert load_standing(session).find_authority(KEY, 0) is None
