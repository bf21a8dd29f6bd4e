"""Every page as people meet it: without errors, for all senses, in light and dark, on a phone."""

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look
from tests.support.browser import PHONE, Watched
from tests.support.web import Site

NAMES = ("fleet", "house", "no_readings", "pipeline", "message", "missing", "login")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    "resultTypes": ["violations"],
}
MISSING = "/houses/nothing"


@pytest.fixture
def path(request: pytest.FixtureRequest, site: Site) -> str:
    message = next(iter(site.parts.records.quarantine()))
    return {
        "fleet": "/",
        "house": "/houses/6102000001",
        "no_readings": "/houses/6102999999",
        "pipeline": "/pipeline",
        "message": f"/pipeline/quarantine/{message.id}",
        "missing": MISSING,
        "login": "/login",
    }[request.param]


def opened(look: Look, path: str, **how: Any) -> Watched:
    watched = look(path, **how)
    if path == MISSING:
        # The browser reports that a page is missing which is asked for in order to be missing.
        watched.trouble[:] = [line for line in watched.trouble if "status of 404" not in line]
    return watched


def violations(page: Page) -> list[str]:
    return [
        f"{rule['id']}: {rule['help']}: {json.dumps([node['html'] for node in rule['nodes']])[:600]}"
        for rule in Axe().run(page, options=RULES).response["violations"]
    ]


@pytest.mark.parametrize("path", NAMES, indirect=True)
def test_a_page_is_for_everybody_in_light_and_dark(look: Look, path: str) -> None:
    watched = opened(look, path)
    page = watched.page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for details in page.locator("details").all()[:1]:  # tables of charts are all alike, and long
        details.evaluate("details => { details.open = true; }")
    light = page.locator("html").evaluate("e => getComputedStyle(e).backgroundColor")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    watched.settled()
    assert page.locator("html").evaluate("e => getComputedStyle(e).backgroundColor") != light
    assert violations(page) == []


@pytest.mark.parametrize("path", ["fleet", "house", "pipeline", "message", "login"], indirect=True)
def test_a_page_fits_a_phone(look: Look, path: str) -> None:
    page = opened(look, path, **PHONE).page
    width, seen = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width <= seen == 390
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for chart in page.locator("[data-chart]").locator("visible=true").all():
        expect(chart.locator("svg.main-svg").first).to_be_visible()
        assert len(chart.get_attribute("aria-label") or "") > 20
