"""Our QR decoder: the npm package `qr`, made small enough to be sent to a phone in a shop.

The package is never copied into the repository. In a checkout it lies in `node_modules`, in an
installed package beside this file (`hatch_build.py` puts it there); where it is in neither place
the scan page takes photos only. Three steps make one script out of it:

    (1) keep    the statements that `decodeQR` needs, of both modules; the encoder is left behind
    (2) shrink  comments and white space go (rjsmin), and what errors say of wrong arguments
    (3) rename  words of its own to shorter ones, the same everywhere, in the version we tested

The package is formatted so that a statement begins in the first column and nowhere else, which
makes (1) a matter of lines.
"""

import itertools
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import rjsmin

from tracer.errors import ConfigurationError

ROOT_NAME: Final = "decodeQR"
MODULES: Final = ("index.js", "decode.js")
TESTED_VERSION: Final = "0.7.0"
"""Only in this version are words renamed: tests have read photos with what comes out."""

NOTICE: Final = (
    "/*! QR decoder: qr {version}, (c) Paul Miller (paulmillr.com), used under the MIT licence:"
    " /scan/licence.txt. Made smaller by Tracer: encoder left out, names shortened. */\n"
)

_DECLARED: Final = re.compile(
    r"(?:export )?(?:async )?(?:const|let|function\*?|class) ?(?:\{([^}]*)\}|([\w$]+))"
)
_EXPORTED: Final = re.compile(r"export(?: default\b|\s*\{)|import\b")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_TOKEN: Final = re.compile(
    r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`"""
    r"|[A-Za-z_$][\w$]*|\d[\w.]*|.",
    re.DOTALL,
)
_ERROR: Final = re.compile(r"""(new (?:Type|Range)Error\()(?:['"`][^'"`]*['"`]|\+|`[^`]*`)+\)""")
_LANGUAGE: Final = """
    async await break case catch class const constructor continue default delete do else export
    extends false finally for from function get if import in instanceof let new null of return
    set static super switch this throw true try typeof undefined var void while yield
"""
_PLATFORM: Final = """
    Array ArrayBuffer Date Error Float64Array Infinity Int16Array Math Number Object Promise
    RangeError String TextDecoder TypeError Uint32Array Uint8Array Uint8ClampedArray globalThis
    all at buffer catch data decode done entries error exp fill find floor height indexOf length
    log map max message min name next now push resize resolve round scheduler setTimeout shift
    size then value values width
"""
_ASKED: Final = {ROOT_NAME, "effort", "timeLimit"}  # what `worker.js` says to it
_KEPT_WORDS: Final = frozenset({*_ASKED, *_LANGUAGE.split(), *_PLATFORM.split()})
"""Never renamed: words of the language, and what browsers give, with the fields of a picture. Nor
are words that stand in a text of the package, or only after a point: they belong to others."""

_SHORT_ENOUGH: Final = 1


def decoder_dir() -> Path | None:
    """Where the package is: inside the installed one, or in the checkout; None if nowhere."""
    here = Path(__file__).resolve()
    places = (here.parent / "qr", here.parents[2] / "node_modules" / "qr")
    return next((place for place in places if (place / "decode.js").is_file()), None)


def build_decoder(folder: Path) -> str:
    """One script that sets `globalThis.decodeQR`.

    Args:
        folder: the package.

    Raises:
        ConfigurationError: it is not laid out as `qr` is.
    """
    try:
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
        sources = [(folder / name).read_text(encoding="utf-8") for name in MODULES]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(f"the QR decoder in {folder} cannot be read: {error}") from error
    statements = [one for source in sources for one in _statements(source)]
    script = "\n".join(_needed(statements, folder))  # (1) (2)
    script = _ERROR.sub(r"\1)", script)
    if version == TESTED_VERSION:
        script = _rename(script)  # (3)
    return f"{NOTICE.format(version=version)}{script}\nglobalThis.{ROOT_NAME}={ROOT_NAME};\n"


def _statements(source: str) -> Iterator[str]:
    """The statements of a module, shrunk, without its imports and lists of exports."""
    whole: list[str] = []
    for line in [*source.split("\n"), "end"]:
        if whole and line and line[0] not in " \t})]":
            shrunk = rjsmin.jsmin("\n".join(whole)).strip()
            if shrunk and not _EXPORTED.match(shrunk):
                yield shrunk.removeprefix("export ")
            whole = []
        whole.append(line)


def _names(statement: str) -> list[str]:
    """What a statement declares; nothing if it only acts."""
    found = _DECLARED.match(statement)
    if not found:
        return []
    if found[1] is None:
        return [found[2]]
    return [part.rpartition(":")[2].strip() for part in found[1].split(",")]


def _needed(statements: list[str], folder: Path) -> list[str]:
    """Those that the decoder refers to, by whatever way, in their order."""
    places = {name: at for at, one in enumerate(statements) for name in _names(one)}
    if ROOT_NAME not in places:
        raise ConfigurationError(f"the QR decoder in {folder} has no {ROOT_NAME}")
    kept: set[int] = set()
    waiting = [places[ROOT_NAME], *(at for at, one in enumerate(statements) if not _names(one))]
    while waiting:
        at = waiting.pop()
        if at not in kept:
            kept.add(at)
            waiting += [places[word] for word in _WORD.findall(statements[at]) if word in places]
    return [statements[at] for at in sorted(kept)]


def _rename(script: str) -> str:
    """The same script with shorter words, each the same wherever it stands outside texts."""
    tokens = _TOKEN.findall(script)
    texts = " ".join(token for token in tokens if token[0] in "'\"`")
    kept = _KEPT_WORDS | set(_WORD.findall(texts))
    words = dict.fromkeys(token for token in tokens if _WORD.fullmatch(token))
    pairs = itertools.pairwise(["", *tokens])
    own = {token for before, token in pairs if before != "."}
    renamed = [it for it in words if it in own and it not in kept and len(it) > _SHORT_ENOUGH]
    taken = kept | words.keys() - set(renamed)
    free = (name for name in _short_names() if name not in taken)
    short = {word: next(free) for word in renamed}
    return "".join(short.get(token, token) for token in tokens)


def _short_names() -> Iterator[str]:
    """Small letters only, in the order of appearance: what compresses best."""
    for size in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_lowercase, repeat=size))
