"""A real PgBouncer for tests, where this machine has one; no package on PyPI brings it."""

import os
import shutil
from pathlib import Path

from tests.support.servers.common import Server, free_port, plain_environment
from tests.support.servers.postgres import Postgres, unprivileged

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
"""None where there is none."""
# Two connections for all clients of a database, so that these really share them.
_SETTINGS = """
[databases]
* = host=127.0.0.1 port={upstream} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
query_wait_timeout = 30
"""


class PgBouncer(Server):
    """Stands in front of a PostgreSQL and pools by transactions."""

    def __init__(self, upstream: Postgres, folder: Path) -> None:
        """Lay its settings out in a folder that the user `nobody` may read."""
        assert PROGRAM, "there is no PgBouncer on this machine"
        port = free_port()
        settings = folder / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(upstream=upstream.port, port=port))
        settings.chmod(0o644)
        super().__init__(
            "pgbouncer",
            [PROGRAM, str(settings)],
            port,
            upstream.log.with_name("pgbouncer.log"),
            plain_environment(),
            **unprivileged(),
        )

    def url(self, database_url: str) -> str:
        """Return the address of a database, through the pool. database_url: its own address."""
        return f"postgresql://anybody@127.0.0.1:{self.port}/{database_url.rpartition('/')[2]}"
