"""What the gate says about a file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracer.gate.reasons import Reason


class Verdict(StrEnum):
    """Whether a file may come in."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class GateReport:
    """The verdict on one file, and what was seen on the way.

    Attributes:
        verdict: ACCEPT or REJECT.
        media_type: by the file's own bytes; empty when it is none of ours.
        reason: why; "ok" when accepted.
        pages: of a PDF that was opened, else None.
        notes: what a person should know about an accepted file.
        text: per page; of a data file its text as one page; bounded by `limits`.
        copy: of an image, the same picture encoded anew without anything beside it, for viewing;
            None for other types. The original is what is kept.
        peak_bytes: most memory the child had resident; 0 when none was started.
        cpu_s: seconds the child computed.
    """

    verdict: Verdict
    media_type: str
    reason: Reason
    pages: int | None = None
    notes: tuple[Reason, ...] = ()
    text: tuple[str, ...] = ()
    copy: bytes | None = None
    peak_bytes: int = 0
    cpu_s: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the file may come in."""
        return self.verdict is Verdict.ACCEPT

    def to_json(self) -> dict[str, Any]:
        """What a client is told; the text is not in it."""
        return {
            "verdict": self.verdict.value,
            "mediaType": self.media_type,
            "reason": _reason_json(self.reason),
            "pages": self.pages,
            "notes": [_reason_json(note) for note in self.notes],
        }


def _reason_json(reason: Reason) -> dict[str, str]:
    return {"code": reason.code, "text": reason.text, "textZh": reason.text_zh}
