"""The rules of the contracts in plain Python: what each call does, or the error it meets.

Written from the interfaces, not from the Solidity; the random tests compare the two call by call.
"""

import copy
from dataclasses import dataclass, field

from support import (
    ACTIVE,
    ALL_ROLES,
    BANNED,
    DRIFT,
    RECORD_LENGTH,
    ROLE,
    SUSPENDED,
    TABLE,
    ZERO_ADDRESS,
    K,
    batch_id,
    fold,
    with_check_digit,
)

KNOWN = set(TABLE["kinds"].values())
CLASS_NAMES = {value: name for name, value in TABLE["classes"].items()}
SET_82 = set("!\"%&'()*+,-./0123456789:;<=>?_") | {
    chr(first + i) for first in (ord("A"), ord("a")) for i in range(26)
}


class Refused(Exception):
    """The call reverts with this error."""


@dataclass
class Party:
    admin: str
    roles: int
    profile: bytes
    status: int = ACTIVE
    distrust_from: int = 0
    failures: int = 0
    inspectors: list[int] = field(default_factory=list)  # that failed it in the current run


@dataclass
class Key:
    gln: int
    roles: int
    valid_from: int
    valid_until: int
    revoked_at: int = 0
    distrust_from: int = 0


@dataclass
class Batch:
    head: bytes
    owner: int
    holders: set[int] = field(default_factory=set)
    round: int = 0
    recalled: bool = False


class LedgerModel:
    """State and rules. `sequence` counts events."""

    def __init__(self, governance: str, head0):
        self.governance = governance
        self.proposed = ZERO_ADDRESS
        self.head0 = head0  # batch id -> first head; depends on chain and contract
        self.parties: dict[int, Party] = {}
        self.keys: dict[str, Key] = {}
        self.partners: set[tuple[int, int]] = set()
        self.prefixes: dict[tuple[int, int], int] = {}
        self.inspections: set[bytes] = set()
        self.batches: dict[bytes, Batch] = {}
        self.sequence = 1

    def call(self, sender: str, when: int, function: str, arguments: tuple) -> str | None:
        """Apply a call; return the name of its error, having changed nothing, or None."""
        before = copy.deepcopy({k: v for k, v in vars(self).items() if k != "head0"})
        try:
            getattr(self, function)(sender, when, *arguments)
        except Refused as refusal:
            vars(self).update(before)
            return str(refusal)
        return None

    # --- governance ------------------------------------------------------------------------------

    def proposeGovernance(self, sender, when, proposed):
        self._by_governance(sender)
        self.proposed = proposed
        self.sequence += 1

    def acceptGovernance(self, sender, when):
        _unless(sender == self.proposed, "NotProposedGovernance")
        self.governance, self.proposed = sender, ZERO_ADDRESS
        self.sequence += 1

    def admitParty(self, sender, when, gln, roles, admin, profile):
        self._by_governance(sender)
        digits = str(gln)
        _unless(
            gln != 0 and len(digits) <= 13 and with_check_digit(digits[:-1]) == digits,
            "InvalidGln",
        )
        _unless(gln not in self.parties, "PartyAlreadyAdmitted")
        _unless(admin != ZERO_ADDRESS, "ZeroAddress")
        _check_roles(roles)
        self.parties[gln] = Party(admin, roles, profile)
        self.sequence += 1

    def setRoles(self, sender, when, gln, roles):
        self._by_governance(sender)
        party = self._not_banned(gln)
        _check_roles(roles)
        party.roles = roles
        self.sequence += 1

    def setProfile(self, sender, when, gln, profile):
        self._by_governance(sender)
        self._known(gln).profile = profile
        self.sequence += 1

    def suspendParty(self, sender, when, gln):
        self._by_governance(sender)
        party = self._not_banned(gln)
        _unless(party.status == ACTIVE, "PartyNotActive")
        party.status = SUSPENDED
        self.sequence += 1

    def reinstateParty(self, sender, when, gln):
        self._by_governance(sender)
        party = self._not_banned(gln)
        _unless(party.status == SUSPENDED, "PartyNotSuspended")
        party.status = ACTIVE
        self.sequence += 1

    def assignPrefix(self, sender, when, gln, digits, prefix):
        self._by_governance(sender)
        self._known(gln)
        _unless(4 <= digits <= 12 and prefix < 10**digits, "InvalidPrefix")
        _unless((digits, prefix) not in self.prefixes, "PrefixTaken")
        self.prefixes[digits, prefix] = gln
        self.sequence += 1

    # --- admins ----------------------------------------------------------------------------------

    def changeAdmin(self, sender, when, gln, admin):
        party = self._known(gln)
        _unless(sender in (party.admin, self.governance), "NotAdmin")
        _unless(admin != ZERO_ADDRESS, "ZeroAddress")
        party.admin = admin
        self.sequence += 1

    def addKey(self, sender, when, gln, key, roles, valid_from, valid_until):
        self._by_admin(sender, gln)
        self._not_banned(gln)
        _unless(key != ZERO_ADDRESS, "ZeroAddress")
        _unless(key not in self.keys, "KeyTaken")
        _check_roles(roles)
        _unless(valid_from <= valid_until, "InvalidValidity")
        self.keys[key] = Key(gln, roles, valid_from, valid_until)
        self.sequence += 1

    def revokeKey(self, sender, when, gln, key, distrust_from):
        self._by_admin(sender, gln)
        entry = self.keys.get(key)
        _unless(entry is not None and entry.gln == gln, "KeyUnknown")
        _unless(entry.revoked_at == 0, "KeyAlreadyRevoked")
        _unless(0 < distrust_from <= when, "InvalidDistrust")
        entry.revoked_at, entry.distrust_from = when, distrust_from
        party = self.parties[gln]
        party.distrust_from = min(party.distrust_from or distrust_from, distrust_from)
        self.sequence += 1

    def setPartner(self, sender, when, gln, partner, trusted):
        self._by_admin(sender, gln)
        self._not_banned(gln)
        self._known(partner)
        (self.partners.add if trusted else self.partners.discard)((gln, partner))
        self.sequence += 1

    # --- inspectors ------------------------------------------------------------------------------

    def inspectParty(self, sender, when, gln, inspection_id, passed, digest):
        inspector, roles = self._authenticate(sender, when)
        _unless(roles & ROLE.INSPECTOR, "RoleMissing")
        _unless(inspector != gln, "SelfInspection")
        party = self._not_banned(gln)
        _unless(inspection_id not in self.inspections, "InspectionAlreadyCounted")
        self.inspections.add(inspection_id)
        if passed:
            party.failures, party.inspectors = 0, []
        else:
            party.failures += 1
            party.inspectors.append(inspector)
        self.sequence += 1
        if party.failures >= 3 and len(set(party.inspectors)) >= 2:
            party.status = BANNED
            self.sequence += 1

    # --- batches ---------------------------------------------------------------------------------

    def registerBatch(self, sender, when, gtin, lot, digits, records):
        gln, roles = self._authenticate(sender, when)
        _unless(roles & ROLE.MANUFACTURER, "RoleMissing")
        text = gtin.decode("latin-1")
        _unless(
            all(c in "0123456789" for c in text) and with_check_digit(text[:-1]) == text,
            "InvalidGtin",
        )
        _unless(4 <= digits <= 12, "InvalidPrefix")
        _unless(self.prefixes.get((digits, int(text[1 : 1 + digits]))) == gln, "PrefixNotOwned")
        _unless(1 <= len(lot) <= 20 and set(lot) <= SET_82, "InvalidLot")
        identifier = batch_id(gtin, lot)
        _unless(identifier not in self.batches, "BatchAlreadyRegistered")
        self.batches[identifier] = Batch(self.head0(identifier), gln)
        self.sequence += 1
        if records:
            self._append(gln, roles, when, identifier, records)

    def append(self, sender, when, identifier, records):
        gln, roles = self._authenticate(sender, when)
        self._append(gln, roles, when, identifier, records)

    def appendMany(self, sender, when, identifiers, records):
        _unless(len(identifiers) == len(records), "LengthMismatch")
        _unless(identifiers, "NoRecords")
        gln, roles = self._authenticate(sender, when)
        for identifier, own in zip(identifiers, records, strict=True):
            self._append(gln, roles, when, identifier, own)

    def appendShared(self, sender, when, identifiers, records):
        _unless(identifiers, "NoRecords")
        gln, roles = self._authenticate(sender, when)
        previous = bytes(32)
        for identifier in identifiers:
            _unless(previous < identifier, "BatchIdsNotAscending")
            self._append(gln, roles, when, identifier, records)
            previous = identifier

    def _append(self, gln, roles, when, identifier, records):
        batch = self.batches.get(identifier)
        _unless(batch, "BatchUnknown")
        _unless(
            gln == batch.owner
            or roles & TABLE["authorityRoles"]
            or (batch.owner, gln) in self.partners,
            "NotOwnerNorPartner",
        )
        _unless(records, "NoRecords")
        _unless(len(records) % RECORD_LENGTH == 0, "RecordsNotWhole")
        for start in range(0, len(records), RECORD_LENGTH):
            _unless(
                int.from_bytes(records[start + 1 : start + 6], "big") <= when + DRIFT,
                "OccurredInFuture",
            )
            self._apply(gln, roles, batch, records[start])
        batch.head = fold(batch.head, gln, when, records)
        self.sequence += 1

    @staticmethod
    def _apply(gln, roles, batch, kind):
        _unless(kind in KNOWN, "UnknownKind")
        name = CLASS_NAMES[kind >> 4]
        _unless(TABLE["classRoles"][name] & roles, "KindNotPermitted")
        _unless(
            gln != batch.owner or name not in TABLE["independentClasses"], "OwnerNotIndependent"
        )
        if name not in TABLE["classesWhileHeld"]:
            _unless(not batch.recalled, "BatchRecalled")
            _unless(not batch.holders, "BatchOnHold")
        if kind == K.HOLD:
            _unless(gln not in batch.holders, "AlreadyHolder")
            batch.holders.add(gln)
        elif kind == K.RELEASE:
            _unless(gln in batch.holders, "NotHolder")
            batch.holders.remove(gln)
        elif kind == K.HOLD_OVERRIDE:
            batch.holders.clear()
            batch.round += 1
        elif kind == K.RECALL:
            batch.recalled = True

    # --- checks ----------------------------------------------------------------------------------

    def _by_governance(self, sender):
        _unless(sender == self.governance, "NotGovernance")

    def _by_admin(self, sender, gln):
        party = self.parties.get(gln)
        _unless(party is not None and party.admin == sender, "NotAdmin")

    def _known(self, gln):
        _unless(gln in self.parties, "PartyUnknown")
        return self.parties[gln]

    def _not_banned(self, gln):
        party = self._known(gln)
        _unless(party.status != BANNED, "PartyIsBanned")
        return party

    def _authenticate(self, sender, when):
        key = self.keys.get(sender)
        _unless(key, "KeyUnknown")
        _unless(key.revoked_at == 0 and key.valid_from <= when <= key.valid_until, "KeyNotValid")
        party = self.parties[key.gln]
        _unless(party.status == ACTIVE, "PartyNotActive")
        return key.gln, key.roles & party.roles


def _unless(condition, error: str):
    if not condition:
        raise Refused(error)


def _check_roles(roles: int):
    _unless(roles != 0 and roles & ~ALL_ROLES == 0, "UnknownRoles")
