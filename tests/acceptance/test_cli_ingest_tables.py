"""`sunsift ingest` with tables and Green Button files: the examples, as a retailer gives them."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import a_house

pytest_plugins = ["tests.acceptance.cli_fixtures"]

EXAMPLES = Path(__file__).parents[1] / "data" / "meter"


@pytest.fixture
def ready(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with the houses of the examples."""
    houses = [
        a_house("6102000001"),
        a_house("12"),
        a_house("4471-8012", latitude=37.8, longitude=-122.3, utc_offset_hours=-8.0),
    ]
    shell("houses", "add", houses_csv(tmp_path / "houses.csv", houses))
    return shell


def codes(command: Command) -> list[str]:
    return [row["code"] for row in command.exported("quarantine")]


@pytest.mark.parametrize(
    ("file", "columns", "days", "parts"),
    [
        ("csv_plain.csv", None, 2, []),
        ("csv_wall_clock.csv", "csv_wall_clock.toml", 3, ["part_of_a_day"]),
        ("csv_wide.csv", "csv_wide.toml", 2, []),
        ("greenbutton_solar.xml", None, 3, ["part_of_a_day"]),
    ],
)
def test_examples(ready: Command, file: str, columns: str | None, days: int, parts: list[str]) -> None:
    options = ["--columns", EXAMPLES / columns] if columns else []
    first = ready.json("ingest", EXAMPLES / file, *options)
    assert (first["accepted"], first["quarantined"]) == (days, len(parts))
    assert codes(ready) == parts
    again = ready.json("ingest", EXAMPLES / file, *options)
    assert (again["accepted"], again["duplicate"]) == (0, days)


def test_tables_may_be_packed(ready: Command, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv.gz"
    path.write_bytes(gzip.compress((EXAMPLES / "csv_plain.csv").read_bytes()))
    assert ready.json("ingest", path)["accepted"] == 2


def test_a_table_as_parquet_is_the_table_as_csv(ready: Command, tmp_path: Path) -> None:
    table = pa_csv.read_csv(EXAMPLES / "csv_plain.csv")
    assert pa.types.is_timestamp(table.schema.field("time").type)
    pq.write_table(table, tmp_path / "plain.parquet")
    assert ready.json("ingest", tmp_path / "plain.parquet")["accepted"] == 2
    assert ready.json("ingest", EXAMPLES / "csv_plain.csv")["duplicate"] == 2


def test_bad_rows_go_to_quarantine_with_their_line_and_the_rest_goes_on(
    ready: Command, tmp_path: Path
) -> None:
    lines = (EXAMPLES / "csv_plain.csv").read_text().splitlines()
    lines[10] = lines[10].replace("2025-11-21T", "21st of November ")
    lines.insert(60, "6102000001;2025-11-22;1;2")
    path = tmp_path / "spoilt.csv"
    path.write_text("\n".join(lines))
    assert ready.json("ingest", path)["accepted"] == 2
    bad = {row["code"]: row for row in ready.exported("quarantine")}
    assert bad["wrong_time"]["source"] == f"{path} line 11"
    assert bad["wrong_time"]["body"] == lines[10]
    assert bad["wrong_row"]["source"] == f"{path} line 61"
    assert "1 cells, and the heading 6" in bad["wrong_row"]["reason"]


def test_a_file_that_nothing_explains_is_named(ready: Command, tmp_path: Path) -> None:
    assert ready.json("ingest", EXAMPLES / "csv_wall_clock.csv")["accepted"] == 0
    (row,) = ready.exported("quarantine")
    assert "names no column house_id" in row["reason"]
    assert "'Interval end'" in row["reason"]


def test_a_mapping_that_is_wrong_stops_before_anything_is_ingested(ready: Command, tmp_path: Path) -> None:
    mapping = tmp_path / "columns.toml"
    mapping.write_text("[columns]\nhouse = 'NMI'\n")
    said = ready.error("ingest", EXAMPLES / "csv_plain.csv", "--columns", mapping, exits=2)
    assert "unknown field `house`" in said
    assert ready.json("ingest", EXAMPLES / "csv_plain.csv")["accepted"] == 2


def test_a_days_clock_must_be_the_one_that_its_house_is_registered_with(
    ready: Command, tmp_path: Path
) -> None:
    """Nobody knew the house when the file came, so the zone decided; another clock is told of then."""
    text = (EXAMPLES / "csv_plain.csv").read_text().replace("6102000001", "stranger")
    path = tmp_path / "stranger.csv"
    path.write_text(text)
    assert ready.json("ingest", path, "--timezone", "Australia/Brisbane")["quarantined"] == 2
    assert codes(ready) == ["unknown_house"] * 2
    ready("houses", "add", houses_csv(tmp_path / "more.csv", [a_house("stranger", utc_offset_hours=9.5)]))
    ready("settle")
    assert codes(ready) == ["clock"] * 2
