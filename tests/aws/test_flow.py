"""A packet's way through the functions, as the cloud calls them."""

import base64
import json
from datetime import UTC, datetime

import pytest

from sunsift.aws import deliver, ingest, poll, predict, settle, sweep
from sunsift.ports import DELIVER, PREDICT, WAKE
from tests.aws.conftest import Output, Surroundings
from tests.aws.events import Context, failed, scheduled, sqs_event
from tests.support.build import FIRST_DAY, a_house, a_house_message, days_of


@pytest.mark.parametrize(("messages", "wake_ups"), [(0, 0), (1, 1), (32, 1), (33, 2)])
def test_poll_wakes_one_worker_for_each_batch(
    around: Surroundings, output: Output, messages: int, wake_ups: int
) -> None:
    around.send(days_of("house-1", FIRST_DAY, messages))
    poll.handler(scheduled(), Context())
    assert len(around.channels.take(WAKE, 10)) == wake_ups
    assert output.total("InboxDepth") == messages
    assert output.total("WakeUps") == wake_ups


def test_poll_opens_no_store(around: Surroundings) -> None:
    around.unset("SUNSIFT_STORE")
    around.send(days_of("house-1", FIRST_DAY, 1))
    assert poll.handler(scheduled(), Context()) == {"depth": 1, "wake_ups": 1}


def test_ingest_stores_packets_and_deletes_their_messages(around: Surroundings, output: Output) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 40))
    assert failed(ingest.handler(sqs_event(["-", "-"]), Context())) == []
    assert around.counts().days == 40
    assert around.waiting() == 0
    assert output.total("MessagesTaken") == output.total("PacketsAccepted") == 40


def test_what_cannot_be_used_goes_to_quarantine(around: Surroundings, output: Output) -> None:
    around.register(a_house())
    around.send(days_of("stranger", FIRST_DAY, 1) + days_of("house-1", FIRST_DAY, 1))
    assert failed(ingest.handler(sqs_event(["-"]), Context())) == []
    counts = around.counts()
    assert (counts.days, counts.quarantined) == (1, 1)
    assert output.total("MessagesQuarantined") == 1


def test_a_house_comes_by_the_queue_too(around: Surroundings, output: Output) -> None:
    around.send(days_of("6102000777", FIRST_DAY, 3))
    assert failed(ingest.handler(sqs_event(["-"]), Context())) == []
    assert around.counts().quarantined == 3
    word = json.loads(a_house_message(a_house("6102000777"), datetime(2026, 1, 1, tzinfo=UTC)))
    event = {"specversion": "1.0", "id": "e", "source": "/billing", "type": "sunsift.house", "data": word}
    around.queue.send_message(base64.b64encode(json.dumps(event).encode()).decode())
    assert failed(ingest.handler(sqs_event(["-"]), Context())) == []
    counts = around.counts()
    assert (counts.houses, counts.days, counts.quarantined, around.waiting()) == (1, 3, 0, 0)
    assert (output.total("HousesRegistered"), output.total("PacketsRedriven")) == (1, 3)
    assert "6102000" not in str(output.logs())


def test_from_packets_to_a_signed_report(around: Surroundings, output: Output) -> None:
    around.register(a_house(), a_house("house-2"))
    around.send(days_of("house-1", FIRST_DAY, 40) + days_of("house-2", FIRST_DAY, 40, alive=False))

    poll.handler(scheduled(), Context())
    ingest.handler(sqs_event(around.channels.take(WAKE, 10)), Context())
    assert settle.handler(scheduled(), Context()) == {"claimed": 2}
    houses = around.channels.take(PREDICT, 10)
    assert sorted(houses) == ["house-1", "house-2"]
    assert failed(predict.handler(sqs_event(houses), Context())) == []
    hints = around.channels.take(DELIVER, 10)
    assert hints
    assert failed(deliver.handler(sqs_event(hints[:1]), Context())) == []

    counts = around.counts()
    assert (counts.unsettled, counts.undelivered) == (0, 0)
    assert counts.reports == len(around.receiver.received) > 0
    assert "house-2" in {report["data"]["house_id"] for report in around.receiver.received}
    for metric, least in {
        "HousesSettled": 2,
        "PredictionsWritten": 2,
        "ReportsWritten": 1,
        "ReportsSent": 1,
    }.items():
        assert output.total(metric) >= least
    # Nothing is left to do, and whoever asks does no harm.
    assert settle.handler(scheduled(), Context()) == {"claimed": 0}
    deliver.handler(scheduled(), Context())
    assert len(around.receiver.received) == counts.reports


def test_the_sweep_finds_what_hints_lost(around: Surroundings, output: Output) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 1))
    ingest.handler(sqs_event(["-"]), Context())
    assert sweep.handler(scheduled(), Context()) == {"found": 1}
    assert output.total("SweepFound") == 1


def test_reports_that_nobody_takes_stay_due(around: Surroundings, output: Output) -> None:
    around.store(alive=False)
    predict.handler(sqs_event(["house-1"]), Context())
    around.receiver.answer = 503
    assert failed(deliver.handler(scheduled(), Context())) == []
    assert around.counts().undelivered == output.total("ReportsFailed") == 1
