"""The plain way to answer a scan: FastAPI and SQLModel as their tutorials have them.

A tin's row leads to its batch's passport, which is stored as JSON text; the route reads it, sets
what is the tin's own, and returns it. The data are those that the shelf answers with.
"""

import json
import os
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, HTTPException
from sqlmodel import Field, Session, SQLModel, create_engine, select

DATABASE: Final = "SCAN_BENCH_DATABASE"
"""Name of the environment variable with the database's URL."""

SERIAL_MARK: Final = "{serial}"
"""Stands in a stored passport where the tin's serial belongs."""


class Batch(SQLModel, table=True):
    """A batch and its passport."""

    __tablename__ = "naive_batch"

    id: int | None = Field(default=None, primary_key=True)
    gtin: str = Field(index=True)
    lot: str = Field(index=True)
    passport: str


class Tin(SQLModel, table=True):
    """A tin of a batch."""

    __tablename__ = "naive_tin"

    id: int | None = Field(default=None, primary_key=True)
    serial: str = Field(index=True)
    batch_id: int = Field(foreign_key="naive_batch.id")


def build_app() -> FastAPI:
    """The application over the database that `DATABASE` names."""
    engine = create_engine(os.environ[DATABASE], connect_args={"check_same_thread": False})

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI()

    @app.get("/01/{gtin}/10/{lot}/21/{serial}")
    def read_tin(
        gtin: str, lot: str, serial: str, session: Annotated[Session, Depends(get_session)]
    ) -> dict[str, Any]:
        wanted = (
            select(Batch)
            .join(Tin)
            .where(Batch.gtin == gtin, Batch.lot == lot, Tin.serial == serial)
        )
        batch = session.exec(wanted).first()
        if batch is None:
            raise HTTPException(404, "no such tin")
        passport: dict[str, Any] = json.loads(batch.passport.replace(SERIAL_MARK, serial))
        passport["asOf"] = int(time.time())
        return passport

    return app
