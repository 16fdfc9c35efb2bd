"""The rows that a bundle and a node's facts are made of.

Nothing in a mirror's row is trusted: it holds what was stored, damaged or not, so that verifiers
can name the damage. Row classes say what each column means; `tracer.domain.columns` how it travels.
"""

from dataclasses import dataclass

from tracer.domain.columns import (
    U16,
    Address,
    Byte,
    Flag,
    GlnNumber,
    Hash,
    Hashes,
    Name,
    OptionalGlnNumber,
    OptionalHash,
    OptionalUnix,
    OptionalWhole,
    Records,
    Row,
    Text,
    Unix,
    Whole,
)


@dataclass(frozen=True, slots=True)
class ChainRow(Row):
    """Which chain and contract the mirror follows.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: the ledger's address.
        genesis_hash: hash of block 0.
        deploy_block: block that holds the ledger's `LedgerCreated` log.
    """

    chain_id: Whole
    contract: Address
    genesis_hash: Hash
    deploy_block: Whole


@dataclass(frozen=True, slots=True)
class MirrorRow(Row):
    """The last block that the mirror has taken in.

    Attributes:
        block_number: its number.
        block_hash: its hash.
        block_time_unix: its timestamp.
    """

    block_number: Whole
    block_hash: Hash
    block_time_unix: Unix


@dataclass(frozen=True, slots=True)
class BatchRow(Row):
    """The mirror's row of the batch.

    Attributes:
        batch_id: SHA-256 that names GTIN and lot.
        gtin: 14 digits.
        lot: as printed.
        owner: GLN as a number.
        head: fold of all appends.
        holds: parties that hold it now.
        hold_round: rounds of holds that an authority lifted.
        recalled: final.
        sequence: of its `BatchRegistered` log, as are the four below.
    """

    batch_id: Hash
    gtin: Name
    lot: Name
    owner: GlnNumber
    head: Hash
    holds: U16
    hold_round: U16
    recalled: Flag
    sequence: Whole
    block_number: Whole
    block_hash: Hash
    transaction_hash: Hash
    log_index: Whole


@dataclass(frozen=True, slots=True)
class AppendRow(Row):
    """The mirror's row of one `Appended` log.

    Attributes:
        sequence: the contract's gap-free event counter.
        gln: writer, as a number.
        recorded_at_unix: block time.
        head: the batch's head after it.
        records: n x 44 bytes.
        block_number: where the log stands, as the three below.
    """

    sequence: Whole
    gln: GlnNumber
    recorded_at_unix: Unix
    head: Hash
    records: Records
    block_number: Whole
    block_hash: Hash
    transaction_hash: Hash
    log_index: Whole


@dataclass(frozen=True, slots=True)
class RecordRow(Row):
    """The mirror's row of one record.

    Attributes:
        position: 0-based position in the batch.
        sequence: of the append that holds it.
        kind: one byte; unknown when damaged.
        occurred_at_unix: when the writer says it happened.
        location: GLN as a number, or None.
        digest: pins the content.
        gln: writer, as a number.
        recorded_at_unix: block time.
    """

    position: Whole
    sequence: Whole
    kind: Byte
    occurred_at_unix: Unix
    location: OptionalGlnNumber
    digest: Hash
    gln: GlnNumber
    recorded_at_unix: Unix


@dataclass(frozen=True, slots=True)
class PartyRow(Row):
    """The mirror's row of a party: the owner or a writer.

    Attributes:
        profile: exact text of its public profile, RFC 8785 JSON; empty when the mirror lacks it.
        profile_digest: SHA-256 of the profile.
        roles: bit set of `kinds.Role`.
        status: 0 unknown, 1 active, 2 suspended, 3 banned.
        admin: the address that manages its keys.
        distrust_from_unix: earliest moment a key is reported compromised; 0 = never.
    """

    profile: Text
    profile_digest: Hash
    roles: U16
    status: Byte
    admin: Address
    distrust_from_unix: Unix


@dataclass(frozen=True, slots=True)
class OtherRow(Row):
    """A paper of another batch that shares a number with a paper of this one.

    Attributes:
        gtin: of the other batch, 14 digits; with the lot it gives the batch id that the view names.
        lot: of the other batch.
        view: exact text of the paper's public view.
    """

    gtin: Name
    lot: Name
    view: Text


@dataclass(frozen=True, slots=True)
class TinRow(Row):
    """One tin and the proof that its serial is the batch's (RFC 9162 §2.1.3).

    Attributes:
        serial: as printed.
        index: 0-based leaf position.
        size: leaves in the tree, that is serials of the batch.
        proof: sibling hashes, leaf upwards.
        root: the digest of a SERIALS record.
    """

    serial: Name
    index: Whole
    size: Whole
    proof: Hashes
    root: Hash


@dataclass(frozen=True, slots=True)
class BatchFacts(Row):
    """What `batchOf` returns.

    Attributes:
        head: zero when the batch is not registered.
        owner: GLN as a number.
        holds: parties that hold it.
        hold_round: rounds of holds that an authority lifted.
        recalled: final.
    """

    head: Hash
    owner: GlnNumber
    holds: U16
    hold_round: U16
    recalled: Flag


@dataclass(frozen=True, slots=True)
class PartyFacts(Row):
    """What `partiesOf` returns for one party; columns as in `PartyRow`."""

    admin: Address
    roles: U16
    status: Byte
    distrust_from_unix: Unix
    profile_digest: Hash


@dataclass(frozen=True, slots=True)
class RegisteredLog(Row):
    """The batch's `BatchRegistered` log; columns as in `BatchRow`.

    Attributes:
        gln: the party that registered, so its owner.
        head: the batch's head before any record.
    """

    sequence: Whole
    gln: GlnNumber
    gtin: Name
    lot: Name
    head: Hash
    block_number: Whole
    block_hash: Hash
    transaction_hash: Hash
    log_index: Whole


@dataclass(frozen=True, slots=True)
class AppendedLog(Row):
    """One `Appended` log of the batch; columns as in `AppendRow`."""

    sequence: Whole
    gln: GlnNumber
    head: Hash
    records: Records
    block_number: Whole
    block_hash: Hash
    transaction_hash: Hash
    log_index: Whole


@dataclass(frozen=True, slots=True)
class NodeRow(Row):
    """The node's chain, and the block at which everything was read.

    Attributes:
        chain_id: EIP-155 chain id.
        genesis_hash: hash of block 0.
        deploy_block: block of the `LedgerCreated` log that the node shows when asked for the
            bundle's deploy block; None when it shows none there.
        block_number: of the block at which `batchOf` and `partiesOf` were read.
        block_hash: its hash.
        block_time_unix: its timestamp.
        final: whether that block is final by the verifier's own rule.
        mirror_block_number: the block that the bundle's mirror says it stands at.
        mirror_block_hash: its hash on this node; None if unknown there.
        mirror_block_time_unix: its timestamp; None if unknown.
    """

    chain_id: Whole
    genesis_hash: Hash
    deploy_block: OptionalWhole
    block_number: Whole
    block_hash: Hash
    block_time_unix: Unix
    final: Flag
    mirror_block_number: Whole
    mirror_block_hash: OptionalHash
    mirror_block_time_unix: OptionalUnix


@dataclass(frozen=True, slots=True)
class SignerFacts(Row):
    """The key that signed one append, asked for where the writer's `distrust_from_unix` demands it.

    Attributes:
        address: sender of the transaction.
        gln: party that the key belongs to by `keysOf`; 0 = unknown key.
        distrust_from_unix: by `keysOf`; 0 = not revoked.
    """

    address: Address
    gln: GlnNumber
    distrust_from_unix: Unix
