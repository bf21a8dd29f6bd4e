"""From the queue to the retailer, as deployed: the same bytes as the embedded run."""

from pathlib import Path

import pytest

from tests.e2e.cloud import WEBHOOK_SECRET, Cloud, eventually
from tests.e2e.embedded import embedded_run
from tests.e2e.fleets import make_fleet
from tests.support.receiver import Receiver

pytestmark = pytest.mark.e2e


def test_packets_on_the_queue_become_signed_reports(cloud: Cloud, tmp_path: Path) -> None:
    sent = make_fleet(tmp_path, seed=1)
    with Receiver(WEBHOOK_SECRET).running() as receiver:
        cloud.deploy(to=receiver.url)
        cloud.servers.register(sent)
        cloud.servers.put(sent.mail)
        # Nobody calls a function here: the schedule of every minute does.
        eventually(lambda: cloud.servers.is_done(sent.houses), "everything was judged and told")
    expected = embedded_run(cloud.servers, sent, tmp_path / "embedded")
    assert cloud.servers.here.result() == expected.result
    assert cloud.servers.here.latest_reports() == expected.latest
    # Every report was acknowledged, so every signature was valid.
    reports = [report["data"] for report in receiver.received]
    told = {report["house_id"]: report for report in reports}
    assert told.keys() == expected.latest.keys()
    for house_id, latest in expected.latest.items():
        found = told[house_id]
        assert {n: found[n] for n in ("status", "previous")} | {"as_of": found["since"]} == latest
    assert len(reports) == len({report["key"] for report in reports})


def test_logs_follow_a_packet_to_its_report(cloud: Cloud) -> None:
    changes = [line for line in cloud.logs("predict") if line.get("status")]
    assert changes
    ingested = {line["trace_id"] for line in cloud.logs("ingest") if "trace_id" in line}
    assert {line["trace_id"] for line in changes} <= ingested
