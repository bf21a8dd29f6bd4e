"""The Pipeline page: what it tells, and what its buttons do."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from sunsift.domain.house import House
from sunsift.parcels import Activity, Refused
from sunsift.tokens import Scope
from tests.support.kill import wait_until
from tests.support.web import Site, running, settings_for

HOSTILE = '<script>alert("x")</script>'
NUMBER = count()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(settings_for(tmp_path_factory.mktemp("state"))) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with logged_in(site, *Scope) as browser:
        yield browser


@contextmanager
def logged_in(site: Site, *scopes: Scope) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, follow_redirects=True) as browser:
        form = {"csrf_token": csrf_token(browser, "/login"), "token": site.token(*scopes)}
        assert browser.post("/login", data=form | {"next": "/pipeline"}).status_code == 200
        yield browser


def csrf_token(browser: httpx.Client, path: str = "/pipeline") -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', browser.get(path).text)
    assert found, path
    return found[1]


def tiles(browser: httpx.Client) -> dict[str, str]:
    text = re.sub(r"\s+", " ", browser.get("/live/pipeline/tiles").text)
    found = re.findall(r'class="label">(.*?)</span> <span class="value">(.*?)</span>', text)
    return {re.sub("<.*?>", "", label).strip(): re.sub("<.*?>", "", value).strip() for label, value in found}


def throughput(browser: httpx.Client) -> dict[str, Any]:
    figure: dict[str, Any] = browser.get("/pipeline.json").json()["figures"]["throughput"]
    return figure


def a_house(house_id: str) -> House:
    return House(house_id=house_id, capacity_kwp=5.0, latitude=-34.0, longitude=151.0, utc_offset_hours=10.0)


def unreadable(code: str = "not_json") -> Refused:
    """Return a message that is not the same as any other."""
    return Refused(b"\xff%d %s" % (next(NUMBER), HOSTILE.encode()), HOSTILE, code, f"no JSON: {HOSTILE}")


def refuse(site: Site, *refused: Refused) -> list[str]:
    """Put messages into quarantine; return their ids."""
    before = {message.id for message in site.parts.records.quarantine()}
    site.parts.store.save([], refused)
    return [message.id for message in site.parts.records.quarantine() if message.id not in before]


def act(browser: httpx.Client, action: str, **fields: str | list[str]) -> httpx.Response:
    form = {"csrf_token": csrf_token(browser), "action": action} | fields
    return browser.post("/pipeline/quarantine", data=form)


def waits(site: Site) -> set[str]:
    return {message.id for message in site.parts.records.quarantine()}


def test_an_empty_pipeline_says_so(browser: httpx.Client, site: Site) -> None:
    site.parts.store.discard(list(waits(site)))
    text = browser.get("/pipeline").text
    assert "The quarantine is empty." in text
    assert "No step has run within a week" in text
    assert "no report was delivered yet" in text
    assert site.parts.model.version in text


def test_the_page_counts_what_waits(tmp_path: Path) -> None:
    with running(settings_for(tmp_path)) as site, logged_in(site, Scope.READ) as browser:
        assert tiles(browser)["Inbox"] == "\N{EN DASH}"
        inbox = site.web.settings.inbox
        inbox.mkdir()
        (inbox / "packets.jsonl").write_text("{}\n")
        (inbox / ".lock").touch()
        refuse(site, unreadable())
        site.parts.store.register([a_house("1"), a_house("2")])
        wait_until(lambda: tiles(browser)["Inbox"] == "1 file")  # what was just asked is kept for a second
        found = tiles(browser)
        assert found["Quarantine"] == "1 message"
        assert found["To be judged"] == "0 houses"


def test_nothing_that_came_is_taken_for_markup(site: Site, browser: httpx.Client) -> None:
    (message_id,) = refuse(site, unreadable())
    for path in ("/pipeline", "/live/pipeline/quarantine", f"/pipeline/quarantine/{message_id}"):
        text = browser.get(path).text
        assert HOSTILE not in text, path
        assert HOSTILE in unescape(text), path


def test_a_message_is_shown_whole(site: Site, browser: httpx.Client) -> None:
    (readable,) = refuse(site, Refused(b'{"broken": <b>', "drop.jsonl line 3", "not_json", "no JSON", None))
    text = unescape(browser.get(f"/pipeline/quarantine/{readable}").text)
    assert '{"broken": <b>' in text
    assert "drop.jsonl line 3" in text
    (binary,) = refuse(site, unreadable())
    assert "no text: in base64" in browser.get(f"/pipeline/quarantine/{binary}").text


def test_a_message_that_is_gone_is_not_found(browser: httpx.Client) -> None:
    assert browser.get("/pipeline/quarantine/nothing").status_code == 404


def test_the_quarantine_is_listed_by_code_a_page_at_a_time(site: Site, browser: httpx.Client) -> None:
    refuse(site, *(unreadable("impossible") for _ in range(30)))
    refuse(site, unreadable())
    text = browser.get("/pipeline", params={"code": "impossible"}).text
    assert len(re.findall('name="id"', text)) == 25
    assert "not_json</code>" not in text
    after = re.search(r'href="(/pipeline\?[^"]*)#quarantine" rel="next"', text)
    assert after
    assert len(re.findall('name="id"', browser.get(unescape(after[1])).text)) == 5


def test_throwing_away(site: Site, browser: httpx.Client) -> None:
    gone, also_gone, kept = refuse(site, unreadable(), unreadable(), unreadable())
    answer = act(browser, "discard", id=[gone, also_gone])
    assert "2 thrown away." in answer.text
    assert not {gone, also_gone} & waits(site)
    assert kept in waits(site)


def test_trying_again_after_the_house_was_registered(site: Site, browser: httpx.Client) -> None:
    packet = json.dumps(
        {
            "schema": 1, "id": "a", "house_id": "6102000077", "date": "2025-11-21", "interval_minutes": 60,
            "import_kwh": [0.1] * 24, "export_kwh": [0.0] * 24, "quality": "A",
            "updated_at": "2025-11-22T02:10:00Z",
        }
    ).encode()  # fmt: skip
    site.parts.store.register([a_house("6102000077")])
    good, bad = refuse(site, Refused(packet, "", "impossible", "too much", "6102000077"), unreadable())
    answer = act(browser, "redrive", id=[good, bad])
    assert "1 accepted, 1 cannot be used yet." in answer.text
    assert [packet.house_id for packet in site.parts.records.days("6102000077")] == ["6102000077"]
    assert good not in waits(site)


def test_everything_of_one_code(site: Site, browser: httpx.Client) -> None:
    some = set(refuse(site, *(unreadable("weird") for _ in range(3))))
    other = set(refuse(site, unreadable()))
    answer = act(browser, "discard", code="weird", everything="true")
    assert "Throw away 3 messages for good?" in answer.text
    assert some <= waits(site)
    answer = act(browser, "discard", code="weird", everything="true", sure="true")
    assert "3 thrown away." in answer.text
    assert not some & waits(site)
    assert other <= waits(site)


@pytest.mark.parametrize("scope", [Scope.FEEDBACK, Scope.INGEST])
def test_who_may_not_manage_has_no_buttons_and_gets_nowhere_without(site: Site, scope: Scope) -> None:
    (message_id,) = refuse(site, unreadable())
    with logged_in(site, Scope.READ, scope) as browser:
        page = browser.get("/pipeline").text
        assert 'name="action"' not in page
        assert "scope manage" in page
        assert 'name="action"' not in browser.get(f"/pipeline/quarantine/{message_id}").text
        for action in ("discard", "redrive"):
            assert act(browser, action, id=message_id).status_code == 403
    assert message_id in waits(site)


def test_buttons_need_the_csrf_token(site: Site, browser: httpx.Client) -> None:
    (message_id,) = refuse(site, unreadable())
    answer = browser.post("/pipeline/quarantine", data={"action": "discard", "id": message_id})
    assert answer.status_code == 403
    assert message_id in waits(site)


def test_the_chart_tells_what_went_through(site: Site, browser: httpx.Client) -> None:
    minute = int(time.time()) // 60
    site.parts.store.note_activity(
        [Activity(minute - 1, "ingest", 2, 30, 1500, 0), Activity(minute, "deliver", 1, 10, 3, 1)]
    )
    said = "In the last 60 minutes: 1,500 packets, 0 houses, 3 reports."
    wait_until(lambda: throughput(browser)["description"] == said)  # what was just asked is kept for a second
    figure = throughput(browser)
    assert [sum(trace["y"]) for trace in figure["data"]] == [1500, 0, 3]
    assert [row[1:] for row in figure["rows"]] == [[1500, 0, 0], [0, 0, 3]]
    steps = re.sub(r"<.*?>|\s+", " ", browser.get("/live/pipeline/steps").text)
    assert re.search(r"ingest +\d{4}-\d\d-\d\d \d\d:\d\d UTC +2 +1,500 +packets +0 +15 ms", steps)
