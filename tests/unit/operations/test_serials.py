import re

import pytest

from tracer.domain.identifiers import Serial
from tracer.errors import InvalidIdentifierError
from tracer.operations.serials import build_sample_serials

NAMED = [Serial.parse("KBB7F21FC"), Serial.parse("K08079F4D")]


class TestBuildSampleSerials:
    def test_gives_as_many_as_asked_with_those_that_events_name(self) -> None:
        serials = build_sample_serials("seed", "K", 11_520, NAMED)
        assert len(set(serials)) == 11_520
        assert set(NAMED) < set(serials)
        assert serials == sorted(serials, key=lambda serial: serial.value.encode())
        assert all(re.fullmatch(r"K[0-9A-F]{8}", serial.value) for serial in serials)

    def test_same_seed_same_serials(self) -> None:
        first = build_sample_serials("a", "K", 100, NAMED)
        assert first == build_sample_serials("a", "K", 100, NAMED)
        assert first != build_sample_serials("b", "K", 100, NAMED)

    def test_a_longer_batch_extends_a_shorter_one(self) -> None:
        short = build_sample_serials("a", "K", 10, [])
        assert set(short) < set(build_sample_serials("a", "K", 20, []))

    def test_prefix_that_does_not_fit(self) -> None:
        with pytest.raises(InvalidIdentifierError):
            build_sample_serials("a", "K" * 13, 1, [])
