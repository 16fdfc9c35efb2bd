"""`tracer chain` and `tracer party`: each command is safe to repeat."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from cli_world import MAKER, World

from tracer.domain.identifiers import check_digit

pytestmark = pytest.mark.integration

_NUMBERS = count(500)
ZERO = "0x" + "00" * 20


@pytest.fixture
def new_gln() -> Callable[[], str]:
    """GLNs that no other test uses."""

    def build() -> str:
        digits = f"952001000{next(_NUMBERS):03d}"
        return digits + str(check_digit(digits))

    return build


@pytest.fixture
def key(world: World) -> str:
    """A new funded key."""
    address: str = world.ok("party", "key", "new", "--light", "--json").json["address"]
    world.ok("chain", "fund", address)
    return address


@pytest.fixture
def party(world: World, new_gln: Callable[[], str], key: str) -> tuple[str, str]:
    """A carrier with a key that is its own admin."""
    gln = new_gln()
    world.ok("party", "admit", gln, "--roles", "carrier", "--admin", key, "--name", "A carrier")
    world.ok("party", "key", "add", gln, key)
    return gln, key


@pytest.fixture
def inspector(world: World, new_gln: Callable[[], str]) -> str:
    """An inspector with a key."""
    gln, address = new_gln(), world.ok("party", "key", "new", "--light", "--json").json["address"]
    world.ok("chain", "fund", address)
    world.ok("party", "admit", gln, "--roles", "INSPECTOR", "--admin", address, "--name", "I")
    world.ok("party", "key", "add", gln, address)
    return gln


class TestChain:
    def test_info_names_chain_and_ledger(self, world: World) -> None:
        info = world.ok("chain", "info", "--json").json
        assert info["chainId"] == 31337
        assert info["contract"].startswith("0x")
        assert info["problem"] == ""

    def test_deploying_again_changes_nothing(self, world: World) -> None:
        before = world.ok("chain", "info", "--json").json["contract"]
        key = world.ok("chain", "info", "--json").json["governance"]
        again = world.ok("chain", "deploy", "--key", key, "--json").json
        assert again["contract"] == before
        assert again["transaction"] == ""

    def test_another_governance_is_a_conflict(self, world: World, key: str) -> None:
        done = world.run("chain", "deploy", "--key", key, "--governance", key, "--json")
        assert done.error["code"] == "conflict"
        assert "--replace" in done.error["hint"]

    def test_a_successor_names_its_predecessor(
        self, world: World, tmp_path: Path, key: str
    ) -> None:
        other = World(tmp_path / "home", world.rpc_url)
        for part in ("deployments/31337.json", f"keys/{key}.json", "password.txt"):
            target = other.home / part
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((world.home / part).read_bytes())
            target.chmod(0o600)
        before = other.ok("chain", "info", "--json").json["contract"]

        after = other.ok("chain", "deploy", "--replace", "--json").json["contract"]

        info = other.ok("chain", "info", "--json").json
        assert after != before
        assert info["predecessor"].lower() == before
        assert info["governance"] == key

    def test_a_dry_run_deploys_nothing(self, world: World, tmp_path: Path, key: str) -> None:
        other = World(tmp_path / "home", world.rpc_url)
        for part in (f"keys/{key}.json", "password.txt"):
            target = other.home / part
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((world.home / part).read_bytes())
            target.chmod(0o600)
        done = other.ok("chain", "deploy", "--dry-run", "--json").json
        assert done["gas"] > 1_000_000
        assert "no ledger" in other.ok("chain", "info", "--json").json["problem"]

    def test_funding_fills_up(self, world: World, key: str) -> None:
        assert world.ok("chain", "fund", key, "--json").json["transaction"] == ""
        more = world.ok("chain", "fund", key, "--ether", 12, "--json").json
        assert more["transaction"]
        assert more["balance"] == "12 ether"


class TestParty:
    def test_admitting_twice_admits_once(
        self, world: World, new_gln: Callable[[], str], key: str
    ) -> None:
        arguments = (
            "party", "admit", new_gln(), "--roles", "WAREHOUSE,RETAILER", "--admin", key,
            "--name", "Shop", "--country", "CN", "--json",
        )  # fmt: skip
        assert not world.ok(*arguments).json["already"]
        assert world.ok(*arguments).json["already"]

    def test_admitting_with_other_facts_is_a_conflict(
        self, world: World, party: tuple[str, str]
    ) -> None:
        done = world.run(
            "party", "admit", party[0], "--roles", "BROKER", "--admin", party[1], "--name", "X",
            "--json",
        )  # fmt: skip
        assert done.error["code"] == "conflict"

    def test_show_tells_all(self, world: World, party: tuple[str, str]) -> None:
        gln, key = party
        shown = world.ok("party", "show", gln, "--json").json
        assert (shown["status"], shown["roles"], shown["admin"]) == ("ACTIVE", ["CARRIER"], key)
        assert shown["profile"]["nameEn"] == "A carrier"
        assert [it["state"] for it in shown["keys"]] == ["valid"]
        assert "A carrier" in world.ok("party", "show", gln).out
        assert gln in world.ok("party", "list").out

    def test_a_party_that_is_not_there(self, world: World, new_gln: Callable[[], str]) -> None:
        assert world.run("party", "show", new_gln(), "--json").error["code"] == "not-found"

    def test_partners(self, world: World, party: tuple[str, str]) -> None:
        arguments = ("party", "partner", "add", MAKER, party[0], "--json")
        assert not world.ok(*arguments).json["already"]
        assert world.ok(*arguments).json["already"]
        assert party[0] in world.ok("party", "show", MAKER, "--json").json["partners"]

    def test_prefixes(self, world: World, party: tuple[str, str]) -> None:
        prefix = f"95299{party[0][-5:]}"
        world.ok("party", "prefix", "assign", party[0], prefix)
        assert world.ok("party", "show", party[0], "--json").json["prefixes"] == [prefix]
        done = world.run("party", "prefix", "assign", MAKER, prefix, "--json")
        assert done.error["code"] == "conflict"
        assert world.run("party", "prefix", "assign", MAKER, "12", "--json").code == 2

    def test_inspections(self, world: World, party: tuple[str, str], inspector: str) -> None:
        report = world.write("report.txt", "dirty floor")
        arguments = (
            "party", "inspect", party[0], "--inspector", inspector, "--number", "I-1",
            "--failed", "--inspected-at", "2026-09-22T08:00:00Z", "--report", report, "--json",
        )  # fmt: skip

        assert not world.ok(*arguments).json["already"]
        assert world.ok(*arguments).json["already"]

        shown = world.ok("party", "show", party[0], "--json").json
        assert shown["failedInspectionsInARow"] == 1
        turned = tuple("--passed" if it == "--failed" else it for it in arguments)
        assert world.run(*turned).error["code"] == "conflict"


class TestDryRun:
    def test_nothing_is_written(
        self, world: World, party: tuple[str, str], new_gln: Callable[[], str], inspector: str
    ) -> None:
        gln, key = party
        other = world.ok("party", "key", "new", "--light", "--json").json["address"]
        commands = [
            ("party", "admit", new_gln(), "--roles", "BROKER", "--admin", key, "--name", "B"),
            ("party", "key", "add", gln, other),
            ("party", "key", "revoke", gln, key),
            ("party", "partner", "add", gln, MAKER),
            ("party", "prefix", "assign", gln, f"95298{gln[-5:]}"),
            (
                "party", "inspect", gln, "--inspector", inspector, "--number", "N-1", "--passed",
                "--inspected-at", "2026-09-22T08:00:00Z",
            ),
        ]  # fmt: skip
        before = world.ok("chain", "info", "--json").json["events"]
        for command in commands:
            plan = world.ok(*command, "--dry-run", "--json").json
            assert plan["gas"] > 20_000, command
        assert world.ok("chain", "info", "--json").json["events"] == before

    def test_what_is_there_costs_nothing(self, world: World, party: tuple[str, str]) -> None:
        gln, key = party
        shown = world.ok("party", "key", "add", gln, key, "--dry-run").out
        assert "nothing to write: it is all there" in shown


class TestKeys:
    def test_a_revoked_key_writes_no_more(self, world: World, party: tuple[str, str]) -> None:
        gln, key = party
        assert not world.ok("party", "key", "revoke", gln, key, "--json").json["already"]
        assert world.ok("party", "key", "revoke", gln, key, "--json").json["already"]
        (shown,) = world.ok("party", "key", "list", gln, "--json").json["keys"]
        assert shown["state"].startswith("revoked")

    def test_a_key_of_another_party_is_a_conflict(
        self, world: World, party: tuple[str, str]
    ) -> None:
        done = world.run("party", "key", "add", MAKER, party[1], "--json")
        assert done.error["code"] == "conflict"

    def test_the_list_says_whose_keys_are_here(self, world: World, party: tuple[str, str]) -> None:
        keys = {
            it["address"]: it["gln"]
            for it in world.ok("party", "key", "list", "--json").json["keys"]
        }
        assert keys[party[1]] == party[0]

    def test_the_list_works_before_there_is_a_ledger(self, world: World, tmp_path: Path) -> None:
        new = World(tmp_path / "new", world.rpc_url)
        new.home.mkdir()
        (new.home / "password.txt").write_text("x y")
        address = new.ok("party", "key", "new", "--light", "--json").json["address"]
        (key,) = new.ok("party", "key", "list", "--json").json["keys"]
        assert key["address"] == address

    def test_import_takes_a_file_from_elsewhere(self, world: World, tmp_path: Path) -> None:
        new = World(tmp_path / "new", world.rpc_url)
        new.home.mkdir()
        (new.home / "password.txt").write_text("x y")
        made = new.ok("party", "key", "new", "--light", "--json").json
        other = replace(new, home=tmp_path / "other")
        other.home.mkdir()
        (other.home / "password.txt").write_text("x y")
        taken = other.ok("party", "key", "import", made["file"], "--json").json
        assert taken["address"] == made["address"]

    def test_nobody_to_ask_for_a_password(self, world: World, tmp_path: Path) -> None:
        where = World(tmp_path, world.rpc_url, {"TRACER_KEY_PASSWORD_FILE": str(tmp_path / "no")})
        done = where.run("party", "key", "new", "--json")
        assert done.error["code"] == "key-unavailable"
