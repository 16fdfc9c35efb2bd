"""Starts `tracer` commands quickly: imports everything once, then forks one process for each.

Reads one JSON list of arguments a line; answers `{"pid": …}` at once, and `{"exited": pid,
"code": …}` when a child ends. Run as a script: it has no threads, so forking is safe, and killing
a child with SIGKILL is killing a command at that moment.
"""

import json
import os
import select
import sys

from tracer.cli.commands import NOUNS, load_noun
from tracer.cli.main import run


def start(arguments: list[str], output: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve() -> None:
    from eth_account import Account  # noqa: F401, PLC0415 - imported here so that children have it

    for noun in NOUNS:
        load_noun(noun)
    say(ready=True)
    children: set[int] = set()
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.005 if children else None)
        if readable:
            line = sys.stdin.readline()
            if not line:
                return
            request = json.loads(line)
            pid = start(request["arguments"], request["output"])
            children.add(pid)
            say(pid=pid)
        for pid in list(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                say(exited=pid, code=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
