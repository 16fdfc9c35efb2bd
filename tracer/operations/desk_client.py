"""A machine's side of the desk: every request signed by the party's key, every receipt checked."""

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.statements import NONCE_BYTES, ApiRequest, DeskIdentity, DocumentStatement
from tracer.errors import (
    BusyError,
    ConflictError,
    DocumentRejectedError,
    InputError,
    InvalidFileError,
    LimitExceededError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
    QuotaExceededError,
    TracerError,
    TransientError,
    UploadTooSlowError,
    VerificationError,
)
from tracer.operations.papers import read_paper_file
from tracer.vault.receipts import Receipt
from tracer.vault.signatures import hash_typed_data, keccak

TIMEOUT_S: Final = 90.0  # longer than the desk lets any request take
EXPIRES_S: Final = 60  # a request is on its way for seconds; clocks may differ by as much
TRIES: Final = 4
RETRY_CAP_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 32 * 2**20
MAX_SHOWN: Final = 600  # characters of a desk's words that are shown
ID_DOMAIN: Final = b"tracer/upload-id/v1\x00"
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_CHARS: Final = 26
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
    ".xml": "application/xml",
}

_ERRORS: Final[Mapping[int, type[TracerError]]] = {
    401: NotAuthenticatedError,
    403: NotPermittedError,
    404: NotFoundError,
    408: UploadTooSlowError,
    409: ConflictError,
    413: LimitExceededError,
    422: DocumentRejectedError,
    429: QuotaExceededError,
    502: VerificationError,
    503: BusyError,
}


@dataclass(frozen=True)
class DeskKey:
    """The key that signs requests.

    Attributes:
        address: 20 bytes.
        sign: 32 bytes -> signature of 65.
    """

    address: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A file that is to be handed in.

    Attributes:
        name: as people know it.
        data: its bytes.
        media_type: by the ending of its name.
    """

    name: str
    data: bytes
    media_type: str

    @property
    def sha256(self) -> bytes:
        """Digest of the bytes."""
        return hashlib.sha256(self.data).digest()


@dataclass(frozen=True, slots=True)
class Upload:
    """What the desk answered.

    Attributes:
        receipt: checked against the vault's key.
        is_new: the desk did not have it before.
        reading: fields that it read: name, value, page, quote.
        report: mediaType, pages, notes, signatures.
    """

    receipt: Receipt
    is_new: bool
    reading: list[dict[str, Any]]
    report: dict[str, Any]


def load_paper_file(path: Path) -> PaperFile:
    """Read a file to hand in.

    Raises:
        InvalidFileError: it cannot be read, or its ending is none that the desk takes.
        LimitExceededError: larger than 20 MiB.
    """
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise InvalidFileError(
            f"{path} has an ending that the desk does not take",
            hint=f"It takes {', '.join(MEDIA_TYPES)}.",
        )
    return PaperFile(path.name, read_paper_file(path), media_type)


def new_doc_id() -> str:
    """A random ULID."""
    return spell_doc_id(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))


def spell_doc_id(data: bytes) -> str:
    """16 bytes as a ULID: 26 digits of Crockford's base 32."""
    number = int.from_bytes(data, "big")
    digits = [CROCKFORD[number >> (5 * place) & 31] for place in range(ID_CHARS)]
    return "".join(reversed(digits))


class DeskClient:
    """One party at one desk.

    Args:
        identity: the desk, with chain and ledger.
        key: signs every request.
        http: sends them; its own proxies and certificates hold.
        now: Unix seconds.
    """

    def __init__(
        self,
        identity: DeskIdentity,
        key: DeskKey,
        http: httpx.Client,
        now: Callable[[], float] = time.time,
    ) -> None:
        if urlsplit(identity.origin).scheme not in {"http", "https"}:
            raise InputError(f"{identity.origin[:80]} is no address of a desk")
        self.identity, self._key, self._http, self._now = identity, key, http, now
        self._vault_key: bytes | None = None

    def doc_id_for(self, gtin: Gtin, lot: Lot, doc_type: DocType, file: PaperFile) -> str:
        """The id under which this key hands in this file: the same at every run.

        It follows from a signature, which nobody without the key can make: an id that followed
        from the file alone would let others guess what is in it.
        """
        about = f"{self.identity.origin} {gtin} {lot} {int(doc_type)} {file.sha256.hex()}"
        signature = self._key.sign(keccak(ID_DOMAIN + about.encode()))
        return spell_doc_id(hashlib.sha256(signature).digest()[:16])

    def vault_key(self) -> bytes:
        """The Ed25519 key that receipts verify with, 32 bytes."""
        if self._vault_key is None:
            self._vault_key = bytes.fromhex(str(self.ask("GET", "/v1/vault-key")["publicKey"]))
        return self._vault_key

    def upload(
        self, doc_id: str, gtin: Gtin, lot: Lot, doc_type: DocType, file: PaperFile
    ) -> Upload:
        """Hand in a file; safe to repeat with the same id.

        Raises:
            DocumentRejectedError: the desk's gate refuses it.
            VerificationError: the receipt does not hold.
            TracerError: see `send`.
        """
        query = urlencode({"gtin": gtin.value, "lot": lot.value, "type": doc_type.name})
        headers = {"Content-Type": file.media_type, "X-Filename": quote(file.name, safe="")}
        answer = self.send("PUT", f"/v1/documents/{doc_id}?{query}", file.data, headers)
        body = _json(answer)
        receipt = Receipt.from_json(body["receipt"])
        facts = (receipt.doc_id, receipt.part, receipt.sha256, receipt.size)
        if facts != (doc_id, "file", file.sha256, len(file.data)) or not receipt.verify(
            self.vault_key()
        ):
            raise VerificationError(
                "the desk's receipt is not for what was sent",
                hint="Do not rely on it. Ask whoever runs the desk.",
            )
        is_new = answer.status_code == httpx.codes.CREATED
        return Upload(receipt, is_new, body["reading"], body["report"])

    def state(self, doc_id: str, full_view: str, statement: DocumentStatement) -> dict[str, Any]:
        """Sign a statement and hand it in with the full view; safe to repeat."""
        signature = self._key.sign(hash_typed_data(statement.typed_data(self.identity)))
        return self.ask(
            "PUT",
            f"/v1/documents/{doc_id}/statement",
            {
                "view": full_view,
                "statement": statement.message(),
                "signature": f"0x{signature.hex()}",
            },
        )

    def ask(self, method: str, target: str, body: object = None) -> dict[str, Any]:
        """One request with a JSON body or none; the JSON that is answered.

        Raises:
            TracerError: see `send`.
        """
        if body is None:
            return _json(self.send(method, target))
        data = json.dumps(body, ensure_ascii=False).encode()
        return _json(self.send(method, target, data, {"Content-Type": "application/json"}))

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One signed request; asked again while the desk is busy or does not answer.

        Raises:
            TransientError: it never answered, or is busy.
            TracerError: it refused; the message is the desk's.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                answer = self._http.request(
                    method,
                    self.identity.origin + target,
                    content=body or None,
                    headers=self._signed(method, target, body) | dict(headers or {}),
                    timeout=TIMEOUT_S,
                )
            except httpx.HTTPError as error:
                if not tries_left:
                    raise TransientError(
                        f"the desk at {self.identity.origin} does not answer: {error}",
                        hint="Is it running, and is the address right? Then try again.",
                    ) from error
                continue
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or not tries_left:
                break
            time.sleep(min(_retry_after(answer), RETRY_CAP_S))
        if not answer.is_success:
            raise _refusal(answer)
        return answer

    def _signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        digest = hashlib.sha256(body).digest()
        nonce, expires = os.urandom(NONCE_BYTES), int(self._now()) + EXPIRES_S
        request = ApiRequest(method, target, digest, nonce, expires)
        signature = self._key.sign(hash_typed_data(request.typed_data(self.identity)))
        headers = {"Authorization": request.authorization(self._key.address, signature)}
        if body:
            headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
        elif method in {"PUT", "POST"}:
            headers["Content-Length"] = "0"
        return headers


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 1.0


def _json(answer: httpx.Response) -> dict[str, Any]:
    if not answer.content:
        return {}
    try:
        value = json.loads(answer.content[:MAX_ANSWER_BYTES])
    except (ValueError, RecursionError) as error:
        raise TransientError("the desk's answer is not JSON", hint="Is it a desk?") from error
    if not isinstance(value, dict):
        raise TransientError("the desk's answer is no JSON object", hint="Is it a desk?")
    return value


def _refusal(answer: httpx.Response) -> TracerError:
    """The desk's problem as an error of ours, in its words, which are shown as one line."""
    try:
        problem = _json(answer)
    except TransientError:
        problem = {}
    kind = _ERRORS.get(answer.status_code)
    if kind is None:
        kind = TransientError if answer.is_server_error else InputError
    detail = _one_line(problem.get("detail") or f"HTTP {answer.status_code}")
    wrong = problem.get("problems")
    if isinstance(wrong, list):
        said = "; ".join(
            f"{it.get('name')}: {it.get('text')}" for it in wrong if isinstance(it, dict)
        )
        detail = _one_line(f"{detail}: {said}")
    return kind(f"the desk refuses: {detail}", hint=_one_line(problem.get("hint") or ""))


def _one_line(text: object) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in str(text)[:MAX_SHOWN])
