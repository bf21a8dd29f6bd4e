"""CloudEvents and registrations by message through the API."""

import json
from base64 import b64encode
from typing import Any

import httpx
import pytest

from sunsift.domain.readings import Packet
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, fields_of, message_of
from tests.support.web import Site
from tests.web.test_api_packets import BULK, PACKETS, post, stored, taken


@pytest.fixture(autouse=True)
def _registered(site: Site) -> None:
    site.parts.store.register([a_house("house-1")])


def event(packet: Packet, **changes: Any) -> dict[str, Any]:
    usual = {"specversion": "1.0", "id": "1", "source": "/billing", "type": "sunsift.packet"}
    return usual | {"data": fields_of(packet)} | changes


def test_cloud_events_are_read_in_every_mode(site: Site, client: httpx.Client) -> None:
    packets = days_of("house-1", FIRST_DAY, 5)
    one = json.dumps(event(packets[0])).encode()
    assert taken(post(client, PACKETS, one, "application/cloudevents+json"))["accepted"] == 1
    binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/billing", "ce-type": "sunsift.packet"}
    assert taken(post(client, PACKETS, message_of(packets[1]), "application/json", **binary))["accepted"] == 1
    batch = [event(packets[2]), event(packets[3], data_base64=_packed(packets[3])), event(packets[4])]
    del batch[1]["data"]
    body = json.dumps(batch).encode()
    assert taken(post(client, BULK, body, "application/cloudevents-batch+json"))["accepted"] == 3
    assert stored(site) == packets


def test_an_event_that_is_none_of_ours_is_refused(site: Site, client: httpx.Client) -> None:
    for changes in ({"type": "other"}, {"specversion": "0.3"}, {"data": None}):
        body = json.dumps(event(a_packet(), **changes)).encode()
        assert post(client, PACKETS, body, "application/cloudevents+json").status_code == 422
    binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/billing", "ce-type": "other"}
    assert post(client, PACKETS, message_of(a_packet()), "application/json", **binary).status_code == 422
    assert stored(site) == []


def _packed(packet: Packet) -> str:
    return b64encode(message_of(packet)).decode()


def test_a_house_and_its_packets_come_in_one_bulk(site: Site, client: httpx.Client) -> None:
    packets = days_of("new", FIRST_DAY, 3)
    values = {"capacity_kwp": 5.0, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10.0}
    word = {
        "schema": 1,
        "type": "house",
        "id": "1",
        "house": {"house_id": "new"} | values,
        "updated_at": "2026-01-01T00:00:00Z",
    }
    body = json.dumps([*(fields_of(p) for p in packets), word]).encode()
    told = taken(post(client, BULK, body, "application/json"))
    assert (told["houses"], told["accepted"], told["quarantined"]) == (1, 3, 0)
    assert stored(site, "new") == packets
    older = word | {"updated_at": "2025-01-01T00:00:00Z", "house": word["house"] | {"capacity_kwp": 9.9}}  # type: ignore[operator]
    told = taken(post(client, PACKETS, json.dumps(older).encode(), "application/json"))
    assert (told["houses"], told["houses_superseded"]) == (0, 1)
    assert site.parts.store.houses(["new"])["new"].capacity_kwp == 5.0


def test_a_registration_that_cannot_be_true_is_refused(site: Site, client: httpx.Client) -> None:
    values = {
        "house_id": "new",
        "capacity_kwp": 5.0,
        "latitude": -33.9,
        "longitude": 151.2,
        "utc_offset_hours": 10,
    }
    for wrong in ({"capacity_kwp": -1}, {"latitude": 95}, {"region": "n" * 101}, {"house_id": "a\nb"}):
        word = {
            "schema": 1,
            "type": "house",
            "id": "1",
            "house": values | wrong,
            "updated_at": "2026-01-01T00:00:00Z",
        }
        assert post(client, PACKETS, json.dumps(word).encode(), "application/json").status_code == 422, wrong
    assert [house.house_id for house in site.parts.records.houses()] == ["house-1"]
