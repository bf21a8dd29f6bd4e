"""Settings: from the environment, with defaults that run on a laptop."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sunsift.domain.errors import SettingsError
from sunsift.domain.rules import Rules

DATABASE_NAME = "sunsift.sqlite"
# The service looks at the clock every minute; a longer gap means that the clock leapt or nobody listened.
LONGEST_STEP_MS = 5 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set.

    data: the folder that holds the state.
    data_sets: the folder of the real homes' data, for the laboratory.
    """

    data: Path
    data_sets: Path
    rules: Rules

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
    )
