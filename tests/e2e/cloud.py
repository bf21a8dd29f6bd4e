"""The whole system as it is deployed: the packaged template on an emulated AWS, all other servers real."""

import base64
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sunsift.records import Counts
from sunsift.settings import read_settings
from sunsift.wiring import Sunsift, connected
from tests.e2e.fleets import Sent
from tests.support.process import SunsiftHere
from tests.support.receiver import HERE
from tests.support.servers.azurite import ACCOUNT, Azurite
from tests.support.servers.common import ROOT, TOOLS, plain_environment
from tests.support.servers.ministack import REGION, Ministack, put_secret
from tests.support.servers.valkey import Valkey

STAGE: Final = "local"
# Long enough that the packets of one burst are stored before the first house counts as quiet.
QUIET_MINUTES: Final = 0.25
WEBHOOK_SECRET: Final = "whsec_" + base64.b64encode(b"a secret that only this test knows").decode()
# A schedule fires every minute; a lost hint comes back after a lease (two minutes).
PATIENCE_SECONDS: Final = 600.0
SENDERS: Final = 8


@dataclass(slots=True)
class Servers:
    """PostgreSQL, Valkey and a queue. store: the URL of the database. inbox: the name of the queue."""

    azurite: Azurite
    valkey: Valkey
    store: str
    folder: Path
    inbox: str = "packets"

    @property
    def environment(self) -> dict[str, str]:
        """What Sunsift has to be told to find them, secrets included."""
        return {
            "SUNSIFT_STORE": self.store,
            "SUNSIFT_COORDINATOR": self.valkey.url,
            "SUNSIFT_AZURE_CONNECTION_STRING": self.azurite.connection_string,
            "SUNSIFT_WEBHOOK_SECRET": WEBHOOK_SECRET,
            **HERE,
        }

    @property
    def inbox_url(self) -> str:
        """The queue of packets."""
        return f"azure://{ACCOUNT}/{self.inbox}"

    def prepare(self) -> None:
        """Make the tables and the queue."""
        self.azurite.client(self.inbox).create_queue()
        self.here.do("store", "migrate")

    @property
    def here(self) -> SunsiftHere:
        """The command `sunsift` on these servers."""
        here = SunsiftHere(self.folder / "unused")
        here.environment |= self.environment
        return here

    def parts(self) -> Sunsift:
        """Return Sunsift on these servers, to look into it."""
        return connected(read_settings(self.environment, self.folder / "unused"))

    def counts(self) -> Counts:
        """Count what is stored."""
        with closing(self.parts()) as parts:
            return parts.records.counts()

    def register(self, sent: Sent) -> None:
        """Register the houses."""
        for houses_csv in sent.houses_csv:
            self.here.do("houses", "add", houses_csv)

    def put(self, messages: Iterable[bytes]) -> None:
        """Put messages on the queue, every other one in base64, as some clients send them."""
        client = self.azurite.client(self.inbox)

        def send(numbered: tuple[int, bytes]) -> None:
            number, body = numbered
            client.send_message(_as_text(body, plain=number % 2 == 0))

        with ThreadPoolExecutor(SENDERS) as threads:
            list(threads.map(send, enumerate(messages)))

    def is_done(self, houses: int) -> bool:
        """Say whether everything that arrived was judged and told."""
        depth = self.azurite.client(self.inbox).get_queue_properties().approximate_message_count
        counts = self.counts()
        waits = depth or counts.unsettled or counts.undelivered
        return not waits and counts.houses == houses and counts.predictions > 0


@dataclass(slots=True)
class Cloud:
    """Sunsift as it is deployed, on servers and on an emulated AWS."""

    servers: Servers
    ministack: Ministack
    secret: str = "sunsift/local"

    def prepare(self) -> None:
        """Keep the secret where the functions look for it."""
        put_secret(self.ministack, "secretsmanager", self.secret, self.servers.environment)

    def deploy(self, to: str) -> None:
        """Deploy the functions, whose reports go to `to`, with the command that a person would use."""
        command = [str(TOOLS / "node" / "node_modules" / ".bin" / "osls"), "deploy", "--stage", STAGE]
        params = {
            "inbox": self.servers.inbox_url,
            "to": to,
            "quietMinutes": QUIET_MINUTES,
            "region": REGION,
        }
        for name, value in params.items():
            command += ["--param", f"{name}={value}"]
        aws = self.ministack.environment(self.ministack.port)
        done = subprocess.run(
            command,
            cwd=ROOT / "infra",
            env=plain_environment() | aws,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"

    def invoke(self, function: str, event: Any = None) -> Any:
        """Call a function beside its schedule, and return its answer."""
        answer = self.ministack.client("lambda").invoke(
            FunctionName=f"sunsift-{STAGE}-{function}", Payload=json.dumps(event or {})
        )
        return json.loads(answer["Payload"].read() or b"null")

    def workers(self) -> list[int]:
        """Return the processes in which functions run."""
        found: list[int] = []
        for pid in _descendants(self.ministack.pid):
            try:
                found += [pid] if b"python" in Path(f"/proc/{pid}/cmdline").read_bytes() else []
            except OSError:
                continue
        return found

    def kill_workers(self) -> int:
        """Kill the processes in which functions run, in the middle of whatever they do; count them."""
        workers = self.workers()
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(workers)

    def logs(self, function: str) -> list[dict[str, Any]]:
        """Return the structured lines that a function logged."""
        client = self.ministack.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/sunsift-{STAGE}-{function}"
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]


def eventually(true: Callable[[], bool], what: str) -> None:
    """Look again and again until something is true."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < patient_until, f"it never came true that {what}"
        time.sleep(0.5)


def _as_text(body: bytes, *, plain: bool) -> str:
    # Only what XML can carry may travel plain.
    if plain and body.isascii() and body.decode("ascii").isprintable():
        return body.decode("ascii")
    return base64.b64encode(body).decode("ascii")


def _descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in _descendants(child)]
