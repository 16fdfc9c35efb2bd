"""Batch files written into a folder of their own and read back."""

import json
from pathlib import Path
from typing import Any

import pytest
from operations_files import NOW_UNIX, Load

from tracer.operations.batch_file import FileDefaults, load_batch_plan
from tracer.operations.plan import BatchPlan


@pytest.fixture
def load(tmp_path: Path) -> Load:

    def write_and_load(
        content: Any, *, name: str = "batch.json", defaults: FileDefaults | None = None
    ) -> BatchPlan:
        path = tmp_path / name
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_batch_plan(path, now_unix=NOW_UNIX, defaults=defaults or FileDefaults())

    return write_and_load
