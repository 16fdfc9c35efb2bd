"""Fifty known texts go into the vault; none is found in what the vault leaves on a disk.

Searched are the blob store, the database's files (SQLite's with its journal; PostgreSQL's tables
and write-ahead log) and everything that is logged, each as it is and in the usual spellings.
"""

import base64
import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import fresh_database, running_postgres
from vaults import CUSTOMS, OWNER, VaultWorld, doc_id_of

from tracer.errors import TracerError
from tracer.vault.blobs import FileBlobs
from tracer.vault.database import open_vault_engine
from tracer.vault.opening import create_recipient_key
from tracer.vault.vault import PART_VIEW

pytestmark = pytest.mark.integration

MARKERS = [f"Marker{hashlib.sha256(bytes([n])).hexdigest()[:20]}" for n in range(50)]


def spellings(secret: bytes) -> set[bytes]:
    """How a secret may be written: as it is, as digits, and as each of the three base64 forms."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + secret)
        forms.add(encoded[4 if shift else 0 : -4])
    try:
        forms.add(secret.decode().encode("utf-16-le"))
    except UnicodeDecodeError:
        return forms
    return forms


def live(world: VaultWorld) -> list[bytes]:
    """Use everything that the vault can do; what must not be found anywhere."""
    secrets = [marker.encode() for marker in MARKERS]
    for number in range(10):
        file, view, name, media, reading = MARKERS[5 * number : 5 * number + 5]
        body = b"%PDF-1.7\n" + file.encode() * 40
        digests = [hashlib.sha256(body).digest(), hashlib.sha256(view.encode()).digest()]
        secrets += digests
        world.put(number, body, private={"filename": name, "mediaType": media})
        world.put(number, view.encode(), PART_VIEW, private={"reading": [reading]})
    recipient = create_recipient_key(world.folder / "recipient.json", "p", light=True)
    vault = world.vault
    for number in range(10):
        until = world.now_unix + 60
        vault.grant(
            doc_id_of(number),
            grantee=CUSTOMS,
            public_key=recipient.public,
            expires_at_unix=until,
            purpose="clearance",
        )
        assert vault.private(doc_id_of(number))
        assert world.read(number, PART_VIEW).decode() in MARKERS
        try:
            world.put(number, MARKERS[number].encode() * 2)  # refused, and told why
        except TracerError as error:
            logging.getLogger("test").warning("%s %s", error, error.hint)
    vault.rotate(OWNER, lambda _done, _total: None)
    vault.erase(doc_id_of(0))
    assert vault.scrub(lambda _done, _total: None, grace_s=-1).is_clean
    for path in world.folder.glob("*.file"):
        path.unlink()  # the plaintext that the test itself made
    for path in world.folder.glob("*.view"):
        path.unlink()
    return secrets


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[VaultWorld, Path]]:
    """A vault, and the folder where its database keeps its files."""
    blobs = FileBlobs(tmp_path / "blobs")
    if request.param == "sqlite":
        engine = open_vault_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
        yield VaultWorld(tmp_path, engine, blobs), tmp_path
        engine.dispose()
        return
    with running_postgres() as server, fresh_database(server) as url:
        engine = open_vault_engine(url)
        yield VaultWorld(tmp_path, engine, blobs), Path(server.pgdata)
        engine.dispose()


def test_nothing_confidential_lies_in_the_clear(
    stored: tuple[VaultWorld, Path], caplog: pytest.LogCaptureFixture
) -> None:
    world, database = stored
    with caplog.at_level(logging.DEBUG):
        secrets = live(world)
    if world.engine.dialect.name == "postgresql":
        with world.engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
    files = {path for folder in {world.folder, database} for path in folder.rglob("*")}
    # PostgreSQL's template databases are alike, and its journal is mostly zeros.
    places = {_squeeze(path.read_bytes()) for path in files if path.is_file()}
    places.add(caplog.text.encode())
    wanted = [(secret, form) for secret in secrets for form in spellings(secret)]
    hits = {secret for data in places for secret, form in wanted if form in data}
    size = sum(map(len, places))
    print(f"| markers | {len(MARKERS)} | bytes searched | {size} | hits | {len(hits)} |")
    assert any(b"clearance" in data for data in places), "the right files are searched"
    assert hits == set()


def _squeeze(data: bytes) -> bytes:
    return data.replace(bytes(64), b"")
