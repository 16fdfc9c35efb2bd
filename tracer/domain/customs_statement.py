"""What a customs system states about a declaration: a signed file.

A statement is RFC 8785 text, so that it has one spelling, and is signed with Ed25519 by a key that
the customs party has pinned. It names chain, contract, batch, declaration and commitment: made for
one claim, it fits no other.

    payload    RFC 8785 text of every member but `signature`
    identity   SHA-256(payload)
    signature  Ed25519 over "tracer/customs-statement/v1" | 0x00 | payload

Whether a statement may be believed is `tracer.domain.customs_belief`'s business.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from tracer.domain.canonical import canonical_text
from tracer.domain.json_form import MAX_SAFE_INTEGER, Form, parse_json
from tracer.domain.times import utc_text
from tracer.errors import InputError, InvalidFileError

STATEMENT_FORMAT: Final = "tracer-customs-statement/1"
SIGNATURE_DOMAIN: Final = b"tracer/customs-statement/v1\x00"
OBJECTION_TYPE: Final = "ClearanceObjection"

MAX_STATEMENT_CHARS: Final = 2**15  # twenty reasons of the longest kind take 10 KiB
MAX_REASONS: Final = 20  # more than fit on the notice that an importer receives
MAX_REASON_CHARS: Final = 300  # a printed line or two
MAX_DECLARATION_CHARS: Final = 64  # China's have 18 digits, the longest known (EU MRN) 18 letters
MAX_VALIDITY_S: Final = 366 * 86_400  # a statement that never expires can be replayed for ever

_NAMES: Final = (
    "format chainId contract batchId declaration commitment status reasons statedAt validUntil"
    " keyId signature"
)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,39}", re.ASCII)
_KEY_ID_BYTES: Final = 8


class Ruling(StrEnum):
    """What customs say of a declaration."""

    RELEASED = "RELEASED"
    REFUSED = "REFUSED"
    PENDING = "PENDING"  # they look at it; nothing is recorded


@dataclass(frozen=True, slots=True)
class Reason:
    """Why customs refuse, or what they wait for.

    Attributes:
        code: 1 to 40 capital letters, digits, `-` or `_`; customs' own.
        text: one printable line.
    """

    code: str
    text: str

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise InvalidFileError(
                f"{self.code[:60]!r} is no reason code",
                hint="A code has 1 to 40 capital letters, digits, - or _.",
            )
        if not self.text.strip() or not self.text.isprintable():
            raise InvalidFileError(f"reason {self.code} needs one line of printable text")
        if len(self.text) > MAX_REASON_CHARS:
            msg = f"reason {self.code} is longer than {MAX_REASON_CHARS} characters"
            raise InvalidFileError(msg)

    def to_json(self) -> dict[str, str]:
        """JSON form."""
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, believed or not.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        batch_id: 32 bytes.
        declaration: the declaration's number.
        commitment: 32 bytes, what the broker's claim carries.
        ruling: what customs say.
        reasons: why; at least one when refused, none when released.
        stated_at_unix: when customs ruled, Unix seconds; the record's time.
        valid_until_unix: last second at which the statement may be taken in.
        key_id: names the signing key; see `key_id_of`.
    """

    chain_id: int
    contract: bytes
    batch_id: bytes
    declaration: str
    commitment: bytes
    ruling: Ruling
    reasons: tuple[Reason, ...]
    stated_at_unix: int
    valid_until_unix: int
    key_id: str

    @property
    def payload(self) -> str:
        """The text that is signed."""
        return canonical_text(self._body())

    @property
    def identity(self) -> bytes:
        """Names the statement, however often it is signed: SHA-256 of its payload."""
        return hashlib.sha256(self.payload.encode()).digest()

    def sign(self, sign: Callable[[bytes], bytes]) -> str:
        """The file's text.

        Args:
            sign: makes the Ed25519 signature (64 bytes) of the bytes it is given.
        """
        signature = sign(signed_bytes(self.payload))
        return canonical_text({**self._body(), "signature": signature.hex()})

    def _body(self) -> dict[str, Any]:
        return {
            "format": STATEMENT_FORMAT,
            "chainId": self.chain_id,
            "contract": self.contract.hex(),
            "batchId": self.batch_id.hex(),
            "declaration": self.declaration,
            "commitment": self.commitment.hex(),
            "status": self.ruling.value,
            "reasons": [reason.to_json() for reason in self.reasons],
            "statedAt": utc_text(self.stated_at_unix),
            "validUntil": utc_text(self.valid_until_unix),
            "keyId": self.key_id,
        }


def key_id_of(public_key: bytes) -> str:
    """Names a key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).digest()[:_KEY_ID_BYTES].hex()


def signed_bytes(payload: str) -> bytes:
    """What is signed of a payload."""
    return SIGNATURE_DOMAIN + payload.encode()


def parse_statement(text: str) -> tuple[Statement, bytes]:
    """Read a statement; who signed it is another question.

    Returns:
        The statement and its signature, 64 bytes.

    Raises:
        InvalidFileError: it is no statement, or not spelled in the one way.
        LimitExceededError: it is too long.
    """
    value = parse_json(text, what="statement", max_chars=MAX_STATEMENT_CHARS)
    parts = dict(zip(_NAMES.split(), Form(value, "statement").fields(_NAMES), strict=True))
    if parts["format"].value != STATEMENT_FORMAT:
        parts["format"].fail(repr(STATEMENT_FORMAT))
    statement = Statement(
        parts["chainId"].whole(MAX_SAFE_INTEGER),
        parts["contract"].hex(20),
        parts["batchId"].hex(32),
        _read_declaration(parts["declaration"]),
        parts["commitment"].hex(32),
        _read_ruling(parts["status"]),
        tuple(_read_reason(it) for it in parts["reasons"].array(MAX_REASONS)),
        read_time(parts["statedAt"]),
        read_time(parts["validUntil"]),
        parts["keyId"].hex(_KEY_ID_BYTES).hex(),
    )
    _check_sense(statement)
    if canonical_text(value) != text:
        raise InvalidFileError(
            "the statement is not RFC 8785 text", hint="It has one spelling; do not reformat it."
        )
    return statement, parts["signature"].hex(64)


def _read_declaration(form: Form) -> str:
    number = form.text(MAX_DECLARATION_CHARS)
    if not number.strip() or not number.isprintable():
        form.fail("a declaration's number")
    return number


def _read_ruling(form: Form) -> Ruling:
    if form.value not in set(Ruling):
        form.fail(" or ".join(Ruling))
    return Ruling(str(form.value))


def _read_reason(form: Form) -> Reason:
    code, text = form.fields("code text")
    return Reason(code.text(MAX_REASON_CHARS), text.text(MAX_REASON_CHARS))


def read_time(form: Form) -> int:
    """A time in UTC as `2026-03-27T07:30:00Z`; Unix seconds."""
    text = form.text(len("2026-03-27T07:30:00Z"))
    try:
        moment = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None or moment < datetime(1970, 1, 1, tzinfo=UTC):
        form.fail("a time such as 2026-03-27T07:30:00Z")
    return int(moment.timestamp())


def _check_sense(statement: Statement) -> None:
    if statement.ruling is Ruling.REFUSED and not statement.reasons:
        raise InvalidFileError("a refusal gives at least one reason")
    if statement.ruling is Ruling.RELEASED and statement.reasons:
        raise InvalidFileError("a release gives no reasons")
    if not 0 <= statement.valid_until_unix - statement.stated_at_unix <= MAX_VALIDITY_S:
        raise InvalidFileError("a statement is valid for up to a year from when it is stated")


def build_objection(commitment: bytes, reasons: Sequence[Reason], stated_at_unix: int) -> str:
    """Text of the content that customs' CORRECTION record pins when they refuse.

    Raises:
        InvalidFileError: no reason, or more than `MAX_REASONS`.
    """
    if not 1 <= len(reasons) <= MAX_REASONS:
        raise InvalidFileError(f"an objection gives 1 to {MAX_REASONS} reasons")
    return canonical_text(
        {
            "type": OBJECTION_TYPE,
            "commitment": commitment.hex(),
            "reasons": [reason.to_json() for reason in reasons],
            "statedAt": utc_text(stated_at_unix),
        }
    )


def read_objection(text: str) -> tuple[bytes, tuple[Reason, ...]] | None:
    """The commitment that an objection is about and its reasons; None for any other content."""
    try:
        value = parse_json(text, what="objection", max_chars=MAX_STATEMENT_CHARS)
        kind, commitment, reasons, stated_at = Form(value, "objection").fields(
            "type commitment reasons statedAt"
        )
        read_time(stated_at)
        found = tuple(_read_reason(it) for it in reasons.array(MAX_REASONS))
        return (commitment.hex(32), found) if kind.value == OBJECTION_TYPE else None
    except InputError:
        return None
