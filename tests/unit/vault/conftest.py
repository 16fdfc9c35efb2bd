"""A vault in a folder of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vaults import VaultWorld, sqlite_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    world = sqlite_world(tmp_path)
    yield world
    world.engine.dispose()
