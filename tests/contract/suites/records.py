"""What every Records shows: everything, in the order of its key, in one unchanging view."""

import pytest

from sunsift.domain.status import Change, Status
from sunsift.parcels import Refused
from sunsift.ports import Store
from sunsift.records import Counts, Records, Standing
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of
from tests.support.verdicts import a_prediction, settle, tell

WELL = Change(FIRST_DAY + 30, Status.WELL, Status.UNKNOWN)


class RecordsContract:
    """Subclasses give `records` and `store`, which writes what is read."""

    @pytest.fixture(autouse=True)
    def _fleet(self, store: Store) -> None:
        store.register([a_house(name) for name in ("c", "a", "b")])
        refused = [Refused(b"%d" % n, f"line {n}", "not_json", "no JSON") for n in range(9)]
        store.save([*days_of("c", FIRST_DAY, 31), *reversed(days_of("a", FIRST_DAY, 31))], refused)
        settle(store, "c", [a_prediction(FIRST_DAY + n) for n in (30, 29)], report=WELL)
        settle(store, "a", [a_prediction(FIRST_DAY + 30)])
        store.save([a_packet("b")], [])

    def test_everything_is_counted(self, store: Store, records: Records) -> None:
        counts = Counts(
            houses=3,
            days=63,
            predictions=3,
            reports=1,
            undelivered=1,
            quarantined=9,
            unsettled=1,
            feedback=0,
        )
        assert records.counts() == counts
        (report,) = store.claim_reports(0, 1, 10)
        store.acknowledge([report.key])
        assert records.counts().undelivered == 0

    def test_an_empty_store_has_nothing(self, empty: Records) -> None:
        assert empty.counts() == Counts(0, 0, 0, 0, 0, 0, 0, 0)
        assert [*empty.houses(), *empty.standings(), *empty.predictions()] == []
        assert [*empty.days("a"), *empty.reports(), *empty.quarantine()] == []

    def test_houses_come_by_name(self, records: Records) -> None:
        assert list(records.houses()) == [a_house("a"), a_house("b"), a_house("c")]

    def test_standings_show_the_newest_prediction(self, records: Records) -> None:
        a, b, c = records.standings()
        assert b == Standing(a_house("b"), None, None)
        assert a.prediction == c.prediction == a_prediction(FIRST_DAY + 30)
        assert a.folded is not None
        assert a.folded.status is Status.UNKNOWN
        assert c.folded is not None
        assert (c.folded.status, c.folded.previous) == (Status.WELL, Status.UNKNOWN)

    def test_predictions_come_by_house_and_day(self, records: Records) -> None:
        keys = [(house_id, p.period_end - FIRST_DAY) for house_id, p, _ in records.predictions()]
        assert keys == [("a", 30), ("c", 29), ("c", 30)]
        assert [p.period_end - FIRST_DAY for _, p, _ in records.predictions("c")] == [29, 30]
        assert list(records.predictions("nobody")) == []

    def test_one_listing_can_be_read_within_another(self, records: Records) -> None:
        lengths = {house.house_id: len(records.days(house.house_id)) for house in records.houses()}
        assert lengths == {"a": 31, "b": 1, "c": 31}

    def test_days_come_oldest_first(self, records: Records) -> None:
        assert records.days("a") == days_of("a", FIRST_DAY, 31)
        assert records.days("nobody") == []

    def test_reports_come_by_key(self, store: Store, records: Records) -> None:
        for name in ("a", "b"):
            tell(store, name, WELL, revision=1)
        keys = [r.key for r in records.reports()]
        assert keys == sorted(keys)
        assert len(keys) == 3
        (of_a,) = records.reports("a")
        assert (of_a.house_id, of_a.status, of_a.previous, of_a.as_of) == (
            "a",
            Status.WELL,
            Status.UNKNOWN,
            WELL.as_of,
        )
        assert (of_a.delivered_at, of_a.attempts, of_a.problem) == (None, 0, None)

    def test_quarantine_comes_by_id(self, records: Records) -> None:
        ids = [q.id for q in records.quarantine()]
        assert ids == sorted(ids)
        assert len(ids) == 9

    def test_a_view_does_not_change_while_it_is_read(self, other: Store, records: Records) -> None:
        view = records.predictions()
        seen = [next(view)]
        other.save([a_packet("c", FIRST_DAY + 31)], [])
        settle(other, "c", [a_prediction(FIRST_DAY + 31)])
        seen += view
        assert [p.period_end - FIRST_DAY for _, p, _ in seen] == [30, 29, 30]
        assert records.counts().predictions == 4
