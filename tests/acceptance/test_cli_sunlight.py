"""`sunsift sunlight`: irradiance from elsewhere, and what is known of each region's days."""

from pathlib import Path

import pytest

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]

NOW = "--quiet-minutes", "0"
DAYS = 30


def index_file(folder: Path, region: str, days: int, index: float, name: str = "feed.csv") -> Path:
    """Write an hourly clear-sky index for days from 2025-09-01 on."""
    rows = [
        f"{region},2025-09-{day + 1:02}T{hour:02}:00,{index}" for day in range(days) for hour in range(24)
    ]
    (folder / name).write_text("\n".join(["region,start,clearsky_index", *rows]), encoding="utf-8")
    return folder / name


@pytest.fixture
def waiting(shell: Command, tmp_path: Path) -> Command:
    """`sunsift` with four houses in the north and one in the south, whose days are open."""
    houses = [*(a_house(f"n{n}", region="north") for n in range(4)), a_house("s", region="south")]
    shell("houses", "add", houses_csv(tmp_path / "h.csv", houses))
    packets = [p for house in houses for p in days_of(house.house_id, FIRST_DAY, DAYS)]
    (tmp_path / "p.jsonl").write_bytes(lines_of(packets))
    shell("ingest", tmp_path / "p.jsonl")
    return shell


def sources(shell: Command, region: str) -> list[tuple[str, int | None]]:
    return [(row["source"], row["houses"]) for row in shell.json("sunlight", "show", "--region", region)]


def test_open_days_close_with_what_was_imported(waiting: Command, tmp_path: Path) -> None:
    done = waiting.json("sunlight", "import", index_file(tmp_path, "north", 3, 0.5))
    assert done == {"region_days": 3, "regions": 1, "closed": {}}
    assert {row["state"] for row in waiting.json("sunlight", "show")} == {"open"}
    assert waiting.json("settle", *NOW)["houses"] == 5
    assert sources(waiting, "north") == [("feed", None)] * 3 + [("fleet", 4)] * (DAYS - 3)
    rows = waiting.json("sunlight", "show", "--region", "north")
    assert [row["mean_clearsky_index"] for row in rows[:3]] == [0.5] * 3
    assert (rows[0]["day"], rows[0]["state"]) == ("2025-09-01", "closed")


def test_closed_days_keep_theirs_until_they_are_judged_anew(waiting: Command, tmp_path: Path) -> None:
    waiting("settle", *NOW)
    before = waiting("sunlight", "show", "--json").stdout
    file = index_file(tmp_path, "north", 2, 0.5)
    assert waiting.json("sunlight", "import", file)["closed"] == {"north": [["2025-09-01", "2025-09-02"]]}
    shown = waiting("sunlight", "import", file).stdout
    assert "2 region days closed before and keep their sunlight:" in shown
    assert "north: 2025-09-01 to 2025-09-02" in shown
    assert "lab rescore --since 2025-09-01 --sunlight" in shown
    waiting("settle", *NOW)
    assert waiting("sunlight", "show", "--json").stdout == before
    done = waiting.json("lab", "rescore", "--since", "2025-09-01", "--sunlight", "--yes", *NOW)
    assert (done["region_days"], done["waiting"]) == (2 * DAYS, 0)
    assert sources(waiting, "north") == [("feed", None)] * 2 + [("fleet", 4)] * (DAYS - 2)
    assert waiting.json("sunlight", "import", file)["closed"] == {}


def test_a_region_without_neighbours_has_geometry_until_irradiance_comes(
    waiting: Command, tmp_path: Path
) -> None:
    """Half of a clear sky's irradiance explains a house that makes little, where geometry cannot."""
    waiting("settle", *NOW)
    shown = waiting("sunlight", "show", "--region", "south").stdout
    assert "fleet of 1" in shown
    assert {row["mean_clearsky_index"] for row in waiting.json("sunlight", "show", "--region", "south")} == {
        None
    }
    noon = ["region,start,ghi_w_m2", *(f"south,2025-09-{d + 1:02}T12:00,400" for d in range(DAYS))]
    (tmp_path / "ghi.csv").write_text("\n".join(noon))
    waiting("sunlight", "import", tmp_path / "ghi.csv")
    waiting("lab", "rescore", "--since", "2025-09-01", "--region", "south", "--sunlight", "--yes", *NOW)
    rows = waiting.json("sunlight", "show", "--region", "south")
    assert {row["source"] for row in rows} == {"feed"}
    index = [row["mean_clearsky_index"] for row in rows]
    assert 0.45 < index[-1] < index[0] < 0.65, "the same irradiance is less and less in spring"


def test_the_days_shown_can_be_chosen(waiting: Command) -> None:
    rows = waiting.json("sunlight", "show")
    assert [(row["region"], row["day"]) for row in (rows[0], rows[DAYS])] == [
        ("north", "2025-09-01"), ("south", "2025-09-01"),
    ]  # fmt: skip
    assert rows[0] == {
        "region": "north", "day": "2025-09-01", "state": "open", "source": None, "houses": None,
        "mean_clearsky_index": None,
    }  # fmt: skip
    late = waiting.json("sunlight", "show", "--since", "2025-09-29", "--region", "south")
    assert [row["day"] for row in late] == ["2025-09-29", "2025-09-30"]
    assert "60 region days" in waiting("sunlight", "show").stdout


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("north,2025-09-01T12:00,3", "line 3: clearsky_index is 3"),
        ("west,2025-09-01T12:00,1", "region 'west'"),
    ],
)
def test_one_wrong_row_refuses_the_whole_file(
    waiting: Command, tmp_path: Path, line: str, reason: str
) -> None:
    (tmp_path / "bad.csv").write_text(f"region,start,clearsky_index\nnorth,2025-09-02T12:00,1\n{line}\n")
    error = waiting.error("sunlight", "import", tmp_path / "bad.csv")
    assert reason in error
    assert "line 3" in error
    waiting("settle", *NOW)
    assert "feed" not in {source for source, _ in sources(waiting, "north")}


@pytest.mark.parametrize("line", ["sunlight show", "model health", "feedback --list",
                                  "lab rescore --since 2026-01-01"])  # fmt: skip
def test_a_mistyped_folder_is_noticed_and_not_created(shell: Command, line: str) -> None:
    assert shell.error(*line.split()).startswith("Error: there is no Sunsift state in")
    assert not shell.data.exists()
