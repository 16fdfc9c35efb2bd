"""One spelling for every URI that names a GS1 key.

CBV 2.0 §8.9 hashes identifiers as *constrained canonical* GS1 Digital Link URIs: host
`https://id.gs1.org`, no query, only the finest level of identification. EPC URNs (GS1 EPC Tag
Data Standard 2.0 §6 and §8) and Digital Links of any host become that form here.

Check digits that are written in a Digital Link are not judged: the same text must give the same
hash whether or not its digit is right. `tracer.domain.identifiers` judges.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from tracer.domain.identifiers import check_digit

ORIGIN = "https://id.gs1.org"
MAX_URI_CHARS = 2000  # longer than any URI that names one GS1 key
_PREFIX_DIGITS = range(6, 13)  # a GS1 company prefix in a URN has 6 to 12 digits
_ESCAPED = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})+")
_UNESCAPED_IN_PATH = "'-._;="  # Digital Link URI Syntax 1.2 table 7-1 wants the others escaped


def _path_text(text: str, max_chars: int, charset: str = r"[!-~]+") -> str | None:
    """One path segment in canonical escapes, or None if its value breaks a rule."""
    value = unquote(text)
    fits = 1 <= len(value) <= max_chars and re.fullmatch(charset, value)
    return quote(value, safe=_UNESCAPED_IN_PATH) if fits else None


# --- EPC URNs -------------------------------------------------------------------------------


def _digits(parts: list[str], total: int) -> bool:
    """Whether company prefix and reference are `total` digits together."""
    prefix, reference = parts[0], parts[1]
    return (
        len(prefix) in _PREFIX_DIGITS
        and len(prefix) + len(reference) == total
        and re.fullmatch(r"[0-9]+", prefix + reference) is not None
    )


def _with_check_digit(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"


def _gtin(parts: list[str]) -> str | None:
    """GTIN-14 of company prefix and indicator + item reference."""
    prefix, item = parts[0], parts[1]
    return _with_check_digit(item[0] + prefix + item[1:]) if _digits(parts, 13) and item else None


def _gtin_with(ai: str, max_chars: int) -> Callable[[list[str]], str | None]:
    def path(parts: list[str]) -> str | None:
        gtin, qualifier = _gtin(parts), _path_text(parts[2], max_chars)
        return f"01/{gtin}/{ai}/{qualifier}" if gtin and qualifier else None

    return path


def _numeric(ai: str, total: int, *, rotate: bool = False) -> Callable[[list[str]], str | None]:
    """A key of prefix + reference + check digit; SSCC puts the reference's first digit in front."""

    def path(parts: list[str]) -> str | None:
        if not _digits(parts, total):
            return None
        prefix, reference = parts[0], parts[1]
        digits = reference[0] + prefix + reference[1:] if rotate else prefix + reference
        return f"{ai}/{_with_check_digit(digits)}"

    return path


def _numeric_with_serial(
    ai: str, lead: str, charset: str, max_chars: int
) -> Callable[[list[str]], str | None]:
    """A 13-digit key (14 with a leading zero) directly followed by its serial component."""

    def path(parts: list[str]) -> str | None:
        serial = _path_text(parts[2], max_chars, charset)
        if not _digits(parts, 12) or serial is None:
            return None
        return f"{ai}/{lead}{_with_check_digit(parts[0] + parts[1])}{serial}"

    return path


def _sgln(parts: list[str]) -> str | None:
    extension = _path_text(parts[2], 20)
    if not _digits(parts, 12) or extension is None:
        return None
    gln = f"414/{_with_check_digit(parts[0] + parts[1])}"
    return gln if extension == "0" else f"{gln}/254/{extension}"


def _joined(ai: str, max_chars: int) -> Callable[[list[str]], str | None]:
    """Company prefix and an alphanumeric reference, written together."""

    def path(parts: list[str]) -> str | None:
        prefix, reference = parts
        whole = _path_text(prefix + reference, max_chars)
        good = len(prefix) in _PREFIX_DIGITS and prefix.isdigit() and reference
        return f"{ai}/{whole}" if good and whole else None

    return path


def _cpi(parts: list[str]) -> str | None:
    part = _path_text(parts[0] + parts[1], 30, r"[0-9A-Z#/-]+")
    serial = re.fullmatch(r"[0-9]{1,12}", parts[2])
    good = len(parts[0]) in _PREFIX_DIGITS and parts[0].isdigit() and parts[1]
    return f"8010/{part}/8011/{parts[2]}" if good and part and serial else None


def _itip_class(parts: list[str]) -> str | None:
    gtin = _gtin(parts)
    pieces = all(re.fullmatch(r"[0-9]{2}", part) for part in parts[2:4])
    return f"8006/{gtin}{parts[2]}{parts[3]}" if gtin and pieces else None


def _itip(parts: list[str]) -> str | None:
    item, serial = _itip_class(parts), _path_text(parts[4], 20)
    return f"{item}/21/{serial}" if item and serial else None


def _cpi_class(parts: list[str]) -> str | None:
    path = _cpi([*parts, "1"])
    return path.removesuffix("/8011/1") if path else None


def _gtin_class(parts: list[str]) -> str | None:
    return f"01/{gtin}" if (gtin := _gtin(parts)) else None


_ANY = r"[!-~]+"
_URN_PATHS: dict[str, tuple[int, Callable[[list[str]], str | None]]] = {
    "id:sgtin": (3, _gtin_with("21", 20)),
    "id:sscc": (2, _numeric("00", 17, rotate=True)),
    "id:sgln": (3, _sgln),
    "id:grai": (3, _numeric_with_serial("8003", "0", _ANY, 16)),
    "id:giai": (2, _joined("8004", 30)),
    "id:gsrn": (2, _numeric("8018", 17)),
    "id:gsrnp": (2, _numeric("8017", 17)),
    "id:gdti": (3, _numeric_with_serial("253", "", _ANY, 17)),
    "id:cpi": (3, _cpi),
    "id:sgcn": (3, _numeric_with_serial("255", "", r"[0-9]+", 12)),
    "id:ginc": (2, _joined("401", 30)),
    "id:gsin": (2, _numeric("402", 16)),
    "id:itip": (5, _itip),
    "id:upui": (3, _gtin_with("235", 28)),
    "id:pgln": (2, _numeric("417", 12)),
    "class:lgtin": (3, _gtin_with("10", 20)),
    "idpat:sgtin": (2, _gtin_class),
    "idpat:grai": (2, lambda parts: _prefixed("8003", "0", parts)),
    "idpat:gdti": (2, lambda parts: _prefixed("253", "", parts)),
    "idpat:sgcn": (2, lambda parts: _prefixed("255", "", parts)),
    "idpat:cpi": (2, _cpi_class),
    "idpat:itip": (4, _itip_class),
    "idpat:upui": (2, _gtin_class),
}
"""URN scheme -> how many dot-separated parts it has (without a pattern's `*`), path of the key."""


def _prefixed(ai: str, lead: str, parts: list[str]) -> str | None:
    good = _digits(parts, 12)
    return f"{ai}/{lead}{_with_check_digit(parts[0] + parts[1])}" if good else None


def _from_urn(urn: str) -> str | None:
    match = re.fullmatch(r"urn:epc:((id|class|idpat):[a-z]+):(.+)", urn)
    if not match or match[1] not in _URN_PATHS:
        return None
    count, path = _URN_PATHS[match[1]]
    body = match[3].removesuffix(".*") if match[2] == "idpat" else match[3]
    if body == match[3] and match[2] == "idpat":
        return None
    parts = body.split(".", count - 1)
    if len(parts) != count or not all(not part or _ESCAPED.fullmatch(part) for part in parts):
        return None
    found = path(parts)
    return f"{ORIGIN}/{found}" if found else None


# --- Digital Links --------------------------------------------------------------------------

_X = r"[!-~]"
_GTIN = r"(?:[0-9]{8}|[0-9]{12,14})"
_KEYS = {
    "00": r"[0-9]{18}",
    "01": _GTIN,
    "253": rf"[0-9]{{13}}{_X}{{0,17}}",
    "255": r"[0-9]{13,25}",
    "401": rf"{_X}{{1,30}}",
    "402": r"[0-9]{17}",
    "414": r"[0-9]{13}",
    "417": r"[0-9]{13}",
    "8003": rf"[0-9]{{14}}{_X}{{0,16}}",
    "8004": rf"{_X}{{1,30}}",
    "8006": r"[0-9]{18}",
    "8010": r"[0-9A-Z#/-]{1,30}",
    "8017": r"[0-9]{18}",
    "8018": r"[0-9]{18}",
}
_QUALIFIERS = {
    "01": ("22", "10", "21", "235"),
    "8006": ("22", "10", "21"),
    "414": ("254",),
    "8010": ("8011",),
}
_QUALIFIER_VALUES = {
    "22": rf"{_X}{{1,20}}",
    "10": rf"{_X}{{1,20}}",
    "21": rf"{_X}{{1,20}}",
    "235": rf"{_X}{{1,28}}",
    "254": rf"{_X}{{1,20}}",
    "8011": r"[0-9]{1,12}",
}
_FINEST = ("21", "235", "10", "254", "8011")  # the first one present is kept, the rest dropped
_WORDS = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017",
    "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402",
    "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
"""Words that Digital Link 1.1 still allowed in place of AIs."""


def _key_path(segments: list[str]) -> str | None:
    """The canonical path of AI/value pairs that start with a primary key; None if they do not."""
    ais = [_WORDS.get(name, name) for name in segments[::2]]
    values = [unquote(value) for value in segments[1::2]]
    key, qualifiers = ais[0], dict(zip(ais[1:], values[1:], strict=True))
    order = _QUALIFIERS.get(key, ())
    known = [ai for ai in order if ai in qualifiers]
    if key not in _KEYS or not re.fullmatch(_KEYS[key], values[0]) or ais[1:] != known:
        return None
    if not all(re.fullmatch(_QUALIFIER_VALUES[ai], value) for ai, value in qualifiers.items()):
        return None
    number = values[0].zfill(14) if key == "01" else values[0]
    path = f"{key}/{quote(number, safe=_UNESCAPED_IN_PATH)}"
    finest = next((ai for ai in _FINEST if ai in qualifiers), None)
    return (
        f"{path}/{finest}/{quote(qualifiers[finest], safe=_UNESCAPED_IN_PATH)}" if finest else path
    )


def _from_digital_link(uri: str) -> str | None:
    match = re.fullmatch(r"https?://[^/?#\s]+/([^?#\s]+)(?:\?[^#]*)?(?:#.*)?", uri)
    if not match:
        return None
    segments = match[1].rstrip("/").split("/")
    # A path may have a stem before the key, so every place where pairs can start is tried.
    for start in range(len(segments) % 2, len(segments), 2):
        if path := _key_path(segments[start:]):
            return f"{ORIGIN}/{path}"
    return None


def canonical_uri(text: str) -> str | None:
    """The constrained canonical Digital Link of an EPC URN or a Digital Link.

    None if the text is neither, or names a key that Digital Links cannot carry (as
    `urn:epc:id:bic:` does).
    """
    if len(text) > MAX_URI_CHARS:
        return None
    if text.startswith("urn:epc:"):
        return _from_urn(text)
    if text.startswith(("https://", "http://")):
        return _from_digital_link(text)
    return None
