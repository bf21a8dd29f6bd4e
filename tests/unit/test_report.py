"""Report keys: one a telling, never another."""

from itertools import product

from sunsift.domain.report import report_key
from sunsift.domain.status import Change, Status


def test_a_key_never_changes() -> None:
    # Retailers hold these keys; a new version must give the same ones.
    change = Change(20_332, Status.POOR, Status.WELL)
    assert report_key("6102000001", change, 0) == "df2201bc927e8e702fecc871d1236ea0"


def test_different_tellings_have_different_keys() -> None:
    tellings = [
        (house, Change(as_of, status, previous), told_before)
        for house, as_of, status, previous, told_before in product(
            ("1", "11", "house"), (1, 11, 20_332), Status, Status, (0, 1, 11)
        )
    ]
    assert len({report_key(*telling) for telling in tellings}) == len(tellings)
