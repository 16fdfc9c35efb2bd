"""The scan page in a real Chromium, over a real server, mirror and chain.

The page checks twice: first what needs no paper (`data-verified`), then everything
(`data-papers`). Here connections are good, so the second follows at once, except where a test
slows the connection or keeps the second script away.
"""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from page_steps import (
    CHROMIUM,
    PHONE,
    SETTLED,
    Open,
    answering,
    first_only,
    top,
    verdict,
    without_second,
)
from playwright.sync_api import Browser
from served_world import World, serving

from tracer.chain.anvil import free_port
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.operations.browser_check import check_page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
MIN_TAP_PX = 44
NEVER_SAID = re.compile(r"forg|fake|counterfeit|假冒|伪造|仿冒", re.IGNORECASE)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def damaged(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A mirror of its own with a server; each test puts back what it damages."""
    copy = world.copy(tmp_path_factory.mktemp("damaged") / "home")
    with serving(copy) as running:
        yield copy, running


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
            "A26B11K1",  # the batch's page has what is folded away
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
            "en": ("Turn on JavaScript", "Salmonella", "Cleared by customs"),
            "zh": ("打开 JavaScript", "沙门氏菌", "海关已放行"),
        }
        for word in words[language]:
            assert word in text
        assert page.locator("h1").inner_text() in {"Records consistent", "记录一致"}
        page.locator("#journey summary").first.click()
        page.locator("#journey a.rest").first.click()
        assert world.path() in page.url
        assert page.locator("a.rest").count() == 0
        assert {"en": "Milk collected", "zh": "收集生乳"}[language] in page.content()


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
