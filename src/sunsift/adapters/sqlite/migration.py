"""Bringing an older file to the present version: 1 knew nothing of regions, 2 nothing of traces.

3 did not know which house stands where in the league, nor when to stop sending.
"""

import sqlite3

from sunsift.adapters.rows import HOUSE_COLUMNS, to_house
from sunsift.adapters.sqlite.standings import PLACE


def add_regions(connection: sqlite3.Connection) -> None:
    """Give every house its weather region."""
    connection.execute("ALTER TABLE house ADD COLUMN weather_region TEXT NOT NULL DEFAULT ''")
    houses = [to_house(row) for row in connection.execute(f"SELECT {', '.join(HOUSE_COLUMNS)} FROM house")]
    connection.executemany(
        "UPDATE house SET weather_region = ? WHERE house_id = ?",
        [(house.weather_region, house.house_id) for house in houses],
    )


def open_region_days(connection: sqlite3.Connection) -> None:
    """Open the region days of all stored days, as if they had arrived at the last look at the time."""
    connection.execute(
        "INSERT INTO region_day (region, day, opened) "
        "SELECT DISTINCT weather_region, day, coalesce((SELECT steady FROM steady), 0) "
        "FROM house JOIN day ON house = id"
    )


def add_traces(connection: sqlite3.Connection) -> None:
    """Give every house and report the name of the ingest that led to it; of old ones it is not known."""
    for table in ("progress", "report"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN trace TEXT NOT NULL DEFAULT ''")


def add_columns_of_deliveries(connection: sqlite3.Connection) -> None:
    """Tell when a house was described, a report was tried, a day was cut; other indexes list what waits."""
    connection.execute("ALTER TABLE house ADD COLUMN said_at INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE report ADD COLUMN first_tried INTEGER")
    connection.execute("ALTER TABLE report ADD COLUMN given_up_at INTEGER")
    connection.execute("ALTER TABLE quarantine ADD COLUMN utc_offset_hours REAL")
    for index in ("report_undelivered", "quarantine_of_house"):
        connection.execute(f"DROP INDEX IF EXISTS {index}")


def place_houses(connection: sqlite3.Connection) -> None:
    """Give every house its place in the league."""
    connection.execute("INSERT OR IGNORE INTO standing (house) SELECT id FROM house")
    houses = [number for (number,) in connection.execute("SELECT house FROM standing")]
    connection.executemany(PLACE, [(number,) for number in houses])
