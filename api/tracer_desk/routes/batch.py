"""What a batch still needs, and what each type of paper must hold."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from tracer_api.schemas import Problem

from tracer.domain.documents import DocType
from tracer.domain.paper_types import FieldSpec, paper_type
from tracer.domain.policy import Action
from tracer_desk.access import authorize_batch, load_batch, visible
from tracer_desk.auth import CallerDep
from tracer_desk.ledger_view import build_rows, load_ledger_view
from tracer_desk.schemas import Checklist, FieldForm, TypeForm, TypeForms
from tracer_desk.services import ServicesDep

router = APIRouter(tags=["batch"])


@router.get(
    "/v1/checklist",
    summary="Which papers a batch needs, and where they stand",
    responses={
        400: {"model": Problem, "description": "a malformed identifier"},
        401: {"model": Problem, "description": "who asks is not proven"},
        403: {"model": Problem, "description": "the key acts for no active party"},
        404: {"model": Problem, "description": "no such batch"},
    },
)
def get_checklist(
    services: ServicesDep,
    caller: CallerDep,
    gtin: Annotated[str, Query(max_length=14)],
    lot: Annotated[str, Query(max_length=20)],
) -> Checklist:
    """By the trade mode of its declaration; papers on the ledger, and those the caller may see."""
    batch = load_batch(services, gtin, lot)
    authorize_batch(services, caller, Action.LIST, batch)
    view = load_ledger_view(services, batch)
    seen = [stored for stored, _ in visible(services, caller, batch)]
    return Checklist(
        gtin=batch.gtin,
        lot=batch.lot,
        trade_mode=view.trade_mode,
        papers=build_rows(view, seen, view.trade_mode),
        checks=[asdict(check) for check in view.checks],
    )


def _field(spec: FieldSpec) -> FieldForm:
    return FieldForm(
        name=spec.name,
        public=spec.public,
        kind=spec.kind,
        required=spec.required,
        check=spec.check,
        label_en=spec.label_en,
        label_zh=spec.label_zh,
        choices=list(spec.choices),
    )


@router.get("/v1/types", summary="Types of papers and their fields")
def get_types() -> TypeForms:
    """What forms are made of; the same for everybody."""
    forms = []
    for doc_type in DocType:
        kind = paper_type(doc_type)
        forms.append(
            TypeForm(
                type=doc_type.name,
                name_en=kind.name_en,
                name_zh=kind.name_zh,
                issuer_roles=list(kind.issuer_roles),
                needed_for=sorted(kind.form.needed_for),
                fixed=[_field(spec) for spec in kind.fixed],
                fields=[_field(spec) for spec in kind.fields],
            )
        )
    return TypeForms(types=forms)
