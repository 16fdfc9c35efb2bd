"""Walks every object of an opened PDF and refuses what acts, hides or outgrows a paper.

Runs in the child only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from tracer.gate.limits import (
    MAX_DEPTH,
    MAX_DRAWINGS,
    MAX_FILTERS,
    MAX_ITEMS,
    MAX_OBJECTS,
    MAX_PAGES,
    MAX_PIXELS,
    MAX_PREDICTOR_COLUMNS,
)
from tracer.gate.reasons import Reason, RefusedError

ALLOWED_FILTERS = frozenset({"/FlateDecode", "/DCTDecode", "/ASCII85Decode", "/CCITTFaxDecode"})
"""LZW, JBIG2 and JPEG 2000 decoders have the longest lists of memory errors; papers need none."""

ACTIVE_KEYS = frozenset(
    """
    /JS /JavaScript /OpenAction /AA /Launch /EmbeddedFile /EmbeddedFiles /EF /AF
    /RichMedia /XFA /SubmitForm /ImportData /GoToR /GoToE /URI /Collection
    /RichMediaContent /Rendition /OPI /Requirements
    """.split()  # noqa: SIM905 - a list of names reads as one
)
ACTIVE_VALUES = frozenset(
    """
    /JavaScript /Launch /SubmitForm /ImportData /GoToR /GoToE /URI /Rendition /Movie
    /Sound /RichMediaExecute /GoTo3DView /SetOCGState /Hide /ResetForm /Thread
    /Named /Trans /EmbeddedFile /Filespec /RichMedia /Screen /3D /FileAttachment
    /PS
    """.split()  # noqa: SIM905 - a list of names reads as one
)
_ACTIVE_UNDER = ("/S", "/Subtype", "/Type")
_OUTSIDE_KEYS = ("/FFilter", "/FDecodeParms", "/Ref")  # a stream or drawing kept in another file
_OLD_FILE = ("/Type", "/F")  # an old spelling of Filespec
_QUIET_MARKS = frozenset({"/Link", "/Widget", "/Popup"})
_SIGNATURE_FIELD = "/Sig"


@dataclass
class Walk:
    """What a walk has met so far."""

    items: int = 0
    has_annotations: bool = False


def check_objects(pdf: pikepdf.Pdf) -> list[Reason]:
    """Walk all objects.

    Returns:
        What a person should know.

    Raises:
        RefusedError: too many pages, objects or levels, a filter we do not open, or something
            that acts when opened.
    """
    if pdf.is_encrypted:
        raise RefusedError("encrypted")
    _check_counts(pdf)
    walk = Walk()
    for top in pdf.objects:
        for part in _parts(top, walk):
            _check_part(part, walk)
    for page in pdf.pages:
        _count_drawings(_resources(page.obj), {}, 1)
    pages = len(pdf.pages)
    if pages > MAX_PAGES:
        raise RefusedError("too-many-pages", most=MAX_PAGES)
    if pages == 0:
        raise RefusedError("no-pages")
    notes = [Reason("annotations")] if walk.has_annotations else []
    return notes + ([Reason("layers")] if "/OCProperties" in pdf.Root else [])


def _check_counts(pdf: pikepdf.Pdf) -> None:
    size = pdf.trailer.get("/Size", 0)
    if not isinstance(size, int) or size > MAX_OBJECTS or len(pdf.objects) > MAX_OBJECTS:
        raise RefusedError("too-many-objects", most=MAX_OBJECTS)


def _parts(top: Object, walk: Walk) -> Iterator[Object]:
    """Yield a top-level object and every array and dictionary written inside it."""
    waiting = [(top, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise RefusedError("too-deep", most=MAX_DEPTH)
        yield part
        children = _children(part)
        walk.items += len(children)
        if walk.items > MAX_ITEMS:
            raise RefusedError("too-many-objects", most=MAX_OBJECTS)
        waiting += [
            (child, depth + 1)
            for child in children
            if isinstance(child, Array | Dictionary) and not child.is_indirect
        ]


def _children(part: Object) -> list[Object]:
    if isinstance(part, Array):
        return list(part)
    if isinstance(part, Dictionary | Stream):
        return [part[key] for key in part.keys()]  # noqa: SIM118 - iterating a stream yields none
    return []


def _check_part(part: Object, walk: Walk) -> None:
    if not isinstance(part, Dictionary | Stream):
        return
    keys = set(part.keys())
    if active := keys & ACTIVE_KEYS:
        raise RefusedError("active", name=min(active))
    for key in _ACTIVE_UNDER:
        value = part.get(key)
        if isinstance(value, Name) and _is_active(key, str(value)):
            raise RefusedError("active", name=str(value)[:40])
    if "/FT" in keys and str(part.get("/FT")) != _SIGNATURE_FIELD:
        raise RefusedError("form")
    if "/Subtype" in keys and "/Rect" in keys:
        walk.has_annotations |= str(part.get("/Subtype")) not in _QUIET_MARKS
    if isinstance(part, Stream):
        _check_stream(part, keys)


def _resources(page: Object) -> Object | None:
    """A page's resources, which it may have from the branch it hangs on."""
    node: Object | None = page
    for _ in range(MAX_DEPTH):
        if not isinstance(node, Dictionary):
            return None
        if "/Resources" in node:
            return node.get("/Resources")
        node = node.get("/Parent")
    return None


def _count_drawings(
    resources: Object | None, counted: dict[tuple[int, int], int], depth: int
) -> int:
    """How many drawings a page or drawing shows, through each other.

    Args:
        resources: its own, where it names what it shows.
        counted: drawings counted already, by object number.
        depth: how many drawings it is shown through.

    Raises:
        RefusedError: too many, or too deep; a drawing that shows itself never ends.
    """
    if depth > MAX_DEPTH:
        raise RefusedError("too-deep", most=MAX_DEPTH)
    named = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    total = 1
    for drawing in _children(named) if named is not None else ():
        if isinstance(drawing, Stream) and drawing.get("/Subtype") == "/Form":
            if drawing.objgen not in counted:
                inner = _count_drawings(drawing.get("/Resources"), counted, depth + 1)
                counted[drawing.objgen] = inner
            total += counted[drawing.objgen]
        if total > MAX_DRAWINGS:
            raise RefusedError("too-many-objects", most=MAX_DRAWINGS)
    return total


def _is_active(key: str, value: str) -> bool:
    return value in ACTIVE_VALUES or (key, value) == _OLD_FILE


def _check_stream(part: Stream, keys: set[str]) -> None:
    outside = [key for key in ("/F", *_OUTSIDE_KEYS) if key in keys]
    if outside:
        raise RefusedError("outside", name=outside[0])
    filters = _listed(part.get("/Filter"))
    for coding in filters:
        if str(coding) not in ALLOWED_FILTERS:
            raise RefusedError("filter", name=str(coding)[:40])
    if len(filters) > MAX_FILTERS:
        raise RefusedError("filter", name=" ".join(map(str, filters[:4]))[:60])
    _check_rows(part)
    if "/Width" in keys or "/Height" in keys:
        width, height = _whole(part.get("/Width", 0)), _whole(part.get("/Height", 0))
        if width * height > MAX_PIXELS:
            raise RefusedError("image-too-large", width=width, height=height)


def _check_rows(part: Stream) -> None:
    for params in _listed(part.get("/DecodeParms")):
        if isinstance(params, Dictionary) and _row(params) > MAX_PREDICTOR_COLUMNS:
            raise RefusedError("predictor")


def _listed(value: Object | None) -> list[Object]:
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def _row(params: Dictionary) -> int:
    """Samples in one row of a predictor."""
    return _whole(params.get("/Columns", 1)) * _whole(params.get("/Colors", 1))


def _whole(value: object) -> int:
    """A whole number that is not negative.

    Raises:
        RefusedError: it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RefusedError("damaged", detail="a size is no whole number")
    return value
