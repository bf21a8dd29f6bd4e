"""Settings: from the environment, with defaults that run on a laptop."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sunsift.domain.errors import SettingsError
from sunsift.domain.rules import Rules

DATABASE_NAME = "sunsift.sqlite"
# The service looks at the clock every minute; a longer gap means that the clock leapt or nobody listened.
LONGEST_STEP_MS = 5 * 60_000
DEFAULT_SERVE = "127.0.0.1:8321"
AZURE_CREDENTIALS = ("SUNSIFT_AZURE_CONNECTION_STRING", "SUNSIFT_AZURE_SAS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What lets Sunsift into queues, and what it signs with. Shown nowhere, not even by `repr`.

    azure: those variables of the environment that hold credentials for queues of Azure.
    webhook: what reports are signed with; several, separated by spaces, while receivers change over.
    session: what the pages' cookies are signed with; None for one that lasts as long as the process.
    """

    azure: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set.

    data: the folder that holds the state.
    data_sets: the folder of the real homes' data, for the laboratory.
    store: postgresql://...; None for the file in the data folder. It may hold a password.
    coordinator: redis://... or rediss://...; None for the store's own tables. It may hold a password.
    inbox_at: where packets arrive, a folder or azure://ACCOUNT/QUEUE; None for a folder in the data folder.
    to: where reports go, a file, a web address or azure://ACCOUNT/QUEUE; None for a file in the data folder.
    serve: HOST:PORT of the pages and the API, or "off".
    tariff_per_kwh, currency: what a lost kWh costs, and in what; pages show money if the tariff is above 0.
    private_receivers: whether reports may go to private addresses, this machine's own included.
    """

    data: Path
    data_sets: Path
    rules: Rules
    store: str | None = field(default=None, repr=False)
    coordinator: str | None = field(default=None, repr=False)
    inbox_at: str | None = None
    to: str | None = None
    serve: str = DEFAULT_SERVE
    tariff_per_kwh: float = 0.0
    currency: str = ""
    private_receivers: bool = False
    secrets: Secrets = field(default_factory=Secrets, repr=False)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / DATABASE_NAME

    @property
    def inbox(self) -> Path:
        """The folder that `sunsift run` watches unless told otherwise."""
        return self.data / "inbox"

    @property
    def outbox(self) -> Path:
        """The file that reports go to unless told otherwise."""
        return self.data / "reports.jsonl"


def names_postgres(store: str) -> bool:
    """Say whether this is the URL of a PostgreSQL, which is the only store that has one."""
    return store.startswith(("postgresql://", "postgres://"))


def shown(url: str) -> str:
    """Return a URL as it may be shown: without the password and the parameters in it."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    user = f"{parts.username}@" if parts.username else ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{user}{host}{parts.path}"


def host_and_port(where: str, example: str) -> tuple[str, int]:
    """Return the parts of HOST:PORT. Errors: SettingsError, with an example of what it should look like."""
    try:
        parts = urlsplit(f"//{where}")
        if parts.hostname and parts.port is not None and parts.netloc == where:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise SettingsError(f"{where!r} is no address to serve at: give HOST:PORT, such as {example}")


def read_settings(environment: Mapping[str, str] = os.environ, data: Path | None = None) -> Settings:
    """Read the settings. data: overrides SUNSIFT_DATA.

    Errors: SettingsError naming the variable whose value cannot be used.
    """

    def number(name: str, default: float = 0.0) -> float:
        text = environment.get(name, "")
        try:
            return float(text or default)
        except ValueError:
            raise SettingsError(f"{name} is {text!r}, must be a number") from None

    def whole(name: str, default: int) -> int:
        value = number(name, default)
        if not value.is_integer():
            raise SettingsError(f"{name} is {environment[name]!r}, must be a whole number")
        return int(value)

    def text(name: str) -> str | None:
        return environment.get(name) or None

    def yes(name: str) -> bool:
        said = environment.get(name, "").strip().lower()
        if said not in {"", "0", "no", "false", "1", "yes", "true"}:
            raise SettingsError(f"{name} is {said!r}, must be yes or no")
        return said in {"1", "yes", "true"}

    plain = Rules()
    rules = Rules(
        period_days=whole("SUNSIFT_PERIOD_DAYS", plain.period_days),
        ready_days=whole("SUNSIFT_READY_DAYS", plain.ready_days),
        fold_predictions=whole("SUNSIFT_FOLD_PREDICTIONS", plain.fold_predictions),
        quiet_minutes=number("SUNSIFT_QUIET_MINUTES", plain.quiet_minutes),
        close_minutes=number("SUNSIFT_CLOSE_MINUTES") if environment.get("SUNSIFT_CLOSE_MINUTES") else None,
        lease_seconds=number("SUNSIFT_LEASE_SECONDS", plain.lease_seconds),
    )
    return Settings(
        data=data or Path(environment.get("SUNSIFT_DATA") or "sunsift-data"),
        data_sets=Path(environment.get("SUNSIFT_DATA_SETS") or "../shared/data"),
        rules=rules,
        store=text("SUNSIFT_STORE"),
        coordinator=text("SUNSIFT_COORDINATOR"),
        inbox_at=text("SUNSIFT_INBOX"),
        to=text("SUNSIFT_TO"),
        serve=text("SUNSIFT_SERVE") or DEFAULT_SERVE,
        tariff_per_kwh=number("SUNSIFT_TARIFF_PER_KWH"),
        currency=text("SUNSIFT_CURRENCY") or "",
        private_receivers=yes("SUNSIFT_PRIVATE_RECEIVERS"),
        secrets=Secrets(
            azure={name: value for name in AZURE_CREDENTIALS if (value := environment.get(name))},
            webhook=text("SUNSIFT_WEBHOOK_SECRET"),
            session=text("SUNSIFT_SESSION_SECRET"),
        ),
    )
