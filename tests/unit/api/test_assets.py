import re
import shutil
import subprocess
from pathlib import Path

import brotli
import pytest
from tracer_api.assets import (
    ENTRIES,
    ICONS,
    MESSAGES_FILE,
    WORKER,
    join_modules,
    load_assets,
)
from tracer_api.coding import accepted_codings, choose_packed, pack
from tracer_api.shrink import SCRIPT, STYLE, shrink

from tracer.errors import ConfigurationError

ASSETS = load_assets()
CORE_BYTES = 6_500
"""What the first script may have on the wire, with its words; see docs/explanation/verification.md
for the budget of the whole page."""


def run(script: str) -> str:
    node = shutil.which("node")
    assert node
    return subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    ).stdout.strip()


MODULES = {
    "app.js": 'import { twice, WORD } from "./b.js";\n'
    'import {\n  once,\n} from "./deep/c.js";\n'
    "console.log(WORD, twice(3), once);\nexport const told = `a  ${once} // b`;\n",
    "b.js": 'import { once } from "./deep/c.js";\n\nexport { once } from "./deep/c.js";\n'
    "// a secret the other module does not see\nconst factor = 2;\n"
    "/** Doc. */\nexport function twice(n) {\n  return n * factor * once;\n}\n"
    'export const WORD = "hi";\nexport class Unused {}\n',
    "deep/c.js": 'import { ONE } from "../d.js";\nconst unit = ONE;\nexport const once = unit;\n',
    "d.js": "export const ONE = 1;\n",
}


class TestJoinModules:
    @pytest.mark.parametrize("clash", [False, True], ids=["flat", "wrapped"])
    def test_the_joined_script_does_what_the_modules_do(self, *, clash: bool) -> None:
        name = "factor" if clash else "unit"  # of a constant that another module has as well
        sources = {**MODULES, "deep/c.js": MODULES["deep/c.js"].replace("unit", name)}
        joined = join_modules(sources, "app.js")
        assert run(joined) == "hi 6 1"
        assert ("$b" in joined) is clash

    def test_what_is_made_small_does_the_same(self) -> None:
        joined = join_modules(MODULES, "app.js")
        (small,) = shrink((SCRIPT, joined))
        assert run(small) == "hi 6 1"
        assert "secret" in joined
        assert not [word for word in ("secret", "Doc.", "factor", "twice") if word in small]

    @pytest.mark.parametrize("clash", [False, True], ids=["flat", "wrapped"])
    def test_offers_what_the_entry_offers(self, tmp_path: Path, *, clash: bool) -> None:
        other = {"d.js": "const factor = 1;\nexport const ONE = factor;\n"}
        sources = MODULES | (other if clash else {})
        (tmp_path / "joined.mjs").write_text(join_modules(sources, "app.js"))
        probe = f'import {{ told }} from "{tmp_path}/joined.mjs"; console.log(told);'
        assert run(probe).splitlines()[-1] == "a  1 // b"

    @pytest.mark.parametrize(
        "text",
        [
            'import * as b from "./b.js";\n',
            'import b from "./b.js";\n',
            "export default 1;\n",
            "export { x };\n",
            'import { x } from "./missing.js";\n',
        ],
    )
    def test_refuses_what_it_would_join_wrongly(self, text: str) -> None:
        with pytest.raises(ConfigurationError):
            join_modules({"app.js": text, "b.js": "export const x = 1;\n"}, "app.js")

    def test_what_is_no_script_is_named(self) -> None:
        with pytest.raises(ConfigurationError, match=r"cannot be made small: .*expected"):
            shrink((STYLE, "a{b:c}"), (SCRIPT, "const = 1"))

    def test_refuses_a_circle(self) -> None:
        circle = {
            "app.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
            "b.js": 'import { a } from "./app.js";\nexport const b = 1;\n',
        }
        with pytest.raises(ConfigurationError, match="imports itself"):
            join_modules(circle, "app.js")


class TestOurOwnFiles:
    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("entry", [*ENTRIES, WORKER])
    def test_each_script_parses(self, tmp_path: Path, entry: str, language: str) -> None:
        script = ASSETS.scripts[language][entry]  # type: ignore[index]  # one of LANGUAGES
        node = shutil.which("node")
        assert node
        path = tmp_path / "script.mjs"
        path.write_bytes(script.body)
        subprocess.run([node, "--check", str(path)], check=True)
        name = entry if entry == WORKER else f"{entry}.{language}"
        assert script.url == f"/app/{script.digest}/{name}.js"

    def test_the_second_script_knows_its_worker(self) -> None:
        scripts = ASSETS.scripts["en"]
        assert scripts[WORKER].url.encode() in scripts["papers"].body

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_the_first_script_is_small(self, language: str) -> None:
        script = ASSETS.scripts[language]["core"]  # type: ignore[index]  # one of LANGUAGES
        assert len(script.packed["br"]) <= CORE_BYTES

    @pytest.mark.parametrize("entry", ENTRIES)
    def test_each_script_has_the_words_that_it_says(self, entry: str) -> None:
        body = ASSETS.scripts["en"][entry].body.decode()
        words = {MESSAGES_FILE: "export const messages = {};\n"}
        joined = join_modules({**ASSETS.modules, **words}, f"{entry}.js")
        said = set(re.findall(r"""(?<![\w.])say\(["']([^"']+)["']""", joined))
        said |= {f"papers.{state}" for state in ("pending", "checking")}
        assert len(said) > 5
        assert [key for key in sorted(said) if f'"{key}":' not in body] == []

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_every_verdict_of_the_whole_check_has_its_mark(self, language: str) -> None:
        script = ASSETS.scripts[language]["papers"]  # type: ignore[index]  # one of LANGUAGES
        for code, mark in ICONS.items():
            assert f'"verdict.{code}.icon": "{mark}"'.replace(": ", ":") in script.body.decode()

    def test_a_missing_folder_is_a_configuration_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError):
            load_assets(tmp_path)


class TestCoding:
    @pytest.mark.parametrize(
        ("header", "coding"),
        [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("br;q=0.000, gzip;q=0", ""),
            ("identity", ""),
            ("", ""),
            ("BR", "br"),
            ("brotli, xgzip", ""),
        ],
    )
    def test_takes_the_smallest_form_that_the_client_takes(self, header: str, coding: str) -> None:
        found = choose_packed(pack(b"a" * 1_000), header)
        assert (found[0] if found else "") == coding

    def test_every_form_holds_the_same(self) -> None:
        assert brotli.decompress(pack(b"abc")["br"]) == b"abc"
        assert accepted_codings("gzip;q=0") == set()
