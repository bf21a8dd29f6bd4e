"""What has to hold for everything that is deployed to AWS."""

import re
from typing import Any

import pytest

from sunsift.aws.backlog import HOUSES_A_WORKER
from sunsift.domain.rules import Rules
from sunsift.steps.settle import BATCH
from tests.infra.conftest import Json, Template
from tests.support.servers.common import ROOT

FUNCTIONS = ("poll", "ingest", "settle", "predict", "deliver", "sweep")
QUEUE_OF = {"ingest": "WakeQueue", "predict": "PredictQueue", "deliver": "DeliverQueue"}
PUBLISHES = {
    "poll": {"WakeTopic"},
    "ingest": {"WakeTopic"},
    "settle": {"PredictTopic"},
    "predict": {"PredictTopic", "DeliverTopic"},
    "deliver": set(),
    "sweep": set(),
}
EVERYBODY = {
    "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "xray:PutTraceSegments",
    "xray:PutTelemetryRecords", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}  # fmt: skip
RECEIVE = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
}  # fmt: skip
ASKS = {"settle": {("PredictQueue", "sqs:GetQueueAttributes")}}
SECRETS = re.compile(
    r"://[^/\s\"']*:[^/\s\"'@]+@|AccountKey=|[?&]sig=|whsec_|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY"
)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def function(template: Template, name: str) -> Json:
    return template.of("AWS::Lambda::Function")[f"{name.title()}LambdaFunction"]


def statements(template: Template, name: str) -> list[Json]:
    """Return what the role of a function says, and that it has no other policies."""
    logical_id = function(template, name)["Role"]["Fn::GetAtt"][0]
    assert logical_id == f"{name.title()}Role"
    role = template.of("AWS::IAM::Role")[logical_id]
    assert set(role) == {"AssumeRolePolicyDocument", "Policies"}
    return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def allowed(template: Template, name: str) -> list[tuple[str, Any]]:
    """Return each action that a function may do, with each resource that it may do it to."""
    may = [s for s in statements(template, name) if s["Effect"] == "Allow"]
    return [(action, what) for s in may for action in many(s["Action"]) for what in many(s["Resource"])]


def test_the_linters_find_nothing(template: Template) -> None:
    assert template.code == 0, template.said


def test_there_are_exactly_the_functions_that_the_flow_needs(template: Template) -> None:
    found = {f["Handler"] for f in template.of("AWS::Lambda::Function").values()}
    assert found == {f"sunsift.aws.{name}.handler" for name in FUNCTIONS}
    assert all((ROOT / f"src/sunsift/aws/{name}.py").exists() for name in FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_allows_what_its_function_does_and_nothing_else(template: Template, name: str) -> None:
    rights = allowed(template, name)
    publishes = {what["Ref"] for action, what in rights if action == "sns:Publish"}
    queues = {(what["Fn::GetAtt"][0], action) for action, what in rights if action.startswith("sqs:")}
    assert publishes == PUBLISHES[name]
    assert queues == ASKS.get(name, set()) | {(QUEUE_OF[name], a) for a in RECEIVE if name in QUEUE_OF}
    expected = EVERYBODY | {action for _, action in queues} | ({"sns:Publish"} if publishes else set())
    assert {action for action, _ in rights} == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_tracing_and_network_interfaces_are_not_narrowed_to_a_resource(
    template: Template, name: str
) -> None:
    rights = allowed(template, name)
    assert {action.split(":")[0] for action, what in rights if what == "*"} == {"xray", "ec2"}
    logs = [what for action, what in rights if action.startswith("logs:")]
    assert all(what == {"Fn::GetAtt": [f"{name.title()}LogGroup", "Arn"]} for what in logs)
    denied = [s for s in statements(template, name) if s["Effect"] == "Deny"]
    assert {action for s in denied for action in s["Action"]} == {a for a in EVERYBODY if a[:4] == "ec2:"}
    assert all("lambda:SourceFunctionArn" in s["Condition"]["ArnLike"] for s in denied)


def test_a_worker_is_dead_before_its_lease_ends(template: Template) -> None:
    lease_seconds = Rules().lease_ms / 1000
    assert all(f["Timeout"] < lease_seconds for f in template.of("AWS::Lambda::Function").values())


def test_every_queue_has_dead_letters_and_hides_messages_long_enough(template: Template) -> None:
    mappings = template.of("AWS::Lambda::EventSourceMapping").values()
    queues = template.of("AWS::SQS::Queue")
    ends = {"UndeliveredQueue"}
    for name, queue in QUEUE_OF.items():
        dead = queues[queue]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        ends.add(dead)
        assert queues[queue]["RedrivePolicy"]["maxReceiveCount"] == 5
        assert queues[dead]["MessageRetentionPeriod"] == 14 * 86_400
        allows = queues[dead]["RedriveAllowPolicy"]
        assert allows["redrivePermission"] == "byQueue"
        assert len(allows["sourceQueueArns"]) == 1
        assert queues[queue]["VisibilityTimeout"] >= 6 * function(template, name)["Timeout"]
        (mapping,) = (m for m in mappings if m["EventSourceArn"]["Fn::GetAtt"][0] == queue)
        assert mapping["FunctionName"]["Fn::GetAtt"][0] == f"{name.title()}LambdaFunction"
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert set(queues) == set(QUEUE_OF.values()) | ends


def test_settle_knows_how_much_predict_can_take(template: Template) -> None:
    told = function(template, "settle")["Environment"]["Variables"]
    assert told["SUNSIFT_QUEUE_PREDICT"] == {"Ref": "PredictQueue"}
    mappings = template.of("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = (m for m in mappings if m["EventSourceArn"]["Fn::GetAtt"][0] == "PredictQueue")
    workers = mapping["ScalingConfig"]["MaximumConcurrency"]
    assert int(told["SUNSIFT_PREDICT_CONCURRENCY"]) == workers
    assert workers * HOUSES_A_WORKER >= BATCH


def test_topics_feed_their_queue_and_nothing_else(template: Template) -> None:
    fed = {}
    for name, subscription in template.of("AWS::SNS::Subscription").items():
        if subscription["Protocol"] == "email":
            continue
        fed[subscription["TopicArn"]["Ref"]] = subscription["Endpoint"]["Fn::GetAtt"][0]
        assert subscription["RawMessageDelivery"], name
        assert subscription["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] == "UndeliveredQueue"
    assert fed == {f"{q.removesuffix('Queue')}Topic": q for q in QUEUE_OF.values()}


def test_queues_and_topics_are_encrypted_and_refuse_plain_connections(template: Template) -> None:
    assert all(q["SqsManagedSseEnabled"] for q in template.of("AWS::SQS::Queue").values())
    covered: set[str] = set()
    for kind, key in (("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SNS::TopicPolicy", "Topics")):
        for policy in template.of(kind).values():
            rules = {s["Sid"]: s for s in policy["PolicyDocument"]["Statement"]}
            assert rules["OnlyOverTls"]["Effect"] == "Deny"
            assert all(s.get("Condition") for s in rules.values())
            covered |= {what["Ref"] for what in policy[key]}
    assert covered == {*template.of("AWS::SQS::Queue"), *template.of("AWS::SNS::Topic")}


def test_somebody_is_told_when_something_is_stuck(template: Template) -> None:
    watched = set()
    for alarm in template.of("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        for dimension in alarm["Dimensions"]:
            value = dimension["Value"]
            what = value if isinstance(value, str) else value.get("Ref") or value["Fn::GetAtt"][0]
            watched.add((alarm["MetricName"], what))
    ends = {q for q in template.of("AWS::SQS::Queue") if q not in QUEUE_OF.values()}
    assert watched >= {("ApproximateNumberOfMessagesVisible", q) for q in ends}
    assert watched >= {("ApproximateAgeOfOldestMessage", q) for q in QUEUE_OF.values()}
    for name in template.of("AWS::Lambda::Function"):
        assert watched >= {("Errors", name), ("Throttles", name)}


def test_alarms_watch_metrics_that_sunsift_writes(template: Template) -> None:
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "src/sunsift").rglob("*.py"))
    alarms = template.of("AWS::CloudWatch::Alarm").values()
    names = {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == "Sunsift"}
    assert names == {
        "PacketsAccepted",
        "ReportsSent",
        "ReportsGivenUp",
        "ReceiverGone",
        "CoordinatorFallback",
        "InboxDepth",
    }
    assert all(f'"{name}"' in sources for name in names)
    services = {
        f["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for f in template.of("AWS::Lambda::Function").values()
    }
    dimensions = [alarm["Dimensions"] for alarm in alarms if alarm["Namespace"] == "Sunsift"]
    assert [[{"Name": "service", "Value": service}] for service in services] * len(names) == dimensions


def test_logs_are_kept_for_a_while_and_not_for_ever(template: Template) -> None:
    groups = template.of("AWS::Logs::LogGroup")
    assert len(groups) == len(FUNCTIONS)
    assert all(group["RetentionInDays"] for group in groups.values())


def test_no_secret_stands_in_a_file_or_in_the_template(template: Template) -> None:
    assert SECRETS.search("postgresql://sunsift:pass@host/db")
    assert SECRETS.search("https://a.queue.core.windows.net/q?sv=1&sig=abc")
    assert not SECRETS.search(template.text)
    for file in (ROOT / "infra").rglob("*"):
        if file.is_file() and ".serverless" not in file.parts:
            assert not SECRETS.search(file.read_text("utf-8")), file
