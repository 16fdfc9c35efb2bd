"""A small honest ledger in memory: what the contract stores, what a mirror and a node then say.

For tests and vector scripts. It follows `BatchLedger` for what it is told to do and refuses
nothing: a dishonest ledger is made by changing what it returns.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracer.domain.bundle import (
    AppendedLog,
    AppendRow,
    BatchFacts,
    BatchRow,
    Bundle,
    ChainFacts,
    ChainRow,
    MirrorRow,
    NodeRow,
    OtherRow,
    PartyFacts,
    PartyRow,
    RegisteredLog,
    TinRow,
)
from tracer.domain.canonical import canonical_text, digest_text
from tracer.domain.documents import (
    DOCUMENT_KIND,
    DocType,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind, Role
from tracer.domain.merkle import MerkleTree
from tracer.domain.records import Record, build_batch_id, fold, genesis_head
from tracer.domain.replay import replay, unpack_rows

CHAIN_ID = 31337
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
DEPLOY_BLOCK = 3
START_UNIX = 1_770_768_000  # 2026-02-11T00:00:00Z
BLOCK_S = 600


def fake_hash(*parts: object) -> bytes:
    """Thirty-two bytes that depend on nothing but the parts."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


@dataclass
class LedgerModel:
    """One batch on one ledger, with the parties that write to it."""

    gtin: str
    lot: str
    owner: str
    block: int = 100
    time_unix: int = START_UNIX
    sequence: int = 20
    appends: list[AppendRow] = field(default_factory=list)
    contents: dict[bytes, str] = field(default_factory=dict)
    documents: dict[bytes, str] = field(default_factory=dict)
    parties: dict[int, PartyRow] = field(default_factory=dict)
    bans: dict[int, int] = field(default_factory=dict)
    others: dict[bytes, OtherRow] = field(default_factory=dict)
    serials: tuple[str, ...] = ()
    registered: RegisteredLog | None = None
    salts: int = 0

    @property
    def batch_id(self) -> bytes:
        return build_batch_id(Gtin.parse(self.gtin), Lot.parse(self.lot))

    @property
    def genesis(self) -> bytes:
        return genesis_head(CHAIN_ID, CONTRACT, self.batch_id)

    @property
    def head(self) -> bytes:
        return self.appends[-1].head if self.appends else self.genesis

    def admit(self, gln: str, roles: Role, name_en: str, name_zh: str, country: str) -> None:
        profile = canonical_text(
            {
                "gln": gln,
                "nameEn": name_en,
                "nameZh": name_zh,
                "roles": [role.name for role in roles],
                "country": country,
            }
        )
        admin = fake_hash("admin", gln)[:20]
        self.parties[int(gln)] = PartyRow(profile, digest_text(profile), int(roles), 1, admin, 0)

    def _mine(self) -> dict[str, Any]:
        self.block += 1
        self.time_unix += BLOCK_S
        self.sequence += 1
        return {
            "block_number": self.block,
            "block_hash": fake_hash("block", self.block),
            "transaction_hash": fake_hash("tx", self.sequence),
            "log_index": 0,
        }

    def register(self) -> None:
        place = self._mine()
        self.registered = RegisteredLog(
            self.sequence, int(self.owner), self.gtin, self.lot, self.genesis, **place
        )

    def append(self, gln: str, records: Sequence[Record]) -> AppendRow:
        place, head = self._mine(), self.head
        packed = b"".join(record.pack() for record in records)
        row = AppendRow(
            sequence=self.sequence,
            gln=int(gln),
            recorded_at_unix=self.time_unix,
            head=fold(head, int(gln), self.time_unix, packed),
            records=packed,
            **place,
        )
        self.appends.append(row)
        return row

    # --- records ------------------------------------------------------------------------------

    def event(self, kind: Kind, unix: int, place: str, body: dict[str, Any]) -> Record:
        """A record of an EPCIS event, whose content is kept."""
        text = canonical_text(body)
        self.contents[digest_text(text)] = text
        return Record(kind, unix, Gln.parse(place) if place else None, digest_text(text))

    def paper(
        self,
        doc_type: DocType,
        number: str,
        issuer: str,
        issued_at: tuple[str, int],
        public: dict[str, Any],
        *,
        confidential: dict[str, Any] | None = None,
    ) -> Record:
        """A record of a document, whose public view is kept."""
        paper = Paper(
            doc_type, number, Gln.parse(issuer), issued_at[0], public, confidential or {}, None
        )
        fields = tuple(self._salt()[:16] for _ in range(salts_needed(paper)))
        scope = Scope(CHAIN_ID, CONTRACT, self.batch_id)
        document = build_document(paper, scope, DocumentSalts(self._salt(), fields))
        self.documents[document.commitment] = document.public_view()
        return Record(DOCUMENT_KIND[doc_type], issued_at[1], None, document.commitment)

    def _salt(self) -> bytes:
        self.salts += 1
        return fake_hash("salt", self.salts)

    def serial_record(self, unix: int, serials: Sequence[str]) -> Record:
        self.serials = tuple(sorted(serials))
        return Record(Kind.SERIALS, unix, None, self._tree().root)

    def _tree(self) -> MerkleTree:
        return MerkleTree.of([serial.encode() for serial in self.serials])

    # --- what a mirror and a node say ------------------------------------------------------------

    def bundle(self, serial: str | None = None) -> Bundle:
        """What an honest mirror serves."""
        assert self.registered is not None
        state = replay(int(self.owner), unpack_rows(self.appends))
        log = self.registered
        tree = self._tree()
        index = self.serials.index(serial) if serial else 0
        writers = {int(self.owner), *(append.gln for append in self.appends)}
        bundle = Bundle(
            ChainRow(CHAIN_ID, CONTRACT, fake_hash("block", 0), DEPLOY_BLOCK),
            MirrorRow(self.block + 2, fake_hash("block", self.block + 2), self.time_unix + 5),
            BatchRow(
                batch_id=self.batch_id,
                gtin=self.gtin,
                lot=self.lot,
                owner=int(self.owner),
                head=self.head,
                holds=len(state.holds),
                hold_round=state.hold_round,
                recalled=state.recalled,
                sequence=log.sequence,
                block_number=log.block_number,
                block_hash=log.block_hash,
                transaction_hash=log.transaction_hash,
                log_index=log.log_index,
            ),
            tuple(self.appends),
            tuple(unpack_rows(self.appends)),
            dict(self.contents),
            dict(self.documents),
            {gln: row for gln, row in self.parties.items() if gln in writers},
            TinRow(serial, index, len(tree), tuple(tree.inclusion_proof(index)), tree.root)
            if serial
            else None,
            dict(self.others),
        )
        named = writers | Evidence(bundle).suppliers.keys()
        return replace(
            bundle,
            parties={gln: row for gln, row in self.parties.items() if gln in named},
            bans={gln: since for gln, since in self.bans.items() if gln in named},
        )

    def share(self, other: "LedgerModel") -> None:
        """Let this ledger's bundles carry another batch's papers, those with a common number."""
        ours = set().union(*(paper.numbers for paper in Evidence(self.bundle()).genuine_papers()))
        for paper in Evidence(other.bundle()).genuine_papers():
            if ours & paper.numbers:
                view = other.documents[paper.commitment]
                self.others[paper.commitment] = OtherRow(other.gtin, other.lot, view)

    def facts(self, bundle: Bundle | None = None) -> ChainFacts:
        """What an honest node says when asked about a bundle (by default: the ledger's own)."""
        bundle = bundle or self.bundle()
        state = replay(int(self.owner), unpack_rows(self.appends))
        mirror = bundle.mirror
        node_block = self.block + 4
        known = mirror.block_number <= node_block
        return ChainFacts(
            NodeRow(
                chain_id=CHAIN_ID,
                genesis_hash=fake_hash("block", 0),
                deploy_block=DEPLOY_BLOCK,
                block_number=node_block,
                block_hash=fake_hash("block", node_block),
                block_time_unix=self.time_unix + 60,
                final=True,
                mirror_block_number=mirror.block_number,
                mirror_block_hash=fake_hash("block", mirror.block_number) if known else None,
                mirror_block_time_unix=mirror.block_time_unix if known else None,
            ),
            BatchFacts(
                self.head, int(self.owner), len(state.holds), state.hold_round, state.recalled
            ),
            {
                gln: PartyFacts(
                    row.admin, row.roles, row.status, row.distrust_from_unix, row.profile_digest
                )
                for gln, row in self.parties.items()
                if gln in bundle.parties
            },
            self.registered,
            tuple(
                AppendedLog(
                    row.sequence,
                    row.gln,
                    row.head,
                    row.records,
                    row.block_number,
                    row.block_hash,
                    row.transaction_hash,
                    row.log_index,
                )
                for row in self.appends
            ),
        )

    def with_party(self, gln: str, **changes: Any) -> None:
        """Change what the ledger holds about a party."""
        self.parties[int(gln)] = replace(self.parties[int(gln)], **changes)
