"""Pages that are open follow what happens, in place."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look
from tests.browser.state import State

# What a reload, or a swap of the whole page, would take away.
MARK = """() => {
  window.mark = document.querySelector(".league tbody tr");
  window.chart = document.querySelector("[data-chart] svg.main-svg");
  window.scrollTo(0, 200);
  getSelection().selectAllChildren(document.querySelector(".page-sub"));
}"""
KEPT = """() => [
  window.mark.isConnected, window.chart.isConnected, window.scrollY,
  getSelection().toString().length > 20, document.activeElement.id, document.querySelector("#search").value,
]"""


def test_a_new_day_appears_while_the_page_is_open(own_look: Look, own_state: State) -> None:
    watched = own_look("/", viewport={"width": 1280, "height": 500})
    page = watched.page
    until = page.locator(".page-sub b").last
    before = until.inner_text()
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.locator("#search").fill("half typed")
    page.evaluate(MARK)
    own_state.sunsift.do("ingest", own_state.later)
    own_state.sunsift.do("settle", "--quiet-minutes", "0")
    expect(until).not_to_have_text(before, timeout=30_000)
    assert page.evaluate(KEPT)[:2] == [True, True]
    assert page.evaluate(KEPT)[3:] == [True, "search", "half typed"]
    assert page.evaluate(KEPT)[2] > 0
    pages_asked = [url for url in watched.asked if url == f"{watched.origin}/"]
    assert len(pages_asked) == 1
    watched.settled()


def test_the_pipeline_follows_and_says_so_to_who_listens(own_look: Look, own_state: State) -> None:
    page = own_look("/pipeline").page
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    own_state.sunsift.do("quarantine", "discard", "--code", "not_json", "--yes")
    expect(page.locator("#quarantine tbody tr")).to_have_count(3, timeout=30_000)
    expect(page.locator("#live-news")).to_contain_text("3 messages in quarantine")


@pytest.mark.parametrize("path", ["/pipeline"])
def test_a_session_that_ended_is_told(own_look: Look, own_state: State, path: str) -> None:
    watched = own_look(path)
    page = watched.page
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.context.clear_cookies()
    own_state.sunsift.do("quarantine", "discard", "--code", "not_json", "--yes")
    expect(page.locator("[data-live-state]")).to_contain_text("The session is over", timeout=30_000)
    # What it asked for in vain.
    assert {"401" in line for line in watched.trouble} == {True}
    watched.trouble.clear()
