// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Gs1} from "./libraries/Gs1.sol";
import {Kinds} from "./libraries/Kinds.sol";

/// @title Who may act
/// @notice Documentation of every function, event and error is on `IPartyRegistry`.
/// @dev Makes no external call, holds no ether, cannot be upgraded.
///      Invariants:
///      - `_keys[k].gln` is written once: a key never changes party.
///      - `_prefixOwners[p]` is written once.
///      - A status of BANNED is never overwritten.
///      - Every event takes the next sequence; nothing else moves the counter.
abstract contract PartyRegistry is IPartyRegistry {
    // The detector fears equality with what a stranger can nudge, such as a block's time. It sees
    // that time stored in `Key.revokedAt`, and from there on suspects all that is read from a key:
    // GLNs and roles. Those are compared for equality; times never are.
    // slither-disable-start incorrect-equality

    /// @dev Failures in an unbroken run that ban a party, once two inspectors took part.
    uint16 private constant _FAILURES_THAT_BAN = 3;

    uint8 private constant _MIN_PREFIX_DIGITS = 4;
    uint8 private constant _MAX_PREFIX_DIGITS = 12;

    /// @dev Sequence of the newest event. An append reads and writes it once for all its events.
    uint64 internal _sequence;

    address private immutable _predecessor;
    address private _governance;
    address private _proposedGovernance;

    mapping(uint48 gln => Party) private _parties;
    mapping(address key => Key) private _keys;
    mapping(uint48 gln => mapping(uint48 partner => bool)) private _partners;
    mapping(uint8 digits => mapping(uint48 prefix => uint48 gln)) private _prefixOwners;
    mapping(uint48 gln => Standing) private _standings;
    mapping(bytes32 inspectionId => bool) private _inspectionCounted;

    modifier onlyGovernance() {
        if (msg.sender != _governance) revert NotGovernance(msg.sender);
        _;
    }

    modifier onlyAdmin(uint48 gln) {
        if (msg.sender != _parties[gln].admin) revert NotAdmin(gln, msg.sender);
        _;
    }

    /// @param governance_ who admits parties; a multisig in production
    /// @param predecessor_ the ledger that this one continues; zero = none
    constructor(address governance_, address predecessor_) {
        if (governance_ == address(0)) revert ZeroAddress();

        _governance = governance_;
        _predecessor = predecessor_;

        emit LedgerCreated(_nextSequence(), governance_, predecessor_);
    }

    // --- governance -----------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    /// @dev Proposing the zero address withdraws a proposal: nobody can accept it.
    function proposeGovernance(address proposed) external onlyGovernance {
        _proposedGovernance = proposed;

        emit GovernanceProposed(_nextSequence(), proposed);
    }

    /// @inheritdoc IPartyRegistry
    function acceptGovernance() external {
        if (msg.sender != _proposedGovernance) revert NotProposedGovernance(msg.sender);

        address previous = _governance;
        _governance = msg.sender;
        _proposedGovernance = address(0);

        emit GovernanceTransferred(_nextSequence(), previous, msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function admitParty(uint48 gln, uint16 roles, address admin, bytes32 profileDigest)
        external
        onlyGovernance
    {
        if (!Gs1.isGln(gln)) revert InvalidGln(gln);
        if (_parties[gln].status != Status.UNKNOWN) revert PartyAlreadyAdmitted(gln);
        if (admin == address(0)) revert ZeroAddress();
        _checkRoles(roles);

        _parties[gln] = Party({
            admin: admin,
            roles: roles,
            status: Status.ACTIVE,
            distrustFrom: 0,
            profileDigest: profileDigest
        });

        emit PartyAdmitted(gln, _nextSequence(), roles, admin, profileDigest);
    }

    /// @inheritdoc IPartyRegistry
    function setRoles(uint48 gln, uint16 roles) external onlyGovernance {
        Party storage party = _knownParty(gln);
        _checkNotBanned(gln, party);
        _checkRoles(roles);

        party.roles = roles;

        emit PartyRolesChanged(gln, _nextSequence(), roles);
    }

    /// @inheritdoc IPartyRegistry
    function setProfile(uint48 gln, bytes32 profileDigest) external onlyGovernance {
        _knownParty(gln).profileDigest = profileDigest;

        emit PartyProfileChanged(gln, _nextSequence(), profileDigest);
    }

    /// @inheritdoc IPartyRegistry
    function suspendParty(uint48 gln) external onlyGovernance {
        Party storage party = _knownParty(gln);
        _checkNotBanned(gln, party);
        if (party.status != Status.ACTIVE) revert PartyNotActive(gln, party.status);

        party.status = Status.SUSPENDED;

        emit PartySuspended(gln, _nextSequence());
    }

    /// @inheritdoc IPartyRegistry
    function reinstateParty(uint48 gln) external onlyGovernance {
        Party storage party = _knownParty(gln);
        _checkNotBanned(gln, party);
        if (party.status != Status.SUSPENDED) revert PartyNotSuspended(gln, party.status);

        party.status = Status.ACTIVE;

        emit PartyReinstated(gln, _nextSequence());
    }

    /// @inheritdoc IPartyRegistry
    function assignPrefix(uint48 gln, uint8 digits, uint48 prefix) external onlyGovernance {
        _knownParty(gln);
        _checkPrefixDigits(digits, prefix);
        if (prefix >= 10 ** digits) revert InvalidPrefix(digits, prefix);
        uint48 owner = _prefixOwners[digits][prefix];
        if (owner != 0) revert PrefixTaken(digits, prefix, owner);

        _prefixOwners[digits][prefix] = gln;

        emit PrefixAssigned(gln, _nextSequence(), digits, prefix);
    }

    // --- a party's admin ------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    /// @dev Governance may do it too: an admin key can be lost, and a ban must not leave the
    ///      keys of the party without anyone to revoke them.
    function changeAdmin(uint48 gln, address admin) external {
        Party storage party = _knownParty(gln);
        if (msg.sender != party.admin && msg.sender != _governance) {
            revert NotAdmin(gln, msg.sender);
        }
        if (admin == address(0)) revert ZeroAddress();

        party.admin = admin;

        emit AdminChanged(gln, _nextSequence(), admin);
    }

    /// @inheritdoc IPartyRegistry
    function addKey(uint48 gln, address key, uint16 roles, uint40 validFrom, uint40 validUntil)
        external
        onlyAdmin(gln)
    {
        _checkNotBanned(gln, _parties[gln]);
        if (key == address(0)) revert ZeroAddress();
        uint48 current = _keys[key].gln;
        if (current != 0) revert KeyTaken(key, current);
        _checkRoles(roles);
        if (validUntil < validFrom) revert InvalidValidity(validFrom, validUntil);

        _keys[key] = Key({
            gln: gln,
            roles: roles,
            validFrom: validFrom,
            validUntil: validUntil,
            revokedAt: 0,
            distrustFrom: 0
        });

        emit KeyAdded(gln, key, _nextSequence(), roles, validFrom, validUntil);
    }

    /// @inheritdoc IPartyRegistry
    /// @dev Open to the admin of a banned party: naming a stolen key is never wrong.
    function revokeKey(uint48 gln, address key, uint40 distrustFrom) external onlyAdmin(gln) {
        Key storage entry = _keys[key];
        if (entry.gln != gln) revert KeyUnknown(key);
        if (entry.revokedAt != 0) revert KeyAlreadyRevoked(key);
        // 0 would read as "not revoked", and a report about the future is a guess.
        if (distrustFrom == 0 || distrustFrom > block.timestamp) {
            revert InvalidDistrust(distrustFrom);
        }

        entry.revokedAt = uint40(block.timestamp);
        entry.distrustFrom = distrustFrom;
        Party storage party = _parties[gln];
        if (party.distrustFrom == 0 || distrustFrom < party.distrustFrom) {
            party.distrustFrom = distrustFrom;
        }

        emit KeyRevoked(gln, key, _nextSequence(), distrustFrom);
    }

    /// @inheritdoc IPartyRegistry
    function setPartner(uint48 gln, uint48 partner, bool trusted) external onlyAdmin(gln) {
        _checkNotBanned(gln, _parties[gln]);
        _knownParty(partner);

        _partners[gln][partner] = trusted;

        emit PartnerChanged(gln, partner, _nextSequence(), trusted);
    }

    // --- inspectors -----------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function inspectParty(uint48 gln, bytes32 inspectionId, bool passed, bytes32 digest) external {
        (uint48 inspector, uint16 roles) = _authenticate();
        if (roles & Kinds.ROLE_INSPECTOR == 0) {
            revert RoleMissing(inspector, Kinds.ROLE_INSPECTOR);
        }
        if (inspector == gln) revert SelfInspection(gln);
        Party storage party = _knownParty(gln);
        _checkNotBanned(gln, party);
        if (_inspectionCounted[inspectionId]) revert InspectionAlreadyCounted(inspectionId);

        _inspectionCounted[inspectionId] = true;
        Standing memory standing = _nextStanding(_standings[gln], inspector, passed);
        _standings[gln] = standing;

        emit PartyInspected(
            gln,
            inspector,
            _nextSequence(),
            inspectionId,
            passed,
            standing.consecutiveFailures,
            digest
        );

        if (standing.independent && standing.consecutiveFailures >= _FAILURES_THAT_BAN) {
            party.status = Status.BANNED;
            emit PartyBanned(gln, _nextSequence());
        }
    }

    // --- reading --------------------------------------------------------------------------------

    /// @inheritdoc IPartyRegistry
    function lastSequence() external view returns (uint64) {
        return _sequence;
    }

    /// @inheritdoc IPartyRegistry
    function governance() external view returns (address) {
        return _governance;
    }

    /// @inheritdoc IPartyRegistry
    function predecessor() external view returns (address) {
        return _predecessor;
    }

    /// @inheritdoc IPartyRegistry
    function partyOf(uint48 gln) external view returns (Party memory) {
        return _parties[gln];
    }

    /// @inheritdoc IPartyRegistry
    function partiesOf(uint48[] calldata glns) external view returns (Party[] memory parties) {
        parties = new Party[](glns.length);
        for (uint256 i = 0; i < glns.length; ++i) {
            parties[i] = _parties[glns[i]];
        }
    }

    /// @inheritdoc IPartyRegistry
    function keysOf(address[] calldata keys) external view returns (Key[] memory entries) {
        entries = new Key[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            entries[i] = _keys[keys[i]];
        }
    }

    /// @inheritdoc IPartyRegistry
    function standingOf(uint48 gln) external view returns (Standing memory) {
        return _standings[gln];
    }

    /// @inheritdoc IPartyRegistry
    function isPartner(uint48 gln, uint48 partner) external view returns (bool) {
        return _isPartner(gln, partner);
    }

    /// @inheritdoc IPartyRegistry
    function partnersOf(uint48 gln, uint48[] calldata candidates)
        external
        view
        returns (bool[] memory trusted)
    {
        trusted = new bool[](candidates.length);
        for (uint256 i = 0; i < candidates.length; ++i) {
            trusted[i] = _isPartner(gln, candidates[i]);
        }
    }

    /// @inheritdoc IPartyRegistry
    function prefixOwner(uint8 digits, uint48 prefix) external view returns (uint48 gln) {
        return _prefixOwner(digits, prefix);
    }

    // --- for the ledger -------------------------------------------------------------------------

    /// @dev Check: the caller is a valid key of an active party.
    /// @return gln the party
    /// @return roles what it may act as now: party roles AND key roles
    function _authenticate() internal view returns (uint48 gln, uint16 roles) {
        Key memory key = _keys[msg.sender];
        gln = key.gln;
        if (gln == 0) revert KeyUnknown(msg.sender);
        if (
            key.revokedAt != 0 || block.timestamp < key.validFrom
                || block.timestamp > key.validUntil
        ) revert KeyNotValid(msg.sender, key.validFrom, key.validUntil, key.revokedAt);

        Party storage party = _parties[gln];
        if (party.status != Status.ACTIVE) revert PartyNotActive(gln, party.status);
        roles = key.roles & party.roles;
    }

    function _isPartner(uint48 gln, uint48 partner) internal view returns (bool) {
        return _partners[gln][partner];
    }

    function _prefixOwner(uint8 digits, uint48 prefix) internal view returns (uint48 gln) {
        return _prefixOwners[digits][prefix];
    }

    function _checkPrefixDigits(uint8 digits, uint48 prefix) internal pure {
        if (digits < _MIN_PREFIX_DIGITS || digits > _MAX_PREFIX_DIGITS) {
            revert InvalidPrefix(digits, prefix);
        }
    }

    /// @dev Effect: moves the counter. Call it once per event, in the order of the events.
    function _nextSequence() internal returns (uint64 sequence) {
        sequence = _sequence + 1;
        _sequence = sequence;
    }

    // --- private --------------------------------------------------------------------------------

    function _knownParty(uint48 gln) private view returns (Party storage party) {
        party = _parties[gln];
        if (party.status == Status.UNKNOWN) revert PartyUnknown(gln);
    }

    function _checkNotBanned(uint48 gln, Party storage party) private view {
        if (party.status == Status.BANNED) revert PartyIsBanned(gln);
    }

    function _checkRoles(uint16 roles) private pure {
        if (roles == 0 || roles & ~Kinds.ANY_ROLE != 0) revert UnknownRoles(roles);
    }

    /// @dev A pass ends the run. A failure lengthens it, and the run is independent once a second
    ///      inspector failed the party in it.
    function _nextStanding(Standing memory standing, uint48 inspector, bool passed)
        private
        pure
        returns (Standing memory)
    {
        if (passed) {
            return Standing({consecutiveFailures: 0, firstInspector: 0, independent: false});
        }
        if (standing.consecutiveFailures == 0) {
            standing.firstInspector = inspector;
        } else if (standing.firstInspector != inspector) {
            standing.independent = true;
        }
        // The count stays at its maximum, so that no flood of failures can stop the one that bans.
        if (standing.consecutiveFailures < type(uint16).max) ++standing.consecutiveFailures;
        return standing;
    }

    // slither-disable-end incorrect-equality
}
