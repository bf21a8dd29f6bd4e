"""What every Records shows a page at a time, and its sums that come quickly."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from sunsift.domain.errors import InvalidCursorError
from sunsift.domain.status import Change, Status
from sunsift.parcels import Activity, Refused
from sunsift.ports import Store
from sunsift.records import ChangeCount, Order, Page, Records, ReportState, Standing, Tally, Waiting, Wanted
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.clock import ManualClock
from tests.support.verdicts import a_prediction, a_score, an_outcome, open_one, settle, tell

T = TypeVar("T")
D = FIRST_DAY + 30
UNKNOWN, WELL, POOR = Status.UNKNOWN, Status.WELL, Status.POOR
BAD_CURSORS = (
    "x",
    "§",
    "AAAA",
    "W10",
    *(urlsafe_b64encode(text).decode() for text in (b"{}", b"null", b"[true,1]", b'["a","b","c"]')),
    urlsafe_b64encode(b"[" * 500).decode(),
    urlsafe_b64encode(b"[%d,%d]" % (10**30, 10**30)).decode(),
)


def through(look: Callable[[str | None, int], Page[T]], limit: int) -> list[T]:
    """Return all rows of a listing, page by page; every page but the last is full."""
    rows: list[T] = []
    after = None
    while True:
        page = look(after, limit)
        rows += page.rows
        if page.next is None:
            return rows
        assert len(page.rows) == limit
        after = page.next


def lose(store: Store, house_id: str, tenths: int, status: Status = WELL, day: int = D) -> None:
    """Have one house lose so much over the period that ends on a day, and stand so after it."""
    store.save([a_packet(house_id, day, revision=tenths)], [])
    work = open_one(store, house_id)
    score = a_score()
    losing = type(score)(
        score.p_poor, score.performance, score.performance_se, tenths / 10, score.verdict, score.reasons
    )
    change = Change(day, status, UNKNOWN) if status is not UNKNOWN else None
    outcome = an_outcome(work, [a_prediction(day, losing)], change=change, report=change)
    assert store.commit([outcome]) == []


def names(rows: list[Standing]) -> list[str]:
    return [row.house.house_id for row in rows]


class RecordsPagesContract:
    """Subclasses give `records`, `store`, which writes what is read, and its `clock`."""

    @pytest.fixture
    def fleet(self, store: Store) -> None:
        """Six houses in two regions: two poor ones, two that do well, two without a prediction."""
        north = {"region": "north", "latitude": -30.0, "longitude": 150.0}
        south = {"region": "south", "latitude": -40.0, "longitude": 148.0}
        for name, region in (
            ("d", north), ("Bb", south), ("a", north), ("e", south), ("cB", south), ("f", north),
        ):  # fmt: skip
            store.register([a_house(name, **region)])
        for name, tenths, status in (("a", 905, POOR), ("Bb", 1405, POOR), ("cB", 3, WELL), ("d", 3, WELL)):
            lose(store, name, tenths, status)

    def test_the_pages_of_a_league_hold_every_house_once(self, fleet: None, records: Records) -> None:
        standings = {s.house.house_id: s for s in records.standings()}
        # Equal losses come in the order of registration.
        for order, expected in (
            (Order.LOSS, ["Bb", "a", "d", "cB", "e", "f"]),
            (Order.HOUSE, ["Bb", "a", "cB", "d", "e", "f"]),
        ):
            wanted = Wanted(order=order)
            for limit in (1, 2, 3, 6, 7):
                league = through(partial(records.league, wanted), limit)
                assert league == [standings[name] for name in expected]

    def test_a_league_is_cut_down_to_what_is_wanted(self, fleet: None, records: Records) -> None:
        def league(**wanted: object) -> list[str]:
            chosen = Wanted(**wanted)  # type: ignore[arg-type]
            return names(through(lambda after, n: records.league(chosen, after, n), 1))

        assert league(status=POOR) == ["Bb", "a"]
        assert league(status=WELL) == ["d", "cB"]
        assert league(status=UNKNOWN) == ["e", "f"]
        assert league(region="south") == ["Bb", "cB", "e"]
        assert league(region="south", status=POOR, order=Order.HOUSE) == ["Bb"]
        assert league(region="nowhere") == []
        assert league(search="b") == league(search="B") == ["Bb", "cB"]
        assert league(search="bb", region="south", status=POOR) == ["Bb"]
        assert league(search="%") == league(search="_") == league(search="x' OR 1=1 --") == []

    def test_a_place_follows_corrections_and_withdrawals(
        self, fleet: None, store: Store, records: Records
    ) -> None:
        def places() -> list[tuple[str, float | None]]:
            return [
                (s.house.house_id, s.prediction.score.lost_kwh if s.prediction else None)
                for s in records.league(Wanted(), None, 9).rows
            ]

        lose(store, "e", 1000, POOR)
        assert places()[:3] == [("Bb", 140.5), ("e", 100.0), ("a", 90.5)]
        lose(store, "a", 2000, POOR, day=D + 1)
        assert places()[0] == ("a", 200.0)
        store.save([a_packet("a", D + 1, revision=9999)], [])
        work = open_one(store, "a")
        assert store.commit([an_outcome(work, withdrawn=[D + 1])]) == []
        assert places()[:3] == [("Bb", 140.5), ("e", 100.0), ("a", 90.5)], "that of the day before again"
        store.save([a_packet("Bb", D, revision=9999)], [])
        assert store.commit([an_outcome(open_one(store, "Bb"), withdrawn=[D])]) == []
        assert sorted(name for name, lost in places() if lost is None) == ["Bb", "f"]
        assert {t.region: t.houses for t in records.tallies() if t.status is UNKNOWN} == {
            "north": 1,
            "south": 1,
        }

    def test_an_outcome_without_predictions_leaves_the_place(
        self, fleet: None, store: Store, records: Records
    ) -> None:
        before = records.league(Wanted(), None, 9)
        store.save([a_packet("a", D + 1)], [])
        assert store.commit([an_outcome(open_one(store, "a"))]) == []
        assert records.league(Wanted(), None, 9) == before

    def test_another_registration_moves_the_house_and_keeps_its_place(
        self, fleet: None, store: Store, records: Records
    ) -> None:
        store.register([a_house("a", region="west", capacity_kwp=9.0)])
        assert names(list(records.league(Wanted(), None, 9).rows))[:2] == ["Bb", "a"]
        (west,) = (t for t in records.tallies() if t.region == "west")
        assert (west.status, west.houses, west.lost_kwh, west.capacity_kwp) == (POOR, 1, 90.5, 9.0)
        assert names(list(records.league(Wanted(region="west"), None, 9).rows)) == ["a"]

    def test_tallies_sum_up_every_house_once(self, fleet: None, records: Records) -> None:
        assert records.tallies() == [
            Tally("north", POOR, 1, 90.5, 5.0, -30.0, 150.0),
            Tally("north", UNKNOWN, 1, 0.0, 5.0, -30.0, 150.0),
            Tally("north", WELL, 1, 0.3, 5.0, -30.0, 150.0),
            Tally("south", POOR, 1, 140.5, 5.0, -40.0, 148.0),
            Tally("south", UNKNOWN, 1, 0.0, 5.0, -40.0, 148.0),
            Tally("south", WELL, 1, 0.3, 5.0, -40.0, 148.0),
        ]

    def test_the_middle_of_a_region_is_that_of_its_houses(self, store: Store, records: Records) -> None:
        for name, latitude, longitude in (("a", -30.0, 150.0), ("b", -31.0, 151.5)):
            store.register([a_house(name, region="r", latitude=latitude, longitude=longitude)])
        (tally,) = records.tallies()
        assert (tally.latitude, tally.longitude, tally.houses) == (-30.5, 150.75, 2)

    def test_changes_are_counted_by_day(self, fleet: None, store: Store, records: Records) -> None:
        assert records.changes(D) == [
            ChangeCount(D, POOR, UNKNOWN, 2),
            ChangeCount(D, WELL, UNKNOWN, 2),
        ]
        tell(store, "d", Change(D + 3, POOR, WELL))
        tell(store, "d", Change(D + 5, WELL, POOR))
        assert records.changes(D + 1) == [
            ChangeCount(D + 3, POOR, WELL, 1),
            ChangeCount(D + 5, WELL, POOR, 1),
        ]
        # Told again, it is one change still.
        tell(store, "d", Change(D + 3, POOR, WELL), revision=1)
        assert records.changes(D + 3)[0].houses == 1
        assert records.changes(D + 6) == []

    def test_registrations_come_by_name(self, fleet: None, records: Records) -> None:
        for limit in (1, 4, 6, 9):
            assert through(records.registered, limit) == list(records.houses())

    def test_reports_come_newest_first(self, fleet: None, store: Store, records: Records) -> None:
        for n in (3, 5):
            tell(store, "d", Change(D + n, POOR if n == 3 else WELL, WELL if n == 3 else POOR))

        def listed(house_id: str | None, state: ReportState | None) -> list[tuple[str, int]]:
            rows = through(lambda after, n: records.reports_page(house_id, state, after, n), 2)
            assert all(row in list(records.reports()) for row in rows)
            return [(row.house_id, row.as_of - D) for row in rows]

        every = [("d", 5), ("d", 3), ("d", 0), ("cB", 0), ("Bb", 0), ("a", 0)]
        assert listed(None, None) == listed(None, ReportState.WAITING) == every
        assert listed("d", None) == every[:3]
        assert listed("nobody", None) == []
        first, second = store.claim_reports(0, 1, 2)
        store.acknowledge([first.key])
        assert listed(None, ReportState.DELIVERED) == [(first.house_id, 0)]
        assert (first.house_id, 0) not in listed(None, ReportState.WAITING)
        assert listed(first.house_id, ReportState.WAITING) == []
        assert listed(None, ReportState.GIVEN_UP) == []
        store.give_up(second.key, "nobody home")
        assert listed(None, ReportState.GIVEN_UP) == [(second.house_id, 0)]
        assert listed(None, ReportState.WAITING) == [("d", 5), ("d", 3), ("d", 0), ("cB", 0)]

    def test_predictions_of_one_house_come_newest_first(
        self, fleet: None, store: Store, records: Records
    ) -> None:
        store.save(days_of("a", D + 1, 4), [])
        settle(store, "a", [a_prediction(D + n) for n in (1, 2, 4)])
        rows = through(lambda after, n: records.predictions_page("a", after, n), 3)
        assert rows == [(p, f) for _, p, f in records.predictions("a")][::-1]
        assert [p.period_end - D for p, _ in rows] == [4, 2, 1, 0]
        assert records.predictions_page("nobody", None, 5) == Page([], None)

    def test_quarantine_comes_newest_first(
        self, fleet: None, store: Store, records: Records, clock: ManualClock
    ) -> None:
        for n in range(5):
            code = "not_json" if n % 2 else "unknown_house"
            store.save([], [Refused(b"%d" % n, f"line {n}", code, "why", f"house {n % 3}")])
            if n != 2:
                clock.turn(seconds=1)

        def listed(code: str | None, house_id: str | None) -> list[str]:
            rows = through(lambda after, n: records.quarantine_page(code, house_id, after, n), 2)
            return [row.source.removeprefix("line ") for row in rows]

        every = listed(None, None)
        # Of messages of one moment the order is fixed, whichever it is.
        assert [every[0], *sorted(every[1:3], reverse=True), *every[3:]] == ["4", "3", "2", "1", "0"]
        assert listed("not_json", None) == ["3", "1"]
        assert listed("unknown_house", "house 0") == ["0"]
        assert listed(None, "house 1") == ["4", "1"]
        assert listed("nothing", None) == []
        assert records.quarantine_codes() == [("not_json", 2), ("unknown_house", 3)]
        assert {q.body for q in records.quarantine_page(None, None, None, 9).rows} == {
            b"%d" % n for n in range(5)
        }

    def test_rows_that_come_in_between_hide_no_other(
        self, fleet: None, store: Store, records: Records
    ) -> None:
        first = records.reports_page(None, None, None, 2)
        tell(store, "e", Change(D, POOR, UNKNOWN))
        rest = records.reports_page(None, None, first.next, 9)
        assert [r.house_id for r in (*first.rows, *rest.rows)] == ["d", "cB", "Bb", "a"]
        first_names = records.registered(None, 3)
        store.register([a_house("A")])
        assert [h.house_id for h in records.registered(first_names.next, 9).rows] == ["d", "e", "f"]

    def test_a_cursor_from_elsewhere_is_refused(self, fleet: None, records: Records) -> None:
        looks: list[Callable[[str], object]] = [
            lambda cursor: records.league(Wanted(), cursor, 2),
            lambda cursor: records.league(Wanted(order=Order.HOUSE), cursor, 2),
            lambda cursor: records.registered(cursor, 2),
            lambda cursor: records.reports_page(None, None, cursor, 2),
            lambda cursor: records.predictions_page("a", cursor, 2),
            lambda cursor: records.quarantine_page(None, None, cursor, 2),
        ]
        for look in looks:
            for cursor in BAD_CURSORS:
                with pytest.raises(InvalidCursorError, match="leave it out"):
                    look(cursor)

    def test_a_cursor_of_another_listing_is_refused(self, fleet: None, records: Records) -> None:
        cursor = records.registered(None, 1).next
        with pytest.raises(InvalidCursorError):
            records.league(Wanted(), cursor, 2)
        with pytest.raises(InvalidCursorError):
            records.reports_page(None, None, cursor, 2)

    def test_what_waits_is_told(self, store: Store, records: Records, clock: ManualClock) -> None:
        assert records.waiting() == Waiting(0, 0, 0, 0, 0, 0, None, None)
        store.register([a_house("a"), a_house("b")])
        store.save([a_packet("a", D), a_packet("b", D + 1)], [Refused(b"x", "here", "not_json", "why")])
        clock.turn(minutes=3)
        store.steady()
        settle(store, "b", [a_prediction(D + 1)], report=Change(D + 1, WELL, UNKNOWN))
        waiting = records.waiting()
        assert waiting.oldest_unsettled_ms == 180_000
        assert waiting == Waiting(2, 1, 180_000, 1, 0, 1, D + 1, waiting.last_report_at)
        assert waiting.last_report_at is not None
        assert waiting.last_report_at.startswith("2026-01-01T00:03:00")
        (report,) = store.claim_reports(10**15, 10**15 + 1, 9)
        store.acknowledge([report.key])
        settle(store, "a")
        assert records.waiting() == Waiting(2, 0, 0, 0, 0, 1, D + 1, waiting.last_report_at)

    def test_days_can_be_cut_to_a_stretch(self, fleet: None, store: Store, records: Records) -> None:
        store.save(days_of("e", D, 6), [])
        assert [p.day - D for p in records.days("e", D + 1, D + 3)] == [1, 2, 3]
        assert [p.day - D for p in records.days("e", D + 4)] == [4, 5]
        assert records.days("e", D + 9) == []


class RecordsActivityContract:
    """Subclasses give `records` and `store`, which writes what is read."""

    def test_what_steps_did_adds_up_by_minute(self, store: Store, records: Records) -> None:
        store.note_activity([Activity(100, "predict", 1, 20, 5, 0), Activity(100, "ingest", 2, 30, 64, 1)])
        store.note_activity([Activity(101, "ingest", 1, 1, 1, 0), Activity(100, "ingest", 1, 12, 32, 0)])
        assert records.activity(0) == [
            Activity(100, "ingest", 3, 42, 96, 1),
            Activity(100, "predict", 1, 20, 5, 0),
            Activity(101, "ingest", 1, 1, 1, 0),
        ]
        assert records.activity(101) == [Activity(101, "ingest", 1, 1, 1, 0)]
        store.note_activity([])
        assert len(records.activity(0)) == 3

    def test_it_is_forgotten_after_a_week(self, store: Store, records: Records) -> None:
        week = 7 * 24 * 60
        store.note_activity([Activity(minute, "poll", 1, 1, 1, 0) for minute in (99, 100, 101)])
        store.note_activity([Activity(100 + week, "poll", 1, 1, 1, 0)])
        assert [a.minute for a in records.activity(0)] == [100, 101, 100 + week]
