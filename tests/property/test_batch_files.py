"""Whatever a file holds, reading it ends in a plan or in an error that says what is wrong."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from operations_files import NOW_UNIX

from tracer.domain.identifiers import Gln
from tracer.errors import InputError
from tracer.operations.batch_file import FileDefaults, load_batch_plan
from tracer.operations.plan import BatchPlan
from tracer.samples import sample_path
from tracer.samples.make import pretty_json

TEMPLATES = sample_path("nz").parent / "templates"
DEFAULTS = FileDefaults(recorder=Gln.parse("9520010001060"))
ODD = (
    None, True, 0, -1, 1.5, 10**15, "", " ", "x", "\ud7ff", "提", [], {}, [None], {"": ""}, [[]],
    "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999-14:00",
    "https://id.gs1.org/414/", "urn:epc:id:sgln:..", "../../etc/passwd", "a" * 400,
)  # fmt: skip
SEEDS = range(60)


def small_bundle() -> dict[str, Any]:
    """The clean sample with few events, papers and serials, so that many variants can be read."""
    bundle: dict[str, Any] = json.loads(sample_path("nz").read_text("utf-8"))
    events = bundle["epcisDocument"]["epcisBody"]["eventList"]
    bundle["epcisDocument"]["epcisBody"]["eventList"] = events[4:8]
    for event in events:
        del event["eventID"]
    bundle["documents"] = [
        {key: paper[key] for key in paper if key != "file"} for paper in bundle["documents"][2:4]
    ]
    bundle["confirmations"] = []
    bundle["serials"]["count"] = 10
    del bundle["annex"]
    return bundle


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key of a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in pairs:
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


def read(path: Path) -> BatchPlan | InputError:
    """The plan or the error; any other exception fails the test."""
    try:
        return load_batch_plan(path, now_unix=NOW_UNIX, defaults=DEFAULTS)
    except InputError as error:
        return error


@pytest.mark.parametrize("seed", SEEDS)
def test_any_value_in_any_place(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    path = tmp_path / "batch.json"
    original = small_bundle()
    path.write_text(json.dumps(original))
    assert isinstance(read(path), BatchPlan)
    for _ in range(8):
        bundle = copy.deepcopy(original)
        container, key = rng.choice(list(places(bundle)))
        container[key] = rng.choice(ODD)
        path.write_text(json.dumps(bundle))
        read(path)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["events.csv", "events.xlsx"])
def test_any_byte_of_a_sheet(name: str, seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    data = bytearray((TEMPLATES / name).read_bytes())
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path = tmp_path / name
    path.write_bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])])
    read(path)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_cut_of_json(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")
    text = json.dumps(small_bundle())
    path = tmp_path / "batch.json"
    path.write_text(text[: random.Random(seed).randrange(1, len(text) - 1)])
    assert isinstance(read(path), InputError)


def test_pretty_json_says_the_same() -> None:
    bundle = small_bundle()
    assert json.loads(pretty_json(bundle)) == bundle
    assert max(map(len, pretty_json([list(range(9))] * 9).splitlines())) <= 100
