"""Rebuilds the ledger from its logs alone, and judges each log by the numbered invariants.

It knows nothing of calls or errors: only what was logged, by whom it was sent, and when. Numbers in
messages are those of README.md.
"""

from dataclasses import asdict, dataclass, field

from support import ACTIVE, BANNED, RECORD_LENGTH, SUSPENDED, TABLE, K, fold

CLASS_NAMES = {value: name for name, value in TABLE["classes"].items()}


@dataclass
class Party:
    admin: str
    roles: int
    status: int
    distrust_from: int
    profile: bytes


@dataclass
class Key:
    gln: int
    roles: int
    valid_from: int
    valid_until: int
    revoked_at: int
    distrust_from: int


@dataclass
class Standing:
    failures: int = 0
    first_inspector: int = 0
    independent: bool = False


@dataclass
class Batch:
    head: bytes
    owner: int
    rounds: dict[int, int] = field(default_factory=dict)  # holder -> round of its hold
    round: int = 0
    recalled: bool = False

    @property
    def holders(self) -> list[int]:
        return [gln for gln, round_ in self.rounds.items() if round_ == self.round]


class Replay:
    """State of the ledger as far as its logs tell."""

    def __init__(self):
        self.sequence = 0
        self.governance = None
        self.predecessor = None
        self.parties: dict[int, Party] = {}
        self.keys: dict[str, Key] = {}
        self.partners: dict[tuple[int, int], bool] = {}
        self.prefixes: dict[tuple[int, int], int] = {}
        self.standings: dict[int, Standing] = {}
        self.inspections: set[bytes] = set()
        self.batches: dict[bytes, Batch] = {}

    def read(self, log, when: int, sender: str) -> None:
        """Take the next log; `sender` serves only to judge it."""
        assert log.sequence == self.sequence + 1, "invariant 3: the sequence has a gap"
        self.sequence = log.sequence
        self._judge_writer(log, when, sender)
        getattr(self, f"_on_{log.name}")(log, when)

    def _judge_writer(self, log, when, sender):
        writer = {"PartyInspected": "inspector", "Appended": "gln", "BatchRegistered": "gln"}
        if log.name not in writer:
            return
        gln = log.arguments[writer[log.name]]
        key = self.keys[sender]
        assert key.gln == gln, "invariant 10: the key wrote for another party"
        assert key.revoked_at == 0, "invariant 9: a revoked key wrote"
        assert key.valid_from <= when <= key.valid_until, "invariant 9: a key wrote out of its time"
        status = self.parties[gln].status
        assert status != BANNED, "invariant 4: a banned party wrote"
        assert status == ACTIVE, "a suspended party wrote"
        self.acting_roles = key.roles & self.parties[gln].roles

    # --- governance ------------------------------------------------------------------------------

    def _on_LedgerCreated(self, log, when):
        self.governance, self.predecessor = log.governance, log.predecessor

    def _on_GovernanceProposed(self, log, when):
        pass

    def _on_GovernanceTransferred(self, log, when):
        assert log.previous == self.governance
        self.governance = log.current

    def _on_PartyAdmitted(self, log, when):
        assert log.gln not in self.parties
        self.parties[log.gln] = Party(log.admin, log.roles, ACTIVE, 0, log.profileDigest)

    def _on_PartyRolesChanged(self, log, when):
        self.parties[log.gln].roles = log.roles

    def _on_PartyProfileChanged(self, log, when):
        self.parties[log.gln].profile = log.profileDigest

    def _on_PartySuspended(self, log, when):
        self._change_status(log.gln, SUSPENDED)

    def _on_PartyReinstated(self, log, when):
        self._change_status(log.gln, ACTIVE)

    def _on_PartyBanned(self, log, when):
        standing = self.standings[log.gln]
        assert standing.failures >= 3, "invariant 12: banned before the third failure"
        assert standing.independent, "invariant 12: banned by one inspector"
        self._change_status(log.gln, BANNED)

    def _change_status(self, gln, status):
        assert self.parties[gln].status != BANNED, "invariant 4: a ban was lifted"
        self.parties[gln].status = status

    def _on_AdminChanged(self, log, when):
        self.parties[log.gln].admin = log.admin

    def _on_PrefixAssigned(self, log, when):
        assert (log.digits, log.prefix) not in self.prefixes
        self.prefixes[log.digits, log.prefix] = log.gln

    # --- keys and partners -----------------------------------------------------------------------

    def _on_KeyAdded(self, log, when):
        assert log.key not in self.keys, "invariant 10: a key was added twice"
        self.keys[log.key] = Key(log.gln, log.roles, log.validFrom, log.validUntil, 0, 0)

    def _on_KeyRevoked(self, log, when):
        key, party = self.keys[log.key], self.parties[log.gln]
        assert key.gln == log.gln, "invariant 10: another party revoked the key"
        key.revoked_at, key.distrust_from = when, log.distrustFrom
        if party.distrust_from == 0 or log.distrustFrom < party.distrust_from:
            party.distrust_from = log.distrustFrom

    def _on_PartnerChanged(self, log, when):
        self.partners[log.gln, log.partner] = log.trusted

    # --- inspections -----------------------------------------------------------------------------

    def _on_PartyInspected(self, log, when):
        assert log.inspectionId not in self.inspections, "invariant 13: an id counted twice"
        assert log.inspector != log.gln
        self.inspections.add(log.inspectionId)
        standing = self.standings.setdefault(log.gln, Standing())
        if log.passed:
            self.standings[log.gln] = standing = Standing()
        else:
            standing.failures += 1
            if standing.failures == 1:
                standing.first_inspector = log.inspector
            standing.independent |= log.inspector != standing.first_inspector
        assert log.consecutiveFailures == standing.failures

    # --- batches ---------------------------------------------------------------------------------

    def _on_BatchRegistered(self, log, when):
        assert log.batchId not in self.batches, "invariant 1: a batch began twice"
        self.batches[log.batchId] = Batch(log.head, log.gln)

    def _on_Appended(self, log, when):
        batch = self.batches[log.batchId]
        assert (
            log.gln == batch.owner
            or self.partners.get((batch.owner, log.gln))
            or self.acting_roles & TABLE["authorityRoles"]
        ), "invariant 5: neither owner nor partner nor authority"
        batch.head = fold(batch.head, log.gln, when, log.records)
        assert batch.head == log.head, "invariant 2: the head is not the fold of the logs"
        for start in range(0, len(log.records), RECORD_LENGTH):
            self._judge_record(batch, log.gln, log.records[start])

    def _judge_record(self, batch, gln, kind):
        name = CLASS_NAMES[kind >> 4]
        if batch.holders or batch.recalled:
            assert name in TABLE["classesWhileHeld"], "invariant 6: a held batch moved"
        if gln == batch.owner:
            assert name not in TABLE["independentClasses"], "invariant 8: the owner judged itself"
        if kind == K.HOLD:
            assert gln not in batch.holders
            batch.rounds[gln] = batch.round
        elif kind == K.RELEASE:
            assert gln in batch.holders, "invariant 7: a hold was lifted by another"
            del batch.rounds[gln]
        elif kind == K.HOLD_OVERRIDE:
            batch.round += 1
        elif kind == K.RECALL:
            batch.recalled = True

    # --- comparison ------------------------------------------------------------------------------

    def differences(self, read_many, more_glns=(), more_keys=()) -> list[str]:
        """Compare every piece of state with what the contract answers (invariant 11)."""
        glns = [*self.parties, *more_glns]
        keys = [*self.keys, *more_keys]
        known = {
            ("lastSequence",): self.sequence,
            ("governance",): self.governance,
            ("predecessor",): self.predecessor,
            ("partiesOf", tuple(glns)): [self._party(gln) for gln in glns],
            ("keysOf", tuple(keys)): [self._key(key) for key in keys],
        }
        for gln in glns:
            known["standingOf", gln] = tuple(asdict(self.standings.get(gln, Standing())).values())
            trusted = [self.partners.get((gln, other), False) for other in glns]
            known["partnersOf", gln, tuple(glns)] = trusted
        for prefix, owner in self.prefixes.items():
            known["prefixOwner", *prefix] = owner
        for identifier, batch in self.batches.items():
            status = (len(batch.holders), batch.round, batch.recalled)
            known["batchOf", identifier] = (batch.head, batch.owner, *status)
            for gln in glns:
                known["holdsBatch", identifier, gln] = gln in batch.holders
        answers = zip(known.items(), read_many(list(known)), strict=True)
        return [f"{q}: logs {own}, contract {told}" for (q, own), told in answers if own != told]

    def _party(self, gln):
        party = self.parties.get(gln)
        return tuple(asdict(party).values()) if party else (_ZERO, 0, 0, 0, bytes(32))

    def _key(self, key):
        entry = self.keys.get(key)
        return tuple(asdict(entry).values()) if entry else (0,) * 6


_ZERO = "0x" + "00" * 20
