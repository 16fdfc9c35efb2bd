from dataclasses import replace
from pathlib import Path

import pytest
from simulator import ChainSimulator

from tracer.chain.deployments import (
    check_identity,
    deployment_path,
    fetch_deployment,
    load_deployment,
    save_deployment,
)
from tracer.errors import (
    ConfigurationError,
    InvalidFileError,
    NotFoundError,
    RpcUnavailableError,
    WrongChainError,
)

CHAIN = ChainSimulator()
DEPLOYMENT = CHAIN.deployment


class TestFile:
    def test_reads_back_what_was_written(self, tmp_path: Path) -> None:
        path = deployment_path(tmp_path / "deployments", DEPLOYMENT.chain_id)
        save_deployment(path, DEPLOYMENT)
        assert load_deployment(path) == DEPLOYMENT
        assert [file.name for file in path.parent.iterdir()] == [f"{DEPLOYMENT.chain_id}.json"]

    def test_a_missing_file_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError) as caught:
            load_deployment(tmp_path / "1.json")
        assert "tracer chain deploy" in caught.value.hint

    @pytest.mark.parametrize(
        "text", ["", "{}", "[1]", '{"chainId": 1, "contract": "0x12"}', "\ufffd"]
    )
    def test_a_damaged_file_is_named(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "1.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidFileError, match=r"1\.json is no deployment"):
            load_deployment(path)

    def test_one_wrong_address_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "1.json"
        save_deployment(path, DEPLOYMENT)
        path.write_text(path.read_text().replace(DEPLOYMENT.contract.hex(), "12"))
        with pytest.raises(InvalidFileError, match="contract is '0x12'"):
            load_deployment(path)

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConfigurationError, match="cannot be written"):
            save_deployment(tmp_path / "file" / "1.json", DEPLOYMENT)


class TestIdentity:
    def test_the_right_node_is_taken(self) -> None:
        check_identity(CHAIN, DEPLOYMENT)
        described = fetch_deployment(CHAIN, DEPLOYMENT.contract, 1, DEPLOYMENT.transaction_hash)
        assert described == DEPLOYMENT

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"chain_id": 7}, "serves chain 900913, not 7"),
            ({"genesis_hash": bytes(32)}, "begins with another block"),
            ({"code_hash": bytes(32)}, "other code is at"),
        ],
    )
    def test_any_other_is_refused(self, change: dict[str, object], words: str) -> None:
        with pytest.raises(WrongChainError, match=words):
            check_identity(CHAIN, replace(DEPLOYMENT, **change))  # type: ignore[arg-type]

    def test_a_node_that_has_not_got_there_is_waited_for(self) -> None:
        class Young(ChainSimulator):
            def _answer(self, method: str, *params: object) -> object:
                return "0x" if method == "eth_getCode" else super()._answer(method, *params)

        young = Young()
        with pytest.raises(WrongChainError, match="no contract is at"):
            check_identity(young, young.deployment)
        with pytest.raises(RpcUnavailableError, match="has not reached block 9"):
            check_identity(young, replace(young.deployment, deploy_block=9))
        with pytest.raises(WrongChainError):
            fetch_deployment(young, DEPLOYMENT.contract, 1, bytes(32))
