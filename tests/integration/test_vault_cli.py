"""`tracer vault` on a real vault, by its settings."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from vaults import BATCH, CUSTOMS, OWNER, doc_id_of, some_bytes

from tracer.cli.main import run
from tracer.cli.vault_opening import command_vault
from tracer.vault.opening import create_recipient_key
from tracer.vault.vault import PART_FILE

pytestmark = pytest.mark.integration

PAPER = some_bytes(70_000, seed=8)
Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command of an installation of one's own; its exit code and its JSON."""
    monkeypatch.setenv("TRACER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TRACER_VAULT_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    (tmp_path / "passphrase").write_text("correct horse\n")

    def command(*words: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = run(["vault", *words, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out or err)

    return command


@pytest.fixture
def filled(vault: Command, tmp_path: Path) -> Command:
    """A vault with two papers."""
    assert vault("init", "--light")[0] == 0
    (tmp_path / "paper").write_bytes(PAPER)
    with command_vault() as opened:
        for number in (1, 2):
            opened.put(
                doc_id_of(number),
                org=OWNER,
                batch_id=BATCH,
                doc_type=3,
                part=PART_FILE,
                source=tmp_path / "paper",
                sha256=hashlib.sha256(PAPER).digest(),
                private={},
            )
    return vault


def read(number: int) -> bytes:
    with command_vault() as opened:
        return b"".join(opened.open(doc_id_of(number), PART_FILE))


class TestInit:
    def test_a_second_run_changes_nothing(self, vault: Command, tmp_path: Path) -> None:
        code, first = vault("init", "--light")
        assert code == 0
        key = tmp_path / "home" / "vault" / "root.json"
        assert first["keyFile"] == str(key)
        before = key.read_bytes()
        assert vault("init", "--light") == (0, first)
        assert key.read_bytes() == before

    def test_nothing_works_before_it(self, vault: Command) -> None:
        code, answer = vault("status")
        assert (code, answer["error"]["code"]) == (2, "key-unavailable")

    def test_another_passphrase_opens_nothing(self, filled: Command, tmp_path: Path) -> None:
        (tmp_path / "passphrase").write_text("another\n")
        code, answer = filled("status")
        assert (code, answer["error"]["code"]) == (2, "key-unavailable")
        (tmp_path / "passphrase").unlink()
        code, answer = filled("status")
        assert "TRACER_VAULT_PASSPHRASE_FILE" in answer["error"]["hint"]

    def test_another_root_key_is_refused(self, filled: Command, tmp_path: Path) -> None:
        (tmp_path / "home" / "vault" / "root.json").unlink()
        code, answer = filled("init", "--light")
        assert (code, answer["error"]["code"]) == (2, "configuration")
        assert "another vault's" in answer["error"]["message"]

    def test_a_lost_database_is_told(self, filled: Command, tmp_path: Path) -> None:
        for path in (tmp_path / "home" / "vault").glob("vault.sqlite*"):
            path.unlink()
        code, answer = filled("status")
        assert (code, answer["error"]["code"]) == (2, "configuration")
        assert "no vault yet" in answer["error"]["message"]


class TestRotate:
    def test_gives_everybody_a_new_key(self, filled: Command) -> None:
        code, answer = filled("rotate")
        assert code == 0
        (rotation,) = answer["rotations"]
        assert (rotation["version"], rotation["rewrapped"]) == (2, 2)
        assert rotation["destroyed"] == [1]
        _, found = filled("status")
        assert found["documents"] == {"UPLOADED": 2}
        assert [key["documents"] for key in found["keys"]] == [0, 2]
        assert read(1) == PAPER

    def test_one_party_may_be_named(self, filled: Command) -> None:
        code, answer = filled("rotate", f"{OWNER:013d}")
        assert (code, answer["rotations"][0]["version"]) == (0, 2)
        code, answer = filled("rotate", "1")
        assert (code, answer["error"]["code"]) == (2, "invalid-identifier")


class TestScrub:
    def test_a_whole_vault_is_clean(self, filled: Command) -> None:
        code, answer = filled("scrub")
        assert (code, answer["ok"], answer["parts"]) == (0, True, 2)

    @pytest.mark.usefixtures("filled")
    def test_damage_has_an_exit_code(self, tmp_path: Path) -> None:
        blob = next((tmp_path / "home" / "vault" / "blobs").glob("*/*"))
        blob.write_bytes(blob.read_bytes()[:-1])
        assert run(["vault", "scrub"]) == 3

    def test_orphans_are_removed(self, filled: Command, tmp_path: Path) -> None:
        shelf = tmp_path / "home" / "vault" / "blobs" / "00"
        shelf.mkdir(exist_ok=True)
        (shelf / ("0" * 64)).write_bytes(b"nobody's")
        assert filled("scrub")[1]["waiting"] == 1
        assert filled("scrub", "--grace", "0")[1]["orphans"] == ["0" * 64]


class TestErase:
    def test_asks_to_be_confirmed(self, filled: Command) -> None:
        code, answer = filled("erase", doc_id_of(1))
        assert (code, answer["error"]["code"]) == (2, "input")
        assert read(1) == PAPER

    def test_destroys_one_paper(self, filled: Command) -> None:
        assert filled("erase", doc_id_of(1), "--yes")[0] == 0
        assert filled("status")[1]["documents"] == {"ERASED": 1, "UPLOADED": 1}
        assert read(2) == PAPER
        assert filled("erase", doc_id_of(9), "--yes")[0] == 2

    def test_says_what_stays_published(
        self, filled: Command, capsys: pytest.CaptureFixture[str]
    ) -> None:
        commitment = hashlib.sha256(b"view").digest()
        with command_vault() as opened:
            opened.state(doc_id_of(1), commitment)
        said = {"docId": doc_id_of(1), "state": "ERASED", "commitment": commitment.hex()}
        assert filled("erase", doc_id_of(1), "--yes") == (0, said)
        assert filled("erase", doc_id_of(2), "--yes")[1]["commitment"] is None
        assert run(["vault", "erase", doc_id_of(1), "--yes"]) == 0
        assert f"stays: the public view of {commitment.hex()}" in capsys.readouterr().out


class TestGrants:
    def test_lists_and_revokes(self, filled: Command, tmp_path: Path) -> None:
        assert filled("grants", doc_id_of(1)) == (0, {"grants": []})
        recipient = create_recipient_key(tmp_path / "key.json", "p", light=True)
        with command_vault() as opened:
            opened.grant(
                doc_id_of(1),
                grantee=CUSTOMS,
                public_key=recipient.public,
                expires_at_unix=2**40,
                purpose="clearance",
            )
        ((grant,),) = [filled("grants", doc_id_of(1))[1]["grants"]]
        assert (grant["purpose"], grant["revokedAtUnix"]) == ("clearance", None)
        ((grant,),) = [filled("grants", doc_id_of(1), "--revoke", grant["grantId"])[1]["grants"]]
        assert grant["revokedAtUnix"] is not None


@pytest.mark.parametrize(
    "words", [["init"], ["status"], ["rotate"], ["scrub"], ["grants", doc_id_of(1)]]
)
@pytest.mark.usefixtures("filled")
def test_people_get_text(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["vault", *words]) == 0
    out, _ = capsys.readouterr()
    assert out
    assert not out.startswith("{")
