"""Both ways to a customs system keep the contract, and their own promises."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from customs_contract import REQUEST, A, AdapterContract, B
from customs_system import CustomsServer, Knobs, put_statement, running_server

from tracer.domain.json_form import parse_json
from tracer.errors import ConfigurationError, TransientError
from tracer.operations.customs_adapter import Settlement
from tracer.operations.customs_folder import FolderCustoms
from tracer.operations.customs_http import ATTEMPTS, HttpCustoms

pytestmark = pytest.mark.integration


class FolderSide:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "statements").mkdir(parents=True)

    def adapter(self) -> FolderCustoms:
        return FolderCustoms(self.folder)

    def put(self, name: str, data: bytes) -> None:
        put_statement(self.folder / "statements", name, data)

    def withdraw(self, name: str) -> None:
        (self.folder / "statements" / name).unlink()

    def requests(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / "requests").iterdir()}

    def outcomes(self, name: str) -> list[tuple[str, str]]:
        found = []
        for path in self.folder.glob(f"*/*-{name}"):
            reason = path.with_name(f"{path.name}.reason.txt")
            text = reason.read_text("utf-8").strip() if reason.exists() else ""
            found.append((path.parent.name, text))
        return found

    def vanish(self) -> None:
        self.folder.rename(self.folder.with_name("unmounted"))


class HttpSide:
    def __init__(self, server: CustomsServer, state: Path) -> None:
        self.server, self.state = server, state
        self.url = server.url
        self.paused: list[float] = []

    def adapter(self, *, answer_timeout_s: float = 30.0, token: str = "") -> HttpCustoms:
        return HttpCustoms(
            self.url,
            self.state,
            pause=self.paused.append,
            answer_timeout_s=answer_timeout_s,
            token=token,
        )

    def put(self, name: str, data: bytes) -> None:
        self.server.statements[name] = data

    def withdraw(self, name: str) -> None:
        del self.server.statements[name]

    def requests(self) -> dict[str, bytes]:
        return self.server.requests

    def outcomes(self, name: str) -> list[tuple[str, str]]:
        receipt = self.server.receipts[name]
        return [(receipt["outcome"], receipt["reason"])]

    def vanish(self) -> None:
        self.server.knobs = Knobs(fail=1_000, way="reset")


@pytest.fixture(scope="module")
def server() -> Iterator[CustomsServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def http(server: CustomsServer, tmp_path: Path) -> HttpSide:
    server.reset()
    return HttpSide(server, tmp_path / "state")


@pytest.fixture
def folder(tmp_path: Path) -> FolderSide:
    return FolderSide(tmp_path / "exchange")


class TestFolder(AdapterContract):
    @pytest.fixture
    def side(self, folder: FolderSide) -> FolderSide:
        return folder

    def test_only_whole_regular_json_files_count(self, folder: FolderSide) -> None:
        statements = folder.folder / "statements"
        (folder.folder / "secret.json").write_bytes(A)
        (statements / "link.json").symlink_to(folder.folder / "secret.json")
        (statements / "folder.json").mkdir()
        os.mkfifo(statements / "pipe.json")
        for name in (".half.json", "note.txt", "half.json.part"):
            (statements / name).write_bytes(A)
        adapter = folder.adapter()
        assert adapter.waiting() == []
        # A name that became a pipe or a link after it was listed neither blocks nor leads away.
        assert adapter.fetch("pipe.json") is None
        with pytest.raises(TransientError):
            adapter.fetch("link.json")

    def test_a_mount_point_with_nothing_mounted_is_no_empty_list(self, tmp_path: Path) -> None:
        adapter = FolderCustoms(tmp_path)
        for ask in (adapter.waiting, lambda: adapter.request(REQUEST)):
            with pytest.raises(TransientError, match="statements"):
                ask()

    def test_killed_between_copy_and_removal_it_is_settled_again(self, folder: FolderSide) -> None:
        folder.put("a.json", A)
        folder.adapter().settle("a.json", A, Settlement.ACCEPTED, "")
        folder.put("a.json", A)  # the removal was lost with the power
        folder.adapter().settle("a.json", A, Settlement.ACCEPTED, "")
        assert folder.adapter().waiting() == []
        assert folder.outcomes("a.json") == [("accepted", "")]

    def test_what_cannot_be_settled_waits(self, folder: FolderSide) -> None:
        folder.put("a.json", A)
        (folder.folder / "accepted").write_bytes(b"a file where a folder should be")
        with pytest.raises(TransientError, match="cannot be written"):
            folder.adapter().settle("a.json", A, Settlement.ACCEPTED, "")
        assert folder.adapter().waiting() == ["a.json"]


class TestHttp(AdapterContract):
    @pytest.fixture
    def side(self, http: HttpSide) -> HttpSide:
        return http

    @pytest.mark.parametrize("way", ["500", "429", "truncate", "reset"])
    def test_what_fails_in_passing_is_asked_again(self, http: HttpSide, way: str) -> None:
        http.put("a.json", A)
        http.server.knobs = Knobs(fail=ATTEMPTS - 1, way=way)
        assert http.adapter().waiting() == ["a.json"]
        assert len(http.paused) == ATTEMPTS - 1

    @pytest.mark.parametrize("way", ["500", "truncate", "reset"])
    def test_what_goes_on_failing_is_an_error(self, http: HttpSide, way: str) -> None:
        http.put("a.json", A)
        adapter = http.adapter()
        adapter.waiting()
        http.server.knobs = Knobs(fail=ATTEMPTS, way=way)
        with pytest.raises(TransientError, match="does not answer usably"):
            adapter.fetch("a.json")
        assert adapter.fetch("a.json") == A

    def test_an_answer_that_drips_is_given_up(self, http: HttpSide) -> None:
        http.put("a.json", A * 10_000)
        adapter = http.adapter(answer_timeout_s=0.05)
        http.server.knobs = Knobs(drip_s=0.01)
        with pytest.raises(TransientError, match="took longer"):
            adapter.fetch("a.json")

    def test_another_file_than_was_listed_is_refused(self, http: HttpSide) -> None:
        http.put("a.json", A)
        adapter = http.adapter()
        adapter.waiting()
        http.put("a.json", B)
        with pytest.raises(TransientError, match="not the file that was listed"):
            adapter.fetch("a.json")

    def test_a_server_that_takes_no_receipts_is_not_read_twice(self, http: HttpSide) -> None:
        http.server.takes_receipts, http.server.lists_settled = False, True
        http.put("a.json", A)
        adapter = http.adapter()
        assert adapter.waiting() == ["a.json"]
        adapter.settle("a.json", A, Settlement.ACCEPTED, "")
        assert http.adapter().waiting() == []

    @pytest.mark.parametrize("name", ["../../etc/x.json", ".x.json", "a b.json", "a", "é.json"])
    def test_a_name_that_could_be_a_path_spoils_the_list(self, http: HttpSide, name: str) -> None:
        entry = {"name": name, "sha256": hashlib.sha256(A).hexdigest()}
        http.server.list_body = json.dumps({"statements": [entry]}).encode()
        with pytest.raises(TransientError, match="file name"):
            http.adapter().waiting()
        assert http.adapter().fetch(name) is None

    @pytest.mark.parametrize(
        "body", [b"[]", b"{", b'{"statements": [{"name": 1}]}', b"\xff", b" " * 3_000_000]
    )
    def test_a_list_that_is_none_is_an_error(self, http: HttpSide, body: bytes) -> None:
        http.server.list_body = body
        with pytest.raises(TransientError, match="does not answer usably"):
            http.adapter().waiting()

    def test_it_is_not_led_elsewhere(self, http: HttpSide) -> None:
        http.url = http.server.url.removesuffix("/api") + "/moved"
        with pytest.raises(TransientError, match="HTTP 302"):
            http.adapter().waiting()
        assert http.server.seen["GET"] == 0

    def test_the_token_is_sent_and_never_shown(self, http: HttpSide) -> None:
        adapter = http.adapter(token="hunter2")
        adapter.waiting()
        assert http.server.headers[-1]["Authorization"] == "Bearer hunter2"
        assert "hunter2" not in f"{adapter.place} {adapter!r}"

    @pytest.mark.parametrize(
        "url",
        [
            "http://customs.example/api",
            "https://user:password@customs.example",
            "https://customs.example/?token=1",
            "ftp://customs.example",
            "https://",
            "http://[",
        ],
    )
    def test_an_address_that_would_leak_or_is_none_is_refused(
        self, tmp_path: Path, url: str
    ) -> None:
        with pytest.raises(ConfigurationError):
            HttpCustoms(url, tmp_path)

    def test_requests_are_one_line_of_canonical_json(self, http: HttpSide) -> None:
        http.adapter().request(REQUEST)
        (text,) = http.server.requests.values()
        asked = parse_json(text.decode(), what="request", max_chars=10_000)
        assert isinstance(asked, dict)
        assert asked["declaration"] == REQUEST.declaration
        assert asked["arrivedAt"] is None
