"""The shape that EPCIS gives each tracking event, and the way back from shape to stage.

One row per stage: event type, action, business step and disposition (CBV 2.0 words). A clerk's
row names the stage and gets the shape; an EPCIS event without a stage is recognised by its shape
where only one stage has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.findings import unknown_name

STAGE_KEY = "tracer:stage"

OBJECT = "ObjectEvent"
AGGREGATION = "AggregationEvent"
TRANSACTION = "TransactionEvent"
TRANSFORMATION = "TransformationEvent"


@dataclass(frozen=True, slots=True)
class Shape:
    """How EPCIS writes a stage.

    Attributes:
        event_type: of EPCIS 2.0.
        action: ADD, OBSERVE or DELETE; empty for a transformation, which has none.
        biz_step: CBV business step.
        dispositions: CBV dispositions that fit; the first one is written by default.
    """

    event_type: str
    action: str
    biz_step: str
    dispositions: tuple[str, ...]

    def fits(self, event: Mapping[str, Any]) -> bool:
        """Whether an event has this shape."""
        return (
            event.get("type") == self.event_type
            and event.get("action", "") == self.action
            and event.get("bizStep") == self.biz_step
            and event.get("disposition") in self.dispositions
        )


SHAPES: Mapping[Kind, Shape] = {
    Kind.MILK_COLLECTION: Shape(OBJECT, "ADD", "commissioning", ("active",)),
    Kind.MILK_RECEIPT: Shape(OBJECT, "OBSERVE", "receiving", ("in_progress",)),
    Kind.MATERIAL_RECEIPT: Shape(OBJECT, "OBSERVE", "receiving", ("in_progress",)),
    Kind.WET_PROCESS: Shape(TRANSFORMATION, "", "creating_class_instance", ("in_progress",)),
    Kind.DRY_BLEND: Shape(TRANSFORMATION, "", "creating_class_instance", ("in_progress",)),
    Kind.CANNING: Shape(TRANSFORMATION, "", "commissioning", ("active",)),
    Kind.PACK_AGGREGATE: Shape(AGGREGATION, "ADD", "packing", ("container_closed",)),
    Kind.LAB_SAMPLING: Shape(OBJECT, "OBSERVE", "sampling", ("in_progress",)),
    Kind.LAB_RESULT: Shape(OBJECT, "OBSERVE", "inspecting", ("conformant", "non_conformant")),
    Kind.FACTORY_RELEASE: Shape(OBJECT, "OBSERVE", "inspecting", ("sellable_not_accessible",)),
    Kind.EXPORT_CERTIFICATION: Shape(TRANSACTION, "ADD", "inspecting", ("conformant",)),
    Kind.EXPORT_DECLARATION: Shape(TRANSACTION, "ADD", "staging_outbound", ("available",)),
    Kind.CONTAINER_LOADING: Shape(AGGREGATION, "ADD", "loading", ("in_transit",)),
    Kind.DEPARTURE: Shape(OBJECT, "OBSERVE", "departing", ("in_transit",)),
    Kind.TRANSPORT_CONDITION: Shape(OBJECT, "OBSERVE", "sensor_reporting", ("in_transit",)),
    Kind.ARRIVAL: Shape(OBJECT, "OBSERVE", "arriving", ("in_transit",)),
    Kind.IMPORT_DECLARATION: Shape(TRANSACTION, "ADD", "staging_outbound", ("in_progress",)),
    Kind.CIQ_INSPECTION: Shape(
        OBJECT, "OBSERVE", "inspecting", ("conformant", "in_progress", "non_conformant")
    ),
    Kind.CUSTOMS_RELEASE: Shape(
        OBJECT, "OBSERVE", "entering_exiting", ("sellable_not_accessible",)
    ),
    Kind.UNLOAD: Shape(AGGREGATION, "DELETE", "unloading", ("in_progress",)),
    Kind.WAREHOUSE_RECEIPT: Shape(OBJECT, "OBSERVE", "receiving", ("sellable_not_accessible",)),
    Kind.DISTRIBUTION: Shape(OBJECT, "OBSERVE", "shipping", ("in_transit",)),
    Kind.RETAIL_RECEIPT: Shape(OBJECT, "OBSERVE", "receiving", ("sellable_accessible",)),
    Kind.SALE: Shape(OBJECT, "OBSERVE", "retail_selling", ("retail_sold",)),
    Kind.HOLD: Shape(OBJECT, "OBSERVE", "holding", ("non_sellable_other",)),
    Kind.RELEASE: Shape(OBJECT, "OBSERVE", "inspecting", ("available",)),
    Kind.RECALL: Shape(OBJECT, "OBSERVE", "holding", ("recalled",)),
    Kind.DESTRUCTION: Shape(OBJECT, "DELETE", "destroying", ("destroyed",)),
}  # fmt: skip
"""Every kind whose content is an EPCIS event."""

STAGE_NAMES = frozenset(kind.name for kind in SHAPES)


def parse_stage(name: object) -> Kind:
    """The kind that a stage's name stands for.

    Raises:
        InvalidFileError: no event has that stage.
    """
    if not isinstance(name, str) or name not in STAGE_NAMES:
        raise InvalidFileError(unknown_name("stage", str(name), STAGE_NAMES))
    return Kind[name]


def kind_of_shape(event: Mapping[str, Any]) -> Kind:
    """The kind of an EPCIS event that names no stage, where only one stage has its shape.

    Raises:
        InvalidFileError: several stages, or none, have that shape.
    """
    fitting = [kind for kind, shape in SHAPES.items() if shape.fits(event)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(kind.name for kind in fitting) or "no known stage"
    raise InvalidFileError(f"its steps fit {names}; add {STAGE_KEY!r} to say which stage it is")
