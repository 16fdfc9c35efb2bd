"""What a parser that was taken over could still do."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TRIED = """
import os, socket, sys
from tracer.gate.confine import confine
if not confine():
    sys.exit(77)
def attempt(name, act):
    try:
        act()
    except OSError:
        print(name, "refused")
    else:
        print(name, "possible")
secret, folder, port = sys.argv[1:]
attempt("read", lambda: open(secret).read())
attempt("list", lambda: os.listdir(folder))
attempt("write", lambda: open(folder + "/new", "w"))
attempt("remove", lambda: os.unlink(secret))
attempt("start", lambda: os.execv("/bin/sh", ["sh", "-c", "true"]))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", int(port)), timeout=5))
import xml.etree.ElementTree, tracer
print("import possible")
"""


def test_files_network_and_programs_are_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("root key")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        words = [sys.executable, "-c", TRIED, str(tmp_path / "secret"), str(tmp_path), str(port)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel has no Landlock (Linux 5.13)")
    assert done.returncode == 0, done.stderr
    said = dict(line.split() for line in done.stdout.splitlines())
    assert said.pop("import") == "possible"
    assert said == dict.fromkeys(["read", "list", "write", "remove", "start", "connect"], "refused")
