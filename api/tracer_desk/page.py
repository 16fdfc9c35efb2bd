"""The brokers' page and the files it loads, read once when the desk starts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer_api.assets import load_assets, scanner_app_dir
from tracer_api.negotiation import LANGUAGES, Language

from tracer.errors import ConfigurationError

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of the page: everything from the desk itself, nothing inline."""

_FOLDERS: Final = ("", "i18n", "desk", "desk/i18n")


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page.

    Attributes:
        tag: changes whenever the file does.
    """

    data: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """What browsers load.

    Attributes:
        files: path below /assets/ -> file.
        words: language -> key -> text, of the page itself.
    """

    files: Mapping[str, PageFile]
    words: Mapping[Language, Mapping[str, str]]


def load_page(folder: Path | None = None) -> DeskPage:
    """Read the page's files.

    Raises:
        ConfigurationError: they are not there.
    """
    folder = folder or scanner_app_dir()
    catalogues = load_assets(folder).catalogues
    try:
        texts = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for below in _FOLDERS
            for path in sorted((folder / below).iterdir())
            if path.suffix in MEDIA_TYPES
        }
        words = {it: json.loads(texts[f"desk/i18n/{it}.json"]) for it in LANGUAGES}
    except (OSError, KeyError, ValueError) as error:
        msg = f"the desk's files in {folder} cannot be read: {error}"
        raise ConfigurationError(msg, hint="Install the package again.") from error
    for language in LANGUAGES:  # with what checks say in English, which stands with the checks
        catalogue = json.dumps(catalogues[language], ensure_ascii=False)
        texts[f"i18n/{language}.json"] = catalogue.encode()
    files = {name: _file(name, data) for name, data in texts.items()}
    return DeskPage(files, words)


def _file(name: str, data: bytes) -> PageFile:
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return PageFile(data, MEDIA_TYPES[Path(name).suffix], tag)
