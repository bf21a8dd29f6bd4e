"""Logs, metrics and traces of the functions."""

import re

from sunsift.aws import ingest, observe, poll, predict
from sunsift.domain.house import veiled
from tests.aws.conftest import Output, Surroundings
from tests.aws.events import Context, scheduled, sqs_event
from tests.support.build import FIRST_DAY, a_house, days_of

X_RAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TRACE = "5759e988bd862e3fe1be46a994272793"


def test_metrics_are_in_the_format_of_cloudwatch(around: Surroundings, output: Output) -> None:
    around.register(a_house())
    around.send(days_of("house-1", FIRST_DAY, 1))
    ingest.handler(sqs_event(["-", "-"]), Context())
    (line,) = output.metrics()
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"] == "Sunsift"
    assert told["Dimensions"] == [["service"], ["service", "step"]]
    assert line["step"] == "ingest"
    units = {metric["Name"]: metric["Unit"] for metric in told["Metrics"]}
    assert units.pop("StepMilliseconds") == "Milliseconds"
    assert set(units.values()) == {"Count"}
    assert {"MessagesTaken", "PacketsAccepted", "PacketsRevised", "PacketsDuplicate"} <= units.keys()
    assert line["MessagesTaken"] == [1, 0]
    assert len(line["StepMilliseconds"]) == 2
    assert all(value > 0 for value in line["StepMilliseconds"])


def test_each_invocation_counts_from_nothing(around: Surroundings, output: Output) -> None:
    for _ in range(2):
        poll.handler(scheduled(), Context())
    assert [line["InboxDepth"] for line in output.metrics()] == [[0], [0]]


def test_every_log_line_names_its_request(around: Surroundings, output: Output) -> None:
    around.store(alive=False)
    context = Context()
    predict.handler(sqs_event(["house-1"]), context)
    logs = output.logs()
    assert len(logs) == len([line for line in logs if line["function_request_id"]]) > 1
    # The steps log by themselves; one of them tells of the house.
    (change,) = [line for line in logs if line.get("house_id") == veiled("house-1")]
    assert change["function_request_id"] == context.aws_request_id
    assert change["status"] == "poor"
    assert "house-1" not in str(logs), "a whole name is nobody's business"


def test_a_trace_leads_from_the_ingest_to_the_report(around: Surroundings, output: Output) -> None:
    around.store(alive=False)
    predict.handler(sqs_event(["house-1"]), Context())
    traces = {line["trace_id"] for line in output.logs() if "trace_id" in line}
    (trace,) = traces
    assert re.fullmatch("[0-9a-f]{32}", trace)


def test_the_trace_is_that_of_x_ray(around: Surroundings, output: Output) -> None:
    around.set("_X_AMZN_TRACE_ID", X_RAY)
    ingest.handler(sqs_event(["-"]), Context())
    assert {line["trace_id"] for line in output.logs()} == {TRACE}


def test_hints_carry_the_trace_and_logs_name_it_as_their_cause(around: Surroundings, output: Output) -> None:
    around.send(days_of("house-1", FIRST_DAY, 1))
    around.set("_X_AMZN_TRACE_ID", X_RAY)
    poll.handler(scheduled(), Context())
    around.unset("_X_AMZN_TRACE_ID")
    (hint,) = around.channels.take_messages("wake", 1)
    cause = hint["MessageAttributes"]["traceparent"]["StringValue"]
    assert cause == f"00-{TRACE}-53995c3f42cd8ad8-01"
    ingest.handler(sqs_event([hint["Body"]], traceparent=cause), Context())
    assert {line["caused_by"] for line in output.logs()} == {cause}


def test_more_values_than_one_line_takes_all_count_for_the_step(output: Output) -> None:
    @observe.observed("deliver")
    def handler(event: observe.Event, context: Context) -> None:
        for _ in range(250):
            observe.EMF.step("deliver", 0.001, {"ReportsSent": 1})

    handler(scheduled(), Context())
    assert output.total("ReportsSent") == 250
    assert len(output.metrics()) > 2
    for line in output.metrics():
        assert line["step"] == "deliver"
        assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["service", "step"]]


def test_nothing_counted_is_nothing_written(output: Output) -> None:
    @observe.observed("poll")
    def handler(event: observe.Event, context: Context) -> str:
        return "done"

    assert handler(scheduled(), Context()) == "done"
    assert output.lines() == []
