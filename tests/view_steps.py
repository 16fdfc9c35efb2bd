"""A document view checked step by step, in the order of `vectors/README.md`."""

from tracer.domain.document_views import parse_view
from tracer.domain.documents import Scope
from tracer.domain.identifiers import Gln
from tracer.errors import InputError


def first_fault(text: str, expected: bytes, scope: Scope, issuer: Gln) -> str:
    """The first step that fails; "" when the view is what the record committed to."""
    try:
        view = parse_view(text)
    except InputError:
        return "parse"
    faults = {
        "batch": view.batch_id != scope.batch_id,
        "issuer": view.issuer != issuer,
        "commitment": view.commitment(scope.chain_id, scope.contract) != expected,
        "open": view.withheld is not None,
    }
    return next((step for step, is_fault in faults.items() if is_fault), "")
