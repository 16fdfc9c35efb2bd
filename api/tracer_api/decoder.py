"""Our QR decoder: the npm package `qr`, made small enough to be sent to a phone in a shop.

The package is never copied into the repository. In a checkout it lies in `node_modules`, in an
installed package beside this file (`hatch_build.py` puts it there); where it is in neither place
the scan page takes photos only. Kept are the statements that `decodeQR` needs, of both modules; the
encoder is left behind, and so is what errors say of wrong arguments.

The package is formatted so that a statement begins in the first column and nowhere else, and a
comment has lines of its own, which makes that a matter of lines.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tracer.errors import ConfigurationError

ROOT_NAME: Final = "decodeQR"
MODULES: Final = ("index.js", "decode.js")
NOTICE: Final = (
    "/*! QR decoder: qr {version}, (c) Paul Miller (paulmillr.com), used under the MIT licence:"
    " /scan/licence.txt. Made smaller by Tracer: encoder left out, names shortened. */\n"
)

_DECLARED: Final = re.compile(
    r"(?:export )?(?:async )?(?:const|let|function\*?|class) ?(?:\{([^}]*)\}|([\w$]+))"
)
_EXPORTED: Final = re.compile(r"export(?: default\b|\s*\{)|import\b")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_ERROR: Final = re.compile(r"""(new (?:Type|Range)Error\()(?:['"`][^'"`]*['"`]|\+|`[^`]*`)+\)""")
_COMMENT: Final = ("//", "/*", "* ", "*/")
"""Beginnings of lines that are comments."""


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
    script = _ERROR.sub(r"\1)", "\n".join(_needed(statements, folder)))
    notice = NOTICE.format(version=version)
    return f"{notice}(() => {{\n{script}\nglobalThis.{ROOT_NAME} = {ROOT_NAME};\n}})();\n"


def _statements(source: str) -> Iterator[str]:
    """The statements of a module, without its comments, imports and lists of exports."""
    whole: list[str] = []
    for line in [*source.split("\n"), "end"]:
        if whole and line and line[0] not in " \t})]":
            statement = "\n".join(whole)
            if not _EXPORTED.match(statement):
                yield statement.removeprefix("export ")
            whole = []
        if line and not f"{line.lstrip()} ".startswith(_COMMENT):
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
