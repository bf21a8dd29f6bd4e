"""Open pages hear of changes, and hold nothing up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sunsift.parcels import Refused
from sunsift.tokens import Scope
from sunsift.views.fleet import KEPT_SECONDS
from sunsift.web.pages.live import STALE_AFTER_SECONDS, WATCHERS, Watch
from tests.support.kill import wait_until
from tests.support.web import Site, running, settings_for


@contextmanager
def listening(client: httpx.Client) -> Iterator[Iterator[str]]:
    """Listen; the lines that name events come one by one."""
    with client.stream("GET", "/live/events", timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        yield (line.removeprefix("event: ") for line in answer.iter_lines() if line.startswith("event: "))


def watch_of(site: Site) -> Watch:
    watch: Watch = site.app.state.watch
    return watch


def test_a_change_is_told(site: Site, client: httpx.Client) -> None:
    with listening(client) as events:
        assert next(events) == "ready"
        site.parts.store.save([], [Refused(b"x", "", "not_json", "no JSON")])
        assert next(events) == "changed"
        # Sums that were kept from before it would stay on the page otherwise.
        begun = time.monotonic()
        assert next(events) == "changed"
        assert KEPT_SECONDS < time.monotonic() - begun < STALE_AFTER_SECONDS / 2


def test_nobody_hears_without_the_scope_read(site: Site) -> None:
    with site.stranger() as client:
        assert client.get("/live/events", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401
    with site.client(Scope.INGEST) as client:
        assert client.get("/live/events").status_code == 403


def test_who_leaves_is_forgotten(site: Site, client: httpx.Client) -> None:
    with listening(client) as events:
        next(events)
        assert watch_of(site).watchers == 1
    wait_until(lambda: watch_of(site).watchers == 0)


def test_more_than_a_hundred_have_to_look_by_themselves(site: Site, client: httpx.Client) -> None:
    watch_of(site).watchers = WATCHERS
    answer = client.get("/live/events")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"


def test_the_server_stops_at_once_although_pages_are_open(tmp_path: Path) -> None:
    with running(settings_for(tmp_path)) as site, site.client() as client, listening(client) as events:
        next(events)
        begun = time.monotonic()
        site.web.stopping.set()
        assert list(events) == []
        assert time.monotonic() - begun < 2.0


@pytest.mark.parametrize("name", ["live.js", "charts.js"])
def test_what_keeps_pages_up_to_date_is_served(site: Site, client: httpx.Client, name: str) -> None:
    assert client.get(f"/static/{name}").headers["Content-Type"].startswith("text/javascript")
