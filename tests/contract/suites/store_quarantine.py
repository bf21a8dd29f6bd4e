"""What every Store does with unusable messages: kept whole, once, with the reason."""

from dataclasses import replace

import pytest

from sunsift.parcels import Refused
from sunsift.ports import Store
from sunsift.records import Records
from tests.support.build import a_house, a_packet, message_of

EVERY_BYTE = bytes(range(256))


def refused(body: bytes, code: str = "not_json", house_id: str | None = None) -> Refused:
    """Return a message that is refused."""
    return Refused(body, "mail.jsonl line 7", code, f"it is {code}", house_id)


class StoreQuarantineContract:
    """Subclasses give the fixtures `store` and `records`."""

    @pytest.mark.parametrize("body", [b"", EVERY_BYTE, b"\xff\xfe\x00", b"x" * 10_000_000])
    def test_a_message_is_kept_whole(self, store: Store, records: Records, body: bytes) -> None:
        saved = store.save([], [refused(body, house_id="a")])
        assert saved.quarantined == 1
        (kept,) = records.quarantine()
        assert kept.body == body
        assert (kept.source, kept.code, kept.reason, kept.house_id) == (
            "mail.jsonl line 7",
            "not_json",
            "it is not_json",
            "a",
        )
        assert kept.received_at
        assert store.quarantined([kept.id, "no such id"]) == [kept]

    def test_a_repetition_is_kept_once(self, store: Store, records: Records) -> None:
        store.save([], [refused(b"one"), refused(b"one")])
        store.save([], [refused(b"one"), refused(b"two"), refused(b"one", "too_large")])
        assert sorted((q.body, q.code) for q in records.quarantine()) == [
            (b"one", "not_json"),
            (b"one", "too_large"),
            (b"two", "not_json"),
        ]

    def test_files_that_broke_off_are_told_apart(self, store: Store, records: Records) -> None:
        for name in ("a.jsonl.gz", "b.jsonl.gz", "a.jsonl.gz"):
            store.save([], [Refused(b"", name, "unreadable", "the file breaks off")])
        assert sorted(q.source for q in records.quarantine()) == ["a.jsonl.gz", "b.jsonl.gz"]

    def test_discarding_removes_for_good(self, store: Store, records: Records) -> None:
        store.save([], [refused(b"one"), refused(b"two")])
        first, second = (q.id for q in records.quarantine())
        assert store.discard([first, "no such id"]) == 1
        assert store.discard([first]) == 0
        assert [q.id for q in records.quarantine()] == [second]
        assert store.quarantined([first]) == []

    def test_packets_wait_for_their_house(self, store: Store, records: Records) -> None:
        waiting = [message_of(a_packet(house)) for house in ("later", "never")]
        store.save(
            [],
            [
                refused(waiting[0], "unknown_house", "later"),
                refused(waiting[1], "unknown_house", "never"),
                refused(b"{}", "wrong_shape", "later"),
            ],
        )
        assert store.redrivable(10) == []
        store.register([a_house("later")])
        (ready,) = store.redrivable(10)
        assert (ready.body, ready.house_id) == (waiting[0], "later")
        assert store.redrivable(10) == [ready], "looking must not remove"
        assert len(list(records.quarantine())) == 3

    def test_no_more_than_the_limit_is_redriven(self, store: Store) -> None:
        store.save([], [refused(b"%d" % n, "unknown_house", "later") for n in range(5)])
        store.register([a_house("later")])
        assert len(store.redrivable(3)) == 3

    def test_only_those_of_the_asked_houses_are_redriven(self, store: Store) -> None:
        store.save([], [refused(name.encode(), "unknown_house", name) for name in ("a", "b", "c")])
        store.register([a_house(name) for name in ("a", "b")])
        assert [q.house_id for q in store.redrivable(10, ["b", "c", "nobody"])] == ["b"]
        assert store.redrivable(10, []) == []
        assert [q.house_id for q in store.redrivable(10)] == ["a", "b"]

    def test_packets_wait_for_the_clock_of_their_house(self, store: Store, records: Records) -> None:
        cut = {b"adelaide": 9.5, b"brisbane": 10.0, b"nepal": 5.75}
        waiting = [
            replace(refused(body, "clock", "a"), utc_offset_hours=offset) for body, offset in cut.items()
        ]
        store.save([], [*waiting, refused(b"unsaid", "clock", "a")])
        assert store.redrivable(10) == []
        for body, offset in cut.items():
            store.register([a_house("a", utc_offset_hours=offset)])
            assert [q.body for q in store.redrivable(10)] == [body]
        store.register([a_house("a", utc_offset_hours=8.0)])
        assert store.redrivable(10) == []
        assert len(list(records.quarantine())) == 4
