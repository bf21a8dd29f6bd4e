"""The command `sunsift`, as people and scripts use it, on a data folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from sunsift.cli.app import app
from tests.support.receiver import HERE

LIMITED = Path(__file__).with_name("limited.py")
TIMEOUT_SECONDS = 120.0
# Columns that say when something happened; equal states differ in nothing else.
WALL_CLOCK = ("received_at", "created_at", "delivered_at")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str


class Sunsift:
    """`sunsift --data FOLDER`, each call a process of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith("SUNSIFT_")} | HERE
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: object, limits: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start a command and leave it running. limits: arguments for limited.py."""
        program = [str(LIMITED), *limits] if limits else ["-m", "sunsift"]
        process = subprocess.Popen(
            [sys.executable, *program, "--data", str(self.data), *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        """End what a failed test left running."""
        for process in self._started:
            if process.returncode is None:
                process.kill()
                process.communicate()

    def finish(self, process: subprocess.Popen[bytes]) -> Ran:
        """Wait for a command that was started. It must not end in a traceback."""
        try:
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{process.args!r} hangs: {err.decode()}") from None
        ran = Ran(process.returncode, out.decode(), err.decode())
        assert "Traceback" not in ran.err, ran.err
        return ran

    def run(self, *arguments: object, limits: Sequence[str] = ()) -> Ran:
        """Run a command to its end."""
        return self.finish(self.start(*arguments, limits=limits))

    def do(self, *arguments: object) -> Ran:
        """Run a command that must succeed."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran
        return ran

    def json(self, *arguments: object) -> Any:
        """Run a command that must succeed and print JSON."""
        return json.loads(self.do(*arguments, "--json").out)

    def export(self, table: str) -> str:
        """Return a table as JSON lines."""
        return self.do("export", table).out

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows, without the columns of wall-clock time."""
        rows = map(json.loads, self.export(table).splitlines())
        return [{name: value for name, value in row.items() if name not in WALL_CLOCK} for row in rows]

    def latest_reports(self) -> dict[str, Row]:
        """Return what the retailer was told last of each house."""
        rows = sorted(map(json.loads, self.export("reports").splitlines()), key=lambda row: row["created_at"])
        told = ("status", "previous", "as_of")
        return {row["house_id"]: {name: row[name] for name in told} for row in rows}

    def result(self) -> dict[str, Any]:
        """Return everything that must not depend on how it came about.

        Where a quarantined message came from is no result: the same one may come twice.
        """
        quarantine = self.rows("quarantine")
        for row in quarantine:
            del row["source"]
        return {
            "predictions": self.export("predictions"),
            "statuses": self.export("statuses"),
            "quarantine": quarantine,
        }


class SunsiftHere(Sunsift):
    """The same, called within this process, which saves its start; for tests that call it often."""

    def run(self, *arguments: object, limits: Sequence[str] = ()) -> Ran:
        """Run a command to its end."""
        assert not limits, "limits need a process of their own"
        unset: dict[str, str | None] = {n: None for n in os.environ if n not in self.environment}
        line = ["--data", str(self.data), *map(str, arguments)]
        result = CliRunner().invoke(app, line, env=unset | self.environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)
