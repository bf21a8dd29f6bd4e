"""Homes whose load and generation are known apart, shaped like metered ones: a list and readings."""

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.readings import FloatArray
from sunsift.lab.fleet_files import HOUSE_COLUMNS, house_line
from sunsift.lab.inject import Scene
from sunsift.lab.part_files import finish, part_of

COLUMNS: Final = HOUSE_COLUMNS + ",source,interval_minutes"
SOURCE: Final = "simulated"


class HomesFiles:
    """Writes HOMES.csv and READINGS.parquet, as `lab evaluate` and `lab packets` read them.

    Each home is one row group. Both get their names only when all homes are written. Equal homes give equal
    bytes.
    Errors: MissingExtraError without pyarrow; SunsiftError for a folder that cannot be written.
    """

    def __init__(self, homes_csv: Path, readings_parquet: Path) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingExtraError("writing Parquet needs pyarrow: pip install 'sunsift[lab]'") from error
        self._pa: Any = pa
        self._pq: Any = pq
        self._paths = (homes_csv, readings_parquet)
        self._schema = pa.schema(
            [
                ("house_id", pa.string()),
                ("start", pa.timestamp("s")),
                ("load_kwh", pa.float32()),
                ("generation_kwh", pa.float32()),
            ]
        )

    def __enter__(self) -> Self:
        homes_csv, readings = (part_of(path) for path in self._paths)
        try:
            for path in (homes_csv, readings):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._csv = homes_csv.open("w", encoding="utf-8", newline="")
            self._writer = self._pq.ParquetWriter(readings, self._schema)
        except OSError as error:
            raise SunsiftError(f"cannot write {error.filename}: {error.strerror}") from error
        self._csv.write(COLUMNS + "\n")
        return self

    def add(self, scene: Scene) -> None:
        """Write one home: what it used and made behind its meter; readings that were lost are missing."""
        minutes = scene.interval_minutes
        self._csv.write(f"{house_line(scene.house).rstrip()},{SOURCE},{minutes}\n")
        start = scene.day[:, np.newaxis] * 86_400 + np.arange(scene.slots) * (minutes * 60)

        def known(kwh: FloatArray) -> Any:
            values = np.where(scene.lost, np.nan, kwh).ravel().astype(np.float32)
            return self._pa.array(values, from_pandas=True)

        columns = {
            "house_id": [scene.house.house_id] * start.size,
            "start": start.ravel().astype("datetime64[s]"),
            "load_kwh": known(scene.load_kwh),
            "generation_kwh": known(scene.generation_kwh),
        }
        self._writer.write_table(self._pa.table(columns, schema=self._schema))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._csv.close()
        self._writer.close()
        finish(self._paths, complete=kind is None)
