"""What every Store does when one house is to be forgotten: all of it goes, and nothing else."""

from sunsift.domain.evidence import LAYOUT, WIDTH
from sunsift.domain.feedback import Feedback, Found
from sunsift.domain.status import Change, Status
from sunsift.parcels import Refused
from sunsift.ports import Store
from sunsift.records import Records
from tests.support.build import FIRST_DAY, a_house, a_packet, days_of, message_of
from tests.support.verdicts import a_prediction, an_outcome, open_one


def refused(house_id: str, code: str) -> Refused:
    """Return a packet of the house that is refused."""
    return Refused(message_of(a_packet(house_id, FIRST_DAY)), "mail line 1", code, "some reason", house_id)


def filled(store: Store, house_id: str, region: str = "north") -> None:
    """Give a house a row in every table that holds anything of single houses."""
    store.register([a_house(house_id, region=region)])
    store.save(
        days_of(house_id, FIRST_DAY, 30),
        [
            refused(house_id, "impossible"),
            Refused(f'{{"house_id": "{house_id}", '.encode(), "mail line 2", "not_json", "torn"),
        ],
    )
    store.note([Feedback(house_id, FIRST_DAY, FIRST_DAY + 3, Found.FAULT, "inverter dead")])
    change = Change(FIRST_DAY + 29, Status.POOR, Status.UNKNOWN)
    evidence = [(FIRST_DAY, bytes([LAYOUT, *[7] * (WIDTH - 1)]))]
    predictions = [a_prediction(FIRST_DAY + 29)]
    outcome = an_outcome(open_one(store, house_id), predictions, report=change, evidence=evidence)
    assert store.commit([outcome]) == []


def told_of(records: Records, house_id: str) -> dict[str, int]:
    """Count what the records tell of a house."""
    kept = [q for q in records.quarantine() if q.house_id == house_id or house_id.encode() in q.body]
    return {
        "houses": sum(h.house_id == house_id for h in records.houses()),
        "standings": sum(s.house.house_id == house_id for s in records.standings()),
        "days": len(records.days(house_id)),
        "evidence": len(records.house_evidence(house_id)),
        "predictions": len(list(records.predictions(house_id))),
        "reports": sum(r.house_id == house_id for r in records.reports()),
        "feedback": len(list(records.feedback(house_id))),
        "quarantine": len(kept),
    }


class StoreErasureContract:
    """Subclasses give the fixtures `store` and `records`."""

    def test_everything_of_the_house_goes_and_nothing_else(self, store: Store, records: Records) -> None:
        for house_id in ("6102000001", "6102000002", "61020000012"):
            filled(store, house_id)
        others = [told_of(records, h) for h in ("6102000002", "61020000012")]
        told = store.erase("6102000001")
        assert told.removed["day"] == 30
        for table in ("house", "prediction", "report", "feedback", "standing", "progress"):
            assert told.removed[table] == 1, table
        assert told.removed["quarantine"] == 2
        left = told_of(records, "6102000001")
        # The text of a longer name contains the shorter one.
        assert left.pop("quarantine") == 2
        assert not any(left.values()), left
        assert [told_of(records, h) for h in ("6102000002", "61020000012")] == others
        assert store.houses(["6102000001"]) == {}

    def test_it_is_remembered_without_its_name(self, store: Store) -> None:
        assert store.erased(["a"]) == {}
        filled(store, "a")
        told = store.erase("a")
        assert store.erased(["a", "b"]) == {"a": told}
        assert told.erased_at_ms > 0

    def test_a_house_that_nobody_registered_leaves_quarantine_too(
        self, store: Store, records: Records
    ) -> None:
        store.save([], [refused("a", "unknown_house")])
        assert store.erase("a").removed["quarantine"] == 1
        assert list(records.quarantine()) == []

    def test_doing_it_again_finds_nothing(self, store: Store) -> None:
        filled(store, "a")
        told = store.erase("a")
        assert not any(store.erase("a").removed.values())
        assert store.erased(["a"]) == {"a": told}

    def test_work_that_was_opened_before_is_void(self, store: Store, records: Records) -> None:
        store.register([a_house("a")])
        store.save(days_of("a", FIRST_DAY, 30), [])
        work = open_one(store, "a")
        store.erase("a")
        assert store.commit([an_outcome(work, [a_prediction(FIRST_DAY + 29)])]) == ["a"]
        assert list(records.predictions()) == []

    def test_a_report_under_way_is_acknowledged_by_nobody(self, store: Store, records: Records) -> None:
        filled(store, "a")
        now = store.steady()
        (report,) = store.claim_reports(now, now + 1000, 10)
        store.erase("a")
        store.acknowledge([report.key])
        assert list(records.reports()) == []

    def test_a_region_of_nobody_else_loses_its_sunlight(self, store: Store, records: Records) -> None:
        filled(store, "a", region="alone")
        filled(store, "b", region="shared")
        filled(store, "c", region="shared")
        store.erase("a")
        store.erase("b")
        assert {r.region for r in records.region_days()} == {"shared"}

    def test_it_may_come_back_as_a_new_house(self, store: Store, records: Records) -> None:
        filled(store, "a")
        store.erase("a")
        store.register([a_house("a")])
        assert told_of(records, "a") == dict.fromkeys(told_of(records, "a"), 0) | {
            "houses": 1, "standings": 1
        }  # fmt: skip
        store.save(days_of("a", FIRST_DAY, 30), [])
        assert open_one(store, "a").house.house_id == "a"
