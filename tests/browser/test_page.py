"""The scan page in a real Chromium, over a real server, mirror and chain.

The page checks twice: first what needs no paper (`data-verified`), then everything
(`data-papers`). Here connections are good, so the second follows at once, except where a test
slows the connection or keeps the second script away.
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from served_world import World, running_world, serving

from tracer.chain.anvil import free_port
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.operations.browser_check import check_page, find_browser

CHROMIUM = find_browser() or ""
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PHONE = {"width": 390, "height": 844}
MIN_TAP_PX = 44
SETTLED = "html:not([data-verified=pending]):not([data-papers=pending])"
FIRST_DONE = "html:not([data-verified=pending])"
SECOND_SCRIPT = re.compile(r"/app/[0-9a-f]+/papers\.")
WEAK = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 200_000,
    "uploadThroughput": 200_000,
}
"""What Chromium calls 3g; slow by its latency, so that tests need not wait for bytes."""

NEVER_SAID = re.compile(r"forg|fake|counterfeit|假冒|伪造|仿冒", re.IGNORECASE)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("page") / "home", ("nz", "ie")) as running:
        yield running


@pytest.fixture(scope="module")
def origin(world: World) -> Iterator[str]:
    with serving(world) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def damaged(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A mirror of its own with a server; each test puts back what it damages."""
    copy = world.copy(tmp_path_factory.mktemp("damaged") / "home")
    with serving(copy) as running:
        yield copy, running


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens a page on a phone and waits until it has come to a conclusion."""
    contexts: list[BrowserContext] = []

    def go(url: str, *, wait: bool = True, **options: object) -> Page:
        # What a page keeps for later would pass through the routes of these tests, too.
        context = browser.new_context(viewport=PHONE, service_workers="block", **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        if wait:
            page.wait_for_selector(SETTLED, timeout=60_000)
        return page

    yield go
    for context in contexts:
        context.close()


def verdict(page: Page) -> tuple[str | None, str | None]:
    root = page.locator("html")
    return root.get_attribute("data-verdict"), root.get_attribute("data-verified")


def top(page: Page) -> str:
    return page.locator("header").inner_text()


def weaken(page: Page) -> Page:
    """Slow a page's connection; it goes for the next address that it opens."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", WEAK)
    return page


def without_second(page: Page) -> Page:
    """Keep the second script away, so that what is shown is the first check's alone."""
    page.context.route(SECOND_SCRIPT, lambda route: route.abort())
    return page


def first_only(visit: Open, url: str) -> Page:
    """A page that has come to its first conclusion and gets no further."""
    page = without_second(visit("about:blank", wait=False))
    page.goto(url)
    page.wait_for_selector(SETTLED)
    return page


def answering(body: str) -> Callable[[Route], None]:
    """Answers whatever is asked with a body."""
    return lambda route: route.fulfill(body=body, headers={"access-control-allow-origin": "*"})


class TestGenuine:
    @pytest.mark.parametrize(
        ("language", "title", "todo"),
        [
            ("en", "Genuine", "See that the seal is unbroken and that lot A26B11K1 is printed"),
            ("zh", "核验通过", "请确认封口完好"),
        ],
    )
    def test_says_so_once_the_device_has_checked(
        self, visit: Open, origin: str, world: World, *, language: str, title: str, todo: str
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang={language}")
        assert verdict(page) == ("OK", "VALID")
        assert page.locator("h1").inner_text() == title
        assert todo in top(page)
        assert urlsplit(world.rpc_url).netloc in top(page)
        statuses = page.locator("#t-steps li").evaluate_all("e => e.map(x => x.dataset.status)")
        assert len(statuses) == 10
        assert set(statuses) == {"VALID"}

    def test_asks_nobody_but_the_server_and_the_node(
        self, browser: Browser, origin: str, world: World
    ) -> None:
        context = browser.new_context(viewport=PHONE)
        page = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(origin + world.path())
        page.wait_for_selector("html[data-papers=VALID]")
        origins = {
            f"{urlsplit(u).scheme}://{urlsplit(u).netloc}" for u in asked if "data:" not in u
        }
        assert origins == {origin, world.rpc_url}
        to_server = [url for url in asked if url.startswith(origin)]
        names = [urlsplit(url).path.rpartition("/")[2] for url in to_server]
        assert [name.partition(".")[0] for name in names[1:]] == [
            *("core", "core", "papers"),  # script, proof, script
            *("scans", "bundle", "verifier"),
        ]
        assert context.cookies() == []
        assert said == []
        context.close()

    def test_the_visitor_may_choose_another_node(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang=en")
        nobody = f"http://127.0.0.1:{free_port()}"
        page.fill("#node", nobody)
        page.click("form button")
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")
        assert urlsplit(nobody).netloc in top(page)
        page.fill("#node", world.rpc_url)
        page.click("form button")
        page.wait_for_selector("html[data-papers=VALID]")
        assert verdict(page) == ("OK", "VALID")

    def test_the_command_line_sees_the_same(self, origin: str, world: World) -> None:
        result = check_page(f"{origin}{world.path()}?lang=en")
        assert (result.verdict, result.verified, result.errors) == ("OK", "VALID", ())
        assert "none hidden or changed" in result.reason


class TestRecalled:
    def test_is_red_whether_or_not_the_node_answers(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit(f"{origin}{world.path('ie')}?lang=en")
        assert verdict(page) == ("RECALLED", "VALID")
        assert "Do not feed it to a child" in top(page)
        assert "3 Feb 2026" in top(page)
        page.context.route(f"{world.rpc_url}/**", lambda route: route.abort())
        page.reload()
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("RECALLED", "ERROR")

    def test_a_withheld_recall_is_noticed(self, visit: Open, world: World, tmp_path: Path) -> None:
        copy = world.copy(tmp_path / "copy")
        with contextlib.closing(sqlite3.connect(copy.home / "mirror.sqlite")) as mirror:
            (sequence,) = mirror.execute(
                "SELECT sequence FROM record WHERE kind = ?", (Kind.RECALL,)
            ).fetchone()
            (head,) = mirror.execute(
                "SELECT head FROM append WHERE sequence < ? AND batch_id ="
                " (SELECT batch_id FROM append WHERE sequence = ?) ORDER BY sequence DESC",
                (sequence, sequence),
            ).fetchone()
            batch = "(SELECT batch_id FROM append WHERE sequence = ?)"
            (holds,) = mirror.execute(
                "SELECT sum((kind = ?) - (kind = ?)) FROM record JOIN append USING (sequence)"
                f" WHERE sequence < ? AND batch_id = {batch}",
                (Kind.HOLD, Kind.RELEASE, sequence, sequence),
            ).fetchone()
            mirror.execute(
                f"UPDATE batch SET recalled = 0, holds = ?, head = ? WHERE batch_id = {batch}",
                (holds, head, sequence),
            )
            newer = f"SELECT sequence FROM append WHERE sequence >= ? AND batch_id = {batch}"
            mirror.execute(f"DELETE FROM record WHERE sequence IN ({newer})", (sequence, sequence))
            mirror.execute(
                f"DELETE FROM append WHERE sequence >= ? AND batch_id = {batch}",
                (sequence, sequence),
            )
            mirror.commit()
        with serving(copy) as lying:
            url = f"{lying}{copy.path('ie')}?lang=en"
            first = first_only(visit, url)
            assert verdict(first) == ("NOT_VERIFIED", "INVALID")
            assert "a record is changed or withheld" in top(first)
            assert "Also on record: Recalled" in top(first)
            page = visit(url)
            assert verdict(page) == ("NOT_VERIFIED", "INVALID")
            assert "record is changed or withheld" in page.locator("#t-steps").inner_text()


CANNING = (
    "(SELECT max(sequence) FROM record JOIN append USING (sequence)"
    f" WHERE kind = {Kind.CANNING:d} AND batch_id = {{batch}})"
)
DAMAGES = {
    "a record's row": (
        f"UPDATE record SET occurred_at_unix = occurred_at_unix + 60 WHERE kind = {Kind.CANNING:d}",
        r"record \d+ \(Filled into tins\)",
    ),
    "an append": (
        f"UPDATE append SET records = zeroblob(length(records)) WHERE sequence = {CANNING}",
        r"append \d+",
    ),
    "the batch's row": ("UPDATE batch SET holds = 1", "the batch.s row"),
    "a party's row": (
        "UPDATE party SET roles = roles + 64 WHERE gln = 9520010001039",
        r"party 9520010001039",
    ),
    "the block of an append": (
        f"UPDATE append SET block_number = block_number - 1 WHERE sequence = {CANNING}",
        r"append \d+",
    ),
}
"""What is damaged -> how, and what the page must name."""


class TestTampered:
    @pytest.mark.parametrize("name", DAMAGES)
    def test_a_changed_row_is_named(
        self, visit: Open, damaged: tuple[World, str], name: str
    ) -> None:
        world, origin = damaged
        statement, subject = DAMAGES[name]
        link = world.batches["nz"].link
        assert link.lot
        batch = f"x'{build_batch_id(link.gtin, link.lot).hex()}'"
        with (
            contextlib.closing(sqlite3.connect(world.home / "mirror.sqlite")) as mirror,
            contextlib.closing(sqlite3.connect(":memory:")) as good,
        ):
            mirror.backup(good)
            assert mirror.execute(statement.format(batch=batch)).rowcount > 0
            mirror.commit()
            try:
                self.assert_invalid(visit, origin + world.path(), subject)
            finally:
                good.backup(mirror)

    @pytest.mark.parametrize(
        ("shelf", "subject"),
        [("contents", r"record \d+ \([\w ,]+\)|party \d+"), ("documents", r"[A-Z][\w ]+ \S+")],
    )
    def test_a_changed_file_is_named(
        self, visit: Open, damaged: tuple[World, str], shelf: str, subject: str
    ) -> None:
        world, origin = damaged
        files = [file for file in (world.home / "contents" / shelf).rglob("*") if file.is_file()]
        good = {file: file.read_bytes() for file in files}
        for file, data in good.items():
            file.write_bytes(data.replace(b"20", b"21", 1))
        try:
            self.assert_invalid(visit, origin + world.path(), subject)
        finally:
            for file, data in good.items():
                file.write_bytes(data)

    @staticmethod
    def assert_invalid(visit: Open, url: str, subject: str) -> None:
        page = visit(f"{url}?lang=en")
        assert verdict(page) == ("NOT_VERIFIED", "INVALID")
        text = page.locator("#v-text").inner_text()
        assert re.match(rf"Something does not match: (?:{subject}): ", text), text
        chinese = visit(f"{url}?lang=zh")
        assert verdict(chinese) == ("NOT_VERIFIED", "INVALID")
        assert "有内容对不上" in top(chinese)


class TestCouldNotCheck:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_a_silent_node_says_nothing_against_the_tin(
        self, visit: Open, origin: str, world: World, language: str
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang={language}")
        assert verdict(page) == ("OK", "VALID")
        page.context.route(f"{world.rpc_url}/**", lambda route: route.abort())
        page.reload()
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")
        assert not NEVER_SAID.search(top(page))
        last = "last checked it: {} seconds ago" if language == "en" else "上次核验.{} 秒前"
        assert re.search(last.format(r"\d+"), top(page))
        step = page.locator("#t-steps li").nth(3)
        assert step.get_attribute("data-status") == "ERROR"

    def test_a_stopped_node(self, visit: Open, world: World) -> None:
        with serving(world, rpc_url=f"http://127.0.0.1:{free_port()}") as origin:
            page = visit(f"{origin}{world.path()}?lang=en")
            assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")
            assert "This device last checked it: never." in top(page)
            result = check_page(f"{origin}{world.path()}?lang=en")
            assert (result.verdict, result.verified) == ("COULD_NOT_CHECK", "ERROR")

    def test_a_lost_connection(self, visit: Open, origin: str, world: World) -> None:
        page = visit(f"{origin}{world.path()}?lang=en")
        page.context.route("**/bundle?**", lambda route: route.abort())
        page.reload()
        page.wait_for_selector(SETTLED)
        assert "The proof could not be fetched." in top(page)

    def test_a_core_proof_that_is_kept_back(self, visit: Open, origin: str, world: World) -> None:
        page = without_second(visit(f"{origin}{world.path()}?lang=en"))
        page.context.route("**/core", lambda route: route.abort())
        page.reload()
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")
        assert re.search(r"This device last checked it: \d+ seconds ago", top(page))


class TestTwoStages:
    """What waits for what, and what the second check may still change."""

    def test_papers_wait_on_a_weak_connection_until_the_reader_reads_on(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = weaken(visit("about:blank", wait=False))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector("html[data-verified=VALID]")
        page.wait_for_load_state("networkidle")
        assert verdict(page) == ("OK", "VALID")
        assert page.locator("html").get_attribute("data-papers") == "pending"
        assert "not yet checked on this device" in page.locator("#v-papers").inner_text()
        assert not [path for path in asked if "papers" in path or "bundle" in path]
        assert page.locator("#t-steps li").nth(6).get_attribute("data-status") == "LATER"
        page.mouse.wheel(0, 300)
        page.wait_for_selector("html[data-papers=VALID]")
        assert "checked on this device" in page.locator("#v-papers").inner_text()
        assert [path for path in asked if "papers" in path]
        assert page.locator("#t-steps li").nth(6).get_attribute("data-status") == "VALID"

    @pytest.mark.parametrize("way", ["button", "key"])
    def test_or_until_asked_for(self, visit: Open, origin: str, world: World, *, way: str) -> None:
        page = weaken(visit("about:blank", wait=False))
        page.goto(f"{origin}{world.path()}?lang=zh")
        page.wait_for_selector("#v-papers button")
        if way == "button":
            page.locator("#v-papers button").click()
        else:
            page.keyboard.press("Tab")
        page.wait_for_selector("html[data-papers=VALID]")
        assert verdict(page) == ("OK", "VALID")

    def test_a_changed_paper_is_found_by_the_second_check(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = weaken(visit("about:blank", wait=False))
        page.context.route("**/bundle?**", change_answer(forge_a_paper))
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector("html[data-verified=VALID]")
        assert verdict(page) == ("OK", "VALID")  # nothing about papers is claimed yet
        assert "not yet checked" in page.locator("#v-papers").inner_text()
        page.mouse.wheel(0, 300)
        page.wait_for_selector("html[data-papers=INVALID]")
        assert verdict(page) == ("NOT_VERIFIED", "INVALID")

    def test_papers_that_are_kept_back_do_not_leave_it_genuine(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit("about:blank", wait=False)
        page.context.route("**/bundle?**", lambda route: route.abort())
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector("html[data-papers=ERROR]")
        assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")

    def test_the_second_check_never_makes_a_verdict_better(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit("about:blank", wait=False)
        page.context.route("**/core", change_answer(LIES["a record"][0]))
        page.goto(f"{origin}{world.path()}?lang=en")  # while the complete proof is genuine
        page.wait_for_selector("html[data-papers=INVALID]")
        assert verdict(page) == ("NOT_VERIFIED", "INVALID")

    @pytest.mark.parametrize("state", ["SEEN_ELSEWHERE", "OPENED_BEFORE"])
    def test_a_history_like_a_copys_replaces_a_good_verdict_only(
        self, visit: Open, origin: str, world: World, *, state: str
    ) -> None:
        answer = {"state": state, "score": 0.9, "verdict": state, "reasons": [], "region": ""}
        body = json.dumps({**answer, "history": None})
        for name, shown in (("nz", state), ("ie", "RECALLED")):
            page = visit("about:blank", wait=False)
            page.context.route("**/v1/scans", answering(body))
            page.goto(f"{origin}{world.path(name)}?lang=en")
            page.wait_for_selector(SETTLED)
            assert verdict(page) == (shown, "VALID")
            step = page.locator("#t-steps li").nth(8)
            assert step.get_attribute("data-status") == "INVALID"


def change_answer(change: Callable[[dict[str, Any]], None]) -> Callable[[Route], None]:
    """Passes a JSON answer on with one change."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        value = answer.json()
        change(value)
        route.fulfill(response=answer, json=value)

    return handle


def forge_a_paper(bundle: dict[str, Any]) -> None:
    documents = bundle["documents"]
    key = next(iter(documents))
    documents[key] = documents[key].replace("20", "21", 1)


def _other_head(core: dict[str, Any]) -> None:
    core["batch"]["head"] = "00" * 32


def _other_record(core: dict[str, Any]) -> None:
    records = core["appends"][1]["records"]
    core["appends"][1]["records"] = "c1" + records[2:]


def _other_writer(core: dict[str, Any]) -> None:
    core["appends"][1]["gln"] = core["appends"][-1]["gln"]


LIES: dict[str, tuple[Callable[[dict[str, Any]], None], int]] = {
    "the head": (_other_head, 4),
    "a record": (_other_record, 3),
    "a writer": (_other_writer, 3),
}
"""What is changed in the core proof -> how, and the step that must fail."""


class TestFirstCheck:
    """Lies in what the first check reads, found before anything else is loaded."""

    @pytest.mark.parametrize("name", LIES)
    def test_a_changed_core_is_not_verified(
        self, visit: Open, origin: str, world: World, *, name: str
    ) -> None:
        change, step = LIES[name]
        page = without_second(visit("about:blank", wait=False))
        page.context.route("**/core", change_answer(change))
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("NOT_VERIFIED", "INVALID")
        item = page.locator("#t-steps li").nth(step - 1)
        assert item.get_attribute("data-status") == "INVALID"

    def test_a_tins_changed_proof_is_not_issued(
        self, visit: Open, origin: str, world: World
    ) -> None:
        def change(route: Route) -> None:
            answer = route.fetch()
            text = answer.text()
            start = text.index('"proof":["') + len('"proof":["')
            other = "0" if text[start] != "0" else "1"
            route.fulfill(response=answer, body=text[:start] + other + text[start + 1 :])

        page = without_second(visit("about:blank", wait=False))
        page.context.route(f"{origin}/01/**", change)
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("NOT_VERIFIED", "INVALID")
        assert page.locator("#t-steps li").nth(1).get_attribute("data-status") == "INVALID"

    def test_a_question_that_is_not_the_cores_own_is_asked_anew(
        self, visit: Open, origin: str, world: World
    ) -> None:
        """What the page's head asked the node counts only if it is what the proof demands."""

        page = visit("about:blank", wait=False)
        page.add_init_script(
            "new MutationObserver(() => { const app = document.getElementById('app');"
            " if (app) app.dataset.ask = app.dataset.ask.replace('eth_blockNumber', 'eth_other');"
            " }).observe(document, { childList: true, subtree: true });"
        )
        asked: list[str] = []
        page.on("request", lambda it: asked.append(it.method) if world.rpc_url in it.url else None)
        page.goto(f"{origin}{world.path()}?lang=en")
        page.wait_for_selector("html[data-papers=VALID]")
        assert asked.count("POST") == 3  # that one, the core's own, and the second check's

    def test_nonsense_instead_of_a_core_is_no_proof(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = without_second(visit(f"{origin}{world.path()}?lang=en"))
        for body in ("{}", "null", '{"batch": 7}', "<html>"):
            page.context.unroute("**/core")
            page.context.route("**/core", answering(body))
            page.reload()
            page.wait_for_selector(SETTLED)
            assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")


class TestNonsense:
    def test_a_proof_that_is_none_is_called_that(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang=en")
        for body in ("{}", "null", '{"format": "tracer-bundle/1", "batch": 7}'):
            page.context.unroute_all()
            page.context.route("**/bundle?**", answering(body))
            page.reload()
            page.wait_for_selector(SETTLED)
            assert verdict(page) == ("NOT_VERIFIED", "INVALID")
            assert "is not a bundle" in top(page)

    def test_an_answer_that_is_no_json_is_no_answer(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang=en")
        page.context.route("**/bundle?**", answering("<html>"))
        page.reload()
        page.wait_for_selector(SETTLED)
        assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")

    def test_a_node_that_talks_nonsense_is_no_answer(
        self, visit: Open, origin: str, world: World
    ) -> None:
        page = visit(f"{origin}{world.path()}?lang=en")
        for body in ("[]", "{}", "null", '[{"id": 1, "result": "0x"}]', "<html>"):
            page.context.unroute_all()
            page.context.route(
                f"{world.rpc_url}/**",
                answering(body),
            )
            page.reload()
            page.wait_for_selector(SETTLED)
            assert verdict(page) == ("COULD_NOT_CHECK", "ERROR")


class TestWithoutScript:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_everything_can_be_read(
        self, visit: Open, origin: str, world: World, language: str
    ) -> None:
        url = f"{origin}{world.path()}?lang={language}"
        page = visit(url, wait=False, java_script_enabled=False)
        text = page.content()
        assert 'data-verified="pending"' in text
        words = {
            "en": ("Turn on JavaScript", "Milk collected", "Salmonella", "Cleared by customs"),
            "zh": ("打开 JavaScript", "收集生乳", "沙门氏菌", "海关已放行"),
        }
        for word in words[language]:
            assert word in text
        assert page.locator("h1").inner_text() in {"Records consistent", "记录一致"}


class TestForm:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("name", ["nz", "ie"])
    def test_anyone_can_use_it(
        self, visit: Open, origin: str, world: World, *, name: str, language: str, scheme: str
    ) -> None:
        url = f"{origin}{world.path(name)}?lang={language}"
        page = visit(url, bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
        assert found == []

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_fits_a_phone(self, visit: Open, origin: str, world: World, language: str) -> None:
        page = visit(f"{origin}{world.path()}?lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for item in page.locator(
            "summary, button, .glance a, .lang, input:not([type=hidden])"
        ).all():
            box = item.bounding_box()
            assert box is not None
            assert box["height"] >= MIN_TAP_PX, item.inner_text()

    def test_a_page_with_nothing_to_show(self, visit: Open, origin: str) -> None:
        page = visit(f"{origin}/01/09520010001015/10/NOPE?lang=zh", bypass_csp=True)
        assert verdict(page)[0] == "NOT_ISSUED"
        page.add_script_tag(path=AXE)
        assert page.evaluate("axe.run().then(r => r.violations.map(v => v.id))") == []
