"""Whatever single value of a good bundle is changed, verification never ends VALID.

The first test goes through every value and changes one character at every place of it; hypothesis
then changes random places to random characters. Seeds are hypothesis's own.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bundle_damages import hide_field
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_batches import AS_OF_UNIX, GTIN, LOT, SERIAL, import_batch, small_batch

from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.checks import CheckStatus, overall
from tracer.domain.identifiers import DigitalLink
from tracer.domain.verify import verify_bundle
from tracer.errors import InputError

LINK = DigitalLink.parse(f"https://example.org/01/{GTIN}/10/{LOT}/21/{SERIAL}")
Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, (*path, index))
    else:
        yield path, value


def keys(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every object key with the path of its object."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield path, name
            yield from keys(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from keys(member, (*path, index))


class Case:
    def __init__(self, serial: str | None, ledger: Any) -> None:
        bundle = ledger.bundle(serial)
        self.facts: ChainFacts = ledger.facts(bundle)
        self.text = json.dumps(bundle.to_json())
        self.value = bundle.to_json()
        self.leaves = list(leaves(self.value))
        self.keys = list(keys(self.value))

    def status(self, value: Any, facts: ChainFacts | None) -> CheckStatus:
        """How a changed bundle ends; a form that is refused is not VALID either."""
        try:
            bundle = Bundle.from_json(value)
        except InputError:
            return CheckStatus.INVALID
        return overall(verify_bundle(bundle, facts, as_of_unix=AS_OF_UNIX, link=LINK))

    def changed(self, path: Path, new: Any) -> Any:
        value = json.loads(self.text)
        place = value
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = new
        return value

    def renamed(self, path: Path, old: str, new: str) -> Any:
        value = json.loads(self.text)
        place = value
        for name in path:
            place = place[name]
        place[new] = place.pop(old)
        return value


SMALL = Case(SERIAL, small_batch())
IMPORT = Case(SERIAL, import_batch())


def flip(character: str) -> str:
    """Another character of the same class, so that most forms stay well formed."""
    if character.isdigit():
        return str((int(character) + 1) % 10)
    if character in "abcdef":
        return "abcdef"[("abcdef".index(character) + 1) % 6]
    return chr(ord(character) ^ 1)


def other_values(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        digits = str(value)
        for index in range(len(digits)):
            changed = digits[:index] + flip(digits[index]) + digits[index + 1 :]
            yield int(changed)
    elif value is None:
        yield 0
        yield ""
    else:
        for index in range(len(value)):
            yield value[:index] + flip(value[index]) + value[index + 1 :]
        yield value + "0"
        yield value[:-1]


class TestEveryValueIsCovered:
    def test_the_good_bundles_are_valid(self) -> None:
        for case in (SMALL, IMPORT):
            assert case.status(json.loads(case.text), case.facts) is CheckStatus.VALID

    def test_without_a_node_a_good_bundle_is_neither_green_nor_forged(self) -> None:
        assert SMALL.status(SMALL.value, None) is CheckStatus.ERROR

    @pytest.mark.slow
    def test_one_character_of_any_value(self) -> None:
        valid = [
            (path, new)
            for path, old in SMALL.leaves
            for new in other_values(old)
            if SMALL.status(SMALL.changed(path, new), SMALL.facts) is CheckStatus.VALID
        ]
        assert valid == []

    def test_one_character_of_any_key(self) -> None:
        for path, name in SMALL.keys:
            new = flip(name[0]) + name[1:]
            status = SMALL.status(SMALL.renamed(path, name, new), SMALL.facts)
            assert status is not CheckStatus.VALID, (path, name)

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_any_character_anywhere(self, data: st.DataObject) -> None:
        path, old = data.draw(st.sampled_from(IMPORT.leaves))
        if isinstance(old, str) and old:
            index = data.draw(st.integers(0, len(old) - 1))
            new: Any = old[:index] + data.draw(st.characters()) + old[index + 1 :]
        else:
            new = data.draw(st.one_of(st.none(), st.booleans(), st.integers(0, 2**48), st.text()))
        if new != old or type(new) is not type(old):
            assert IMPORT.status(IMPORT.changed(path, new), IMPORT.facts) is not CheckStatus.VALID

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_without_a_node_no_change_is_valid(self, data: st.DataObject) -> None:
        path, old = data.draw(st.sampled_from(SMALL.leaves))
        new = data.draw(st.sampled_from(list(other_values(old))))
        assert SMALL.status(SMALL.changed(path, new), None) is not CheckStatus.VALID

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_no_row_can_be_left_out_or_doubled(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(["appends", "records"]))
        value = json.loads(IMPORT.text)
        index = data.draw(st.integers(0, len(value[name]) - 1))
        if data.draw(st.booleans()):
            del value[name][index]
        else:
            value[name].insert(data.draw(st.integers(0, len(value[name]))), value[name][index])
        assert IMPORT.status(value, IMPORT.facts) is not CheckStatus.VALID

    def test_no_public_field_of_a_paper_can_be_hidden(self) -> None:
        for key, view in IMPORT.value["documents"].items():
            for name in (entry["name"] for entry in json.loads(view)["fields"] if "name" in entry):
                value = IMPORT.changed(("documents", key), hide_field(view, name))
                checks = verify_bundle(
                    Bundle.from_json(value), IMPORT.facts, as_of_unix=AS_OF_UNIX, link=LINK
                )
                (found,) = [check for check in checks if check.key == "documents.withheld"]
                assert (found.status, found.params) == (CheckStatus.INVALID, {"field": name})
                assert [check for check in checks if check.key == "documents.wrong"] == []
