"""Rebuild the samples' derived files, or check that they are up to date.

python scripts/make_samples.py            write what differs
python scripts/make_samples.py --check    write nothing, fail if anything differs
"""

import argparse
import sys
from pathlib import Path

from tracer.samples import SAMPLE_NAMES, sample_path
from tracer.samples.make import build_samples


def main() -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild or check the samples' derived files.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    check = parser.parse_args().check
    folder = sample_path(SAMPLE_NAMES[0]).parent
    built = dict(build_samples())
    stale = [path for path, data in built.items() if not path.exists() or path.read_bytes() != data]
    orphans = [path for path in _derived(folder) if path not in built]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(built[path])
        for path in orphans:
            path.unlink()
    for verb, paths in (("differs", stale), ("belongs to no sample", orphans)):
        for path in paths:
            print(f"{path.relative_to(folder)} {verb}")
    print(f"{len(built)} files, {sum(map(len, built.values())):,} bytes, {len(stale)} changed")
    return int(check and bool(stale or orphans))


def _derived(folder: Path) -> list[Path]:
    return sorted(folder.glob("documents/*/*.pdf"))


if __name__ == "__main__":
    sys.exit(main())
