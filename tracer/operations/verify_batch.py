"""Verify a batch, or one tin of it, from a bundle and a node; no server has to be trusted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tracer.chain.decode import parse_quantity
from tracer.chain.facts import fetch_chain_facts
from tracer.chain.rpc import RpcClient
from tracer.domain.bundle import MAX_BUNDLE_CHARS, Bundle, ChainFacts
from tracer.domain.cards import Verdict
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.identifiers import DigitalLink
from tracer.domain.passport import build_passport
from tracer.domain.verify import authenticity, verify_bundle
from tracer.errors import (
    InputError,
    InvalidFileError,
    LimitExceededError,
    NotFoundError,
    TransientError,
)
from tracer.store.contents import ContentStore
from tracer.store.read import load_bundle
from tracer.store.session import open_engine, reading

FETCH_TIMEOUT_S: Final = 20.0
MAX_BUNDLE_BYTES: Final = 4 * MAX_BUNDLE_CHARS  # UTF-8 has at most four bytes a character
PIN_STEP: Final = 4
PIN_CHECK: Final = "ledger-pinned"


@dataclass(frozen=True)
class Source:
    """What is to be verified, and the code that was scanned, if one was."""

    bundle: Bundle
    link: DigitalLink | None


@dataclass(frozen=True)
class Verification:
    """What verifying gave.

    Attributes:
        source: what was verified.
        checks: in the order of the protocol.
        status: of authenticity: VALID, INVALID, or ERROR when it could not be asked.
        verdict: what the reader should make of it.
    """

    source: Source
    checks: Sequence[Check]
    status: CheckStatus
    verdict: Verdict


def read_bundle_file(path: Path) -> Source:
    """A bundle that was saved.

    Raises:
        NotFoundError: there is no such file.
        InvalidFileError: it is no bundle.
        LimitExceededError: it is too large.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BUNDLE_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}") from None
    except OSError as error:
        raise InvalidFileError(f"{path} cannot be read: {error.strerror}") from error
    return Source(_parse(data, str(path)), None)


def fetch_bundle(uri: str) -> Source:
    """The bundle of what a Digital Link names, from the server that the link names.

    Raises:
        InvalidDigitalLinkError: no Digital Link, and no address of a bundle.
        InputError: the server answers with a refusal.
        TransientError: the server does not answer.
        InvalidFileError: what it answers is no bundle.
    """
    link = DigitalLink.parse(uri)
    if link.lot is None:
        raise InputError(f"{uri[:80]} names no lot", hint="A batch is GTIN and lot.")
    address = httpx.URL(uri)
    origin = f"{address.scheme}://{address.netloc.decode('ascii')}"
    lot = DigitalLink(link.gtin, link.lot).path().rsplit("/", 1)[1]
    query = {"serial": link.serial.value} if link.serial else {}
    url = httpx.URL(f"{origin}/v1/batches/{link.gtin}/{lot}/bundle", params=query)
    return Source(_parse(_download(url), str(url)), link)


def load_mirrored(database_url: str, contents: Path, link: DigitalLink) -> Source:
    """The bundle of a batch from the mirror on this machine.

    Args:
        database_url: SQLAlchemy URL of the mirror.
        contents: folder of the contents.
        link: names the batch, and perhaps the tin.

    Raises:
        NotFoundError: the mirror has no such batch.
        DatabaseUnavailableError: there is no mirror, or it cannot be read.
    """
    if link.lot is None:
        raise InputError("a batch is GTIN and lot")
    engine = open_engine(database_url, read_only=True)
    try:
        with reading(engine) as session:
            store = ContentStore(contents)
            return Source(load_bundle(session, store, link.gtin, link.lot, link.serial), link)
    finally:
        engine.dispose()


def verify_source(
    source: Source,
    *,
    rpc_url: str,
    contract: bytes | None,
    finality: Callable[[int], str | int],
    as_of_unix: int | None = None,
) -> Verification:
    """Run the numbered protocol.

    Args:
        source: what is to be verified.
        rpc_url: the node to ask; the reader chooses it.
        contract: the ledger that the reader knows, 20 bytes; None = take the bundle's word.
        finality: chain id -> block tag or number of blocks.
        as_of_unix: the moment that decides on expiry; None = now.
    """
    moment = int(time.time()) if as_of_unix is None else as_of_unix
    facts, node_error = _ask_node(source.bundle, rpc_url, finality)
    checks = verify_bundle(
        source.bundle, facts, node_error=node_error, as_of_unix=moment, link=source.link
    )
    checks.append(_check_pinned(source.bundle, contract))
    checks.sort(key=lambda check: check.step)
    verdict = build_passport(source.bundle, checks, moment).verdict
    return Verification(source, checks, authenticity(checks), verdict)


def _ask_node(
    bundle: Bundle, rpc_url: str, finality: Callable[[int], str | int]
) -> tuple[ChainFacts | None, str]:
    try:
        with RpcClient(rpc_url) as node:
            chain_id = parse_quantity(node.call("eth_chainId"), "chain id")
            return fetch_chain_facts(node, bundle, finality(chain_id)), ""
    except TransientError as error:
        return None, str(error)


def _check_pinned(bundle: Bundle, contract: bytes | None) -> Check:
    """A forger could deploy a ledger of its own: the reader has to know the right one."""
    named = f"0x{bundle.chain.contract.hex()}"
    if contract is None:
        reason = f"no ledger was given to compare with; the bundle names {named}"
        return Check.skipped(PIN_STEP, PIN_CHECK, reason)
    if contract == bundle.chain.contract:
        return Check.valid(PIN_STEP, PIN_CHECK, f"the bundle is about the ledger {named}")
    reason = f"the bundle is about the ledger {named}, not 0x{contract.hex()}"
    return Check.invalid(PIN_STEP, PIN_CHECK, reason, "bundle")


def _parse(data: bytes, name: str) -> Bundle:
    if len(data) > MAX_BUNDLE_BYTES:
        raise LimitExceededError(f"{name} is larger than {MAX_BUNDLE_BYTES:,} bytes")
    try:
        return Bundle.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidFileError(f"{name} is no UTF-8 text") from error


def _download(url: httpx.URL) -> bytes:
    body = bytearray()
    try:
        with httpx.stream("GET", url, timeout=FETCH_TIMEOUT_S) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BUNDLE_BYTES:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransientError(
            f"{url.host} does not answer: {str(error) or type(error).__name__}",
            hint="Save the bundle when it does, and verify the file; no server is needed then.",
        ) from error
    if response.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError(
            f"{url.host} knows no such batch", hint="Check the link; its mirror may lag behind."
        )
    if response.is_error:
        raise TransientError(f"{url.host} answers HTTP {response.status_code}")
    return bytes(body)
