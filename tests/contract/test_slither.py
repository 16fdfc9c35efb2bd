"""Static analysis, from the contracts that this run compiled."""

import subprocess
import sys
from pathlib import Path


def test_slither_finds_nothing_of_high_or_medium_impact():
    script = Path(__file__).resolve().parents[2] / "scripts" / "slither_check.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
