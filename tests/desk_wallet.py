"""A wallet for tests of the brokers' page: an EIP-1193 provider whose key is real.

The script in the page only forwards; here, outside the browser, eth_account signs, and the real
node gets the real transaction. Nothing is answered that a wallet would not answer.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from playwright.sync_api import BrowserContext

DECLINED = {"code": 4001, "message": "User rejected the request."}
UNSUPPORTED = {"code": 4200, "message": "The wallet does not support this method."}
READS = frozenset({"eth_chainId", "eth_getTransactionReceipt", "eth_blockNumber"})

SCRIPT = """
window.ethereum = {
  async request({ method, params = [] }) {
    const { result, error } = await window.forwardToWallet(method, params);
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  },
};
"""


class _RefusedError(Exception):
    """The wallet, or the node behind it, says no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


def load_key(folder: Path, address: str, password: str) -> LocalAccount:
    """The key of a keystore file as `tracer` writes them."""
    text = (folder / f"{address}.json").read_text("utf-8")
    account: LocalAccount = Account.from_key(Account.decrypt(json.loads(text), password))
    return account


@dataclass
class DeskWallet:
    """One account.

    Attributes:
        rpc_url: the node that transactions are sent to.
        account: the key.
        declines: methods that the person says no to.
        calls: every method asked for with its parameters, in order.
    """

    rpc_url: str
    account: LocalAccount
    declines: set[str] = field(default_factory=set)
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)

    def install(self, context: BrowserContext) -> None:
        """Put the wallet into every page of a browser context."""
        context.expose_function("forwardToWallet", self.answer)
        context.add_init_script(SCRIPT)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Transactions that the page asked to send."""
        return [params[0] for method, params in self.calls if method == "eth_sendTransaction"]

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        """What the page is told: a result or an error."""
        self.calls.append((method, params))
        if method in self.declines:
            return {"error": DECLINED}
        handlers: dict[str, Callable[..., Any]] = {
            "eth_accounts": self._accounts,
            "eth_requestAccounts": self._accounts,
            "personal_sign": self.sign_message,
            "eth_signTypedData_v4": self.sign_typed,
            "eth_sendTransaction": self._send,
        }
        try:
            if method in READS:
                return {"result": self._ask(method, params)}
            if method in handlers:
                return {"result": handlers[method](*params)}
        except _RefusedError as refused:
            return {"error": refused.error}
        return {"error": UNSUPPORTED}

    def _accounts(self) -> list[str]:
        return [self.account.address]

    def sign_message(self, message: str, _address: str = "") -> str:
        """EIP-191 signature of a message that is given as 0x and its UTF-8 bytes."""
        signable = encode_defunct(hexstr=message)
        return "0x" + self.account.sign_message(signable).signature.hex()

    def sign_typed(self, _address: str, typed: str) -> str:
        """EIP-712 signature of typed data that is given as JSON text."""
        signable = encode_typed_data(full_message=json.loads(typed))
        return "0x" + self.account.sign_message(signable).signature.hex()

    def _send(self, wanted: dict[str, str]) -> str:
        address = self.account.address
        call = {"from": address, "to": wanted["to"], "data": wanted["data"]}
        price = int(self._ask("eth_gasPrice", []), 16)
        transaction = {
            "to": bytes.fromhex(wanted["to"][2:]),
            "data": wanted["data"],
            "value": int(wanted.get("value", "0x0"), 16),
            "nonce": int(self._ask("eth_getTransactionCount", [address, "pending"]), 16),
            "gas": int(self._ask("eth_estimateGas", [call]), 16) * 2,
            "maxFeePerGas": price * 2,
            "maxPriorityFeePerGas": min(price, 10**9),
            "chainId": int(self._ask("eth_chainId", []), 16),
        }
        raw = self.account.sign_transaction(transaction).raw_transaction
        sent: str = self._ask("eth_sendRawTransaction", ["0x" + raw.hex()])
        return sent

    def _ask(self, method: str, params: Sequence[Any]) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = httpx.post(self.rpc_url, json=request, timeout=60).json()
        if "error" in answer:
            raise _RefusedError(answer["error"])
        return answer["result"]
