"""Everything one scan needs to be checked, in one file (a bundle), and what a node says (facts).

A bundle is what a mirror serves. Nothing in it is trusted: its rows hold what was stored, damaged
or not, so that verifiers can name the damage. `ChainFacts` is what the verifier read itself, all
at one block, from a node it chose. `tracer.domain.verify` compares the two.

JSON: hexadecimal is lower-case without 0x, a GLN is 13 digits, times are Unix seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from tracer.domain.columns import MAX_TEXT_CHARS, gln_text
from tracer.domain.json_form import Form, parse_json
from tracer.domain.rows import (
    AppendedLog,
    AppendRow,
    BatchFacts,
    BatchRow,
    ChainRow,
    MirrorRow,
    NodeRow,
    OtherRow,
    PartyFacts,
    PartyRow,
    RecordRow,
    RegisteredLog,
    SignerFacts,
    TinRow,
)

__all__ = [
    "AppendRow",
    "AppendedLog",
    "BatchFacts",
    "BatchRow",
    "Bundle",
    "ChainFacts",
    "ChainRow",
    "MirrorRow",
    "NodeRow",
    "OtherRow",
    "PartyFacts",
    "PartyRow",
    "RecordRow",
    "RegisteredLog",
    "SignerFacts",
    "TinRow",
]

FORMAT = "tracer-bundle/2"
MAX_BUNDLE_CHARS = 32 * 2**20  # 40 times the largest sample batch; a phone still parses it
MAX_APPENDS = 20_000  # one a day for 50 years
MAX_RECORDS = 100_000  # replay and page stay under a second
MAX_PARTIES = 1_000  # more writers than any batch has
MAX_OTHERS = 1_000  # one number on a thousand other batches is noticed with fewer
MAX_UNIX = 2**40 - 1  # as in the rows
MAX_SEQUENCE_DIGITS = 16  # of the largest whole number that JSON readers keep exact
MAX_WARNINGS = 1_000  # one for each missing content is plenty


_NAMES = (
    "format chain mirror batch appends records contents documents parties tin others bans warnings"
)


def _read_texts(form: Form) -> dict[bytes, str]:
    return {
        Form(key, f"{text.place} key").hex(32): text.text(MAX_TEXT_CHARS)
        for key, text in form.items(MAX_RECORDS)
    }


@dataclass(frozen=True, slots=True)
class Bundle:
    """A batch, perhaps one tin of it, and all that is public about it, as one mirror serves it.

    Attributes:
        chain: chain and contract.
        mirror: how far the mirror has read.
        batch: the batch's row.
        appends: in order.
        records: in order.
        contents: digest -> exact text of the content that a record pins.
        documents: commitment -> exact text of the document view that a record pins.
        parties: GLN as a number -> row, of the owner, of every writer and of suppliers that a
            receipt of materials names.
        tin: the scanned tin, if one was asked for.
        others: commitment -> another batch's paper that shares a number with one of this batch. A
            mirror can leave some out; one that it invents names a batch whose records lack it.
        bans: GLN as a number -> Unix seconds since when a party is banned. That it is banned is
            the ledger's word, since when the mirror's: it is never used to clear anybody.
        warnings: what the mirror says it lacks; for people only, no check reads it.
    """

    chain: ChainRow
    mirror: MirrorRow
    batch: BatchRow
    appends: tuple[AppendRow, ...]
    records: tuple[RecordRow, ...]
    contents: Mapping[bytes, str]
    documents: Mapping[bytes, str]
    parties: Mapping[int, PartyRow]
    tin: TinRow | None
    others: Mapping[bytes, OtherRow] = field(default_factory=dict)
    bans: Mapping[int, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a bundle from JSON text.

        Raises:
            InvalidFileError: not a bundle; the message names the place.
            LimitExceededError: larger than a limit of this module.
        """
        return cls.from_json(parse_json(text, what="bundle", max_chars=MAX_BUNDLE_CHARS))

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a bundle from parsed JSON.

        Raises:
            InvalidFileError: not a bundle; the message names the place.
            LimitExceededError: larger than a limit of this module.
        """
        part = dict(zip(_NAMES.split(), Form(value, "bundle").fields(_NAMES), strict=True))
        if part["format"].value != FORMAT:
            part["format"].fail(repr(FORMAT))
        return cls(
            ChainRow.read(part["chain"]),
            MirrorRow.read(part["mirror"]),
            BatchRow.read(part["batch"]),
            tuple(AppendRow.read(row) for row in part["appends"].array(MAX_APPENDS)),
            tuple(RecordRow.read(row) for row in part["records"].array(MAX_RECORDS)),
            _read_texts(part["contents"]),
            _read_texts(part["documents"]),
            {
                Form(gln, f"{row.place} key").gln(): PartyRow.read(row)
                for gln, row in part["parties"].items(MAX_PARTIES)
            },
            None if part["tin"].value is None else TinRow.read(part["tin"]),
            {
                Form(key, f"{row.place} key").hex(32): OtherRow.read(row)
                for key, row in part["others"].items(MAX_OTHERS)
            },
            {
                Form(gln, f"{since.place} key").gln(): since.whole(MAX_UNIX)
                for gln, since in part["bans"].items(MAX_PARTIES)
            },
            tuple(line.text(MAX_TEXT_CHARS) for line in part["warnings"].array(MAX_WARNINGS)),
        )

    def to_json(self) -> dict[str, object]:
        """The JSON form; `from_json` reads it back unchanged."""
        return {
            "format": FORMAT,
            "chain": self.chain.to_json(),
            "mirror": self.mirror.to_json(),
            "batch": self.batch.to_json(),
            "appends": [row.to_json() for row in self.appends],
            "records": [row.to_json() for row in self.records],
            "contents": {digest.hex(): text for digest, text in self.contents.items()},
            "documents": {key.hex(): text for key, text in self.documents.items()},
            "parties": {gln_text(gln): row.to_json() for gln, row in self.parties.items()},
            "tin": None if self.tin is None else self.tin.to_json(),
            "others": {key.hex(): row.to_json() for key, row in self.others.items()},
            "bans": {gln_text(gln): since for gln, since in self.bans.items()},
            "warnings": list(self.warnings),
        }


def _sequence(form: Form) -> int:
    text = form.text(MAX_SEQUENCE_DIGITS)
    if not (text.isascii() and text.isdigit()) or str(int(text)) != text:
        form.fail("a sequence in decimal digits")
    return int(text)


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What the verifier read from a node it chose, all at one block.

    Attributes:
        node: the node's chain and the block.
        batch: what `batchOf` returned.
        parties: GLN as a number -> what `partiesOf` returned, for every party of the bundle.
        registered: the batch's `BatchRegistered` log, None if the node shows none.
        appended: the batch's `Appended` logs in order of sequence, up to the block.
        signers: sequence of an append -> the key that signed it, for every append recorded at or
            after its party's `distrust_from_unix`; a party's column cannot tell a stolen key
            from one that was replaced in the ordinary way.
    """

    node: NodeRow
    batch: BatchFacts
    parties: Mapping[int, PartyFacts]
    registered: RegisteredLog | None
    appended: tuple[AppendedLog, ...]
    signers: Mapping[int, SignerFacts] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read facts from parsed JSON.

        Raises:
            InvalidFileError: not facts; the message names the place.
            LimitExceededError: larger than a limit of this module.
        """
        node, batch, parties, registered, appended, signers = Form(value, "facts").fields(
            "node batch parties registered appended signers"
        )
        return cls(
            NodeRow.read(node),
            BatchFacts.read(batch),
            {
                Form(gln, f"{row.place} key").gln(): PartyFacts.read(row)
                for gln, row in parties.items(MAX_PARTIES)
            },
            None if registered.value is None else RegisteredLog.read(registered),
            tuple(AppendedLog.read(row) for row in appended.array(MAX_APPENDS)),
            {
                _sequence(Form(text, f"{row.place} key")): SignerFacts.read(row)
                for text, row in signers.items(MAX_APPENDS)
            },
        )

    def to_json(self) -> dict[str, object]:
        """The JSON form; `from_json` reads it back unchanged."""
        return {
            "node": self.node.to_json(),
            "batch": self.batch.to_json(),
            "parties": {gln_text(gln): row.to_json() for gln, row in self.parties.items()},
            "registered": None if self.registered is None else self.registered.to_json(),
            "appended": [row.to_json() for row in self.appended],
            "signers": {str(number): row.to_json() for number, row in self.signers.items()},
        }
