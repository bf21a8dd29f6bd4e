"""What processes that serve have used."""

import os
from pathlib import Path


def cpu_seconds_of(pid: int) -> float:
    """Return the processor time of a process and its children, ended ones too [s]; 0 where nobody tells."""
    process = Path(f"/proc/{pid}")
    try:
        fields = (process / "stat").read_text().rpartition(") ")[2].split()
        children = (process / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return 0.0
    # utime, stime, cutime, cstime: see man 5 proc
    ticks = sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds_of(int(child)) for child in children)


def peak_mb_of(pid: int) -> float:
    """Return the most memory that a running process has used so far [MB]; 0 where nobody tells."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024.0
