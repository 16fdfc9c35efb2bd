"""A real world for tests of the command line: a chain, a ledger, parties with keys, batch files."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracer.chain.anvil import free_port
from tracer.cli.context import build_options
from tracer.cli.main import run
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.ledger_records import WrittenRecord
from tracer.operations.plan import BatchPlan
from tracer.operations.station import Station, StationOptions, open_station
from tracer.operations.steps import fetch_written
from tracer.settings import Settings

GTIN = "09520010001015"
MAKER, LAB, CARRIER = "9520010001008", "9520010001039", "9520010001060"
BROKER, CUSTOMS, STRANGER = "9520010001091", "9520010001138", "9520010001145"
INSPECTOR = "9520010009011"
PASSWORD = "correct horse"
START_UNIX = 1_790_000_000  # 2026-09-21
HOUR_S = 3600
TRACER = [sys.executable, "-c", "from tracer.cli.main import main; main()"]

_PARTIES = (
    (MAKER, "Maker", ["MANUFACTURER"]),
    (LAB, "Laboratory", ["LABORATORY"]),
    (CARRIER, "Carrier", ["CARRIER"]),
    (BROKER, "Broker", ["BROKER"]),
    (CUSTOMS, "Customs", ["CUSTOMS"]),
    (INSPECTOR, "Inspector", ["INSPECTOR"]),
)


def iso(time_unix: int) -> str:
    return datetime.fromtimestamp(time_unix, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def build_event(stage: str, hour: float, lot: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": iso(int(START_UNIX + hour * HOUR_S)),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "readPoint": {"id": f"https://id.gs1.org/414/{MAKER}"},
        "quantityList": [
            {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/{lot}", "quantity": 12, "uom": "KGM"}
        ],
        "tracer:stage": stage,
        **more,
    }


def build_document(
    doc_type: str, number: str, issuer: str, hour: float, **public: Any
) -> dict[str, Any]:
    return {
        "docType": doc_type,
        "number": number,
        "issuer": issuer,
        "issuedAt": iso(int(START_UNIX + hour * HOUR_S)),
        "public": public,
        "confidential": {"price": "12.50 USD"},
    }


def build_document_of_events(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"tracer": "https://example.org/tracer/vocab/"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": iso(START_UNIX),
        "epcisBody": {"eventList": events},
    }


def declaration_number(lot: str) -> str:
    """A customs declaration number as China's customs form it: port, year, import, serial."""
    return f"224820261{zlib.crc32(lot.encode()) % 10**9:09d}"


def build_batch(lot: str) -> dict[str, Any]:
    """A batch file: 12 records of five parties, in seven transactions."""
    events = [
        build_event("WET_PROCESS", 0, lot),
        build_event("DRY_BLEND", 1, lot),
        build_event("LAB_SAMPLING", 2, lot),
        build_event("LAB_RESULT", 4, lot),
        build_event("FACTORY_RELEASE", 5, lot),
        build_event("DEPARTURE", 7, lot),
        build_event("ARRIVAL", 8, lot),
    ]
    recorders = {"LAB_RESULT": LAB, "DEPARTURE": CARRIER, "ARRIVAL": CARRIER}
    return {
        "format": "tracer-batch/1",
        "batch": {"gtin": GTIN, "lot": lot, "owner": MAKER, "prefixDigits": 10},
        "parties": [
            {"gln": gln, "nameEn": name, "nameZh": name, "roles": roles, "country": "NZ",
             "city": "Hamilton"}
            for gln, name, roles in _PARTIES
        ],
        "recorders": {
            event["tracer:stage"]: recorders.get(event["tracer:stage"], MAKER) for event in events
        },
        "epcisDocument": build_document_of_events(events),
        "documents": [
            build_document("PACKING_LIST", f"PL-{lot}", MAKER, 6, tins=4),
            build_document("LAB_REPORT", f"LR-{lot}", LAB, 3, lot=lot),
            build_document("CUSTOMS_DECLARATION", declaration_number(lot), BROKER, 9, lot=lot),
        ],
        "serials": {"issuedAt": iso(START_UNIX + HOUR_S), "list": ["A1", "B2", "C3", "D4"]},
        "confirmations": [
            {"declaration": declaration_number(lot), "recorder": CUSTOMS,
             "confirmedAt": iso(START_UNIX + 10 * HOUR_S)}
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error object of a command run with `--json`."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]


@dataclass
class World:
    """Where commands run.

    Attributes:
        home: TRACER_HOME.
        rpc_url: the chain's node.
        environ: more TRACER_ variables.
    """

    home: Path
    rpc_url: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "TRACER_HOME": str(self.home),
            "TRACER_RPC_URL": self.rpc_url,
            "TRACER_KEY_PASSWORD_FILE": str(self.home / "password.txt"),
            "TRACER_RECEIPT_TIMEOUT_S": "30",
            **self.environ,
        }

    def run(self, *arguments: object) -> Done:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        redirected = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
        with _environment(self.variables), redirected[0], redirected[1]:
            code = run([str(argument) for argument in arguments])
        return Done(code, out.getvalue(), err.getvalue())

    def ok(self, *arguments: object) -> Done:
        """Run a command that has to succeed."""
        done = self.run(*arguments)
        assert done.code == 0, f"tracer {arguments} ended with {done}"
        return done

    def options(self) -> StationOptions:
        with _environment(self.variables):
            return build_options(Settings())

    @contextlib.contextmanager
    def station(self) -> Iterator[Station]:
        with open_station(self.options()) as station:
            yield station

    def write_batch(self, lot: str, **changes: Any) -> Path:
        """Write a batch file of the small batch, some of its members replaced."""
        return self.write(f"{lot}.json", {**build_batch(lot), **changes})

    def write(self, name: str, content: Any) -> Path:
        path = self.home / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    def plan(self, path: Path) -> BatchPlan:
        return load_batch_plan(path, now_unix=int(time.time()))

    def written(self, lot: str) -> list[WrittenRecord]:
        """The records that the chain holds of a batch of our GTIN."""
        with self.station() as station:
            batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
            return fetch_written(station, batch_id)


def _outside() -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRACER_")}


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("TRACER_")}
    for name in before:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def running_chain(home: Path) -> Iterator[str]:
    """`tracer chain start` as a process of its own; its JSON-RPC address."""
    arguments = [*TRACER, "chain", "start", "--port", str(free_port()), "--json"]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        env={**_outside(), "TRACER_HOME": str(home)},
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["rpcUrl"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()


class Zygote:
    """Starts commands as processes within milliseconds; see `cli_zygote`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("cli_zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_outside(), **world.variables},
            text=True,
            bufsize=1,
        )
        self._ended: dict[int, int] = {}
        self._read()

    def start(self, *arguments: object) -> int:
        """Start a command; its process id."""
        assert self._process.stdin is not None
        request = {"arguments": [str(it) for it in arguments], "output": os.devnull}
        self._process.stdin.write(json.dumps(request) + "\n")
        while True:
            message = self._read()
            if "pid" in message:
                return int(message["pid"])

    def wait(self, pid: int) -> int:
        """Wait for a command; its exit code, negative when a signal ended it."""
        while pid not in self._ended:
            self._read()
        return self._ended.pop(pid)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        message: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "exited" in message:
            self._ended[message["exited"]] = message["code"]
        return message
