"""The brokers' page says everything in both languages, and its colours can be read."""

import json
import re
from pathlib import Path

import pytest
from tracer_api.assets import scanner_app_dir

from tracer.domain.documents import DocType
from tracer.domain.kinds import Role
from tracer.domain.paper_types import paper_type
from tracer.errors import TracerError

FOLDER = scanner_app_dir() / "desk"
TEMPLATE = Path(__file__).parents[3] / "api" / "tracer_desk" / "templates" / "desk.html"
EN, ZH = (
    json.loads((FOLDER / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("en", "zh")
)
SOURCE = "\n".join(path.read_text("utf-8") for path in [*sorted(FOLDER.glob("*.js")), TEMPLATE])
KEY = re.compile(r"""["'](desk\.[a-z_.]+[a-z_])["']""")
BUILT = re.compile(r"[\"`](desk\.[a-z_.]+?[._])\$\{")
CSS = "\n".join(
    (scanner_app_dir() / name).read_text("utf-8") for name in ("desk/base.css", "desk/desk.css")
)
EVENTS = {"desk:session-over"}
AA = 4.5


def test_both_languages_say_the_same_things() -> None:
    assert EN.keys() == ZH.keys()
    for key, text in EN.items():
        assert text.strip(), key
        assert ZH[key].strip(), key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", ZH[key])), key


def test_every_word_that_is_used_is_there() -> None:
    used = set(KEY.findall(SOURCE)) - {"desk.js", "desk.css"}
    assert not {key for key in used if key not in EN and f"{key}.MISSING" not in EN} - {"desk.role"}
    built = tuple(BUILT.findall(SOURCE))
    assert all(any(key.startswith(beginning) for key in EN) for beginning in built), built


def test_every_word_that_is_there_is_used() -> None:
    used = set(KEY.findall(SOURCE))
    built = (*BUILT.findall(SOURCE), "desk.role.", "desk.form.", "desk.error.")
    ends = (".next",)
    unused = {
        key
        for key in EN
        if key not in used and not key.startswith(built) and not key.endswith(ends)
    }
    assert unused == set()


def test_every_error_says_what_to_do_next() -> None:
    told = set(KEY.findall(SOURCE)) | EN.keys()
    for key in told:
        is_error = key.startswith(("desk.wallet.", "desk.error.")) and key != "desk.error.bug"
        if is_error and not key.endswith(".next"):
            assert f"{key}.next" in EN, key


def test_errors_have_the_codes_that_the_desk_answers_with() -> None:
    codes = {cls.code for cls in _all_errors(TracerError)}
    own = {"offline", "bug"}
    for key in EN:
        if key.startswith("desk.error."):
            assert key.removeprefix("desk.error.").removesuffix(".next") in codes | own


def _all_errors(base: type[TracerError]) -> list[type[TracerError]]:
    return [base, *(one for below in base.__subclasses__() for one in _all_errors(below))]


def test_every_role_and_choice_has_a_word() -> None:
    assert {f"desk.role.{role.name}" for role in Role} == {k for k in EN if ".role." in k}
    forms = [paper_type(doc_type) for doc_type in DocType]
    choices = {
        f"desk.choice.{spec.name}.{choice}"
        for form in forms
        for spec in form.fields
        for choice in spec.choices
    }
    assert choices == {key for key in EN if ".choice." in key}


# --- contrast -----------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tokens(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{([^}]*)\}", CSS)
    block = blocks[0] if scheme == "light" else blocks[1]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    colours = tokens(scheme)
    wrong, unread, bar = {
        "light": ("#a3231d", "#7d4a00", "#0b4854"),
        "dark": ("#ff9c93", "#f0b55e", "#0b3a44"),
    }[scheme]
    assert all(colour in CSS for colour in (wrong, unread, bar))
    for behind in (colours["paper"], colours["ground"]):
        for text in (colours["ink"], colours["soft"], colours["link"], wrong, unread):
            assert contrast(text, behind) >= AA, (scheme, text, behind)
    assert contrast("#fff", bar) >= AA
    assert contrast("#fff", "#0b5d6b") >= AA  # buttons
