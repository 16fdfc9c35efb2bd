"""Whatever is done to a file, the gate says something sensible of it and goes on."""

import os
from pathlib import Path

import pytest
from gate_mutations import good_files, judge_damaged

from tracer.gate.gate import inspect_file
from tracer.gate.sandbox import sandbox_for

SEED = int(os.environ.get("SEED", "20260703"))


def check(count: int, folder: Path) -> None:
    print("seed", SEED)
    for index, data in enumerate(good_files()[:6]):
        (folder / str(index)).write_bytes(data)
        assert inspect_file(folder / str(index)).accepted
    forker = sandbox_for("parse")._process
    verdicts = judge_damaged(SEED, count, folder)
    print(dict(sorted(verdicts.items(), key=lambda item: -item[1])))
    assert sum(verdicts.values()) == count
    assert count // 100 < verdicts.get("ok", 0) < count // 2
    assert len(verdicts) > 8
    assert sandbox_for("parse")._process is forker  # and it has not died on the way
    assert forker is not None
    assert forker.poll() is None


@pytest.mark.integration
def test_200_damaged_files(tmp_path: Path) -> None:
    check(200, tmp_path)


@pytest.mark.faults
@pytest.mark.timeout(3_000)
def test_10_000_damaged_files(tmp_path: Path) -> None:
    check(10_000, tmp_path)
