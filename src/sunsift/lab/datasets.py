"""Where the real homes' data sets lie. They are not part of the project; whoever has them says where."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sunsift.domain.errors import SunsiftError

SETTING: Final = "SUNSIFT_DATA_SETS"
DEFAULT_FOLDER: Final = Path("../shared/data")
HOMES: Final = "homes_with_generation"


@dataclass(frozen=True, slots=True)
class RealHomes:
    """Homes whose load and generation were both metered: a list of them and their readings."""

    homes_csv: Path
    readings_parquet: Path


def data_sets_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that the setting names, or the default one, whether or not it exists."""
    return Path(environment.get(SETTING) or DEFAULT_FOLDER)


def real_homes(environment: Mapping[str, str] = os.environ) -> RealHomes:
    """Find the real homes. Errors: SunsiftError that says what is absent and what to set."""
    folder = data_sets_folder(environment)
    if not folder.is_dir():
        raise SunsiftError(f"the data-set folder {folder} does not exist; set {SETTING} to where it lies")
    found = RealHomes(folder / f"{HOMES}.csv", folder / f"{HOMES}.parquet")
    absent = [path.name for path in (found.homes_csv, found.readings_parquet) if not path.is_file()]
    if absent:
        raise SunsiftError(f"the data-set folder {folder} lacks {' and '.join(absent)}")
    return found
