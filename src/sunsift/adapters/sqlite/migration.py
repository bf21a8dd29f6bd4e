"""Bringing an older file to the present version: 1 knew nothing of regions, 2 nothing of traces."""

import sqlite3

from sunsift.adapters.rows import HOUSE_COLUMNS, to_house


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
