"""The same adapters without Lambda: several `sunsift run` on the same servers, some of which are killed."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import WEBHOOK_SECRET, Servers, eventually
from tests.e2e.embedded import embedded_run
from tests.e2e.fleets import make_fleet
from tests.support.process import Sunsift
from tests.support.receiver import Receiver

pytestmark = pytest.mark.e2e
WORKERS = 3
KILLS = 6
# Leases end soon, so that what a killed worker held is taken up soon.
QUICKLY = (
    *("--quiet-minutes", "0.02", "--poll-seconds", "0.1", "--settle-seconds", "0.3"),
    *("--deliver-seconds", "0.3", "--sweep-seconds", "1"),
)


@pytest.fixture
def command(servers: Servers, tmp_path: Path) -> Iterator[Sunsift]:
    """Return the command `sunsift`, each call a process of its own, which knows the servers."""
    command = Sunsift(tmp_path / "unused")
    command.environment |= servers.environment | {
        "SUNSIFT_INBOX": servers.inbox_url,
        "SUNSIFT_LEASE_SECONDS": "3",
    }
    yield command
    command.end()


def test_several_workers_and_kills_give_the_same_bytes(
    servers: Servers, command: Sunsift, tmp_path: Path
) -> None:
    seed = 11
    rng = random.Random(seed)
    sent = make_fleet(tmp_path, seed)
    servers.register(sent)
    with Receiver(WEBHOOK_SECRET).running() as receiver:
        workers = [command.start("run", "--to", receiver.url, *QUICKLY) for _ in range(WORKERS)]
        for kill in range(KILLS):
            servers.put(sent.mail[kill::KILLS])
            time.sleep(rng.uniform(0.0, 1.0))
            victim = workers.pop(rng.randrange(WORKERS))
            victim.kill()
            _, err = victim.communicate()
            assert victim.returncode == -signal.SIGKILL, err.decode()
            workers.append(command.start("run", "--to", receiver.url, *QUICKLY))
        eventually(lambda: servers.is_done(sent.houses), "everything was judged and told")
        for worker in workers:
            worker.terminate()
            assert command.finish(worker).code == 0
    expected = embedded_run(servers, sent, tmp_path / "embedded")
    assert servers.here.result() == expected.result
    assert servers.here.latest_reports() == expected.latest
    # Whatever was sent twice was sent with its key, and everything was signed.
    keys = {row["key"] for row in servers.here.rows("reports")}
    assert {report["data"]["key"] for report in receiver.received} == keys
    print(f"{len(receiver.received)} posts for {len(keys)} reports")
