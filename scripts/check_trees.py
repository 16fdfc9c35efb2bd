"""Compare the spec trees of the contract tests with the tests.

    python scripts/check_trees.py

A tree file `tests/contract/X.tree` specifies the tests of `test_X.py`. Its first column holds
function names; a branch "when …" is one test, named after the function and the branch; a leaf
"it reverts with E" (or any leaf that ends "with E") is an error that this test must name.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests" / "contract"
BRANCH = re.compile(r"^[│ ]*[├└]── (?P<text>.+)$")
ERROR = re.compile(r"with (?P<error>[A-Z]\w+)$")


def slug(text: str) -> str:
    """Return the text as part of a Python name: camelCase and blanks become underscores."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower().replace("'s", "s")
    return re.sub(r"[^a-z0-9]+", "_", spaced).strip("_")


def read_tree(path: Path) -> dict[str, set[str]]:
    """Return the errors of each test that the tree asks for."""
    wanted: dict[str, set[str]] = {}
    function = test = ""
    for line in filter(str.strip, path.read_text(encoding="utf-8").splitlines()):
        branch = BRANCH.match(line)
        if not branch:
            function = line.strip()
        elif branch["text"].startswith("when "):
            test = f"test_{slug(function)}_{slug(branch['text'])}"
            if test in wanted:
                sys.exit(f"{path.name}: two branches make {test}")
            wanted[test] = set()
        elif error := ERROR.search(branch["text"]):
            wanted[test].add(error["error"])
    return wanted


def read_tests(path: Path) -> dict[str, str]:
    """Return the source of each test in the file."""
    source = path.read_text(encoding="utf-8")
    return {
        node.name: ast.get_source_segment(source, node) or ""
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def find_differences(tree: Path) -> Iterator[str]:
    """Yield a line for each difference between a tree and its tests."""
    path = tree.with_name(f"test_{tree.stem}.py")
    wanted, written = read_tree(tree), read_tests(path) if path.exists() else {}
    for test in wanted.keys() - written.keys():
        yield f"{tree.name}: no test {test} in {path.name}"
    for test in written.keys() - wanted.keys():
        yield f"{path.name}: no branch for {test} in {tree.name}"
    for test in wanted.keys() & written.keys():
        for error in sorted(wanted[test]):
            if f'"{error}"' not in written[test]:
                yield f"{path.name}: {test} does not expect {error}"


def main() -> int:
    """Print every difference."""
    trees = sorted(TESTS.glob("*.tree"))
    differences = sorted(line for tree in trees for line in find_differences(tree))
    for line in differences:
        print(line, file=sys.stderr)
    branches = sum(len(read_tree(tree)) for tree in trees)
    print(f"{branches} branches in {len(trees)} trees, {len(differences)} differences")
    return 1 if differences or not branches else 0


if __name__ == "__main__":
    sys.exit(main())
