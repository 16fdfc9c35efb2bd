"""The brokers' page in a real Chromium: real desk, real key, real chain, mirror and scans."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_page_world import (
    AUTHORITY,
    BROKER,
    DECLARATION,
    GTIN,
    HEALTH,
    LOT,
    ORIGIN,
    OTHER_LOT,
    OTHER_NUMBER,
    RELEASED_AT,
    DeskWorld,
    running_desk_world,
)
from desk_pages import PATIENCE_MS, PHONE, DeskPage, assert_usable, open_scan, tab_to
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from served_world import serving

from tracer.domain.records import Record
from tracer.operations.browser_check import find_browser

CHROMIUM = find_browser() or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SECRET = "133632"  # the value of the goods, in US dollars, on the sample declaration

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskWorld]:
    with running_desk_world(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(scope="module")
def scans(world: DeskWorld) -> Iterator[str]:
    with serving(world.served) as origin:
        yield origin


@pytest.fixture(scope="module")
def desk(world: DeskWorld, scans: str) -> Iterator[str]:
    with world.desk(scans) as origin:
        yield origin


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


OpenDesk = Callable[..., DeskPage]


@pytest.fixture
def visit(browser: Browser, desk: str, world: DeskWorld) -> Iterator[OpenDesk]:
    """Opens the desk on a phone, signed in unless told otherwise."""
    contexts: list[BrowserContext] = []

    def go(
        gln: str | None = BROKER, *, language: str = "en", sign_in: bool = True, **options: Any
    ) -> DeskPage:
        context = browser.new_context(viewport=PHONE, reduced_motion="reduce", **options)
        contexts.append(context)
        wallet = world.wallet(gln) if gln else None
        if wallet:
            wallet.install(context)
        page = context.new_page()
        opened = DeskPage.watch(page, desk, wallet)
        page.goto(f"{desk}/?lang={language}")
        if options.get("java_script_enabled", True):
            page.wait_for_selector("h1", timeout=PATIENCE_MS)
            if sign_in:
                opened.sign_in()
        return opened

    yield go
    for context in contexts:
        context.close()


class TestClearance:
    def test_a_claim_is_confirmed_and_a_reused_certificate_is_not(
        self, visit: OpenDesk, world: DeskWorld, browser: Browser, scans: str
    ) -> None:
        broker = visit()
        broker.hand_in(LOT, "CUSTOMS_DECLARATION", DECLARATION)
        assert broker.mark_of("netKg") == "read"
        assert "10,368" in broker.page.locator("#f-netKg-source q").inner_text()
        assert broker.mark_of("issuedAt") == "part"
        broker.fill_time()
        broker.submit()
        broker.wait_sent()
        world.sync()
        assert "claimed, not yet confirmed" in broker.wait_outcome()
        self.assert_sent_what_was_signed(broker)

        page = open_scan(browser, f"{scans}/01/{GTIN}/10/" + LOT)
        assert page.locator("html").get_attribute("data-verified") == "VALID"
        assert "Customs has not confirmed it" in page.locator("#papers").inner_text()
        assert SECRET not in page.content()
        page.context.close()

        world.run("customs", "confirm", f"{GTIN}/{LOT}", "--at", RELEASED_AT)
        world.sync()
        page = open_scan(browser, f"{scans}/01/{GTIN}/10/" + LOT)
        papers = page.locator("#papers").inner_text()
        assert "Cleared by customs" in papers
        assert "30.5 h from declaration to release" in papers
        page.context.close()
        broker.open_batch(LOT)
        assert broker.state_of("CUSTOMS_DECLARATION") == "CONFIRMED"
        broker.page.locator("[data-type=CUSTOMS_DECLARATION] .l a").click()
        assert "Customs has confirmed this very paper" in broker.wait_outcome()
        expect(broker.page.locator("main button")).to_have_count(0)  # it is not sent twice

        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        broker.page.fill("#f-number", OTHER_NUMBER)
        assert broker.mark_of("number") == "changed"
        broker.fill_time()
        broker.submit()
        broker.wait_sent()
        world.sync()
        broker.wait_outcome()
        page = open_scan(browser, f"{scans}/01/{GTIN}/10/" + OTHER_LOT)
        papers = page.locator("#papers").inner_text()
        assert "Contradicted" in papers
        assert re.search(rf"is used again.*{LOT} for 10368 kg; it covers 10368 kg", papers)
        page.context.close()
        broker.open_batch(OTHER_LOT)
        assert broker.state_of("CUSTOMS_DECLARATION") == "CONFLICT"
        assert "is used again" in broker.page.locator("#needed").inner_text()

    @staticmethod
    def assert_sent_what_was_signed(broker: DeskPage) -> None:
        assert broker.wallet
        (sent,) = broker.wallet.sent
        (typed,) = [
            json.loads(params[1])
            for method, params in broker.wallet.calls
            if method == "eth_signTypedData_v4"
        ]
        record = Record.unpack(bytes.fromhex(sent["data"][2:][200:288]))
        assert "0x" + record.digest.hex() == typed["message"]["commitment"]
        assert "netKg" in typed["message"]["openFields"]
        assert not {"valueUsd", "file"} & set(typed["message"]["openFields"])


class TestForm:
    def test_what_was_not_read_is_filled_in_by_the_person(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", ORIGIN)  # the wrong paper: little fits
        assert broker.mark_of("container") == "unread"
        broker.submit()
        broker.expect_problem("To put right")
        assert broker.problem_of("container") == "Fill this in from the paper."
        first = broker.page.evaluate("document.activeElement.getAttribute('aria-invalid')")
        assert first == "true"
        broker.page.fill("#f-container", "XMPU2603017")  # its check digit is wrong
        assert broker.mark_of("container") == "typed"
        expect(broker.page.locator("#f-container-wrong")).to_contain_text(
            "check digit", timeout=PATIENCE_MS
        )
        assert not broker.page.is_checked("#compared")
        self.assert_nothing_signed(broker)

    def test_nothing_is_sent_before_the_person_compared(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        broker.fill_time()
        broker.submit(compared=False)
        wrong = broker.page.locator("#compared-wrong")
        expect(wrong).to_contain_text("Compare the fields", timeout=PATIENCE_MS)
        assert broker.page.evaluate("document.activeElement.id") == "compared"
        broker.page.check("#compared")
        broker.page.fill("#f-tins", "11521")
        assert not broker.page.is_checked("#compared")  # it is not what was compared
        self.assert_nothing_signed(broker)

    @staticmethod
    def assert_nothing_signed(broker: DeskPage) -> None:
        assert broker.wallet
        assert "eth_signTypedData_v4" not in {method for method, _ in broker.wallet.calls}
        assert not [url for method, url in broker.asked if method == "PUT" and "statement" in url]

    def test_work_survives_a_reload_and_a_session_that_ends(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        broker.page.fill("#f-label", "over-label")
        broker.fill_time()
        broker.page.reload()
        broker.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        assert broker.page.input_value("#f-label") == "over-label"
        assert broker.mark_of("label") == "changed"
        broker.page.context.clear_cookies()
        broker.submit()
        expect(broker.page.locator("h1")).to_have_text("Sign in again", timeout=PATIENCE_MS)
        assert "What you were working on is kept" in broker.page.locator("main").inner_text()
        broker.sign_in()
        broker.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        assert broker.page.input_value("#f-label") == "over-label"
        session, local = broker.kept()
        assert SECRET in session
        assert local == "[]"
        broker.page.locator("#who button").click()
        expect(broker.page.locator("h1")).to_have_text("Sign in", timeout=PATIENCE_MS)
        assert broker.kept() == ("[]", "[]")
        broker.sign_in()
        broker.open_batch(OTHER_LOT)
        broker.page.locator("[data-type=CUSTOMS_DECLARATION] .l a").last.click()
        broker.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        assert (
            broker.mark_of("label") == "read"
        )  # what the desk keeps is there, what was typed is not


class TestFiles:
    def test_another_kind_of_file_is_not_even_sent(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.open_batch(OTHER_LOT)
        broker.add("CUSTOMS_DECLARATION")
        broker.choose({"name": "declaration.docx", "mimeType": "x/y", "buffer": b"PK"})
        broker.expect_problem("declaration.docx is no PDF.*Save or scan the paper as a PDF")
        assert not [url for method, url in broker.asked if method == "PUT"]

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", "The file was refused: the PDF does not end with its end mark.*Ask for"),
            ("zh", "文件未被接受.PDF 没有以结束标记结尾.*请索取"),
        ],
    )
    def test_a_refused_file_shows_the_reason(
        self, visit: OpenDesk, language: str, words: str
    ) -> None:
        broker = visit(language=language)
        broker.open_batch(OTHER_LOT)
        broker.add("CUSTOMS_DECLARATION")
        cut = DECLARATION.read_bytes()[:-20]
        broker.choose({"name": "cut.pdf", "mimeType": "application/pdf", "buffer": cut})
        broker.expect_problem(words)
        expect(broker.page.locator("form.paper")).to_have_count(0)

    def test_a_file_may_be_dropped_on_its_row(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.open_batch(OTHER_LOT)
        data = broker.page.evaluate_handle(
            """text => {
                const dropped = new DataTransfer();
                const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
                dropped.items.add(new File([bytes], "declaration.pdf"));
                return dropped;
            }""",
            base64.b64encode(DECLARATION.read_bytes()).decode(),
        )
        row = broker.page.locator("[data-type=CUSTOMS_DECLARATION]")
        row.dispatch_event("drop", {"dataTransfer": data})
        broker.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        assert broker.mark_of("grossKg") == "read"


class TestSending:
    def test_a_desk_that_names_another_transaction_is_not_obeyed(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        broker.fill_time()

        def lie(route: Route) -> None:
            answer = route.fetch()
            body = answer.json()
            data = body["transaction"]["data"]
            body["transaction"]["data"] = data[:240] + "00000000" + data[248:]
            route.fulfill(response=answer, json=body)

        broker.page.route("**/statement", lie)
        broker.submit()
        broker.expect_problem("another paper.s fingerprint.*Nothing was sent")
        assert broker.wallet
        assert broker.wallet.sent == []

    def test_who_declines_loses_nothing(self, visit: OpenDesk) -> None:
        broker = visit()
        assert broker.wallet
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        broker.fill_time()
        broker.wallet.declines = {"eth_signTypedData_v4"}
        broker.submit()
        broker.expect_problem("You declined in the wallet.*What you filled in is kept")
        assert broker.page.input_value("#f-netKg") == "10368"
        assert broker.wallet.sent == []

    def test_without_a_wallet_the_command_line_signs_and_sends(
        self, visit: OpenDesk, world: DeskWorld, tmp_path: Path
    ) -> None:
        authority = visit(None, sign_in=False)
        page = authority.page
        page.fill("#address", world.wallet(AUTHORITY).account.address)
        page.locator("details form button").first.click()
        self.sign_by_hand(page, world, tmp_path / "message.txt")
        page.wait_for_selector("#who:not([hidden])", timeout=PATIENCE_MS)
        authority.hand_in(OTHER_LOT, "HEALTH_CERTIFICATE", HEALTH)
        authority.fill_time()
        authority.submit()
        page.wait_for_selector("#signature", timeout=PATIENCE_MS)
        page.fill("#signature", "0x" + "11" * 65)
        page.locator("form:has(#signature) button").click()
        authority.expect_problem("signature")
        self.sign_by_hand(page, world, tmp_path / "statement.json")
        expect(page.locator("pre.copy").first).to_contain_text("tracer desk send")
        command = page.locator("pre.copy").first.text_content() or ""
        world.run(*command.split()[1:])
        world.sync()
        assert "contradicts something there" in authority.wait_outcome()  # it names another lot
        assert LOT in page.locator("section .bad").first.inner_text()

    @staticmethod
    def sign_by_hand(page: Page, world: DeskWorld, file: Path) -> None:
        command = page.locator("pre.copy", has_text="tracer desk sign")
        expect(command).to_contain_text(file.name, timeout=PATIENCE_MS)
        shown = page.locator("pre.copy", has_not_text="tracer desk sign")
        file.write_text(shown.text_content() or "", "utf-8")
        words = (command.text_content() or "").replace(file.name, str(file)).split()
        page.fill("#signature", world.run(*words[1:]).strip())
        page.locator("form:has(#signature) button").click()


class TestPage:
    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "This page needs JavaScript"), ("zh", "本页需要 JavaScript")],
    )
    def test_without_script_it_says_what_to_do(
        self, visit: OpenDesk, language: str, words: str
    ) -> None:
        opened = visit(None, language=language, java_script_enabled=False)
        text = opened.page.locator("main").inner_text()
        assert words in text
        assert "tracer desk --help" in text

    def test_it_asks_nobody_but_the_desk(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.hand_in(OTHER_LOT, "CUSTOMS_DECLARATION", DECLARATION)
        assert {
            url for _, url in broker.asked if not url.startswith((broker.origin, "data:"))
        } == set()
        refused = [text for text in broker.said if "401" not in text]  # nobody is signed in yet
        assert refused == []

    @pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
    def test_anyone_can_use_it(self, visit: OpenDesk, language: str, scheme: str) -> None:
        broker = visit(language=language, color_scheme=scheme, bypass_csp=True, sign_in=False)
        assert_usable(broker.page)
        broker.sign_in()
        assert_usable(broker.page)
        broker.open_batch(LOT)
        assert_usable(broker.page)
        broker.open_batch(OTHER_LOT)
        broker.add("CUSTOMS_DECLARATION")
        assert_usable(broker.page)
        broker.choose(ORIGIN)
        broker.page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        broker.submit()
        broker.page.wait_for_selector(".problem", timeout=PATIENCE_MS)
        assert_usable(broker.page)

    def test_it_works_with_the_keyboard_alone(self, visit: OpenDesk) -> None:
        broker = visit()
        broker.open_batch(OTHER_LOT)
        page = broker.page
        page.on("filechooser", lambda chooser: chooser.set_files(DECLARATION))
        tab_to(page, "[data-type=CUSTOMS_DECLARATION] a.button")
        page.keyboard.press("Enter")
        page.wait_for_selector(".drop", timeout=PATIENCE_MS)
        assert page.evaluate("document.activeElement.tagName") == "H1"
        tab_to(page, "#file")
        ring = page.locator("label[for=file]").evaluate("e => getComputedStyle(e).outlineStyle")
        assert ring == "solid"
        page.keyboard.press("Enter")
        page.wait_for_selector("form.paper", timeout=PATIENCE_MS)
        tab_to(page, "#compared")
        page.keyboard.press("Space")
        assert page.is_checked("#compared")
