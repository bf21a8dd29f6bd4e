"""The Fleet page: what it tells, how it is asked, what it hands out."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from sunsift.domain.status import Status
from sunsift.domain.verdict import Reason
from sunsift.tokens import Scope
from sunsift.web.pages.league import ROWS_AT_ONCE
from tests.support.build import a_house
from tests.support.fleet import Told, write_fleet
from tests.support.web import Site, running, settings_for

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=HYPERLINK(1)"
POOR = [
    Told("poor-1", Status.POOR, 900.0, "north", (Reason("silent_days", 12),), Status.WELL),
    Told("poor-2", Status.POOR, 400.0, "south"),
]
FLEET = [
    *POOR,
    Told(HOSTILE, Status.POOR, 300.0, f"{HOSTILE}&"),
    Told(FORMULA, Status.WELL, 2.0, "@SUM(1)"),
    Told("odd", Status.UNKNOWN, 50.0, "north", previous=Status.WELL),
    Told("silent", lost_kwh=None),
    *(Told(f"house-{number:03}", Status.WELL, number / 10, "south") for number in range(30)),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = settings_for(tmp_path_factory.mktemp("state"), tariff_per_kwh=0.5, currency="EUR")
    with running(settings) as site:
        write_fleet(site.parts.store, FLEET)
        yield site


@pytest.fixture
def reader(site: Site) -> Iterator[httpx.Client]:
    with site.client(Scope.READ) as reader:
        yield reader


def shown(text: str) -> list[str]:
    """Return the houses that a page links to in its league, in order."""
    league = text[text.index("<tbody>") : text.index("</tbody>")] if "<tbody>" in text else ""
    return [unescape(name) for name in re.findall(r'<a class="number" href="[^"]*">(.*?)</a>', league)]


def league(reader: httpx.Client, query: str = "") -> list[str]:
    answer = reader.get(f"/live/fleet/league{query}")
    assert answer.status_code == 200
    return shown(answer.text)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub("<.*?>", " ", text)))


def test_the_tiles_count_every_status_and_what_is_lost(reader: httpx.Client) -> None:
    tiles = plain(reader.get("/live/fleet/tiles").text)
    assert "36 houses with 180 kWp, readings up to 2025-10-01" in tiles
    assert "Poor 3 8.3 % of 36 houses" in tiles
    assert "Well 31" in tiles
    assert "Unknown 2" in tiles
    assert "Lost in 30 days 1,696 kWh" in tiles
    assert "Worth 848 EUR at 0.5 EUR a kWh" in tiles


def test_the_league_begins_with_the_greatest_loss(reader: httpx.Client) -> None:
    page = reader.get("/").text
    assert shown(page)[:4] == ["poor-1", "poor-2", HOSTILE, "odd"]
    row = plain(page[page.index("poor-1") : page.index("poor-2")])
    for said in ("poor", "since 2025-10-01", "900", "450", "44 %", "± 10", "north"):
        assert said in row
    assert "No trace of solar generation on the last 12 days" in row


def test_pages_lead_through_the_whole_league_without_a_script(reader: httpx.Client) -> None:
    seen: list[str] = []
    url = "/"
    for _ in range(3):
        page = reader.get(url).text
        seen += shown(page)
        found = re.search(r'href="([^"]*)" rel="next"', page)
        if not found:
            break
        url = unescape(found[1])
    assert sorted(seen) == sorted(told.house_id for told in FLEET)


@pytest.mark.parametrize(
    ("query", "houses"),
    [
        ("?status=poor", ["poor-1", "poor-2", HOSTILE]),
        ("?status=unknown", ["odd", "silent"]),
        ("?region=north", ["poor-1", "odd"]),
        ("?search=OOR", ["poor-1", "poor-2"]),
        ("?search=oor&region=north&status=poor", ["poor-1"]),
        ("?search=nobody", []),
        ("?search=poor&order=house", ["poor-1", "poor-2"]),
    ],
)
def test_filters_choose_houses(reader: httpx.Client, query: str, houses: list[str]) -> None:
    assert league(reader, query) == houses


def test_order_by_house(reader: httpx.Client) -> None:
    names = league(reader, "?order=house")
    assert names == sorted(told.house_id for told in FLEET)[: len(names)]


@pytest.mark.parametrize("query", ["?status=odd", "?order=odd", "?after=nonsense", "?after=bnVsbA"])
def test_what_nobody_knows_counts_as_not_asked_for(reader: httpx.Client, query: str) -> None:
    assert league(reader, query)[:2] == ["poor-1", "poor-2"]


def test_the_filters_stand_in_the_form_and_in_every_address(reader: httpx.Client) -> None:
    page = reader.get("/", params={"region": f"{HOSTILE}&", "order": "house"}).text
    assert '<option value="house" selected>' in page
    download = re.search(r'href="(/league.csv[^"]*)"', page)
    assert download
    rows = list(csv.DictReader(io.StringIO(reader.get(unescape(download[1])).text)))
    assert [row["house_id"] for row in rows] == [HOSTILE]


def test_a_house_without_prediction_is_unknown_and_says_why(reader: httpx.Client) -> None:
    row = plain(reader.get("/live/fleet/league?search=silent").text)
    assert "unknown" in row
    assert "No 30 days with enough readings yet." in row


def test_nothing_of_a_hostile_name_is_taken_for_markup(reader: httpx.Client) -> None:
    for path in (
        "/",
        "/live/fleet/league",
        "/live/fleet/regions",
        f"/?search={HOSTILE}",
        f"/?region={HOSTILE}",
    ):
        text = reader.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
    texts = figures(reader)["map"]["data"][0]["text"]
    assert "&lt;script&gt;alert('x')&lt;/script&gt;&amp;" in texts  # Plotly would take tags for its own few


def test_the_download_holds_the_whole_league_in_order(reader: httpx.Client) -> None:
    answer = reader.get("/league.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(FLEET)
    first = rows[0]
    assert (first["house_id"], first["region"], first["status"]) == ("poor-1", "north", "poor")
    assert (first["lost_kwh"], first["lost_money"], first["since"]) == ("900.0", "450.0", "2025-10-01")
    last = rows[-1]
    assert (last["house_id"], last["status"], last["lost_kwh"]) == ("silent", "unknown", "")


def test_no_cell_of_the_download_is_a_formula(reader: httpx.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(reader.get("/league.csv").text)))
    (row,) = [row for row in rows if FORMULA in row["house_id"]]
    assert row["house_id"] == f"'{FORMULA}"
    assert row["region"] == "'@SUM(1)"


def test_the_regions_are_ordered_by_loss_and_lead_to_their_houses(reader: httpx.Client) -> None:
    text = reader.get("/live/fleet/regions").text
    names = [unescape(name) for name in re.findall(r'<a href="[^"]*">(.*?)</a>', text)]
    assert names == ["north", "south", f"{HOSTILE}&", "@SUM(1)", "here"]
    found = re.search(r'href="([^"]*)">north', text)
    assert found
    assert shown(reader.get(unescape(found[1])).text) == ["poor-1", "odd"]


def figures(reader: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = reader.get("/fleet.json").json()["figures"]
    return told


def test_the_changes_of_each_day_leave_first_good_verdicts_out(reader: httpx.Client) -> None:
    changes = figures(reader)["changes"]
    counts = {trace["name"]: trace["customdata"][-1] for trace in changes["data"]}
    assert counts == {"became poor": 3, "became well": 0, "became unknown": 1}
    assert changes["rows"] == [["2025-10-01", 3, 0, 1]]
    assert "3 became poor" in changes["description"]


def test_the_map_says_the_same_as_a_table(reader: httpx.Client) -> None:
    told = figures(reader)["map"]
    (north,) = [row for row in told["rows"] if row[0] == "north"]
    assert north == ["north", "-33.90", "151.20", 2, 1, "950"]
    assert len(told["data"][0]["x"]) == len(told["rows"]) == 5


@pytest.mark.parametrize(
    ("name", "place"),
    [("poor-1", "/houses/poor-1"), (HOSTILE, None), ("oor-", "/?search=oor-"), ("  ", "/")],
)
def test_finding_a_house(reader: httpx.Client, name: str, place: str | None) -> None:
    answer = reader.get("/houses", params={"find": name})
    assert answer.status_code == 303
    if place:
        assert answer.headers["location"] == place
    else:
        assert HOSTILE in unescape(reader.get(answer.headers["location"]).text)


def test_only_readers_see_it(site: Site) -> None:
    with site.client(Scope.INGEST, Scope.FEEDBACK) as other:
        for path in ("/", "/league.csv", "/fleet.json", "/live/fleet/league", "/houses?find=x"):
            assert other.get(path).status_code == 403
    with site.stranger() as stranger:
        assert stranger.get("/").status_code == 303


def test_nothing_of_ours_names_another_server(reader: httpx.Client) -> None:
    page = reader.get("/").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert "/static/charts.js" in files
    for path in ("/", "/fleet.json", "/houses/nobody", *files, "/static/live.js"):
        for address in re.findall(r"https?://[^\s\"'<>)]+", reader.get(path).text):
            assert address == "http://www.w3.org/2000/svg", f"{path}: {address}"  # a name, never fetched


def test_nothing_in_a_page_needs_an_inline_script(reader: httpx.Client) -> None:
    page = reader.get("/").text
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.findall(r"<[^>]*\s(?:on\w+|style)=", page)


def test_the_charts_script_comes_packed_and_may_be_kept(reader: httpx.Client) -> None:
    found = re.search(r'data-plotly="([^"]+)"', reader.get("/").text)
    assert found
    answer = reader.get(found[1], headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) < 2_000_000
    assert "Plotly" in answer.text[:2000] or "plotly" in answer.text[:2000]


def test_an_empty_fleet_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(settings_for(tmp_path_factory.mktemp("empty"))) as site, site.client() as reader:
        page = reader.get("/").text
        assert "No house is registered yet" in page
        assert "sunsift houses add houses.csv" in page
        assert figures(reader) == {"changes": None, "map": None}
        assert len(reader.get("/league.csv").text.splitlines()) == 1
        site.parts.store.register([a_house("first")])
        assert league(reader) == ["first"]


def test_the_download_goes_on_beyond_one_portion(tmp_path_factory: pytest.TempPathFactory) -> None:
    houses = [a_house(f"house-{number:04}") for number in range(2 * ROWS_AT_ONCE + 1)]
    with running(settings_for(tmp_path_factory.mktemp("many"))) as site, site.client() as reader:
        site.parts.store.register(houses)
        for order in ("", "?order=house"):
            rows = csv.DictReader(io.StringIO(reader.get(f"/league.csv{order}").text))
            assert [row["house_id"] for row in rows] == [house.house_id for house in houses]
