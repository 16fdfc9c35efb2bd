"""What the routes work with, built once per process."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, cast

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine
from tracer_api.limits import STALE_SECONDS

from tracer.domain.statements import DeskIdentity
from tracer.errors import ConfigurationError, KeyUnavailableError, TransientError
from tracer.gate.trust import load_trust
from tracer.settings import DEV_CHAIN_IDS, Settings
from tracer.store.contents import ContentStore
from tracer.store.session import open_engine, reading
from tracer.vault.blobs import open_blobs
from tracer.vault.database import check_vault, open_vault_engine
from tracer.vault.desk_tables import DeskTables
from tracer.vault.keys import KeyProvider, open_root_key
from tracer.vault.vault import Vault
from tracer_desk.incoming import Incoming
from tracer_desk.limits import GATE_THREADS, MAX_GATE_WAITING, MAX_ORG_UPLOADS, MAX_UPLOADS
from tracer_desk.page import DeskPage, load_page
from tracer_desk.places import GatePool, Places
from tracer_desk.readiness import Readiness
from tracer_desk.standing import current

MAX_PASSPHRASE_BYTES: Final = 4096  # one line; a larger file is the wrong file


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request may use. The vault's keys are in it, a key of the ledger is not.

    Attributes:
        settings: of this installation.
        mirror: opened for reading only.
        contents: where public views are published.
        vault: the papers.
        vault_engine: its database.
        keys: the vault's root key.
        tables: sessions, nonces, quotas, statements.
        incoming: where files lie until they are in the vault.
        places: how many uploads there may be at once.
        gate: looks at files, in threads of its own.
        trust: certificates that signatures inside a PDF may lead to.
        readiness: whether mirror and vault are there.
        page: the brokers' page.
        templates: its template.
        now: Unix seconds; the only clock.
    """

    settings: Settings
    mirror: Engine
    contents: ContentStore
    vault: Vault
    vault_engine: Engine
    keys: KeyProvider
    tables: DeskTables
    incoming: Incoming
    places: Places
    gate: GatePool
    trust: tuple[bytes, ...]
    readiness: Readiness
    page: DeskPage
    templates: Environment
    now: Callable[[], int]

    def identity(self) -> DeskIdentity:
        """What signatures are bound to: the mirror's chain and ledger, and our origin.

        Raises:
            TransientError: the mirror is so old that a revocation may be missing in it.
            ConfigurationError: it is empty.
        """
        with reading(self.mirror) as session:
            cursor = current(session)
        age_s = self.now() - cursor.block.time_unix
        if age_s > STALE_SECONDS and cursor.chain_id not in DEV_CHAIN_IDS:
            raise TransientError(
                f"the mirror's newest block is {age_s} s old, so nobody's key can be judged",
                hint="`tracer index follow` keeps the mirror fresh. Then try again.",
            )
        return DeskIdentity(cursor.chain_id, cursor.contract, self.settings.desk_address)

    def seal(self, purpose: str, text: str) -> str:
        """What only this desk can have written beside a text, 32 hexadecimal digits."""
        digest = hashlib.sha256(f"tracer/desk/{purpose}\0{text}".encode()).digest()
        return self.keys.fingerprint(digest).hex()[:32]

    def close(self) -> None:
        """Let go of databases and threads."""
        self.gate.close()
        self.mirror.dispose()
        self.vault_engine.dispose()


def build_services(settings: Settings, now: Callable[[], int] | None = None) -> Services:
    """Open what the desk works with, and collect what a killed desk left behind.

    Raises:
        ConfigurationError: a setting is wrong, there is no vault, or a file is missing.
        KeyUnavailableError: the vault's root key does not open.
        DatabaseUnavailableError: a database does not answer.
    """
    clock = now or (lambda: int(time.time()))
    trust = load_trust(settings.trusted_certificates)
    keys = open_root_key(settings.vault_key, read_passphrase(settings.vault_passphrase_file))
    engine = open_vault_engine(settings.vault_database)
    check_vault(engine, keys.root_id)
    tables = DeskTables(engine, clock)
    tables.create()
    incoming = Incoming(settings.home / "desk" / "incoming")
    incoming.sweep()
    mirror = open_engine(settings.database, read_only=True)
    vault = Vault(engine, open_blobs(settings.vault_blobs), keys, now=clock)
    return Services(
        settings=settings,
        mirror=mirror,
        contents=ContentStore(settings.home / "contents"),
        vault=vault,
        vault_engine=engine,
        keys=keys,
        tables=tables,
        incoming=incoming,
        places=Places(MAX_UPLOADS, MAX_ORG_UPLOADS),
        gate=GatePool(GATE_THREADS, MAX_GATE_WAITING),
        trust=trust,
        readiness=Readiness(mirror, vault, clock),
        page=load_page(),
        templates=build_templates(),
        now=clock,
    )


def build_templates() -> Environment:
    """The page's template; a name that is missing is an error, and text is never markup."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def read_passphrase(file: Path | None) -> str:
    """The first line of the file that opens the vault.

    Raises:
        ConfigurationError: none is named: a server has nobody to ask.
        KeyUnavailableError: it cannot be read.
    """
    if file is None:
        raise ConfigurationError(
            "nothing says how to open the vault",
            hint="TRACER_VAULT_PASSPHRASE_FILE names a file whose first line opens it.",
        )
    try:
        with file.open(encoding="utf-8") as stream:
            return stream.read(MAX_PASSPHRASE_BYTES).split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnavailableError(
            f"cannot read the passphrase file {file}",
            hint="TRACER_VAULT_PASSPHRASE_FILE names it.",
        ) from error


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


ServicesDep = Annotated[Services, Depends(_services)]
