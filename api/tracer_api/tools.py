"""The pages beside a tin's page - scan, check, offline - made ready once when first asked for.

A tin's page and its scripts are `tracer_api.assets`; these tools use the same modules and the same
way of joining them, and have one small style of their own.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

from tracer.domain.messages import MESSAGES
from tracer.errors import ConfigurationError
from tracer_api.assets import (
    MESSAGES_FILE,
    PASSPORT_KEYS,
    Assets,
    join_modules,
    scanner_app_dir,
)
from tracer_api.decoder import build_decoder, decoder_dir
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.shrink import SCRIPT, STYLE, shrink

FOLDERS: Final = ("scan", "check")
"""Below `scanner_app`, besides the page's own modules."""

COMMON_STYLE: Final = "scan/tool.css"
STYLES: Final = {
    "scan.html": "scan/scan.css",
    "check.html": "check/check.css",
    "offline.html": "check/check.css",
}
"""Template -> the style that it has besides the common one."""

WORKER_FILE: Final = "scan/worker.js"
CHECK_WORDS: Final = (
    "check.",
    "verified.reason.",
    "status.",
    "step.",
    "subject.",
    "kind.",
    "doctype.",
)
"""Beginnings of the keys that the script of /check says, besides those of checks."""

KEPT_WORDS: Final = ("offline.kept", "age.seconds", "age.minutes", "age.hours", "age.days")
SAID_BY_SCAN: Final = "scan.say."


@dataclass(frozen=True, slots=True)
class ToolScript:
    """A script and its address, which changes whenever the script does.

    Attributes:
        name: as in the address, without `.js`.
        body: the text, UTF-8.
        url: its address.
    """

    name: str
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet and its hash as the content security policy names it."""

    css: Markup
    hash: str


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything the tools' pages are made of.

    Attributes:
        styles: template -> its style, printed into the page.
        scripts: name -> script: "scan", "decoder" (if there is one), "kept", "check.en" ...
        worker: text of the service worker, without what only the server knows.
        licence: of the decoder; "" where there is none.
        icons: file name -> picture.
    """

    styles: Mapping[str, Style]
    scripts: Mapping[str, ToolScript]
    worker: str
    licence: str
    icons: Mapping[str, bytes]

    @property
    def decoder_url(self) -> str:
        """Where our decoder is; "" where this server has none."""
        found = self.scripts.get("decoder")
        return found.url if found else ""


@cache
def load_tools() -> Tools:
    """The tools of this installation.

    Raises:
        ConfigurationError: a file is missing, or cannot be joined.
    """
    return build_tools(scanner_app_dir(), decoder_dir())


def build_tools(folder: Path, qr: Path | None) -> Tools:
    """Read and prepare the tools' files.

    Args:
        folder: of the page's files.
        qr: folder of the decoder's package; None leaves reading to browsers and photos.

    Raises:
        ConfigurationError: a file is missing, or cannot be joined.
    """
    try:
        styles = [_read_style(folder, file) for file in STYLES.values()]
        worker = (folder / "sw.js").read_text(encoding="utf-8")
        sources = _read_modules(folder)
        icons = {file.name: file.read_bytes() for file in (folder / "icons").iterdir()}
    except OSError as error:
        msg = f"the tools' files in {folder} cannot be read: {error}"
        raise ConfigurationError(msg, hint="Install the package again.") from error
    texts = {name: join_modules(sources, f"scan/{name}.js") for name in ("scan", "kept")}
    if qr:
        texts["decoder"] = build_decoder(qr) + join_modules(sources, WORKER_FILE)
    licence = (qr / "LICENSE-MIT").read_text(encoding="utf-8") if qr else ""
    small = shrink(*((STYLE, css) for css in styles), *((SCRIPT, it) for it in texts.values()))
    css, bodies = small[: len(styles)], small[len(styles) :]
    return Tools(
        styles=dict(zip(STYLES, map(_style, css), strict=True)),
        scripts={name: _script(name, text) for name, text in zip(texts, bodies, strict=True)},
        worker=worker,
        licence=licence,
        icons=icons,
    )


def _read_style(folder: Path, second: str) -> str:
    files = (folder / COMMON_STYLE, folder / second)
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _style(css: str) -> Style:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Style(Markup(css), f"sha256-{digest}")  # noqa: S704 - our own files, no visitor's text


def _read_modules(folder: Path) -> dict[str, str]:
    files = [*folder.glob("*.js"), *(file for it in FOLDERS for file in (folder / it).glob("*.js"))]
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


def _script(name: str, text: str) -> ToolScript:
    body = text.encode()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return ToolScript(name, body, f"/scan/{digest}/{name}.js")


@lru_cache(maxsize=len(LANGUAGES))
def _check_script(language: Language, words: str) -> ToolScript:
    sources = _read_modules(scanner_app_dir())
    sources[MESSAGES_FILE] = f"export const messages = {words};\n"
    (small,) = shrink((SCRIPT, join_modules(sources, "check/check.js")))
    return _script(f"check.{language}", small)


def check_script(assets: Assets, language: Language) -> ToolScript:
    """The script of /check in a language: the whole protocol with all its words."""
    catalogue = assets.catalogues[language]
    picked = {
        key: text
        for key, text in catalogue.items()
        if key.startswith(CHECK_WORDS) or (key in MESSAGES and not key.startswith(PASSPORT_KEYS))
    }
    return _check_script(language, json.dumps(picked, ensure_ascii=False))


def scan_words(assets: Assets, language: Language) -> str:
    """What the scan page's script says, as JSON for an attribute."""
    return json.dumps(
        {
            key.removeprefix(SAID_BY_SCAN): text
            for key, text in assets.catalogues[language].items()
            if key.startswith(SAID_BY_SCAN)
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def service_worker(tools: Tools, assets: Assets, pages: Sequence[bytes]) -> bytes:
    """The service worker with its words, and a version that follows what it keeps for itself.

    Args:
        tools: with its text.
        assets: with its words.
        pages: what /offline shows, in every language.
    """
    shell = [*(f"/offline?lang={language}" for language in LANGUAGES), tools.scripts["kept"].url]
    words = {
        language: {key: assets.catalogues[language][key] for key in KEPT_WORDS}
        for language in LANGUAGES
    }
    served = {"version": "", "shell": shell, "words": words}
    everything = b"".join([json.dumps(served).encode(), *pages])
    served["version"] = hashlib.sha256(everything).hexdigest()[:16]
    own = '{ version: "", shell: [], words: {} }'
    if own not in tools.worker:
        raise ConfigurationError("scanner_app/sw.js has no place for its words")
    return tools.worker.replace(own, json.dumps(served, ensure_ascii=False)).encode()
