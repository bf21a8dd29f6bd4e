"""How values lie in SQLite's rows: read back exactly, and small."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sunsift.adapters.codec import (
    KIND_NUMBER,
    KINDS,
    STATUS_NUMBER,
    STATUSES,
    compress_all,
    decompress,
    pack_reasons,
    unpack_reasons,
)
from sunsift.domain.readings import INTERVALS, QUALITIES
from sunsift.domain.verdict import Reason
from tests.support.build import FIRST_DAY, a_packet, days_of, packet_of

WORDS = {"battery": 0, "clear_output": 7, "silent_days": 255}


@given(
    st.lists(st.tuples(st.sampled_from(INTERVALS), st.integers(0, 3), st.integers(0, 1 << 30)), max_size=6)
)
def test_readings_are_read_back_exactly(drawn: list[tuple[int, int, int]]) -> None:
    packets = []
    for minutes, spread, seed in drawn:
        top = (1, 256, 3000, 65536)[spread]
        values = np.random.default_rng(seed).integers(0, top, 2880 // minutes)
        packets.append(packet_of("house", seed, values.astype("<u2").tobytes(), minutes))
    assert [decompress(c) for c in compress_all(packets)] == [p.readings for p in packets]


def test_a_day_takes_little_room() -> None:
    packed = compress_all(days_of("house", FIRST_DAY, 30))
    assert sum(map(len, packed)) / len(packed) < 130
    assert len(compress_all([a_packet(nulls=48)])[0]) < 20


@given(
    st.lists(st.builds(Reason, st.sampled_from(sorted(WORDS)), st.integers(-(2**15), 2**15 - 1)), max_size=5)
)
def test_reasons_are_read_back_exactly(reasons: list[Reason]) -> None:
    packed = pack_reasons(reasons, WORDS)
    assert unpack_reasons(packed, {number: word for word, number in WORDS.items()}) == tuple(reasons)


def test_numbers_on_the_disk_never_change() -> None:
    # Rows that older versions wrote hold these.
    assert [str(s) for s in STATUSES] == ["unknown", "well", "poor"]
    assert [STATUS_NUMBER[s] for s in STATUSES] == [0, 1, 2]
    assert KIND_NUMBER[5, "A"] == 0
    assert KIND_NUMBER[30, "A"] == 16
    assert KIND_NUMBER[60, "N"] == 28
    assert len(KINDS) == len(INTERVALS) * len(QUALITIES)
