"""`sunsift houses`."""

from pathlib import Path

from tests.acceptance.cli_command import Command, houses_csv
from tests.support.build import FIRST_DAY, a_house, days_of, lines_of

pytest_plugins = ["tests.acceptance.cli_fixtures"]


def test_adding_says_what_was_new_changed_and_as_before(shell: Command, tmp_path: Path) -> None:
    csv = houses_csv(tmp_path / "houses.csv", [a_house("a"), a_house("b"), a_house("c")])
    assert shell.json("houses", "add", csv) == {
        "added": 3, "changed": 0, "unchanged": 0, "redriven": 0, "quarantined": 0,
    }  # fmt: skip
    houses_csv(csv, [a_house("a"), a_house("b", capacity_kwp=9.5), a_house("d")])
    assert shell("houses", "add", csv).stdout == "1 house added, 1 changed, 1 unchanged\n"
    listed = shell.json("houses", "list")
    assert [(h["house_id"], h["capacity_kwp"]) for h in listed] == [
        ("a", 5.0), ("b", 9.5), ("c", 5.0), ("d", 5.0),
    ]  # fmt: skip


def test_the_list_shows_every_column(shell: Command, tmp_path: Path) -> None:
    house = a_house("a[b]", azimuth=270.0, tilt=25.0, export_limit_kw=1.5, battery=True, region="coast")
    csv = houses_csv(tmp_path / "houses.csv", [house, a_house("plain")])
    shell("houses", "add", csv)
    shown = shell("houses", "list").stdout
    for text in ("a[b]", "-33.900", "151.200", "+10", "270", "25", "1.5", "yes", "coast", "2 houses"):
        assert text in shown
    [first, second] = shell.json("houses", "list")
    assert first == {
        "house_id": "a[b]", "capacity_kwp": 5.0, "latitude": -33.9, "longitude": 151.2,
        "utc_offset_hours": 10.0, "azimuth": 270.0, "tilt": 25.0, "export_limit_kw": 1.5, "battery": True,
        "region": "coast",
    }  # fmt: skip
    assert (second["azimuth"], second["battery"]) == (None, False)


def test_a_wrong_line_is_named_and_nothing_is_registered(shell: Command, tmp_path: Path) -> None:
    csv = houses_csv(tmp_path / "houses.csv", [a_house("good")])
    with csv.open("a") as file:
        file.write("bad,-5,0,0,10,,,,,\n")
    error = shell.error("houses", "add", csv)
    assert error.startswith(f"Error: {csv} line 3: ")
    assert "capacity_kwp" in error
    assert not shell.data.exists()


def test_columns_that_mean_nothing_are_named(shell: Command, tmp_path: Path) -> None:
    csv = tmp_path / "houses.csv"
    csv.write_text("house_id,capacity_kwp,latitude,longitude,utc_offset_hours,colour\na,5,-33,151,10,red\n")
    result = shell("houses", "add", csv, "--json")
    assert "colour" in result.stderr
    assert "colour" not in result.stdout


def test_a_file_that_is_not_there_is_wrong_usage(shell: Command, tmp_path: Path) -> None:
    assert "does not exist" in shell.error("houses", "add", tmp_path / "no.csv", exits=2)


def test_packets_that_waited_for_a_house_are_ingested_when_it_comes(shell: Command, tmp_path: Path) -> None:
    packets = tmp_path / "packets.jsonl"
    packets.write_bytes(lines_of([*days_of("early", FIRST_DAY, 40), *days_of("never", FIRST_DAY, 2)]))
    assert shell.json("ingest", packets)["quarantined"] == 42
    csv = houses_csv(tmp_path / "houses.csv", [a_house("early")])
    shown = shell("houses", "add", csv).stdout
    assert "40 packets that waited in quarantine for them ingested" in shown
    shell("settle", "--quiet-minutes", "0")
    assert {row["house_id"] for row in shell.exported("predictions")} == {"early"}
    assert [row["house_id"] for row in shell.exported("quarantine")] == ["never", "never"]
