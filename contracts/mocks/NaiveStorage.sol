// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a traceability contract costs when it keeps every event in storage
/// @notice Only `scripts/bench_gas.py` uses it, as the yardstick beside the ledger. It is an honest
///         one: fields packed into as few slots as they need, custom errors, one role check.
contract NaiveStorage {
    struct TraceEvent {
        uint8 kind;
        uint40 occurredAt; // Unix s
        uint48 location; // GLN
        uint48 gln; // party that wrote it
        uint40 recordedAt; // Unix s
        bytes32 digest;
    }

    struct NewEvent {
        bytes32 batchId;
        uint8 kind;
        uint40 occurredAt;
        uint48 location;
        bytes32 digest;
    }

    struct Writer {
        uint48 gln;
        uint16 roles;
    }

    event EventRecorded(
        bytes32 indexed batchId,
        uint48 indexed gln,
        uint8 kind,
        uint40 occurredAt,
        uint48 location,
        bytes32 digest
    );

    error NotPermitted(address caller);

    uint16 private constant _ROLE_WRITER = 1;

    mapping(address => Writer) private _writers;
    mapping(bytes32 batchId => TraceEvent[]) private _events;

    constructor(address writer, uint48 gln) {
        _writers[writer] = Writer({gln: gln, roles: _ROLE_WRITER});
    }

    function record(NewEvent calldata newEvent) external {
        _record(_writer(), newEvent);
    }

    function recordMany(NewEvent[] calldata newEvents) external {
        uint48 gln = _writer();
        for (uint256 i = 0; i < newEvents.length; ++i) {
            _record(gln, newEvents[i]);
        }
    }

    function countOf(bytes32 batchId) external view returns (uint256) {
        return _events[batchId].length;
    }

    function _writer() private view returns (uint48) {
        Writer memory writer = _writers[msg.sender];
        if (writer.roles & _ROLE_WRITER == 0) revert NotPermitted(msg.sender);
        return writer.gln;
    }

    function _record(uint48 gln, NewEvent calldata newEvent) private {
        _events[newEvent.batchId].push(
            TraceEvent({
                kind: newEvent.kind,
                occurredAt: newEvent.occurredAt,
                location: newEvent.location,
                gln: gln,
                recordedAt: uint40(block.timestamp),
                digest: newEvent.digest
            })
        );
        emit EventRecorded(
            newEvent.batchId,
            gln,
            newEvent.kind,
            newEvent.occurredAt,
            newEvent.location,
            newEvent.digest
        );
    }
}
