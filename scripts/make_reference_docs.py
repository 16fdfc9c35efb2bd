"""Write docs/reference/{cli,settings,errors,kinds}.md from the code; --check only compares.

The code is the truth: every command, option, setting and error code stands there with its words,
so these pages cannot say anything else.
"""

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import typer
from paper_reference import build_papers_page
from tracer_api.problems import status_of

from tracer.cli.commands import NOUNS, load_noun
from tracer.cli.main import app, exit_code_of
from tracer.domain.clearance import OBJECTION
from tracer.domain.exhibits import REPLACEABLE_TYPES, SUPERSEDE
from tracer.domain.kinds import (
    ANY_ROLE,
    CLASS_ROLES,
    CLASSES_WHILE_HELD,
    INDEPENDENT_CLASSES,
    Kind,
    KindClass,
    Role,
)
from tracer.errors import TracerError
from tracer.settings import ENV_PREFIX, Settings

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "reference"
NOTE: Final = "<!-- Made by scripts/make_reference_docs.py; edit the code instead. -->\n"
CLI_INTRODUCTION: Final = """\
`tracer NOUN VERB …`. Results go to stdout; errors, progress and notes go to stderr. With `--json` a
result is one JSON object on stdout, and an error is one JSON object on stderr:
`{"error": {"code", "message", "hint"}}`.

| exit code | meaning |
| --- | --- |
| 0 | done, or already done |
| 1 | a bug in tracer |
| 2 | the input, a setting or a key is wrong; nothing was written |
| 3 | evidence does not hold |
| 4 | node, database or account cannot serve now; run the same command again |
| 130 | interrupted |

A batch is named `GTIN/LOT`, or by a Digital Link in quotes.
"""
ERRORS_INTRODUCTION: Final = """\
The code of an error never changes its meaning. The command line shows it as `error[code]`, the
server as `code` in an RFC 9457 problem.
"""
ERRORS_OF_THE_COMMAND_LINE: Final = """\
| `usage` | The command line is wrong: unknown command or option, missing argument. | 2 | |
| `bug` | The program failed in a way nobody thought of; please report it. | 1 | |
"""
KINDS_INTRODUCTION: Final = (
    "A record's kind is one byte. Its high nibble is the class, which decides who may write it; the"
    "\ncontract, the command and the page share this table (`tests/vectors/kinds.json`).\n"
)
HIDDEN_OPTIONS: Final = frozenset({"--help"})


def build_cli_page() -> str:
    """All commands with their arguments and options."""
    parts = ["# The command line\n", NOTE, CLI_INTRODUCTION]
    root = typer.main.get_command(app)
    parts.append(_describe_command("tracer", root))
    for noun in NOUNS:
        parts += [_describe_command(path, command) for path, command in _walk(noun)]
    return "\n".join(parts)


def _walk(noun: str) -> Iterator[tuple[str, Any]]:
    """Every command below a noun, with the words that call it."""

    def visit(path: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own
        children = getattr(command, "commands", {})
        if not children:
            yield path, command
        for name, child in children.items():
            yield from visit(f"{path} {name}", child)

    yield from visit(f"tracer {noun}", load_noun(noun))


def _describe_command(path: str, command: Any) -> str:  # noqa: ANN401
    shown = [it for it in command.params if not HIDDEN_OPTIONS & set(it.opts)]
    arguments = [it for it in shown if it.param_type_name == "argument"]
    usage = " ".join([path, *(_usage(it) for it in arguments)])
    lines = [f"## `{usage}`\n", f"{inspect.cleandoc(command.help or '')}\n"]
    if shown:
        lines.append("| | | |\n| --- | --- | --- |")
        lines += [_describe_parameter(it) for it in shown]
        lines.append("")
    return "\n".join(lines)


def _usage(argument: Any) -> str:  # noqa: ANN401
    metavar = argument.metavar or argument.name.upper()
    name = metavar.replace("[", "").replace("]", "")
    return name if argument.required else f"[{name}]"


def _describe_parameter(parameter: Any) -> str:  # noqa: ANN401
    if parameter.param_type_name == "argument":
        name, kind = f"`{_usage(parameter)}`", "required" if parameter.required else ""
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
        name = ", ".join(f"`{it}`" for it in names)
        kind = "required" if parameter.required else _default(parameter)
    return f"| {name} | {parameter.help or ''} | {kind} |"


def _default(parameter: Any) -> str:  # noqa: ANN401
    default = parameter.default
    if default is None or default is False or default == [] or callable(default):
        return ""
    return f"default `{default}`" if default != "" else ""


def build_settings_page() -> str:
    """All settings."""
    lines = [
        "# Settings\n",
        NOTE,
        "Settings are environment variables. Any other `TRACER_` variable is an error.\n",
        "| variable | meaning | default |\n| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default() if field.default_factory is None else None
        shown = "" if default is None else f"`{default}`"
        lines.append(f"| `{ENV_PREFIX}{name.upper()}` | {field.description} | {shown} |")
    return "\n".join([*lines, ""])


def build_errors_page() -> str:
    """All error codes."""
    lines = [
        "# Error codes\n",
        NOTE,
        ERRORS_INTRODUCTION,
        "| code | meaning | exit code | HTTP |\n| --- | --- | --- | --- |",
    ]
    for error in sorted(_all_errors(), key=lambda it: it.code):
        meaning = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        raised = error.__new__(error)
        lines.append(
            f"| `{error.code}` | {meaning} | {exit_code_of(raised)} | {int(status_of(raised))} |"
        )
    return "\n".join([*lines, ERRORS_OF_THE_COMMAND_LINE])


AMENDMENTS: Final = """\
## Contents of amendments

Nothing on the ledger is changed. An amendment's digest pins a JSON statement, which names what it
is about; any other JSON object may stand there, is shown, and decides nothing.

**A paper replaced** (`SUPERSEDE`):

    {supersede}

Both commitments are papers of one type by one issuer, who also writes this record; the new one was
recorded later, and customs have confirmed nothing yet. Types: {papers}.

**Customs object** (`CORRECTION`, written by a party with the CUSTOMS role):

    {objection}

The claim with that commitment stands in conflict, for these reasons, until customs confirm it in a
later record.
"""


def build_kinds_page() -> str:
    """All record kinds, by class."""
    roles = "\n".join(f"| {int(role):#06x} | {role.name} |" for role in Role)
    lines = [
        "# Record kinds\n",
        NOTE,
        KINDS_INTRODUCTION,
        f"| bit | role |\n| --- | --- |\n{roles}\n",
        "| class | kinds | written by | by the owner | while held |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number in KindClass:
        kinds = [f"`{kind:#04x}` {kind.name}" for kind in Kind if kind.kind_class is number]
        names = [str(role.name) for role in Role if role in CLASS_ROLES[number]]
        writers = "any role" if CLASS_ROLES[number] == ANY_ROLE else ", ".join(names)
        own = "never" if number in INDEPENDENT_CLASSES else "yes"
        held = "passes" if number in CLASSES_WHILE_HELD else "refused"
        lines.append(f"| {number.name} | {'<br>'.join(kinds)} | {writers} | {own} | {held} |")
    return "\n".join([*lines, "", _amendments()])


def _amendments() -> str:
    """What the contents of amendments look like, in the words that the verifiers look for."""
    papers = ", ".join(sorted(doc_type.name for doc_type in REPLACEABLE_TYPES))
    objection = {
        "type": OBJECTION,
        "commitment": "<64 digits>",
        "reasons": [{"code": "WEIGHT", "text": "net weight differs from the manifest"}],
        "statedAt": "2026-03-29T08:00:00Z",
    }
    supersede = {"type": SUPERSEDE, "commitment": "<old paper>", "by": "<new paper>"}
    return AMENDMENTS.format(
        papers=papers, objection=json.dumps(objection), supersede=json.dumps(supersede)
    )


def _all_errors(base: type[TracerError] = TracerError) -> set[type[TracerError]]:
    """The tree of `tracer.errors`; classes that a module keeps to itself share a code there."""
    public = [error for error in base.__subclasses__() if error.__module__ == base.__module__]
    return {base}.union(*(_all_errors(error) for error in public))


PAGES: Final[dict[str, Callable[[], str]]] = {
    "cli.md": build_cli_page,
    "settings.md": build_settings_page,
    "errors.md": build_errors_page,
    "kinds.md": build_kinds_page,
    "papers.md": build_papers_page,
}


def main() -> int:
    """Write the pages, or compare them.

    Returns:
        1 when --check finds a difference, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and change nothing")
    only_check = parser.parse_args().check
    stale = []
    for name, build in PAGES.items():
        path, text = FOLDER / name, build()
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not only_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for name in stale:
        print(f"{'differs from the code' if only_check else 'written'}: {name}")
    return 1 if stale and only_check else 0


if __name__ == "__main__":
    sys.exit(main())
