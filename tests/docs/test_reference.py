"""The reference pages say what the code says, all of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracer import errors
from tracer.cli.commands import NOUNS, load_noun
from tracer.errors import TracerError
from tracer.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_the_pages_are_made_from_the_code() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "make_reference_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run scripts/make_reference_docs.py"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{ENV_PREFIX}{name.upper()}`" in (REFERENCE / "settings.md").read_text("utf-8")


@pytest.mark.parametrize(
    "error",
    [
        error
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, TracerError)
    ],
    ids=lambda error: error.code,
)
def test_every_error_code_is_documented(error: type[TracerError]) -> None:
    assert f"| `{error.code}` |" in (REFERENCE / "errors.md").read_text("utf-8")


@pytest.mark.parametrize("noun", NOUNS)
def test_every_command_and_option_is_documented_and_explained(noun: str) -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")

    def visit(path: str, command: object) -> None:
        children = getattr(command, "commands", {})
        for name, child in children.items():
            visit(f"{path} {name}", child)
        if children:
            return
        assert f"## `{path}" in page
        assert command.help, path  # type: ignore[attr-defined]
        for parameter in command.params:  # type: ignore[attr-defined]
            assert parameter.help, f"{path}: {parameter.name} has no help"
            for option in parameter.opts if parameter.param_type_name == "option" else []:
                assert f"`{option}`" in page

    visit(f"tracer {noun}", load_noun(noun))
