"""Statements that must change nothing, each with the check that names what is wrong with it.

Every forgery starts from an honest statement of a pinned system that would be believed. Before it,
`earlier` was taken in about the same claim.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from customs_system import DAY_S, CustomsSystem

from tracer.domain.canonical import canonical_text
from tracer.domain.customs_statement import Reason, Ruling, Statement, key_id_of

RIGHT_TO_LEFT = "\u202e"


@dataclass(frozen=True)
class Scene:
    """What a forger has at hand.

    Attributes:
        system: the pinned customs system; a statement it signs was really made by it.
        forger: somebody with a key of his own.
        retired: a system whose pin ended before the statement's time.
        honest: would be believed.
        earlier: was taken in before.
        other_batch: a batch on the ledger without this claim.
        now_unix: Unix seconds.
    """

    system: CustomsSystem
    forger: CustomsSystem
    retired: CustomsSystem
    honest: Statement
    earlier: Statement
    other_batch: bytes
    now_unix: int

    def signed(self, **changes: Any) -> bytes:
        """Really signed by the pinned system, but about something else."""
        return self.system.sign(self.honest, **changes)

    def edited(self, **members: Any) -> bytes:
        """Changed after it was signed, and spelled properly again."""
        value = {**json.loads(self.system.sign(self.honest)), **members}
        return canonical_text({name: it for name, it in value.items() if it is not None}).encode()

    def text(self) -> str:
        return self.system.sign(self.honest).decode()


FORGERIES: dict[str, tuple[str, Callable[[Scene], bytes]]] = {
    # Somebody else signed it.
    "own key": ("statement-key", lambda it: it.forger.sign(
        it.honest, key_id=key_id_of(it.forger.public_key))),
    "own signature, pinned key's name": (
        "statement-signature", lambda it: it.forger.sign(it.honest)),
    "retired key": ("statement-key", lambda it: it.retired.sign(
        it.honest, key_id=key_id_of(it.retired.public_key))),
    "signature of zeros": ("statement-signature", lambda it: it.edited(signature="00" * 64)),
    "signature without its domain": ("statement-signature", lambda it: it.edited(
        signature=it.system.private.sign(it.honest.payload.encode()).hex())),
    "signature of an earlier one": ("statement-signature", lambda it: it.edited(
        signature=json.loads(it.system.sign(it.earlier))["signature"])),
    # It was edited.
    "status edited": ("statement-signature", lambda it: it.edited(
        status="REFUSED", reasons=[{"code": "X", "text": "y"}])),
    "declaration edited": (
        "statement-signature", lambda it: it.edited(declaration="224820261000300452")),
    "commitment edited": ("statement-signature", lambda it: it.edited(commitment="ab" * 32)),
    "batch edited": (
        "statement-signature", lambda it: it.edited(batchId=it.other_batch.hex())),
    "time edited": (
        "statement-signature", lambda it: it.edited(statedAt="2026-09-24T12:00:01Z")),
    "validity edited": (
        "statement-signature", lambda it: it.edited(validUntil="2027-09-01T00:00:00Z")),
    "chain edited": ("statement-signature", lambda it: it.edited(chainId=1)),
    # It is no statement.
    "signature missing": ("statement-form", lambda it: it.edited(signature=None)),
    "member added": ("statement-form", lambda it: it.edited(note="urgent")),
    "member twice": ("statement-form", lambda it: it.text().replace(
        '"chainId":', '"chainId":1,"chainId":').encode()),
    "reformatted": (
        "statement-form", lambda it: json.dumps(json.loads(it.text()), indent=1).encode()),
    "capital digits": ("statement-form", lambda it: it.text().replace(
        it.honest.commitment.hex(), it.honest.commitment.hex().upper()).encode()),
    "other format": ("statement-form", lambda it: it.edited(format="tracer-customs-statement/2")),
    "cut off": ("statement-form", lambda it: it.text()[:-20].encode()),
    "empty": ("statement-form", lambda _: b""),
    "no text": ("statement-form", lambda _: b"\xff\xfe\x00{}"),
    "endless": ("statement-form", lambda _: b"[" * 100_000),
    "refusal without reasons": ("statement-form", lambda it: it.signed(ruling=Ruling.REFUSED)),
    "release with reasons": (
        "statement-form", lambda it: it.signed(reasons=(Reason("X", "but"),))),
    "text that reads backwards": ("statement-form", lambda it: it.edited(
        status="PENDING", reasons=[{"code": "X", "text": f"ok{RIGHT_TO_LEFT}"}])),
    "valid for ever": ("statement-form", lambda it: it.signed(
        valid_until_unix=it.honest.stated_at_unix + 400 * DAY_S)),
    # It is really customs', about something else.
    "other chain": ("statement-chain", lambda it: it.signed(chain_id=1)),
    "other ledger": ("statement-chain", lambda it: it.signed(contract=bytes(20))),
    "no batch": ("statement-batch", lambda it: it.signed(batch_id=bytes(32))),
    "other batch": ("statement-claim", lambda it: it.signed(batch_id=it.other_batch)),
    "other commitment": ("statement-claim", lambda it: it.signed(commitment=bytes(32))),
    "other declaration": (
        "statement-declaration", lambda it: it.signed(declaration="224820261000300452")),
    # It is really customs', at another time.
    "expired": ("statement-time", lambda it: it.signed(
        valid_until_unix=it.honest.stated_at_unix + 1)),
    "from the future": ("statement-time", lambda it: it.signed(
        stated_at_unix=it.now_unix + DAY_S, valid_until_unix=it.now_unix + 2 * DAY_S)),
    "before the declaration": ("statement-time", lambda it: it.signed(
        stated_at_unix=it.earlier.stated_at_unix - 60 * DAY_S)),
    "replayed": ("statement-new", lambda it: it.system.sign(it.earlier)),
    "out of order": ("statement-order", lambda it: it.signed(
        stated_at_unix=it.earlier.stated_at_unix - 1)),
    "second ruling for one moment": ("statement-order", lambda it: it.signed(
        stated_at_unix=it.earlier.stated_at_unix)),
}  # fmt: skip
"""Name -> the check that is INVALID, and how it is made."""


def retired_pin(scene: Scene) -> Any:
    """How the retired system is pinned."""
    return replace(scene.retired.pinned, valid_until_unix=scene.earlier.stated_at_unix - DAY_S)
