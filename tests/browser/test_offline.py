"""Without a connection: opened passports open again, saved proofs are checked, the rest says so."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from served_world import World, running_world, serving
from silent_relay import relaying
from tool_pages import CHROMIUM, PHONE, launched, open_page, violations, wide_or_small

from tracer.chain.anvil import free_port

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]

INDEX = "/offline/index.json"
KEPT = f"""async (path) => {{
  const cache = await caches.open("tracer-tins-1");
  const index = await (await cache.match("{INDEX}"))?.json() ?? [];
  return index.some(({{ page }}) => page.startsWith(path));
}}"""
CONCLUDED = "html[data-verified]:not([data-verified=pending])"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("offline") / "home", ("nz", "ie")) as running:
        yield running


@pytest.fixture(scope="module")
def origin(world: World) -> Iterator[str]:
    with serving(world) as running:
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as running:
        yield running


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE)
    yield context
    context.close()


def wait_kept(page: Page, path: str) -> None:
    """Wait until the device keeps a page; the service worker says nothing when it is done."""
    for _ in range(300):
        if page.evaluate(KEPT, path):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{path} is not kept")


def open_tin(phone: BrowserContext, origin: str, path: str) -> Page:
    page = phone.new_page()
    page.goto(origin + path)
    page.wait_for_selector("html[data-papers=VALID]", timeout=60_000)
    wait_kept(page, path.partition("?")[0])
    return page


class TestOpenedPassport:
    @pytest.mark.parametrize(
        ("language", "line", "last"),
        [
            ("en", r"kept on this device \d+ seconds ago", r"last checked it: \d+ seconds ago"),
            ("zh", r"\d+ 秒前保存在本机", r"上次核验.\d+ 秒前"),
        ],
    )
    def test_opens_again_with_its_age(
        self,
        phone: BrowserContext,
        origin: str,
        world: World,
        *,
        language: str,
        line: str,
        last: str,
    ) -> None:
        page = open_tin(phone, origin, f"{world.path()}?lang={language}")
        product = page.locator("main").inner_text()[:60]
        phone.set_offline(True)
        page.reload()
        page.wait_for_selector("html[data-verified=ERROR]", timeout=60_000)
        root = page.locator("html")
        assert root.get_attribute("data-verdict") == "COULD_NOT_CHECK"
        assert re.search(line, page.locator("p.kept").inner_text())
        assert re.search(last, page.locator("header").inner_text())
        assert page.locator("main").inner_text()[:60] == product
        page.wait_for_function("!document.querySelector('a.rest')")  # what was folded away is kept

    def test_opens_by_its_code_whatever_the_language_was(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        open_tin(phone, origin, f"{world.path()}?lang=zh").close()
        phone.set_offline(True)
        page = phone.new_page()
        page.goto(origin + world.path())
        page.wait_for_selector("html[data-verified=ERROR]", timeout=60_000)
        assert page.locator("html").get_attribute("lang") == "zh-CN"

    def test_what_lies_under_the_seal_is_not_kept(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        page = open_tin(phone, origin, f"{world.path()}?lang=en#open=SECRET-CODE")
        kept = page.evaluate(
            "async () => JSON.stringify(await (await (await caches.open('tracer-tins-1'))"
            f".match('{INDEX}')).json())"
        )
        assert "SECRET" not in kept

    def test_a_connection_that_does_not_answer_is_none(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        with relaying(origin) as relay:
            page = open_tin(phone, relay.url, world.path())
            relay.silent.set()
            begun = time.monotonic()
            page.reload(timeout=60_000, wait_until="commit")
            page.locator("p.kept").wait_for()
            assert time.monotonic() - begun < 15  # 3.5 s of waiting, on a busy machine
            page.wait_for_selector("html[data-verified=VALID]", timeout=60_000)  # the node answers

    def test_with_a_connection_the_newest_page_is_shown(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        page = open_tin(phone, origin, world.path())
        page.reload()
        page.wait_for_selector("html[data-verified=VALID]", timeout=60_000)
        assert page.locator("p.kept").count() == 0


class TestNeverOpened:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_says_so_and_lists_what_is_kept(
        self, phone: BrowserContext, origin: str, world: World, language: str
    ) -> None:
        page = open_tin(phone, origin, f"{world.path()}?lang={language}")
        phone.set_offline(True)
        page.goto(f"{origin}{world.path('ie')}?lang={language}")
        words = {"en": "has not been opened on this device", "zh": "本机没有打开过该页面"}
        assert words[language] in page.locator("main").inner_text()
        page.locator("#list a").first.click()
        page.wait_for_selector("html[data-verified=ERROR]", timeout=60_000)
        assert world.path() in page.url

    def test_everything_can_be_forgotten(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        page = open_tin(phone, origin, f"{world.path()}?lang=en")
        page.goto(f"{origin}/offline?lang=en")
        page.locator("#list a").wait_for()
        page.get_by_role("button", name="Forget all of them").click()
        page.get_by_text("No tin is kept on this device.").wait_for()
        assert page.evaluate("Object.keys(localStorage)") == []
        assert page.evaluate(KEPT, world.path()) is False


class TestBounds:
    def test_at_most_thirty_pages_and_nothing_of_others(
        self, phone: BrowserContext, origin: str, world: World
    ) -> None:
        page = open_tin(phone, origin, world.path())
        ask = """async (paths) => {
            const { active } = await navigator.serviceWorker.ready;
            for (const path of paths) active.postMessage(
                { page: new URL(path, location.href).href, parts: [], lang: "en", title: "t" });
        }"""
        batch = world.path(tin=False)
        paths = [f"{batch}?lang=x{n}" for n in range(34)]
        page.evaluate(ask, ["https://evil.example/01/1", "/v1/batches", "/healthz", *paths])
        wait_kept(page, paths[-1])
        index = page.evaluate(
            f"async () => (await (await caches.open('tracer-tins-1')).match('{INDEX}')).json()"
        )
        assert [one["page"] for one in index] == paths[-30:]
        urls = page.evaluate(
            "async () => (await (await caches.open('tracer-tins-1')).keys()).map((r) => r.url)"
        )
        assert all(url.startswith(origin) for url in urls)
        assert len(urls) == 31  # with the index; the first tin's proof and scripts went with it


Check = Callable[..., tuple[Page, str]]


@pytest.fixture
def check(browser: Browser, origin: str, world: World, tmp_path: Path) -> Check:
    """Saves a tin's proof, changes it, and has /check look at it."""

    def go(
        change: Callable[[str], str] = str,
        *,
        at: str = origin,
        code: str = "",
        language: str = "en",
    ) -> tuple[Page, str]:
        page = open_page(browser, f"{origin}{world.path()}?lang=en")
        with page.expect_download() as download:
            page.locator("a[download]").click()
        saved = tmp_path / "bundle.json"
        saved.write_text(change(download.value.path().read_text("utf-8")), encoding="utf-8")
        page = open_page(browser, f"{at}/check?lang={language}", bypass_csp=True)
        if code:
            page.locator("summary").click()
            page.locator("#code").fill(code)
        page.set_input_files("#file", saved)
        page.wait_for_selector(CONCLUDED, timeout=60_000)
        return page, page.locator("html").get_attribute("data-verified") or ""

    return go


class TestSavedProof:
    def test_is_genuine(self, check: Check, world: World) -> None:
        page, outcome = check(code=f"https://id.example.org{world.path()}")
        assert outcome == "VALID"
        assert page.locator("h2").first.inner_text() == "Genuine and complete"
        statuses = page.locator("#steps li").evaluate_all("e => e.map((li) => li.dataset.status)")
        assert len(statuses) == 10
        assert set(statuses) <= {"VALID", "SKIPPED"}

    def test_of_another_tin_is_not_the_scanned_ones(self, check: Check, world: World) -> None:
        page, outcome = check(code=f"https://id.example.org{world.path('ie')}")
        assert outcome == "INVALID"
        assert page.locator("#steps li").first.get_attribute("data-status") == "INVALID"

    def test_that_was_changed_is_named(self, check: Check) -> None:
        def change(text: str) -> str:
            bundle = json.loads(text)
            bundle["records"][0]["occurredAt"] += 60
            return json.dumps(bundle)

        page, outcome = check(change)
        assert outcome == "INVALID"
        assert "record 0" in page.locator("#c-text").inner_text()

    @pytest.mark.parametrize("body", ["<html>", "{}", '{"format": "other/1"}', "null"])
    def test_a_file_that_is_none(self, check: Check, body: str) -> None:
        _, outcome = check(lambda _text: body)
        assert outcome == "no_proof"

    def test_with_the_node_down_everything_else_is_checked(
        self, check: Check, world: World
    ) -> None:
        with serving(world, rpc_url=f"http://127.0.0.1:{free_port()}") as deaf:
            page, outcome = check(at=deaf)
            assert outcome == "ERROR"
            statuses = page.locator("#steps li").evaluate_all("e => e.map((x) => x.dataset.status)")
            assert statuses[3] == "ERROR"
            assert statuses[2] == "VALID"
            assert "says nothing against the tin" in page.locator("#c-text").inner_text()

    def test_without_a_connection(
        self, phone: BrowserContext, origin: str, world: World, tmp_path: Path
    ) -> None:
        page = open_tin(phone, origin, f"{world.path()}?lang=en")
        with page.expect_download() as download:
            page.locator("a[download]").click()
        saved = tmp_path / "bundle.json"
        download.value.save_as(saved)
        page.goto(f"{origin}/check?lang=en")
        wait_kept(page, "/check")
        phone.set_offline(True)
        page.reload()
        page.set_input_files("#file", saved)
        page.wait_for_selector("html[data-verified=ERROR]", timeout=60_000)
        assert page.locator("p.kept").count() == 1

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_anyone_can_use_it(self, check: Check, *, language: str, scheme: str) -> None:
        page, outcome = check(language=language)
        page.emulate_media(color_scheme=scheme)
        assert outcome == "VALID"
        page.locator("summary").click()
        assert violations(page) == []
        assert wide_or_small(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_anyone_can_use_the_list(
    browser: Browser, origin: str, *, language: str, scheme: str
) -> None:
    url = f"{origin}/offline?lang={language}"
    page = open_page(browser, url, bypass_csp=True, color_scheme=scheme)
    assert violations(page) == []
    assert wide_or_small(page) == []
