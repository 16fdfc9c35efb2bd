"""What a node says, against what the mirror serves: equal when honest, and every cell counts."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import GTIN, AnvilLedger, build_gln, running_anvil
from sqlalchemy import Engine, select, update

from tracer.chain.facts import fetch_chain_facts
from tracer.chain.rpc import RpcClient
from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.canonical import canonical_text
from tracer.domain.checks import CheckStatus
from tracer.domain.identifiers import Lot
from tracer.domain.kinds import Kind, Role
from tracer.domain.verify import verify_bundle
from tracer.errors import RpcError, RpcUnavailableError
from tracer.index.sync import Mirror
from tracer.store.contents import ContentStore
from tracer.store.read import load_bundle
from tracer.store.session import open_engine, reading, writing
from tracer.store.tables import Append, Batch, Block, Cursor, MirrorModel, Party, Record, table_of

pytestmark = pytest.mark.integration

LOT = Lot.parse("LOT1")
CHAIN_STEPS = {3, 4, 6, 10}
"""Those that compare the bundle with itself and with the node; these records have no contents."""


class Setting:
    """A real ledger, its mirror and its contents."""

    def __init__(self, ledger: AnvilLedger, folder: Path) -> None:
        self.ledger = ledger
        self.contents = ContentStore(folder / "contents")
        self.engine: Engine = open_engine(f"sqlite:///{folder / 'mirror.sqlite'}")
        for number, roles in ((1, Role.MANUFACTURER), (2, Role.AUTHORITY | Role.INSPECTOR)):
            gln = build_gln(number)
            profile = {"gln": str(gln), "nameEn": f"Party {number}", "roles": [], "country": "NZ"}
            ledger.admit(number, roles, self.contents.put(canonical_text(profile)))
        ledger.send(0, "assignPrefix", build_gln(1).number, 6, 952001)
        self.batch_id = ledger.register(1, str(LOT))
        ledger.append(1, self.batch_id, [Kind.MILK_RECEIPT, Kind.WET_PROCESS], "a")
        ledger.append(2, self.batch_id, [Kind.CERTIFICATE], "b")
        ledger.append(1, self.batch_id, [Kind.HOLD], "c")
        self.sync()

    def sync(self) -> None:
        Mirror(self.engine, self.ledger.node, self.ledger.deployment, 0).sync_once()

    def bundle(self) -> Bundle:
        with reading(self.engine) as session:
            return load_bundle(session, self.contents, GTIN, LOT)

    def facts(self, bundle: Bundle, finality: int | str = 0) -> ChainFacts:
        return fetch_chain_facts(self.ledger.node, bundle, finality)

    def failures(self, bundle: Bundle, finality: int | str = 0) -> list[str]:
        """What of the chain's own steps does not hold."""
        checks = verify_bundle(
            bundle, self.facts(bundle, finality), as_of_unix=self.ledger.now_unix() + 5
        )
        return [
            f"{check.name} {check.status} {check.subject}: {check.reason}"
            for check in checks
            if check.step in CHAIN_STEPS
            and check.status not in {CheckStatus.VALID, CheckStatus.SKIPPED}
        ]


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    with running_anvil() as (url, _), RpcClient(url) as node:
        setting = Setting(AnvilLedger(node), tmp_path_factory.mktemp("facts"))
        yield setting
        setting.engine.dispose()


class TestHonest:
    def test_bundle_and_node_agree(self, setting: Setting) -> None:
        assert setting.failures(setting.bundle()) == []

    def test_one_request_is_enough(self, setting: Setting) -> None:
        bundle = setting.bundle()

        class Counting(RpcClient):
            requests = 0

            def batch(self, calls: Any) -> list[Any]:
                Counting.requests += 1
                return super().batch(calls)

        with Counting(setting.ledger.node._url) as node:
            facts = fetch_chain_facts(node, bundle, 0)
        assert Counting.requests == 1
        assert facts == setting.facts(bundle)
        assert facts.registered is not None
        assert [log.sequence for log in facts.appended] == [row.sequence for row in bundle.appends]

    def test_it_is_final_when_all_its_logs_are(self, setting: Setting) -> None:
        bundle = setting.bundle()
        head = setting.facts(bundle).node.block_number
        newest = bundle.appends[-1].block_number
        assert setting.facts(bundle, head - newest).node.final
        assert not setting.facts(bundle, head - newest + 1).node.final
        assert not setting.facts(bundle, "finalized").node.final  # anvil: 64 blocks below

    def test_a_node_that_limits_ranges_says_the_same(self, setting: Setting) -> None:
        bundle = setting.bundle()
        setting.ledger.node.call("anvil_mine", "0x64")

        class Limited(RpcClient):
            def batch(self, calls: Any) -> list[Any]:
                for method, params in calls:
                    if method == "eth_getLogs":
                        ends = params[0]["fromBlock"], params[0]["toBlock"]
                        if ends[1] == "latest" or int(ends[1], 16) - int(ends[0], 16) > 30:
                            raise RpcError("range", rpc_code=-32005, rpc_message="range")
                return super().batch(calls)

        with Limited(setting.ledger.node._url) as node:
            assert fetch_chain_facts(node, bundle, 0) == setting.facts(bundle)

    def test_a_node_without_the_ledger_shows_nothing(self, setting: Setting) -> None:
        with running_anvil() as (url, _), RpcClient(url) as node:
            facts = fetch_chain_facts(node, setting.bundle(), 0)
        assert facts.batch.head == bytes(32)
        assert facts.registered is None
        assert facts.node.deploy_block is None
        assert facts.node.mirror_block_hash is None

    def test_a_node_that_is_gone_is_an_error(self, setting: Setting) -> None:
        with RpcClient("http://127.0.0.1:1") as node, pytest.raises(RpcUnavailableError):
            fetch_chain_facts(node, setting.bundle(), 0)

    def test_keys_are_asked_for_once_one_is_reported(self, tmp_path: Path) -> None:
        with running_anvil() as (url, _), RpcClient(url) as node:
            setting = Setting(AnvilLedger(node), tmp_path)
            assert setting.facts(setting.bundle()).signers == {}
            gln, key = build_gln(2).number, node.call("eth_accounts")[2]
            bundle = setting.bundle()
            written = next(row for row in bundle.appends if row.gln == gln)
            setting.ledger.send(2, "revokeKey", gln, key, written.recorded_at_unix)
            setting.sync()
            bundle = setting.bundle()
            signers = setting.facts(bundle).signers
            assert list(signers) == [written.sequence]
            signer = signers[written.sequence]
            assert (f"0x{signer.address.hex()}", signer.gln) == (key, gln)
            assert signer.distrust_from_unix == written.recorded_at_unix
            assert any("compromised" in line for line in setting.failures(bundle))
            setting.engine.dispose()


# Bookkeeping of the mirror that no bundle carries: its next step would stumble over a change.
NOT_SERVED = {
    ("cursor", "id"), ("cursor", "code_hash"), ("cursor", "next_sequence"),
    ("cursor", "final_number"), ("cursor", "final_hash"),
}  # fmt: skip
SERVED: list[tuple[type[MirrorModel], str]] = [
    (model, column.name)
    for model in (Cursor, Block, Append, Record, Batch, Party)
    for column in table_of(model).columns
    if (table_of(model).name, column.name) not in NOT_SERVED
]


def damaged(value: Any) -> Any:
    """The same value with one bit changed; a hash in its last byte, a text in its last letter."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1)
    return 1 if value is None else value ^ 1


class TestDamage:
    @pytest.mark.parametrize(
        ("model", "column"),
        [pytest.param(*cell, id=f"{table_of(cell[0]).name}.{cell[1]}") for cell in SERVED],
    )
    def test_no_cell_that_is_served_can_change_unnoticed(
        self, setting: Setting, model: type[MirrorModel], column: str
    ) -> None:
        table = table_of(model)
        keys = list(table.primary_key.columns)
        for row in relevant_rows(setting, model, column):
            old = row._mapping[column]
            where = [key == row._mapping[key.name] for key in keys]
            moved = [key == (damaged(old) if key.name == column else row._mapping[key.name])
                     for key in keys]  # fmt: skip
            with writing(setting.engine) as connection:
                taken = (
                    column in {key.name for key in keys}
                    and connection.execute(select(table).where(*moved)).first()
                )
                if taken:  # two rows cannot have one key; SQL itself refuses this damage
                    continue
            damage(setting, update(table).where(*where).values({column: damaged(old)}))
            try:
                failures = setting.failures(setting.bundle())
            finally:
                damage(setting, update(table).where(*moved).values({column: old}))
            assert any("INVALID" in line for line in failures), (row, failures)
        assert setting.failures(setting.bundle()) == []


def damage(setting: Setting, statement: Any) -> None:
    """Change a cell as somebody with access to the file would, keys or not."""
    with setting.engine.connect() as connection:
        raw = connection.connection
        compiled = statement.compile(setting.engine)
        cursor = raw.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup])
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def relevant_rows(setting: Setting, model: type[MirrorModel], column: str) -> list[Any]:
    """Rows that the bundle of this batch is made of; it names no time of the registration."""
    sources = [Append] if column == "timestamp_unix" else [Append, Batch]
    with reading(setting.engine) as session:
        rows = session.execute(select(table_of(model))).all()
        blocks = {
            row.block_number
            for source in sources
            for row in session.execute(select(table_of(source)))
        }
    return [row for row in rows if model is not Block or row.number in blocks]


def test_profiles_are_found_by_their_digest(setting: Setting) -> None:
    for party in setting.bundle().parties.values():
        assert hashlib.sha256(party.profile.encode()).digest() == party.profile_digest
