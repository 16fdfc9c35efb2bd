"""Settings: the only reader of the environment.

Every setting is a variable `TRACER_<NAME>`. They are read once, in `tracer/cli/main.py` or
`create_app`, and passed on as arguments. `docs/reference/settings.md` is made from this file.
"""

import difflib
import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tracer.errors import ConfigurationError

ENV_PREFIX: Final = "TRACER_"
DEV_CHAIN_IDS: Final = frozenset({1337, 31337})
"""Chains that exist on one machine for trying things out; their blocks are final at once."""

_FINALITY = re.compile(r"finalized|safe|auto|\d{1,6}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Settings(BaseSettings):
    """Everything that differs between one installation and another."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    home: Path = Field(
        default_factory=lambda: Path.home() / ".tracer",
        description=(
            "Folder of this installation: keys, workspace, contents, mirror, the local chain."
            " Default `~/.tracer`."
        ),
    )
    rpc_url: str = Field(
        default="http://127.0.0.1:8545",
        description="JSON-RPC address of the Ethereum node that commands ask and write through.",
    )
    ws_url: str | None = Field(
        default=None,
        description=(
            "WebSocket address at which the node announces new blocks, `ws://` or `wss://`."
            " Default: that of `TRACER_RPC_URL`. Where nothing is announced, the mirror polls."
        ),
    )
    witness_rpc_url: str | None = Field(
        default=None,
        description=(
            "JSON-RPC address of a second node. Where it is given, the mirror calls a block final"
            " only when both nodes show the same one, and stops when they differ."
        ),
    )
    contract: str | None = Field(
        default=None,
        description=(
            "Address of the ledger. Default: the one in `<home>/deployments/<chain id>.json`."
        ),
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "SQLAlchemy URL of the mirror, SQLite or PostgreSQL. Default: `<home>/mirror.sqlite`."
        ),
    )
    public_origin: str = Field(
        default="http://127.0.0.1:8000",
        description="Origin that labels and links carry, for example `https://id.example.org`.",
    )
    public_rpc_url: str | None = Field(
        default=None,
        description=(
            "Node that the scan page asks from the reader's browser. Default: `TRACER_RPC_URL`,"
            " unless that address carries credentials."
        ),
    )
    finality: str = Field(
        default="auto",
        description=(
            "When a block counts as final: `finalized`, `safe`, a number of blocks, or `auto`"
            " (0 blocks on chains 31337 and 1337, `finalized` elsewhere)."
        ),
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address that `tracer serve` and the indexer's metrics listen on.",
    )
    port: int = Field(
        default=8000, ge=1, le=65535, description="Port that `tracer serve` listens on."
    )
    region_header: str | None = Field(
        default=None,
        description=(
            "Name of the header in which the operator's proxy or content network states the"
            " region of a visitor as an ISO 3166-2 or ISO 3166-1 alpha-2 code, for the counts of"
            " scans. The edge must set or remove it in every request. Default: none, and the"
            " country is that of the browser's time zone."
        ),
    )
    scan_days: int = Field(
        default=730,
        ge=1,
        le=3650,
        description=(
            "Days for which the server keeps counts of scans. Default 730: a tin may be sold, and"
            " copied, as long as its powder keeps, which is two years."
        ),
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port on which `tracer index follow` serves Prometheus metrics. Default: none.",
    )
    key_password_file: Path | None = Field(
        default=None,
        description=(
            "File whose first line opens the key files in `<home>/keys`. Without it, and without"
            " `--password-file`, commands that sign ask for the password."
        ),
    )
    desk_host: str = Field(
        default="127.0.0.1", description="Address that `tracer desk serve` listens on."
    )
    desk_port: int = Field(
        default=8001, ge=1, le=65535, description="Port that `tracer desk serve` listens on."
    )
    desk_origin: str | None = Field(
        default=None,
        description=(
            "Origin at which brokers reach the desk, for example `https://desk.example.org`;"
            " signatures are bound to it. Default: `http://<desk host>:<desk port>`."
        ),
    )
    vault_url: str | None = Field(
        default=None,
        description=(
            "Where the vault keeps encrypted papers: `file:///<folder>`, or"
            " `s3://<bucket>/<prefix>?endpoint=<URL>`. Default: `<home>/vault/blobs`."
        ),
    )
    vault_database_url: SecretStr | None = Field(
        default=None,
        description=(
            "SQLAlchemy URL of the vault's tables, SQLite or PostgreSQL."
            " Default: `<home>/vault/vault.sqlite`."
        ),
    )
    vault_key_file: Path | None = Field(
        default=None,
        description="File of the vault's root key. Default: `<home>/vault/root.json`.",
    )
    vault_passphrase_file: Path | None = Field(
        default=None,
        description=(
            "File whose first line opens the vault's root key. Without it, and without"
            " `--passphrase-file`, commands of the vault ask."
        ),
    )
    trusted_certificates: Path | None = Field(
        default=None,
        description=(
            "PEM file, or folder of `.pem`, `.crt` and `.cer` files, with the certificates that"
            " signatures inside a PDF may lead to; the desk reads it when it starts. Default:"
            " none, so that no signer is known, and a PDF signed after it was made is refused."
        ),
    )
    max_fee_gwei: float = Field(
        default=200.0,
        gt=0,
        le=1_000_000,
        description="Highest fee per gas, in gwei, that a transaction may offer.",
    )
    receipt_timeout_s: float = Field(
        default=120.0,
        gt=0,
        le=3600,
        description="Seconds to wait for a transaction to be mined before giving up for now.",
    )

    @field_validator("rpc_url", "witness_rpc_url", "public_rpc_url", "public_origin", "desk_origin")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value is not None and (
            urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname
        ):
            msg = "must start with http:// or https:// and name a host"
            raise ValueError(msg)
        return value

    @field_validator("ws_url")
    @classmethod
    def _check_ws_url(cls, value: str | None) -> str | None:
        if value is not None and (
            urlsplit(value).scheme not in {"ws", "wss"} or not urlsplit(value).hostname
        ):
            msg = "must start with ws:// or wss:// and name a host"
            raise ValueError(msg)
        return value

    @field_validator("finality")
    @classmethod
    def _check_finality(cls, value: str) -> str:
        if not _FINALITY.fullmatch(value):
            msg = "must be finalized, safe, auto or a number of blocks"
            raise ValueError(msg)
        return value

    @field_validator("region_header")
    @classmethod
    def _check_header(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER.fullmatch(value):
            msg = "must be the name of a header: letters, digits and hyphens"
            raise ValueError(msg)
        return value

    @field_validator("contract")
    @classmethod
    def _check_contract(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            msg = "must be 0x and 40 hexadecimal digits"
            raise ValueError(msg)
        return value

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the mirror."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'mirror.sqlite'}"

    @property
    def desk_address(self) -> str:
        """The desk's origin: scheme, host and port, without a slash at the end."""
        if self.desk_origin is not None:
            return self.desk_origin.rstrip("/")
        host = f"[{self.desk_host}]" if ":" in self.desk_host else self.desk_host
        return f"http://{host}:{self.desk_port}"

    @property
    def vault_blobs(self) -> str:
        """URL of the vault's blob store."""
        return self.vault_url or (self.home / "vault" / "blobs").absolute().as_uri()

    @property
    def vault_database(self) -> str:
        """SQLAlchemy URL of the vault's tables."""
        if self.vault_database_url is not None:
            return self.vault_database_url.get_secret_value()
        return f"sqlite:///{self.home / 'vault' / 'vault.sqlite'}"

    @property
    def vault_key(self) -> Path:
        """File of the vault's root key."""
        return self.vault_key_file or self.home / "vault" / "root.json"

    @property
    def browser_rpc_url(self) -> str:
        """The node address that may be given to a browser; empty when there is none."""
        if self.public_rpc_url is not None:
            return self.public_rpc_url
        parts = urlsplit(self.rpc_url)
        has_secrets = "@" in parts.netloc or parts.query or parts.path.strip("/")
        return "" if has_secrets else self.rpc_url

    @property
    def heads_url(self) -> str:
        """Where the node may announce new blocks; see `tracer.chain.heads.open_heads`."""
        return self.ws_url or self.rpc_url

    def finality_for(self, chain_id: int) -> str | int:
        """What makes a block final on this chain: a block tag, or a number of blocks."""
        if self.finality == "auto":
            return 0 if chain_id in DEV_CHAIN_IDS else "finalized"
        return int(self.finality) if self.finality.isdigit() else self.finality


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: a `TRACER_` variable has no meaning, or a value is wrong.
    """
    given = {name.removeprefix(ENV_PREFIX) for name in os.environ if name.startswith(ENV_PREFIX)}
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(given - known):
        raise ConfigurationError(f"{ENV_PREFIX}{name} is not a setting", hint=_suggestion(name))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise ConfigurationError(
            f"{ENV_PREFIX}{str(first['loc'][0]).upper()} {reason[0].lower()}{reason[1:]}",
            hint="docs/reference/settings.md lists every setting.",
        ) from None


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), Settings.model_fields, n=1)
    if close:
        return f"Did you mean {ENV_PREFIX}{close[0].upper()}?"
    return "docs/reference/settings.md lists every setting."
