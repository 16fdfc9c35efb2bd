"""A story on a ledger in memory: real commitments, real folds, and what mirror and node then say.

The ledger is the one that the tests of the verifiers use. A paper is bound to chain, contract and
batch by the product's own code; only the blocks around it are made up.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ledger_model import CHAIN_ID, CONTRACT, LedgerModel, fake_hash

from forgeries.story import Json, Story, unix
from tracer.domain.bundle import Bundle, ChainFacts, OtherRow, PartyRow, SignerFacts
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
from tracer.domain.epcis import CONTEXT
from tracer.domain.event_hash import event_id
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind, Role
from tracer.domain.merkle import MerkleTree
from tracer.domain.records import Record
from tracer.domain.rows import RecordRow
from tracer.store.contents import number_keys

RECORDED_AFTER_S = 900  # from a thing to its record, when the story does not say
ACTIVE = 1
OTHER_CHAIN = (1, bytes.fromhex("00000000219ab540356cbb839cbe05303d7705fa"))
_DIGEST = re.compile(r"\{(?:commitment|digest):([^}]+)\}")


@cache
def serial_tree(prefix: str, count: int) -> tuple[tuple[str, ...], MerkleTree]:
    """Serials of a batch, ascending, and the tree over them; many cases share one."""
    drawn = {f"{prefix}{fake_hash(prefix, number).hex()[:10].upper()}" for number in range(count)}
    serials = tuple(sorted(drawn))
    return serials, MerkleTree.of([serial.encode() for serial in serials])


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be: when, by whom, and how it is made once its turn comes."""

    occurred_unix: int
    recorded_unix: int
    writer: str
    key: str
    record: Callable[[], Record]


class StagedLedger(LedgerModel):
    """A ledger that a story happened on.

    Attributes:
        positions: key of a paper, event or mark -> position of its record.
        sequences: key -> sequence of its append.
        digests: key -> what its record pins; of a paper, its commitment.
        kinds: key -> kind of its record.
    """

    def __init__(self, story: Story) -> None:
        super().__init__(story.batch["gtin"], story.batch["lot"], story.batch["owner"])
        self.story = story
        self.positions: dict[str, int] = {}
        self.sequences: dict[str, int] = {}
        self.digests: dict[str, bytes] = {}
        self.kinds: dict[str, Kind] = {}
        for gln, party in story.parties.items():
            self.parties[int(gln)] = _party_row(gln, party)
            if "bannedSince" in party:
                self.bans[int(gln)] = party["bannedSince"]
        self._happen()

    def _happen(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: (entry.recorded_unix, entry.key))
        self.time_unix = min(entry.recorded_unix for entry in entries) - 3600
        self.register()
        for entry in entries:
            self.time_unix = max(self.time_unix, entry.recorded_unix)
            self.positions[entry.key] = len(self.appends)
            record = entry.record()
            self.digests[entry.key] = record.digest
            self.kinds[entry.key] = Kind(record.kind)
            self.sequences[entry.key] = self.append(entry.writer, [record]).sequence

    def _entries(self) -> list[Entry]:
        story = self.story
        serials = story.serials
        entries = [_entry("SERIALS", serials["issuedAt"], serials, lambda: self._serials(serials))]
        for key, event in story.events.items():
            moment = event["body"]["eventTime"]
            entries.append(_entry(key, moment, event, lambda event=event: self._event(event)))
        for key, paper in story.papers.items():
            entries.append(_entry(key, paper["issuedAt"], paper, lambda key=key: self._paper(key)))
        for key, mark in story.marks.items():
            entries.append(_entry(key, mark["at"], mark, lambda mark=mark: self._mark(mark)))
        return entries

    # --- records ------------------------------------------------------------------------------

    def _serials(self, serials: dict[str, Json]) -> Record:
        self.serials, tree = serial_tree(serials["prefix"], serials["count"])
        return Record(Kind.SERIALS, unix(serials["issuedAt"]), None, tree.root)

    def _tree(self) -> MerkleTree:
        return serial_tree(self.story.serials["prefix"], self.story.serials["count"])[1]

    def _event(self, event: dict[str, Json]) -> Record:
        body = event["body"]
        text = canonical_text({**body, "eventID": event_id(body, CONTEXT)})
        self.contents[digest_text(text)] = text
        place = body.get("readPoint", body.get("bizLocation", {})).get("id", "")
        gln = Gln.parse(place.rsplit("/", 1)[-1]) if "/414/" in place else None
        stage = Kind[body["tracer:stage"]]
        return Record(stage, unix(body["eventTime"]), gln, digest_text(text))

    def _paper(self, key: str) -> Record:
        said = self.story.papers[key]
        scope = Scope(CHAIN_ID, CONTRACT, self.batch_id)
        if said.get("boundTo") == "another chain":
            scope = Scope(*OTHER_CHAIN, self.batch_id)
        document = _document(said, scope, self._salt)
        if copied := said.get("copiedFrom"):  # the commitment of another batch's paper
            other = StagedLedger(self.story.others[copied["other"]])
            digest = other.digests[copied["paper"]]
            self.documents[digest] = other.documents[digest]
        else:
            digest = document.commitment
            self.documents[digest] = document.public_view()
        usual = DOCUMENT_KIND[DocType[said["docType"]]]
        kind = Kind[said["kind"]] if "kind" in said else usual
        return Record(kind, unix(said["issuedAt"]), None, digest)

    def _mark(self, mark: dict[str, Json]) -> Record:
        kind, occurred = Kind[mark["kind"]], unix(mark["at"])
        if "of" in mark:
            return Record(kind, occurred, None, self.digests[mark["of"]])
        said = json.dumps(mark["text"])
        known = _DIGEST.sub(lambda found: self.digests[found[1]].hex(), said)
        text = canonical_text(json.loads(known))
        self.contents[digest_text(text)] = text
        return Record(kind, occurred, None, digest_text(text))

    # --- what is served -----------------------------------------------------------------------

    def signers(self) -> dict[int, SignerFacts]:
        """Which key signed what a party with a revoked key wrote since."""
        found = {}
        for row in self.appends:
            party = self.parties[row.gln]
            if 0 < party.distrust_from_unix <= row.recorded_at_unix:
                stolen = not self.story.parties[f"{row.gln:013d}"].get("keyReplaced")
                key = fake_hash("key", row.gln, "old" if stolen else "new")[:20]
                since = party.distrust_from_unix if stolen else 0
                found[row.sequence] = SignerFacts(key, row.gln, since)
        return found

    def other_rows(self) -> dict[bytes, OtherRow]:
        """Other batches' papers that share a number with one of ours, as a mirror finds them."""
        mine = {key for view in self.documents.values() for key in number_keys(view)}
        rows = {}
        for other in map(StagedLedger, self.story.others):
            for commitment, view in other.documents.items():
                if mine.intersection(number_keys(view)):
                    rows[commitment] = OtherRow(other.gtin, other.lot, view)
        return rows


def _entry(key: str, moment: str, said: dict[str, Json], record: Callable[[], Record]) -> Entry:
    occurred = unix(moment)
    recorded = said.get("recordedAt")
    recorded_unix = unix(recorded) if recorded else occurred + RECORDED_AFTER_S
    return Entry(occurred, recorded_unix, said["writer"], key, record)


def _party_row(gln: str, party: dict[str, Json]) -> PartyRow:
    on_chain = ("status", "bannedSince", "distrustFrom", "admin", "keyReplaced")
    profile = canonical_text({k: v for k, v in party.items() if k not in on_chain})
    roles = 0
    for name in party["roles"]:
        roles |= Role[name]
    admin = bytes.fromhex(party["admin"]) if "admin" in party else fake_hash("admin", gln)[:20]
    return PartyRow(
        profile,
        digest_text(profile),
        int(roles),
        party.get("status", ACTIVE),
        admin,
        party.get("distrustFrom", 0),
    )


def _document(said: dict[str, Json], scope: Scope, draw: Callable[[], bytes]) -> Any:  # noqa: ANN401
    paper = Paper(
        DocType[said["docType"]],
        said["number"],
        Gln.parse(said["issuer"]),
        said["issuedAt"],
        said["public"],
        said["confidential"],
        fake_hash("file", said["docType"], said["number"], said["issuedAt"]),
    )
    salts = tuple(draw()[:16] for _ in range(salts_needed(paper)))
    return build_document(paper, scope, DocumentSalts(draw(), salts))


@dataclass(frozen=True, slots=True)
class Staged:
    """What a verifier gets.

    Attributes:
        bundle: as the mirror serves it, lies included.
        facts: as an honest node answers.
        ledger: what really happened, for the judge only.
        as_of_unix: the moment of the scan.
    """

    bundle: Bundle
    facts: ChainFacts
    ledger: StagedLedger
    as_of_unix: int


def stage(story: Story, *, days_after: float = 20) -> Staged:
    """Let a story happen, and a tin of it be scanned some days after its last record."""
    ledger = StagedLedger(story)
    ledger.others = ledger.other_rows()
    honest = ledger.bundle(ledger.serials[0])
    facts = replace(ledger.facts(honest), signers=ledger.signers())
    served = honest
    for lie in story.mirror:
        served = LIES[lie["does"]](served, ledger, lie)
    last = ledger.appends[-1].recorded_at_unix
    return Staged(served, facts, ledger, last + int(days_after * 86_400))


# --- lies of a mirror -----------------------------------------------------------------------


def _alter_paper(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    """Another value in a field, served under the genuine commitment."""
    digest = ledger.digests[lie["paper"]]
    view = json.loads(bundle.documents[digest])
    for entry in view["fields"]:
        if entry.get("name") == lie["field"]:
            entry["value"] = canonical_text(lie["value"])
    return replace(bundle, documents={**bundle.documents, digest: canonical_text(view)})


def _alter_event(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    """Another text, served under the genuine digest."""
    digest = bundle.records[ledger.positions[lie["event"]]].digest
    text = bundle.contents[digest].replace(lie["old"], lie["new"])
    return replace(bundle, contents={**bundle.contents, digest: text})


def _withhold_paper(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    digest = ledger.digests[lie["paper"]]
    return replace(bundle, documents=_without(bundle.documents, digest))


def _withhold_field(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    """Only the leaf hash of a field that the issuer made public."""
    from tracer.domain.documents import field_leaf  # noqa: PLC0415 - for this lie only

    digest = ledger.digests[lie["paper"]]
    view = json.loads(bundle.documents[digest])
    view["fields"] = [
        {"leaf": field_leaf(entry["name"], entry["value"], bytes.fromhex(entry["salt"])).hex()}
        if entry.get("name") == lie["field"]
        else entry
        for entry in view["fields"]
    ]
    return replace(bundle, documents={**bundle.documents, digest: canonical_text(view)})


def _withhold_record(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    """An append left out, with its row and its content; later positions close up."""
    sequence = ledger.sequences[lie["record"]]
    gone = ledger.positions[lie["record"]]
    digest = bundle.records[gone].digest
    rows = [row for row in bundle.records if row.position != gone]
    return replace(
        bundle,
        appends=tuple(row for row in bundle.appends if row.sequence != sequence),
        records=tuple(replace(row, position=index) for index, row in enumerate(rows)),
        contents=_without(bundle.contents, digest),
        documents=_without(bundle.documents, digest),
    )


def _change_row(bundle: Bundle, ledger: StagedLedger, lie: dict[str, Json]) -> Bundle:
    """A record's row shows another kind or writer than the ledger's bytes."""
    at = ledger.positions[lie["record"]]
    row: RecordRow = bundle.records[at]
    changed = replace(row, **lie["columns"])
    rows = bundle.records
    return replace(bundle, records=(*rows[:at], changed, *rows[at + 1 :]))


def _without(texts: Mapping[bytes, str], digest: bytes) -> dict[bytes, str]:
    return {key: text for key, text in texts.items() if key != digest}


LIES: dict[str, Callable[[Bundle, StagedLedger, dict[str, Json]], Bundle]] = {
    "alter paper": _alter_paper,
    "alter event": _alter_event,
    "withhold paper": _withhold_paper,
    "withhold field": _withhold_field,
    "withhold record": _withhold_record,
    "change row": _change_row,
}
