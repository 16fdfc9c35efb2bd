import shutil
import subprocess
from pathlib import Path

import pytest
from tracer_api.assets import ENTRY, join_modules, load_assets

from tracer.errors import ConfigurationError


def run(script: str) -> str:
    node = shutil.which("node")
    assert node
    return subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    ).stdout.strip()


class TestJoinModules:
    def test_the_joined_script_does_what_the_modules_do(self) -> None:
        sources = {
            "app.js": 'import { twice, WORD as word } from "./b.js";\n'
            'import {\n  once,\n} from "./c.js";\n'
            "console.log(word, await twice(3), once);\n".replace("await ", ""),
            "b.js": 'import { once } from "./c.js";\n'
            "// a secret the other module does not see\nconst factor = 2;\n"
            "/** Doc. */\nexport function twice(n) {\n  return n * factor * once;\n}\n"
            'export const WORD = "hi";\nexport class Unused {}\n',
            "c.js": "const factor = 1;\nexport const once = factor;\n",
        }
        joined = join_modules(sources)
        assert run(joined) == "hi 6 1"
        assert "secret" not in joined
        assert "Doc." not in joined

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
            join_modules({ENTRY: text, "b.js": "export const x = 1;\n"})

    def test_refuses_a_circle(self) -> None:
        circle = {
            "app.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
            "b.js": 'import { a } from "./app.js";\nexport const b = 1;\n',
        }
        with pytest.raises(ConfigurationError, match="imports itself"):
            join_modules(circle)


class TestOurOwnFiles:
    def test_the_page_script_parses_in_both_languages(self, tmp_path: Path) -> None:
        assets = load_assets()
        node = shutil.which("node")
        assert node
        for language, text in assets.scripts.items():
            path = tmp_path / f"{language}.mjs"
            path.write_text(text, encoding="utf-8")
            subprocess.run([node, "--check", str(path)], check=True)
            assert assets.digests[language] in assets.script_url(language)

    def test_a_missing_folder_is_a_configuration_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError):
            load_assets(tmp_path)
