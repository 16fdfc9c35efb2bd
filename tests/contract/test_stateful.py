"""Random histories, judged three ways after every call.

1. `LedgerModel`, the rules in Python, must predict each call: its effect or the name of its error.
2. `Replay`, which sees only logs, checks the numbered invariants of README.md on each log.
3. At the end the replay must equal every answer of the contract.
"""

import copy

import brownie
import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from conftest import CAST, MAKERS_PARTNERS
from driver import Driver
from ledger_model import LedgerModel
from replay import Replay
from support import (
    ALL_ROLES,
    BANNED,
    DRIFT,
    FOREVER,
    K,
    ROLE,
    TABLE,
    ZERO_ADDRESS,
    ask_node,
    batch_id,
    head0,
    make_gln,
    make_gtin,
    record,
)

KINDS = list(TABLE["kinds"].values())
STATUS_KINDS = [K.HOLD, K.RELEASE, K.HOLD_OVERRIDE, K.RECALL]
CLASS_NAMES = {value: name for name, value in TABLE["classes"].items()}


def roles_for(kind):
    return TABLE["classRoles"][CLASS_NAMES[kind >> 4]]


# Mostly somebody whose role fits the kind, so that histories get somewhere; else anybody.
FITTING = {kind: [name for name in CAST if CAST[name] & roles_for(kind)] for kind in KINDS}
WRITINGS = st.one_of(
    *[
        kinds.flatmap(lambda kind: st.tuples(st.sampled_from(FITTING[kind]), st.just([kind])))
        for kinds in (st.sampled_from(KINDS), st.sampled_from(STATUS_KINDS), st.sampled_from(KINDS))
    ],
    st.tuples(
        st.sampled_from(list(CAST)),
        st.lists(st.sampled_from([*KINDS, *STATUS_KINDS, 0x00, 0xF1]), min_size=1, max_size=4),
    ),
)
DATES = st.sampled_from([0] * 7 + [-86_400, DRIFT - 20, DRIFT + 5_000])
BATCHES = st.sampled_from([0, 1, 2] * 4 + [3, 4])  # 3 waits for registration, 4 does not exist
SOME_BATCHES = st.one_of(*[st.lists(BATCHES, min_size=1, max_size=3)] * 4, st.just([]))
PEOPLE = st.sampled_from(list(CAST))
SUSPECTS = st.sampled_from(["supplier", "carrier", "rival"])  # few, so that rules meet on them
TAGS = st.integers(0, 30)


class Story:
    """The ledger with its cast, a model and a replay of it; examples start from its snapshot."""

    def __init__(self, contract_type):
        accounts = [account.address for account in brownie.accounts]
        self.governance, self.admin, self.other_admin, self.heir = accounts[:4]
        ledger = brownie.accounts[0].deploy(contract_type, self.governance, ZERO_ADDRESS)
        self.driver = Driver(ledger.abi, ledger.address)
        self.gln = {name: make_gln(i) for i, name in enumerate([*CAST, "newcomer", "nobody"], 1)}
        self.key = {name: accounts[3 + i] for i, name in enumerate(CAST, 1)}
        self.spare_keys = accounts[30:34]
        self.model = LedgerModel(self.governance, lambda identifier: head0(ledger, identifier))
        self.replay = Replay()
        created = self.driver.outcome_of(ledger.tx.txid)
        self.replay.read(created.logs[0], created.when, self.governance)
        self.clock = created.when
        self.lots = ["L0", "L1", "L2", "L3"]
        self.ids = [*(batch_id(make_gtin(1), lot) for lot in self.lots), b"\x05" * 32]
        self._admit_the_cast()

    def _admit_the_cast(self):
        for name, roles in CAST.items():
            whose = self.other_admin if name == "rival" else self.admin
            self.do(self.governance, "admitParty", self.gln[name], roles, whose, b"\1" * 32)
            self.do(whose, "addKey", self.gln[name], self.key[name], ALL_ROLES, 0, FOREVER)
        maker = self.gln["maker"]
        self.do(self.governance, "assignPrefix", maker, 7, 9412345)
        for name in MAKERS_PARTNERS:
            self.do(self.admin, "setPartner", maker, self.gln[name], True)
        for lot in self.lots[:3]:
            self.do(self.key["maker"], "registerBatch", make_gtin(1), lot, 7, b"")

    def do(self, sender, function, *arguments):
        """Send a call; the model must predict it and the replay must accept its logs."""
        outcome = self.driver.send(sender, function, *arguments)
        predicted = self.model.call(sender, outcome.when, function, arguments)
        actual = outcome.error and outcome.error[0]
        assert actual == predicted, f"{function}{arguments}: {actual}, model says {predicted}"
        for log in outcome.logs:
            self.replay.read(log, outcome.when, sender)
        self.clock = outcome.when
        return outcome


class Machine(RuleBasedStateMachine):
    """What both kinds of history share."""

    story: Story  # set by the test

    def __init__(self):
        super().__init__()
        self.snapshot = ask_node("evm_snapshot")
        story = self.story
        self.kept = {name: getattr(story, name) for name in ("model", "replay", "clock")}
        story.model, story.replay = copy.deepcopy((story.model, story.replay))
        self.do, self.gln, self.key = story.do, story.gln, story.key
        self.banned = set()

    def teardown(self):
        story = self.story
        try:
            differences = story.replay.differences(
                story.driver.read_many, more_glns=[self.gln["nobody"]], more_keys=story.spare_keys
            )
            assert not differences, f"invariant 11: {differences}"
        finally:
            vars(story).update(self.kept)
            ask_node("evm_revert", self.snapshot)

    def records(self, kinds, shift):
        return b"".join(record(k, self.story.clock + shift, tag=str(k)) for k in kinds)

    @rule(writing=WRITINGS, number=BATCHES, shift=DATES)
    def append(self, writing, number, shift):
        who, kinds = writing
        self.do(self.key[who], "append", self.story.ids[number], self.records(kinds, shift))

    @rule(who=PEOPLE, seconds=st.sampled_from([1, 60, 4_000]))
    def wait(self, who, seconds):
        ask_node("evm_increaseTime", seconds)
        self.do(self.key[who], "append", self.story.ids[0], self.records([K.DOCUMENT], 0))

    @invariant()
    def every_batch_is_as_predicted(self):
        """Invariants 1 and 2: a head moves only by folding what was logged. 16: recalls stay."""
        model, replay = self.story.model.batches, self.story.replay.batches
        answers = self.story.driver.read_many([("batchOf", identifier) for identifier in model])
        for identifier, (head, _, holds, _, recalled) in zip(model, answers, strict=True):
            assert head == model[identifier].head == replay[identifier].head, "invariant 2"
            assert holds == len(model[identifier].holders), "invariant 7"
            assert recalled == replay[identifier].recalled, "invariant 16"

    @invariant()
    def every_event_was_seen(self):
        """Invariant 3: nothing but the logs moved the counter."""
        sequence = self.story.driver.read("lastSequence")
        assert sequence == self.story.replay.sequence == self.story.model.sequence

    @invariant()
    def bans_are_final(self):
        """Invariant 4."""
        glns = sorted(self.story.model.parties)
        parties = self.story.driver.read("partiesOf", glns)
        banned = {gln for gln, party in zip(glns, parties, strict=True) if party[2] == BANNED}
        assert self.banned <= banned, "invariant 4"
        self.banned = banned


class BatchHistory(Machine):
    """Appends of all three kinds, holds, recalls, partners and registrations."""

    @rule(lot=st.integers(2, 3), who=st.sampled_from(["maker", "maker", "rival", "carrier"]))
    def register(self, lot, who):
        records = self.records([K.CANNING], 0) if lot == 3 else b""
        arguments = (make_gtin(1), self.story.lots[lot], 7, records)
        self.do(self.key[who], "registerBatch", *arguments)

    @rule(writing=WRITINGS, numbers=SOME_BATCHES, shift=DATES, extra=st.booleans())
    def append_many(self, writing, numbers, shift, extra):
        who, kinds = writing
        payloads = [self.records(kinds[i:] or kinds, shift) for i in range(len(numbers))]
        if extra and len(kinds) > 2:
            payloads.append(b"")
        ids = [self.story.ids[number] for number in numbers]
        self.do(self.key[who], "appendMany", ids, payloads)

    @rule(writing=WRITINGS, numbers=SOME_BATCHES, shift=DATES, ascending=st.integers(0, 2))
    def append_shared(self, writing, numbers, shift, ascending):
        who, kinds = writing
        ids = [self.story.ids[number] for number in numbers]
        ids = sorted(set(ids)) if ascending else sorted(ids, reverse=True)
        self.do(self.key[who], "appendShared", ids, self.records(kinds, shift))

    @rule(
        who=st.sampled_from(["retailer", "inspector", "customs", "maker"]),
        number=st.integers(0, 1),
        kind=st.sampled_from([K.HOLD, K.RELEASE]),
    )
    def hold_or_release(self, who, number, kind):
        self.do(self.key[who], "append", self.story.ids[number], self.records([kind], 0))

    @rule(kind=st.sampled_from(KINDS), everything=st.booleans())
    def owner_of_all_trades(self, kind, everything):
        roles = ALL_ROLES if everything else ROLE.MANUFACTURER
        self.do(self.story.governance, "setRoles", self.gln["maker"], roles)
        self.do(self.key["maker"], "append", self.story.ids[2], self.records([kind], 0))

    @rule(who=st.sampled_from(["carrier", "warehouse", "retailer"]), trusted=st.booleans())
    def change_partner(self, who, trusted):
        self.do(self.story.admin, "setPartner", self.gln["maker"], self.gln[who], trusted)

    @rule(cut=st.integers(1, 87), who=st.sampled_from(["maker", "authority"]))
    def cut_records(self, cut, who):
        records = self.records([K.DOCUMENT, K.CORRECTION], 0)[:cut]
        self.do(self.key[who], "append", self.story.ids[0], records)


class PartyHistory(Machine):
    """Admission, standing, keys, prefixes and governance, with appends in between."""

    @rule(
        whom=st.one_of(SUSPECTS, PEOPLE),
        by=st.sampled_from(["inspector", "inspector", "inspector2", "maker"]),
        passed=st.sampled_from([False, False, True]),
        tag=TAGS,
    )
    def inspect(self, whom, by, passed, tag):
        identifier = bytes([tag]) * 32
        self.do(self.key[by], "inspectParty", self.gln[whom], identifier, passed, identifier)

    @rule(
        whom=SUSPECTS,
        run=st.lists(st.sampled_from(["inspector", "inspector2"]), min_size=2, max_size=4),
    )
    def fail_repeatedly(self, whom, run):
        for by in run:
            identifier = len(self.story.model.inspections).to_bytes(32, "big")
            self.do(self.key[by], "inspectParty", self.gln[whom], identifier, False, identifier)

    @rule(
        whom=st.one_of(SUSPECTS, st.sampled_from(["maker", "nobody"])),
        right=st.integers(0, 4),
        function=st.sampled_from(["suspendParty", "reinstateParty"]),
    )
    def change_standing(self, whom, right, function):
        sender = self.story.model.governance if right else self.story.admin
        self.do(sender, function, self.gln[whom])

    @rule(
        whom=st.one_of(SUSPECTS, PEOPLE),
        roles=st.sampled_from([*CAST.values(), ALL_ROLES, 0, 1 << 12]),
    )
    def change_roles(self, whom, roles):
        self.do(self.story.model.governance, "setRoles", self.gln[whom], roles)

    @rule(whom=SUSPECTS, kind=st.sampled_from([K.DOCUMENT, K.MILK_COLLECTION, K.DEPARTURE]))
    def append_as_suspect(self, whom, kind):
        self.do(self.key[whom], "append", self.story.ids[0], self.records([kind], 0))

    @rule(whom=st.sampled_from(["maker", "newcomer", "nobody"]), valid=st.booleans())
    def admit_or_describe(self, whom, valid):
        governance, admin = self.story.model.governance, self.story.admin
        gln = self.gln[whom] + (0 if valid else 1)
        if whom != "nobody":
            self.do(governance, "admitParty", gln, ROLE.CARRIER, admin, b"\2" * 32)
        self.do(governance, "setProfile", gln, b"\3" * 32)

    @rule(
        whom=st.sampled_from(["maker", "rival", "nobody"]),
        digits=st.integers(3, 13),
        prefix=st.sampled_from([0, 9412, 6901234, 690123456789]),
    )
    def assign_prefix(self, whom, digits, prefix):
        self.do(self.story.model.governance, "assignPrefix", self.gln[whom], digits, prefix)

    @rule(
        whom=st.one_of(SUSPECTS, st.just("maker")),
        number=st.integers(0, 3),
        start=st.sampled_from([-9_000, 0, 50, 5_000]),
        length=st.sampled_from([0, 100, 9_000, -1]),
        roles=st.sampled_from([ALL_ROLES, ROLE.MANUFACTURER, 0]),
    )
    def add_key(self, whom, number, start, length, roles):
        begin = self.story.clock + start
        window = (begin, begin + length)
        key, sender = self.story.spare_keys[number], self.story.model.parties[self.gln[whom]].admin
        self.do(sender, "addKey", self.gln[whom], key, roles, *window)

    @rule(number=st.integers(0, 3), kind=st.sampled_from([K.CANNING, K.DOCUMENT, K.DEPARTURE]))
    def append_with_spare_key(self, number, kind):
        sender = self.story.spare_keys[number]
        self.do(sender, "append", self.story.ids[1], self.records([kind], 0))

    @rule(
        number=st.integers(0, 3),
        right=st.integers(0, 3),
        since=st.sampled_from([-50_000, -1_000, 0, 100_000]),
    )
    def revoke_spare_key(self, number, right, since):
        model, key = self.story.model, self.story.spare_keys[number]
        gln = model.keys[key].gln if right and key in model.keys else self.gln["maker"]
        self.do(model.parties[gln].admin, "revokeKey", gln, key, self.story.clock + since)

    @rule(whom=st.sampled_from(["retailer", "disposer"]))
    def revoke_key(self, whom):
        arguments = (self.gln[whom], self.key[whom], self.story.clock)
        self.do(self.story.admin, "revokeKey", *arguments)

    @rule(whom=SUSPECTS, to_other=st.booleans())
    def change_admin(self, whom, to_other):
        admins = (self.story.admin, self.story.other_admin)
        self.do(admins[not to_other], "changeAdmin", self.gln[whom], admins[to_other])

    @rule(whom=SUSPECTS, partner=st.sampled_from([*CAST, "nobody"]))
    def set_partner(self, whom, partner):
        sender = self.story.model.parties[self.gln[whom]].admin
        self.do(sender, "setPartner", self.gln[whom], self.gln[partner], True)

    @rule(accept=st.booleans(), withdrawn=st.sampled_from([False, False, True]))
    def hand_over(self, accept, withdrawn):
        model, story = self.story.model, self.story
        heir = story.heir if model.governance == story.governance else story.governance
        proposed = ZERO_ADDRESS if withdrawn else heir
        self.do(model.governance, "proposeGovernance", proposed)
        if accept:
            self.do(heir, "acceptGovernance")


@pytest.fixture(scope="module")
def story(world, BatchLedger):
    return Story(BatchLedger)


@pytest.mark.parametrize("machine", [BatchHistory, PartyHistory])
def test_random_histories(machine, story):
    machine.story = story
    # Hypothesis keeps its first ten examples small, so a dozen would hardly be a test.
    run_state_machine_as_test(machine, settings=settings(max_examples=28, stateful_step_count=60))
