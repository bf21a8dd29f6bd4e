"""Everything that may break breaks while five bursts arrive: the same bytes come out, and nothing is lost."""

import json
import random
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sunsift.records import Counts
from tests.e2e.cloud import Cloud, eventually
from tests.e2e.embedded import embedded_run
from tests.e2e.fleets import make_fleet
from tests.support.servers.azurite import ACCOUNT
from tests.support.servers.postgres import Postgres

pytestmark = pytest.mark.e2e
BURSTS = 5
OUT = "reports"


def test_the_same_bytes_under_fire(cloud: Cloud, postgres_server: Postgres, tmp_path: Path) -> None:
    seed = 7
    rng = random.Random(seed)
    sent = make_fleet(tmp_path, seed)
    out = cloud.servers.azurite.client(OUT)
    out.create_queue()
    cloud.deploy(to=f"azure://{ACCOUNT}/{OUT}")
    cloud.servers.register(sent)
    twice = [*sent.mail, *sent.mail]
    rng.shuffle(twice)
    with hints_come_twice(cloud, rng):
        for number, disturb in enumerate(disturbances(cloud, postgres_server)):
            burst = twice[number::BURSTS]
            cloud.servers.put(burst[: len(burst) // 2])
            cloud.invoke("poll")
            before = cloud.servers.counts()
            disturb()
            cloud.servers.put(burst[len(burst) // 2 :])
            cloud.invoke("poll")
            eventually(partial(has_changed, cloud, before), "something went on")
    eventually(lambda: cloud.servers.is_done(sent.houses), "everything was judged and told")
    told = list(reports_in(cloud))
    expected = embedded_run(cloud.servers, sent, tmp_path / "embedded")
    assert cloud.servers.here.result() == expected.result
    assert cloud.servers.here.latest_reports() == expected.latest
    keys = {report["data"]["key"] for report in told}
    assert keys == {row["key"] for row in cloud.servers.here.rows("reports")}
    print(f"{len(told)} messages for {len(keys)} reports")


def has_changed(cloud: Cloud, before: Counts) -> bool:
    """Say whether anything was stored since."""
    return cloud.servers.counts() != before


def disturbances(cloud: Cloud, postgres: Postgres) -> list[Callable[[], None]]:
    """Return what breaks, one thing a burst."""

    def workers_die() -> None:
        eventually(lambda: cloud.kill_workers() > 0, "a worker ran")

    def postgres_restarts() -> None:
        postgres.kill()
        cloud.invoke("settle")
        postgres.start()

    def valkey_forgets() -> None:
        cloud.servers.valkey.flush()
        cloud.invoke("settle")

    def valkey_is_gone() -> None:
        cloud.servers.valkey.stop()
        cloud.invoke("settle")
        eventually(lambda: bool(cloud.invoke("poll")), "polling went on")
        cloud.servers.valkey.start()

    def azurite_restarts() -> None:
        cloud.servers.azurite.stop()
        cloud.invoke("poll")
        cloud.servers.azurite.start()

    assert BURSTS == 5
    return [workers_die, postgres_restarts, valkey_forgets, valkey_is_gone, azurite_restarts]


@contextmanager
def hints_come_twice(cloud: Cloud, rng: random.Random) -> Iterator[None]:
    """Repeat hints of every kind: too early, too late, for houses that wait for nothing."""
    ended = threading.Event()
    with closing(cloud.servers.parts()) as parts:
        houses = [house.house_id for house in parts.records.houses()]

    def repeat() -> None:
        sns = cloud.ministack.client("sns")
        arns = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
        while not ended.wait(1.0):
            for arn in arns:
                if any(f"{name}Topic" in arn for name in ("Wake", "Predict", "Deliver")):
                    body = rng.choice(houses) if "PredictTopic" in arn else "-"
                    for _ in range(2):
                        sns.publish(TopicArn=arn, Message=body)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def reports_in(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Take all reports out of the queue that they were sent to."""
    client = cloud.servers.azurite.client(OUT)
    while messages := list(client.receive_messages(max_messages=32)):
        for message in messages:
            yield json.loads(b64decode(message.content))
            client.delete_message(message)
