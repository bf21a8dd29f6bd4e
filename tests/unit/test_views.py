"""What pages and programs are shown of a house, the fleet and the flow."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sunsift.adapters.folder import FolderInbox
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.readings import Packet
from sunsift.domain.status import Change, Status
from sunsift.parcels import Activity, Refused
from sunsift.records import ChangeCount
from sunsift.settings import read_settings
from sunsift.views.cache import Kept
from sunsift.views.fleet import FleetNow, Sum, fleet_of
from sunsift.views.house import MOST_DAYS, house_picture
from sunsift.views.pipeline import Spread, pipeline_of
from sunsift.wiring import Sunsift, embedded
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, lines_of, packet_of
from tests.support.clock import ManualClock
from tests.support.verdicts import a_prediction, a_score, settle, tell

D = FIRST_DAY
WELL, POOR, UNKNOWN = Status.WELL, Status.POOR, Status.UNKNOWN


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def parts(tmp_path: Path, clock: ManualClock) -> Iterator[Sunsift]:
    with closing(embedded(read_settings({}, tmp_path), clock=clock)) as parts:
        yield parts


class TestHouse:
    def test_a_house_without_readings_has_an_empty_picture(self, parts: Sunsift) -> None:
        picture = house_picture(parts.records, parts.model, a_house(), D, D + 9)
        assert len(picture.days) == len(picture.net_kwh) == len(picture.generation.expected_kwh) == 0
        assert picture.stored_days is None
        assert picture.standing.prediction is None
        assert [*picture.judged, *picture.changes, *picture.reasons, *picture.reports] == []

    def test_dates_without_a_packet_are_missing_not_zero(self, parts: Sunsift) -> None:
        house = a_house()
        parts.store.register([house])
        packets = [*days_of("house-1", D, 2), a_packet("house-1", D + 4, quality="E", nulls=30)]
        parts.store.save(packets, [])
        picture = house_picture(parts.records, parts.model, house)
        assert picture.days == range(D, D + 5)
        assert picture.quality == ["A", "A", "", "", "E"]
        assert np.isnan(picture.net_kwh[2:4]).all()
        readings = np.frombuffer(packets[0].readings, "<u2").reshape(2, 48) / 1000.0
        assert picture.net_kwh[0] == pytest.approx(readings[1] - readings[0])
        assert picture.import_kwh[0] == pytest.approx(readings[0].sum())
        assert picture.export_kwh[0] == pytest.approx(readings[1].sum())
        assert np.isnan(picture.net_kwh[4, :30]).all()
        assert np.isfinite(picture.net_kwh[4, 30:]).all()
        assert np.isnan(picture.export_kwh[2:]).all(), "of the last day more than half is missing"

    def test_a_stretch_is_cut_out_and_never_longer_than_fits(self, parts: Sunsift) -> None:
        house = a_house()
        parts.store.register([house])
        parts.store.save(days_of("house-1", D, MOST_DAYS + 20), [])

        def days(first: int | None = None, last: int | None = None) -> tuple[int, int]:
            picture = house_picture(parts.records, parts.model, house, first, last)
            assert len(picture.quality) == len(picture.days)
            assert picture.stored_days == (D, D + MOST_DAYS + 19)
            return (picture.days[0] - D, picture.days[-1] - D) if picture.days else (0, 0)

        assert days() == (20, MOST_DAYS + 19)
        assert days(D + 5, D + 9) == (5, 9)
        assert days(None, D + 9) == (0, 9)
        assert days(-(10**9), 10**9) == (20, MOST_DAYS + 19)
        assert days(D + 9, D + 5) == days(10**9, 10**9) == (0, 0)

    def test_verdicts_changes_feedback_and_reports_come_along(self, parts: Sunsift) -> None:
        house = a_house()
        parts.store.register([house])
        parts.store.save(days_of("house-1", D, 40), [])
        change = Change(D + 30, POOR, UNKNOWN)
        settle(
            parts.store, "house-1", [a_prediction(D + n, a_score(POOR, 0.9)) for n in (29, 30, 31)], change
        )
        parts.store.note([Feedback("house-1", D, D + 3, Found.FAULT, "fuse")])
        picture = house_picture(parts.records, parts.model, house)
        assert [(j.period_end - D, j.verdict, j.status) for j in picture.judged] == [
            (29, POOR, POOR), (30, POOR, POOR), (31, POOR, POOR),
        ]  # fmt: skip
        assert picture.changes == [change]
        assert [n.feedback.note for n in picture.feedback] == ["fuse"]
        assert [r.as_of for r in picture.reports] == [D + 30]
        assert len(picture.reasons) == 2
        earlier = house_picture(parts.records, parts.model, house, D, D + 29)
        assert [j.period_end - D for j in earlier.judged] == [29]
        assert earlier.changes == []
        assert earlier.standing == picture.standing, "the house stands where it stands now"

    def test_days_that_changed_late_are_told(self, parts: Sunsift) -> None:
        house = a_house()
        parts.store.register([house])
        parts.store.save(days_of("house-1", D, 10), [])
        assert house_picture(parts.records, parts.model, house).revisions == []
        # Revised three days later, when the next days had long come; and once within the same night.
        three_days = 3 * 24 * 60
        parts.store.save([a_packet(day=D + 4, revision=three_days), a_packet(day=D + 6, revision=60)], [])
        (late,) = house_picture(parts.records, parts.model, house).revisions
        assert late.day == D + 4
        assert late.days_late == pytest.approx(3.4), (
            "the readings of a day come ten hours after its end in UTC"
        )
        assert late.updated_at.startswith("2025-09-09T00:00")
        assert house_picture(parts.records, parts.model, house, D + 5).revisions == []

    def test_the_registration_is_put_in_words(self, parts: Sunsift) -> None:
        known = a_house(azimuth=0.0, tilt=20.0)
        assert house_picture(parts.records, parts.model, known).notes == []
        for house, words in (
            (replace(known, export_limit_kw=5.0), "limited to 5 kW"),
            (replace(known, battery=True), "A battery is registered"),
            (replace(known, tilt=None), "pitched 20°"),
        ):
            (note,) = house_picture(parts.records, parts.model, house).notes
            assert words in note

    def test_what_the_evidence_shows_is_put_in_words(self, parts: Sunsift, clock: ManualClock) -> None:
        """Exports that end in a flat top, and evenings at zero, in a region of a single house."""
        house = a_house(azimuth=0.0, tilt=20.0)
        parts.store.register([house])
        parts.store.save([_flat_and_still(day) for day in range(D, D + 40)], [])
        clock.turn(hours=2)
        parts.close_days()
        parts.sweep()
        parts.settle()
        parts.predict(["house-1"])
        flat, still, sun = house_picture(parts.records, parts.model, house).notes
        assert flat.startswith("On 40 of 40 usable days the exports end in a flat top")
        assert still.startswith("On 40 of 40 usable days the meter is held near zero")
        assert sun.startswith("On 40 of 40 usable days nobody measured the region's sunlight")
        assert house_picture(parts.records, parts.model, house, D, D + 9).notes[0].startswith("On 10 of 10")


def _flat_and_still(day: int) -> Packet:
    """Return a day with a flat top of exports, a load by day, and nothing at all in the evening."""
    hour = (np.arange(48) + 0.5) / 2
    exports = np.where((hour > 9) & (hour < 15), 1000 + day % 7, 0)
    imports = np.where((hour > 6) & (hour < 9), 400, np.where(hour < 6, 120, 0))
    both = np.stack((imports, exports)).astype("<u2")
    return packet_of("house-1", day, both.tobytes())


class TestFleet:
    def test_an_empty_fleet(self, parts: Sunsift) -> None:
        fleet = fleet_of(parts.records, 0.3)
        assert fleet.total == Sum()
        assert fleet.of == {WELL: Sum(), POOR: Sum(), UNKNOWN: Sum()}
        assert (fleet.regions, fleet.changes, fleet.newest_day) == ([], [], None)

    def test_sums_by_status_and_region(self, parts: Sunsift) -> None:
        lose(parts, "a", "north", 100.0, POOR)
        lose(parts, "b", "south", 250.0, POOR)
        lose(parts, "c", "south", 10.0, WELL)
        parts.store.register([a_house("d", region="south", latitude=-40.0)])
        fleet = fleet_of(parts.records, 0.5)
        assert fleet.total == Sum(4, 20.0, 360.0, 180.0)
        assert fleet.of == {
            POOR: Sum(2, 10.0, 350.0, 175.0),
            WELL: Sum(1, 5.0, 10.0, 5.0),
            UNKNOWN: Sum(1, 5.0),
        }
        south, north = fleet.regions
        assert (south.region, south.total) == ("south", Sum(3, 15.0, 260.0, 130.0))
        assert south.of[POOR] == Sum(1, 5.0, 250.0, 125.0)
        assert south.latitude == pytest.approx((-33.9 * 2 - 40.0) / 3, abs=1e-4)
        assert north.total.houses == 1
        assert fleet.newest_day == D + 30
        assert fleet.changes == [ChangeCount(D + 30, POOR, UNKNOWN, 2), ChangeCount(D + 30, WELL, UNKNOWN, 1)]
        assert fleet_of(parts.records).total.money == 0.0

    def test_it_is_kept_for_a_while(self, parts: Sunsift) -> None:
        now, at_once = FleetNow(3600.0), FleetNow(0.0)
        assert now.of(parts.records).total.houses == at_once.of(parts.records).total.houses == 0
        parts.store.register([a_house("a")])
        assert now.of(parts.records).total.houses == 0
        assert at_once.of(parts.records).total.houses == 1


def lose(parts: Sunsift, house_id: str, region: str, lost_kwh: float, status: Status) -> None:
    """Register a house that lost so much over its last period, and stands so."""
    parts.store.register([a_house(house_id, region=region)])
    parts.store.save([a_packet(house_id, D + 30)], [])
    prediction = a_prediction(D + 30, replace(a_score(status), lost_kwh=lost_kwh))
    settle(parts.store, house_id, [prediction], Change(D + 30, status, UNKNOWN))


class TestKept:
    def test_answers_grow_old(self) -> None:
        now = [0.0]
        kept = Kept[float](3.0, lambda: now[0])
        assert kept.get("a", lambda: now[0]) == 0.0
        now[0] = 2.9
        assert kept.get("a", lambda: now[0]) == 0.0
        assert kept.get("b", lambda: now[0]) == 2.9
        now[0] = 3.0
        assert kept.get("a", lambda: now[0]) == 3.0

    def test_trouble_is_not_kept(self) -> None:
        kept = Kept[int](3600.0)
        with pytest.raises(ZeroDivisionError):
            kept.get("a", lambda: 1 // 0)
        assert kept.get("a", lambda: 1) == 1

    def test_many_who_ask_at_once_ask_once(self) -> None:
        kept, made, together = Kept[int](3600.0), [0], threading.Barrier(8)

        def make() -> int:
            made[0] += 1
            return made[0]

        def ask() -> None:
            together.wait()
            assert kept.get("a", make) == 1

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [1]

    def test_it_does_not_grow_without_end(self) -> None:
        kept = Kept[int](3600.0)
        assert [kept.get(n, lambda n=n: n) for n in range(200)] == list(range(200))  # type: ignore[misc]
        assert len(kept._kept) <= 64


class TestPipeline:
    def test_before_anything_came(self, parts: Sunsift) -> None:
        flow = pipeline_of(parts, None)
        assert flow.inbox_depth is None
        assert flow.waiting.houses == 0
        assert (flow.lag.reports, flow.lag.from_reading, flow.lag.from_verdict) == (0, None, None)
        assert [step.step for step in flow.steps] == [
            "poll",
            "ingest",
            "settle",
            "predict",
            "deliver",
            "sweep",
        ]
        assert all(step.last_run is None and step.runs == 0 for step in flow.steps)
        assert flow.judging.version == parts.model.version

    def test_what_waits_and_what_ran(self, parts: Sunsift, clock: ManualClock, tmp_path: Path) -> None:
        parts.store.register([a_house("a")])
        parts.store.save([a_packet("a")], [Refused(b"%d" % n, "x", "not_json", "why") for n in range(3)])
        minute = int(clock.now().timestamp()) // 60
        parts.store.note_activity(
            [
                Activity(minute - 600, "sweep", 1, 5, 2, 0),
                Activity(minute - 60, "ingest", 9, 900, 90, 9),
                Activity(minute - 59, "ingest", 2, 1500, 64, 1),
                Activity(minute, "ingest", 1, 250, 3, 0),
            ]
        )
        (tmp_path / "inbox").mkdir()
        (tmp_path / "inbox" / "packets.jsonl").write_bytes(lines_of(days_of("a", D, 5)))
        with closing(FolderInbox(tmp_path / "inbox", 0.0)) as inbox:
            flow = pipeline_of(parts, inbox)
            assert flow.inbox_depth == inbox.depth() > 0
        assert flow.waiting.unsettled == 1
        assert flow.quarantine == [("not_json", 3)]
        steps = {step.step: step for step in flow.steps}
        ingest, sweep = steps["ingest"], steps["sweep"]
        assert (ingest.runs, ingest.seconds, ingest.done, ingest.failed) == (3, 1.75, 67, 1)
        assert ingest.last_run == "2026-01-01T00:00:00+00:00"
        assert (sweep.runs, sweep.last_run) == (0, "2025-12-31T14:00:00+00:00")
        assert [a.minute - minute for a in flow.recent] == [-59, 0]
        assert flow.judging.shares == {UNKNOWN: 1.0, WELL: 0.0, POOR: 0.0}

    def test_the_lag_from_reading_to_report(self, parts: Sunsift, clock: ManualClock) -> None:
        """The clock stands at midnight UTC of 2026-01-01; the houses' day ended ten hours before that."""
        yesterday = 20_453
        for name, back in (("a", 0), ("b", 0), ("c", 5)):
            parts.store.register([a_house(name)])
            tell(parts.store, name, Change(yesterday - back, POOR, UNKNOWN))
        clock.turn(hours=1)
        reports = parts.store.claim_reports(10**15, 10**15 + 1, 9)
        parts.store.acknowledge([report.key for report in reports])
        lag = pipeline_of(parts, None).lag
        assert lag.reports == 3
        assert lag.from_verdict == Spread(1.0, 1.0)
        assert lag.from_reading is not None
        assert lag.from_reading.middle_hours == 11.0
        assert lag.from_reading.slow_hours == pytest.approx(11.0 + 0.8 * 120.0)
