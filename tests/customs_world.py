"""Claims on a real chain, and statements about them, for tests of `tracer customs`."""

import time
from pathlib import Path
from typing import Any

from cli_world import GTIN, HOUR_S, START_UNIX, World, declaration_number
from customs_system import CustomsSystem

from tracer.domain.customs_statement import Statement
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import Record, build_batch_id

RELEASED_UNIX = START_UNIX + 60 * HOUR_S  # 52 h after the arrival at hour 8: too long


def claim(world: World, lot: str) -> bytes:
    """Register a batch with a broker's claim and no confirmation; the commitment."""
    world.ok("batch", "register", world.write_batch(lot, confirmations=[]))
    return next(
        record.digest for _, record in records(world, lot) if record.kind is Kind.CLEARANCE_CLAIM
    )


def records(world: World, lot: str) -> list[tuple[int, Record]]:
    return [(gln, Record.unpack(data)) for gln, data in world.written(lot)]


def answers(world: World, lot: str) -> list[Record]:
    kinds = {Kind.CLEARANCE_CONFIRMATION, Kind.CORRECTION}
    return [record for gln, record in records(world, lot) if record.kind in kinds]


def state(
    world: World, system: CustomsSystem, lot: str, commitment: bytes, **more: Any
) -> Statement:
    with world.station() as station:
        return system.state(
            **{
                "chain_id": station.base.chain_id,
                "contract": station.ledger.contract,
                "batch_id": build_batch_id(Gtin.parse(GTIN), Lot.parse(lot)),
                "declaration": declaration_number(lot),
                "commitment": commitment,
                "stated_at_unix": RELEASED_UNIX,
                "valid_until_unix": int(time.time()) + 3600,
                **more,
            }
        )


def private_view(world: World, lot: str, commitment: bytes) -> Path:
    batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot)).hex()
    return world.home / "private" / batch_id / f"{commitment.hex()}.json"
