"""The outbox on a real anvil: every way in which sending can go wrong, and one record each time."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from anvil_ledger import GOVERNANCE, PREFIX, AnvilLedger
from eth_account import Account
from rpc_proxy import losing_proxy

from tracer.chain.contract import encode_call
from tracer.chain.events import Appended
from tracer.chain.ledger import Ledger
from tracer.chain.rpc import RpcClient
from tracer.chain.sender import Call, Fees, Sender
from tracer.chain.signer import Signer
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record
from tracer.errors import (
    InsufficientFundsError,
    InvalidRecordError,
    RpcUnavailableError,
    TransientError,
)
from tracer.operations.delivery import Delivery, Offer, SigningKey
from tracer.operations.outbox import Intent, Outbox, Presence, build_intent_id
from tracer.store.workspace import IntentRow, SignedRow, Workspace

pytestmark = pytest.mark.integration

MNEMONIC = "test test test test test test test test test test test junk"  # anvil's, known to all
MAKER = 1
CHAIN = "31337:test"
GWEI = 10**9


@pytest.fixture
def batch_id(ledger: AnvilLedger) -> bytes:
    maker = ledger.admit(MAKER, Role.MANUFACTURER)
    ledger.send(GOVERNANCE, "assignPrefix", maker.number, len(str(PREFIX)), PREFIX)
    return ledger.register(MAKER, "LOT1")


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The maker's key."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{MAKER}")
    return SigningKey(account.address, lambda: Signer(account))


class Kit:
    """One installation that writes to the ledger."""

    def __init__(
        self,
        ledger: AnvilLedger,
        batch_id: bytes,
        home: Path,
        *,
        node: RpcClient | None = None,
        finality: str | int = 0,
        max_fee_wei: int = 500 * GWEI,
        timeout_s: float = 10.0,
    ) -> None:
        self.node = node or ledger.node
        self.batch_id = batch_id
        self.reader = Ledger(ledger.node, ledger.deployment.contract, 0)
        self.sender = Sender(self.node, 31337, max_fee_wei)
        self.workspace = Workspace(home / "workspace.sqlite")
        self.delivery = Delivery(self.workspace, self.sender, chain=CHAIN, timeout_s=timeout_s)
        self.outbox = Outbox(
            self.workspace,
            self.sender,
            chain=CHAIN,
            locks=home / "locks",
            finality=finality,
            timeout_s=timeout_s,
        )

    def intent(self, text: str, occurred_at_unix: int = 1_790_000_000) -> Intent:
        """One record, named by its text."""
        digest = hashlib.sha256(text.encode()).digest()
        record = Record(Kind.WET_PROCESS, occurred_at_unix, None, digest).pack()
        call = Call(self.reader.address, encode_call("append", self.batch_id, record))

        def presence() -> Presence:
            return Presence.PRESENT if record in self.records() else Presence.ABSENT

        intent_id = build_intent_id(CHAIN, self.reader.address, "maker", call.data)
        return Intent(intent_id, text, call, presence)

    def records(self) -> list[bytes]:
        """What the ledger holds of the batch; every append here has one record."""
        events = [log.event for log in self.reader.batch_logs(self.batch_id)]
        return [event.records for event in events if isinstance(event, Appended)]

    def sign_only(
        self, intent: Intent, key: SigningKey, *, nonce: int | None = None, gas: int = 100_000
    ) -> SignedRow:
        """What a command has stored when it is killed before it sends."""
        self.workspace.record_intent(
            IntentRow(
                intent.intent_id,
                CHAIN,
                key.address,
                intent.what,
                intent.call.to,
                intent.call.data,
            )
        )
        offer = Offer(
            self.sender.nonce(key.address) if nonce is None else nonce,
            gas,
            self.sender.fees(),
        )
        return self.delivery.sign(intent.intent_id, intent.call, key.unlock(), offer)


@pytest.fixture
def kit(ledger: AnvilLedger, batch_id: bytes, tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(ledger, batch_id, tmp_path)
    yield kit
    kit.workspace.close()


@pytest.fixture
def another_kit(
    ledger: AnvilLedger, batch_id: bytes, tmp_path: Path
) -> Iterator[Callable[..., Kit]]:
    """The same installation with other settings, or another one in a folder of its own."""
    kits: list[Kit] = []

    def build(folder: str = ".", **settings: object) -> Kit:
        home = tmp_path / folder
        home.mkdir(exist_ok=True)
        kits.append(Kit(ledger, batch_id, home, **settings))  # type: ignore[arg-type]
        return kits[-1]

    yield build
    for kit in kits:
        kit.workspace.close()


class TestOnce:
    def test_writes_and_remembers(self, kit: Kit, key: SigningKey) -> None:
        written = kit.outbox.perform(kit.intent("a"), key)
        assert written is not None
        assert not written.already
        assert len(kit.records()) == 1

        again = kit.outbox.perform(kit.intent("a"), key)
        assert again is not None
        assert again.already
        assert again.tx_hash == written.tx_hash
        assert len(kit.records()) == 1

    def test_an_installation_without_memory_sees_it_on_the_chain(
        self, kit: Kit, another_kit: Callable[..., Kit], key: SigningKey
    ) -> None:
        kit.outbox.perform(kit.intent("a"), key)
        fresh = another_kit("fresh")
        written = fresh.outbox.perform(fresh.intent("a"), key)
        assert written is not None
        assert written.already
        assert len(kit.records()) == 1

    def test_two_installations_with_one_key_write_each_record_once(
        self, another_kit: Callable[..., Kit], key: SigningKey
    ) -> None:
        kits = [another_kit(name) for name in ("one", "two", "three")]

        def write_all(kit: Kit) -> None:
            for number in range(8):
                kit.outbox.perform(kit.intent(f"record {number}"), key)

        with ThreadPoolExecutor(len(kits)) as pool:
            list(pool.map(write_all, kits))

        records = kits[0].records()
        assert len(records) == len(set(records)) == 8


class TestCrash:
    def test_signed_but_not_sent_is_sent_as_it_is(self, kit: Kit, key: SigningKey) -> None:
        row = kit.sign_only(kit.intent("a"), key)
        written = kit.outbox.perform(kit.intent("a"), key)
        assert written is not None
        assert written.tx_hash == row.tx_hash
        assert len(kit.records()) == 1

    def test_sent_but_not_noticed_is_not_sent_again(self, kit: Kit, key: SigningKey) -> None:
        row = kit.sign_only(kit.intent("a"), key)
        kit.sender.send(key.address, row.raw)
        nonce = row.nonce + 1

        written = kit.outbox.perform(kit.intent("a"), key)

        assert written is not None
        assert written.tx_hash == row.tx_hash
        assert kit.sender.nonce(key.address) == nonce
        assert len(kit.records()) == 1

    def test_another_command_first_sends_what_was_left_behind(
        self, kit: Kit, key: SigningKey
    ) -> None:
        kit.sign_only(kit.intent("left behind"), key)
        kit.outbox.perform(kit.intent("next"), key)
        assert len(kit.records()) == 2
        assert kit.outbox.unfinished() == []

    def test_one_that_failed_in_its_block_is_signed_anew(self, kit: Kit, key: SigningKey) -> None:
        row = kit.sign_only(kit.intent("a"), key, gas=30_000)  # too little
        written = kit.outbox.perform(kit.intent("a"), key)
        assert written is not None
        assert written.tx_hash != row.tx_hash
        assert kit.sender.nonce(key.address) == row.nonce + 2
        assert len(kit.records()) == 1

    def test_what_is_unfinished_is_told(self, kit: Kit, key: SigningKey) -> None:
        kit.sign_only(kit.intent("a"), key)
        assert kit.outbox.unfinished() == ["a"]


class TestOtherPrograms:
    def test_a_nonce_that_went_elsewhere_is_replaced(
        self, kit: Kit, ledger: AnvilLedger, key: SigningKey
    ) -> None:
        row = kit.sign_only(kit.intent("a"), key)
        ledger.send_raw(MAKER, key.address, b"")  # the same key, another program

        written = kit.outbox.perform(kit.intent("a"), key)

        assert written is not None
        assert written.tx_hash != row.tx_hash
        assert len(kit.records()) == 1

    def test_it_waits_until_that_is_final(
        self, another_kit: Callable[..., Kit], ledger: AnvilLedger, key: SigningKey
    ) -> None:
        kit = another_kit(finality="finalized", timeout_s=1.5)
        kit.sign_only(kit.intent("a"), key)
        ledger.send_raw(MAKER, key.address, b"")

        with pytest.raises(TransientError, match="not final yet"):
            kit.outbox.perform(kit.intent("a"), key)
        assert kit.records() == []

        ledger.node.call("anvil_mine", "0x80")
        assert kit.outbox.perform(kit.intent("a"), key) is not None
        assert len(kit.records()) == 1

    def test_a_gap_before_a_stored_transaction_is_filled(self, kit: Kit, key: SigningKey) -> None:
        nonce = kit.sender.nonce(key.address)
        row = kit.sign_only(kit.intent("a"), key, nonce=nonce + 2)

        written = kit.outbox.perform(kit.intent("a"), key)

        assert written is not None
        assert written.tx_hash == row.tx_hash
        assert kit.sender.nonce(key.address) == nonce + 3
        assert len(kit.records()) == 1

    def test_a_foreign_transaction_in_the_pool_is_waited_for(
        self, another_kit: Callable[..., Kit], ledger: AnvilLedger, key: SigningKey
    ) -> None:
        kit = another_kit(timeout_s=1.0)
        ledger.node.call("evm_setAutomine", False)
        ledger.node.call("eth_sendTransaction", {"from": key.address, "to": key.address})

        with pytest.raises(TransientError, match="another program"):
            kit.outbox.perform(kit.intent("a"), key)

        ledger.node.call("evm_setAutomine", True)
        ledger.node.call("evm_mine")
        kit.outbox.perform(kit.intent("a"), key)
        assert len(kit.records()) == 1


class TestReorganisation:
    def test_a_dropped_transaction_is_sent_again_as_it_was(
        self, kit: Kit, ledger: AnvilLedger, key: SigningKey
    ) -> None:
        written = kit.outbox.perform(kit.intent("a"), key)
        ledger.node.call("anvil_reorg", 1, [])
        assert kit.records() == []

        again = kit.outbox.perform(kit.intent("a"), key)

        assert written is not None
        assert again is not None
        assert again.tx_hash == written.tx_hash
        assert len(kit.records()) == 1

    @pytest.mark.parametrize("depth", [2, 5, 9])
    def test_several_dropped_ones_come_back_in_order(
        self, kit: Kit, ledger: AnvilLedger, key: SigningKey, depth: int
    ) -> None:
        for number in range(10):
            kit.outbox.perform(kit.intent(str(number)), key)
        before = kit.records()
        ledger.node.call("anvil_reorg", depth, [])

        kit.outbox.perform(kit.intent("one more"), key)

        assert kit.records()[:-1] == before


class TestFees:
    def test_a_risen_base_fee_is_outbid_with_the_same_nonce(
        self, another_kit: Callable[..., Kit], ledger: AnvilLedger, key: SigningKey
    ) -> None:
        kit = another_kit(timeout_s=20.0)
        row = kit.sign_only(kit.intent("a"), key)
        ledger.node.call("anvil_setNextBlockBaseFeePerGas", hex(20 * row.max_fee_wei))
        ledger.node.call("evm_mine")

        written = kit.outbox.perform(kit.intent("a"), key)

        assert written is not None
        assert written.tx_hash != row.tx_hash
        assert kit.sender.nonce(key.address) == row.nonce + 1
        assert len(kit.records()) == 1

    def test_a_network_beyond_the_limit_stops_before_signing(
        self, another_kit: Callable[..., Kit], key: SigningKey
    ) -> None:
        kit = another_kit(max_fee_wei=1)
        with pytest.raises(TransientError, match="more than the limit") as raised:
            kit.outbox.perform(kit.intent("a"), key)
        assert "TRACER_MAX_FEE_GWEI" in raised.value.hint
        assert kit.workspace.signed_from(CHAIN, key.address, 0) == []

    def test_a_replacement_offers_more_than_nodes_ask_for(self, kit: Kit) -> None:
        old = kit.sender.fees()
        new = kit.sender.fees(old)
        assert new.max_fee_wei * 100 > old.max_fee_wei * 112
        assert new.priority_fee_wei * 100 > old.priority_fee_wei * 112
        assert kit.sender.fees(Fees(10 * GWEI, 10 * GWEI)).priority_fee_wei > 11 * GWEI

    def test_a_poor_account_stops_before_signing(
        self, kit: Kit, ledger: AnvilLedger, key: SigningKey
    ) -> None:
        ledger.node.call("anvil_setBalance", key.address, "0x0")
        with pytest.raises(InsufficientFundsError) as raised:
            kit.outbox.perform(kit.intent("a"), key)
        assert key.address in raised.value.hint
        assert kit.workspace.signed_from(CHAIN, key.address, 0) == []

        ledger.node.call("anvil_setBalance", key.address, hex(10**18))
        kit.outbox.perform(kit.intent("a"), key)
        assert len(kit.records()) == 1


class TestRefusal:
    def test_what_the_contract_refuses_is_not_stored(self, kit: Kit, key: SigningKey) -> None:
        with pytest.raises(InvalidRecordError, match="in the future"):
            kit.outbox.perform(kit.intent("a", occurred_at_unix=2**39), key)
        assert kit.workspace.signed_from(CHAIN, key.address, 0) == []
        assert kit.workspace.open_intents(CHAIN) == []


class TestLostAnswers:
    @pytest.mark.parametrize("lost", [1, 3])
    def test_an_answer_that_is_lost_uses_no_second_nonce(
        self,
        another_kit: Callable[..., Kit],
        ledger: AnvilLedger,
        key: SigningKey,
        lost: int,
    ) -> None:
        with losing_proxy(ledger.node._url, lost) as url, RpcClient(url) as node:
            kit = another_kit(node=node)
            nonce = kit.sender.nonce(key.address)
            kit.outbox.perform(kit.intent("a"), key)
            assert kit.sender.nonce(key.address) == nonce + 1
            assert len(kit.records()) == 1

    def test_a_node_that_stays_away_is_said_so_and_the_rerun_continues(
        self, another_kit: Callable[..., Kit], ledger: AnvilLedger, key: SigningKey
    ) -> None:
        with losing_proxy(ledger.node._url, 100) as url, RpcClient(url) as node:
            kit = another_kit(node=node)
            with pytest.raises(RpcUnavailableError):
                kit.outbox.perform(kit.intent("a"), key)
        kit = another_kit()
        written = kit.outbox.perform(kit.intent("a"), key)
        assert written is not None
        assert len(kit.records()) == 1
