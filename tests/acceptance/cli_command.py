"""The command line, run as its users run it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from sunsift.cli.app import app
from sunsift.domain.house import House
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from tests.support.receiver import HERE

PATIENCE_SECONDS = 60.0


class Command:
    """`sunsift` on one folder of state, in this process."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: object, exits: int = 0, columns: int = 200) -> Result:
        """Run a command and check its exit code."""
        line = ["--data", str(self.data), *map(str, arguments)]
        # Whatever happens to be set around the tests must not reach the command.
        clean = {name: None for name in os.environ if name.startswith("SUNSIFT_")}
        environment = clean | HERE | {"COLUMNS": str(columns)}
        result = CliRunner().invoke(app, line, env=environment, prog_name="sunsift")
        assert result.exit_code == exits, f"{line}: exit code {result.exit_code}\n{result.output}"
        assert "Traceback" not in result.output
        return result

    def json(self, *arguments: object) -> Any:
        """Run a command with --json and return what it printed."""
        return json.loads(self(*arguments, "--json").stdout)

    def error(self, *arguments: object, exits: int = 1) -> str:
        """Run a command that fails and return what it said, on one line."""
        result = self(*arguments, exits=exits)
        assert result.stdout == ""
        return " ".join(result.stderr.split())

    def exported(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of an export."""
        return [json.loads(line) for line in self("export", table).stdout.splitlines()]


def houses_csv(path: Path, houses: Sequence[House]) -> Path:
    """Write registrations."""
    lines = [HOUSE_COLUMNS + "\n", *(house_line(house) for house in houses)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@contextmanager
def process(data: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run `sunsift` as a process of its own, which is ended when the block ends."""
    line = [sys.executable, "-m", "sunsift", "--data", str(data), *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUNSIFT_")} | HERE
    pipe = subprocess.PIPE
    with subprocess.Popen(line, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def wait_until(true: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    """Look again and again until something is true, as long as the process lives."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert running.poll() is None, f"the process ended with {running.returncode}"
        assert time.monotonic() < patient_until, "it never came true"
        time.sleep(0.02)


def stop(running: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, str, str]:
    """Send a signal; return exit code, standard output and standard error."""
    running.send_signal(number)
    out, err = running.communicate(timeout=PATIENCE_SECONDS)
    return running.returncode, out.decode(), err.decode()
