"""`tracer chain`: a local chain, and the ledger on a chain."""

from typing import Annotated, Any

import typer

from tracer.chain.deployments import Deployment
from tracer.chain.devnode import DevNode
from tracer.cli.context import command_chain
from tracer.cli.options import AsJson, DryRun, KeyAddress, PasswordFile
from tracer.cli.parsing import parse_address
from tracer.cli.preview import show_plan
from tracer.cli.render import print_facts, print_json, print_line, spell_ether
from tracer.operations.chain_admin import (
    ChainInfo,
    deploy_ledger,
    fetch_info,
    fund_account,
    plan_deployment,
)
from tracer.settings import load_settings

app = typer.Typer(help="Start a local chain, deploy a ledger, see what is there.")


@app.command()
def start(
    port: Annotated[int, typer.Option(help="JSON-RPC port on 127.0.0.1.", min=1)] = 8545,
    *,
    as_json: AsJson = False,
) -> None:
    """Run a local development chain until Ctrl-C; it keeps its blocks in TRACER_HOME/node."""
    node = DevNode(load_settings().home / "node", port=port)

    def ready() -> None:
        if as_json:
            print_json({"rpcUrl": node.rpc_url})
        else:
            print_line(f"the local chain answers at {node.rpc_url}; Ctrl-C ends it")

    node.run_forever(ready)


@app.command()
def deploy(
    governance: Annotated[
        str | None, typer.Option(help="Address that will admit parties. Default: the signer.")
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Deploy the successor of the ledger on file.")
    ] = False,
    key: KeyAddress = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create the ledger contract and keep its address in TRACER_HOME/deployments."""
    with command_chain(password_file) as chain:
        signing = chain.signing_key(parse_address(key)) if key else chain.only_key()
        governs = parse_address(governance) if governance else None
        if dry_run:
            plan = plan_deployment(chain, signing, governance=governs, replace=replace)
            show_plan(chain.sender, plan, as_json=as_json)
            return
        deployed = deploy_ledger(chain, signing, governance=governs, replace=replace)
    facts = _deployment_facts(deployed.deployment)
    facts["transaction"] = deployed.written.tx_hash if deployed.written else ""
    _show(facts, as_json=as_json)


@app.command()
def info(*, as_json: AsJson = False) -> None:
    """Say which chain the node serves and which ledger is in use."""
    with command_chain() as chain:
        found = fetch_info(chain)
    _show(_info_facts(found), as_json=as_json)


@app.command()
def fund(
    address: Annotated[str, typer.Argument(help="Who gets the ether.")],
    ether: Annotated[float, typer.Option(help="Balance to bring it up to.", min=0)] = 10.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Give an address ether on a local development chain."""
    with command_chain() as chain:
        account = parse_address(address)
        written = fund_account(chain, account, ether)
        balance_wei = chain.sender.balance_wei(account)
    facts = {
        "address": account,
        "balance": spell_ether(balance_wei),
        "transaction": written.tx_hash if written else "",
    }
    _show(facts, as_json=as_json)


def _deployment_facts(deployment: Deployment) -> dict[str, Any]:
    return {
        "contract": "0x" + deployment.contract.hex(),
        "chainId": deployment.chain_id,
        "deployBlock": deployment.deploy_block,
        "genesisHash": "0x" + deployment.genesis_hash.hex(),
    }


def _info_facts(found: ChainInfo) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "chainId": found.chain_id,
        "genesisHash": "0x" + found.genesis_hash.hex(),
        "block": found.block_number,
        "client": found.client,
        "problem": found.problem,
    }
    if found.deployment is not None:
        facts |= {
            **_deployment_facts(found.deployment),
            "governance": found.governance,
            "predecessor": found.predecessor,
            "events": found.last_sequence,
        }
    return {**facts, "unfinished": list(found.unfinished)}


def _show(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
