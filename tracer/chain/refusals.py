"""What the ledger's custom errors mean for the person at the command line.

One row per error of `contracts/interfaces`: the class of our error tree, a sentence with the
facts, and what to do next. A test holds this table and the artifact's errors equal.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tracer.chain.contract import Revert
from tracer.domain.kinds import CLASS_ROLES, Kind, Role
from tracer.errors import (
    ConflictError,
    FatalError,
    InputError,
    InvalidIdentifierError,
    InvalidRecordError,
    KeyUnavailableError,
    NotFoundError,
    NotPermittedError,
    TracerError,
)

_STATUS_NAMES = ("unknown", "active", "suspended", "banned")


class _Refusal(NamedTuple):
    error: type[TracerError]
    message: str
    hint: str


REFUSALS: Final[Mapping[str, _Refusal]] = {
    # --- batches ---------------------------------------------------------------------------------
    "BatchAlreadyRegistered": _Refusal(
        ConflictError,
        "the batch {batchId} is already registered",
        "tracer event record adds to a batch that exists.",
    ),
    "BatchUnknown": _Refusal(
        NotFoundError,
        "the ledger has no batch {batchId}",
        "Register it first: tracer batch register FILE.",
    ),
    "InvalidGtin": _Refusal(
        InvalidIdentifierError,
        "the ledger refuses the GTIN {gtin}",
        "A GTIN-14 has 14 digits and a GS1 check digit.",
    ),
    "InvalidLot": _Refusal(
        InvalidIdentifierError,
        "the ledger refuses the lot {lot}",
        "A lot has 1 to 20 characters of GS1 character set 82.",
    ),
    "PrefixNotOwned": _Refusal(
        NotPermittedError,
        "party {gln} does not own the GS1 company prefix {prefix} ({digits} digits)",
        "Governance assigns it once: tracer party prefix assign {gln} PREFIX.",
    ),
    "NoRecords": _Refusal(InvalidRecordError, "there are no records to append", ""),
    "RecordsNotWhole": _Refusal(
        InvalidRecordError, "{length} bytes are not a whole number of 44-byte records", ""
    ),
    "UnknownKind": _Refusal(InvalidRecordError, "the ledger knows no record kind {kind}", ""),
    "KindNotPermitted": _Refusal(
        NotPermittedError,
        "party {gln} may not record {kind}",
        "{kind} is for {roles}; the party, and its key, need one of these roles.",
    ),
    "NotOwnerNorPartner": _Refusal(
        NotPermittedError,
        "party {gln} is neither the batch's owner nor its trading partner",
        "The owner's admin names it: tracer party partner add OWNER {gln}.",
    ),
    "OwnerNotIndependent": _Refusal(
        NotPermittedError,
        "the batch's owner may not record {kind} about its own batch",
        "An independent laboratory, inspector, authority or customs office has to record it.",
    ),
    "OccurredInFuture": _Refusal(
        InvalidRecordError,
        "the event time {occurredAt} is in the future; the ledger accepts up to {latest}",
        "Correct the event's time and its time zone offset.",
    ),
    "BatchOnHold": _Refusal(
        NotPermittedError,
        "the batch is on hold: {kind} may not be recorded",
        "Whoever holds it has to record RELEASE, or an authority HOLD_OVERRIDE.",
    ),
    "BatchRecalled": _Refusal(
        NotPermittedError,
        "the batch is recalled for good: {kind} may not be recorded",
        "Only laboratory, authority, customs, disposal and correction records may follow.",
    ),
    "NotHolder": _Refusal(
        NotPermittedError,
        "party {gln} does not hold the batch, so it cannot release it",
        "Each party releases its own hold.",
    ),
    "AlreadyHolder": _Refusal(
        ConflictError, "party {gln} holds the batch already", "One hold of a party is enough."
    ),
    "LengthMismatch": _Refusal(InputError, "{batchIds} batches but {records} lists of records", ""),
    "BatchIdsNotAscending": _Refusal(
        InputError, "batch ids must be in strictly ascending order", ""
    ),
    # --- parties ---------------------------------------------------------------------------------
    "NotGovernance": _Refusal(
        NotPermittedError,
        "{caller} is not the ledger's governance",
        "tracer chain info shows who is; use that key with --key.",
    ),
    "NotProposedGovernance": _Refusal(
        NotPermittedError, "{caller} was not proposed as the next governance", ""
    ),
    "NotAdmin": _Refusal(
        NotPermittedError,
        "{caller} is not the admin of party {gln}",
        "tracer party show {gln} names the admin; use that key with --key.",
    ),
    "InvalidGln": _Refusal(
        InvalidIdentifierError,
        "the ledger refuses the GLN {gln}",
        "A GLN has 13 digits and a GS1 check digit.",
    ),
    "InvalidPrefix": _Refusal(
        InputError,
        "{prefix} is no GS1 company prefix of {digits} digits",
        "A company prefix has 4 to 12 digits.",
    ),
    "PrefixTaken": _Refusal(
        ConflictError,
        "the GS1 company prefix {prefix} ({digits} digits) belongs to party {owner}",
        "A prefix is assigned once and for ever.",
    ),
    "PartyUnknown": _Refusal(
        NotFoundError,
        "the ledger has no party {gln}",
        "Governance admits it: tracer party admit.",
    ),
    "PartyAlreadyAdmitted": _Refusal(ConflictError, "party {gln} is already admitted", ""),
    "PartyNotActive": _Refusal(
        NotPermittedError,
        "party {gln} is {status}; only an active party may do this",
        "tracer party show {gln}",
    ),
    "PartyNotSuspended": _Refusal(
        ConflictError, "party {gln} is {status}, not suspended", "tracer party show {gln}"
    ),
    "PartyIsBanned": _Refusal(
        NotPermittedError,
        "party {gln} is banned for good after three failed inspections",
        "A ban is final: nothing on the ledger lifts it.",
    ),
    "KeyUnknown": _Refusal(
        KeyUnavailableError,
        "the ledger knows no key {key}",
        "The party's admin adds it: tracer party key add GLN {key}.",
    ),
    "KeyTaken": _Refusal(
        ConflictError,
        "the key {key} belongs to party {gln}",
        "A key belongs to one party for ever; make a new one: tracer party key new.",
    ),
    "KeyNotValid": _Refusal(
        KeyUnavailableError,
        "the key {key} is not valid now (from {validFrom} to {validUntil}, revoked {revokedAt})",
        "Make a new key and let the party's admin add it.",
    ),
    "InvalidValidity": _Refusal(
        InputError, "a key cannot be valid from {validFrom} until {validUntil}", ""
    ),
    "InvalidDistrust": _Refusal(
        InputError,
        "distrust-from {distrustFrom} is not a moment in the past",
        "Give the earliest moment at which somebody else may have had the key.",
    ),
    "KeyAlreadyRevoked": _Refusal(ConflictError, "the key {key} is already revoked", ""),
    "RoleMissing": _Refusal(
        NotPermittedError,
        "party {gln}, or the key it uses, lacks the role {needed}",
        "tracer party show {gln} lists roles and keys.",
    ),
    "UnknownRoles": _Refusal(InputError, "the ledger does not take the roles {roles}", ""),
    "SelfInspection": _Refusal(NotPermittedError, "party {gln} cannot inspect itself", ""),
    "InspectionAlreadyCounted": _Refusal(
        ConflictError, "the inspection {inspectionId} is already counted", ""
    ),
    "ZeroAddress": _Refusal(InputError, "an address is zero", ""),
}


def explain_revert(revert: Revert) -> TracerError:
    """The error to raise for a call that the contract refused."""
    row = REFUSALS.get(revert.name)
    if row is None:
        given = " ".join(f"{name}={value}" for name, value in revert.arguments.items())
        return FatalError(
            f"the contract refused without a known reason: {revert.name} {given}".rstrip(),
            hint="Is this contract a Tracer ledger of this version? tracer chain info",
        )
    facts = {name: _spell(name, value) for name, value in revert.arguments.items()}
    if row.error is NotPermittedError and "kind" in revert.arguments:
        facts["roles"] = _roles_for(revert.arguments["kind"])
    if "prefix" in revert.arguments:
        facts["prefix"] = str(revert.arguments["prefix"]).zfill(revert.arguments["digits"])
    return row.error(row.message.format_map(facts), hint=row.hint.format_map(facts))


def _spell(name: str, value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii", errors="replace") if name == "gtin" else value.hex()
    if isinstance(value, int) and name in _SPELLINGS:
        return _SPELLINGS[name](value)
    return repr(value) if name == "lot" else str(value)


def _spell_gln(value: int) -> str:
    return f"{value:013d}"


def _spell_time(value: int) -> str:
    if value == 0:
        return "never"
    try:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "the year 10000 or later"  # u40 reaches the year 36812; datetime does not


def _spell_kind(value: int) -> str:
    return Kind(value).name if value in set(Kind) else f"0x{value:02x}"


def _spell_roles(value: int) -> str:
    names = [role.name or "" for role in Role if role & value]
    return " or ".join(names) or "none"


def _roles_for(kind: int) -> str:
    return _spell_roles(CLASS_ROLES[Kind(kind).kind_class]) if kind in set(Kind) else "nobody"


_SPELLINGS: Final[Mapping[str, Callable[[int], str]]] = {
    "gln": _spell_gln,
    "owner": _spell_gln,
    "kind": _spell_kind,
    "needed": _spell_roles,
    "roles": _spell_roles,
    "occurredAt": _spell_time,
    "latest": _spell_time,
    "validFrom": _spell_time,
    "validUntil": _spell_time,
    "revokedAt": _spell_time,
    "distrustFrom": _spell_time,
    "status": lambda value: _STATUS_NAMES[value],
}
