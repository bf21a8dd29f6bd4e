"""`sunsift lab`."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.acceptance.cli_command import Command

pytest_plugins = ["tests.acceptance.cli_fixtures"]

DAYS = 100


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """Two homes with metered load and generation, hourly, for 100 days."""
    rng = np.random.default_rng(5)
    homes_csv, readings = tmp_path / "homes.csv", tmp_path / "readings.parquet"
    homes_csv.write_text(
        "house_id,capacity_kwp,latitude,longitude,utc_offset_hours,interval_minutes\n"
        "one,3.0,-33.9,151.2,10,60\ntwo,3.0,-33.9,151.2,10,60\n"
    )
    start = np.datetime64("2024-09-01T00", "s") + np.arange(24 * DAYS) * np.timedelta64(1, "h")
    sun = np.clip(np.sin((np.arange(24 * DAYS) % 24 - 5.5) / 13.0 * np.pi), 0.0, None)
    sun[np.arange(24 * DAYS) % 24 > 18] = 0.0
    columns = {
        "house_id": ["one"] * len(start) + ["two"] * len(start),
        "start": np.tile(start, 2),
        "load_kwh": rng.uniform(0.2, 0.6, 2 * len(start)),
        "generation_kwh": np.tile(2.8 * sun, 2) * rng.uniform(0.6, 1.0, 2 * len(start)),
    }
    pq.write_table(pa.table(columns), readings)
    return homes_csv, readings


def test_packets_of_metered_homes(shell: Command, homes: tuple[Path, Path], tmp_path: Path) -> None:
    output = tmp_path / "out" / "packets.jsonl.gz"
    line = (
        "lab",
        "packets",
        "--homes",
        homes[0],
        "--readings",
        homes[1],
        "--capacity-scale",
        "2",
        "-o",
        output,
    )
    assert "200 packets of 2 houses" in shell(*line, "--outage-from", "2024-11-01").stdout
    with gzip.open(output) as packets:
        first = json.loads(packets.readline())
    assert (first["house_id"], first["date"], len(first["import_kwh"])) == ("one", "2024-09-01", 24)
    truth = (tmp_path / "out" / "packets.truth.csv").read_text().splitlines()
    assert sum(row.endswith(",outage") for row in truth) == 2 * (DAYS - 61)
    shell("houses", "add", tmp_path / "out" / "packets.houses.csv")
    assert [house["capacity_kwp"] for house in shell.json("houses", "list")] == [6.0, 6.0]
    assert shell.json("ingest", output)["accepted"] == 200


def test_a_simulated_fleet_and_its_mail(shell: Command, tmp_path: Path) -> None:
    for name in ("a", "b"):
        line = (
            "lab",
            "simulate",
            "--light",
            "--houses",
            "5",
            "--days",
            "20",
            "--seed",
            "9",
            "-o",
            tmp_path / f"{name}.jsonl",
        )
        assert "100 packets of 5 houses" in shell(*line).stdout
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.truth.csv").read_bytes() == (tmp_path / "b.truth.csv").read_bytes()
    shown = shell(
        "lab", "mail", tmp_path / "a.jsonl", "-o", tmp_path / "mail.jsonl.gz", "--unusable", "4"
    ).stdout
    assert "4 unusable" in shown
    shell("houses", "add", tmp_path / "a.houses.csv")
    counts = shell.json("ingest", tmp_path / "mail.jsonl.gz")
    assert counts["accepted"] - counts["revised"] == 100
    assert counts["quarantined"] == 4


def test_separation_says_how_well_dead_panels_are_told_from_living(
    shell: Command, homes: tuple[Path, Path]
) -> None:
    line = ("lab", "separation", "--homes", homes[0], "--readings", homes[1])
    found = shell.json(*line)
    assert [home["house_id"] for home in found["homes"]] == ["one", "two"]
    assert found["auc_dead"] > 0.95
    shown = shell(*line, columns=100).stdout
    assert "one" in shown
    assert "AUC" in shown
    # Too late for any dead period: nothing to compare, and no crash.
    assert shell.json(*line, "--onset", "2024-12-05")["auc_dead"] is None


def test_both_files_or_none(shell: Command, homes: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("lab", "packets", "--homes", homes[0], "-o", tmp_path / "p.jsonl")
    assert "--readings" in shell.error(*line, exits=2)


def test_data_sets_that_are_not_there(
    shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = shell.error("lab", "separation")
    assert error.startswith("Error: the data-set folder")
    assert "SUNSIFT_DATA_SETS" in error


def test_a_name_that_is_no_packet_file(shell: Command, tmp_path: Path) -> None:
    assert ".jsonl" in shell.error("lab", "simulate", "-o", tmp_path / "fleet.zip")
