"""The container image, as far as it can be tried without an engine that builds containers.

Tried: the linter; that the build sees what it copies and nothing private; each RUN of the first stage, run
here in a folder with just what was copied; the program in the environment that comes of it, its service, and
the image's own health check on it. Not tried: the base image, the user and rights of the second stage, a
read-only root.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.kill import wait_until
from tests.support.servers.common import ROOT, TOOLS, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()
# Each instruction on one line, without comments.
LINES = re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.M).replace("\\\n", " ").splitlines()
STAGES = " \n".join(LINES).split("FROM ")[1:]


def instructions(word: str, stage: int) -> list[str]:
    return re.findall(rf"^{word}\s+(.*?)\s*$", STAGES[stage], re.M)


def copied() -> list[str]:
    return [name.rstrip("/") for line in instructions("COPY", 0) for name in line.split()[:-1]]


def test_the_linter_finds_nothing() -> None:
    subprocess.run([ROOT / "tools" / "servers", "lint"], check=True)
    found = subprocess.run(
        [TOOLS / "lint" / "bin" / "hadolint", "--failure-threshold", "style", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_the_build_is_given_what_it_copies_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert sorted(line[1:].rstrip("/") for line in lines if line.startswith("!")) == sorted(copied())
    assert all((ROOT / name).exists() for name in copied())


def test_it_holds_no_secret_and_does_not_run_as_root() -> None:
    assert instructions("USER", 1) == ["10001:10001"]
    names = re.findall(r"\b([A-Z][A-Z_]+)=", " ".join(instructions("ENV", 1)))
    assert set(names) == {
        "PATH", "PYTHONDONTWRITEBYTECODE", "SUNSIFT_DATA", "SUNSIFT_LOG_FORMAT", "SUNSIFT_METRICS",
        "SUNSIFT_SERVE",
    }  # fmt: skip
    assert not re.search(r"^ARG ", DOCKERFILE, re.M)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do what the first stage does; return the folder that stands for /opt/sunsift."""
    folder = tmp_path_factory.mktemp("image")
    build, made = folder / "build", folder / "opt-sunsift"
    build.mkdir()
    for name in copied():
        where = ROOT / name
        if where.is_dir():
            shutil.copytree(where, build / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(where, build / name)
    # Stands for the Python of the base image.
    subprocess.run([sys.executable, "-m", "venv", folder / "base"], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["PATH"] = f"{folder / 'base' / 'bin'}:{os.environ['PATH']}"
    for command in instructions("RUN", 0):
        ran = subprocess.run(
            ["/bin/sh", "-c", command.replace("/opt/sunsift", str(made))],
            cwd=build,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{command}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    return made


def fetched(port: int) -> str:
    """Fetch the metrics; nothing while nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read())
    except OSError:
        return ""


def test_the_service_runs_in_it_and_the_health_check_sees_it(image: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    port = free_port()
    [settings] = instructions("ENV", 1)
    given = dict(re.findall(r"(SUNSIFT_\w+|PYTHON\w+)=(\S+)", settings))
    given |= {"SUNSIFT_DATA": str(state), "SUNSIFT_METRICS": f"127.0.0.1:{port}", "HOME": "/nonexistent"}
    given |= {"SUNSIFT_SERVE": "127.0.0.1:0"}
    [entry], [command] = (map(json.loads, instructions(word, 1)) for word in ("ENTRYPOINT", "CMD"))
    check = json.loads(re.sub(r"^.*?CMD ", "", instructions("HEALTHCHECK", 1)[0]))
    asked = [image / "bin" / check[0], *(part.replace("9464", str(port)) for part in check[1:])]
    service = [image / "bin" / entry[0], *command]

    assert subprocess.run(asked, env=given, capture_output=True, check=False).returncode != 0
    with subprocess.Popen(service, env=given, cwd=state, stderr=subprocess.PIPE) as running:
        try:
            wait_until(lambda: running.poll() is not None or 'step="poll"' in fetched(port))
            subprocess.run(asked, env=given, check=True)
        finally:
            running.terminate()
        said = running.communicate(timeout=60)[1].decode()
    assert running.returncode == 0, said
    assert json.loads(said.splitlines()[-1])["message"] == "stopped; everything is stored"
    assert "serving at http://127.0.0.1:" in said


def test_every_server_can_be_reached_from_it_and_nothing_can_be_installed(image: Path) -> None:
    python = image / "bin" / "python"
    imports = "import psycopg, alembic, redis, azure.storage.queue, azure.identity, prometheus_client"
    subprocess.run([python, "-c", imports], check=True)
    assert subprocess.run([python, "-m", "pip"], capture_output=True, check=False).returncode != 0
    assert not list(image.rglob("pyarrow")), "what only the laboratory needs has no place in it"
