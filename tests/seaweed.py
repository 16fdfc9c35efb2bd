"""A real S3 server for tests: SeaweedFS, from the Python package that brings the program along.

@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    with running_seaweed() as server:
        yield server
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tracer.chain.anvil import free_port

ACCESS_KEY, SECRET_KEY = "tracer-test", "not-a-secret"
BUCKET = "papers"  # one only: the server sets volumes aside for each
START_S = 90  # a loaded machine; on a free one it takes two seconds
_ROLE = {
    "name": "test",
    "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
}


@dataclass(frozen=True)
class Seaweed:
    """A server that answers."""

    endpoint: str
    client: Any

    def fresh_url(self) -> str:
        """The URL of an empty place, as the vault is told of it."""
        return f"s3://{BUCKET}/{uuid.uuid4().hex}/blobs?endpoint={self.endpoint}"


@contextlib.contextmanager
def running_seaweed() -> Iterator[Seaweed]:
    """Start a server with an empty store; stop it and delete the store at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tracer-s3-"))
    (folder / "data").mkdir()
    (folder / "s3.json").write_text(json.dumps({"identities": [_ROLE]}))
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    grpc = {f"{name}.port.grpc": free_port() for name in ports}
    words = [_program(), "server", "-ip=127.0.0.1", f"-dir={folder / 'data'}", "-filer", "-s3"]
    words += [f"-{name}.port={port}" for name, port in ports.items()]
    words += [f"-{name}={port}" for name, port in grpc.items()]
    words += [f"-s3.config={folder / 's3.json'}", "-volume.max=20", "-master.volumeSizeLimitMB=32"]
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
        try:
            yield _wait(process, f"http://127.0.0.1:{ports['s3']}", folder / "log")
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def seaweed_credentials() -> Iterator[None]:
    """The variables that AWS's programs read their keys from."""
    given = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else "weed"


def _wait(process: "subprocess.Popen[bytes]", endpoint: str, log: Path) -> Seaweed:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(BotoCoreError, ClientError):
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="probe", Body=b"probe")
            return Seaweed(endpoint, client)
        time.sleep(0.2)
    raise RuntimeError(f"SeaweedFS does not answer: {log.read_text(errors='replace')[-2000:]}")
