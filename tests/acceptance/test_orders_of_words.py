"""Order does not matter: words on houses and packets, in any order, give equal exports."""

import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sunsift.domain.house import House
from sunsift.exports import EXPORTS
from sunsift.local import ingest_all, settle_all
from sunsift.settings import read_settings
from sunsift.wiring import embedded
from tests.support.build import FIRST_DAY, a_house, a_house_message, a_packet, message_of
from tests.support.clock import ManualClock
from tests.support.pile import Pile

DAYS = 31
CLOCK = 10.0
SAID = datetime(2025, 12, 1, tzinfo=UTC)
# What was said of a house before the last word: another clock, another place, another size.
EARLIER: tuple[dict[str, Any], ...] = (
    {"utc_offset_hours": 9.5},
    {"region": "elsewhere"},
    {"capacity_kwp": 6.6, "tilt": 30.0},
    {"latitude": -37.8, "longitude": 145.0, "utc_offset_hours": 8.0},
)
LAST = {"a": a_house("a", capacity_kwp=4.0, tilt=20.0), "b": a_house("b", azimuth=10.0)}


def words_on(last: House) -> list[bytes]:
    """Return what is said of a house: the last word, another one at the same time, and earlier ones."""
    rival = next(
        house
        for n in range(1, 99)
        if (house := a_house(last.house_id, tilt=float(n))).digest() < last.digest()
    )
    said = [(last, SAID), (rival, SAID)]
    said += [
        (a_house(last.house_id, **changes), SAID - timedelta(hours=n)) for n, changes in enumerate(EARLIER, 1)
    ]
    return [a_house_message(house, moment) for house, moment in said]


WORDS = {house_id: words_on(last) for house_id, last in LAST.items()}
PACKETS = [
    message_of(a_packet(name, FIRST_DAY + n, interval_minutes=60, alive=n < 15), utc_offset_hours=CLOCK)
    for name in LAST
    for n in range(DAYS)
]
REVISED = [message_of(a_packet("a", FIRST_DAY + n, interval_minutes=60, revision=n % 3)) for n in range(9)]


def outcome(bodies: Sequence[bytes], batch: int) -> dict[str, list[Any]]:
    """Ingest messages and judge the houses; return all that can be exported, and what is registered."""
    clock = ManualClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(embedded(read_settings({}, Path(folder)), clock=clock)) as parts,
    ):
        ingest_all(parts, Pile(bodies, batch))
        clock.turn(hours=1)
        settle_all(parts)
        tables = {name: list(export.rows(parts.records, parts.model)) for name, export in EXPORTS.items()}
        return tables | {"houses": list(parts.records.houses())}


PLAIN = outcome([*(words[0] for words in WORDS.values()), *PACKETS, *REVISED], batch=1000)


@settings(max_examples=15)
@given(
    rng=st.randoms(use_true_random=False),
    batch=st.sampled_from([2, 8, 32, 1000]),
    said=st.fixed_dictionaries({house_id: st.sets(st.integers(1, len(EARLIER) + 1)) for house_id in LAST}),
)
def test_words_and_packets_in_any_order(rng: random.Random, batch: int, said: dict[str, set[int]]) -> None:
    bodies = [*PACKETS, *REVISED, *rng.sample(PACKETS, 5)]
    for house_id, which in said.items():
        bodies += [WORDS[house_id][n] for n in [0, 0, *sorted(which)]]
    rng.shuffle(bodies)
    assert outcome(bodies, batch) == PLAIN


def test_the_messages_are_worth_the_test() -> None:
    """Only houses that are judged, and words that would change the judgement, say anything about order."""
    assert PLAIN["houses"] == list(LAST.values())
    assert PLAIN["quarantine"] == []
    assert {row[0] for row in PLAIN["predictions"]} == {row[1] for row in PLAIN["reports"]} == set(LAST)
    for n in range(1, len(EARLIER) + 1):
        alone = outcome([*(words[n] for words in WORDS.values()), *PACKETS, *REVISED], batch=1000)
        assert alone["predictions"] != PLAIN["predictions"]
