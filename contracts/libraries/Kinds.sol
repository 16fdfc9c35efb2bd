// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a record can say and who may say it
/// @notice A kind is one byte: the high nibble is its class, which decides who may write it; the
///         low nibble is the event within the class. The same table is in `tracer/domain/kinds.py`
///         and `scanner_app/kinds.js`; `tests/vectors/kinds.json` keeps the three equal.
/// @dev Sets are packed into constants: a lookup then costs a shift instead of a storage read.
library Kinds {
    // --- roles: the bit set of a party and of a key ---------------------------------------------

    uint16 internal constant ROLE_SUPPLIER = 1 << 0;
    uint16 internal constant ROLE_MANUFACTURER = 1 << 1;
    uint16 internal constant ROLE_LABORATORY = 1 << 2;
    uint16 internal constant ROLE_INSPECTOR = 1 << 3;
    uint16 internal constant ROLE_AUTHORITY = 1 << 4;
    uint16 internal constant ROLE_CUSTOMS = 1 << 5;
    uint16 internal constant ROLE_BROKER = 1 << 6;
    uint16 internal constant ROLE_CARRIER = 1 << 7;
    uint16 internal constant ROLE_WAREHOUSE = 1 << 8;
    uint16 internal constant ROLE_IMPORTER = 1 << 9;
    uint16 internal constant ROLE_RETAILER = 1 << 10;
    uint16 internal constant ROLE_DISPOSER = 1 << 11;

    uint16 internal constant ANY_ROLE = (1 << 12) - 1;

    /// @dev A party with one of these may write to any batch; all others need to be its owner or
    ///      the owner's partner.
    uint16 internal constant AUTHORITY_ROLES = ROLE_INSPECTOR | ROLE_AUTHORITY | ROLE_CUSTOMS;

    // --- classes: the high nibble of a kind -----------------------------------------------------

    uint8 internal constant CLASS_SUPPLY = 0x1;
    uint8 internal constant CLASS_MANUFACTURING = 0x2;
    uint8 internal constant CLASS_LABORATORY = 0x3;
    uint8 internal constant CLASS_AUTHORITY = 0x4;
    uint8 internal constant CLASS_DECLARATION = 0x5;
    uint8 internal constant CLASS_CUSTOMS = 0x6;
    uint8 internal constant CLASS_TRANSPORT = 0x7;
    uint8 internal constant CLASS_RETAIL = 0x8;
    uint8 internal constant CLASS_DOCUMENT = 0x9;
    uint8 internal constant CLASS_INSPECTION = 0xA;
    uint8 internal constant CLASS_HOLD = 0xB;
    uint8 internal constant CLASS_RECALL = 0xC;
    uint8 internal constant CLASS_DISPOSAL = 0xD;
    uint8 internal constant CLASS_AMENDMENT = 0xE;

    // --- kinds ----------------------------------------------------------------------------------

    uint8 internal constant MILK_COLLECTION = 0x11;
    uint8 internal constant MILK_RECEIPT = 0x21;
    uint8 internal constant MATERIAL_RECEIPT = 0x22;
    uint8 internal constant WET_PROCESS = 0x23;
    uint8 internal constant DRY_BLEND = 0x24;
    uint8 internal constant CANNING = 0x25;
    uint8 internal constant PACK_AGGREGATE = 0x26;
    uint8 internal constant LAB_SAMPLING = 0x27;
    uint8 internal constant FACTORY_RELEASE = 0x28;
    uint8 internal constant SERIALS = 0x29;
    uint8 internal constant LAB_RESULT = 0x31;
    uint8 internal constant LAB_REPORT = 0x32;
    uint8 internal constant EXPORT_CERTIFICATION = 0x41;
    uint8 internal constant CERTIFICATE = 0x42;
    uint8 internal constant HOLD_OVERRIDE = 0x43;
    uint8 internal constant EXPORT_DECLARATION = 0x51;
    uint8 internal constant IMPORT_DECLARATION = 0x52;
    uint8 internal constant CUSTOMS_RELEASE = 0x53;
    uint8 internal constant CLEARANCE_CLAIM = 0x54;
    uint8 internal constant CIQ_INSPECTION = 0x61;
    uint8 internal constant CLEARANCE_CONFIRMATION = 0x62;
    uint8 internal constant CUSTOMS_DOCUMENT = 0x63;
    uint8 internal constant CONTAINER_LOADING = 0x71;
    uint8 internal constant DEPARTURE = 0x72;
    uint8 internal constant TRANSPORT_CONDITION = 0x73;
    uint8 internal constant ARRIVAL = 0x74;
    uint8 internal constant UNLOAD = 0x75;
    uint8 internal constant WAREHOUSE_RECEIPT = 0x76;
    uint8 internal constant DISTRIBUTION = 0x77;
    uint8 internal constant TELEMETRY = 0x78;
    uint8 internal constant RETAIL_RECEIPT = 0x81;
    uint8 internal constant SALE = 0x82;
    uint8 internal constant SCAN = 0x83;
    uint8 internal constant DOCUMENT = 0x91;
    uint8 internal constant INSPECTION = 0xA1;
    uint8 internal constant HOLD = 0xB1;
    uint8 internal constant RELEASE = 0xB2;
    uint8 internal constant RECALL = 0xC1;
    uint8 internal constant DESTRUCTION = 0xD1;
    uint8 internal constant CORRECTION = 0xE1;
    uint8 internal constant SUPERSEDE = 0xE2;

    /// @dev Bit k is set when kind k exists.
    uint256 internal constant KNOWN_KINDS = (1 << MILK_COLLECTION)
        // manufacturing
        | (1 << MILK_RECEIPT) | (1 << MATERIAL_RECEIPT) | (1 << WET_PROCESS) | (1 << DRY_BLEND)
        | (1 << CANNING) | (1 << PACK_AGGREGATE) | (1 << LAB_SAMPLING) | (1 << FACTORY_RELEASE)
        | (1 << SERIALS)
        // laboratory, authority
        | (1 << LAB_RESULT) | (1 << LAB_REPORT) | (1 << EXPORT_CERTIFICATION) | (1 << CERTIFICATE)
        | (1 << HOLD_OVERRIDE)
        // declaration, customs
        | (1 << EXPORT_DECLARATION) | (1 << IMPORT_DECLARATION) | (1 << CUSTOMS_RELEASE)
        | (1 << CLEARANCE_CLAIM) | (1 << CIQ_INSPECTION) | (1 << CLEARANCE_CONFIRMATION)
        | (1 << CUSTOMS_DOCUMENT)
        // transport
        | (1 << CONTAINER_LOADING) | (1 << DEPARTURE) | (1 << TRANSPORT_CONDITION) | (1 << ARRIVAL)
        | (1 << UNLOAD) | (1 << WAREHOUSE_RECEIPT) | (1 << DISTRIBUTION) | (1 << TELEMETRY)
        // retail
        | (1 << RETAIL_RECEIPT) | (1 << SALE) | (1 << SCAN)
        // the rest
        | (1 << DOCUMENT) | (1 << INSPECTION) | (1 << HOLD) | (1 << RELEASE) | (1 << RECALL)
        | (1 << DESTRUCTION) | (1 << CORRECTION) | (1 << SUPERSEDE);

    /// @dev Bit k is set when kind k changes whether a batch is on hold or recalled.
    uint256 private constant _STATUS_KINDS =
        (1 << HOLD) | (1 << RELEASE) | (1 << HOLD_OVERRIDE) | (1 << RECALL);

    /// @dev Bit k is set when kind k exists and only moves a batch's head.
    uint256 internal constant PLAIN_KINDS = KNOWN_KINDS & ~_STATUS_KINDS;

    // --- who may write a class ------------------------------------------------------------------

    uint256 private constant _SUPPLY_ROLES = ROLE_SUPPLIER | ROLE_MANUFACTURER;
    uint256 private constant _DECLARATION_ROLES = ROLE_MANUFACTURER | ROLE_BROKER | ROLE_IMPORTER;
    uint256 private constant _TRANSPORT_ROLES =
        ROLE_MANUFACTURER | ROLE_CARRIER | ROLE_WAREHOUSE | ROLE_IMPORTER;
    uint256 private constant _HOLD_ROLES = ROLE_MANUFACTURER | ROLE_LABORATORY | ROLE_INSPECTOR
        | ROLE_AUTHORITY | ROLE_CUSTOMS | ROLE_CARRIER | ROLE_WAREHOUSE | ROLE_IMPORTER
        | ROLE_RETAILER;
    uint256 private constant _RECALL_ROLES = ROLE_MANUFACTURER | ROLE_AUTHORITY | ROLE_IMPORTER;
    uint256 private constant _DISPOSAL_ROLES = ROLE_MANUFACTURER | ROLE_AUTHORITY | ROLE_WAREHOUSE
        | ROLE_IMPORTER | ROLE_RETAILER | ROLE_DISPOSER;

    /// @dev 16 bits per class, class c at bit 16c (so 0x70 is the place of class 7): the roles of
    ///      which a writer needs at least one.
    uint256 internal constant CLASS_ROLES = (_SUPPLY_ROLES << 0x10)
        | (uint256(ROLE_MANUFACTURER) << 0x20) | (uint256(ROLE_LABORATORY) << 0x30)
        | (uint256(ROLE_AUTHORITY) << 0x40) | (_DECLARATION_ROLES << 0x50)
        | (uint256(ROLE_CUSTOMS) << 0x60) | (_TRANSPORT_ROLES << 0x70)
        | (uint256(ROLE_RETAILER) << 0x80) | (uint256(ANY_ROLE) << 0x90)
        | (uint256(ROLE_INSPECTOR) << 0xA0) | (_HOLD_ROLES << 0xB0) | (_RECALL_ROLES << 0xC0)
        | (_DISPOSAL_ROLES << 0xD0) | (uint256(ANY_ROLE) << 0xE0);

    /// @dev Bit c: the batch's owner never writes class c itself.
    uint16 internal constant INDEPENDENT_CLASSES = uint16(
        (1 << CLASS_LABORATORY) | (1 << CLASS_AUTHORITY) | (1 << CLASS_CUSTOMS)
            | (1 << CLASS_INSPECTION)
    );

    /// @dev Bit c: class c passes while a batch is on hold or recalled. Goods do not move; a hold
    ///      is resolved by a retest, so laboratories may write.
    uint16 internal constant CLASSES_WHILE_HELD = uint16(
        (1 << CLASS_LABORATORY) | (1 << CLASS_AUTHORITY) | (1 << CLASS_CUSTOMS)
            | (1 << CLASS_INSPECTION) | (1 << CLASS_HOLD) | (1 << CLASS_RECALL)
            | (1 << CLASS_DISPOSAL) | (1 << CLASS_AMENDMENT)
    );
}
