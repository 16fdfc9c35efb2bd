"""The page's modules read a real node as Python does, and draw the same conclusions."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import GTIN, AnvilLedger, build_gln, running_anvil

from tracer.chain.facts import fetch_chain_facts
from tracer.chain.rpc import RpcClient
from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.canonical import canonical_text
from tracer.domain.identifiers import Lot
from tracer.domain.kinds import Kind, Role
from tracer.domain.verify import verify_bundle
from tracer.index.sync import Mirror
from tracer.store.contents import ContentStore
from tracer.store.read import load_bundle
from tracer.store.session import open_engine, reading

SCRIPT = Path(__file__).parents[1] / "browser" / "verify_stdin.js"
LOT = Lot.parse("LOT/1")
NODE = shutil.which("node") or ""

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not NODE, reason="node is not installed"),
]


class Scene:
    """A real ledger with every kind of trouble a party can have, and its mirror."""

    def __init__(self, ledger: AnvilLedger, folder: Path) -> None:
        self.ledger = ledger
        self.url = ledger.node._url
        self.contents = ContentStore(folder / "contents")
        self.engine = open_engine(f"sqlite:///{folder / 'mirror.sqlite'}")
        roles = (Role.MANUFACTURER, Role.AUTHORITY | Role.INSPECTOR, Role.SUPPLIER)
        for number, role in enumerate(roles, 1):
            profile = {"gln": str(build_gln(number)), "nameEn": f"Party {number}", "nameZh": "方"}
            ledger.admit(number, role, self.contents.put(canonical_text(profile)))
        ledger.send(0, "assignPrefix", build_gln(1).number, 6, 952001)
        ledger.send(1, "setPartner", build_gln(1).number, build_gln(3).number, True)
        batch_id = ledger.register(1, str(LOT))
        ledger.append(3, batch_id, [Kind.MILK_COLLECTION], "a")
        ledger.append(1, batch_id, [Kind.MILK_RECEIPT, Kind.WET_PROCESS], "b")
        ledger.append(2, batch_id, [Kind.CERTIFICATE, Kind.HOLD], "c")
        account = ledger.accounts[3]
        ledger.send(3, "revokeKey", build_gln(3).number, account, 1)
        ledger.send(0, "suspendParty", build_gln(2).number)
        Mirror(self.engine, ledger.node, ledger.deployment, 0).sync_once()

    def bundle(self) -> Bundle:
        with reading(self.engine) as session:
            return load_bundle(session, self.contents, GTIN, LOT)

    def browser(self, bundle: Bundle, *, url: str = "", finality: object = "0") -> dict[str, Any]:
        question = {
            "node": url or self.url,
            "bundle": bundle.to_json(),
            "finality": finality,
            "asOfUnix": self.ledger.now_unix(),
            "link": "",
        }
        done = subprocess.run(
            [NODE, str(SCRIPT)],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running_anvil() as (url, _), RpcClient(url) as node:
        scene = Scene(AnvilLedger(node), tmp_path_factory.mktemp("browser"))
        yield scene
        scene.engine.dispose()


def plain(facts: ChainFacts | None, scene: Scene, bundle: Bundle, error: str) -> list[Any]:
    checks = verify_bundle(
        bundle, facts, node_error=error, as_of_unix=scene.ledger.now_unix(), link=None
    )
    return [[c.step, c.name, c.status.value, c.subject, c.key, dict(c.params)] for c in checks]


def said(answer: dict[str, Any]) -> list[Any]:
    names = ("step", "name", "status", "subject", "key", "params")
    return [[check[name] for name in names] for check in answer["checks"]]


@pytest.mark.parametrize("finality", [0, 3, "finalized"])
def test_same_facts_and_checks(scene: Scene, finality: int | str) -> None:
    bundle = scene.bundle()
    facts = fetch_chain_facts(scene.ledger.node, bundle, finality)
    answer = scene.browser(bundle, finality=finality)
    assert answer["facts"] == json.loads(json.dumps(facts.to_json()))
    assert said(answer) == plain(facts, scene, bundle, "")


def test_the_revoked_key_and_the_suspended_party_are_named(scene: Scene) -> None:
    keys = {check["key"] for check in scene.browser(scene.bundle())["checks"]}
    assert {"keys.distrusted", "standing.suspended", "hold.held"} <= keys


def test_a_node_of_another_chain(scene: Scene) -> None:
    bundle = scene.bundle()
    with running_anvil() as (url, _), RpcClient(url) as node:
        facts = fetch_chain_facts(node, bundle, 0)
        answer = scene.browser(bundle, url=url)
    assert said(answer) == plain(facts, scene, bundle, "")
    assert any(check["key"] == "head-on-chain.unregistered" for check in answer["checks"])


def test_nobody_there(scene: Scene) -> None:
    bundle = scene.bundle()
    answer = scene.browser(bundle, url="http://127.0.0.1:1/")
    assert answer["facts"] is None
    assert answer["nodeError"]
    assert said(answer) == plain(None, scene, bundle, answer["nodeError"])
