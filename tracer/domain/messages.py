"""Every sentence that a verifier or a passport can say, once, in English.

A message is a key and parameters. Python fills the English text below; pages hold the same keys
in their own languages. `tests/vectors/message_keys.json` lists the keys with their parameters, so
that a page can prove that it translates all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracer.domain.paper_messages import FIELD_MESSAGES

_CHECKS = {
    "could-not-ask": "not compared with the chain: {error}",
    "bundle-form.malformed": "what the page was sent is not a bundle",
    # step 1
    "digital-link.ok": "the code names GTIN {gtin}, lot {lot}",
    "digital-link.none": "no code was scanned",
    "digital-link.malformed": "the GTIN or lot of the page is malformed",
    "digital-link.gtin": "the code names GTIN {scanned}, the page shows {shown}",
    "digital-link.lot": "the code names lot {scanned}, the page shows {shown}",
    "batch-id.ok": "the batch id is the hash of GTIN and lot",
    "batch-id.wrong": "the batch id is not the hash of GTIN and lot",
    # step 2
    "tin-issued.ok": "serial {serial} is one of the batch's serials",
    "tin-issued.none": "no serial was scanned",
    "tin-issued.absent": "serial {serial} is not one of the batch's serials",
    "tin-issued.other": "the code names serial {scanned}, the page shows {shown}",
    "tin-issued.root": "no record of the batch holds the serial root of the proof",
    "tin-issued.proof": "the proof does not lead from serial {serial} to the recorded root",
    "tin-count.ok": "the batch has {count} tins",
    "tin-count.none": "no serial was scanned",
    "tin-count.unstated": "no recorded content states how many tins the batch has",
    "tin-count.wrong": "the proof speaks of {shown} tins, the records of {stated}",
    # step 3
    "records-fold.ok": "{count} records fold to the batch's head",
    "records-fold.append": "the records do not fold to the head that is shown after them",
    "records-fold.batch": "the batch's head is not the fold of its records",
    "record-rows.ok": "all {count} record rows repeat what the appends hold",
    "record-rows.row": "the row does not repeat its append in: {columns}",
    "record-rows.missing": "the append holds this record, but its row is missing",
    "record-rows.extra": "no append holds this record",
    "record-rows.ragged": "the records are not a whole number of 44-byte records",
    "batch-flags.ok": "holds and recall follow from the records",
    "batch-flags.wrong": "the batch's row and its records disagree on: {columns}",
    "batch-flags.refused": "the ledger would have refused this record: {rule}",
    # step 4
    "same-chain.ok": "the node serves the same chain and ledger",
    "same-chain.differs": "the node serves another chain or ledger: {columns}",
    "head-on-chain.ok": "the head equals the ledger's, so no record is changed, added or withheld",
    "head-on-chain.unregistered": "the ledger does not know this batch",
    "head-on-chain.differs": "the ledger holds another head: a record is changed or withheld",
    "head-on-chain.pending": "{count} newer records are not final on the node yet",
    "head-on-chain.newer": "the ledger holds newer records that this page has not read yet",
    "head-on-chain.behind": "the node knows {count} newer records that this page has not read yet",
    "batch-row.ok": "the batch's row is what the ledger holds",
    "batch-row.differs": "the batch's row and the ledger disagree on: {columns}",
    "batch-row.unseen": "the node shows no registration of the batch",
    "appends-on-chain.ok": "all {count} appends stand in the ledger's log",
    "appends-on-chain.differs": "the append and the ledger's log disagree on: {columns}",
    "appends-on-chain.withheld": "the ledger's log holds this append, the page does not show it",
    "appends-on-chain.invented": "the ledger's log does not hold this append",
    "appends-on-chain.pending": "not final on the node yet",
    "appends-on-chain.behind": "newer than what this page has read",
    "appends-on-chain.cursor": "newer than the block up to which the page says it has read",
    "appends-on-chain.inconsistent": "the node's log and the node's head contradict each other",
    "final.ok": "block {block} is final",
    "final.pending": "block {block} is not final yet",
    # step 5
    "contents.ok": "{count} contents hash to their records",
    "contents.wrong": "the content is not the one that was recorded",
    "contents.missing": "the content is not available",
    "contents.unreferenced": "no record holds this content",
    "documents.ok": "{count} documents hash to their records",
    "documents.wrong": "the document is not the one that was recorded",
    "documents.withheld": "the document's public field {field} is hidden",
    "documents.malformed": "the document cannot be read",
    "documents.missing": "the document is not available",
    "documents.unreferenced": "no record holds this document",
    "others.ok": "{count} papers of other batches share a number with this one",
    "others.none": "no paper of another batch that shares a number was served",
    "others.wrong": "the paper of batch {batch} is not what its commitment says",
    "others.unreferenced": "the paper of batch {batch} shares no number with this batch",
    # step 6
    "parties-on-chain.ok": "{count} parties are as the ledger holds them",
    "parties-on-chain.differs": "the party's row and the ledger disagree on: {columns}",
    "parties-on-chain.missing": "the party wrote records, but its row is missing",
    "parties-on-chain.unreferenced": "the party neither owns the batch nor wrote to it",
    "parties-on-chain.unasked": "the node was not asked about this party",
    "profiles.ok": "{count} profiles hash to their parties",
    "profiles.wrong": "the profile is not the one that the ledger holds",
    "profiles.missing": "the profile is not available",
    "roles.ok": "every writer has a role that its records need",
    "roles.changed": "the writer has the role for {kinds} no more; the ledger checked it then",
    "standing.ok": "no writer is banned or suspended",
    "standing.banned": "the party has been banned",
    "standing.suspended": "the party is suspended now; it wrote while it was active",
    "standing.unknown": "the ledger does not know the party",
    "keys.ok": "no record was signed by a key reported compromised",
    "keys.distrusted": "signed by a key later reported compromised since {since}",
    "keys.unknown": "a key of the party was revoked, and it is not known which key signed this",
    # step 7
    "contents-agree.ok": "{count} contents agree with their records",
    "contents-agree.none": "no content is at hand",
    "contents-agree.malformed": "the content cannot be read",
    "contents-agree.differs": "the content and its record disagree on: {columns}",
    "C1.confirmed": "lot, GTIN and dates agree; {count} statements on {fields}",
    "C2.confirmed": "weights and numbers of tins agree; {count} statements on {fields}",
    "C3.confirmed": "container, seal and ship agree; {count} statements on {fields}",
    "C4.confirmed": "cited numbers, their uses and origin agree; {count} statements on {fields}",
    "C5.confirmed": "the manufacturer's number agrees; {count} statements on {fields}",
    "C6.confirmed": "formula, stage and customs code agree; {count} statements on {fields}",
    "C7.confirmed": "the dates follow each other; {count} statements on {fields}",
    "C8.confirmed": (
        "at declaration {months} or more months of shelf life were left; "
        "{count} statements on {fields}"
    ),
    "C9.confirmed": "papers are by those who may issue them; {count} statements on {fields}",
    "C10.confirmed": "no more came out than went in; {count} statements on {fields}",
    "C11.confirmed": "no supplier is banned; {count} statements on {fields}",
    "C12.confirmed": "places and ports lie where they should; {count} statements on {fields}",
    "C1.unverified": "fewer than two papers state lot or dates",
    "C2.unverified": "fewer than two papers state weights or tins",
    "C3.unverified": "fewer than two papers state container, seal or ship",
    "C4.unverified": "no paper cites another",
    "C5.unverified": "fewer than two papers state the manufacturer's number",
    "C6.unverified": "fewer than two papers state formula, stage or customs code",
    "C7.unverified": "fewer than two dates are stated",
    "C8.unverified": "no declaration and best-before date to compare",
    "C9.unverified": "no paper whose issuer can be compared",
    "C10.unverified": "no event states what went in and what came out",
    "C11.unverified": "no receipt of materials names its supplier",
    "C12.unverified": "no coordinates or ports to compare",
    "cross.exceeds": "{field}: {one} says {a}, more than {other} allows with {b}",
    "cross.reused": (
        "{type} {number} is used again: {one} for {a} kg, batch {batch} for {b} kg; "
        "it covers {c} kg"
    ),
    "cross.overused": "{type} {number}: {one} uses it for {a} kg; it covers {b} kg",
    "cross.issuer": "{one} was issued by {gln}, which has none of the roles {roles}",
    "cross.issuer-unknown": "nothing is known about {gln}, which issued {one}; {roles} may",
    "cross.issuer-lost": "{gln}, which issued {one}, no longer has one of the roles {roles}",
    "cross.issuer-other": "{one} was recorded by {gln}, which has none of the roles {roles}",
    "cross.kind": "{one} by {gln} stands in a record of another kind; {roles} may issue it",
    "cross.key": "{one} was signed by a key of {gln} that is distrusted since {since}",
    "cross.renewed": "{one} was valid until {a}; under {rule} it may have been renewed",
    "cross.supplier": "{one} of {a} takes goods from {other}, {status} since {since}",
    "cross.supplier-since": "{other} is {status} since {since}; {one} took its goods at {a}",
    "cross.supplier-unknown": "the ledger's word on {other}, named by {one}, is not at hand",
    "cross.copied": "{one} by {gln} repeats {paper} as something that it is not",
    "cross.dependent": "{one} is by {gln}, which trades itself: {roles}",
    "cross.self-confirmed": "{one} is by {gln}, which made the claim itself",
    "cross.outside": "{one} has the place {gln} at {a}, outside {country}",
    "cross.speed": "{one} and {other} are {km} km apart, too far for {hours} h",
    "cross.port-unknown": (
        "{one} names the port {a}, whose position is not known here; {other} was not compared"
    ),
    "cross.far": "{one} is {km} km from where {other} has it, more than {limit} km",
    "cross.conflict": "{field}: {one} says {a}, {other} says {b}",
    "cross.rule": "{field}: {one} says {a}, which breaks the rule {rule}",
    "cross.order": "{first} ({a}) is later than {second} ({b})",
    # step 8
    "recall.ok": "the batch is not recalled",
    "recall.recalled": "the batch has been recalled",
    "hold.ok": "the batch is not on hold",
    "hold.held": "the batch is on hold; parties that hold it: {count}",
    "expiry.ok": "best before {date}",
    "expiry.expired": "the best-before date {date} has passed",
    "expiry.unknown": "no recorded document states a best-before date",
    "clearance.cleared": "customs confirmed the clearance",
    "clearance.claimed": "only the broker states the clearance; customs have not confirmed it",
    "clearance.none": "no customs clearance is recorded",
    "clearance.objection": "customs object to the clearance in {one}: {reasons}",
    "clearance.withheld": "papers that are recorded and not shown: {count}; so nothing is cleared",
    "clearance.cited": "{one} cites {type} {number}, and no such paper is recorded",
    "clearance.offices": "{one} is by {gln}, which did not inspect the goods as {other} did",
    "clearance.doubted": "Confirmed by customs, but not everything could be compared",
    "clearance.conflict": "a paper of the clearance contradicts what is recorded",
    # steps 9 and 10
    "scan-history.none": "how often this code was scanned was not asked",
    "scan-history.unknown": "how often this code was scanned could not be found out",
    "scan-history.first": "no earlier scan tells against this tin; {count} were counted",
    "scan-history.here": "scans before, as of one tin: {count}",
    "scan-history.elsewhere": "the code was scanned in places that do not fit one journey",
    "scan-history.opened": "the code under the seal was used before",
    "freshness.ok": "read up to block {block}, {behind} blocks behind the node",
    "freshness.ahead": "read up to block {block}, which the node does not know yet",
    "freshness.fork": "block {block} of the page is not a block of the node's chain",
    "freshness.time": "block {block} of the node has another time",
}

_VERDICTS = {
    "verdict.OK": "Verified",
    "verdict.OK_WITH_NOTE": "Verified, with a note",
    "verdict.ON_HOLD": "On hold",
    "verdict.RECALLED": "Recalled",
    "verdict.EXPIRED": "Expired",
    "verdict.NOT_ISSUED": "Not a tin of this batch",
    "verdict.NOT_VERIFIED": "Not verified",
    "verdict.COULD_NOT_CHECK": "Could not check",
    "verdict.SEEN_ELSEWHERE": "Seen elsewhere",
    "verdict.OPENED_BEFORE": "Opened before",
    "reason.ok": "All {count} records of this batch are genuine and complete.",
    "reason.recalled": "This batch was recalled on {date}.",
    "reason.held": "This batch is on hold since {date}.",
    "reason.clearance": "Customs clearance is contradicted: {reason}",
    "reason.expired": "The best-before date {date} has passed.",
    "reason.not-issued": "The maker never issued serial {serial} for this batch.",
    "reason.not-registered": "The ledger does not know this batch.",
    "reason.not-verified": "{subject}: {reason}",
    "reason.lab-unusable": "The report {report} says pass, but cannot show that {name} does.",
    "reason.lab-fail": "{name} breaks its limit in the laboratory report {report}.",
    "reason.could-not-check": "{reason}",
    "reason.history": "{reason}",
    "action.use": "Nothing to do.",
    "action.read-note": "Read the note below.",
    "action.wait": "Do not use or sell it until the hold is lifted.",
    "action.return": "Stop using it. Keep the tin and return it to the shop.",
    "action.discard": "Do not use it.",
    "action.ask-seller": "Do not rely on this tin. Ask the seller or the maker.",
    "action.try-again": "Try again later, or check with another node.",
    "action.check-tin": "Compare seal and lot. Unless you know where it was, ask the seller first.",
    "action.check-seal": "Do not use it, unless your own household opened it on that day.",
}

_NOTES = {
    "note.condition-minor": "It was briefly warmer than {max} °C on the way, at most {peak} °C.",
    "note.condition-major": "It was above {max} °C for {hours} h on the way, at most {peak} °C.",
    "note.condition-critical": "It was above {hard} °C on the way, at most {peak} °C.",
    "note.condition-gap": "The temperature record has gaps.",
    "note.lab-NOT_JUDGED": "Laboratory values are shown, but not judged: {standard} was not read.",
    "note.lab-INCOMPLETE": "The laboratory report lacks results that the standard asks for.",
    "note.lab-differs": "The laboratory says {stated}, the values say {computed}.",
    "note.lab-fail-unjudged": "A laboratory report says fail, by a limit we do not hold.",
    "note.lab-none": "No laboratory report is recorded.",
    "note.clearance-claimed": "Customs have not confirmed the broker's statement yet.",
    "note.clearance-doubted": "Customs' confirmation could not be compared with all: {reason}.",
    "note.clearance-slow": "Clearance took {hours} h, longer than {target} h.",
    "note.suspended": "{name} is suspended now.",
    "note.missing": "{count} contents or documents are not available.",
    "note.hold-lifted": "It was on hold and has been released.",
    "note.carbon-differs": "The stated footprint does not follow from its own lines.",
}

_CLONES = {
    "clone.first": "Nobody has scanned this code before.",
    "clone.first-here": "This is the first scan in this region.",
    "clone.seen-here": "Scans before in this region, since {day}: {count}.",
    "clone.also-elsewhere": "Other regions in which it was scanned: {count}.",
    "clone.journeys": (
        "Scanned in {regions} regions in turn; a single tin would have had to travel {count} times."
    ),
    "clone.many-devices": "{count} devices have scanned this code, more than a household has.",
    "clone.early": "Scanned {days} days before the batch was first sold.",
    "clone.other-market": "The batch was made for another country: {country}.",
    "clone.opening": "The code under the seal is right, and this is its first use.",
    "clone.opened": "The code under the seal was first used on {day}.",
    "clone.reopened": "The code under the seal was used before, first on {day}; perhaps by you.",
    "clone.reopened-elsewhere": "The code under the seal was used in another region on {day}.",
    "clone.reopened-late": "The code under the seal was used on {day}; that tin is long used up.",
    "clone.opened-elsewhere": "The tin with this code was opened in another region on {day}.",
    "clone.wrong-code": "This is not the code under the seal of this tin.",
    "clone.no-codes": "The tins of this batch have no code under the seal.",
    "clone.too-many": "Too many wrong codes were tried for this tin today. Try again tomorrow.",
    "clone.unknown": "How often this code was scanned is not known just now.",
}

_PASSPORT = {
    "lab.PASS": "Within all limits that were judged",
    "lab.FAIL": "Breaks a limit",
    "lab.INCOMPLETE": "Incomplete",
    "lab.NOT_JUDGED": "Not judged",
    "lab-row.within": "within its limits",
    "lab-row.above": "above the limit",
    "lab-row.below": "below the limit",
    "lab-row.detected": "found in {count} of {n} samples, at most {c} may",
    "lab-row.clear": "{n} samples, none beyond the plan",
    "lab-row.too-few": "{count} of {n} samples",
    "lab-row.missing": "not in the report",
    "lab-row.no-limit": "this market has no limit for it",
    "lab-row.no-table": "not judged: {standard} is not read",
    "lab-row.unread": "not judged: the limit is not read from the standard",
    "lab-row.unit": "not judged: reported in another unit",
    "lab-row.insensitive": "not judged: the method cannot see the limit",
    "lab-row.no-plan": "not judged: no sampling plan applies",
    "lab-row.not-in-force": "not judged: the limit is for powder made from {date} on",
    "lab-row.not-claimed": "not judged: an optional ingredient that is not claimed",
    "lab-row.above-guidance": "above the guidance level {limit}, which is no limit",
    "lab-id.independent": "The laboratory neither owns nor makes the batch.",
    "lab-id.owner": "The laboratory owns the batch that it tested.",
    "lab-id.maker": "The laboratory makes such goods itself.",
    "lab-id.no-role": "The ledger does not hold the issuer as a laboratory.",
    "lab-id.same-lot": "The sample is of this lot.",
    "lab-id.other-lot": "The sample is of lot {stated}, the batch is lot {lot}.",
    "lab-id.no-lot": "The report does not say of which lot the sample is.",
    "lab-id.dates": "Sampling, receipt, tests and report follow each other.",
    "lab-id.no-dates": "The report does not state all of its dates.",
    "lab-id.received": "The sample was received before it was taken.",
    "lab-id.tested": "The tests began before the sample was received.",
    "lab-id.ended": "The tests ended before they began.",
    "lab-id.issued": "The report was issued before the tests ended.",
    "lab-id.scheme": "Accreditation {number} has the form of a scheme that is known.",
    "lab-id.no-number": "The report states no accreditation number.",
    "lab-id.no-scheme": "Accreditation {number} has the form of no scheme that is known.",
    "lab-id.in-force": "The accreditation was in force on the test dates, until {until}.",
    "lab-id.lapsed": "The accreditation, until {until}, was not in force on the test dates.",
    "lab-id.no-start": "The report does not say from when the accreditation, until {until}, held.",
    "lab-id.no-validity": "The report does not say until when the accreditation holds.",
    "lab-id.in-scope": "The accreditation covers the methods.",
    "lab-id.scope": "The accreditation does not list: {methods}.",
    "lab-id.no-scope": "The report does not say which methods are accredited.",
    "lab-id.unnamed-method": "The report does not name the method of every result.",
    "condition.in_range": "In range",
    "condition.minor": "Short excursion",
    "condition.major": "Excursion",
    "condition.critical": "Harmful excursion",
    "condition.data_gap": "Gaps in the record",
    "condition.unknown": "Profile unknown",
    "clearance.CLEARED": "Cleared by customs",
    "clearance.CLAIMED": "Stated by the broker, not confirmed",
    "clearance.NONE": "Not recorded",
    "clearance.CONFLICT": "Contradicted",
    "paper.CLEARED": "Confirmed by customs",
    "paper.CLAIMED": "Stated by the broker, not confirmed",
    "paper.CONFIRMED": "Recorded by its issuer",
    "paper.UNVERIFIED": "Not recorded by its issuer",
    "paper.CONFLICT": "Contradicts another paper",
    "paper.INVALID": "Not the paper that was recorded",
    "paper.WITHHELD": "Recorded, not shown",
    "carbon.ok": "The stated total follows from its lines",
    "carbon.differs": "The stated total does not follow from its lines",
    "carbon.band-below": "below the range in the literature",
    "carbon.band-within": "within the range in the literature",
    "carbon.band-above": "above the range in the literature",
}

MESSAGES: Mapping[str, str] = {
    **_CHECKS,
    **_VERDICTS,
    **_NOTES,
    **_CLONES,
    **_PASSPORT,
    **FIELD_MESSAGES,
}
"""Key -> English text with {parameters}."""

Params = Mapping[str, str | int]


def render_english(key: str, params: Params) -> str:
    """The English sentence of a message.

    Raises:
        KeyError: an unknown key, or a parameter that the text needs is missing.
    """
    return MESSAGES[key].format_map(params)


@dataclass(frozen=True, slots=True)
class Message:
    """A key and what its text is filled with.

    Attributes:
        key: of `MESSAGES`.
        params: the text's parameters.
    """

    key: str
    params: Params = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The English sentence."""
        return render_english(self.key, self.params)

    def to_json(self) -> dict[str, object]:
        """JSON form, with the English text for readers without a translation."""
        return {"key": self.key, "params": dict(self.params), "english": self.english}
