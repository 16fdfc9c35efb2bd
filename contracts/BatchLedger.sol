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
    // A false alarm that `PartyRegistry` explains: GLNs and roles are compared, times never are.
    // slither-disable-start incorrect-equality

    /// @dev A record may be dated this many seconds ahead of its block: the clocks of a scanner and
    ///      of a block producer differ, and a block's time may lag the moment it is built.
    uint256 public constant MAX_CLOCK_DRIFT = 120;

    uint256 private constant _RECORD_LENGTH = 44;

    mapping(bytes32 batchId => Batch) private _batches;

    /// @dev The round in which a party holds the batch, plus 1; 0 = it does not. An override starts
    ///      a new round, and so forgets every holder without visiting one.
    mapping(bytes32 batchId => mapping(uint48 gln => uint256 roundPlusOne)) private _holdRoundOf;

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
        (uint48 gln, uint16 roles) = _authenticate();
        if (roles & Kinds.ROLE_MANUFACTURER == 0) {
            revert RoleMissing(gln, Kinds.ROLE_MANUFACTURER);
        }
        _checkGtin(gtin, prefixDigits, gln);
        if (!Gs1.isLot(lot)) revert InvalidLot(lot);
        bytes32 batchId = LedgerHash.batchId(gtin, lot);
        Batch storage batch = _batches[batchId];
        if (batch.owner != 0) revert BatchAlreadyRegistered(batchId);

        // Effect
        bytes32 head = LedgerHash.head0(uint64(block.chainid), address(this), batchId);
        batch.head = head;
        batch.owner = gln;

        // Log
        emit BatchRegistered(batchId, gln, _nextSequence(), gtin, lot, head);

        if (records.length != 0) _append(gln, roles, _nextSequence(), batchId, records);
    }

    /// @inheritdoc IBatchLedger
    function append(bytes32 batchId, bytes calldata records) external {
        (uint48 gln, uint16 roles) = _authenticate();
        _append(gln, roles, _nextSequence(), batchId, records);
    }

    /// @inheritdoc IBatchLedger
    function appendMany(bytes32[] calldata batchIds, bytes[] calldata records) external {
        if (batchIds.length != records.length) {
            revert LengthMismatch(batchIds.length, records.length);
        }
        _checkNotEmpty(batchIds);
        (uint48 gln, uint16 roles) = _authenticate();
        uint64 sequence = _sequence;
        for (uint256 i = 0; i < batchIds.length; ++i) {
            _append(gln, roles, ++sequence, batchIds[i], records[i]);
        }
        _sequence = sequence;
    }

    /// @inheritdoc IBatchLedger
    function appendShared(bytes32[] calldata batchIds, bytes calldata records) external {
        _checkNotEmpty(batchIds);
        (uint48 gln, uint16 roles) = _authenticate();
        uint64 sequence = _sequence;
        bytes32 previous = 0;
        for (uint256 i = 0; i < batchIds.length; ++i) {
            bytes32 batchId = batchIds[i];
            if (batchId <= previous) revert BatchIdsNotAscending(previous, batchId);
            _append(gln, roles, ++sequence, batchId, records);
            previous = batchId;
        }
        _sequence = sequence;
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

    /// @param roles what the writer may act as: party roles AND key roles
    /// @param sequence of the event that this append emits
    function _append(
        uint48 gln,
        uint16 roles,
        uint64 sequence,
        bytes32 batchId,
        bytes calldata records
    ) private {
        // Check
        Batch storage batch = _batches[batchId];
        uint48 owner = batch.owner;
        if (owner == 0) revert BatchUnknown(batchId);
        if (gln != owner && roles & Kinds.AUTHORITY_ROLES == 0 && !_isPartner(owner, gln)) {
            revert NotOwnerNorPartner(batchId, gln);
        }
        if (records.length == 0) revert NoRecords(batchId);
        if (records.length % _RECORD_LENGTH != 0) revert RecordsNotWhole(records.length);

        // Check and effect, record by record: each sees the batch as the one before left it.
        _applyRecords(gln, roles, batchId, batch, records);

        // Effect
        bytes32 head = LedgerHash.fold(batch.head, gln, uint40(block.timestamp), records);
        batch.head = head;

        // Log
        emit Appended(batchId, gln, sequence, head, records);
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

    /// @dev One test passes a kind that only moves the head, which almost every record is. The
    ///      others are judged rule by rule: they break one, or change the batch's status.
    function _applyRecords(
        uint48 gln,
        uint256 roles,
        bytes32 batchId,
        Batch storage batch,
        bytes calldata records
    ) private {
        uint256 latest = block.timestamp + MAX_CLOCK_DRIFT;
        uint256 classes = _permittedClasses(gln, batch);
        for (bytes calldata rest = records; rest.length != 0; rest = rest[_RECORD_LENGTH:]) {
            uint256 start = uint48(bytes6(rest)); // kind u8 | occurredAt u40
            uint256 kind = start >> 40;
            if (start & type(uint40).max > latest) {
                revert OccurredInFuture(uint40(start), uint40(latest));
            }
            if (
                (Kinds.PLAIN_KINDS >> kind) & (classes >> (kind >> 4)) & 1 == 0
                    || (Kinds.CLASS_ROLES >> (kind & 0xf0)) & roles == 0
            ) {
                _checkKind(gln, roles, batchId, batch, uint8(kind));
                _changeStatus(gln, batchId, batch, uint8(kind));
                classes = _permittedClasses(gln, batch);
            }
        }
    }

    /// @dev The classes that pass whatever the writer's roles: an independent class does not come
    ///      from the owner, and goods on hold or recalled do not move.
    function _permittedClasses(uint48 gln, Batch storage batch)
        private
        view
        returns (uint256 classes)
    {
        classes = type(uint16).max;
        if (gln == batch.owner) classes &= ~uint256(Kinds.INDEPENDENT_CLASSES);
        if (batch.holds != 0 || batch.recalled) classes &= Kinds.CLASSES_WHILE_HELD;
    }

    /// @dev Check: the kind exists, the writer's roles permit it, an independent class does not
    ///      come from the owner, and goods on hold or recalled do not move.
    function _checkKind(uint48 gln, uint256 roles, bytes32 batchId, Batch storage batch, uint8 kind)
        private
        view
    {
        if ((Kinds.KNOWN_KINDS >> kind) & 1 == 0) revert UnknownKind(kind);
        uint256 class = kind >> 4;
        if ((Kinds.CLASS_ROLES >> (16 * class)) & roles == 0) revert KindNotPermitted(gln, kind);
        if ((Kinds.INDEPENDENT_CLASSES >> class) & 1 != 0 && gln == batch.owner) {
            revert OwnerNotIndependent(batchId, kind);
        }
        if ((Kinds.CLASSES_WHILE_HELD >> class) & 1 == 0) {
            if (batch.recalled) revert BatchRecalled(batchId, kind);
            if (batch.holds != 0) revert BatchOnHold(batchId, kind);
        }
    }

    /// @dev Effect: hold, release, override or recall; no other kind touches the status.
    function _changeStatus(uint48 gln, bytes32 batchId, Batch storage batch, uint8 kind) private {
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
        } else if (kind == Kinds.RECALL) {
            batch.recalled = true;
        }
    }

    function _isHolder(bytes32 batchId, uint16 round, uint48 gln) private view returns (bool) {
        return _holdRoundOf[batchId][gln] == uint256(round) + 1;
    }

    // slither-disable-end incorrect-equality
}
