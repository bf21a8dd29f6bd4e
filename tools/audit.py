"""Ask the advisory service about every pinned dependency: `make check` does it.

Exit codes: 0 nothing is known against what could be looked up, 1 something is. Where no service can be
reached, as behind some mirrors, that is said and is no failure; SUNSIFT_AUDIT=strict makes it one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PINS = Path(__file__).resolve().parents[1] / "constraints/constraints.txt"
Pin = Mapping[str, Any]


def look_up(pins: Path) -> tuple[list[Pin], str]:
    """Return what pip-audit found of each pin, or nothing and why not."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--requirement", str(pins), "--no-deps", "--disable-pip", "--timeout", "15"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(ran.stdout)["dependencies"], ""
    except ValueError:
        return [], (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]


def judge(pins: Sequence[Pin], trouble: str, *, strict: bool) -> tuple[str, int]:
    """Return what to say of the findings, and the exit code."""
    looked_up = [pin for pin in pins if "skip_reason" not in pin]
    if not looked_up:
        why = trouble or "it knows none of the packages"
        return f"audit: NOT DONE, no advisory service could be asked from here ({why})", int(strict)
    lines = [
        f"{pin['name']} {pin['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions'])}"
        for pin in looked_up
        for flaw in pin["vulns"]
    ]
    if lines:
        return "\n".join([*lines, "Raise these in constraints/constraints.txt: make constraints"]), 1
    return f"audit: nothing is known against {len(looked_up)} of {len(pins)} pinned packages", 0


if __name__ == "__main__":
    text, code = judge(*look_up(PINS), strict=os.environ.get("SUNSIFT_AUDIT") == "strict")
    sys.stdout.write(text + "\n")
    sys.exit(code)
