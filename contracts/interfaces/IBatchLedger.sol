// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What happened: one append-only chain of 44-byte records per batch
/// @notice A record is, big-endian:
///         kind u8 | occurredAt u40 (Unix s) | location u48 (GLN, 0 = none) | digest 32.
///         The contract keeps one word per batch, the head. Each append folds its records into it:
///           head0 = SHA-256("tracer/head/v1" | 0x00 | chainId u64 | contract 20 | batchId 32)
///           head' = SHA-256(head | gln u48 | recordedAt u40 | records)
///         Whoever holds the records refolds them and compares with `batchOf(batchId).head`: that
///         proves every record genuine, in order, and that none is withheld.
/// @dev Nothing is ever updated or deleted. A correction is a new record naming the old digest.
interface IBatchLedger {
    struct Batch {
        bytes32 head; // fold of all appends; zero = batch not registered
        uint48 owner; // GLN of the party that registered it
        uint16 holds; // parties that currently hold it
        uint16 holdRound; // a HOLD_OVERRIDE starts a new round and so lifts every hold
        bool recalled; // final
    }

    /// @param batchId SHA-256("tracer/batch/v1" | 0x00 | GTIN-14 ASCII | 0x00 | lot ASCII)
    /// @param head head0 of the batch
    event BatchRegistered(
        bytes32 indexed batchId,
        uint48 indexed gln,
        uint64 sequence,
        bytes14 gtin,
        string lot,
        bytes32 head
    );

    /// @param gln party that wrote the records
    /// @param sequence gap-free over all events of the contract
    /// @param head the batch's head after these records
    /// @param records 44 bytes each
    event Appended(
        bytes32 indexed batchId, uint48 indexed gln, uint64 sequence, bytes32 head, bytes records
    );

    error BatchAlreadyRegistered(bytes32 batchId);
    error BatchUnknown(bytes32 batchId);
    error InvalidGtin(bytes14 gtin);
    error InvalidLot(string lot);
    error PrefixNotOwned(uint48 gln, uint8 digits, uint48 prefix);
    error NoRecords(bytes32 batchId);
    error RecordsNotWhole(uint256 length);
    error UnknownKind(uint8 kind);
    error KindNotPermitted(uint48 gln, uint8 kind);
    error NotOwnerNorPartner(bytes32 batchId, uint48 gln);
    error OwnerNotIndependent(bytes32 batchId, uint8 kind);
    error OccurredInFuture(uint40 occurredAt, uint40 latest);
    error BatchOnHold(bytes32 batchId, uint8 kind);
    error BatchRecalled(bytes32 batchId, uint8 kind);
    error NotHolder(bytes32 batchId, uint48 gln);
    error AlreadyHolder(bytes32 batchId, uint48 gln);
    error LengthMismatch(uint256 batchIds, uint256 records);
    error BatchIdsNotAscending(bytes32 previous, bytes32 current);

    /// @notice Registers a batch under a GS1 company prefix that the caller's party owns and
    ///         appends its first records in the same transaction (none is allowed).
    /// @param gtin GTIN-14 in ASCII digits, check digit verified
    /// @param lot AI 10: 1 to 20 characters of GS1 character set 82, ASCII
    /// @param prefixDigits length of the company prefix that the caller claims, 4 to 12
    /// @param records 44 bytes each, may be empty
    function registerBatch(
        bytes14 gtin,
        string calldata lot,
        uint8 prefixDigits,
        bytes calldata records
    ) external;

    /// @notice Appends records to one batch.
    function append(bytes32 batchId, bytes calldata records) external;

    /// @notice Appends to several batches, each its own records.
    function appendMany(bytes32[] calldata batchIds, bytes[] calldata records) external;

    /// @notice Appends the same records to several batches (one shipment, many batches).
    /// @param batchIds strictly ascending, so that none is written twice
    function appendShared(bytes32[] calldata batchIds, bytes calldata records) external;

    function batchOf(bytes32 batchId) external view returns (Batch memory);

    /// @return head the batch's head; zero = not registered
    function headOf(bytes32 batchId) external view returns (bytes32 head);

    /// @return whether the party holds the batch in the current round
    function holdsBatch(bytes32 batchId, uint48 gln) external view returns (bool);
}
