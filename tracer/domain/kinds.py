"""What a record can say and who may say it.

A record's kind is one byte: the high nibble is its *class*, which decides who may write it;
the low nibble is the event within the class. Solidity (`contracts/libraries/Kinds.sol`),
Python (this file) and JavaScript (`scanner_app/kinds.js`) hold the same table, and
`tests/vectors/kinds.json` keeps them equal.
"""

from enum import IntEnum, IntFlag


class Role(IntFlag):
    """What a party does; the bit set that the ledger stores for parties and keys."""

    SUPPLIER = 1 << 0
    MANUFACTURER = 1 << 1
    LABORATORY = 1 << 2
    INSPECTOR = 1 << 3
    AUTHORITY = 1 << 4
    CUSTOMS = 1 << 5
    BROKER = 1 << 6
    CARRIER = 1 << 7
    WAREHOUSE = 1 << 8
    IMPORTER = 1 << 9
    RETAILER = 1 << 10
    DISPOSER = 1 << 11


ANY_ROLE = Role((1 << 12) - 1)
AUTHORITY_ROLES = Role.INSPECTOR | Role.AUTHORITY | Role.CUSTOMS
"""A party with one of these may write to any batch; all others need to be its owner or partner."""


class KindClass(IntEnum):
    """High nibble of a kind."""

    SUPPLY = 0x1
    MANUFACTURING = 0x2
    LABORATORY = 0x3
    AUTHORITY = 0x4
    DECLARATION = 0x5
    CUSTOMS = 0x6
    TRANSPORT = 0x7
    RETAIL = 0x8
    DOCUMENT = 0x9
    INSPECTION = 0xA
    HOLD = 0xB
    RECALL = 0xC
    DISPOSAL = 0xD
    AMENDMENT = 0xE


class Kind(IntEnum):
    """Every record kind. Names of the 26 tracking events are the stages of an EPCIS event."""

    MILK_COLLECTION = 0x11
    MILK_RECEIPT = 0x21
    MATERIAL_RECEIPT = 0x22
    WET_PROCESS = 0x23
    DRY_BLEND = 0x24
    CANNING = 0x25
    PACK_AGGREGATE = 0x26
    LAB_SAMPLING = 0x27
    FACTORY_RELEASE = 0x28
    SERIALS = 0x29  # digest: RFC 9162 root over the batch's serials
    LAB_RESULT = 0x31
    LAB_REPORT = 0x32  # digest: document commitment
    EXPORT_CERTIFICATION = 0x41
    CERTIFICATE = 0x42  # digest: document commitment
    HOLD_OVERRIDE = 0x43  # lifts every hold
    EXPORT_DECLARATION = 0x51
    IMPORT_DECLARATION = 0x52
    CUSTOMS_RELEASE = 0x53
    CLEARANCE_CLAIM = 0x54  # digest: the broker's document commitment
    CIQ_INSPECTION = 0x61
    CLEARANCE_CONFIRMATION = 0x62  # digest: the same commitment as the claim
    CUSTOMS_DOCUMENT = 0x63  # digest: document commitment
    CONTAINER_LOADING = 0x71
    DEPARTURE = 0x72
    TRANSPORT_CONDITION = 0x73
    ARRIVAL = 0x74
    UNLOAD = 0x75
    WAREHOUSE_RECEIPT = 0x76
    DISTRIBUTION = 0x77
    TELEMETRY = 0x78  # digest: RFC 9162 root over readings, or SHA-256 of the raw log
    RETAIL_RECEIPT = 0x81
    SALE = 0x82
    SCAN = 0x83  # a day's count of scans; never one person's scan
    DOCUMENT = 0x91  # digest: document commitment
    INSPECTION = 0xA1
    HOLD = 0xB1
    RELEASE = 0xB2
    RECALL = 0xC1
    DESTRUCTION = 0xD1
    CORRECTION = 0xE1  # digest of the correcting statement, which names the old digest
    SUPERSEDE = 0xE2

    @property
    def kind_class(self) -> KindClass:
        """The class that decides who may write this kind."""
        return KindClass(self >> 4)


CLASS_ROLES: dict[KindClass, Role] = {
    KindClass.SUPPLY: Role.SUPPLIER | Role.MANUFACTURER,
    KindClass.MANUFACTURING: Role.MANUFACTURER,
    KindClass.LABORATORY: Role.LABORATORY,
    KindClass.AUTHORITY: Role.AUTHORITY,
    KindClass.DECLARATION: Role.MANUFACTURER | Role.BROKER | Role.IMPORTER,
    KindClass.CUSTOMS: Role.CUSTOMS,
    KindClass.TRANSPORT: Role.MANUFACTURER | Role.CARRIER | Role.WAREHOUSE | Role.IMPORTER,
    KindClass.RETAIL: Role.RETAILER,
    KindClass.DOCUMENT: ANY_ROLE,
    KindClass.INSPECTION: Role.INSPECTOR,
    KindClass.HOLD: (
        Role.MANUFACTURER | Role.LABORATORY | Role.INSPECTOR | Role.AUTHORITY | Role.CUSTOMS
        | Role.CARRIER | Role.WAREHOUSE | Role.IMPORTER | Role.RETAILER
    ),
    KindClass.RECALL: Role.MANUFACTURER | Role.AUTHORITY | Role.IMPORTER,
    KindClass.DISPOSAL: (
        Role.MANUFACTURER | Role.AUTHORITY | Role.WAREHOUSE | Role.IMPORTER | Role.RETAILER
        | Role.DISPOSER
    ),
    KindClass.AMENDMENT: ANY_ROLE,
}  # fmt: skip
"""Roles of which the writer needs at least one."""

INDEPENDENT_CLASSES = frozenset(
    {KindClass.LABORATORY, KindClass.AUTHORITY, KindClass.CUSTOMS, KindClass.INSPECTION}
)
"""Classes that the batch's owner never writes itself."""

CLASSES_WHILE_HELD = frozenset(
    {
        KindClass.LABORATORY,  # a hold is resolved by a retest
        KindClass.AUTHORITY,
        KindClass.CUSTOMS,
        KindClass.INSPECTION,
        KindClass.HOLD,
        KindClass.RECALL,
        KindClass.DISPOSAL,
        KindClass.AMENDMENT,
    }
)
"""Classes that pass while a batch is on hold or recalled; goods do not move."""
