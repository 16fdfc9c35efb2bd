"""Settings come from TRACER_ variables; whatever is wrong with them is said at once."""

import os
from pathlib import Path

import pytest

from tracer.errors import ConfigurationError
from tracer.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRACER_")]:
        monkeypatch.delenv(name)


class TestLoadSettings:
    def test_defaults_need_no_variable(self) -> None:
        settings = load_settings()
        assert settings.home == Path.home() / ".tracer"
        assert settings.database == f"sqlite:///{settings.home / 'mirror.sqlite'}"

    def test_reads_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRACER_HOME", "/srv/tracer")
        monkeypatch.setenv("TRACER_PORT", "9000")
        settings = load_settings()
        assert (settings.home, settings.port) == (Path("/srv/tracer"), 9000)

    def test_an_unknown_variable_is_an_error_with_a_suggestion(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRACER_RCP_URL", "http://127.0.0.1:1")
        with pytest.raises(ConfigurationError, match="TRACER_RCP_URL is not a setting") as raised:
            load_settings()
        assert raised.value.hint == "Did you mean TRACER_RPC_URL?"

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("TRACER_PORT", "0", "greater than or equal to 1"),
            ("TRACER_PORT", "http", "valid integer"),
            ("TRACER_RPC_URL", "ws://node", "must start with http"),
            ("TRACER_RPC_URL", "https://", "name a host"),
            ("TRACER_WS_URL", "http://node", "must start with ws"),
            ("TRACER_WS_URL", "wss://", "name a host"),
            ("TRACER_PUBLIC_ORIGIN", "id.example.org", "must start with http"),
            ("TRACER_FINALITY", "soon", "must be finalized, safe, auto"),
            ("TRACER_CONTRACT", "0x12", "must be 0x and 40"),
            ("TRACER_MAX_FEE_GWEI", "0", "greater than 0"),
        ],
    )
    def test_a_wrong_value_names_variable_and_rule(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigurationError, match=reason) as raised:
            load_settings()
        assert str(raised.value).startswith(name)

    def test_an_error_does_not_repeat_a_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRACER_DATABASE_URL", "postgresql://u:s3cret@db/tracer")
        assert "s3cret" not in repr(load_settings())

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            load_settings().port = 1  # type: ignore[misc]

    def test_every_setting_is_described(self) -> None:
        for name, field in Settings.model_fields.items():
            assert field.description, name


class TestDerived:
    def test_blocks_are_announced_where_questions_are_answered(self) -> None:
        assert Settings(rpc_url="https://node/key").heads_url == "https://node/key"
        given = Settings(rpc_url="https://node/key", ws_url="wss://node/ws/key")
        assert given.heads_url == "wss://node/ws/key"

    @pytest.mark.parametrize(
        ("finality", "chain_id", "expected"),
        [
            ("auto", 31337, 0),
            ("auto", 1337, 0),
            ("auto", 1, "finalized"),
            ("safe", 31337, "safe"),
            ("12", 1, 12),
        ],
    )
    def test_finality(self, finality: str, chain_id: int, expected: str | int) -> None:
        assert Settings(finality=finality).finality_for(chain_id) == expected

    @pytest.mark.parametrize(
        ("rpc_url", "shown"),
        [
            ("https://node.example.org", "https://node.example.org"),
            ("https://node.example.org/", "https://node.example.org/"),
            ("https://user:secret@node.example.org", ""),
            ("https://node.example.org/v3/0123456789abcdef", ""),
            ("https://node.example.org?key=1", ""),
        ],
    )
    def test_a_node_address_with_a_secret_is_not_shown_to_browsers(
        self, rpc_url: str, shown: str
    ) -> None:
        assert Settings(rpc_url=rpc_url).browser_rpc_url == shown

    def test_a_public_node_address_is_shown_as_it_is(self) -> None:
        settings = Settings(public_rpc_url="https://node.example.org/v3/public")
        assert settings.browser_rpc_url == "https://node.example.org/v3/public"
