"""A plan beside the chain: what is missing, what is strange, and what cannot be told."""

import hashlib
from collections.abc import Callable

import pytest

from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.records import Record
from tracer.errors import ConflictError, InvalidFileError
from tracer.operations.ledger_records import (
    NO_DIGEST,
    PreparedRecord,
    check_unique,
    compare_with_chain,
    describe_record,
    split_records,
)

MAKER, LAB = Gln.parse("9520010001008"), Gln.parse("9520010001039")


def anything(_position: int, _digest: bytes) -> bool:
    return True


def nothing(_position: int, _digest: bytes) -> bool:
    return False


def event(text: str, time: int = 1, gln: Gln = MAKER) -> PreparedRecord:
    digest = hashlib.sha256(text.encode()).digest()
    return PreparedRecord(gln, Record(Kind.CANNING, time, None, digest), True, False, text)


def paper(text: str = "", time: int = 2, gln: Gln = MAKER) -> PreparedRecord:
    """A paper; without a text its salts are not here."""
    digest = hashlib.sha256(text.encode()).digest() if text else NO_DIGEST
    return PreparedRecord(gln, Record(Kind.DOCUMENT, time, None, digest), bool(text), True, text)


class TestCompare:
    @pytest.mark.parametrize("there", range(4))
    def test_what_was_written_is_not_missing(self, there: int) -> None:
        plan = [event("a"), event("b"), event("c")]
        compared = compare_with_chain(plan, [it.written for it in plan[:there]], nothing)
        assert compared.missing == tuple(range(there, 3))
        assert compared.extra == ()

    def test_a_hole_is_found(self) -> None:
        plan = [event("a"), event("b"), event("c")]
        compared = compare_with_chain(plan, [plan[2].written, plan[0].written], nothing)
        assert compared.missing == (1,)

    def test_the_same_record_of_another_party_is_another_record(self) -> None:
        compared = compare_with_chain([event("a")], [event("a", gln=LAB).written], anything)
        assert compared.missing == (0,)
        assert compared.extra == (event("a", gln=LAB).written,)

    def test_extra_records_come_in_the_chains_order(self) -> None:
        strange = [event("x").written, event("y").written, event("x").written]
        compared = compare_with_chain([event("x")], strange, nothing)
        assert compared.extra == tuple(strange[1:])

    def test_a_paper_of_another_installation_is_found_by_its_header(self) -> None:
        theirs = paper("their salts")
        compared = compare_with_chain([event("a"), paper()], [theirs.written], anything)
        assert compared.missing == (0,)
        assert compared.found == {1: theirs.record.digest}
        assert compared.extra == ()

    def test_our_own_salts_do_not_hide_that_others_wrote_it(self) -> None:
        theirs = paper("their salts")
        compared = compare_with_chain([paper("our salts")], [theirs.written], anything)
        assert compared.missing == ()
        assert compared.found == {0: theirs.record.digest}

    def test_a_paper_that_is_known_to_be_another_one_is_not_it(self) -> None:
        theirs = paper("another paper")
        compared = compare_with_chain([paper()], [theirs.written], nothing)
        assert compared.missing == (0,)
        assert compared.extra == (theirs.written,)

    @pytest.mark.parametrize("changed", [{"time": 3}, {"gln": LAB}])
    def test_a_paper_of_another_time_or_party_is_another_one(
        self, changed: dict[str, int | Gln]
    ) -> None:
        theirs: Callable[..., PreparedRecord] = paper
        compared = compare_with_chain([paper()], [theirs("x", **changed).written], anything)
        assert compared.missing == (0,)

    def test_two_papers_alike_of_which_one_is_there_cannot_be_told_apart(self) -> None:
        with pytest.raises(ConflictError, match="1 of 2 records"):
            compare_with_chain([paper(), paper()], [paper("theirs").written], anything)

    def test_an_exact_match_comes_before_a_likeness(self) -> None:
        ours, other = paper("ours"), paper("other")
        compared = compare_with_chain([paper(), ours], [ours.written, other.written], anything)
        assert compared.found == {0: other.record.digest}
        assert compared.missing == ()


class TestUnique:
    def test_the_same_thing_twice_is_refused(self) -> None:
        with pytest.raises(InvalidFileError, match="a stands twice"):
            check_unique([event("a"), event("b"), event("a")])

    def test_two_parties_may_say_the_same(self) -> None:
        check_unique([event("a"), event("a", gln=LAB)])

    def test_papers_without_salts_are_not_compared(self) -> None:
        check_unique([paper(), paper()])


def test_split_records_keeps_the_order() -> None:
    first, second, third = (event(text) for text in "abc")
    appends = [
        (MAKER.number, first.record.pack() + second.record.pack()),
        (LAB.number, third.record.pack()),
    ]
    assert split_records(appends) == [
        first.written, second.written, (LAB.number, third.record.pack()),
    ]  # fmt: skip


def test_describe_record_names_kind_party_and_digest() -> None:
    described = describe_record(event("a").written)
    assert described.startswith("CANNING of party 9520010001008 with digest ")
    assert describe_record((5, b"\xff" + bytes(43))).startswith("0xff of party 0000000000005")
