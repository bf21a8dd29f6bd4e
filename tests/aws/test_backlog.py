"""Settle asks for no more houses than predict can judge before their claims end."""

from contextlib import closing

import pytest

from sunsift.aws import ingest, settle
from sunsift.aws.backlog import HOUSES_A_WORKER
from sunsift.ports import PREDICT
from sunsift.settings import read_settings
from sunsift.steps.settle import BATCH
from sunsift.wiring import connected
from tests.aws.conftest import Output, Surroundings
from tests.aws.events import Context, scheduled, sqs_event
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.servers.ministack import Ministack


@pytest.fixture
def one_house(around: Surroundings) -> Surroundings:
    """One house is quiet, and its region's day may be closed."""
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 1))
    ingest.handler(sqs_event(["-"]), Context())
    assert open_days(around) == 1
    return around


def open_days(around: Surroundings) -> int:
    """Count the region days that are due and not closed."""
    with closing(connected(read_settings(around.values))) as parts:
        return sum(len(found.days) for found in parts.store.closable(parts.store.steady(), 10))


FULL = HOUSES_A_WORKER - BATCH + 1
"""So many messages for one worker leave room for one house less than settle claims at once."""


def fill(around: Surroundings, ministack: Ministack) -> None:
    """Let so many houses wait for the only worker."""
    around.set("SUNSIFT_PREDICT_CONCURRENCY", "1")
    sqs, url = ministack.client("sqs"), around.channels.url(PREDICT)
    names = [f"waiting-{n}" for n in range(FULL)]
    for first in range(0, FULL, 10):
        entries = [{"Id": name, "MessageBody": name} for name in names[first : first + 10]]
        assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")


def test_behind_a_full_queue_days_are_closed_and_no_house_is_claimed(
    one_house: Surroundings, ministack: Ministack, output: Output
) -> None:
    fill(one_house, ministack)
    assert settle.handler(scheduled(), Context()) == {"claimed": 0}
    assert open_days(one_house) == 0
    assert output.total("PredictsWaiting") == FULL
    (warning,) = [line for line in output.logs() if line["level"] == "WARNING"]
    assert "until predict has caught up; region days closed: 1" in str(warning["message"])
    assert "house-1" not in one_house.channels.take(PREDICT, FULL)
    # It was not lost: its turn comes with the first settle that finds room.
    assert settle.handler(scheduled(), Context()) == {"claimed": 1}
    assert one_house.channels.take(PREDICT, 10) == ["house-1"]


def test_messages_that_somebody_holds_count(one_house: Surroundings, ministack: Ministack) -> None:
    fill(one_house, ministack)
    sqs, url = ministack.client("sqs"), one_house.channels.url(PREDICT)
    assert len(sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]) == 1
    assert settle.handler(scheduled(), Context()) == {"claimed": 0}


def test_no_more_houses_are_claimed_than_there_is_room_for(around: Surroundings, output: Output) -> None:
    around.set("SUNSIFT_PREDICT_CONCURRENCY", "1")
    with closing(connected(read_settings(around.values))) as parts:
        parts.coordinator.touch({f"house-{n}": 1 for n in range(HOUSES_A_WORKER + 500)})
    assert settle.handler(scheduled(), Context()) == {"claimed": HOUSES_A_WORKER}
    assert settle.handler(scheduled(), Context()) == {"claimed": 0}
    around.set("SUNSIFT_PREDICT_CONCURRENCY", "2")
    assert settle.handler(scheduled(), Context()) == {"claimed": 500}
    waiting = [line["PredictsWaiting"] for line in output.metrics()]
    assert waiting == [[0], [HOUSES_A_WORKER], [HOUSES_A_WORKER]]


def test_where_the_queue_cannot_be_read_houses_are_claimed_as_ever(
    one_house: Surroundings, output: Output
) -> None:
    one_house.set("SUNSIFT_QUEUE_PREDICT", one_house.channels.url(PREDICT) + "-gone")
    assert settle.handler(scheduled(), Context()) == {"claimed": 1}
    (warning,) = [line for line in output.logs() if line["level"] == "WARNING"]
    assert "cannot be read" in str(warning["message"])
