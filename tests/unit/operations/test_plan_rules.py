from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind, Role
from tracer.operations.plan import BatchPlan, PartyProfile, PlannedEvent
from tracer.operations.plan_rules import find_refusals

MAKER, LAB, CARRIER, STORE = (
    Gln.from_number(number)
    for number in (9520010001008, 9520010001039, 9520010001060, 9520010001114)
)
PARTIES = (
    (MAKER, Role.MANUFACTURER | Role.LABORATORY),
    (LAB, Role.LABORATORY),
    (CARRIER, Role.CARRIER),
    (STORE, Role.RETAILER),
)


def refusals(*records: tuple[Kind, Gln], known: bool = True) -> list[tuple[int, str]]:
    """Position and reason of every record that is refused, one record a second."""
    items = [
        PlannedEvent(kind, gln, second, None, {}, "") for second, (kind, gln) in enumerate(records)
    ]
    parties = [PartyProfile(gln, "", "", roles, {}, "") for gln, roles in PARTIES if known]
    plan = BatchPlan(Gtin("0" * 14), Lot("L"), MAKER, 10, parties, items)
    return [(item.occurred_at_unix, rule) for item, rule in find_refusals(plan)]


class TestFindRefusals:
    def test_nothing_wrong(self) -> None:
        assert refusals((Kind.CANNING, MAKER), (Kind.DEPARTURE, CARRIER), (Kind.SALE, STORE)) == []

    def test_class_needs_a_role(self) -> None:
        ((position, rule),) = refusals((Kind.CANNING, CARRIER))
        assert position == 0
        assert rule == "a CANNING record needs one of the roles MANUFACTURER"

    def test_roles_on_the_ledger_only_are_not_judged(self) -> None:
        assert refusals((Kind.CANNING, CARRIER), known=False) == []

    def test_owner_does_not_test_itself(self) -> None:
        assert refusals((Kind.LAB_RESULT, MAKER)) == [
            (0, "the batch's owner may not write this itself")
        ]

    def test_goods_on_hold_do_not_move_but_are_tested(self) -> None:
        found = refusals(
            (Kind.HOLD, MAKER),
            (Kind.LAB_RESULT, LAB),
            (Kind.DEPARTURE, CARRIER),
            (Kind.RELEASE, MAKER),
            (Kind.DEPARTURE, CARRIER),
        )
        assert [position for position, _ in found] == [2]
        assert "on hold" in found[0][1]

    def test_only_the_holder_releases(self) -> None:
        assert refusals((Kind.HOLD, CARRIER), (Kind.RELEASE, MAKER)) == [
            (1, "this party does not hold the batch")
        ]

    def test_nobody_holds_twice(self) -> None:
        assert refusals((Kind.HOLD, MAKER), (Kind.HOLD, MAKER)) == [
            (1, "this party holds the batch already")
        ]

    def test_a_recall_is_final(self) -> None:
        found = refusals((Kind.RECALL, MAKER), (Kind.SALE, STORE), (Kind.DESTRUCTION, STORE))
        assert [position for position, _ in found] == [1]
        assert "recalled" in found[0][1]
