"""Every error has an exit code, and a bug ends in one line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer import errors
from tracer.cli import main
from tracer.cli.commands import NOUNS, Noun
from tracer.errors import TracerError


def all_errors(base: type[TracerError] = TracerError) -> Iterator[type[TracerError]]:
    for error in base.__subclasses__():
        yield error
        yield from all_errors(error)


DOCUMENTED = {
    errors.InputError: 2,
    errors.NotFoundError: 2,
    errors.ConflictError: 2,
    errors.ConfigurationError: 2,
    errors.VerificationError: 3,
    errors.TransientError: 4,
    errors.FatalError: 4,
}


@pytest.mark.parametrize("error", sorted(set(all_errors()), key=lambda it: it.__name__))
def test_every_error_has_the_exit_code_of_its_branch(error: type[TracerError]) -> None:
    expected = next(code for base, code in DOCUMENTED.items() if issubclass(error, base))
    raised = error.__new__(error)
    assert main.exit_code_of(raised) == expected


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in set(all_errors()) if error.__module__ == errors.__name__]
    assert len(codes) == len(set(codes))


class TestBug:
    @pytest.fixture(autouse=True)
    def _broken_command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(NOUNS, "broken", Noun("broken_noun", "", is_verb=True))

    def test_ends_in_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.run(["broken"]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error[bug]: unexpected ZeroDivisionError")
        assert "secret detail" not in printed.err
        assert "Traceback" not in printed.err

    def test_debug_writes_the_traceback_to_a_file(
        self,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert main.run(["broken", "--debug"]) == 1
        (file,) = tmp_path.iterdir()
        assert str(file) in capsys.readouterr().err
        assert "secret detail" in file.read_text("utf-8")


class TestUsage:
    def test_without_words_it_helps(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.run([]) == 0
        shown = capsys.readouterr().out
        for noun in NOUNS:
            assert f" {noun} " in shown

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.run(["--version"]) == 0
        assert capsys.readouterr().out.startswith("tracer 0.")

    def test_a_typing_error_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.run(["bacth"]) == 2
        assert "Did you mean 'batch'" in capsys.readouterr().err

    def test_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.run(["batch", "show", "--json"]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert json.loads(printed.err)["error"]["code"] == "usage"
