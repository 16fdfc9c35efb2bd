"""Deploy the ledger with brownie.

    brownie run scripts/deploy.py main ACCOUNT GOVERNANCE [PREDECESSOR] --network NETWORK

ACCOUNT is the name of a brownie account (`brownie accounts list`); it pays and gets no rights.
On a development network ACCOUNT and GOVERNANCE may be left out. The bytecode is that of the
committed artifact, not of a local compilation, and the code on the chain is compared with it. The
last line printed is the deployment as `tracer` keeps it, one JSON object.
"""

import json
from pathlib import Path

from brownie import accounts, chain, network, web3
from eth_abi import encode
from eth_utils import keccak

ARTIFACT = Path(__file__).resolve().parent.parent / "tracer" / "chain" / "abi" / "BatchLedger.json"
ZERO_ADDRESS = "0x" + "00" * 20


def main(
    account: str | None = None, governance: str | None = None, predecessor: str = ZERO_ADDRESS
) -> None:
    """Deploy, compare, print."""
    local = network.show_active() in ("development", "anvil")
    if not local and not (account and governance):
        raise SystemExit("name the account that pays and the address that governs")
    payer = accounts.load(account) if account else accounts[0]

    artifact = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    arguments = encode(["address", "address"], [governance or payer.address, predecessor])
    created = payer.transfer(data=artifact["bytecode"] + arguments.hex())
    address = created.contract_address
    code = bytes(web3.eth.get_code(address))
    if code != expected_code(artifact, predecessor):
        raise SystemExit(f"the code at {address} is not that of the artifact")

    deployment = {
        "chainId": chain.id,
        "contract": address.lower(),
        "deployBlock": created.block_number,
        "genesisHash": web3.eth.get_block(0)["hash"].to_0x_hex(),
        "codeHash": "0x" + keccak(code).hex(),
        "transactionHash": created.txid,
    }
    print(json.dumps(deployment))


def expected_code(artifact: dict, predecessor: str) -> bytes:
    """Return the deployed code with the one immutable, the predecessor, filled in."""
    code = bytearray.fromhex(artifact["deployedBytecode"][2:])
    for place in artifact["immutableReferences"]:
        start, length = place["start"], place["length"]
        code[start : start + length] = int(predecessor, 16).to_bytes(length, "big")
    return bytes(code)
