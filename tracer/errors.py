"""Everything that can go wrong, as one tree.

    TracerError
    ├── InputError            the caller's data is wrong; fix it and try again
    │   ├── NotAuthenticatedError
    │   └── DocumentRejectedError
    ├── NotFoundError         the thing asked for is not there
    ├── ConflictError         it contradicts what is already recorded
    ├── VerificationError     evidence does not hold; never retried, never softened
    │   └── DamagedDocumentError
    ├── TransientError        try again later
    │   ├── RpcUnavailableError
    │   │   └── RpcError      the node answered, but with an error
    │   ├── DatabaseUnavailableError
    │   ├── SandboxUnavailableError
    │   ├── QuotaExceededError
    │   ├── UploadTooSlowError
    │   └── BusyError
    ├── FatalError            going on would do harm; stop
    │   ├── WrongChainError
    │   ├── MirrorGapError
    │   └── ReorgBeyondFinalityError
    └── ConfigurationError    a setting is wrong or missing

Only the API knows HTTP statuses and only the CLI knows exit codes; each maps this tree once.
A failed authenticity check is a value (`tracer.domain.checks.Check`), not an exception.
"""

from typing import ClassVar


class TracerError(Exception):
    """Base of every error this project raises on purpose.

    Attributes:
        code: stable identifier, documented in docs/reference/errors.md.
        hint: what to do next, one sentence; empty when nothing helps.
    """

    code: ClassVar[str] = "tracer"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(TracerError):
    """The caller's data is wrong."""

    code = "input"


class InvalidIdentifierError(InputError):
    """A GS1 identifier is malformed or its check digit is wrong."""

    code = "invalid-identifier"


class InvalidDigitalLinkError(InputError):
    """Text is not a GS1 Digital Link URI that names a tin or batch."""

    code = "invalid-digital-link"


class InvalidRecordError(InputError):
    """A ledger record, or bytes that should hold records, is malformed."""

    code = "invalid-record"


class InvalidFileError(InputError):
    """A batch file breaks a rule; the message names file, place, value and rule."""

    code = "invalid-file"


class InvalidEventError(InputError):
    """An EPCIS event breaks a rule; the message names field, value and rule."""

    code = "invalid-event"


class InvalidDocumentError(InputError):
    """A document, or a view of one, is malformed."""

    code = "invalid-document"


class LimitExceededError(InputError):
    """Input is larger than a documented limit."""

    code = "limit-exceeded"


class NotPermittedError(InputError):
    """The ledger's rules forbid this party to do this; nothing was sent."""

    code = "not-permitted"


class NotAuthenticatedError(InputError):
    """Who asks is not proven: no signature or session, or one that does not count here and now."""

    code = "not-authenticated"


class DocumentRejectedError(InputError):
    """The file gate refuses a file; the message says why."""

    code = "document-rejected"


class NotFoundError(TracerError):
    """The thing asked for is not there."""

    code = "not-found"


class ConflictError(TracerError):
    """It contradicts what is already recorded."""

    code = "conflict"


class VerificationError(TracerError):
    """Evidence does not hold."""

    code = "not-verified"


class DamagedDocumentError(VerificationError):
    """A paper in the vault is not what was stored, or is gone; not one byte of it is shown."""

    code = "document-damaged"


class TransientError(TracerError):
    """Trying again later may help."""

    code = "unavailable"


class RpcUnavailableError(TransientError):
    """The Ethereum node does not answer, or answers unusably.

    Attributes:
        retry_after_s: seconds that the node asks to be left alone; None if it does not say.
        blames_request: the node is there and refuses this request; a smaller one may pass.
    """

    code = "rpc-unavailable"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after_s: float | None = None,
        blames_request: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
        self.blames_request = blames_request


class RpcError(RpcUnavailableError):
    """The Ethereum node answered a request with a JSON-RPC error.

    Attributes:
        rpc_code: the error's number (JSON-RPC 2.0 §5.1, EIP-1474).
        rpc_message: the node's own words.
        rpc_data: what came with them, for example the bytes of a revert; or None.
    """

    code = "rpc-error"

    def __init__(
        self, message: str, *, rpc_code: int, rpc_message: str, rpc_data: object = None
    ) -> None:
        super().__init__(
            message,
            hint="The node refuses the request itself; read its words.",
            blames_request=True,
        )
        self.rpc_code = rpc_code
        self.rpc_message = rpc_message
        self.rpc_data = rpc_data


class DatabaseUnavailableError(TransientError):
    """The database is locked, full, or gone."""

    code = "database-unavailable"


class SandboxUnavailableError(TransientError):
    """No process could be started that reads files; nothing is said about the file."""

    code = "sandbox-unavailable"


class InsufficientFundsError(TransientError):
    """The signing account cannot pay for the transaction."""

    code = "insufficient-funds"


class QuotaExceededError(TransientError):
    """An organisation has handed in as much as it may for now."""

    code = "quota-exceeded"


class UploadTooSlowError(TransientError):
    """A request's body did not arrive in time."""

    code = "upload-too-slow"


class BusyError(TransientError):
    """As much work is under way as can be done at once; nothing was begun."""

    code = "busy"


class FatalError(TracerError):
    """Going on would do harm."""

    code = "fatal"


class WrongChainError(FatalError):
    """The node serves another chain, or another contract, than the one on file."""

    code = "wrong-chain"


class MirrorGapError(FatalError):
    """The node withheld, doubled, invented or altered a log."""

    code = "mirror-gap"


class ReorgBeyondFinalityError(FatalError):
    """The chain changed deeper than it is allowed to."""

    code = "reorg-beyond-finality"


class NodesDisagreeError(FatalError):
    """Two nodes name different final blocks."""

    code = "nodes-disagree"


class ConfigurationError(TracerError):
    """A setting is wrong or missing."""

    code = "configuration"


class KeyUnavailableError(ConfigurationError):
    """No usable signing key: missing file, wrong password, or wrong party."""

    code = "key-unavailable"
