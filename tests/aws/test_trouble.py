"""What fails, what comes twice, and what runs out of time."""

from itertools import repeat

import pytest

from sunsift.adapters.sns_topic import TopicError
from sunsift.aws import ingest, poll, predict, settle, sweep
from sunsift.domain.errors import SettingsError, SunsiftError
from sunsift.ports import DELIVER, PREDICT, WAKE
from tests.aws.conftest import Output, Surroundings
from tests.aws.events import Context, Handler, failed, scheduled, sqs_event
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.servers.ministack import Ministack
from tests.support.servers.valkey import StartValkey

NOWHERE = "postgresql://postgres@127.0.0.1:1/nowhere"
# No store takes this name: it cannot be encoded.
POISON = "\ud800"


def test_only_the_message_that_failed_comes_again(around: Surroundings, output: Output) -> None:
    around.store("house-1")
    around.store("house-2")
    event = sqs_event(["house-1", POISON, "house-2"], ids=["m1", "m2", "m3"])
    assert failed(predict.handler(event, Context())) == ["m2"]
    assert around.counts().unsettled == 0
    assert output.total("HousesSettled") == 2
    assert output.total("MessagesFailed") == 1
    (error,) = [line for line in output.logs() if line["level"] == "ERROR"]
    assert error["message_id"] == "m2"
    assert "exception" in error


def test_every_message_may_fail(around: Surroundings) -> None:
    around.set("SUNSIFT_STORE", NOWHERE)
    event = sqs_event(["-", "-"], ids=["m1", "m2"])
    around.send(days_of("house-1", FIRST_DAY, 1))
    assert failed(ingest.handler(event, Context())) == ["m1", "m2"]
    assert around.waiting() == 1


@pytest.mark.parametrize("handler", [settle.handler, sweep.handler])
def test_a_schedule_fails_loudly(around: Surroundings, output: Output, handler: Handler) -> None:
    around.set("SUNSIFT_STORE", NOWHERE)
    with pytest.raises(SunsiftError):
        handler(scheduled(), Context())
    (error,) = [line for line in output.logs() if line["level"] == "ERROR"]
    assert error["exception_name"] in {"StoreError", "StoreUnavailableError"}


def test_poll_says_that_its_hints_were_lost(around: Surroundings, ministack: Ministack) -> None:
    around.send(days_of("house-1", FIRST_DAY, 1))
    ministack.client("sns").delete_topic(TopicArn=around.channels.arns[WAKE])
    with pytest.raises(TopicError):
        poll.handler(scheduled(), Context())


def test_ingest_hands_on_what_it_has_no_time_for(around: Surroundings) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 96))
    assert failed(ingest.handler(sqs_event(["-"] * 3), Context(remaining_ms=[0]))) == []
    assert around.counts().days == 32
    assert around.channels.take(WAKE, 10) == ["-", "-"]


def test_ingest_ends_when_its_time_does(around: Surroundings) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 96))
    # Asked by the memory of events for each message, and by the deadline before each but the first.
    context = Context(remaining_ms=[*repeat(60_000, 3), 1000])
    ingest.handler(sqs_event(["-"] * 3), context)
    assert around.counts().days == 64
    assert around.channels.take(WAKE, 10) == ["-"]


def test_predict_hands_on_the_houses_that_it_has_no_time_for(around: Surroundings) -> None:
    around.store()
    event = sqs_event(["house-1", "house-2", "house-3"])
    assert failed(predict.handler(event, Context(remaining_ms=[0]))) == []
    assert around.counts().unsettled == 0
    assert sorted(around.channels.take(PREDICT, 10)) == ["house-2", "house-3"]


def test_what_cannot_be_handed_on_comes_again(around: Surroundings, ministack: Ministack) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 64))
    ministack.client("sns").delete_topic(TopicArn=around.channels.arns[WAKE])
    event = sqs_event(["-"] * 3, ids=["m1", "m2", "m3"])
    assert failed(ingest.handler(event, Context(remaining_ms=[0]))) == ["m2", "m3"]
    assert around.counts().days == 32


def test_settle_stops_when_time_is_short(around: Surroundings) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 1))
    ingest.handler(sqs_event(["-"]), Context())
    assert settle.handler(scheduled(), Context(remaining_ms=[0])) == {"claimed": 1}


def test_a_message_that_comes_twice_is_worked_on_once(around: Surroundings) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 64))
    event = sqs_event(["-"], ids=["m1"])
    assert failed(ingest.handler(event, Context())) == []
    assert failed(ingest.handler(event, Context())) == []
    assert (around.counts().days, around.waiting()) == (32, 32)


def test_a_house_that_is_named_twice_is_judged_once(around: Surroundings, output: Output) -> None:
    around.store()
    for _ in range(2):
        assert failed(predict.handler(sqs_event(["house-1", "house-1"]), Context())) == []
    counts = around.counts()
    assert output.total("PredictionsWritten") == counts.predictions > 0
    assert output.total("ReportsWritten") == counts.reports
    assert len(around.channels.take(DELIVER, 10)) == counts.reports


def test_a_message_that_failed_is_worked_on_when_it_comes_again(around: Surroundings) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 1))
    event = sqs_event(["-"], ids=["m1"])
    around.set("SUNSIFT_STORE", NOWHERE)
    assert failed(ingest.handler(event, Context())) == ["m1"]
    around.set("SUNSIFT_STORE", around.values["SUNSIFT_STORE"])
    assert failed(ingest.handler(event, Context())) == []
    assert around.counts().days == 1


def test_without_redis_the_functions_go_on(
    around: Surroundings, output: Output, start_valkey: StartValkey
) -> None:
    valkey = start_valkey()
    around.set("SUNSIFT_COORDINATOR", valkey.url)
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 64))
    assert failed(ingest.handler(sqs_event(["-"]), Context())) == []
    valkey.kill()
    assert failed(ingest.handler(sqs_event(["-", "-"]), Context())) == []
    assert settle.handler(scheduled(), Context()) == {"claimed": 1}
    assert failed(predict.handler(sqs_event(["house-1"]), Context())) == []
    counts = around.counts()
    assert (counts.days, counts.unsettled) == (64, 0)
    assert output.total("CoordinatorFallback") == 3  # one an invocation, however often it was asked
    warnings = [line for line in output.logs() if "worked on twice" in str(line["message"])]
    assert len(warnings) == 1  # however many messages


def test_redis_need_not_be_there_at_all(around: Surroundings, output: Output) -> None:
    around.unset("SUNSIFT_COORDINATOR")
    around.store()
    assert failed(predict.handler(sqs_event(["house-1"]), Context())) == []
    assert around.counts().unsettled == 0
    assert not any(line["level"] in ("WARNING", "ERROR") for line in output.logs())


def test_a_variable_that_is_missing_is_named(around: Surroundings) -> None:
    around.unset("SUNSIFT_STORE")
    with pytest.raises(SettingsError, match="SUNSIFT_STORE"):
        settle.handler(scheduled(), Context())
