"""The project's own batch file, `"format": "tracer-batch/1"`: one JSON object, one batch.

Described for people in docs/howto/batch-files.md. Everything is read by tables of rules, one per
object, so that what is allowed stands in one place and is what error messages list.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import DOCUMENT_KIND, DocType
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind, Role
from tracer.errors import InputError, InvalidFileError
from tracer.operations.epcis_file import read_document
from tracer.operations.event_reader import parse_past_moment
from tracer.operations.findings import FieldRule, Findings, read_fields
from tracer.operations.plan import (
    BatchPlan,
    PartyProfile,
    PlannedConfirmation,
    PlannedDocument,
    PlannedInspection,
    PlannedItem,
    PlannedSerials,
)
from tracer.operations.plan_rules import find_refusals
from tracer.operations.serials import build_sample_serials
from tracer.operations.stages import parse_stage
from tracer.operations.values import (
    parse_count,
    parse_country,
    parse_doc_type,
    parse_fields,
    parse_flag,
    parse_gln,
    parse_list,
    parse_object,
    parse_prefix_digits,
    parse_roles,
    parse_serial_list,
    parse_text,
)

FORMAT = "tracer-batch/1"
INSPECTION_DOMAIN = b"tracer/inspection/v1\x00"


@dataclass(frozen=True, slots=True)
class _Source:
    """The file being read.

    Attributes:
        folder: paths in the file are relative to it.
        now_unix: nothing happened later.
        findings: where broken rules go.
    """

    folder: Path
    now_unix: int
    findings: Findings

    def parse_moment(self, raw: object) -> tuple[str, int]:
        """A timestamp as written, and in Unix seconds."""
        moment_unix = parse_past_moment(raw, self.now_unix)
        return str(raw), moment_unix

    def parse_path(self, raw: object) -> Path:
        """A file below the batch file's folder; nothing else on the disk is looked at."""
        relative = PurePosixPath(parse_text(raw))
        if relative.is_absolute() or ".." in relative.parts or "\\" in str(relative):
            raise InvalidFileError("must be a path below the batch file, with forward slashes")
        path = self.folder / relative
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise InvalidFileError("leads out of the batch file's folder")
        if not path.is_file():
            raise InvalidFileError(f"there is no such file: {path}")
        return path

    def read_each(
        self,
        raw: Sequence[Any],
        place: str,
        rules: Mapping[str, FieldRule],
        build: Callable[[dict[str, Any]], Any],
    ) -> list[Any]:
        """Read a list of objects; those that break a rule are noted and left out."""
        built = []
        for index, entry in enumerate(raw):
            where = f"{place}[{index}]"
            if values := read_fields(entry, where, rules, self.findings):
                try:
                    built.append(build(values))
                except InputError as error:
                    self.findings.add(where, None, str(error))
        return built


_TOP = {
    "format": FieldRule(parse_text),
    "notice": FieldRule(parse_text, required=False),
    "titleEn": FieldRule(parse_text, required=False),
    "titleZh": FieldRule(parse_text, required=False),
    "batch": FieldRule(parse_object),
    "parties": FieldRule(parse_list),
    "recorders": FieldRule(parse_object, required=False, default={}),
    "epcisDocument": FieldRule(parse_object, required=False),
    "documents": FieldRule(parse_list, required=False, default=()),
    "serials": FieldRule(parse_object, required=False),
    "confirmations": FieldRule(parse_list, required=False, default=()),
    "inspections": FieldRule(parse_list, required=False, default=()),
    "annex": FieldRule(parse_object, required=False),
}
_BATCH = {
    "gtin": FieldRule(lambda raw: Gtin.parse(parse_text(raw))),
    "lot": FieldRule(lambda raw: Lot.parse(parse_text(raw))),
    "owner": FieldRule(parse_gln),
    "prefixDigits": FieldRule(parse_prefix_digits),
}
_PARTY = {
    "gln": FieldRule(parse_gln),
    "nameEn": FieldRule(parse_text),
    "nameZh": FieldRule(parse_text),
    "roles": FieldRule(parse_roles),
    "country": FieldRule(parse_country),
    "city": FieldRule(parse_text),
    "invented": FieldRule(parse_flag, required=False),
    "manufacturerNo519": FieldRule(parse_text, required=False),
    "uscc": FieldRule(parse_text, required=False),
}


def read_bundle(raw: Mapping[str, Any], folder: Path, now_unix: int, file: str) -> BatchPlan:
    """Read a batch file of this format.

    Args:
        raw: the file's JSON object.
        folder: the folder it lies in; the papers it names are looked up there.
        now_unix: the moment of reading, Unix seconds.
        file: the file's name for messages.

    Raises:
        InvalidFileError: it breaks rules; the message lists the first 20.
    """
    findings = Findings(file)
    source = _Source(folder, now_unix, findings)
    top = findings.sound(read_fields(raw, "", _TOP, findings))
    batch = read_fields(top["batch"], "batch", _BATCH, findings)
    parties = _read_parties(source, top["parties"])
    items = _read_items(source, top, parties, batch)
    inspections = _read_inspections(source, top["inspections"], parties)
    if batch and batch["owner"] not in parties:
        findings.add("batch.owner", str(batch["owner"]), "is not among the parties")
    batch = findings.sound(batch)
    plan = BatchPlan(
        batch["gtin"],
        batch["lot"],
        batch["owner"],
        batch["prefixDigits"],
        tuple(parties.values()),
        tuple(sorted(items, key=lambda item: item.occurred_at_unix)),
        tuple(sorted(inspections, key=lambda one: one.inspected_at_unix)),
    )
    for item, rule in find_refusals(plan):
        at = datetime.fromtimestamp(item.occurred_at_unix, UTC).isoformat()
        findings.add(f"{item.kind.name} of {at} by {item.recorder}", None, rule)
    findings.raise_if_any()
    return plan


def _read_parties(source: _Source, raw: Sequence[Any]) -> dict[Gln, PartyProfile]:
    parties: dict[Gln, PartyProfile] = {}

    def build(values: dict[str, Any]) -> None:
        gln = values["gln"]
        if gln in parties:
            raise InvalidFileError(f"party {gln} stands twice in the list")
        profile = {key: value for key, value in values.items() if value is not None}
        profile["gln"] = gln.value
        profile["roles"] = [role.name for role in Role if role & values["roles"]]
        parties[gln] = PartyProfile(
            gln,
            values["nameEn"],
            values["nameZh"],
            values["roles"],
            profile,
            canonical_text(profile),
        )

    source.read_each(raw, "parties", _PARTY, build)
    return parties


def _read_items(
    source: _Source,
    top: dict[str, Any],
    parties: Mapping[Gln, PartyProfile],
    batch: dict[str, Any] | None,
) -> list[PlannedItem]:
    def parse_party(raw: object) -> Gln:
        gln = parse_gln(raw)
        if gln not in parties:
            raise InvalidFileError("is not among the parties of this file")
        return gln

    items: list[PlannedItem] = []
    recorders = _read_recorders(source.findings, top["recorders"], parse_party)
    if top["epcisDocument"] is not None:
        items += read_document(
            top["epcisDocument"], "epcisDocument", recorders.of, source.now_unix, source.findings
        )
    documents = _read_documents(source, top["documents"], parse_party)
    items += documents
    if top["serials"] is not None and batch:
        items += _read_serials(source, top["serials"], batch)
    items += _read_confirmations(source, top["confirmations"], parse_party, documents)
    return items


class _Recorders:
    """Who writes which stage; a stage that nobody writes is noted once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.glns: dict[Kind, Gln | None] = {}

    def of(self, kind: Kind) -> Gln | None:
        if kind not in self.glns:
            self._findings.add("recorders", None, f"name nobody for stage {kind.name}")
            self.glns[kind] = None
        return self.glns[kind]


def _read_recorders(
    findings: Findings, raw: Mapping[str, Any], parse_party: Callable[[object], Gln]
) -> _Recorders:
    recorders = _Recorders(findings)
    for name, gln in raw.items():
        try:
            kind = parse_stage(name)
            recorders.glns[kind] = None  # named, even if wrongly
            recorders.glns[kind] = parse_party(gln)
        except InputError as error:
            findings.add(f"recorders.{name}", gln, str(error))
    return recorders


def _read_documents(
    source: _Source, raw: Sequence[Any], parse_party: Callable[[object], Gln]
) -> list[PlannedDocument]:
    rules = {
        "docType": FieldRule(parse_doc_type),
        "number": FieldRule(parse_text),
        "issuer": FieldRule(parse_party),
        "issuedAt": FieldRule(source.parse_moment),
        "public": FieldRule(parse_fields),
        "confidential": FieldRule(parse_fields, required=False, default={}),
        "file": FieldRule(source.parse_path, required=False),
    }
    seen: set[tuple[DocType, str]] = set()

    def build(values: dict[str, Any]) -> PlannedDocument:
        doc_type, number = values["docType"], values["number"]
        if (doc_type, number) in seen:
            raise InvalidFileError(f"{doc_type.name} {number} stands twice in the list")
        seen.add((doc_type, number))
        if shared := sorted(values["public"].keys() & values["confidential"].keys()):
            raise InvalidFileError(f"field {shared[0]!r} is both public and confidential")
        issued_at, issued_at_unix = values["issuedAt"]
        return PlannedDocument(
            doc_type=doc_type,
            number=number,
            issuer=values["issuer"],
            recorder=values["issuer"],
            kind=DOCUMENT_KIND[doc_type],
            issued_at_unix=issued_at_unix,
            issued_at=issued_at,
            public=values["public"],
            confidential=values["confidential"],
            file=values["file"],
        )

    return source.read_each(raw, "documents", rules, build)


def _read_serials(
    source: _Source, raw: Mapping[str, Any], batch: dict[str, Any]
) -> list[PlannedSerials]:
    listed = {
        "issuedAt": FieldRule(source.parse_moment),
        "list": FieldRule(parse_serial_list),
    }
    sample = {
        "issuedAt": FieldRule(source.parse_moment),
        "count": FieldRule(parse_count),
        "prefix": FieldRule(parse_text),
        "sampleSeed": FieldRule(parse_text),
        "include": FieldRule(parse_serial_list),
    }
    rules = sample if "sampleSeed" in raw else listed
    values = read_fields(raw, "serials", rules, source.findings)
    if values is None:
        return []
    serials = values.get("list") or build_sample_serials(
        values["sampleSeed"], values["prefix"], values["count"], values["include"]
    )
    return [PlannedSerials(batch["owner"], values["issuedAt"][1], tuple(serials))]


def _read_confirmations(
    source: _Source,
    raw: Sequence[Any],
    parse_party: Callable[[object], Gln],
    documents: Sequence[PlannedDocument],
) -> list[PlannedConfirmation]:
    declared = {d.number for d in documents if d.doc_type is DocType.CUSTOMS_DECLARATION}

    def parse_declaration(number: object) -> str:
        if parse_text(number) not in declared:
            raise InvalidFileError("is no CUSTOMS_DECLARATION of this file")
        return str(number)

    rules = {
        "declaration": FieldRule(parse_declaration),
        "recorder": FieldRule(parse_party),
        "confirmedAt": FieldRule(source.parse_moment),
    }
    return source.read_each(
        raw,
        "confirmations",
        rules,
        lambda v: PlannedConfirmation(v["declaration"], v["recorder"], v["confirmedAt"][1]),
    )


def _read_inspections(
    source: _Source, raw: Sequence[Any], parties: Mapping[Gln, PartyProfile]
) -> list[PlannedInspection]:
    def parse_party(gln: object) -> Gln:
        if (parsed := parse_gln(gln)) not in parties:
            raise InvalidFileError("is not among the parties of this file")
        return parsed

    rules = {
        "id": FieldRule(parse_text),
        "party": FieldRule(parse_party),
        "inspector": FieldRule(parse_party),
        "inspectedAt": FieldRule(source.parse_moment),
        "passed": FieldRule(parse_flag),
        "report": FieldRule(parse_object),
    }

    def build(values: dict[str, Any]) -> PlannedInspection:
        report = {
            "id": values["id"],
            "party": values["party"].value,
            "inspector": values["inspector"].value,
            "inspectedAt": values["inspectedAt"][0],
            "passed": values["passed"],
            "report": values["report"],
        }
        named = f"{values['inspector']}\x00{values['id']}".encode()
        return PlannedInspection(
            hashlib.sha256(INSPECTION_DOMAIN + named).digest(),
            values["party"],
            values["inspector"],
            values["inspectedAt"][1],
            values["passed"],
            canonical_text(report),
        )

    return source.read_each(raw, "inspections", rules, build)
