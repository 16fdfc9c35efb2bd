"""The scan page in a real Chromium, whose camera films a label that we drew."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from camera_frames import Sight, see, write_y4m
from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright
from served_world import World, running_world, serving
from tool_pages import (
    CAMERA,
    CHROMIUM,
    filming,
    launched,
    open_page,
    violations,
    wait_state,
    wide_or_small,
)
from tracer_api.decoder import decoder_dir

MAX_BYTES = 20_000  # of /scan with all that it loads, in brotli
SIGHTS = {
    "straight": Sight(),
    "turned": Sight(turn=31),
    "upside down, small": Sight(turn=187, size=0.6),
    "blurred": Sight(blur=2.2),
    "on a tin": Sight(bent=True, turn=-8),
    "on a tin, blurred, half in the dark": Sight(bent=True, turn=14, blur=1.2, dark=0.75),
}
NEED_DECODER = pytest.mark.skipif(
    not decoder_dir(), reason="the decoder's package is not installed (npm ci)"
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("scanner") / "home") as running:
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
    """A browser whose camera shows a moving test picture without a code."""
    with launched(playwright, CAMERA) as running:
        yield running


@pytest.fixture(scope="module")
def blind(playwright: Playwright) -> Iterator[Browser]:
    """A browser on a machine without a camera."""
    with launched(playwright) as running:
        yield running


def printed(world: World) -> str:
    """What a label says: the configured origin, not this server's own address."""
    return world.settings.public_origin + world.path()


def said(page: Page) -> str:
    return page.locator("#say").inner_text()


@NEED_DECODER
class TestCamera:
    @pytest.mark.parametrize("name", SIGHTS)
    def test_a_filmed_label_opens_the_tins_page_which_checks_itself(
        self, playwright: Playwright, origin: str, world: World, tmp_path: Path, *, name: str
    ) -> None:
        film = write_y4m(tmp_path / "film.y4m", see(printed(world), SIGHTS[name]))
        with filming(playwright, film) as browser:
            page = open_page(browser, f"{origin}/scan", permissions=["camera"])
            page.wait_for_url(f"{origin}{world.path()}", timeout=60_000)
            page.wait_for_selector("html[data-verified=VALID]", timeout=60_000)
            assert page.locator("html").get_attribute("data-verdict") == "OK"

    def test_the_chosen_language_goes_along(
        self, playwright: Playwright, origin: str, world: World, tmp_path: Path
    ) -> None:
        film = write_y4m(tmp_path / "film.y4m", see(printed(world), Sight()))
        with filming(playwright, film) as browser:
            page = open_page(browser, f"{origin}/scan?lang=zh", permissions=["camera"])
            page.wait_for_url(f"{origin}{world.path()}?lang=zh", timeout=60_000)

    def test_a_code_of_another_host_is_named_and_not_opened(
        self, playwright: Playwright, origin: str, world: World, tmp_path: Path
    ) -> None:
        text = f"https://tracer.evil.example{world.path()}"
        film = write_y4m(tmp_path / "film.y4m", see(text, Sight()))
        with filming(playwright, film) as browser:
            page = open_page(browser, f"{origin}/scan?lang=en", permissions=["camera"])
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            wait_state(page, "foreign")
            assert "tracer.evil.example" in said(page)
            page.wait_for_timeout(500)
            assert page.url == f"{origin}/scan?lang=en"
            assert not [url for url in asked if "evil" in url]

    def test_a_code_that_is_no_address_is_called_that(
        self, playwright: Playwright, origin: str, tmp_path: Path
    ) -> None:
        film = write_y4m(tmp_path / "film.y4m", see("WIFI:S:home;P:secret;;", Sight()))
        with filming(playwright, film) as browser:
            page = open_page(browser, f"{origin}/scan?lang=en", permissions=["camera"])
            wait_state(page, "no_tin")
            assert page.url == f"{origin}/scan?lang=en"

    def test_no_frame_leaves_the_device(self, browser: Browser, origin: str) -> None:
        context = browser.new_context(permissions=["camera"])
        page = context.new_page()
        sent: list[str] = []
        context.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
        page.goto(f"{origin}/scan")
        wait_state(page, "looking")
        page.wait_for_timeout(1_500)
        assert {line.split()[0] for line in sent if not line.startswith("GET blob")} == {"GET"}
        assert all(line.split()[1].startswith((origin, "data:")) for line in sent)
        assert context.cookies() == []
        context.close()

    def test_the_camera_stops_when_the_page_is_left_alone(
        self, browser: Browser, origin: str
    ) -> None:
        page = open_page(browser, f"{origin}/scan", permissions=["camera"])
        wait_state(page, "looking")
        page.evaluate("globalThis.held = document.getElementById('video').srcObject.getTracks()")
        hide = """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
        page.evaluate(hide, True)
        assert page.evaluate("held.map((track) => track.readyState)") == ["ended"]
        page.evaluate(hide, False)
        wait_state(page, "looking")
        assert page.evaluate("document.getElementById('video').srcObject !== null")

    def test_a_light_that_the_camera_has_can_be_switched(
        self, browser: Browser, origin: str
    ) -> None:
        context = browser.new_context(permissions=["camera"])
        context.add_init_script(
            "globalThis.asked = [];"
            "MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });"
            "MediaStreamTrack.prototype.applyConstraints ="
            " async ({ advanced }) => { asked.push(advanced[0].torch); };"
        )
        page = context.new_page()
        page.goto(f"{origin}/scan?lang=en")
        light = page.get_by_role("button", name="Light")
        light.click()
        light.click()
        assert page.evaluate("asked") == [True, False]
        context.close()

    def test_a_camera_without_a_light_offers_none(self, browser: Browser, origin: str) -> None:
        page = open_page(browser, f"{origin}/scan", permissions=["camera"])
        wait_state(page, "looking")
        assert not page.locator("#torch").is_visible()

    def test_it_starts_by_itself_only_where_it_was_allowed_before(
        self, browser: Browser, origin: str
    ) -> None:
        page = open_page(browser, f"{origin}/scan")
        wait_state(page, "ready")
        page.wait_for_timeout(300)
        assert page.locator("#open").is_visible()
        assert page.evaluate("document.getElementById('video').srcObject") is None


class TestNoCamera:
    def test_refused(self, browser: Browser, origin: str) -> None:
        page = open_page(browser, f"{origin}/scan?lang=en")
        page.locator("#open").click()  # headless Chromium refuses what was not granted
        wait_state(page, "refused")
        assert "settings for this site" in said(page)

    def test_missing(self, blind: Browser, origin: str) -> None:
        page = open_page(blind, f"{origin}/scan?lang=en", permissions=["camera"])
        wait_state(page, "missing")
        assert "No camera was found" in said(page)

    @pytest.mark.parametrize(
        ("error", "state"), [("NotReadableError", "in_use"), ("TypeError", "failed")]
    )
    def test_other_reasons(self, browser: Browser, origin: str, *, error: str, state: str) -> None:
        page = open_page(browser, f"{origin}/scan?lang=en")
        page.evaluate(
            "(name) => { navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('', name)); }",
            error,
        )
        page.locator("#open").click()
        wait_state(page, state)

    def test_an_insecure_address_says_so(self, browser: Browser, origin: str) -> None:
        script = "Object.defineProperty(globalThis, 'isSecureContext', { value: false })"
        context = browser.new_context()
        context.add_init_script(script)
        page = context.new_page()
        page.goto(f"{origin}/scan?lang=en")
        wait_state(page, "insecure")
        assert "secure address" in said(page)
        context.close()

    def test_no_other_page_may_ask_for_it(self, browser: Browser, origin: str) -> None:
        page = open_page(browser, f"{origin}/check", permissions=["camera"])
        ask = "navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'got', e => e.name)"
        assert page.evaluate(ask) == "NotAllowedError"


class TestPhoto:
    @NEED_DECODER
    def test_is_read_in_the_page(
        self, browser: Browser, origin: str, world: World, tmp_path: Path
    ) -> None:
        photo = tmp_path / "photo.jpg"
        see(printed(world), SIGHTS["on a tin, blurred, half in the dark"]).save(photo)
        page = open_page(browser, f"{origin}/scan")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.set_input_files("#photo", photo)
        page.wait_for_url(f"{origin}{world.path()}", timeout=60_000)
        assert "PUT" not in sent

    def test_is_sent_only_when_the_reader_says_so(
        self, browser: Browser, origin: str, world: World, tmp_path: Path
    ) -> None:
        photo = tmp_path / "photo.jpg"
        see(printed(world), Sight(bent=True)).save(photo)
        page = browser.new_context(service_workers="block").new_page()
        page.route(re.compile(r"/decoder\.js"), lambda route: route.abort())
        page.goto(f"{origin}/scan?lang=en")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.set_input_files("#photo", photo)
        wait_state(page, "ask_server")
        assert "send the photo to this server" in said(page)
        assert "PUT" not in sent
        page.get_by_role("button", name="Send the photo to be read").click()
        page.wait_for_url(f"{origin}{world.path()}*", timeout=60_000)
        assert sent.count("PUT") == 1

    def test_what_is_sent_has_no_place_and_time_in_it(
        self, browser: Browser, origin: str, tmp_path: Path
    ) -> None:
        photo = tmp_path / "photo.jpg"
        frame = see("x", Sight())
        frame.save(photo, exif=exif_with("Nanjing Road"))
        assert b"Nanjing Road" in photo.read_bytes()
        bodies: list[bytes] = []

        def catch(route: Route) -> None:
            bodies.append(route.request.post_data_buffer or b"")
            route.fulfill(json={"texts": []})

        page = browser.new_context(service_workers="block").new_page()
        page.route(re.compile(r"/decoder\.js"), lambda route: route.abort())
        page.route("**/v1/photos", catch)
        page.goto(f"{origin}/scan")
        page.set_input_files("#photo", photo)
        wait_state(page, "ask_server")
        page.locator("#send").click()
        wait_state(page, "no_code")
        assert bodies[0][:3] == b"\xff\xd8\xff"
        assert b"Nanjing Road" not in bodies[0]

    @NEED_DECODER
    def test_without_a_code_the_server_may_try_and_says_so_too(
        self, browser: Browser, origin: str, tmp_path: Path
    ) -> None:
        photo = tmp_path / "photo.png"
        see("x", Sight()).crop((0, 0, 200, 200)).save(photo)
        page = open_page(browser, f"{origin}/scan?lang=en")
        page.set_input_files("#photo", photo)
        wait_state(page, "ask_server")
        page.locator("#send").click()
        wait_state(page, "no_code")

    def test_a_file_that_is_no_picture(self, browser: Browser, origin: str, tmp_path: Path) -> None:
        (tmp_path / "photo.jpg").write_text("no picture")
        page = open_page(browser, f"{origin}/scan?lang=en")
        page.set_input_files("#photo", tmp_path / "photo.jpg")
        wait_state(page, "no_picture")


def exif_with(place: str) -> bytes:
    from PIL import Image  # noqa: PLC0415 - only here

    exif = Image.Exif()
    exif[0x010E] = place  # ImageDescription
    return exif.tobytes()


class TestForm:
    @NEED_DECODER
    def test_everything_it_loads_is_small(self, browser: Browser, origin: str) -> None:
        context = browser.new_context(
            permissions=["camera"], extra_http_headers={"accept-encoding": "br"}
        )
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        received: list[float] = []
        session.on(
            "Network.loadingFinished", lambda event: received.append(event["encodedDataLength"])
        )
        sizes: list[tuple[str, int]] = []

        page.on(
            "response",
            lambda r: (
                sizes.append((r.url, r.request.sizes()["responseBodySize"]))
                if r.request.resource_type != "other"
                else None
            ),
        )
        page.goto(f"{origin}/scan")
        wait_state(page, "looking")
        page.wait_for_timeout(300)
        assert len(sizes) >= 3  # page, script, decoder
        assert sum(size for _, size in sizes) <= MAX_BYTES, sizes
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_anyone_can_use_it(
        self, browser: Browser, origin: str, *, language: str, scheme: str
    ) -> None:
        url = f"{origin}/scan?lang={language}"
        page = open_page(browser, url, bypass_csp=True, color_scheme=scheme)
        wait_state(page, "ready")
        assert violations(page) == []
        page.locator("#open").click()
        wait_state(page, "refused")
        assert violations(page) == []
        assert wide_or_small(page) == []

    def test_without_script_it_says_what_else_reads_the_code(
        self, browser: Browser, origin: str
    ) -> None:
        page = open_page(browser, f"{origin}/scan?lang=en", java_script_enabled=False)
        assert "own camera app" in page.locator("main").inner_text()
        assert not page.locator("#open").is_visible()
