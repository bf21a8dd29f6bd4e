"""Options that the commands share which go on until they are stopped."""

from enum import StrEnum
from typing import Annotated

import typer

from sunsift.settings import DEFAULT_SERVE

Listen = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        envvar="SUNSIFT_SERVE",
        help="Where to serve the pages and the API; port 0 for any that is free; for `run` also: off.",
        show_default=DEFAULT_SERVE,
    ),
]
OpenToAll = Annotated[
    bool, typer.Option("--open", help="Ask nobody for a token; only on 127.0.0.1, ::1 or localhost.")
]


Proxies = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="A reverse proxy whose X-Forwarded-* headers are believed, beside those of this machine.",
        show_default=False,
    ),
]


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From where on lines are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


LogsAs = Annotated[
    LogFormat, typer.Option("--log-format", envvar="SUNSIFT_LOG_FORMAT", help="Log text, or JSON objects.")
]
LogsFrom = Annotated[
    LogLevel,
    typer.Option(
        "--log-level", envvar="SUNSIFT_LOG_LEVEL", help="debug names every message, house and request."
    ),
]
