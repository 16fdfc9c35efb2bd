"""What a request asks for, as far as the shelf may have it.

Whatever it may not have is answered by the application inside, so nothing here has to understand
everything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from starlette.types import Scope

from tracer_api.coding import accepted_codings
from tracer_api.limits import MAX_ACCEPT_CHARS
from tracer_api.negotiation import LANGUAGES, Language, choose_language, wants_json
from tracer_api.routes.scan import WHOLE
from tracer_api.shelf.studio import BROTLI

MAX_FORMS: Final = 2_048
"""Combinations of request headers whose meaning is remembered; browsers send a few hundred."""

INSIDE: Final = "inside"

_VISIT: Final = re.compile(r"/01/(\d{14})/10/([A-Za-z0-9._-]{1,20})(?:/21/([A-Za-z0-9._-]{1,20}))?")
_PROOF: Final = re.compile(r"/v1/batches/(\d{14})/([A-Za-z0-9._-]{1,20})/(bundle|core)")
_SERIAL: Final = re.compile(rb"serial=([A-Za-z0-9._-]{1,20})")
_QUERIES: Final[Mapping[bytes, tuple[Language | None, bool]]] = {
    "&".join(filter(None, (f"lang={language}" if language else "", view))).encode(): (
        language,
        bool(view),
    )
    for language in (None, *LANGUAGES)
    for view in ("", f"view={WHOLE}")
}
"""Query -> language that it names, and whether it asks for what pages leave out."""

_TYPE: Final = re.compile(
    r"(?:text/html|text/\*|application/xhtml\+xml|application/xml|application/json|application/\*"
    r"|application/signed-exchange|image/[a-z0-9.+*-]+|\*/\*)",
)
"""Types that browsers and programs ask for; whoever asks for another is answered inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form of answer: its kinds of documents, in Brotli first if the client takes that."""

    batch: tuple[str, ...]
    tin: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@cache
def form_of(name: str) -> Form:
    """The one form of a name such as ".json" or ".html.zh.br"."""
    names = [name, name.removesuffix(BROTLI)] if name.endswith(BROTLI) else [name]
    return Form(*(tuple(subject + it for it in names) for subject in ("batch", "tin", "none")))


_BUNDLES: Final = {False: form_of(".bundle"), True: form_of(f".bundle{BROTLI}")}
_CORES: Final = {False: Form(("core",)), True: Form((f"core{BROTLI}", "core"))}
"""By whether the client takes Brotli."""


class Wish(NamedTuple):
    """What is asked for; `known` is the ETag of what the client has."""

    gtin: str
    lot: str
    serial: str
    form: Form
    known: bytes


class Wishes:
    """Reads requests, and remembers what their headers meant."""

    def __init__(self) -> None:
        self._forms: dict[tuple[bytes, ...], Form | None] = {}

    def read(self, scope: Scope) -> Wish | None:
        """What is asked for; None is for the application inside."""
        path, pairs = scope["path"], scope["headers"]
        visit = _VISIT.fullmatch(path)
        proof = None if visit else _PROOF.fullmatch(path)
        headers = dict(pairs)
        if len(path) != len(scope["raw_path"]) or len(headers) != len(pairs):
            return None  # the path is not in its usual form, or a header stands twice
        if proof is not None:
            return _read_proof(proof, scope["query_string"], headers)
        form = self.form(scope["query_string"], headers) if visit else None
        if visit is None or form is None:
            return None
        gtin, lot, serial = visit.groups("")
        return Wish(gtin, lot, serial, form, headers.get(b"if-none-match", b""))

    def form(self, query: bytes, headers: Mapping[bytes, bytes]) -> Form | None:
        """The form in which a visit is answered; None is for the application inside."""
        get = headers.get
        asked = (
            query,
            get(b"accept", b""),
            get(b"accept-language", b""),
            get(b"accept-encoding", b""),
        )
        try:
            return self._forms[asked]
        except KeyError:
            pass
        if len(self._forms) >= MAX_FORMS:
            self._forms.clear()
        name = read_wish(*asked)
        form = self._forms[asked] = None if name == INSIDE else form_of(name)
        return form


def read_wish(query: bytes, accept: bytes, languages: bytes, codings: bytes) -> str:
    """The form of page that is asked for: ".json", ".html.en", ".whole.zh" and the like.

    Pages may be had in Brotli, and then end in ".br".

    Returns:
        `INSIDE` for whatever the shelf has not: another coding, type or query.
    """
    taken = accepted_codings(codings.decode("latin-1"))
    if query not in _QUERIES or "gzip" not in taken:
        return INSIDE
    named, is_whole = _QUERIES[query]
    text = accept.decode("latin-1")
    types = [part.partition(";")[0].strip().lower() for part in text.split(",")]
    if len(text) > MAX_ACCEPT_CHARS or not all(_TYPE.fullmatch(one) for one in types if one):
        return INSIDE
    if wants_json(text):
        return ".whole.json" if is_whole else ".json"
    language = choose_language(named, languages.decode("latin-1"))
    page = "whole" if is_whole else "html"
    return f".{page}.{language}" + (BROTLI if "br" in taken else "")


def _read_proof(proof: re.Match[str], query: bytes, headers: Mapping[bytes, bytes]) -> Wish | None:
    gtin, lot, form = proof.groups()
    serial = _SERIAL.fullmatch(query)
    taken = accepted_codings(headers.get(b"accept-encoding", b"").decode("latin-1"))
    if "gzip" not in taken or (query and not (serial and form == "bundle")):
        return None
    tin = serial[1].decode() if serial else ""
    forms = _CORES if form == "core" else _BUNDLES
    return Wish(gtin, lot, tin, forms["br" in taken], headers.get(b"if-none-match", b""))
