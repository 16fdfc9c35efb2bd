"""The vault's database says what is wrong with it, in words about the vault."""

import sqlite3
from pathlib import Path

import pytest
from vaults import ROOT, VaultWorld, doc_id_of, sqlite_world

from tracer.errors import ConfigurationError, DatabaseUnavailableError, FatalError
from tracer.vault.database import check_vault, create_tables, open_vault_engine, writing
from tracer.vault.keys import RootKey
from tracer.vault.vault import PART_FILE

KEYS = RootKey(ROOT)


class TestCheckVault:
    def test_another_root_key_is_refused(self, world: VaultWorld) -> None:
        check_vault(world.engine, KEYS.root_id)
        with pytest.raises(ConfigurationError, match="another vault's"):
            check_vault(world.engine, RootKey(bytes(32)).root_id)
        with pytest.raises(ConfigurationError, match="another vault's"):
            create_tables(world.engine, RootKey(bytes(32)).root_id, 1)

    def test_tables_of_another_version_are_refused(self, world: VaultWorld) -> None:
        with writing(world.engine) as connection:
            connection.exec_driver_sql("UPDATE vault_info SET schema_version = 99")
        with pytest.raises(ConfigurationError, match="version 99"):
            check_vault(world.engine, KEYS.root_id)

    def test_an_empty_database_holds_no_vault(self, tmp_path: Path) -> None:
        engine = open_vault_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
        with pytest.raises(ConfigurationError, match="no vault yet") as raised:
            check_vault(engine, KEYS.root_id)
        assert raised.value.hint == "Run `tracer vault init` to make one."
        create_tables(engine, KEYS.root_id, 1)
        with writing(engine) as connection:
            connection.exec_driver_sql("DELETE FROM vault_info")
        with pytest.raises(ConfigurationError, match="no vault yet"):
            check_vault(engine, KEYS.root_id)
        engine.dispose()

    def test_tables_are_made_once(self, world: VaultWorld) -> None:
        world.put(1, b"paper")
        create_tables(world.engine, KEYS.root_id, 2)
        assert world.read(1) == b"paper"


class TestErrors:
    def test_a_locked_database_is_the_vaults(self, tmp_path: Path) -> None:
        world = sqlite_world(tmp_path)
        world.put(1, b"paper")
        world.engine.dispose()
        url = f"sqlite:///{tmp_path / 'vault.sqlite'}"
        engine = open_vault_engine(url, busy_timeout_s=0.05)
        other = sqlite3.connect(tmp_path / "vault.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableError, match="the vault's database is locked"):
            create_tables(engine, KEYS.root_id, 1)
        other.close()
        engine.dispose()

    def test_rows_that_contradict_each_other_are_fatal(self, world: VaultWorld) -> None:
        twice = pytest.raises(FatalError, match="a row of the vault contradicts another")
        with twice, writing(world.engine) as connection:
            connection.exec_driver_sql("INSERT INTO vault_info SELECT * FROM vault_info")

    def test_a_damaged_file_is_the_vaults(self, world: VaultWorld) -> None:
        world.put(1, b"paper")
        world.engine.dispose()
        for path in world.folder.glob("vault.sqlite*"):
            path.write_bytes(b"no database" * 1000)
        with pytest.raises(DatabaseUnavailableError, match="the vault's database is damaged"):
            world.vault.open(doc_id_of(1), PART_FILE)
