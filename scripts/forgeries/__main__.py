"""Print a corpus, one case a line, or write its evidence to a folder.

python scripts/forgeries --seed 7                     # labels only
python scripts/forgeries --seed 7 --out build/corpus  # a bundle and a node's facts for each
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "scripts")]

from forgeries.corpus import Case, make_corpus  # noqa: E402
from forgeries.staging import stage  # noqa: E402

FULL = 200


def label(case: Case) -> dict[str, object]:
    """What a case is, without its evidence."""
    return {
        "name": case.name,
        "sample": case.sample,
        "gtin": case.story.batch["gtin"],
        "lot": case.story.batch["lot"],
        "honest": list(case.honest),
        "forged": bool(case.family),
        "family": case.family,
        "variant": case.variant,
        "lie": case.lie,
        "names": list(case.names),
        "touched": list(case.touched),
    }


def write(case: Case, folder: Path) -> Iterator[Path]:
    """A case's bundle, and what a node says about it."""
    staged = stage(case.story)
    evidence = {"asOfUnix": staged.as_of_unix, "facts": staged.facts.to_json()}
    for kind, value in (("bundle", staged.bundle.to_json()), ("facts", evidence)):
        path = folder / f"{case.name}.{kind}.json"
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")
        yield path


def main() -> int:
    """Make the corpus."""
    parser = argparse.ArgumentParser(description="Make genuine and forged clearances.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forged", type=int, default=FULL)
    parser.add_argument("--genuine", type=int, default=FULL)
    parser.add_argument("--out", type=Path, help="folder for bundles and facts")
    args = parser.parse_args()
    for case in make_corpus(args.seed, forged=args.forged, genuine=args.genuine):
        print(json.dumps(label(case), ensure_ascii=False))
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            list(write(case, args.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
