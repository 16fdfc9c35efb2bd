"""Which language and which form a visitor wants."""

from typing import Final, Literal

from tracer_api.limits import MAX_ACCEPT_CHARS

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
DEFAULT_LANGUAGE: Final[Language] = "en"
LINKSET_TYPE: Final = "application/linkset+json"
VARY: Final = "Accept, Accept-Language"


def _weighted(header: str) -> list[tuple[str, float]]:
    """The values of a header with their weights, heaviest first (RFC 9110 §12.4.2)."""
    pairs: list[tuple[str, float]] = []
    for item in header[:MAX_ACCEPT_CHARS].split(","):
        value, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        if value and weight:
            pairs.append((value, weight))
    return sorted(pairs, key=lambda pair: -pair[1])


def choose_language(asked: str | None, accept_language: str) -> Language:
    """`?lang=` if it names one of ours, else the reader's favourite, else English."""
    for wanted in (asked or "", *(value for value, _ in _weighted(accept_language))):
        for language in LANGUAGES:
            if wanted.partition("-")[0].lower() == language:
                return language
    return DEFAULT_LANGUAGE


def wants_linkset(accept: str) -> bool:
    """Whether the links of a thing are asked for before the thing itself (RFC 9264)."""
    ranked = [value for value, _ in _weighted(accept)]
    return bool(ranked) and ranked[0] == LINKSET_TYPE


def wants_json(accept: str) -> bool:
    """Whether JSON is asked for before HTML; a client that takes anything gets the page."""
    for value, _ in _weighted(accept):
        if value in {"application/json", "application/ld+json", "application/*"}:
            return True
        if value in {"text/html", "application/xhtml+xml", "text/*", "*/*"}:
            return False
    return False
