"""Measure speed, memory and size: python -m tests.benchmarks."""

import argparse
import json
import os
import platform
import sqlite3
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console

from tests.benchmarks.bench import Bench
from tests.benchmarks.measurements import GROUPS, MEASUREMENTS
from tests.benchmarks.rows import Row, notes_of, table_of
from tests.benchmarks.sizes import SIZES

NARROWEST: Final = 140


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=sorted([*MEASUREMENTS, *GROUPS]), help="may be repeated"
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="full", help="full takes about an hour")
    parser.add_argument("--quick", action="store_const", const="quick", dest="size", help="about 10 minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--folder", type=Path, help="work there, in a new folder that is removed afterwards")
    return parser.parse_args()


def _chosen(names: list[str]) -> list[str]:
    return [name for asked in names for name in GROUPS.get(asked, (asked,))]


def _machine(folder: str) -> dict[str, str | int]:
    return {
        "system": platform.platform(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "sqlite": sqlite3.sqlite_version,
        "folder": folder,
    }


def main() -> None:
    """Measure what was asked for and print the table."""
    asked = _arguments()
    console = Console()
    # Narrower, the table would fold every word; a file or a log has no width of its own.
    console.width = max(console.width, NARROWEST)
    started = time.monotonic()
    rows: list[tuple[str, Row]] = []
    with tempfile.TemporaryDirectory(prefix="sunsift-bench-", dir=asked.folder) as folder:
        machine = _machine(folder)
        with console.status("starting") as status, ExitStack() as until_the_end:
            bench = Bench(Path(folder), SIZES[asked.size], status.update, until_the_end)
            for name in _chosen(asked.only or list(MEASUREMENTS)):
                rows.extend((name, row) for row in MEASUREMENTS[name](bench))
                console.print(f"[dim]{time.monotonic() - started:6.0f} s  {name} measured[/dim]")
    measured = [row for _, row in rows]
    console.print(table_of(measured))
    for note in notes_of(measured):
        console.print(note, style="dim", highlight=False)
    console.print(" ".join(f"{key} {value}" for key, value in machine.items()), style="dim", soft_wrap=True)
    if asked.json:
        figures = [{"name": name} | row.as_json() for name, row in rows]
        asked.json.write_text(
            json.dumps({"size": asked.size, "machine": machine, "rows": figures}, indent=1) + "\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
