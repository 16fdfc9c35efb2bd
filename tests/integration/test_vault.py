"""The vault on real databases and blob stores, and with several programs at once."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import PostgresServer, fresh_database
from seaweed import Seaweed, running_seaweed, seaweed_credentials
from vaults import CUSTOMS, OWNER, VaultWorld, doc_id_of, some_bytes

from tracer.chain.anvil import free_port
from tracer.errors import ConflictError, DamagedDocumentError, DatabaseUnavailableError
from tracer.vault.blobs import open_blobs
from tracer.vault.database import open_vault_engine
from tracer.vault.opening import create_recipient_key
from tracer.vault.receipts import Receipt
from tracer.vault.s3_blobs import S3Blobs
from tracer.vault.vault import PART_FILE, PART_VIEW

pytestmark = pytest.mark.integration

PAPER = some_bytes(1_200_000, seed=5)  # too large for the reader's memory: it spools to a file
WRITERS = 6

# Programs that start at the same moment: forked from one that has imported everything already.
RACE = """
import hashlib, json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from vaults import BATCH, OWNER, ROOT, doc_id_of
from tracer.errors import ConflictError
from tracer.vault.blobs import open_blobs
from tracer.vault.database import open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.vault import Vault

def put(source, part):
    engine, blobs = open_vault_engine(sys.argv[2]), open_blobs(sys.argv[3])
    vault = Vault(engine, blobs, RootKey(ROOT), now=lambda: 1)
    try:
        return vault.put(
            doc_id_of(1), org=OWNER, batch_id=BATCH, doc_type=3, part=part, source=source,
            sha256=hashlib.sha256(source.read_bytes()).digest(), private={"from": source.name},
        ).to_json()
    except ConflictError:
        return None

if sys.argv[3].startswith("s3"):
    open_blobs(sys.argv[3])
wait, go = os.pipe()
answers = []
for source, part in json.loads(sys.argv[4]):
    out, into = os.pipe()
    if os.fork() == 0:
        os.close(go)
        os.read(wait, 1)
        os.write(into, json.dumps(put(Path(source), part)).encode())
        os._exit(0)
    os.close(into)
    answers.append(out)
os.close(go)
print(json.dumps([json.loads(os.read(out, 65536)) for out in answers]))
"""


@pytest.fixture(scope="module")
def seaweed() -> Iterator[Seaweed]:
    with running_seaweed() as server, seaweed_credentials():
        yield server


@pytest.fixture(params=["sqlite-file", "postgresql-file", "postgresql-s3"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VaultWorld]:
    """An empty vault, on each pair of stores in turn."""
    database, store = request.param.split("-")
    blobs_url = (tmp_path / "blobs").as_uri()
    if store == "s3":
        blobs_url = request.getfixturevalue("seaweed").fresh_url()
    if database == "sqlite":
        yield from _open(tmp_path, f"sqlite:///{tmp_path / 'vault.sqlite'}", blobs_url)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with fresh_database(server) as url:
        yield from _open(tmp_path, url, blobs_url)


def _open(folder: Path, database_url: str, blobs_url: str) -> Iterator[VaultWorld]:
    engine = open_vault_engine(database_url)
    world = VaultWorld(folder, engine, open_blobs(blobs_url))
    world.urls = (database_url, blobs_url)
    yield world
    engine.dispose()


# Both databases and both blob stores, in as few programs as possible.
racing = pytest.mark.parametrize("world", ["sqlite-file", "postgresql-s3"], indirect=True)


def quiet(_done: int, _total: int) -> None:
    return


def test_a_paper_lives_from_upload_to_erasure(world: VaultWorld) -> None:
    vault = world.vault
    receipt = world.put(1, PAPER, private={"filename": "原产地证书.pdf"})
    assert world.put(1, PAPER) == receipt
    with pytest.raises(ConflictError):
        world.put(1, PAPER[:-1])
    world.put(1, b'{"coNo": "CO1"}', PART_VIEW)
    world.put(2, b"another")
    vault.state(doc_id_of(1), hashlib.sha256(b"view").digest())

    recipient = create_recipient_key(world.folder / "key.json", "p", light=True)
    until = world.now_unix + 60
    vault.grant(
        doc_id_of(1),
        grantee=CUSTOMS,
        public_key=recipient.public,
        expires_at_unix=until,
        purpose="clearance",
    )
    assert [it.doc_id for it in vault.list_documents(grantee=CUSTOMS)] == [doc_id_of(1)]
    assert vault.rotate(OWNER, quiet).rewrapped == 2
    assert world.read(1) == PAPER
    assert vault.private(doc_id_of(1)) == {"filename": "原产地证书.pdf"}
    orphan = world.blobs.put([b"nobody's"])
    world.now_unix += 2  # the blob store has a clock of its own
    report = vault.scrub(quiet, grace_s=-60)
    assert report.is_clean
    assert (report.parts, report.orphans) == (3, (orphan,))

    vault.erase(doc_id_of(1))
    assert [it.state for it in vault.list_documents()] == ["ERASED", "UPLOADED"]
    assert len(list(world.blobs.list_blobs())) == 1
    assert vault.scrub(quiet, grace_s=-60).is_clean


def test_a_damaged_or_missing_blob_is_told_and_never_shown(world: VaultWorld) -> None:
    receipts = [world.put(number, some_bytes(70_000, number)) for number in (1, 2, 3)]
    container = b"".join(world.blobs.open(receipts[0].blob) or [])
    _overwrite(world, receipts[0].blob, container[:-1])
    world.blobs.delete(receipts[1].blob)
    for number in (1, 2):
        with pytest.raises(DamagedDocumentError):
            world.vault.open(doc_id_of(number), PART_FILE)
    report = world.vault.scrub(quiet)
    assert [it.doc_id for it in report.damaged] == [doc_id_of(1)]
    assert [it.doc_id for it in report.missing] == [doc_id_of(2)]
    _overwrite(world, receipts[0].blob, container)  # restored from a backup
    assert world.read(1) == some_bytes(70_000, 1)


def _overwrite(world: VaultWorld, blob: str, data: bytes) -> None:
    if isinstance(world.blobs, S3Blobs):
        key = world.blobs._key(blob)
        world.blobs._client.put_object(Bucket=world.blobs._bucket, Key=key, Body=data)
    else:
        (world.folder / "blobs" / blob[:2] / blob).write_bytes(data)


def _race(world: VaultWorld, sources: list[tuple[Path, str]]) -> list[Receipt | None]:
    """Let one program for each source store it under the same id, all at once."""
    wanted = json.dumps([(str(source), part) for source, part in sources])
    words = [sys.executable, "-c", RACE, str(Path(__file__).parents[1]), *world.urls, wanted]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    return [fields and Receipt.from_json(fields) for fields in json.loads(done.stdout)]


@racing
def test_programs_that_put_the_same_paper_at_once_get_one_receipt(world: VaultWorld) -> None:
    source = world.write(PAPER, "same")
    receipts = _race(world, [(source, PART_FILE)] * WRITERS)
    assert len(set(receipts)) == 1
    assert receipts[0] is not None
    assert [blob.name for blob in world.blobs.list_blobs()] == [receipts[0].blob]
    assert world.read(1) == PAPER


@racing
def test_of_programs_that_put_different_papers_at_once_one_wins(world: VaultWorld) -> None:
    papers = [some_bytes(70_000, number) for number in range(WRITERS)]
    sources = [(world.write(data, f"p{n}"), PART_FILE) for n, data in enumerate(papers)]
    receipts = _race(world, sources)
    (number,) = [n for n, receipt in enumerate(receipts) if receipt is not None]
    assert world.read(1) == papers[number]
    assert world.vault.private(doc_id_of(1)) == {"from": f"p{number}"}
    assert len(list(world.blobs.list_blobs())) == 1


@racing
def test_parts_that_are_put_at_once_share_one_key(world: VaultWorld) -> None:
    file, view = world.write(PAPER, "file"), world.write(b"{}", "view")
    receipts = _race(world, [(file, PART_FILE), (view, PART_VIEW)] * 2)
    assert None not in receipts
    assert (world.read(1), world.read(1, PART_VIEW)) == (PAPER, b"{}")
    assert len(list(world.blobs.list_blobs())) == 2


def test_without_the_blob_store_nothing_is_acknowledged(
    seaweed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    refusing = open_blobs(seaweed.fresh_url())
    silent = open_blobs(f"s3://bucket/x?endpoint=http://127.0.0.1:{free_port()}")
    for blobs, words in ((refusing, "refuses"), (silent, "does not answer")):
        engine = open_vault_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
        world = VaultWorld(tmp_path, engine, blobs)
        with pytest.raises(DatabaseUnavailableError, match=f"the blob store {words}"):
            world.put(1, PAPER)
        assert world.vault.find(doc_id_of(1)) is None
        engine.dispose()


def test_a_bucket_says_whether_it_is_there(
    seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = seaweed.fresh_url()
    open_blobs(url).check()
    bucket = url.partition("://")[2].partition("/")[0]
    lost = open_blobs(url.replace(bucket, "no-such-bucket", 1))
    silent = open_blobs(f"s3://bucket/x?endpoint=http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    refused = open_blobs(url)
    for blobs, words in ((lost, "no bucket"), (silent, "does not answer"), (refused, "refuses")):
        with pytest.raises(DatabaseUnavailableError, match=words):
            blobs.check()
