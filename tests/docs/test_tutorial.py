"""Every command of the tutorial runs, in order, on an empty machine."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tracer.chain.anvil import free_port

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
TIME_LIMIT_S = 240


def test_the_tutorial_runs_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    port = str(free_port())
    script = "\n".join(["set -eu", *BLOCK.findall(text)]).replace("8545", port)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_")}
    env = kept | {"TRACER_RPC_URL": f"http://127.0.0.1:{port}", "HOME": str(tmp_path)}
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # the chain it leaves running ends with it
    ) as shell:
        try:
            shell.wait(TIME_LIMIT_S)
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
        assert shell.stdout is not None
        output = shell.stdout.read()
    assert shell.returncode == 0, output
    assert (tmp_path / "try" / "labels.pdf").read_bytes().startswith(b"%PDF"), output
    assert "genuine" in output.lower() or "VALID" in output, output
