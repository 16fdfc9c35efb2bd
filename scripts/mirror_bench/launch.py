"""Runs a program and notes what it used: `launch.py NOTE PROGRAM ARGS`; NOTE becomes a JSON file.

It stands between the benchmark and what is measured because Linux counts the memory of the process
that starts a program as the program's own.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

begun = time.perf_counter()
code = subprocess.call(sys.argv[2:])
wall_s = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit_bytes = 1 if sys.platform == "darwin" else 1024
facts = {
    "wall_s": wall_s,
    "cpu_s": used.ru_utime + used.ru_stime,
    "peak_bytes": used.ru_maxrss * unit_bytes,
}
Path(sys.argv[1]).write_text(json.dumps(facts), encoding="utf-8")
sys.exit(code)
