"""Killing a process in the middle of its work."""

import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 60.0


def wait_until(true: Callable[[], bool]) -> None:
    """Look again and again until something is true."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < patient_until, "it never came true"
        time.sleep(0.001)


@dataclass(slots=True)
class Killer:
    """Kills processes with SIGKILL, at random moments of their work on one database.

    database: its file. longest_delay: at most so long after the first write of the process [s].
    attempts: how many processes it was given; kills: how many of them it found alive and at work.
    """

    database: Path
    rng: random.Random
    longest_delay: float
    attempts: int = 0
    kills: int = 0
    log: list[str] = field(default_factory=list)

    def written(self) -> tuple[int, int]:
        """Return what changes with every write to the database."""
        log = self.database.with_name(self.database.name + "-wal")
        try:
            known = log.stat()
        except FileNotFoundError:
            return 0, 0
        return known.st_size, known.st_mtime_ns

    def kill(self, process: subprocess.Popen[bytes], before: tuple[int, int]) -> None:
        """Wait until the process writes, then a little more, and kill it.

        before: what `written` said before the process was started.
        """
        self.attempts += 1
        delay = self.rng.uniform(0.0, self.longest_delay)
        wait_until(lambda: self.written() != before or process.poll() is not None)
        time.sleep(delay)
        alive = process.poll() is None
        process.kill()
        out, err = process.communicate()
        self.kills += alive and process.returncode == -signal.SIGKILL
        self.log.append(f"{delay:.3f} s: {process.returncode}")
        assert b"Traceback" not in err, err.decode()
        assert alive or process.returncode == 0, (out, err)
