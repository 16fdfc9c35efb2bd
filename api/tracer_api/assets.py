"""The page's style and script, made ready once when the server starts.

`scanner_app/` holds ES modules that browsers and `node --test` run as they are. A phone on a weak
network should not fetch seven of them, so `join_modules` puts them into one file, each module in
a function of its own: imports become constants and exports a returned object. Nothing is renamed
or rewritten, so what runs is what is in the repository.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markupsafe import Markup

from tracer.domain.messages import MESSAGES
from tracer.errors import ConfigurationError
from tracer_api.negotiation import LANGUAGES, Language

ENTRY: Final = "app.js"
MESSAGES_FILE: Final = "messages.js"
"""The module that holds the page's words; the joined file gets those of one language."""

SCRIPT_KEYS: Final = (
    *("verdict.", "verified.", "age.", "status.", "step.", "subject.", "technical.intro"),
    *("kind.", "doctype."),
)
"""Beginnings of the keys that the script needs besides those of checks."""

PASSPORT_KEYS: Final = ("reason.", "action.", "note.", "lab", "condition.", "paper.", "carbon.")
"""Beginnings of the domain's keys that only the server prints."""

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./([a-z0-9_-]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
_NAME: Final = re.compile(
    r"^export (?:async )?(?:function\*?|const|class) ([A-Za-z_$][\w$]*)", re.MULTILINE
)
_LEFT_OVER: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)


def scanner_app_dir() -> Path:
    """Where the page's files are: inside the installed package, or in the checkout."""
    packaged = Path(__file__).parent / "scanner_app"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "scanner_app"


def _imports(text: str) -> list[tuple[str, str]]:
    return [(names.strip().strip(","), file) for names, file in _IMPORT.findall(text)]


def _wrap(name: str, text: str) -> str:
    lines = [
        f"const {{ {re.sub(r' as ', ': ', names)} }} = {_variable(file)};"
        for names, file in _imports(text)
    ]
    exports = ", ".join(_NAME.findall(text))
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))
    if left := _LEFT_OVER.search(body):
        msg = f"scanner_app/{name} has a form of import or export that is not joined: {left[0]}"
        raise ConfigurationError(msg, hint='Write `import { a } from "./b.js";` on its own.')
    inner = "\n".join([*lines, body.strip(), f"return {{ {exports} }};"])
    return f"const {_variable(name)} = (() => {{\n{inner}\n}})();\n"


def _variable(file: str) -> str:
    return "$" + file.removesuffix(".js").replace("-", "_")


def join_modules(sources: Mapping[str, str], entry: str = ENTRY) -> str:
    """One script out of a module and all that it imports.

    Args:
        sources: file name -> text of every module.
        entry: the module that starts the rest.

    Raises:
        ConfigurationError: a module is missing, imports itself through others, or uses a form
            of import or export that this function does not know.
    """
    done: list[str] = []
    open_files: list[str] = []

    def visit(file: str) -> None:
        if file in done:
            return
        if file not in sources or file in open_files:
            msg = f"scanner_app/{file} is missing or imports itself: {' -> '.join(open_files)}"
            raise ConfigurationError(msg)
        open_files.append(file)
        for _, imported in _imports(sources[file]):
            visit(imported)
        open_files.remove(file)
        done.append(file)

    visit(entry)
    return '"use strict";\n' + "".join(_wrap(file, sources[file]) for file in done)


def shrink_css(text: str) -> str:
    """A style sheet without comments, line breaks and the space around its punctuation."""
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", bare)).replace(";}", "}").strip()


def _messages_module(catalogue: Mapping[str, str]) -> str:
    picked = {
        key: text
        for key, text in catalogue.items()
        if key.startswith(SCRIPT_KEYS) or (key in MESSAGES and not key.startswith(PASSPORT_KEYS))
    }
    return f"export const messages = {json.dumps(picked, ensure_ascii=False)};\n"


def _load_catalogue(folder: Path, language: Language) -> dict[str, str]:
    """A language's words. What checks and passports say in English stands with them."""
    own = json.loads((folder / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return {**MESSAGES, **own} if language == "en" else own


@dataclass(frozen=True, slots=True)
class Assets:
    """Everything the server sends besides answers.

    Attributes:
        css: the style, printed into each page.
        css_hash: its hash as the content security policy names it.
        modules: file name -> text of the modules as they are in the repository.
        scripts: language -> joined script.
        digests: language -> first digits of that script's SHA-256; part of its address.
        catalogues: language -> message key -> text.
    """

    css: Markup
    css_hash: str
    modules: Mapping[str, str]
    scripts: Mapping[Language, str]
    digests: Mapping[Language, str]
    catalogues: Mapping[Language, Mapping[str, str]]

    def script_url(self, language: Language) -> str:
        """The address of a language's script; it changes whenever the script does."""
        return f"/app/{self.digests[language]}/{language}.js"


def load_assets(folder: Path | None = None) -> Assets:
    """Read and prepare the page's files.

    Raises:
        ConfigurationError: the files are not there or cannot be joined.
    """
    folder = folder or scanner_app_dir()
    try:
        css = shrink_css((folder / "app.css").read_text(encoding="utf-8"))
        modules = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.js")}
        catalogues = {language: _load_catalogue(folder, language) for language in LANGUAGES}
    except (OSError, ValueError) as error:
        msg = f"the page's files in {folder} cannot be read: {error}"
        raise ConfigurationError(msg, hint="Install the package again.") from error
    scripts = {
        language: join_modules({**modules, MESSAGES_FILE: _messages_module(catalogues[language])})
        for language in LANGUAGES
    }
    return Assets(
        css=Markup(css),  # noqa: S704 - our own file, no visitor's text in it
        css_hash="sha256-" + base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        modules=modules,
        scripts=scripts,
        digests={
            language: hashlib.sha256(text.encode()).hexdigest()[:16]
            for language, text in scripts.items()
        },
        catalogues=catalogues,
    )
