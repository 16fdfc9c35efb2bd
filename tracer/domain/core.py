"""The core of a bundle: what proves that records are complete and genuine, and nothing else.

A bundle carries every content and paper of a batch, some 20 kB compressed; a phone in a shop
should not wait for that to learn that a batch was recalled. The core has the records and the
batch's row, some 2 kB, and nothing that follows from the rest or that the node says anyhow. It
belongs to a batch; the proof that a tin is the batch's travels beside it.
`tracer.domain.verify_core` checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tracer.domain.bundle import MAX_APPENDS, MAX_BUNDLE_CHARS, Bundle
from tracer.domain.columns import (
    U16,
    Address,
    Flag,
    GlnNumber,
    Hash,
    Name,
    Records,
    Row,
    Unix,
    Whole,
)
from tracer.domain.json_form import Form, parse_json
from tracer.domain.records import fold, genesis_head
from tracer.domain.replay import unpack_rows
from tracer.domain.rows import (
    AppendRow,
    BatchFacts,
    BatchRow,
    ChainRow,
    MirrorRow,
    PartyFacts,
    SignerFacts,
    TinRow,
)

FORMAT = "tracer-core/1"
_NAMES = "format chain mirror batch appends"
_NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class CoreChain(Row):
    """Chain and contract; columns as in `ChainRow`."""

    chain_id: Whole
    contract: Address


@dataclass(frozen=True, slots=True)
class CoreMirror(Row):
    """The last block that the mirror has taken in."""

    block_number: Whole


@dataclass(frozen=True, slots=True)
class CoreBatch(Row):
    """The batch's row without its place on the chain; columns as in `BatchRow`."""

    batch_id: Hash
    gtin: Name
    lot: Name
    owner: GlnNumber
    head: Hash
    holds: U16
    hold_round: U16
    recalled: Flag


@dataclass(frozen=True, slots=True)
class CoreAppend(Row):
    """An append without its head, which follows, and its place; columns as in `AppendRow`."""

    sequence: Whole
    gln: GlnNumber
    recorded_at_unix: Unix
    records: Records


@dataclass(frozen=True, slots=True)
class Core:
    """What one mirror says about a batch, without any text.

    Attributes:
        chain: chain and contract.
        mirror: how far the mirror has read.
        batch: the batch's row.
        appends: in order.
    """

    chain: CoreChain
    mirror: CoreMirror
    batch: CoreBatch
    appends: tuple[CoreAppend, ...]

    @property
    def writers(self) -> list[int]:
        """The owner and every writer, in ascending order of GLN."""
        return sorted({self.batch.owner, *(append.gln for append in self.appends)})

    def heads(self) -> list[bytes]:
        """The heads that the appends fold to, from the one without records."""
        head = genesis_head(self.chain.chain_id, self.chain.contract, self.batch.batch_id)
        heads = [head]
        for row in self.appends:
            head = fold(head, row.gln, row.recorded_at_unix, row.records)
            heads.append(head)
        return heads

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
        form, chain, mirror, batch, appends = Form(value, "core").fields(_NAMES)
        if form.value != FORMAT:
            form.fail(repr(FORMAT))
        return cls(
            CoreChain.read(chain),
            CoreMirror.read(mirror),
            CoreBatch.read(batch),
            tuple(CoreAppend.read(row) for row in appends.array(MAX_APPENDS)),
        )

    def to_json(self) -> dict[str, object]:
        """The JSON form; `from_json` reads it back unchanged."""
        return {
            "format": FORMAT,
            "chain": self.chain.to_json(),
            "mirror": self.mirror.to_json(),
            "batch": self.batch.to_json(),
            "appends": [row.to_json() for row in self.appends],
        }

    def as_bundle(self, tin: TinRow | None) -> Bundle:
        """A bundle of just this, with blanks for what a core lacks.

        The steps of the protocol that read none of the blanks then run on it as they are.
        """
        chain, mirror, batch = self.chain, self.mirror, self.batch
        place = (0, _NO_HASH, _NO_HASH, 0)
        appends = tuple(
            AppendRow(row.sequence, row.gln, row.recorded_at_unix, head, row.records, *place)
            for row, head in zip(self.appends, self.heads()[1:], strict=True)
        )
        return Bundle(
            chain=ChainRow(chain.chain_id, chain.contract, _NO_HASH, 0),
            mirror=MirrorRow(mirror.block_number, _NO_HASH, 0),
            batch=BatchRow(
                batch.batch_id,
                batch.gtin,
                batch.lot,
                batch.owner,
                batch.head,
                batch.holds,
                batch.hold_round,
                batch.recalled,
                0,
                *place,
            ),
            appends=appends,
            records=tuple(unpack_rows(appends)),
            contents={},
            documents={},
            parties={},
            tin=tin,
        )


def core_of(bundle: Bundle) -> Core:
    """The core of a bundle."""
    chain, batch = bundle.chain, bundle.batch
    return Core(
        CoreChain(chain.chain_id, chain.contract),
        CoreMirror(bundle.mirror.block_number),
        CoreBatch(
            batch.batch_id,
            batch.gtin,
            batch.lot,
            batch.owner,
            batch.head,
            batch.holds,
            batch.hold_round,
            batch.recalled,
        ),
        tuple(
            CoreAppend(row.sequence, row.gln, row.recorded_at_unix, row.records)
            for row in bundle.appends
        ),
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
    """

    node: CoreNodeRow
    batch: BatchFacts
    parties: Mapping[int, PartyFacts]
    mirror_head: bytes | None

    @property
    def signers(self) -> Mapping[int, SignerFacts]:
        """None: which key signed is asked by the second check, where it has to be known."""
        return {}
