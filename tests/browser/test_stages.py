"""The page checks twice: what waits for what, and which lies the first check finds alone."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from page_steps import (
    CHROMIUM,
    SETTLED,
    Open,
    answering,
    change_answer,
    verdict,
    weaken,
    without_second,
)
from playwright.sync_api import Route
from served_world import World

pytestmark = [
    pytest.mark.integration,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium or Chrome is installed"),
]


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
            serial = world.path().rpartition("/")[2]
            start = text.index("data-tin='") + len(f"data-tin='{serial} 0 11520 ")
            other = "A" if text[start] != "A" else "B"
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
