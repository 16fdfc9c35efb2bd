"""Scripts and styles made small: comments, spaces and long names of our own go.

tdewolff's minifier does it. That is Go code, with a runtime and threads of its own, which no server
should carry around for what is done once; it runs in a child, for a twentieth of a second.
"""

import json
import subprocess
import sys
from functools import lru_cache
from typing import Final, Literal

from tracer.errors import ConfigurationError

Kind = Literal["application/javascript", "text/css"]
"""Media type of a text."""

SCRIPT: Final = "application/javascript"
STYLE: Final = "text/css"

TIMEOUT_S: Final = 60  # it takes a tenth of a second; a machine may be busy
_PROGRAM: Final = (
    "import json, sys, minify\n"
    "json.dump([minify.string(*one) for one in json.load(sys.stdin)], sys.stdout)\n"
)


@lru_cache(maxsize=16)
def shrink(*texts: tuple[Kind, str]) -> tuple[str, ...]:
    """Small texts that do the same.

    Names that a script declares outside functions keep their length: others may know them.

    Args:
        texts: each with its media type, all in one child.

    Raises:
        ConfigurationError: one of them is no script or style, or the minifier does not run.
    """
    words = [sys.executable, "-I", "-c", _PROGRAM]
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        words, input=json.dumps(texts).encode(), capture_output=True, check=False, timeout=TIMEOUT_S
    )
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        why = next((it for it in reversed(lines) if "Error: " in it), "the minifier does not run")
        msg = f"the page's files cannot be made small: {why}"
        raise ConfigurationError(msg, hint="Install the package again.")
    small: list[str] = json.loads(done.stdout)
    return tuple(small)
