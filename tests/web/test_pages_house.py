"""The House page: what it tells of one house, its charts, and what a visit found."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.readings import SLOTS, day_date
from sunsift.local import settle_all
from sunsift.tokens import Scope
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.web import Site, running, settings_for

DAYS = 70
DEAD_FROM = FIRST_DAY + 45
LAST_DAY = FIRST_DAY + DAYS - 1
REVISED = FIRST_DAY + 5
GAP = FIRST_DAY + 10
ESTIMATED = FIRST_DAY + 12
HOSTILE = "<b onclick='x'>/a?b#c%2F\"&</b>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = settings_for(tmp_path_factory.mktemp("state"), tariff_per_kwh=0.5, currency="EUR")
    with running(settings) as site:
        write_houses(site)
        yield site


def write_houses(site: Site) -> None:
    """Write a house whose panels died, one that waits for readings, and one with a hostile name."""
    store = site.parts.store
    dead = a_house("dead", battery=True, export_limit_kw=3.5, azimuth=10.0, tilt=22.0, region="here")
    neighbours = [a_house(f"neighbour-{number}", region="here") for number in range(4)]
    few = a_house("few", region="<i>there</i>")
    store.register([dead, *neighbours, few, a_house("new"), a_house(HOSTILE)])
    kinds: dict[int, dict[str, Any]] = {GAP: {"nulls": 7}, ESTIMATED: {"quality": "E"}}
    days = range(FIRST_DAY, LAST_DAY + 1)
    store.save([a_packet("dead", day, alive=day < DEAD_FROM, **kinds.get(day, {})) for day in days], [])
    for house in neighbours:
        store.save(days_of(house.house_id, FIRST_DAY, DAYS), [])
    store.save(days_of("few", FIRST_DAY, 5), [])
    store.save([a_packet("dead", REVISED, revision=60 * 24 * 9)], [])
    site.parts.sweep()
    settle_all(site.parts)
    store.note([Feedback("dead", LAST_DAY, LAST_DAY, Found.FAULT, "<u>inverter</u> dead")])


@pytest.fixture
def reader(site: Site) -> Iterator[httpx.Client]:
    with site.client(Scope.READ) as reader:
        yield reader


@contextmanager
def logged_in(site: Site, *scopes: Scope) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url) as browser:
        form = {"csrf_token": csrf_token(browser, "/login"), "token": site.token(*scopes)}
        assert browser.post("/login", data=form).status_code == 303
        yield browser


def csrf_token(browser: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', browser.get(path).text)
    assert found, path
    return found[1]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub("<.*?>", " ", text)))


def figures(reader: httpx.Client, house_id: str = "dead") -> dict[str, Any]:
    told: dict[str, Any] = reader.get(f"/houses/{quote(house_id, safe='')}/picture.json").json()["figures"]
    return told


def date_of(day: int) -> str:
    return day_date(day).isoformat()


def test_it_tells_status_numbers_reasons_and_notes(reader: httpx.Client) -> None:
    page = plain(reader.get("/houses/dead").text)
    for said in (
        "House dead poor since 2025-1",
        "5 kWp in here , facing 10° , tilted 22° , exports limited to 3.5 kW, with a battery",
        f"in the 30 days to {date_of(LAST_DAY)}",
        "No trace of solar generation on the last 25 days with readings.",
        "A battery is registered",
        "Exports are limited to 3.5 kW",
        f"Readings {date_of(FIRST_DAY)} to {date_of(LAST_DAY)}",
        "poor before: well",
        "not delivered yet",
        f"{date_of(REVISED)} changed 9.4 days after its end",
        "EUR",
    ):
        assert said in page, said


def test_the_fragments_are_parts_of_the_page(reader: httpx.Client) -> None:
    page = reader.get("/houses/dead").text
    urls = [unescape(url) for url in re.findall(r'data-live-url="([^"]+)"', page)]
    assert urls == ["/live/houses/verdict/dead", "/live/houses/story/dead"]
    for url in urls:
        part = reader.get(url).text
        assert "<html" not in part
        assert part.strip() in page
    assert reader.get("/live/houses/nothing/dead").status_code == 422


def test_the_heat_map_shows_net_energy_and_what_is_missing(reader: httpx.Client) -> None:
    heat = figures(reader)["heat"]
    trace = heat["data"][0]
    assert trace["x"][0] == date_of(FIRST_DAY)
    assert trace["x"][-1] == date_of(LAST_DAY)
    assert len(trace["z"]) == len(trace["y"]) == SLOTS
    noon, midnight = trace["z"][24], trace["z"][0]
    assert min(noon[: DEAD_FROM - FIRST_DAY]) > 0 > max(noon[DEAD_FROM - FIRST_DAY :])
    assert midnight[GAP - FIRST_DAY] is None
    assert trace["zmin"] == -trace["zmax"]
    assert heat["gaps"]
    assert "7 of 3,360 half-hours are missing" in heat["description"]
    assert heat["rows"][GAP - FIRST_DAY][3] == 7


def test_odd_days_are_marked_above_the_heat_map(reader: httpx.Client) -> None:
    estimated, late = figures(reader)["heat"]["data"][1:]
    assert (estimated["x"], estimated["text"]) == ([date_of(ESTIMATED)], ["estimated readings, not used"])
    assert late["x"] == [date_of(REVISED)]
    assert late["text"] == ["changed 9.4 days after the day's end"]


def test_dead_panels_make_far_less_than_expected(reader: httpx.Client) -> None:
    generation = figures(reader)["generation"]
    rows = {row[0]: row[1:] for row in generation["rows"]}
    _, estimated, low, high, expected = rows[date_of(LAST_DAY)]
    assert low <= estimated <= high
    assert estimated < 0.3 * expected
    exported, before, _, _, healthy = rows[date_of(FIRST_DAY + 3)]
    assert before >= exported > 0
    assert before > 0.6 * healthy
    assert "healthy panels would have made" in generation["description"]


def test_the_verdict_shows_thresholds_and_status(reader: httpx.Client) -> None:
    verdict = figures(reader)["verdict"]
    assert {shape["y0"] for shape in verdict["layout"]["shapes"]} == {0.75, 0.9, 0.84, 0.21}
    bars = next(trace for trace in verdict["data"] if trace.get("yaxis") == "y3")
    assert bars["customdata"][0] == "well"
    assert bars["customdata"][-1] == "poor"
    assert verdict["rows"][0][0] == date_of(LAST_DAY)
    assert verdict["rows"][0][-1] == "poor"


def test_the_three_charts_show_the_same_dates(reader: httpx.Client) -> None:
    ranges = [figure["layout"]["xaxis"]["range"] for figure in figures(reader).values()]
    assert ranges == [[f"{date_of(FIRST_DAY - 1)} 12:00", f"{date_of(LAST_DAY)} 12:00"]] * 3


def test_a_house_with_too_few_days_has_no_verdict_yet(reader: httpx.Client) -> None:
    page = plain(reader.get("/houses/few").text)
    assert "House few unknown" in page
    assert "No verdict yet. One needs 25 usable days of 30; 5 days are stored." in page
    told = figures(reader, "few")
    assert told["verdict"]["description"] == "No 30 days with enough readings yet."
    assert told["verdict"]["rows"] == []
    assert len(told["heat"]["rows"]) == 5


def test_a_house_without_readings_says_what_to_do(reader: httpx.Client) -> None:
    page = plain(reader.get("/houses/new").text)
    assert "No readings yet" in page
    assert "sunsift ingest" in page
    assert figures(reader, "new")["heat"]["rows"] == []


def test_a_house_nobody_registered_is_a_page_of_ours(reader: httpx.Client) -> None:
    for path in ("/houses/nobody", "/houses/nobody/picture.json", "/live/houses/verdict/nobody"):
        answer = reader.get(path)
        assert answer.status_code == 404
        assert "House nobody is not registered." in answer.text
        assert 'href="/static/app.css"' in answer.text


def test_a_hostile_name_is_a_name(reader: httpx.Client) -> None:
    page = reader.get("/", params={"search": "onclick"}).text
    found = re.search(r'<a class="number" href="([^"]*)"', page)
    assert found
    answer = reader.get(unescape(found[1]))
    assert answer.status_code == 200
    assert f"House {HOSTILE}" in unescape(answer.text)
    assert "<b onclick" not in answer.text
    live = [unescape(url) for url in re.findall(r'data-(?:live-url|chart)="([^"]+)"', answer.text)]
    assert live
    assert all(reader.get(url).status_code == 200 for url in live)
    assert "<i>there" not in reader.get("/houses/few").text


def test_visits_are_listed_with_their_notes_as_text(reader: httpx.Client) -> None:
    page = reader.get("/houses/dead").text
    assert "fault confirmed" in plain(page)
    assert "&lt;u&gt;inverter&lt;/u&gt; dead" in page


def test_feedback_is_kept_and_said_back(site: Site) -> None:
    with logged_in(site, Scope.READ, Scope.FEEDBACK) as browser:
        form = {
            "csrf_token": csrf_token(browser, "/houses/few"),
            "first_day": "2025-09-02",
            "last_day": "2025-09-04",
            "note": " all clean ",
            "found": "healthy",
        }
        answer = browser.post("/houses/few/feedback", data=form)
        assert answer.status_code == 303
        page = plain(browser.get(answer.headers["location"]).text)
    assert "Noted: healthy." in page
    assert "2025-09-02 to 2025-09-04 healthy all clean" in page
    (noted,) = site.parts.records.feedback("few")
    assert noted.feedback == Feedback("few", FIRST_DAY + 1, FIRST_DAY + 3, Found.HEALTHY, "all clean")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"last_day": "2025-09-01"}, 422, "Not noted: the first day of feedback lies after its last."),
        ({"note": "n" * 1001}, 422, "Not noted: a note has at most 1000 characters."),
        ({"first_day": "yesterday"}, 422, "first_day"),
        ({"found": "maybe"}, 422, "found"),
        ({"csrf_token": "0" * 64}, 403, "too old, or not from this page"),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused(
    site: Site, change: dict[str, str], status: int, said: str
) -> None:
    with logged_in(site, Scope.READ, Scope.FEEDBACK) as browser:
        form = {
            "csrf_token": csrf_token(browser, "/houses/new"),
            "first_day": "2025-09-02",
            "last_day": "2025-09-04",
            "found": "fault",
        }
        answer = browser.post("/houses/new/feedback", data=form | change)
    assert answer.status_code == status
    assert said in answer.text
    assert not list(site.parts.records.feedback("new"))


def test_feedback_of_a_house_nobody_registered_is_refused(site: Site) -> None:
    with logged_in(site, Scope.READ, Scope.FEEDBACK) as browser:
        form = {"csrf_token": csrf_token(browser, "/houses/new"), "found": "fault"}
        days = {"first_day": "2025-09-02", "last_day": "2025-09-04"}
        assert browser.post("/houses/nobody/feedback", data=form | days).status_code == 404


def test_who_only_reads_sees_no_form_and_cannot_send_it(site: Site) -> None:
    with logged_in(site, Scope.READ) as browser:
        page = browser.get("/houses/few").text
        assert 'action="/houses/few/feedback"' not in page
        assert "needs a token with the scope feedback" in page
        form = {"csrf_token": csrf_token(browser, "/houses/few"), "found": "fault"}
        days = {"first_day": "2025-09-02", "last_day": "2025-09-04"}
        assert browser.post("/houses/few/feedback", data=form | days).status_code == 403


def test_only_readers_see_it(site: Site) -> None:
    with site.client(Scope.INGEST, Scope.FEEDBACK) as other:
        for path in ("/houses/dead", "/houses/dead/picture.json", "/live/houses/verdict/dead"):
            assert other.get(path).status_code == 403
