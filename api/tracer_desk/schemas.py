"""What the desk takes and answers: camelCase, Unix seconds, hexadecimal.

Addresses and what is signed have 0x before them, all else has not. What is taken holds nothing
beside what is named here.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from tracer_api.schemas import Answer

from tracer_desk.limits import MAX_FIELDS

State = Literal["MISSING", "UPLOADED", "STATED", "RECORDED", "CONFIRMED", "CONFLICT", "ERASED"]


class Given(BaseModel):
    """Base of everything that comes in; an unknown member is refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=False, frozen=True, extra="forbid", strict=True
    )


# --- health ---------------------------------------------------------------------------------------


class Part(Answer):
    """One of the things that the desk cannot work without."""

    status: Literal["ready", "stale", "empty", "unreachable", "unknown"]
    reason: str = Field(description="why, one sentence for people")


class DeskReady(Answer):
    """Whether the desk can take papers in and give them out."""

    status: Literal["ready", "unready"] = Field(description="ready when every part is")
    mirror: Part = Field(description="who may do what")
    vault_database: Part = Field(description="keys, states, grants and the log of the papers")
    vault_blobs: Part = Field(description="the encrypted papers")


# --- sign-in ------------------------------------------------------------------------------------


class Challenge(Answer):
    """A text to sign."""

    message: str = Field(description="EIP-4361; sign it as it is, with personal_sign")


class SignInGiven(Given):
    """The signed text."""

    message: str = Field(max_length=1_000)
    signature: str = Field(max_length=132, description="0x and 130 hexadecimal digits")


class Session(Answer):
    """Who is signed in."""

    address: str = Field(description="of the key, EIP-55")
    gln: str
    roles: list[str]
    expires_at: int


class VaultKey(Answer):
    """What receipts verify with."""

    public_key: str = Field(description="Ed25519, 64 hexadecimal digits")


# --- types --------------------------------------------------------------------------------------


class FieldForm(Answer):
    """One field of a form."""

    name: str
    public: bool
    kind: str
    required: bool
    check: str
    label_en: str
    label_zh: str
    choices: list[str]


class TypeForm(Answer):
    """One type of paper."""

    type: str
    name_en: str
    name_zh: str
    issuer_roles: list[str]
    needed_for: list[str] = Field(description="trade modes whose clearance needs it")
    fixed: list[FieldForm]
    fields: list[FieldForm]


class TypeForms(Answer):
    """All of them."""

    types: list[TypeForm]


class UploadQuery(Given):
    """What a file is and which batch it belongs to."""

    gtin: str = Field(max_length=14)
    lot: str = Field(max_length=20)
    type: str = Field(max_length=40, description="for example CUSTOMS_DECLARATION")


# --- documents ----------------------------------------------------------------------------------


class ReadValue(Answer):
    """A field as it was read; a person confirms it."""

    name: str
    value: Any
    page: int
    quote: str


class Uploaded(Answer):
    """A paper that is stored."""

    receipt: dict[str, Any] = Field(
        description="signed by the vault, see docs/explanation/vault.md"
    )
    reading: list[ReadValue]
    report: dict[str, Any] = Field(description="mediaType, pages, notes, signatures")


class Reason(Answer):
    """Why something is as it is."""

    key: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    text: str


class DocumentLine(Answer):
    """A paper at the desk."""

    id: str
    type: str
    state: State
    number: str = ""
    gtin: str
    lot: str
    org: str = Field(description="GLN of the organisation that handed it in")
    mine: bool
    stored_at: int
    size: int
    commitment: str | None = None
    reasons: list[Reason] = Field(default_factory=list)


class DocumentList(Answer):
    """Papers that the caller may see."""

    documents: list[DocumentLine] = Field(description="the newest last")
    truncated: bool = Field(description="whether there are more than one answer holds")


class DocumentInfo(DocumentLine):
    """A paper with what was read of it; the last four only for who may read the file."""

    file_name: str = ""
    receipt: dict[str, Any] = Field(default_factory=dict)
    reading: list[ReadValue] = Field(default_factory=list)
    report: dict[str, Any] = Field(default_factory=dict)


class CheckGiven(Given):
    """Fields to look at."""

    fields: dict[str, Any] = Field(max_length=MAX_FIELDS)


class FieldProblemOut(Answer):
    """What is wrong with a field."""

    name: str
    key: str
    params: dict[str, Any]
    text: str


class Checked(Answer):
    """What is wrong, and what may be signed when nothing is."""

    problems: list[FieldProblemOut]
    typed_data: dict[str, Any] | None = Field(
        None,
        description="EIP-712; commitment and publicCommitment are filled in by who draws the salts",
    )


class StatementGiven(Given):
    """The issuer's word."""

    view: str = Field(max_length=2**20, description="the full view, canonical")
    statement: dict[str, Any] = Field(max_length=6, description="the EIP-712 message")
    signature: str = Field(max_length=132)


class RecordOut(Answer):
    """What the issuer's own key writes to the ledger."""

    kind: int
    digest: str
    occurred_at: int
    location: str | None


class Transaction(Answer):
    """The same as a call of the ledger."""

    to: str
    data: str


class Stated(Answer):
    """A paper whose statement is kept."""

    commitment: str
    record: RecordOut
    transaction: Transaction


class ViewOut(Answer):
    """Everything a paper says, with the issuer's word for it."""

    view: str
    statement: dict[str, Any]
    signature: str
    address: str


# --- grants -------------------------------------------------------------------------------------


class GrantGiven(Given):
    """Somebody else who shall open a paper."""

    grantee: str = Field(max_length=13, description="GLN")
    public_key: str = Field(pattern="^[0-9a-f]{64}$", description="X25519")
    expires_at: int = Field(ge=0, le=2**40)
    purpose: str = Field(min_length=1, max_length=200)


class GrantOut(Answer):
    """A grant."""

    grant_id: str
    grantee: str
    public_key: str
    purpose: str
    created_at: int
    expires_at: int
    revoked_at: int | None


class GrantList(Answer):
    """All grants of a paper."""

    grants: list[GrantOut]


# --- a batch ------------------------------------------------------------------------------------


class ChecklistRow(Answer):
    """One type of paper of a batch."""

    type: str
    needed: bool
    state: State
    reasons: list[Reason]
    documents: list[str] = Field(description="ids of those that the caller may see")


class Checklist(Answer):
    """What a batch needs to be cleared, and where it stands."""

    gtin: str
    lot: str
    trade_mode: str
    papers: list[ChecklistRow]
    checks: list[dict[str, Any]] = Field(description="cross checks of what is on the ledger")
