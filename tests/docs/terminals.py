"""Further terminals of a page: what is started there runs on beside the blocks that follow.

A block under the comment `<!-- terminal: NAME -->` shows what stands in that terminal next: a `$ command`, a
`^C`, or only what comes out by itself meanwhile. Each is waited for until it stands there just so.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.docs.pages import Block, directed
from tests.support.servers.common import free_port

PATIENCE_SECONDS = 60
CTRL_C = "^C"
# Where pages have programs listen. Elsewhere in the tests, so that pages can run side by side.
PORTS = re.compile(r"\b(?:8321|8021)\b")
PORT_OF_PAGES = "8321"
Fits = Callable[[str, str], bool]
"""Says whether what a page says and what was printed are the same."""


class Terminal:
    """One terminal, in which one program at a time runs."""

    def __init__(self, folder: Path, variables: Mapping[str, str], fits: Fits) -> None:
        self._folder = folder
        self._variables = variables
        self._fits = fits
        self._screen = folder / f".screen-{id(self)}"
        self._screen.touch()
        self._seen = 0
        self._program: subprocess.Popen[bytes] | None = None

    def show(self, text: str, where: str) -> None:
        """Do what a block shows, and wait for what it says."""
        for part in re.split(r"^(?=\$ |\^C$)", text, flags=re.M):
            first, *rest = part.splitlines() or [""]
            if first == CTRL_C:
                self._interrupt()
            elif first.startswith("$ "):
                while rest and rest[0].startswith("> "):
                    first += "\n" + rest.pop(0)[2:]
                self._start(first[2:])
            else:
                rest = part.splitlines()
            self._wait_for("\n".join(rest), f"{where}: {first}")

    def close(self) -> None:
        """End what still runs."""
        self._interrupt()

    def _start(self, command: str) -> None:
        assert self._program is None or self._program.poll() is not None, "the terminal is busy"
        with self._screen.open("ab") as screen:
            self._program = subprocess.Popen(
                ["bash", "-c", command],
                cwd=self._folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Where the tests themselves run in the background, Ctrl-C would be ignored.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    def _interrupt(self) -> None:
        if self._program is None or self._program.poll() is not None:
            return
        os.killpg(self._program.pid, signal.SIGINT)
        try:
            self._program.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._program.pid, signal.SIGKILL)
            self._program.wait()
            raise

    def _wait_for(self, expected: str, where: str) -> None:
        if not expected.strip():
            return
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while not self._fits(expected, printed := self._new()):
            assert time.monotonic() < patient_until, (
                f"{where}\nthe page says:\n{expected}\n\nit stands there:\n{printed}"
            )
            time.sleep(0.02)
        self._seen += len(printed)

    def _new(self) -> str:
        return self._screen.read_text("utf-8")[self._seen :]


class Terminals:
    """All further terminals of a page, by name; what runs in them ends with the page."""

    def __init__(self, folder: Path, variables: Mapping[str, str], fits: Fits) -> None:
        self._made: dict[str, Terminal] = {}
        self._make: Callable[[], Terminal] = partial(Terminal, folder, dict(variables), fits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for terminal in self._made.values():
            terminal.close()

    def show(self, name: str, block: Block, page: str) -> None:
        """Go on in a terminal, a new one if there is none of that name."""
        if name not in self._made:
            self._made[name] = self._make()
        self._made[name].show(block.text, f"{page} line {block.line}, terminal {name}")


def on_ports_of_its_own(blocks: list[Block]) -> tuple[list[Block], dict[str, str]]:
    """Return a page's blocks with ports that nobody uses, and what has to be set for that."""
    if not any(directed(block, "terminal") for block in blocks):
        return blocks, {}
    ports = {port: str(free_port()) for port in sorted(set(PORTS.findall("".join(b.text for b in blocks))))}
    moved = [replace(b, text=PORTS.sub(lambda found: ports[found[0]], b.text)) for b in blocks]
    pages = ports.get(PORT_OF_PAGES, str(free_port()))
    return moved, {"SUNSIFT_SERVE": f"127.0.0.1:{pages}"}
