"""The core of a bundle: what proves that records are complete and genuine, and nothing else.

A bundle carries every content and paper of a batch, some 20 kB compressed; a phone in a shop
should not wait for that to learn that a batch was recalled. The core has the appends and the
parties, some 3 kB, and no text at all. It belongs to a batch; the proof that a tin is the batch's
travels beside it. `tracer.domain.verify_core` checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tracer.domain.bundle import MAX_APPENDS, MAX_BUNDLE_CHARS, MAX_PARTIES, Bundle, read_sequence
from tracer.domain.columns import Flag, GlnNumber, Hash, Records, Row, Unix, Whole, gln_text
from tracer.domain.json_form import Form, parse_json
from tracer.domain.replay import unpack_rows
from tracer.domain.rows import (
    AppendRow,
    BatchFacts,
    BatchRow,
    ChainRow,
    MirrorRow,
    PartyFacts,
    PartyRow,
    SignerFacts,
    TinRow,
)

FORMAT = "tracer-core/1"
_NAMES = "format chain mirror batch appends parties signed"
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class CoreAppend(Row):
    """An append without its place on the chain; columns as in `AppendRow`."""

    sequence: Whole
    gln: GlnNumber
    recorded_at_unix: Unix
    head: Hash
    records: Records


@dataclass(frozen=True, slots=True)
class Core:
    """What one mirror says about a batch, without any text.

    Attributes:
        chain: chain and contract.
        mirror: how far the mirror has read.
        batch: the batch's row.
        appends: in order.
        parties: GLN as a number -> row without profile, of the owner and of every writer.
        signed: sequence of an append -> hash of its transaction, only for appends recorded since
            a key of their party is distrusted: whose key it was has to be looked up.
    """

    chain: ChainRow
    mirror: MirrorRow
    batch: BatchRow
    appends: tuple[CoreAppend, ...]
    parties: Mapping[int, PartyFacts]
    signed: Mapping[int, bytes]

    @property
    def writers(self) -> list[int]:
        """The owner and every writer, in ascending order of GLN."""
        return sorted({self.batch.owner, *(append.gln for append in self.appends)})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a core from JSON text.

        Raises:
            InvalidFileError: not a core; the message names the place.
            LimitExceededError: larger than a bundle may be.
        """
        return cls.from_json(parse_json(text, what="core", max_chars=MAX_BUNDLE_CHARS))

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a core from parsed JSON.

        Raises:
            InvalidFileError: not a core; the message names the place.
            LimitExceededError: larger than a bundle may be.
        """
        form, chain, mirror, batch, appends, parties, signed = Form(value, "core").fields(_NAMES)
        if form.value != FORMAT:
            form.fail(repr(FORMAT))
        return cls(
            ChainRow.read(chain),
            MirrorRow.read(mirror),
            BatchRow.read(batch),
            tuple(CoreAppend.read(row) for row in appends.array(MAX_APPENDS)),
            {
                Form(gln, f"{row.place} key").gln(): PartyFacts.read(row)
                for gln, row in parties.items(MAX_PARTIES)
            },
            {
                read_sequence(Form(text, f"{sent.place} key")): sent.hex(32)
                for text, sent in signed.items(MAX_APPENDS)
            },
        )

    def to_json(self) -> dict[str, object]:
        """The JSON form; `from_json` reads it back unchanged."""
        return {
            "format": FORMAT,
            "chain": self.chain.to_json(),
            "mirror": self.mirror.to_json(),
            "batch": self.batch.to_json(),
            "appends": [row.to_json() for row in self.appends],
            "parties": {gln_text(gln): row.to_json() for gln, row in self.parties.items()},
            "signed": {str(number): sent.hex() for number, sent in self.signed.items()},
        }

    def as_bundle(self, tin: TinRow | None) -> Bundle:
        """A bundle of just this, with blanks for what a core lacks.

        The steps of the protocol that read none of the blanks then run on it as they are.
        """
        appends = tuple(
            AppendRow(
                row.sequence,
                row.gln,
                row.recorded_at_unix,
                row.head,
                row.records,
                block_number=0,
                block_hash=_NO_HASH,
                transaction_hash=_NO_HASH,
                log_index=0,
            )
            for row in self.appends
        )
        parties = {
            gln: PartyRow(
                profile="",
                profile_digest=row.profile_digest,
                roles=row.roles,
                status=row.status,
                admin=row.admin,
                distrust_from_unix=row.distrust_from_unix,
            )
            for gln, row in self.parties.items()
        }
        return Bundle(
            chain=self.chain,
            mirror=self.mirror,
            batch=self.batch,
            appends=appends,
            records=tuple(unpack_rows(appends)),
            contents={},
            documents={},
            parties=parties,
            tin=tin,
        )


def core_of(bundle: Bundle) -> Core:
    """The core of a bundle. Parties that neither own the batch nor wrote to it are left out."""
    writers = {bundle.batch.owner, *(append.gln for append in bundle.appends)}
    parties = {gln: row for gln, row in bundle.parties.items() if gln in writers}
    return Core(
        bundle.chain,
        bundle.mirror,
        bundle.batch,
        tuple(
            CoreAppend(row.sequence, row.gln, row.recorded_at_unix, row.head, row.records)
            for row in bundle.appends
        ),
        {
            gln: PartyFacts(
                row.admin, row.roles, row.status, row.distrust_from_unix, row.profile_digest
            )
            for gln, row in parties.items()
        },
        {
            row.sequence: row.transaction_hash
            for row in bundle.appends
            if row.gln in parties
            and 0 < parties[row.gln].distrust_from_unix <= row.recorded_at_unix
        },
    )


@dataclass(frozen=True, slots=True)
class CoreNodeRow(Row):
    """The node's chain and block, as far as the first check asks for them.

    Attributes:
        chain_id: EIP-155 chain id.
        block_number: of the block at which `batchOf` and `partiesOf` were read.
        final: the batch's head was the same at the newest final block.
    """

    chain_id: Whole
    block_number: Whole
    final: Flag


@dataclass(frozen=True, slots=True)
class CoreFacts:
    """What the verifier read from a node it chose for the first check; no logs.

    Attributes:
        node: the node's chain and the block.
        batch: what `batchOf` returned.
        parties: GLN as a number -> what `partiesOf` returned, for every writer.
        mirror_head: the batch's head at the block that the mirror says it has read. Asked only
            where head and ledger differ and the node knows that block; None otherwise, and where
            the node does not keep the state of so old a block.
        signers: sequence of an append -> the key that signed it, where `signed` names it.
    """

    node: CoreNodeRow
    batch: BatchFacts
    parties: Mapping[int, PartyFacts]
    mirror_head: bytes | None
    signers: Mapping[int, SignerFacts]
