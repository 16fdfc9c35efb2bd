"""What is signed for the desk: EIP-712 typed data, and the text of a sign-in (EIP-4361).

Pure: this builds and reads texts; `tracer.vault.signatures` hashes them and recovers who signed.

    ApiRequest         one request of a machine: method, target, digest of the body, nonce, expiry
    DocumentStatement  "this is the paper": its commitment, and what of it is shown to everybody
    sign-in            a text that a wallet shows before a browser gets a session

The domain of the typed data holds chain, contract and the desk's origin, so that no signature
counts on another chain, for another ledger or at another desk.

The public rendition of a paper is made from its public view alone and always in the same way, so
`public_commitment`, the digest of that view, commits to the rendition.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from tracer.domain.canonical import digest_text
from tracer.domain.json_form import Form
from tracer.domain.times import utc_text
from tracer.errors import InputError, InvalidDocumentError

SCHEME: Final = "Tracer"
"""Of the Authorization header that carries a signed request."""

DOMAIN_NAME: Final = "Tracer Desk"
DOMAIN_VERSION: Final = "1"
NONCE_BYTES: Final = 32
DIGEST_BYTES: Final = 32
MAX_OPEN_FIELDS: Final = 256  # as many as a document has fields
MAX_FIELD_NAME: Final = 128
MAX_UINT64: Final = 2**64 - 1

SIGN_IN_STATEMENT: Final = "Sign in to hand in and look at papers. This costs nothing."
SIGN_IN_VERSION: Final = "1"
MAX_SIGN_IN_CHARS: Final = 1000  # ours has about 400

_DOMAIN_TYPE: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
_REQUEST_TYPE: Final = (
    ("method", "string"),
    ("target", "string"),
    ("bodySha256", "bytes32"),
    ("nonce", "bytes32"),
    ("expires", "uint64"),
)
_STATEMENT_TYPE: Final = (
    ("batchId", "bytes32"),
    ("docType", "uint16"),
    ("commitment", "bytes32"),
    ("publicCommitment", "bytes32"),
    ("openFields", "string[]"),
    ("issuedAt", "uint64"),
)
_STATEMENT_KEYS: Final = " ".join(name for name, _ in _STATEMENT_TYPE)


@dataclass(frozen=True, slots=True)
class DeskIdentity:
    """What signatures for a desk are bound to.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        origin: of the desk, for example `https://desk.example.org`.
    """

    chain_id: int
    contract: bytes
    origin: str

    @property
    def host(self) -> str:
        """Host and port, as a sign-in names them."""
        return self.origin.partition("://")[2]

    def domain(self) -> dict[str, Any]:
        """The EIP-712 domain, in JSON form."""
        return {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": self.chain_id,
            "verifyingContract": f"0x{self.contract.hex()}",
            "salt": _hex(hashlib.sha256(self.origin.encode()).digest()),
        }

    def typed_data(
        self, primary: str, fields: Sequence[tuple[str, str]], message: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A whole EIP-712 object, as `eth_signTypedData_v4` takes it."""
        types = {"EIP712Domain": _DOMAIN_TYPE, primary: fields}
        return {
            "types": {
                name: [{"name": field, "type": kind} for field, kind in members]
                for name, members in types.items()
            },
            "primaryType": primary,
            "domain": self.domain(),
            "message": dict(message),
        }


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request of a machine.

    Attributes:
        method: in capitals.
        target: path and query as they are sent.
        body_sha256: 32 bytes; of no bytes when there is no body.
        nonce: 32 random bytes, used once.
        expires_unix: Unix seconds.
    """

    method: str
    target: str
    body_sha256: bytes
    nonce: bytes
    expires_unix: int

    def typed_data(self, identity: DeskIdentity) -> dict[str, Any]:
        """What is signed."""
        message = {
            "method": self.method,
            "target": self.target,
            "bodySha256": _hex(self.body_sha256),
            "nonce": _hex(self.nonce),
            "expires": self.expires_unix,
        }
        return identity.typed_data("ApiRequest", _REQUEST_TYPE, message)

    def authorization(self, address: bytes, signature: bytes) -> str:
        """The header's value: who signed it, and what else the desk cannot see for itself."""
        value = {
            "address": _hex(address),
            "nonce": _hex(self.nonce),
            "expires": self.expires_unix,
            "signature": _hex(signature),
        }
        return f"{SCHEME} {base64.urlsafe_b64encode(json.dumps(value).encode()).decode()}"


@dataclass(frozen=True, slots=True)
class DocumentStatement:
    """An issuer's word that a commitment is its paper's, and what of the paper is public.

    Attributes:
        batch_id: 32 bytes.
        doc_type: a `DocType`.
        commitment: 32 bytes, of the full view.
        public_commitment: 32 bytes, see `public_commitment`.
        open_fields: names that the public view opens, in leaf order.
        issued_at_unix: when it was signed, Unix seconds.
    """

    batch_id: bytes
    doc_type: int
    commitment: bytes
    public_commitment: bytes
    open_fields: tuple[str, ...]
    issued_at_unix: int

    def message(self) -> dict[str, Any]:
        """The message in JSON form."""
        return {
            "batchId": _hex(self.batch_id),
            "docType": self.doc_type,
            "commitment": _hex(self.commitment),
            "publicCommitment": _hex(self.public_commitment),
            "openFields": list(self.open_fields),
            "issuedAt": self.issued_at_unix,
        }

    def typed_data(self, identity: DeskIdentity) -> dict[str, Any]:
        """What is signed."""
        return identity.typed_data("DocumentStatement", _STATEMENT_TYPE, self.message())

    @classmethod
    def from_message(cls, value: object) -> Self:
        """Read the JSON form of a message.

        Raises:
            InvalidFileError: unknown or missing keys, wrong types or sizes.
            LimitExceededError: more open fields than a document has.
        """
        form = Form(value, "statement")
        batch_id, doc_type, commitment, public, names, issued_at = form.fields(_STATEMENT_KEYS)
        return cls(
            _read_hex(batch_id),
            doc_type.whole(2**16 - 1),
            _read_hex(commitment),
            _read_hex(public),
            tuple(name.text(MAX_FIELD_NAME) for name in names.array(MAX_OPEN_FIELDS)),
            issued_at.whole(),
        )


def _read_hex(form: Form) -> bytes:
    text = form.text(2 + 2 * DIGEST_BYTES)
    if not text.startswith("0x"):
        form.fail("0x and 64 hexadecimal digits")
    return Form(text[2:], form.place).hex(DIGEST_BYTES)


def public_commitment(public_view: str) -> bytes:
    """What commits to everything that is shown of a paper: its public view, hence the rendition."""
    return digest_text(public_view)


# --- sign-in (EIP-4361) ---------------------------------------------------------------------

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SIGN_IN_NONCE: Final = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LABELS: Final = ("URI", "Version", "Chain ID", "Nonce", "Issued At", "Expiration Time")


@dataclass(frozen=True, slots=True)
class SignIn:
    """The text that a wallet shows and signs, of which only these values vary.

    Attributes:
        host: the desk's, with its port.
        address: who signs, 0x and 40 digits, as the wallet spells it.
        uri: the desk's origin.
        chain_id: EIP-155 chain id.
        nonce: letters and digits, used once.
        issued_unix: Unix seconds.
        expires_unix: Unix seconds.
    """

    host: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_unix: int
    expires_unix: int

    def text(self) -> str:
        """The message (EIP-4361, "Message Format")."""
        values = (
            self.uri,
            SIGN_IN_VERSION,
            str(self.chain_id),
            self.nonce,
            utc_text(self.issued_unix),
            utc_text(self.expires_unix),
        )
        lines = [f"{label}: {value}" for label, value in zip(_LABELS, values, strict=True)]
        head = f"{self.host} wants you to sign in with your Ethereum account:\n{self.address}\n\n"
        return f"{head}{SIGN_IN_STATEMENT}\n\n" + "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a message that `text` made; any other is refused, however close.

        Raises:
            InputError: it is none.
        """
        if len(text) > MAX_SIGN_IN_CHARS:
            raise InputError(f"a sign-in has at most {MAX_SIGN_IN_CHARS} characters")
        lines = text.split("\n")
        values = [line.partition(": ")[2] for line in lines[-len(_LABELS) :]]
        if len(lines) != 5 + len(_LABELS) or not _ADDRESS.fullmatch(lines[1]):
            raise InputError("the message is not a sign-in of this desk")
        uri, _, chain_id, nonce, issued, expires = values
        is_sound = (
            chain_id.isascii()
            and chain_id.isdigit()
            and len(chain_id) <= len(str(MAX_UINT64))
            and _SIGN_IN_NONCE.fullmatch(nonce)
        )
        if not is_sound:
            raise InputError("the sign-in's chain or nonce is malformed")
        host = lines[0].partition(" ")[0]
        moments = _read_moment(issued), _read_moment(expires)
        found = cls(host, lines[1], uri, int(chain_id), nonce, *moments)
        if found.text() != text:
            raise InputError(
                "the message is not the one that this desk gave out",
                hint="Ask for a new one and sign it unchanged.",
            )
        return found


def _read_moment(text: str) -> int:
    if _MOMENT.fullmatch(text):
        try:
            return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
        except ValueError:
            pass
    raise InputError(f"{text[:40]!r} is not a moment like 2026-03-26T01:00:00Z")


def read_issued_at(text: object) -> int:
    """When a paper was issued, Unix seconds, from its `issuedAt` field.

    Raises:
        InvalidDocumentError: no moment of ISO 8601 with an offset, or before 1970.
    """
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        seconds = int(moment.timestamp()) if moment is not None and moment.tzinfo else -1
    except (ValueError, OverflowError):
        seconds = -1
    if seconds < 0:
        msg = f"issuedAt is {text!r:.60}, not a moment with its offset"
        raise InvalidDocumentError(msg, hint="Write it like 2026-03-26T09:00:00+08:00.")
    return seconds
