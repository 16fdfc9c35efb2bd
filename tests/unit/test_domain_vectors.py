"""The committed vectors are what their script writes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_vectors_are_what_the_script_writes() -> None:
    result = subprocess.run(
        [sys.executable, "scripts/make_domain_vectors.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
