"""What the API tells: houses, their days and verdicts, reports, quarantine, feedback, the whole fleet."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.readings import day_date
from sunsift.domain.status import Change, Status
from sunsift.model import load
from sunsift.parcels import Refused
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, message_of
from tests.support.verdicts import a_prediction, a_score, settle
from tests.support.web import Site, running, settings_for

# Names that paths, queries and JSON could trip over.
ODD = ("a/b", "a/b/days", "a%2Fb", "a b", "a?b=c#d", "días", "é\N{SUN WITH FACE}", "..a", "a+b", "a;b", '"')
HOUSES = sorted((*ODD, *(f"house-{n:02d}" for n in range(20))))
POOR = "house-07"
_JSON = {"Content-Type": "application/json"}


def score(poor: bool, n: int) -> Any:
    verdict = Status.POOR if poor else Status.WELL
    return replace(a_score(verdict, 0.9 if poor else 0.1), lost_kwh=100.0 + n, performance=0.5)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a state with some of everything, which no test changes."""
    settings = settings_for(tmp_path_factory.mktemp("known"), tariff_per_kwh=0.25, currency="AUD")
    with running(settings) as site:
        store = site.parts.store
        store.register([a_house(name, region="North" if name < "b" else "South") for name in HOUSES])
        for n, name in enumerate(HOUSES[5:]):
            store.save(days_of(name, FIRST_DAY, 3), [])
            change = Change(FIRST_DAY + 2, Status.POOR, Status.UNKNOWN) if name == POOR else None
            predictions = [
                a_prediction(FIRST_DAY + d, score(name == POOR, n), f"{n:030x}{d:02x}") for d in range(3)
            ]
            settle(store, name, predictions, report=change)
        refused = [Refused(b"{%d" % n, f"mail line {n}", "not_json", "it is no JSON") for n in range(7)]
        store.save([], [*refused, Refused(b"\xff", "mail", "not_utf8", "it is no text", "house-01")])
        store.note([Feedback(name, FIRST_DAY, FIRST_DAY + 1, Found.FAULT, "<dead>") for name in HOUSES[:6]])
        yield site


@pytest.fixture(scope="module")
def reader(known: Site) -> Iterator[httpx.Client]:
    with known.client() as client:
        yield client


def quoted(house_id: str) -> str:
    return quote(house_id, safe="")


def got(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_of(client: httpx.Client, path: str, limit: int = 3, **query: Any) -> list[Any]:
    """Read a listing to its end, a page at a time."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = got(client, path, limit=limit, **query, **cursor)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert len(page["items"]) == limit
        cursor = {"cursor": page["next_cursor"]}


def test_houses_are_listed_a_page_at_a_time(reader: httpx.Client) -> None:
    listed = all_of(reader, "/v1/houses")
    assert [h["house_id"] for h in listed] == HOUSES
    assert listed == got(reader, "/v1/houses")["items"]
    assert listed[0] == {
        "house_id": HOUSES[0],
        "capacity_kwp": 5.0,
        "latitude": -33.9,
        "longitude": 151.2,
        "utc_offset_hours": 10.0,
        "azimuth": None,
        "tilt": None,
        "export_limit_kw": None,
        "battery": False,
        "region": "North",
    }


@pytest.mark.parametrize("house_id", ODD)
def test_a_house_may_have_any_printable_name(reader: httpx.Client, house_id: str) -> None:
    assert got(reader, f"/v1/houses/{quoted(house_id)}")["house_id"] == house_id
    assert got(reader, f"/v1/statuses/{quoted(house_id)}")["house_id"] == house_id
    for listing in ("days", "predictions"):
        assert "items" in got(reader, f"/v1/houses/{quoted(house_id)}/{listing}")


def test_days_are_told_as_they_came(known: Site, reader: httpx.Client) -> None:
    path = f"/v1/houses/{POOR}/days"
    days = got(reader, path)["items"]
    assert [d["date"] for d in days] == [day_date(FIRST_DAY + d).isoformat() for d in range(3)]
    packet = a_packet(POOR, FIRST_DAY)
    sent = json.loads(message_of(packet))
    for field in ("interval_minutes", "quality", "import_kwh", "export_kwh"):
        assert days[0][field] == sent[field]
    assert days[0]["updated_at"] == sent["updated_at"].replace("Z", ".000Z")
    assert all_of(reader, path, limit=1) == days
    second = days[1]["date"]
    assert got(reader, path, **{"from": second})["items"] == days[1:]
    assert got(reader, path, **{"from": second, "to": second})["items"] == days[1:2]
    assert got(reader, path, to="1999-01-01")["items"] == []


def test_missing_readings_are_null(site: Site, client: httpx.Client) -> None:
    site.parts.store.register([a_house("a")])
    site.parts.store.save([a_packet("a", nulls=3)], [])
    [day] = got(client, "/v1/houses/a/days")["items"]
    assert day["import_kwh"][:3] == day["export_kwh"][:3] == [None] * 3
    assert None not in day["import_kwh"][3:] + day["export_kwh"][3:]


def test_predictions_come_newest_first_with_reasons_in_words(reader: httpx.Client) -> None:
    path = f"/v1/houses/{POOR}/predictions"
    predictions = got(reader, path)["items"]
    assert [p["period_end"] for p in predictions] == [day_date(FIRST_DAY + d).isoformat() for d in (2, 1, 0)]
    newest = predictions[0]
    assert (newest["status"], newest["verdict"], newest["p_poor"]) == ("poor", "poor", 0.9)
    assert newest["lost_kwh_low"] < newest["lost_kwh"] < newest["lost_kwh_high"]
    assert newest["status_since"] == day_date(FIRST_DAY + 2).isoformat()
    model = load()
    assert newest["reasons"] == [model.explain(reason) for reason in score(True, 0).reasons]
    assert all_of(reader, path, limit=1) == predictions


def test_the_league_is_filtered_searched_and_sorted(reader: httpx.Client) -> None:
    everybody = all_of(reader, "/v1/statuses")
    losses = [-1.0 if place["lost_kwh"] is None else place["lost_kwh"] for place in everybody]
    assert losses == sorted(losses, reverse=True)
    assert sorted(place["house_id"] for place in everybody) == HOUSES
    by_name = all_of(reader, "/v1/statuses", order="house")
    assert [place["house_id"] for place in by_name] == HOUSES
    assert [p["house_id"] for p in all_of(reader, "/v1/statuses", status="poor")] == [POOR]
    assert len(all_of(reader, "/v1/statuses", status="well")) + 1 + len(
        all_of(reader, "/v1/statuses", status="unknown")
    ) == len(HOUSES)
    north = all_of(reader, "/v1/statuses", region="North")
    assert {place["house_id"] for place in north} == {name for name in HOUSES if name < "b"}
    found = all_of(reader, "/v1/statuses", search="HOUSE-1")
    assert {place["house_id"] for place in found} == {f"house-{n}" for n in range(10, 20)}


def test_where_one_house_stands_says_how_it_came_there(reader: httpx.Client) -> None:
    place = got(reader, f"/v1/statuses/{POOR}")
    assert place["status"] == "poor"
    assert place["changes"] == [
        {"as_of": day_date(FIRST_DAY + 2).isoformat(), "status": "poor", "previous": "unknown"}
    ]
    nothing = got(reader, f"/v1/statuses/{quoted(HOUSES[0])}")
    assert (nothing["status"], nothing["lost_kwh"], nothing["reasons"]) == ("unknown", None, [])


def test_reports_are_listed_by_house_and_state(reader: httpx.Client) -> None:
    [report] = got(reader, "/v1/reports")["items"]
    assert (report["house_id"], report["status"], report["previous"]) == (POOR, "poor", "unknown")
    assert report["as_of"] == day_date(FIRST_DAY + 2).isoformat()
    assert (report["delivered_at"], report["attempts"], report["problem"]) == (None, 0, None)
    assert got(reader, "/v1/reports", state="waiting", house_id=POOR)["items"] == [report]
    assert got(reader, "/v1/reports", state="delivered")["items"] == []
    assert got(reader, "/v1/reports", house_id="nobody")["items"] == []


def test_reports_are_sent_again_on_demand(site: Site, client: httpx.Client) -> None:
    store = site.parts.store
    store.register([a_house("a")])
    store.save([a_packet("a")], [])
    settle(store, "a", report=Change(FIRST_DAY, Status.POOR, Status.UNKNOWN))
    [report] = got(client, "/v1/reports")["items"]
    store.acknowledge([report["key"]])
    assert got(client, "/v1/reports", state="delivered")["items"][0]["key"] == report["key"]
    assert client.post("/v1/reports/replay", json={}).status_code == 422
    assert client.post("/v1/reports/replay", json={"house_id": "b"}).json() == {"replayed": 0}
    for which in ({"key": report["key"]}, {"house_id": "a", "created_since": "2020-01-01"}):
        store.acknowledge([report["key"]])
        assert client.post("/v1/reports/replay", json=which).json() == {"replayed": 1}
        assert got(client, "/v1/reports", state="waiting")["items"][0]["key"] == report["key"]


def test_the_quarantine_is_listed_and_shown(reader: httpx.Client) -> None:
    everything = all_of(reader, "/v1/quarantine")
    assert len(everything) == 8
    [odd] = all_of(reader, "/v1/quarantine", code="not_utf8")
    assert (odd["house_id"], odd["source"], odd["reason"], odd["bytes"]) == (
        "house-01",
        "mail",
        "it is no text",
        1,
    )
    assert all_of(reader, "/v1/quarantine", house_id="house-01") == [odd]
    shown = got(reader, f"/v1/quarantine/{odd['id']}")
    assert shown == odd | {"body": "/w==", "body_encoding": "base64"}
    text = next(m for m in everything if m["source"] == "mail line 3")
    assert got(reader, f"/v1/quarantine/{text['id']}")["body"] == "{3"


def test_quarantined_messages_are_tried_again_or_thrown_away(site: Site, client: httpx.Client) -> None:
    store = site.parts.store
    too_much = a_packet("a")
    store.register([a_house("a", capacity_kwp=0.1)])
    assert client.post("/v1/packets", content=message_of(too_much), headers=_JSON).json()["quarantined"] == 1
    store.save([], [Refused(b"{", "mail", "not_json", "it is no JSON")])
    large, broken = sorted(got(client, "/v1/quarantine")["items"], key=lambda m: str(m["code"]))
    assert (large["code"], broken["code"]) == ("impossible", "not_json")
    stays = client.post(f"/v1/quarantine/{large['id']}/redrive").json()
    assert (stays["quarantined"], stays["problems"][0]["code"]) == (1, "impossible")
    store.register([a_house("a", capacity_kwp=5.0)])
    goes = client.post(f"/v1/quarantine/{large['id']}/redrive").json()
    assert (goes["accepted"], goes["quarantined"], goes["problems"]) == (1, 0, [])
    assert site.parts.records.days("a") == [too_much]
    assert client.delete(f"/v1/quarantine/{broken['id']}").status_code == 204
    assert got(client, "/v1/quarantine")["items"] == []
    for path in (f"/v1/quarantine/{large['id']}/redrive", f"/v1/quarantine/{broken['id']}/redrive"):
        assert client.post(path).status_code == 404
    assert client.delete(f"/v1/quarantine/{broken['id']}").status_code == 404
    assert client.get(f"/v1/quarantine/{broken['id']}").status_code == 404


def test_feedback_is_noted_once(site: Site, client: httpx.Client) -> None:
    site.parts.store.register([a_house("a")])
    told = {"house_id": "a", "found": "fault", "first_day": "2025-09-01", "last_day": "2025-09-03"}
    first, second = (client.post("/v1/feedback", json=told | {"note": "dead"}) for _ in range(2))
    assert (first.status_code, first.json()["new"]) == (200, True)
    assert (second.status_code, second.json()["new"]) == (200, False)
    changed = client.post("/v1/feedback", json=told | {"found": "healthy"})
    assert changed.json()["new"] is True
    [noted] = got(client, "/v1/feedback")["items"]
    assert noted.pop("noted_at")
    assert noted == told | {"found": "healthy", "note": ""}
    today = client.post("/v1/feedback", json={"house_id": "a", "found": "fault"}).json()
    assert today["first_day"] == today["last_day"]
    assert client.post("/v1/feedback", json=told | {"house_id": "b"}).status_code == 404
    wrong = told | {"last_day": "2025-08-01"}
    assert client.post("/v1/feedback", json=wrong).json()["detail"] == (
        "the first day of feedback lies after its last"
    )


def test_feedback_is_listed(reader: httpx.Client) -> None:
    listed = all_of(reader, "/v1/feedback", limit=2)
    assert [f["house_id"] for f in listed] == HOUSES[:6]
    assert {f["note"] for f in listed} == {"<dead>"}
    [one] = got(reader, "/v1/feedback", house_id=HOUSES[3])["items"]
    assert one == listed[3]


def test_the_fleet_in_figures(reader: httpx.Client) -> None:
    told = got(reader, "/v1/summary")
    assert told["houses"] == len(HOUSES)
    assert {status: sums["houses"] for status, sums in told["by_status"].items()} == {
        "well": 0,
        "poor": 1,
        "unknown": len(HOUSES) - 1,
    }
    judged = len(HOUSES) - 5
    lost = sum(100.0 + n for n in range(judged))
    assert told["lost_kwh"] == pytest.approx(lost)
    assert told["lost_money"] == pytest.approx(lost / 4)
    assert told["currency"] == "AUD"
    assert {region["region"] for region in told["regions"]} == {"North", "South"}
    assert sum(s["houses"] for r in told["regions"] for s in r["by_status"].values()) == len(HOUSES)
    assert told["newest_day"] == day_date(FIRST_DAY + 2).isoformat()
    assert (told["undelivered"], told["quarantined"], told["unsettled"]) == (1, 8, 0)


def test_registrations_are_made_and_changed(site: Site, client: httpx.Client) -> None:
    values = {"capacity_kwp": 5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10}
    new = values | {"house_id": "a/b"}
    made = client.post("/v1/houses", json=new)
    assert made.status_code == 201
    assert site.parts.store.houses(["a/b"]) == {"a/b": a_house("a/b")}
    assert client.post("/v1/houses", json=new).status_code == 409
    changed = values | {"battery": True, "region": "North"}
    assert client.put("/v1/houses/a%2Fb", json=changed).json()["battery"] is True
    assert site.parts.store.houses(["a/b"]) == {"a/b": a_house("a/b", battery=True, region="North")}
    for wrong in (
        {"capacity_kwp": 0},
        {"latitude": "north"},
        {"latitude": 91},
        {"surprise": 1},
        {"battery": 1},
    ):
        assert client.put("/v1/houses/a%2Fb", json=changed | wrong).status_code == 422, wrong
    assert client.put("/v1/houses/a%07b", json=changed).status_code == 422, "not printable"
    assert client.post("/v1/houses", json=new | {"house_id": ""}).status_code == 422
    assert client.post("/v1/houses", json=new | {"house_id": "a" * 65}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "houses",
        "statuses",
        "reports",
        "quarantine",
        "feedback",
        f"houses/{POOR}/days",
        f"houses/{POOR}/predictions",
    ],
)
def test_a_cursor_of_elsewhere_is_refused(reader: httpx.Client, path: str) -> None:
    for cursor in ("x", "WzFd" * 100, "bnVsbA==", "W10=", "\N{SUN WITH FACE}", "eyJhIjoxfQ"):
        answer = reader.get(f"/v1/{path}", params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["", "/days", "/predictions"])
def test_an_unknown_house_is_not_found(reader: httpx.Client, path: str) -> None:
    for name in ("nobody", "nobody%2Fdays", "%00", "%F0", "a" * 64, "..%2F..%2Fhealth"):
        answer = reader.get(f"/v1/houses/{name}{path}")
        assert answer.status_code == 404, name
        assert answer.json()["status"] == 404
    assert reader.get("/v1/statuses/nobody").status_code == 404


def test_a_house_is_erased(site: Site, client: httpx.Client) -> None:
    packet = a_packet("a/b")
    site.parts.store.register([a_house("a/b"), a_house("c")])
    site.parts.store.save([packet, a_packet("c")], [])
    told = client.delete("/v1/houses/a%2Fb").json()
    assert told["house_id"] == "a/b"
    assert (told["removed"]["house"], told["removed"]["day"]) == (1, 1)
    assert client.get("/v1/houses/a%2Fb").status_code == 404
    assert [house["house_id"] for house in got(client, "/v1/houses")["items"]] == ["c"]
    later = client.post("/v1/packets", content=message_of(packet), headers=_JSON).json()
    assert (later["erased"], later["accepted"], later["quarantined"]) == (1, 0, 0)
    assert client.delete("/v1/houses/a%2Fb").status_code == 200, "twice is once"
