"""Starting a server on a free port of this machine, and ending it for certain."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0
ROOT = Path(__file__).parents[3]
# What does not belong into the environment of Sunsift itself; tools/servers makes it.
TOOLS = ROOT / ".servers"


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plain_environment() -> dict[str, str]:
    """Return the environment without what could lead a program to servers elsewhere."""
    foreign = ("AWS_", "AZURE_", "SUNSIFT_", "PG", "REDIS")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _end_with_parent() -> None:
    """Have the kernel end this process when the tests are killed, which then cannot do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """One process that listens on a port of 127.0.0.1. Its output is kept in a file.

    `stop` asks it to end, `kill` does not ask; `start` after either starts it again on the same port.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        stop_signal: int = signal.SIGTERM,
        **how: Any,
    ) -> None:
        """Describe the server. how: further arguments for `subprocess.Popen`."""
        self.name = name
        self.port = port
        self.log = log
        self._command = list(command)
        self._environment = dict(environment if environment is not None else plain_environment())
        self._stop_signal = stop_signal
        self._how = how
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_end_with_parent,
                **self._how,
            )
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > patient_until:
                self.kill()
                raise AssertionError(f"{self.name} does not start: {self.log.read_text(errors='replace')}")
            time.sleep(0.01)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """End it and its children at once, as a power failure would."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for how in (number, signal.SIGKILL):
            try:
                if how == signal.SIGKILL:
                    os.killpg(process.pid, how)
                else:
                    process.send_signal(how)
                process.wait(PATIENCE_SECONDS / 2)
            except ProcessLookupError:
                process.wait()
            except subprocess.TimeoutExpired:
                continue
            return

    def tell_log(self) -> None:
        """Print what it said; for tests that failed."""
        if self.log.exists():
            sys.stderr.write(f"--- {self.name} ---\n{self.log.read_text(errors='replace')[-20_000:]}\n")
