// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {PartyRegistry} from "./PartyRegistry.sol";
import {IBatchLedger} from "./interfaces/IBatchLedger.sol";
import {Gs1} from "./libraries/Gs1.sol";
import {Kinds} from "./libraries/Kinds.sol";
import {LedgerHash} from "./libraries/LedgerHash.sol";

/// @title What happened
/// @notice Documentation of every function, event and error is on `IBatchLedger`.
/// @dev Makes no external call but to the SHA-256 precompile, holds no ether, cannot be upgraded.
///      Invariants:
///      - `_batches[id].head` is head0 folded with every `Appended` of the batch, in order.
///      - `owner` is written once; `recalled` never returns to false; `holdRound` only grows.
///      - `holds` counts the parties p with `_holdRoundOf[id][p] == holdRound + 1`.
contract BatchLedger is IBatchLedger, PartyRegistry {
    /// @dev A record may be dated this many seconds ahead of its block: the clocks of a scanner and
    ///      of a block producer differ, and a block's time may lag the moment it is built.
    uint256 public constant MAX_CLOCK_DRIFT = 120;

    uint256 private constant _RECORD_LENGTH = 44;

    mapping(bytes32 batchId => Batch) private _batches;

    /// @dev The round in which a party holds the batch, plus 1; 0 = it does not. An override starts a
    ///      new round, and so forgets every holder without visiting one.
    mapping(bytes32 batchId => mapping(uint48 gln => uint256 roundPlusOne)) private _holdRoundOf;

    /// @dev The caller of the transaction, and the counter while it appends.
    struct Writer {
        uint48 gln;
        uint16 roles; // party roles AND key roles
        uint64 sequence; // of the newest event; stored when the transaction has appended everything
    }

    constructor(address governance_, address predecessor_)
        PartyRegistry(governance_, predecessor_)
    {}

    /// @inheritdoc IBatchLedger
    function registerBatch(
        bytes14 gtin,
        string calldata lot,
        uint8 prefixDigits,
        bytes calldata records
    ) external {
        // Check
        Writer memory writer = _openWriter();
        if (writer.roles & Kinds.ROLE_MANUFACTURER == 0) {
            revert RoleMissing(writer.gln, Kinds.ROLE_MANUFACTURER);
        }
        _checkGtin(gtin, prefixDigits, writer.gln);
        if (!Gs1.isLot(lot)) revert InvalidLot(lot);
        bytes32 batchId = LedgerHash.batchId(gtin, lot);
        Batch storage batch = _batches[batchId];
        if (batch.owner != 0) revert BatchAlreadyRegistered(batchId);

        // Effect
        bytes32 head = LedgerHash.head0(uint64(block.chainid), address(this), batchId);
        batch.head = head;
        batch.owner = writer.gln;

        // Log
        emit BatchRegistered(batchId, writer.gln, ++writer.sequence, gtin, lot, head);

        if (records.length != 0) _append(writer, batchId, records);
        _closeWriter(writer);
    }

    /// @inheritdoc IBatchLedger
    function append(bytes32 batchId, bytes calldata records) external {
        Writer memory writer = _openWriter();
        _append(writer, batchId, records);
        _closeWriter(writer);
    }

    /// @inheritdoc IBatchLedger
    function appendMany(bytes32[] calldata batchIds, bytes[] calldata records) external {
        if (batchIds.length != records.length) {
            revert LengthMismatch(batchIds.length, records.length);
        }
        _checkNotEmpty(batchIds);
        Writer memory writer = _openWriter();
        for (uint256 i = 0; i < batchIds.length; ++i) {
            _append(writer, batchIds[i], records[i]);
        }
        _closeWriter(writer);
    }

    /// @inheritdoc IBatchLedger
    function appendShared(bytes32[] calldata batchIds, bytes calldata records) external {
        _checkNotEmpty(batchIds);
        Writer memory writer = _openWriter();
        bytes32 previous = 0;
        for (uint256 i = 0; i < batchIds.length; ++i) {
            bytes32 batchId = batchIds[i];
            if (batchId <= previous) revert BatchIdsNotAscending(previous, batchId);
            _append(writer, batchId, records);
            previous = batchId;
        }
        _closeWriter(writer);
    }

    /// @inheritdoc IBatchLedger
    function batchOf(bytes32 batchId) external view returns (Batch memory) {
        return _batches[batchId];
    }

    /// @inheritdoc IBatchLedger
    function headOf(bytes32 batchId) external view returns (bytes32 head) {
        return _batches[batchId].head;
    }

    /// @inheritdoc IBatchLedger
    function holdsBatch(bytes32 batchId, uint48 gln) external view returns (bool) {
        return _isHolder(batchId, _batches[batchId].holdRound, gln);
    }

    // --- private --------------------------------------------------------------------------------

    function _openWriter() private view returns (Writer memory writer) {
        (writer.gln, writer.roles) = _authenticate();
        writer.sequence = _sequence;
    }

    /// @dev Effect: the counter, once per transaction however many events it emits.
    function _closeWriter(Writer memory writer) private {
        _sequence = writer.sequence;
    }

    function _append(Writer memory writer, bytes32 batchId, bytes calldata records) private {
        // Check
        Batch memory batch = _batches[batchId];
        if (batch.owner == 0) revert BatchUnknown(batchId);
        if (!_mayWriteTo(batch.owner, writer)) revert NotOwnerNorPartner(batchId, writer.gln);
        if (records.length == 0) revert NoRecords(batchId);
        if (records.length % _RECORD_LENGTH != 0) revert RecordsNotWhole(records.length);

        // Check and effect, record by record: each sees the batch as the one before left it.
        for (uint256 i = 0; i < records.length; i += _RECORD_LENGTH) {
            bytes6 start = bytes6(records[i:]);
            uint8 kind = uint8(bytes1(start));
            _checkTime(uint40(uint48(start)));
            _checkKind(writer, batchId, batch, kind);
            if (_changesStatus(kind)) _changeStatus(writer.gln, batchId, batch, kind);
        }

        // Effect
        bytes32 head = LedgerHash.fold(batch.head, writer.gln, uint40(block.timestamp), records);
        _batches[batchId].head = head;

        // Log
        emit Appended(batchId, writer.gln, ++writer.sequence, head, records);
    }

    /// @dev A transaction that succeeds has written something.
    function _checkNotEmpty(bytes32[] calldata batchIds) private pure {
        if (batchIds.length == 0) revert NoRecords(0);
    }

    /// @dev Check: digits, check digit, and a prefix that belongs to the caller's party.
    function _checkGtin(bytes14 gtin, uint8 prefixDigits, uint48 gln) private view {
        (bool valid, uint256 number) = Gs1.parseGtin(gtin);
        if (!valid) revert InvalidGtin(gtin);
        _checkPrefixDigits(prefixDigits, 0);
        uint48 prefix = Gs1.companyPrefix(number, prefixDigits);
        if (_prefixOwner(prefixDigits, prefix) != gln) {
            revert PrefixNotOwned(gln, prefixDigits, prefix);
        }
    }

    /// @dev The batch's owner, a trading partner the owner named, or an authority.
    function _mayWriteTo(uint48 owner, Writer memory writer) private view returns (bool) {
        return writer.gln == owner || writer.roles & Kinds.AUTHORITY_ROLES != 0
            || _isPartner(owner, writer.gln);
    }

    function _checkTime(uint40 occurredAt) private view {
        uint256 latest = block.timestamp + MAX_CLOCK_DRIFT;
        if (occurredAt > latest) revert OccurredInFuture(occurredAt, uint40(latest));
    }

    /// @dev Check: the kind exists, the writer's roles permit it, an independent class does not come
    ///      from the owner, and goods on hold or recalled do not move.
    function _checkKind(Writer memory writer, bytes32 batchId, Batch memory batch, uint8 kind)
        private
        pure
    {
        if ((Kinds.KNOWN_KINDS >> kind) & 1 == 0) revert UnknownKind(kind);
        uint8 class = kind >> 4;
        if (uint16(Kinds.CLASS_ROLES >> (16 * uint256(class))) & writer.roles == 0) {
            revert KindNotPermitted(writer.gln, kind);
        }
        if ((Kinds.INDEPENDENT_CLASSES >> class) & 1 != 0 && writer.gln == batch.owner) {
            revert OwnerNotIndependent(batchId, kind);
        }
        if ((Kinds.CLASSES_WHILE_HELD >> class) & 1 == 0) {
            if (batch.recalled) revert BatchRecalled(batchId, kind);
            if (batch.holds != 0) revert BatchOnHold(batchId, kind);
        }
    }

    function _changesStatus(uint8 kind) private pure returns (bool) {
        return kind == Kinds.HOLD || kind == Kinds.RELEASE || kind == Kinds.HOLD_OVERRIDE
            || kind == Kinds.RECALL;
    }

    /// @dev Effect: hold, release, override or recall, in memory for the records that follow and in
    ///      storage for the transactions that follow.
    function _changeStatus(uint48 gln, bytes32 batchId, Batch memory batch, uint8 kind) private {
        if (kind == Kinds.HOLD) {
            if (_isHolder(batchId, batch.holdRound, gln)) revert AlreadyHolder(batchId, gln);
            _holdRoundOf[batchId][gln] = uint256(batch.holdRound) + 1;
            ++batch.holds;
        } else if (kind == Kinds.RELEASE) {
            if (!_isHolder(batchId, batch.holdRound, gln)) revert NotHolder(batchId, gln);
            _holdRoundOf[batchId][gln] = 0;
            --batch.holds;
        } else if (kind == Kinds.HOLD_OVERRIDE) {
            ++batch.holdRound;
            batch.holds = 0;
        } else {
            batch.recalled = true;
        }
        _batches[batchId] = batch;
    }

    function _isHolder(bytes32 batchId, uint16 round, uint48 gln) private view returns (bool) {
        return _holdRoundOf[batchId][gln] == uint256(round) + 1;
    }
}
