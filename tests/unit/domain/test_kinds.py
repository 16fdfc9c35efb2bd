"""The table of kinds: sane in itself, and what the shared vector holds."""

import json
from pathlib import Path

import pytest

from tracer.domain.kinds import (
    ANY_ROLE,
    AUTHORITY_ROLES,
    CLASS_ROLES,
    CLASSES_WHILE_HELD,
    INDEPENDENT_CLASSES,
    Kind,
    KindClass,
    Role,
)

STAGES = """MILK_COLLECTION MILK_RECEIPT MATERIAL_RECEIPT WET_PROCESS DRY_BLEND CANNING
    PACK_AGGREGATE LAB_SAMPLING LAB_RESULT FACTORY_RELEASE EXPORT_CERTIFICATION EXPORT_DECLARATION
    CONTAINER_LOADING DEPARTURE TRANSPORT_CONDITION ARRIVAL IMPORT_DECLARATION CIQ_INSPECTION
    CUSTOMS_RELEASE WAREHOUSE_RECEIPT DISTRIBUTION RETAIL_RECEIPT SALE SCAN HOLD RECALL
    DESTRUCTION"""
SHARED = json.loads((Path(__file__).parents[2] / "vectors" / "kinds.json").read_text("utf-8"))


class TestKind:
    @pytest.mark.parametrize("kind", Kind)
    def test_class_is_the_high_nibble(self, kind: Kind) -> None:
        assert kind.kind_class == kind >> 4
        assert kind & 0xF, "0 in the low nibble is kept free"

    def test_every_class_has_a_kind_and_roles(self) -> None:
        assert {kind.kind_class for kind in Kind} == set(KindClass) == set(CLASS_ROLES)
        assert all(CLASS_ROLES.values())

    def test_all_26_tracking_events_are_there(self) -> None:
        stages = set(STAGES.split())
        assert len(stages) == 27  # hold and recall are one stage of the domain, two kinds here
        assert stages <= set(Kind.__members__)


class TestRules:
    def test_roles_are_single_bits_of_sixteen(self) -> None:
        assert [int(role) for role in Role] == [1 << bit for bit in range(len(Role))]
        assert all(Role.SUPPLIER <= roles <= ANY_ROLE < 1 << 16 for roles in CLASS_ROLES.values())

    def test_independent_classes_need_a_role_that_no_manufacturer_has(self) -> None:
        for kind_class in INDEPENDENT_CLASSES:
            assert not CLASS_ROLES[kind_class] & Role.MANUFACTURER

    def test_a_held_batch_does_not_move_but_can_be_judged_and_destroyed(self) -> None:
        moving = {KindClass.TRANSPORT, KindClass.RETAIL, KindClass.MANUFACTURING, KindClass.SUPPLY}
        assert not moving & CLASSES_WHILE_HELD
        assert {KindClass.HOLD, KindClass.RECALL, KindClass.DISPOSAL} <= CLASSES_WHILE_HELD
        assert INDEPENDENT_CLASSES <= CLASSES_WHILE_HELD

    def test_only_customs_confirm_and_no_broker_can(self) -> None:
        assert CLASS_ROLES[Kind.CLEARANCE_CONFIRMATION.kind_class] == Role.CUSTOMS
        assert CLASS_ROLES[Kind.CLEARANCE_CLAIM.kind_class] & Role.BROKER

    def test_authorities_are_inspectors_authorities_and_customs(self) -> None:
        assert AUTHORITY_ROLES == Role.INSPECTOR | Role.AUTHORITY | Role.CUSTOMS


class TestSharedVector:
    def test_is_this_table(self) -> None:
        assert SHARED["kinds"] == {kind.name: int(kind) for kind in Kind}
        assert SHARED["roles"] == {role.name: int(role) for role in Role}
        assert SHARED["classRoles"] == {c.name: int(roles) for c, roles in CLASS_ROLES.items()}
        assert set(SHARED["independentClasses"]) == {c.name for c in INDEPENDENT_CLASSES}
        assert set(SHARED["classesWhileHeld"]) == {c.name for c in CLASSES_WHILE_HELD}
