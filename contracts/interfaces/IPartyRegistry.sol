// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Who may act: parties, their keys, prefixes, partners and standing
/// @notice A party is a company or authority named by its GLN (GS1 General Specifications §3.4.8,
///         13 digits, held as a number). Governance admits parties; a party's admin manages its
///         keys; inspectors decide its standing. A ban is final: nothing in this contract lifts it.
/// @dev Every event carries `sequence`, one gap-free counter shared by all events of the contract,
///      so that a mirror notices any log that a node withheld. Logs alone rebuild all state.
interface IPartyRegistry {
    /// @notice A party may write only while ACTIVE. BANNED has no exit.
    enum Status {
        UNKNOWN,
        ACTIVE,
        SUSPENDED,
        BANNED
    }

    struct Party {
        address admin; // manages keys and partners; signs no records itself
        uint16 roles; // bit set, see Kinds.ROLE_*
        Status status;
        uint40 distrustFrom; // Unix s; earliest report on any of its keys as compromised; 0 = none
        bytes32 profileDigest; // SHA-256 of the party's public profile (RFC 8785 JSON)
    }

    struct Key {
        uint48 gln; // the one party this key ever belongs to; 0 = unknown key
        uint16 roles; // the key acts with (party roles AND key roles)
        uint40 validFrom; // Unix s, inclusive
        uint40 validUntil; // Unix s, inclusive
        uint40 revokedAt; // Unix s; 0 = not revoked
        uint40 distrustFrom; // Unix s; records since then may be forged; 0 = not revoked
    }

    struct Standing {
        uint16 consecutiveFailures; // a pass resets it to 0
        uint48 firstInspector; // GLN that recorded the first failure of the current run
        bool independent; // true once a second inspector failed it in the same run
    }

    /// @notice The contract exists; `predecessor` is the ledger it continues (zero address = none).
    event LedgerCreated(uint64 sequence, address governance, address predecessor);
    event GovernanceProposed(uint64 sequence, address indexed proposed);
    event GovernanceTransferred(uint64 sequence, address indexed previous, address indexed current);
    event PartyAdmitted(
        uint48 indexed gln, uint64 sequence, uint16 roles, address admin, bytes32 profileDigest
    );
    event PartyRolesChanged(uint48 indexed gln, uint64 sequence, uint16 roles);
    event PartyProfileChanged(uint48 indexed gln, uint64 sequence, bytes32 profileDigest);
    event PartySuspended(uint48 indexed gln, uint64 sequence);
    event PartyReinstated(uint48 indexed gln, uint64 sequence);
    event PartyBanned(uint48 indexed gln, uint64 sequence);
    event AdminChanged(uint48 indexed gln, uint64 sequence, address admin);
    event PrefixAssigned(uint48 indexed gln, uint64 sequence, uint8 digits, uint48 prefix);
    event KeyAdded(
        uint48 indexed gln,
        address indexed key,
        uint64 sequence,
        uint16 roles,
        uint40 validFrom,
        uint40 validUntil
    );
    event KeyRevoked(uint48 indexed gln, address indexed key, uint64 sequence, uint40 distrustFrom);
    event PartnerChanged(uint48 indexed gln, uint48 indexed partner, uint64 sequence, bool trusted);
    event PartyInspected(
        uint48 indexed gln,
        uint48 indexed inspector,
        uint64 sequence,
        bytes32 inspectionId,
        bool passed,
        uint16 consecutiveFailures,
        bytes32 digest
    );

    error NotGovernance(address caller);
    error NotProposedGovernance(address caller);
    error NotAdmin(uint48 gln, address caller);
    error InvalidGln(uint48 gln);
    error InvalidPrefix(uint8 digits, uint48 prefix);
    error PrefixTaken(uint8 digits, uint48 prefix, uint48 owner);
    error PartyUnknown(uint48 gln);
    error PartyAlreadyAdmitted(uint48 gln);
    error PartyNotActive(uint48 gln, Status status);
    error PartyNotSuspended(uint48 gln, Status status);
    error PartyIsBanned(uint48 gln);
    error KeyUnknown(address key);
    error KeyTaken(address key, uint48 gln);
    error KeyNotValid(address key, uint40 validFrom, uint40 validUntil, uint40 revokedAt);
    error InvalidValidity(uint40 validFrom, uint40 validUntil);
    error InvalidDistrust(uint40 distrustFrom);
    error KeyAlreadyRevoked(address key);
    error RoleMissing(uint48 gln, uint16 needed);
    error UnknownRoles(uint16 roles);
    error SelfInspection(uint48 gln);
    error InspectionAlreadyCounted(bytes32 inspectionId);
    error ZeroAddress();

    // --- governance (a multisig in production) -------------------------------------------------

    /// @notice First of two steps: name the next governance. It can neither un-ban, edit nor
    ///         delete.
    function proposeGovernance(address proposed) external;

    /// @notice Second step, called by the proposed address itself.
    function acceptGovernance() external;

    /// @param gln 13 digits as a number, GS1 check digit verified
    /// @param roles bit set of Kinds.ROLE_*
    /// @param admin the address that will manage the party's keys
    /// @param profileDigest SHA-256 of the party's public profile (RFC 8785 JSON)
    function admitParty(uint48 gln, uint16 roles, address admin, bytes32 profileDigest) external;

    function setRoles(uint48 gln, uint16 roles) external;

    function setProfile(uint48 gln, bytes32 profileDigest) external;

    function suspendParty(uint48 gln) external;

    function reinstateParty(uint48 gln) external;

    /// @notice Gives a GS1 company prefix to a party, once and for ever.
    /// @param digits length of the prefix, 4 to 12
    /// @param prefix the prefix as a number (leading zeros are implied by `digits`)
    function assignPrefix(uint48 gln, uint8 digits, uint48 prefix) external;

    // --- a party's admin -----------------------------------------------------------------------

    function changeAdmin(uint48 gln, address admin) external;

    /// @notice A key belongs to one party for ever; it can be revoked but never moved or re-added.
    function addKey(uint48 gln, address key, uint16 roles, uint40 validFrom, uint40 validUntil)
        external;

    /// @notice Ends a key now. Records it signed stay provable, and verifiers name those recorded
    ///         at or after `distrustFrom` as signed by a key later reported compromised.
    /// @param distrustFrom Unix s, not in the future; use the block time for an ordinary rotation
    function revokeKey(uint48 gln, address key, uint40 distrustFrom) external;

    /// @notice Names (or un-names) a trading partner that may append to this party's batches.
    function setPartner(uint48 gln, uint48 partner, bool trusted) external;

    // --- inspectors ----------------------------------------------------------------------------

    /// @notice Records an inspection of a party. Three consecutive failures that come from at least
    ///         two different inspectors ban the party for good. An inspection id counts once.
    /// @param digest SHA-256 commitment of the inspection report
    function inspectParty(uint48 gln, bytes32 inspectionId, bool passed, bytes32 digest) external;

    // --- reading -------------------------------------------------------------------------------

    /// @notice The sequence of the newest event; the first event has 1.
    function lastSequence() external view returns (uint64);

    function governance() external view returns (address);

    function predecessor() external view returns (address);

    function partyOf(uint48 gln) external view returns (Party memory);

    function partiesOf(uint48[] calldata glns) external view returns (Party[] memory);

    function keysOf(address[] calldata keys) external view returns (Key[] memory);

    function standingOf(uint48 gln) external view returns (Standing memory);

    function isPartner(uint48 gln, uint48 partner) external view returns (bool);

    function partnersOf(uint48 gln, uint48[] calldata candidates)
        external
        view
        returns (bool[] memory);

    /// @return gln owner of the prefix, 0 = nobody
    function prefixOwner(uint8 digits, uint48 prefix) external view returns (uint48 gln);
}
