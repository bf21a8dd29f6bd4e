"""Errors of the API, as programs read them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from sunsift.tokens import Scope
from tests.support.build import FIRST_DAY, a_house, a_packet
from tests.support.web import Site, running, settings_for

PATHS = ["/v1/houses", "/v1/packets", "/v1/packets/bulk", "/v1/quarantine", "/v1/reports", "/v1/summary"]

# How deep is too deep depends on the version of Python; this is, for all.
DEEP = b"[" * 200_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(settings_for(tmp_path_factory.mktemp("site"))) as site, site.client() as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem that an answer tells of, whose fields all answers have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert told["title"]
    assert told["detail"]
    return told


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/houses/a/nothing", "/v1/houses/"])
def test_there_is_no_such_route(client: httpx.Client, path: str) -> None:
    problem(client.get(path), 404)


@pytest.mark.parametrize("path", PATHS)
def test_there_is_no_such_method(client: httpx.Client, path: str) -> None:
    answer = client.request("DELETE", path)
    problem(answer, 405)
    assert answer.headers["Allow"] in {"GET", "POST", "GET, POST", "POST, GET"}


@pytest.mark.parametrize("path", ["/v1/packets", "/v1/packets/bulk"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip, gzip"},
    ],
)
def test_only_what_is_read_may_be_sent(client: httpx.Client, path: str, headers: dict[str, str]) -> None:
    told = problem(client.post(path, content=b"{}", headers=headers), 415)
    assert "application/json" in told["detail"] or "gzip" in told["detail"]


def test_every_wrong_field_is_named(client: httpx.Client) -> None:
    told = problem(client.post("/v1/houses", json={"house_id": 5, "latitude": "x", "surprise": 1}), 422)
    assert {error["at"] for error in told["errors"]} == {
        *("body.house_id", "body.capacity_kwp", "body.latitude", "body.longitude"),
        *("body.utc_offset_hours", "body.surprise"),
    }
    told = problem(client.get("/v1/statuses?limit=0&order=best&status=odd"), 422)
    assert {error["at"] for error in told["errors"]} == {"query.limit", "query.order", "query.status"}
    problem(client.get("/v1/houses/a/days?from=yesterday"), 422)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"a"', b"\xff", b"NaN", pytest.param(DEEP, id="deep")]
)
def test_what_is_no_object_is_refused(client: httpx.Client, body: bytes) -> None:
    for path in ("/v1/houses", "/v1/feedback", "/v1/reports/replay"):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        # What is not even text, or is nested beyond all reason, is 400.
        problem(answer, 400 if body in {b"\xff", DEEP} else 422)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400])
def test_numbers_are_numbers(client: httpx.Client, number: str) -> None:
    body = (
        f'{{"house_id": "a", "capacity_kwp": {number}, "latitude": 1, "longitude": 1, "utc_offset_hours": 1}}'
    )
    problem(client.post("/v1/houses", content=body, headers={"Content-Type": "application/json"}), 422)


def test_what_breaks_within_is_not_told(site: Site) -> None:
    site.parts.store.register([a_house("a")])
    site.parts.store.save([a_packet("a", FIRST_DAY)], [])
    with closing(sqlite3.connect(site.web.settings.database)) as connection, connection:
        connection.execute("UPDATE day SET readings = x'00ff'")
    with site.client() as client:
        told = problem(client.get("/v1/houses/a/days"), 500)
        assert told["detail"] == "something went wrong; the log of the server says what"
        assert client.get("/v1/houses").status_code == 200, "the next one is answered again"


def test_a_store_that_is_gone_is_waited_for(site: Site) -> None:
    with site.client(Scope.READ) as client:
        # The server has not opened it yet: it does when it is first asked.
        database = site.web.settings.database
        database.rename(database.with_suffix(".away"))
        database.mkdir()
        for path in ("/v1/houses", "/v1/health"):
            answer = client.get(path)
            told = problem(answer, 503)
            assert int(answer.headers["Retry-After"]) > 0
            assert str(database.parent) not in told["detail"]
        database.rmdir()
        database.with_suffix(".away").rename(database)
        assert client.get("/v1/houses").status_code == 200
