"""The answers of `/v1` and of the health pages: camelCase, hexadecimal without 0x, Unix seconds."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tracer.domain.cards import VerdictCode
from tracer.domain.clones import CloneState


class Answer(BaseModel):
    """Base of every answer: snake_case here, camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Health(Answer):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Ready(Answer):
    """Whether the server can answer from a fresh mirror."""

    status: Literal["ready", "stale", "empty", "unreachable"]
    reason: str = Field(description="why, one sentence for people")
    chain_id: int | None = Field(None, description="EIP-155 chain id")
    contract: str | None = Field(None, description="the ledger's address, 40 hexadecimal digits")
    block_number: int | None = Field(None, description="newest block that the mirror has taken in")
    block_time: int | None = Field(None, description="its timestamp, Unix seconds")
    age_seconds: int | None = Field(
        None, description="how old that block is by this server's clock"
    )
    lag_seconds: int | None = Field(
        None,
        description=(
            "the mirror lacks at most what the chain did in this time; null on chains that mine"
            " only on demand, where the age of a block says nothing"
        ),
    )
    next_sequence: int | None = Field(None, description="sequence of the ledger's next event")


class BatchSummary(Answer):
    """One batch of the list."""

    gtin: str
    lot: str
    batch_id: str
    owner: str = Field(description="GLN of the party that registered it")
    head: str
    record_count: int
    holds: int = Field(description="parties that hold it now")
    recalled: bool
    links: dict[str, str] = Field(description="page, batch, records, bundle")


class BatchList(Answer):
    """Batches in ascending order of registration."""

    batches: list[BatchSummary]
    truncated: bool = Field(description="whether there are more than one answer holds")


class RecordItem(Answer):
    """One record of a batch, in the order of the ledger."""

    position: int
    sequence: int = Field(description="the ledger's event counter at the append that holds it")
    kind: int
    kind_name: str | None
    occurred_at: int
    recorded_at: int
    location: str | None = Field(description="GLN")
    signer: str = Field(description="GLN")
    digest: str
    content: str | None = Field(description="address of what the digest pins, where it is on file")


class RecordList(Answer):
    """All records of a batch."""

    gtin: str
    lot: str
    head: str
    records: list[RecordItem]


class Outcome(StrEnum):
    """What came of a code under a seal."""

    FIRST = "FIRST"  # right, and never used before
    AGAIN = "AGAIN"  # right, and used before
    WRONG = "WRONG"  # not this tin's
    NO_CODES = "NO_CODES"  # the batch has none
    TOO_MANY = "TOO_MANY"  # not compared: too many wrong ones today
    UNKNOWN = "UNKNOWN"  # not compared or not counted just now


class Reason(Answer):
    """One sentence of an assessment, as a key of the catalogues."""

    key: str
    params: dict[str, str | int]
    english: str


class RegionCount(Answer):
    """Scans of one region."""

    region: str = Field(description='ISO 3166-2 or ISO 3166-1 alpha-2; "" when it is not known')
    scans: int


class HistoryAnswer(Answer):
    """What was counted of a code before this scan."""

    scans: int
    devices: int = Field(description="scans by devices that had not scanned the code before")
    since: str | None = Field(description="day of the first scan, ISO 8601")
    regions: list[RegionCount] = Field(description="those with the most scans first, at most 8")
    more_regions: int
    opened: str | None = Field(description="day on which the code under the seal was first used")


class ScanAnswer(Answer):
    """What a code's scans say of the tin that was scanned now."""

    state: CloneState
    score: float = Field(description="0 = like one tin, towards 1 = like many; from 0.5 a verdict")
    verdict: VerdictCode | None = Field(
        None, description="what an otherwise good verdict becomes; null = it stays"
    )
    reasons: list[Reason]
    region: str = Field(description="where this scan was counted")
    history: HistoryAnswer | None = Field(None, description="null when it is not known")


class OpeningAnswer(ScanAnswer):
    """What a code under a seal says of the tin."""

    outcome: Outcome
    since: str | None = Field(None, description="day of its first use; null with any other outcome")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:tracer:error:not-found"])
    title: str
    status: int
    detail: str
    code: str = Field(description="stable; docs/reference/errors.md explains each")
    hint: str | None = Field(None, description="what to do next")


class Photo(Answer):
    """What the QR codes in a photo say."""

    texts: list[str] = Field(description="each text once; empty when no code was found")
