"""A function that starts as on Lambda: in a process of its own, with X-Ray listening."""

import json
import os
import socket
import subprocess
import sys

from tests.aws.conftest import Surroundings
from tests.support.build import FIRST_DAY, days_of
from tests.support.servers.common import ROOT

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
# The second time there are so many hints that threads send them.
INVOKE = """
import warnings
warnings.simplefilter("error")
from sunsift.adapters.azure.inbox import AzureQueueInbox
from sunsift.aws.poll import handler
from tests.aws.events import Context, scheduled
handler(scheduled(), Context())
AzureQueueInbox.batch = 3
handler(scheduled(), Context())
"""


def test_a_function_starts_and_is_traced(around: Surroundings) -> None:
    around.send(days_of("house-1", FIRST_DAY, 33))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(30)
        told = {
            "LAMBDA_TASK_ROOT": str(ROOT / "src"),
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
            "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1",
        }
        ran = subprocess.run(
            [sys.executable, "-c", INVOKE], cwd=ROOT, env=os.environ | told, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stderr.decode()
        segment = json.loads(daemon.recv(65_535).decode().partition("\n")[2])
    assert segment["trace_id"] == TRACE
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["WakeUps"] for line in lines if "_aws" in line] == [[2], [11]]
    assert ran.stderr == b""
