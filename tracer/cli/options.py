"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be written and what it would cost; change nothing."
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        help="File whose first line opens the key files. Default: TRACER_KEY_PASSWORD_FILE.",
        show_default=False,
    ),
]
Light = Annotated[
    bool,
    typer.Option("--light", help="Make guessing the password cheap: only for demo and test keys."),
]
KeyAddress = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="ADDRESS",
        help="Sign with this key. Default: the key here that may do it.",
        show_default=False,
    ),
]
BatchArgument = Annotated[
    str, typer.Argument(metavar="BATCH", help="GTIN/LOT, or a Digital Link in quotes.")
]
