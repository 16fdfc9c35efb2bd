"""Read a sample of answers before any is timed: right, complete, and from the shelf."""

import gzip
import http.client
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import brotli
from scan_bench.forms import HTML, JSON

from tracer.domain.merkle import HASH_BYTES, verify_inclusion

SAMPLE: Final = 25
UNPACKERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}
_TIN: Final = re.compile(r"""data-tin='(\S+) (\d+) (\d+) (\S*) *'""")


class WrongAnswerError(Exception):
    """An answer is not what it should be; it makes no sense to time it."""


def read_tins(port: int, paths: Sequence[str], headers: str) -> list[tuple[str, bytes]]:
    """Ask the shelf for some tins; their serials and texts.

    Raises:
        WrongAnswerError: an answer is not compressed, or has no tag: the shelf did not give it.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    wanted = dict(line.split(": ", 1) for line in headers.splitlines())
    found = []
    for path in paths[:: max(1, len(paths) // SAMPLE)]:
        connection.request("GET", path, headers=wanted)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK or not answer.getheader("ETag"):
            raise WrongAnswerError(f"{path}: {answer.status}, {answer.getheaders()}")
        coding = answer.getheader("Content-Encoding", "")
        found.append((path.rpartition("/")[2], UNPACKERS[coding](body)))
    connection.close()
    return found


def check_json(port: int, paths: Sequence[str]) -> list[Any]:
    """Passports of some tins.

    Raises:
        WrongAnswerError: one is not the tin's own.
    """
    passports = []
    for serial, text in read_tins(port, paths, JSON):
        passport = json.loads(text)
        if passport["product"]["serial"] != serial or passport["verdict"]["ifConfirmed"] != "OK":
            raise WrongAnswerError(f"{serial}: {passport['product']}, {passport['verdict']}")
        passports.append(passport)
    return passports


def check_html(port: int, paths: Sequence[str]) -> None:
    """See that pages carry their tins' inclusion proofs, and that those are right.

    Raises:
        WrongAnswerError: one does not.
    """
    for serial, text in read_tins(port, paths, HTML):
        found = _TIN.search(text.decode())
        if not found or found[1] != serial or not text.rstrip().endswith(b"</html>"):
            raise WrongAnswerError(f"{serial}: not this tin's page")
        hashes = b64decode(found[4])
        *proof, root = (hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
        if not verify_inclusion(serial.encode(), int(found[2]), int(found[3]), proof, root):
            raise WrongAnswerError(f"{serial}: its proof is wrong")


def without_moment(passport: Any) -> Any:  # noqa: ANN401 - JSON
    """A passport without the clock's time and the mirror's block."""
    technical = {**passport["technical"], "mirrorBlock": 0, "mirrorTime": 0}
    return {**passport, "asOf": 0, "technical": technical}


def check_plain(port: int, path: str, passport: Any) -> None:  # noqa: ANN401 - JSON
    """See that the plain route answers what the shelf does.

    Raises:
        WrongAnswerError: it answers something else.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    found = json.loads(connection.getresponse().read())
    connection.close()
    if without_moment(found) != without_moment(passport):
        raise WrongAnswerError(f"{path}: the plain route and the shelf differ")
