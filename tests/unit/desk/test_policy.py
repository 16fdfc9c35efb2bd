"""Who may do what, spelled out once more and by other means than the table of the code."""

import itertools
from collections.abc import Iterator

import pytest

from tracer.domain.documents import DocType
from tracer.domain.kinds import Role
from tracer.domain.policy import (
    RULES,
    Action,
    Actor,
    Batch,
    Decision,
    Relation,
    Resource,
    decide,
    relations,
)

US, OWNER, OTHER = 9520010001091, 9520010001008, 9520010001138
DECLARATION = DocType.CUSTOMS_DECLARATION
WRITING = {Action.UPLOAD, Action.REPLACE, Action.STATE}

OWN_ONLY = {Action.REPLACE, Action.STATE, Action.GRANT, Action.ERASE}
GRANTED_ONLY = {Action.OPEN_CONTAINER}
OWN_AND_GRANTED = {Action.READ_FILE, Action.READ_VIEW}
INSIDERS = {Action.SEE, Action.READ_RENDITION}


def expected(action: Action, held: frozenset[Relation]) -> bool:
    if action in OWN_ONLY:
        return Relation.OWN in held
    if action in GRANTED_ONLY:
        return Relation.GRANTED in held
    if action in OWN_AND_GRANTED:
        return bool(held & {Relation.OWN, Relation.GRANTED})
    if action in INSIDERS:
        return held != {Relation.OTHER}
    return action in {Action.UPLOAD, Action.LIST}


def resources() -> Iterator[Resource]:
    for org, is_granted, owner in itertools.product((US, OTHER), (False, True), (US, OWNER)):
        yield Resource(Batch(owner, is_partner=True), org, is_granted, DECLARATION)


def test_every_action_has_a_rule_and_is_spelled_out_here() -> None:
    listed = OWN_ONLY | GRANTED_ONLY | OWN_AND_GRANTED | INSIDERS | {Action.UPLOAD, Action.LIST}
    assert set(Action) == set(RULES) == listed


def test_each_action_for_each_relation() -> None:
    actor = Actor(US, Role.BROKER)
    for action, resource in itertools.product(Action, resources()):
        held = relations(actor, resource)
        assert decide(actor, action, resource).allowed == expected(action, held), (action, held)


def test_nobody_without_a_role_may_do_anything() -> None:
    for action, resource in itertools.product(Action, resources()):
        assert not decide(Actor(US, Role(0)), action, resource).allowed


def test_an_action_without_a_rule_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RULES, Action.ERASE)  # type: ignore[arg-type]  # a dict behind a Mapping
    resource = Resource(Batch(OWNER, is_partner=True), US, doc_type=DECLARATION)
    assert not decide(Actor(US, Role.BROKER), Action.ERASE, resource).allowed


def test_strangers_do_not_learn_that_a_paper_is_there() -> None:
    hidden = Resource(Batch(OWNER, is_partner=True), OTHER, doc_type=DECLARATION)
    for action in set(Action) - {Action.UPLOAD, Action.LIST}:
        decision = decide(Actor(US, Role.BROKER), action, hidden)
        assert decision == Decision(False, False, "there is no such paper"), action


@pytest.mark.parametrize("action", sorted(WRITING))
@pytest.mark.parametrize(
    ("doc_type", "roles", "owner", "is_partner", "may"),
    [
        (DECLARATION, Role.BROKER, OWNER, True, True),
        (DECLARATION, Role.BROKER, OWNER, False, False),  # no partner
        (DECLARATION, Role.CARRIER, OWNER, True, False),  # no broker
        (DECLARATION, Role.BROKER, None, True, False),  # no batch
        (DocType.LAB_REPORT, Role.LABORATORY, OWNER, True, True),
        (DocType.LAB_REPORT, Role.LABORATORY, US, True, False),  # the owner's own laboratory
        (DocType.CIQ_CERTIFICATE, Role.CUSTOMS, OWNER, False, True),  # authorities need no partner
        (DocType.HEALTH_CERTIFICATE, Role.AUTHORITY, OWNER, False, True),
        (DocType.HEALTH_CERTIFICATE, Role.BROKER, OWNER, True, False),
        (DocType.PACKING_LIST, Role.MANUFACTURER, US, False, True),  # the owner
        (DocType.PACKING_LIST, Role.RETAILER, OWNER, True, True),  # any role
    ],
)
def test_what_the_ledger_would_refuse_is_refused(
    *,
    action: Action,
    doc_type: DocType,
    roles: Role,
    owner: int | None,
    is_partner: bool,
    may: bool,
) -> None:
    batch = None if owner is None else Batch(owner, is_partner)
    decision = decide(Actor(US, roles), action, Resource(batch, US, doc_type=doc_type))
    assert decision.allowed == may
    assert bool(decision.reason) != may
