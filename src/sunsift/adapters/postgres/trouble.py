"""What PostgreSQL complains of, in words that say what to do, and never with the password."""

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sunsift.domain.errors import StoreError

MIGRATE: Final = "run: sunsift --store URL store migrate"
_SHAPE: Final = "the URL of the store must read postgresql://user@host:5432/database"
# By the server's code, the longest beginning first.
_BY_CODE: Final = {
    "28": "the user or the password was refused: check both; the password may stand in PGPASSWORD",
    "3D000": "there is no such database: create it, or correct the URL of the store",
    "42P01": f"the tables are missing: {MIGRATE}",
    "42703": f"the tables are of another version: {MIGRATE}",
    "42501": "the user lacks rights: as the owner of the tables, run: sunsift --store URL store grant USER",
    "25006": "the server takes no writes (a replica, or set to read-only): give the URL of the primary",
    "53100": "the server's disk is full: free some space and try again; nothing that was stored is lost",
    "53300": "the server has no connection left: let fewer workers run, or pool them with PgBouncer",
    "53": "the server lacks memory or room: try again when it has some",
    "55P03": "another process held these rows for too long: try again when it has finished",
    "40": "another process was in the way too often: try again",
    "57014": "the server cancelled the statement, as it was told to: try again",
    "57": "the server ended the connection, stops or starts: try again; doing the step again is safe",
    "25P03": "the worker stood still for too long in the middle: the server took it back; try again",
}
# Before it knows the connection, the server's word comes as text alone.
_BY_TEXT: Final = {
    "starting up": "57",
    "shutting down": "57",
    "password authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    'role "': "28",
    'database "': "3D000",
    "too many clients": "53300",
    "too many connections": "53300",
    "connection slots": "53300",
}
_NO_ANSWER: Final = ("connection failed", "connection is bad", "failed to resolve")
_UNREACHABLE: Final = "the server cannot be reached: check that it runs, and host and port of the URL"
_LOST: Final = (
    "the connection broke; whether the last step was stored is not known, and doing it again is safe"
)


class Address:
    """Where a database is, shown without the password."""

    def __init__(self, url: str) -> None:
        """Read a URL. Errors: StoreError, which shows nothing of the URL, for a password may be anywhere."""
        try:
            self._settings: dict[str, Any] = dict(conninfo_to_dict(url))
        except psycopg.Error:
            raise StoreError(_SHAPE) from None
        # The host begins after the first @, so a bare @ or / of the password ends up in other parts.
        if any("@" in str(self._settings.get(key, "")) for key in ("host", "port", "dbname")):
            raise StoreError(f"{_SHAPE}; write @ / : ? # % of a password as %40 %2F %3A %3F %23 %25")

    def settings(self) -> dict[str, Any]:
        """Return what libpq needs to connect, the password included."""
        return dict(self._settings)

    def __str__(self) -> str:
        """Return the URL without password and options."""
        known = {key: str(self._settings.get(key, "")) for key in ("user", "host", "port", "dbname")}
        user = f"{known['user']}@" if known["user"] else ""
        port = f":{known['port']}" if known["port"] else ""
        return f"postgresql://{user}{known['host']}{port}/{known['dbname']}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def in_plain_words(error: psycopg.Error, address: Address) -> StoreError:
    """Turn an error of PostgreSQL into one that says what to do."""
    said = " ".join(str(error).split())
    return StoreError(f"{address}: {_advice(error, said)} ({said})")


def _advice(error: psycopg.Error, said: str) -> str:
    code = error.sqlstate or next((code for sign, code in _BY_TEXT.items() if sign in said.lower()), "")
    for length in (5, 2):
        if code[:length] in _BY_CODE:
            return _BY_CODE[code[:length]]
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return (
            _UNREACHABLE
            if isinstance(error, psycopg.errors.ConnectionTimeout) or said.startswith(_NO_ANSWER)
            else _LOST
        )
    return "the store refused"
