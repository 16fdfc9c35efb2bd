"""The page's style and scripts, made ready when the server starts.

`scanner_app/` holds ES modules that browsers and `node --test` run as they are. A phone on a weak
network should not fetch thirty of them, so `join_modules` puts an entry and all that it imports
into one file: one after the other where no two modules declare the same name, else each in a
function of its own, where imports become constants and exports a returned object. All of it
stands in one more function, so that `shrink` may shorten every name. Each script is compressed
once, when it is first asked for.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

from markupsafe import Markup

from tracer.domain.messages import MESSAGES
from tracer.errors import ConfigurationError
from tracer_api.coding import pack
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.shrink import SCRIPT, STYLE, shrink
from tracer_api.view.verdict import ICONS

MESSAGES_FILE: Final = "messages.js"
"""The module that holds the page's words; a joined file gets those of one language."""

HEAD_FILE: Final = "head.js"
"""The lines that are printed into the page itself."""

CORE_KEYS: Final = re.compile(
    r"""verdict\.(?:RECALLED|ON_HOLD|EXPIRED|NOT_VERIFIED|COULD_NOT_CHECK)\.(?:title|text|todo|icon)
    |verdict\.UNCHECKED\.todo|verified\.(?:VALID|INVALID|ERROR|also|never|reason\..*)
    |papers\.(?:pending|checking|ERROR|check)|age\..*|status\..*
    |head-on-chain\.(?:newer|pending|differs)|final\.pending""",
    re.VERBOSE,
)
"""Keys that the first script needs. For other checks that fail it says the title of their step:
then the second script starts at once and has all words."""

PAPERS_KEYS: Final = re.compile(
    r"""(?:verdict|verified|papers|age|status|step|subject|technical|list|name)\..*
    |(?:kind|doctype|role|party|country)\..*|share\.done""",
    re.VERBOSE,
)
"""Keys that the second script needs besides those of checks."""

PASSPORT_KEYS: Final = ("reason.", "action.", "note.", "lab", "condition.", "paper.", "carbon.")
"""Beginnings of the domain's keys that only the server prints."""


def _said_by_core(key: str) -> bool:
    return CORE_KEYS.fullmatch(key) is not None


def _said_by_papers(key: str) -> bool:
    is_check = key in MESSAGES and not key.startswith(PASSPORT_KEYS)
    return is_check or PAPERS_KEYS.fullmatch(key) is not None


WORKER: Final = "verifier"
"""The module that the second script runs aside; it says nothing, so it is one for all languages."""

ENTRIES: Final = {"core": _said_by_core, "papers": _said_by_papers}
"""Name of a script, which is its entry module's -> whether it says a key."""

_IMPORT: Final = re.compile(
    r'^import \{([^}]*)\} from "(\.{1,2}/[a-z0-9_/-]+\.js)";\n', re.MULTILINE
)
_REEXPORT: Final = re.compile(
    r'^export \{([^}]*)\} from "(\.{1,2}/[a-z0-9_/-]+\.js)";\n', re.MULTILINE
)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
_NAME: Final = re.compile(
    r"^export (?:async )?(?:function\*?|const|class) ([A-Za-z_$][\w$]*)", re.MULTILINE
)
_TOP: Final = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|const|let|class) "
    r"(?:[{\[]([^}\]]*)[}\]]|([A-Za-z_$][\w$]*))",
    re.MULTILINE,
)
_LEFT_OVER: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def scanner_app_dir() -> Path:
    """Where the page's files are: inside the installed package, or in the checkout."""
    packaged = Path(__file__).parent / "scanner_app"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "scanner_app"


def _imports(name: str, text: str) -> dict[str, list[str]]:
    """File -> what a module imports of it or passes on."""
    found: dict[str, list[str]] = {}
    for names, file in [*_IMPORT.findall(text), *_REEXPORT.findall(text)]:
        wanted = found.setdefault(normpath(join(dirname(name), file)), [])
        wanted += [one for one in map(str.strip, names.split(",")) if one and one not in wanted]
    return found


def _bare(name: str, text: str) -> str:
    """A module without its imports and the word `export`."""
    body = _EXPORT.sub("", _REEXPORT.sub("", _IMPORT.sub("", text)))
    if left := _LEFT_OVER.search(body):
        msg = f"scanner_app/{name} has a form of import or export that is not joined: {left[0]}"
        raise ConfigurationError(msg, hint='Write `import { a } from "./b.js";` on its own.')
    return body.strip()


def _exports(text: str) -> list[str]:
    """The names that a module offers."""
    passed_on = (one.strip() for names, _ in _REEXPORT.findall(text) for one in names.split(","))
    return [*_NAME.findall(text), *filter(None, passed_on)]


def _declared(text: str) -> list[str]:
    """The names that a module declares outside functions; such a line begins in column one."""
    names = []
    for pattern, name in _TOP.findall(text):
        parts = pattern.split(",") if pattern else [name]
        names += [part.partition("=")[0].rpartition(":")[2].strip() for part in parts]
    return [name for name in names if name]


def _flat(modules: Mapping[str, str]) -> str:
    """All modules one after the other, where no two declare one name; else nothing."""
    names = [name for text in modules.values() for name in _declared(text)]
    imports = [one for file, text in modules.items() for one in _imports(file, text).values()]
    renamed = any(" as " in name for names in imports for name in names)
    if renamed or len(names) != len(set(names)):
        return ""
    return "\n".join(_bare(file, text) for file, text in modules.items()) + "\n"


def _wrap(name: str, text: str) -> str:
    """A module in a function of its own."""
    lines = [
        f"const {{ {', '.join(names).replace(' as ', ': ')} }} = {_variable(file)};"
        for file, names in _imports(name, text).items()
    ]
    inner = "\n".join([*lines, _bare(name, text), f"return {{ {', '.join(_exports(text))} }};"])
    return f"const {_variable(name)} = (() => {{\n{inner}\n}})();\n"


def _variable(file: str) -> str:
    return "$" + re.sub(r"[/-]", "_", file.removesuffix(".js"))


def join_modules(sources: Mapping[str, str], entry: str) -> str:
    """One module out of a module and all that it imports, with the same exports.

    Args:
        sources: file name, below the page's folder -> text of every module.
        entry: the module that starts the rest.

    Raises:
        ConfigurationError: a module is missing, imports itself through others, or uses a form
            of import or export that this function does not know.
    """
    done: dict[str, str] = {}
    open_files: list[str] = []

    def visit(file: str) -> None:
        if file in done:
            return
        if file not in sources or file in open_files:
            msg = f"scanner_app/{file} is missing or imports itself: {' -> '.join(open_files)}"
            raise ConfigurationError(msg)
        open_files.append(file)
        for imported in _imports(file, sources[file]):
            visit(imported)
        open_files.remove(file)
        done[file] = sources[file]

    visit(entry)
    offered = ", ".join(_exports(sources[entry]))
    if joined := _flat(done):
        result = f"return {{ {offered} }};\n"
    else:
        joined = "".join(_wrap(file, text) for file, text in done.items())
        result = f"return {_variable(entry)};\n"
    if not offered:
        return f"(() => {{\n{joined}}})();\n"
    return f"export const {{ {offered} }} = (() => {{\n{joined}{result}}})();\n"


def _messages_module(catalogue: dict[str, str], entry: str, worker_url: str) -> str:
    icons = {f"verdict.{code}.icon": path for code, path in ICONS.items()}
    picked = {key: text for key, text in (catalogue | icons).items() if ENTRIES[entry](key)}
    picked |= {f"script.{WORKER}": worker_url} if entry == "papers" else {}
    return f"export const messages = {json.dumps(picked, ensure_ascii=False)};\n"


def _load_catalogue(folder: Path, language: Language) -> dict[str, str]:
    """A language's words. What checks and passports say in English stands with them."""
    own = json.loads((folder / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return {**MESSAGES, **own} if language == "en" else own


def _hash(text: str) -> str:
    """A text's hash as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass(frozen=True)
class Script:
    """One joined script in one language.

    Attributes:
        name: entry and language, such as "core.en".
        body: the text, UTF-8.
    """

    name: str
    body: bytes

    @cached_property
    def digest(self) -> str:
        """First digits of its SHA-256; part of its address."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @property
    def url(self) -> str:
        """Its address, which changes whenever the script does."""
        return f"/app/{self.digest}/{self.name}.js"

    @cached_property
    def packed(self) -> Mapping[str, bytes]:
        """Content coding -> the script in it, the smallest first."""
        return pack(self.body)


@dataclass(frozen=True, slots=True)
class Assets:
    """Everything the server sends besides answers.

    Attributes:
        css: the style, printed into each page.
        css_hash: its hash as the content security policy names it.
        head: the lines that start the proof's requests, printed into each passport.
        head_hash: their hash.
        modules: file name -> text of the modules as they are in the repository.
        scripts: language -> entry -> joined script.
        catalogues: language -> message key -> text.
    """

    css: Markup
    css_hash: str
    head: Markup
    head_hash: str
    modules: Mapping[str, str]
    scripts: Mapping[Language, Mapping[str, Script]]
    catalogues: Mapping[Language, Mapping[str, str]]

    def script_url(self, language: Language, entry: str = "core") -> str:
        """The address of a script in a language."""
        return self.scripts[language][entry].url


def _join_entry(
    modules: Mapping[str, str], catalogue: dict[str, str], entry: str, worker_url: str
) -> str:
    """A script with its words in one language."""
    words = {MESSAGES_FILE: _messages_module(catalogue, entry, worker_url)}
    return join_modules({**modules, **words}, f"{entry}.js")


def load_assets(folder: Path | None = None) -> Assets:
    """Read and prepare the page's files.

    Raises:
        ConfigurationError: the files are not there or cannot be joined.
    """
    folder = folder or scanner_app_dir()
    try:
        css = (folder / "app.css").read_text(encoding="utf-8")
        head = (folder / HEAD_FILE).read_text(encoding="utf-8")
        modules = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.js")}
        catalogues = {language: _load_catalogue(folder, language) for language in LANGUAGES}
    except (OSError, ValueError) as error:
        msg = f"the page's files in {folder} cannot be read: {error}"
        raise ConfigurationError(msg, hint="Install the package again.") from error
    (small,) = shrink((SCRIPT, join_modules(modules, f"{WORKER}.js")))
    worker = Script(WORKER, small.encode())
    names = [(language, entry) for language in LANGUAGES for entry in ENTRIES]
    joined = [_join_entry(modules, catalogues[it], entry, worker.url) for it, entry in names]
    css, head, *bodies = shrink((STYLE, css), (SCRIPT, head), *((SCRIPT, it) for it in joined))
    scripts: dict[Language, dict[str, Script]] = {it: {WORKER: worker} for it in LANGUAGES}
    for (language, entry), body in zip(names, bodies, strict=True):
        scripts[language][entry] = Script(f"{entry}.{language}", body.encode())
    return Assets(
        css=Markup(css),  # noqa: S704 - our own file, no visitor's text in it
        css_hash=_hash(css),
        head=Markup(head),  # noqa: S704 - our own file, too
        head_hash=_hash(head),
        modules=modules,
        scripts=scripts,
        catalogues=catalogues,
    )
