"""Blobs in a bucket of a server that speaks S3: Amazon's, Ceph, SeaweedFS and others."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tracer.errors import ConfigurationError, DatabaseUnavailableError
from tracer.vault.blobs import PIECE_BYTES, BlobInfo, check_name

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 30
ATTEMPTS: Final = 3
IN_MEMORY_BYTES: Final = 1 << 20  # larger containers wait in a temporary file; they are ciphertext
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_DEFAULT_REGION: Final = "us-east-1"  # what servers other than Amazon's expect


def open_s3(parts: SplitResult) -> "S3Blobs":
    """The blob store of `s3://<bucket>/<prefix>?endpoint=<URL>&region=<name>`.

    Raises:
        ConfigurationError: the query says something else, or there are no credentials.
    """
    query = parse_qs(parts.query, keep_blank_values=True)
    unknown = set(query) - {"endpoint", "region"}
    if unknown or any(len(values) > 1 for values in query.values()):
        raise ConfigurationError(
            f"the vault's URL has options that mean nothing: {', '.join(sorted(query))[:80]}",
            hint="It may have one endpoint and one region.",
        )
    endpoint, region = (query.get(name, [None])[0] for name in ("endpoint", "region"))
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3={"addressing_style": "path"},
    )
    try:
        client = boto3.Session().client(  # of its own: the default one remembers old credentials
            "s3", endpoint_url=endpoint, region_name=region or _DEFAULT_REGION, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(
            f"the vault's URL names no S3 server: {error}", hint="endpoint=https://<host>:<port>"
        ) from error
    return S3Blobs(client, parts.netloc, parts.path.strip("/"))


class S3Blobs:
    """Blobs in a bucket that exists already.

    Args:
        client: boto3's S3 client.
        bucket: its name.
        prefix: before every blob's name, without slashes around it; may be empty.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:  # noqa: ANN401 - boto3 ships no types
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, pieces: Iterable[bytes]) -> str:
        """Send a blob in one request; a server answers once it is durable."""
        digest = hashlib.sha256()
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
            for piece in pieces:
                digest.update(piece)
                spool.write(piece)
            size = spool.tell()
            spool.seek(0)
            name = digest.hexdigest()
            with _our_words():
                self._client.put_object(
                    Bucket=self._bucket, Key=self._key(name), Body=spool, ContentLength=size
                )
        return name

    def open(self, name: str) -> Iterator[bytes] | None:
        """The blob's bytes, damaged or not; None when there is none."""
        try:
            with _our_words():
                body = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"]
        except _NoSuchBlobError:
            return None
        return _pieces(body)

    def has(self, name: str) -> bool:
        """Whether there is such a blob."""
        try:
            with _our_words():
                self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        except _NoSuchBlobError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Remove a blob; one that is not there is no error."""
        with contextlib.suppress(_NoSuchBlobError), _our_words():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def list_blobs(self) -> Iterator[BlobInfo]:
        """Every blob under the prefix; a request that was cut off leaves none."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        with _our_words():
            for page in pages:
                for found in page.get("Contents", []):
                    name = found["Key"].rsplit("/", 1)[-1]
                    if found["Key"] == self._key_of(name):
                        modified = int(found["LastModified"].timestamp())
                        yield BlobInfo(name, found["Size"], modified)

    def check(self) -> None:
        """Make sure that the bucket is there and lets us in."""
        try:
            with _our_words():
                self._client.head_bucket(Bucket=self._bucket)
        except _NoSuchBlobError as error:
            raise DatabaseUnavailableError(
                f"the blob store has no bucket {self._bucket}", hint="TRACER_VAULT_URL names it."
            ) from error

    def _key(self, name: str) -> str:
        return self._key_of(check_name(name))

    def _key_of(self, name: str) -> str:
        return f"{self._prefix}{name[:2]}/{name}"


class _NoSuchBlobError(Exception):
    """The server answers that there is no such object."""


def _pieces(body: Any) -> Iterator[bytes]:  # noqa: ANN401 - botocore's streaming body
    with contextlib.closing(body), _our_words():
        yield from body.iter_chunks(PIECE_BYTES)


@contextlib.contextmanager
def _our_words() -> Iterator[None]:
    """S3's errors in our own words; without secrets, which botocore's messages do not hold."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise _NoSuchBlobError from error
        raise DatabaseUnavailableError(
            f"the blob store refuses: {error}", hint="Check the bucket and its credentials."
        ) from error
    except BotoCoreError as error:
        raise DatabaseUnavailableError(
            f"the blob store does not answer: {error}",
            hint="Is it running, are its credentials in the environment? Then try again.",
        ) from error
