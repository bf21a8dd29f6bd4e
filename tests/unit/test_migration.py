"""Files of older versions are taken over with all that they hold."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sunsift.adapters.sqlite.database import SCHEMA_VERSION, Database
from sunsift.domain.errors import StoreError
from sunsift.domain.status import Change, Status
from sunsift.records import Wanted
from sunsift.settings import DATABASE_NAME, read_settings
from sunsift.wiring import Sunsift, embedded
from tests.support.build import FIRST_DAY, a_house, days_of
from tests.support.clock import ManualClock
from tests.support.verdicts import a_prediction, a_score, settle

DAYS = 40
# What version 4 added.
TO_VERSION_3 = """
DROP TABLE standing;
DROP TABLE gone_receiver;
DROP TABLE token;
DROP TABLE activity;
DROP TABLE erasure;
ALTER TABLE house DROP COLUMN said_at;
DROP INDEX report_waiting;
DROP INDEX report_given_up;
DROP INDEX quarantine_by_time;
DROP INDEX quarantine_by_code;
ALTER TABLE report DROP COLUMN first_tried;
ALTER TABLE report DROP COLUMN given_up_at;
DROP INDEX quarantine_of_house;
ALTER TABLE quarantine DROP COLUMN utc_offset_hours;
CREATE INDEX quarantine_of_house ON quarantine (house_id) WHERE code = 'unknown_house';
PRAGMA user_version = 3;
"""
# What versions 2 and 3 added.
TO_VERSION_1 = """
DROP INDEX house_of_region;
ALTER TABLE house DROP COLUMN weather_region;
DROP TABLE region_day;
DROP TABLE evidence;
DROP TABLE sunlight_feed;
DROP TABLE feedback;
ALTER TABLE progress DROP COLUMN trace;
ALTER TABLE report DROP COLUMN trace;
PRAGMA user_version = 1;
"""


def opened(folder: Path, clock: ManualClock) -> Sunsift:
    """Return Sunsift on the folder."""
    return embedded(read_settings({}, folder), clock=clock)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def old(tmp_path: Path, clock: ManualClock) -> Path:
    """Return a folder with a file of version 1, two houses and their days in it."""
    with closing(opened(tmp_path, clock)) as parts:
        parts.store.register([a_house("a"), a_house("b", region="north")])
        parts.store.save([*days_of("a", FIRST_DAY, DAYS), *days_of("b", FIRST_DAY, 1)], [])
    database = tmp_path / DATABASE_NAME
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(TO_VERSION_3 + TO_VERSION_1)
    return tmp_path


def test_all_days_are_judged_after_the_closing(old: Path, clock: ManualClock) -> None:
    with closing(opened(old, clock)) as parts:
        days = {(r.region, r.day) for r in parts.records.region_days()}
        home = a_house().weather_region
        assert days == {*((home, FIRST_DAY + n) for n in range(DAYS)), ("north", FIRST_DAY)}
        assert parts.close_days() == 0
        clock.turn(hours=1)
        assert parts.close_days() == DAYS + 1
        assert parts.predict(["a", "b"]).houses == 2


def test_a_migrated_file_is_like_a_new_one(old: Path, tmp_path: Path) -> None:
    def tables(database: Database) -> list[tuple[str, str]]:
        with database.read() as connection:
            names = connection.execute("SELECT name FROM sqlite_schema ORDER BY name").fetchall()
            return [
                (name, column[1])
                for (name,) in names
                for column in connection.execute(f"PRAGMA table_info('{name}')")
            ]

    with (
        closing(Database(tmp_path / "new.sqlite")) as new,
        closing(Database(old / DATABASE_NAME)) as migrated,
    ):
        assert tables(migrated) == tables(new)


def test_houses_get_the_places_that_they_had(tmp_path: Path, clock: ManualClock) -> None:
    def places(parts: Sunsift) -> list[object]:
        return [*parts.records.league(Wanted(), None, 9).rows, *parts.records.tallies()]

    with closing(opened(tmp_path, clock)) as parts:
        parts.store.register([a_house(name) for name in "abc"])
        for name, tenths in (("b", 40), ("c", 70)):
            parts.store.save(days_of(name, FIRST_DAY, 3), [])
            score = replace(a_score(), lost_kwh=tenths / 10)
            predictions = [a_prediction(FIRST_DAY + n, score) for n in range(3)]
            settle(parts.store, name, predictions, Change(FIRST_DAY, Status.POOR, Status.UNKNOWN))
        expected = places(parts)
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.executescript(TO_VERSION_3)
    with closing(opened(tmp_path, clock)) as parts:
        assert places(parts) == expected
        assert [s.house.house_id for s in parts.records.league(Wanted(), None, 9).rows] == ["c", "b", "a"]


def test_a_file_of_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "future.sqlite"
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="newer Sunsift"):
        Database(path)
