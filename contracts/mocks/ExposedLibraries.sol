// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Gs1} from "../libraries/Gs1.sol";
import {Kinds} from "../libraries/Kinds.sol";
import {LedgerHash} from "../libraries/LedgerHash.sol";

/// @title The libraries' internal functions and constants, for tests to read
contract ExposedLibraries {
    function batchId(bytes14 gtin, string calldata lot) external pure returns (bytes32) {
        return LedgerHash.batchId(gtin, lot);
    }

    function head0(uint64 chainId, address ledger, bytes32 id) external pure returns (bytes32) {
        return LedgerHash.head0(chainId, ledger, id);
    }

    function fold(bytes32 head, uint48 gln, uint40 recordedAt, bytes calldata records)
        external
        pure
        returns (bytes32)
    {
        return LedgerHash.fold(head, gln, recordedAt, records);
    }

    function isGln(uint48 gln) external pure returns (bool) {
        return Gs1.isGln(gln);
    }

    function parseGtin(bytes14 gtin) external pure returns (bool valid, uint256 number) {
        return Gs1.parseGtin(gtin);
    }

    function companyPrefix(uint256 gtin, uint8 digits) external pure returns (uint48) {
        return Gs1.companyPrefix(gtin, digits);
    }

    function isLot(string calldata lot) external pure returns (bool) {
        return Gs1.isLot(lot);
    }

    function packedKinds()
        external
        pure
        returns (
            uint16 anyRole,
            uint16 authorityRoles,
            uint256 classRoles,
            uint256 knownKinds,
            uint256 plainKinds,
            uint16 independentClasses,
            uint16 classesWhileHeld
        )
    {
        return (
            Kinds.ANY_ROLE,
            Kinds.AUTHORITY_ROLES,
            Kinds.CLASS_ROLES,
            Kinds.KNOWN_KINDS,
            Kinds.PLAIN_KINDS,
            Kinds.INDEPENDENT_CLASSES,
            Kinds.CLASSES_WHILE_HELD
        );
    }
}
