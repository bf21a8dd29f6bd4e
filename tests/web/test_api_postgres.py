"""The API on PostgreSQL: the same, and a server that goes away and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sunsift.tokens import Scope
from tests.support.build import FIRST_DAY, days_of, lines_of, message_of
from tests.support.servers.postgres import Postgres, fresh_database
from tests.support.web import Site, running, settings_for

HOUSE = {"capacity_kwp": 5, "latitude": -33.9, "longitude": 151.2, "utc_offset_hours": 10}


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Iterator[Site]:
    with running(settings_for(tmp_path, store=fresh_database(postgres))) as site:
        yield site


def test_from_registration_to_status(site: Site) -> None:
    packets = days_of("a/b", FIRST_DAY, 40)
    with site.client() as client:
        lines = {"Content-Type": "application/x-ndjson"}
        early = client.post("/v1/packets/bulk", content=lines_of(packets[:2]), headers=lines).json()
        assert (early["accepted"], early["quarantined"]) == (0, 2)
        assert client.put("/v1/houses/a%2Fb", json=HOUSE).status_code == 200
        assert client.get("/v1/quarantine").json()["items"] == []
        told = client.post("/v1/packets/bulk", content=lines_of(packets), headers=lines).json()
        assert (told["accepted"], told["duplicate"]) == (38, 2)
        assert client.get("/v1/summary").json()["unsettled"] == 1
        days = client.get("/v1/houses/a%2Fb/days?limit=1000").json()["items"]
        assert len(days) == 40
        site.parts.close_days()
        assert site.parts.settle() == 1
        site.parts.predict(["a/b"])
        place = client.get("/v1/statuses/a%2Fb").json()
        assert place["usable_days"] == 30
        predictions = client.get("/v1/houses/a%2Fb/predictions").json()["items"]
        assert predictions[0]["performance"] == place["performance"]
        assert client.post("/v1/feedback", json={"house_id": "a/b", "found": "healthy"}).status_code == 200
        assert client.get("/v1/feedback?limit=1").json()["items"][0]["found"] == "healthy"
        assert client.get("/v1/houses/%00").status_code == 404


def test_a_server_that_is_gone_is_503_and_comes_back(postgres: Postgres, site: Site) -> None:
    with site.client(Scope.INGEST) as client:
        body = message_of(days_of("house-1", FIRST_DAY, 1)[0])
        one = {"Content-Type": "application/json"}
        assert client.put("/v1/houses/house-1", json=HOUSE).status_code == 200
        postgres.stop()
        try:
            answer = client.post("/v1/packets", content=body, headers=one)
        finally:
            postgres.start()
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert str(postgres.port) not in answer.text
        again = client.post("/v1/packets", content=body, headers=one)
        assert (again.status_code, again.json()["accepted"]) == (202, 1)
