"""Close: write down how much sun a region had on a day, once, from what the fleet sent of it."""

from sunsift.domain.rules import Rules
from sunsift.domain.sunlight import NO_SENSOR, measure_profiles
from sunsift.parcels import OpenDays
from sunsift.ports import Store

# Region days at a time: with the most houses that one is measured with, some ten thousand packets.
BATCH = 64


def close(store: Store, rules: Rules, now: int) -> int:
    """Close every region day whose first packet came long enough ago; return how many that were.

    now: steady time [ms]. Whatever arrives after its day was read here is judged under that day's profile
    and does not change it. If somebody else is closing too, the first to write decides.
    """
    closed = 0
    while due := store.closable(now - rules.close_ms, BATCH):
        closed += sum(store.close(days.region, _profiles(store, days)) for days in due)
    return closed


def _profiles(store: Store, due: OpenDays) -> dict[int, bytes]:
    """Return the profile of every day: imported, or else measured, or else that nobody measured it."""
    imported = store.feed(due)
    left = OpenDays(due.region, tuple(day for day in due.days if day not in imported))
    measured = measure_profiles(*store.region_packets(left)) if left.days else {}
    return dict.fromkeys(due.days, NO_SENSOR) | measured | imported
