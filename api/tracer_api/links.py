"""The links of a tin, a batch or a product: which there are, and how they are written.

Sources: GS1-Conformant Resolver Standard 1.1 and 1.2 §2, GS1 Web Vocabulary (link types), RFC 9264
(linksets), RFC 8288 (the Link header).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from tracer.domain.identifiers import DigitalLink
from tracer_api.negotiation import LANGUAGES, LINKSET_TYPE, Language
from tracer_api.routes.batches import batch_path
from tracer_api.view.texts import Texts

VOCABULARY: Final = "https://ref.gs1.org/voc/"
"""What the prefix `gs1:` stands for."""

PREFIXES: Final = ("gs1:", VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/")
"""How a link type may be written; the last two are the vocabulary's earlier addresses."""

DEFAULT_LINK: Final = "defaultLink"

ALL_LINKS: Final = frozenset({"linkset", "all"})
"""Link types that ask for the list; `all` is version 1.1's word for it."""

CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
"""Makes JSON-LD of a linkset. It is named in answers, and never fetched."""

LINK_HEADER: Final = f'<?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'
"""On every page of a tin, batch or product: where its links are, relative to its own address."""

HTML: Final = "text/html"
JSON: Final = "application/json"

SECTIONS: Final = {
    "pip": "",
    "traceability": "#journey",
    "certificationInfo": "#papers",
    "safetyInfo": "#lab",
    "sustainabilityInfo": "#carbon",
    "recallStatus": "#v-title",
    "dpp": "",
}
"""Link types that the page of a tin or batch answers, and at which place of it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link.

    Attributes:
        kind: link type of GS1's vocabulary, without prefix.
        path: on this server, with query and fragment.
        title: in its language.
        media_type: of the target.
        language: of the target; None if it has none.
    """

    kind: str
    path: str
    title: str
    media_type: str
    language: Language | None = None


def read_link_type(text: str) -> str | None:
    """The name of a link type without its prefix; None if it is not of GS1's vocabulary."""
    if text in ALL_LINKS:
        return text
    name = next((text.removeprefix(p) for p in PREFIXES if text.startswith(p)), "")
    return name if name.isascii() and name.isalnum() else None


def _pages(kind: str, path: str, fragment: str, texts: Mapping[Language, Texts]) -> Iterator[Link]:
    for language in LANGUAGES:
        t = texts[language]
        title = t(f"link.{kind}")
        yield Link(kind, f"{path}?lang={language}{fragment}", title, HTML, language)


def links_of(tin: DigitalLink, texts: Mapping[Language, Texts]) -> list[Link]:
    """All links of a tin, batch or product, except the default one.

    Args:
        tin: what was asked for; without a lot it is a product.
        texts: the words of each language.
    """
    if tin.lot is None:
        return list(_pages("pip", tin.path(), "", texts))
    path, batch = tin.path(), batch_path(tin.gtin.value, tin.lot.value)
    proof = f"{batch}/bundle" + (f"?{urlencode({'serial': tin.serial})}" if tin.serial else "")
    links = [link for kind, at in SECTIONS.items() for link in _pages(kind, path, at, texts)]
    t = texts["en"]
    for kind, address in (
        ("dpp", path),
        ("traceability", f"{batch}/records"),
        ("recallStatus", batch),
        ("verificationService", proof),
    ):
        links.append(Link(kind, address, t(f"link.{kind}.data"), JSON))
    return links


def default_link(tin: DigitalLink, t: Texts) -> Link:
    """Where a scan leads: the page itself, in the reader's language."""
    return Link(DEFAULT_LINK, tin.path(), t("link.defaultLink"), HTML)


def levels_of(tin: DigitalLink) -> list[DigitalLink]:
    """The thing itself and what it is part of: tin, batch, product."""
    batch, product = replace(tin, serial=None), DigitalLink(tin.gtin)
    return list(dict.fromkeys((replace(tin, expiry=None), replace(batch, expiry=None), product)))


def _target(origin: str, link: Link) -> dict[str, Any]:
    target: dict[str, Any] = {"href": origin + link.path, "title": link.title}
    if link.kind == DEFAULT_LINK:
        return target
    target["type"] = link.media_type
    if link.language:
        target["hreflang"] = [link.language]
    return target


def build_linkset(
    tin: DigitalLink, origin: str, texts: Mapping[Language, Texts], language: Language
) -> dict[str, Any]:
    """The linkset of a tin, batch or product and of what it is part of (RFC 9264 §4.2).

    Args:
        tin: what was asked for; it is known here.
        origin: that addresses start with.
        texts: the words of each language.
        language: of titles that have no language of their own.
    """
    contexts = []
    t = texts[language]
    for level in levels_of(tin):
        kind = "tin" if level.serial else "batch" if level.lot else "product"
        name = t(f"link.{kind}", lot=level.lot or "", serial=level.serial or "")
        context: dict[str, Any] = {
            "anchor": origin + level.path(),
            "description": name,
            "itemDescription": name,  # what `description` was called until version 1.1
        }
        for link in (default_link(level, t), *links_of(level, texts)):
            context.setdefault(VOCABULARY + link.kind, []).append(_target(origin, link))
        contexts.append(context)
    return {"linkset": contexts}


def choose_link(
    links: Sequence[Link], kind: str, language: Language, *, as_json: bool
) -> Link | None:
    """The link of a type that suits a reader best; None if there is none of that type.

    Args:
        links: all of a thing.
        kind: the link type asked for.
        language: that the reader wants.
        as_json: whether JSON is wanted before a page.
    """
    fitting = [link for link in links if link.kind == kind]
    return max(
        fitting,
        key=lambda link: ((link.media_type == JSON) == as_json, link.language == language),
        default=None,
    )


def add_query(path: str, rest: Sequence[str]) -> str:
    """A path with the parts of a request's query passed on, unless it has one of that name."""
    address, _, fragment = path.partition("#")
    base, _, own = address.partition("?")
    named = {part.partition("=")[0] for part in own.split("&")}
    parts = [own] if own else []
    parts += [part for part in rest if part.partition("=")[0] not in named]
    query = "&".join(quote(part, safe="=%!$'()*,;:@/?-._~+") for part in parts)
    return base + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
