"""What people do on the pages, clicked and typed as they do it."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from sunsift.domain.house import House
from tests.browser.conftest import Look
from tests.browser.state import HOUSES
from tests.support.browser import watching
from tests.support.web import Site

A_PAGE = 25


def rows(page: Page) -> Locator:
    return page.locator(".league tbody tr")


def houses(page: Page) -> list[str]:
    return [name.strip() for name in page.locator(".league tbody tr td:first-child").all_inner_texts()]


def test_logging_in_and_out(browser: Browser, site: Site) -> None:
    with watching(browser, site.url) as watched:
        page = watched.page
        watched.go("/houses/6102000001?x=1")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("sunsift_" + "A" * 43)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("This token is not known")
        # The browser tells of the refusal, too.
        assert len(watched.trouble) == 1
        assert "401" in watched.trouble.pop()
        page.get_by_label("Token").fill(site.token())
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/houses/6102000001?x=1")
        watched.settled()
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        # A link of another site leads to the page itself, not to the login.
        page.goto(f"data:text/html,<a href='{site.url}/pipeline'>there</a>")
        page.get_by_text("there").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Pipeline")
        watched.settled()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        watched.go("/pipeline")
        assert urlsplit(page.url).path == "/login"
        watched.is_fine()


def test_filtering_searching_and_sorting_the_league(look: Look, site: Site) -> None:
    watched = look("/")
    page = watched.page
    assert rows(page).count() == A_PAGE
    expect(page.locator(".league .pager")).to_contain_text(f"of {HOUSES + 1}")
    page.get_by_label("Status", exact=True).select_option("poor")
    page.wait_for_url("**status=poor**")
    shown = rows(page).count()
    assert 0 < shown < A_PAGE
    assert rows(page).locator(".chip.poor").count() == shown
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url(f"{site.url}/")
    page.get_by_role("link", name="House", exact=True).click()
    page.wait_for_url("**order=house**")
    assert houses(page) == sorted(houses(page))
    page.locator("#search").fill("00001")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=00001**")
    assert houses(page) == [f"6102{n:06d}" for n in (1, *range(10, 20))]
    assert parse_qs(urlsplit(page.url).query)["order"] == ["house"]
    watched.settled()


def test_downloading_what_is_filtered(look: Look) -> None:
    page = look("/?status=poor").page
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "league.csv"
    table = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [row["house_id"] for row in table] == houses(page)
    assert {row["status"] for row in table} == {"poor"}


def test_finding_and_opening_a_house(look: Look, site: Site) -> None:
    watched = look("/")
    page = watched.page
    page.get_by_label("Find a house").fill("6102000007")
    page.keyboard.press("Enter")
    page.wait_for_url("**/houses/6102000007")
    watched.settled()
    expect(page.get_by_role("heading", level=1)).to_contain_text("6102000007")
    expect(page.get_by_role("img", name=re.compile("kWh"))).not_to_have_count(0)
    page.get_by_role("link", name="Fleet", exact=True).click()
    page.wait_for_url(f"{site.url}/")
    rows(page).first.get_by_role("link").click()
    page.wait_for_url("**/houses/*")
    watched.settled()


def test_switching_the_theme(look: Look) -> None:
    watched = look("/", color_scheme="light")
    page = watched.page
    switch = page.get_by_role("button", name="Dark")
    expect(switch).to_have_attribute("aria-pressed", "false")
    light = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    watched.go("/pipeline")
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == dark


def test_the_keyboard_alone(look: Look) -> None:
    watched = look("/")
    page = watched.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    met: list[str] = []
    while not met or not met[-1].startswith("/houses/"):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        met.append(focused.get_attribute("href") or focused.get_attribute("id") or "")
        outline = focused.evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline != "none", met
        assert len(met) < 30, met
    assert met.index("search") < met.index("status") < met.index("region")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{met[-1]}")
    watched.settled()


def test_telling_of_a_visit(own_look: Look, own_site: Site) -> None:
    watched = own_look("/houses/6102000003")
    page = watched.page
    page.get_by_label("Note").fill("Inverter <b>replaced</b>")
    page.get_by_role("button", name="Fault confirmed").click()
    page.wait_for_load_state()
    expect(page.get_by_text("Inverter <b>replaced</b>").first).to_be_visible()
    watched.settled()
    (noted,) = own_site.parts.records.feedback("6102000003")
    assert noted.feedback.note == "Inverter <b>replaced</b>"


def test_trying_a_message_again(own_look: Look, own_site: Site) -> None:
    watched = own_look("/pipeline")
    page = watched.page
    page.get_by_role("link", name="unknown_house").click()
    page.wait_for_url("**code=unknown_house**")
    row = page.locator("#quarantine tbody tr", has_text="6102888888")
    house = House(
        house_id="6102888888", capacity_kwp=8.0, latitude=-34.0, longitude=151.0, utc_offset_hours=10.0
    )
    own_site.parts.store.register([house])
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Try the chosen again").click()
    expect(page.locator("#quarantine").get_by_role("status")).to_have_text(
        "1 accepted, 0 cannot be used yet."
    )
    expect(row).to_have_count(0)
    watched.settled()
    assert len(own_site.parts.records.days("6102888888")) == 1
