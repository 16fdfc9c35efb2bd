"""Every family of forgeries: name -> variants: name -> what the forger does.

A forgery changes a story through a `Forger` and returns one sentence, or an empty text when the
batch lacks what it needs.
"""

from collections.abc import Callable, Mapping

from forgeries.families import (
    confirmations,
    dates,
    fields,
    goods,
    issuers,
    laboratory,
    origin,
    places,
    rings,
    served,
    weights,
)
from forgeries.forger import Forger

Forgery = Callable[[Forger], str]

FAMILIES: Mapping[str, Mapping[str, Forgery]] = {
    **served.FAMILIES,
    **fields.FAMILIES,
    **origin.FAMILIES,
    **weights.FAMILIES,
    **dates.FAMILIES,
    **issuers.FAMILIES,
    **confirmations.FAMILIES,
    **goods.FAMILIES,
    **laboratory.FAMILIES,
    **places.FAMILIES,
    **rings.FAMILIES,
}
