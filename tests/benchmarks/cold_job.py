"""The start of a function of Lambda, from the zip that is deployed, in an interpreter of its own."""

import shutil
import subprocess
import time
import zipfile
from pathlib import Path
from statistics import median
from typing import Final

from tests.benchmarks.stopwatch import Figures

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = ROOT / ".servers/ministack/bin/python"
_START: Final = """
import time
began = time.perf_counter()
import sunsift.aws.predict
imported = time.perf_counter()
import sunsift.model
sunsift.model.load()
loaded = time.perf_counter()
cpu = time.process_time()
import boto3, redis, sunsift.adapters.postgres.store, sunsift.adapters.redis.coordinator
boto3.client("sns")
print(cpu, imported - began, loaded - imported, time.perf_counter() - loaded)
"""


def can_start() -> bool:
    """Return whether the interpreter is here that has what Lambda's runtime brings along."""
    return PYTHON.exists()


def cold_start(folder: Path, repeats: int) -> Figures:
    """Start the predict function from its zip, as it is and without what was compiled; return seconds.

    Figures: `compiled_N` and `plain_N` of each start until the model is loaded, Python's own start
    included, with `_cpu`; and medians of their parts.
    """
    package = [str(ROOT / "tools/package"), "--emulator", "--out", str(folder)]
    made = subprocess.run(package, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"tools/package failed:\n{made.stdout}{made.stderr}")
    task = folder / "task"
    with zipfile.ZipFile(folder / "emulator/core.zip") as archive:
        archive.extractall(task)
    figures: Figures = {"zip_mb": (folder / "emulator/core.zip").stat().st_size / 1e6}
    for kind in ("compiled", "plain"):
        if kind == "plain":
            for compiled in list(task.rglob("__pycache__")):
                shutil.rmtree(compiled)
        figures |= _starts(kind, task, repeats)
    shutil.rmtree(task)
    return figures


def _starts(kind: str, task: Path, repeats: int) -> Figures:
    figures: Figures = {}
    parts = []
    _start(task)  # the first finds nothing of it in the memory
    for index in range(repeats):
        began = time.perf_counter()
        cpu, importing, loading, first_use = _start(task)
        figures[f"{kind}_{index}"] = time.perf_counter() - began - first_use
        figures[f"{kind}_{index}_cpu"] = cpu
        parts.append((importing, loading, first_use))
    for name, values in zip(("importing", "loading", "first_use"), zip(*parts, strict=True), strict=True):
        figures[f"{kind}-{name}"] = median(values)
    return figures


def _start(task: Path) -> tuple[float, float, float, float]:
    """Return the processor time until the model is loaded, and what importing, loading and first use took."""
    # The names that Lambda gives tell Powertools to trace, as it does there.
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(task),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_FUNCTION_NAME": "predict",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_DEFAULT_REGION": "ap-southeast-2",
    }
    done = subprocess.run(
        [PYTHON, "-c", _START], env=environment, cwd=task, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the function does not start:\n{done.stderr}")
    cpu, importing, loading, first_use = map(float, done.stdout.split())
    return cpu, importing, loading, first_use
