"""Entry point of the `tracer` command: run it, and turn every error into an exit code."""

import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.exceptions import Abort, TyperException

from tracer.cli.commands import NounGroup
from tracer.cli.render import print_error, print_failure, print_line
from tracer.errors import (
    ConfigurationError,
    ConflictError,
    FatalError,
    InputError,
    NotFoundError,
    TracerError,
    TransientError,
    VerificationError,
)

EXIT_BUG: Final = 1
EXIT_INPUT: Final = 2
EXIT_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
DEBUG_OPTION: Final = "--debug"
DISTRIBUTION: Final = "formula-tracer"

EXIT_CODES: Final[Mapping[type[TracerError], int]] = {
    InputError: EXIT_INPUT,
    NotFoundError: EXIT_INPUT,
    ConflictError: EXIT_INPUT,
    ConfigurationError: EXIT_INPUT,
    VerificationError: 3,
    TransientError: 4,
    FatalError: 4,
    TracerError: EXIT_BUG,
}
"""Exit code of each branch of the error tree; the nearest ancestor counts."""

app = typer.Typer(
    cls=NounGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Farm-to-shelf traceability for infant formula that anyone who scans the tin can check.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"tracer {version(DISTRIBUTION)}")
        raise typer.Exit


@app.callback()
def root(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG_OPTION, help="On a bug, write a traceback to a file.")
    ] = False,
) -> None:
    """Hold the options of every command; `main` has read them already."""
    del show_version, debug


def exit_code_of(error: TracerError) -> int:
    """The exit code for an error: that of its nearest ancestor in `EXIT_CODES`."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: what follows `tracer` on the command line.

    Returns:
        The exit code; whatever went wrong has been printed.
    """
    as_json, debug = "--json" in arguments, DEBUG_OPTION in arguments
    command = typer.main.get_command(app)
    words = [word for word in arguments if word != DEBUG_OPTION] or ["--help"]
    try:
        result = command.main(words, prog_name="tracer", standalone_mode=False)
    except TracerError as error:
        print_error(error, as_json=as_json)
        return exit_code_of(error)
    except TyperException as error:
        print_failure("usage", error.format_message(), _usage_hint(error), as_json=as_json)
        return EXIT_INPUT
    except (Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last handler: a bug still ends in one line
        _report_bug(error, debug=debug, as_json=as_json)
        return EXIT_BUG
    return result if isinstance(result, int) else 0


def _usage_hint(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return "" if context is None else f"{context.command_path} --help"


def _report_bug(error: Exception, *, debug: bool, as_json: bool) -> None:
    message = f"unexpected {type(error).__name__}; this is a bug in tracer"
    if not debug:
        print_failure("bug", message, f"{DEBUG_OPTION} writes the details.", as_json=as_json)
        return
    with tempfile.NamedTemporaryFile(
        "w", prefix="tracer-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    print_failure("bug", message, f"Details are in {Path(file.name)}.", as_json=as_json)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))
