"""Packets through the API: what is answered is on the disk, and what cannot be used is named."""

import gzip
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from sunsift.domain.readings import Packet
from sunsift.web.limits import Limits
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, fields_of, lines_of, message_of
from tests.support.kill import wait_until
from tests.support.web import Site, running, settings_for

PACKETS = "/v1/packets"
BULK = "/v1/packets/bulk"
GZIP = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
COUNTS = (
    *("accepted", "revised", "duplicate", "superseded", "houses", "houses_superseded", "redriven", "erased"),
    "quarantined",
)
NOTHING = dict.fromkeys(COUNTS, 0)


@pytest.fixture(autouse=True)
def _registered(site: Site) -> None:
    site.parts.store.register([a_house("house-1"), a_house("house/2")])


def stored(site: Site, house_id: str = "house-1") -> list[Packet]:
    return site.parts.records.days(house_id)


def post(client: httpx.Client, path: str, body: bytes, media: str, **headers: str) -> httpx.Response:
    return client.post(path, content=body, headers={"Content-Type": media} | headers)


def taken(answer: httpx.Response) -> dict[str, Any]:
    """Return what became of messages, without the request's name."""
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert len(bytes.fromhex(told.pop("id"))) == 16
    return told


def test_a_packet_is_on_the_disk_when_it_is_answered(site: Site, client: httpx.Client) -> None:
    packet = a_packet()
    assert taken(client.post(PACKETS, json=fields_of(packet))) == NOTHING | {"accepted": 1, "problems": []}
    assert stored(site) == [packet]


def test_revisions_duplicates_and_old_news_are_told_apart(site: Site, client: httpx.Client) -> None:
    first, second = a_packet(), a_packet(revision=1)
    told = [taken(client.post(PACKETS, json=fields_of(p))) for p in (first, first, second, first)]
    for answer in told:
        assert answer.pop("problems") == []
    assert told == [
        NOTHING | {"accepted": 1},
        NOTHING | {"duplicate": 1},
        NOTHING | {"accepted": 1, "revised": 1},
        NOTHING | {"superseded": 1},
    ]
    assert stored(site) == [second]


def test_what_is_no_packet_is_refused_and_not_kept(site: Site, client: httpx.Client) -> None:
    wrong = {
        b"": "empty",
        b"{": "not_json",
        b"\xff\xfe": "not_utf8",
        b"[]": "wrong_shape",
        message_of(a_packet(), schema=2): "wrong_schema",
        message_of(a_packet(), surprise=1): "wrong_shape",
    }
    for body, code in wrong.items():
        answer = post(client, PACKETS, body, "application/json")
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
    assert stored(site) == []
    assert list(site.parts.records.quarantine()) == []


def test_a_packet_of_an_unknown_house_waits_until_that_is_registered(
    site: Site, client: httpx.Client
) -> None:
    packet = a_packet("later")
    told = taken(client.post(PACKETS, json=fields_of(packet)))
    assert told["quarantined"] == 1
    assert [(p["index"], p["code"]) for p in told["problems"]] == [(0, "unknown_house")]
    registration = {"capacity_kwp": 5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10}
    assert client.put("/v1/houses/later", json=registration).status_code == 200
    assert stored(site, "later") == [packet]
    assert client.get("/v1/quarantine").json()["items"] == []


@pytest.mark.parametrize("media", ["application/x-ndjson", "application/jsonl", "application/json"])
def test_a_bulk_goes_on_past_what_cannot_be_used(site: Site, client: httpx.Client, media: str) -> None:
    packets = days_of("house-1", FIRST_DAY, 5)
    bodies = [message_of(p) for p in packets]
    bodies[1:1] = [b'{"schema": 1}', message_of(a_packet("stranger"))]
    body = b"\n".join(bodies) if media != "application/json" else b"[" + b",".join(bodies) + b"]"
    told = taken(post(client, BULK, body, f"{media}; charset=utf-8"))
    assert [(p["index"], p["code"]) for p in told.pop("problems")] == [
        (1, "wrong_shape"),
        (2, "unknown_house"),
    ]
    assert told == NOTHING | {"accepted": 5, "quarantined": 2}
    assert stored(site) == packets
    kept = {m.body for m in site.parts.records.quarantine()}
    assert kept == set(bodies[1:3]), "whole, and byte by byte as they came"


def test_lines_of_any_kind_are_read(site: Site, client: httpx.Client) -> None:
    packets = days_of("house-1", FIRST_DAY, 3)
    body = b"\r\n\r\n".join(message_of(p) for p in packets) + b"\r\n \n"
    assert taken(post(client, BULK, body, "application/x-ndjson"))["accepted"] == 3
    assert taken(post(client, BULK, b"", "application/x-ndjson")) == NOTHING | {"problems": []}


def test_more_than_one_batch_is_taken_in_whole(site: Site, client: httpx.Client) -> None:
    bodies = [b'{"nothing": %d}' % n for n in range(4500)]
    bodies[4321] = message_of(a_packet())
    told = taken(post(client, BULK, b"\n".join(bodies), "application/x-ndjson"))
    assert (told["accepted"], told["quarantined"]) == (1, 4499)
    assert [p["index"] for p in told["problems"]] == list(range(1000)), "no more than a thousand are named"
    assert stored(site) == [a_packet()]


def test_a_bulk_may_be_packed(site: Site, client: httpx.Client) -> None:
    packets = days_of("house/2", FIRST_DAY, 4)
    # Of two members, as `cat a.gz b.gz` makes it.
    packed = gzip.compress(lines_of(packets[:2])) + gzip.compress(lines_of(packets[2:]))
    assert taken(client.post(BULK, content=packed, headers=GZIP))["accepted"] == 4
    assert stored(site, "house/2") == packets


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no gzip at all", 422),
        (gzip.compress(b"{}\n" * 1000, mtime=0)[:-9], 422),
        (gzip.compress(b"{}\n", mtime=0) + b"behind it", 422),
        (b"", 202),
    ],
)
def test_a_packing_that_breaks_off_is_refused_whole(
    site: Site, client: httpx.Client, body: bytes, status: int
) -> None:
    answer = client.post(BULK, content=body, headers=GZIP)
    assert answer.status_code == status, answer.text
    assert list(site.parts.records.quarantine()) == []


def test_an_array_that_breaks_off_is_refused_whole(site: Site, client: httpx.Client) -> None:
    whole = json.dumps([fields_of(p) for p in days_of("house-1", FIRST_DAY, 3)]).encode()
    for body in (whole[:-1], whole + b"]", b'{"a": []}', b"\xff", b"", b"[" * 100_000):
        answer = post(client, BULK, body, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (422, "not_json")
    assert stored(site) == []


def test_any_order_and_any_split_gives_the_same(site: Site, client: httpx.Client) -> None:
    rng = random.Random(5)
    packets = [a_packet("house-1", FIRST_DAY + d, revision=r) for d in range(10) for r in range(3)]
    winners = [a_packet("house-1", FIRST_DAY + d, revision=2) for d in range(10)]
    for _ in range(2):
        rng.shuffle(packets)
        for first in range(0, len(packets), 7):
            post(client, BULK, lines_of(packets[first : first + 7]), "application/x-ndjson")
        assert stored(site) == winners


def test_many_send_at_once(site: Site, client: httpx.Client) -> None:
    houses = [f"crowd/{n}" for n in range(12)]
    site.parts.store.register([a_house(house) for house in houses])
    lines = {"Content-Type": "application/x-ndjson"}

    def send(house: str) -> list[int]:
        packets = days_of(house, FIRST_DAY, 20)
        answers = [client.post(BULK, content=lines_of(packets), headers=lines) for _ in range(3)]
        answers += [client.get(f"/v1/houses/{house.replace('/', '%2F')}/days"), client.get("/v1/summary")]
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(len(houses)) as crowd:
        told = list(crowd.map(send, houses))
    assert told == [[202, 202, 202, 200, 200]] * len(houses)
    for house in houses:
        assert stored(site, house) == days_of(house, FIRST_DAY, 20)


def test_a_server_that_stops_finishes_what_it_began(tmp_path: Path) -> None:
    packets = days_of("a", FIRST_DAY, 60)
    with ExitStack() as until_stopped, ThreadPoolExecutor(1) as sender:
        site = until_stopped.enter_context(running(settings_for(tmp_path), limits=Limits(bulks=1)))
        site.parts.store.register([a_house("a")])

        def body() -> Iterator[bytes]:
            yield lines_of(packets[:30])
            assert site.web.stopping.wait(30)
            yield lines_of(packets[30:])

        headers = {"Authorization": f"Bearer {site.token()}", "Content-Type": "application/x-ndjson"}
        url = f"{site.url}{BULK}"
        answer = sender.submit(lambda: httpx.post(url, content=body(), headers=headers, timeout=60))
        wait_until(site.app.state.bulks.locked)
        until_stopped.close()
        assert answer.result(60).json()["accepted"] == len(packets)
    with running(settings_for(tmp_path)) as site:
        assert stored(site, "a") == packets
