// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The three hashes of the ledger, and nothing else
/// @notice SHA-256, because every browser can recompute it. `tests/vectors/ledger` holds examples
///         that Solidity, Python and JavaScript all read.
/// @dev Each input has fixed-width fields, or ends in its only field of variable width, so no two
///      different inputs ever give the same bytes. The leading tag keeps the purposes apart.
library LedgerHash {
    /// @param gtin 14 ASCII digits
    /// @param lot ASCII without 0x00
    function batchId(bytes14 gtin, string calldata lot) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("tracer/batch/v1", bytes1(0), gtin, bytes1(0), lot));
    }

    /// @notice The head of a batch without records: bound to one chain and one contract, so that a
    ///         history cannot be replayed elsewhere.
    function head0(uint64 chainId, address ledger, bytes32 id) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("tracer/head/v1", bytes1(0), chainId, ledger, id));
    }

    /// @notice The head after one append.
    /// @param gln party that wrote the records
    /// @param recordedAt block time, Unix s
    function fold(bytes32 head, uint48 gln, uint40 recordedAt, bytes calldata records)
        internal
        pure
        returns (bytes32)
    {
        return sha256(abi.encodePacked(head, gln, recordedAt, records));
    }
}
