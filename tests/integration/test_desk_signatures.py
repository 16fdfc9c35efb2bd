"""What the desk says of signatures inside a PDF: trusted, not known, expired, tampered with."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_requests import Signing
from desk_world import BROKER, DECLARATION, Desk, copy_world, prepare_desk, running_desk
from gate_pades import DAY, Authority, sign, sign_while_making
from tracer_desk.app import create_app

from tracer.errors import ConfigurationError

pytestmark = pytest.mark.integration

PDF = DECLARATION.read_bytes()
Send = Callable[[bytes], httpx.Response]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("signatures")
    (folder / "roots").mkdir()
    (folder / "roots" / "chamber.pem").write_bytes(authority.pem)
    with running_desk(
        copy_world(folder / "home"), trusted_certificates=folder / "roots"
    ) as running:
        yield running


@pytest.fixture
def send(desk: Desk) -> Iterator[Send]:
    with httpx.Client(timeout=60) as http:
        yield Signing(desk, BROKER, http).upload


def signatures(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["report"]["signatures"]
    return [(one["status"], one["code"]) for one in found]


def test_a_trusted_signature_is_evidence(send: Send, authority: Authority) -> None:
    answer = send(sign(PDF, authority.signer()))
    assert signatures(answer) == [("VALID", "sig-ok")]
    assert "Example chamber" in answer.json()["report"]["signatures"][0]["signer"]


def test_a_paper_without_one_says_nothing(send: Send) -> None:
    assert signatures(send(PDF)) == []


def test_an_unknown_signer_is_told_apart_from_a_forger(send: Send) -> None:
    stranger = Authority("Another root (invented)").signer()
    answer = send(sign_while_making(PDF, stranger))
    assert signatures(answer) == [("SKIPPED", "sig-unknown")]
    text = answer.json()["report"]["signatures"][0]["text"]
    assert text.startswith("signature intact, signer not known")
    refused = send(sign(PDF, stranger))
    assert refused.status_code == 422, refused.text
    assert "(pdf-signer)" in refused.json()["detail"]


def test_an_expired_certificate_counts_for_nothing(send: Send, authority: Authority) -> None:
    late = authority.signer(lasts=-DAY)
    assert signatures(send(sign_while_making(PDF, late))) == [("SKIPPED", "sig-expired")]
    assert "(pdf-signer)" in send(sign(PDF, late)).json()["detail"]


def test_a_file_that_was_tampered_with_is_refused(send: Send, authority: Authority) -> None:
    signed = sign(PDF, authority.signer())
    tampered = signed.replace(b"/Reason (invented)", b"/Reason (Invented)", 1)
    assert tampered != signed
    refused = send(tampered)
    assert refused.status_code == 422, refused.text
    assert "(pdf-revisions)" in refused.json()["detail"]


def test_a_list_that_cannot_be_read_stops_the_desk(desk: Desk, tmp_path: Path) -> None:
    missing = tmp_path / "roots.pem"
    chosen = prepare_desk(desk.world).settings.model_copy(update={"trusted_certificates": missing})
    with pytest.raises(ConfigurationError, match=r"roots\.pem cannot be read"):
        create_app(chosen)
