"""The operator's list of trusted certificates: whole, or an error that names what is wrong."""

from pathlib import Path

import pytest
from gate_pades import Authority

from tracer.errors import ConfigurationError
from tracer.gate.signatures import MAX_TRUSTED
from tracer.gate.trust import MAX_FILE_BYTES, load_trust


@pytest.fixture(scope="module")
def authorities() -> list[Authority]:
    return [Authority(f"Example root {number} (invented)") for number in range(3)]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


class TestOneFile:
    def test_may_hold_several_with_words_between(
        self, tmp_path: Path, authorities: list[Authority]
    ) -> None:
        text = b"".join(b"# whose it is\n" + it.pem for it in [*authorities, authorities[0]])
        found = load_trust(write(tmp_path / "roots", text))
        assert found == tuple(it.certificate for it in authorities)

    def test_may_be_binary(self, tmp_path: Path, authorities: list[Authority]) -> None:
        place = write(tmp_path / "root.cer", authorities[0].certificate)
        assert load_trust(place) == (authorities[0].certificate,)

    def test_none_trusts_nobody(self) -> None:
        assert load_trust(None) == ()


class TestFolder:
    def test_is_read_by_suffix(self, tmp_path: Path, authorities: list[Authority]) -> None:
        for name, authority in zip(("b.pem", "a.CRT", "c.cer"), authorities, strict=True):
            write(tmp_path / name, authority.pem)
        write(tmp_path / "README.md", b"no certificate")
        write(tmp_path / ".hidden.pem", b"no certificate")
        wanted = {authority.certificate for authority in authorities}
        assert set(load_trust(tmp_path)) == wanted

    def test_one_broken_file_spoils_it(self, tmp_path: Path, authorities: list[Authority]) -> None:
        write(tmp_path / "a.pem", authorities[0].pem)
        write(tmp_path / "b.pem", authorities[1].pem[:-80] + b"\n-----END CERTIFICATE-----\n")
        with pytest.raises(ConfigurationError, match=r"b\.pem holds no readable certificate"):
            load_trust(tmp_path)


class TestWhatIsRefused:
    def test_a_place_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="cannot be read: No such file") as raised:
            load_trust(tmp_path / "nowhere.pem")
        assert "TRACER_TRUSTED_CERTIFICATES" in raised.value.hint

    @pytest.mark.parametrize(
        "data", [b"", b"no certificate", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"]
    )
    def test_what_is_no_certificate(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(ConfigurationError, match="certificate"):
            load_trust(write(tmp_path / "roots.pem", data))

    def test_a_folder_without_any(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="holds no certificate"):
            load_trust(tmp_path)

    def test_a_file_that_is_far_too_large(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="larger than"):
            load_trust(write(tmp_path / "roots.pem", bytes(MAX_FILE_BYTES + 1)))

    def test_more_than_the_gate_takes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authorities: list[Authority]
    ) -> None:
        monkeypatch.setattr("tracer.gate.trust.MAX_TRUSTED", 2)
        assert len(authorities) < MAX_TRUSTED
        text = b"".join(it.pem for it in authorities)
        with pytest.raises(ConfigurationError, match="3 certificates, more than 2"):
            load_trust(write(tmp_path / "roots.pem", text))
