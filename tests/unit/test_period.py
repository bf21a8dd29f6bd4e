"""Which periods are ready, against the definition written out, and what their digests name."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sunsift.domain.evidence import HAS_DATA, USABLE, WIDTH, Evidence
from sunsift.domain.period import input_digests, ready_periods
from sunsift.domain.readings import Days
from sunsift.domain.rules import Rules
from tests.support.build import a_house

RULES = Rules()
# For each day: not stored, or what it is worth.
KINDS = st.lists(st.sampled_from(["gone", "usable", "usable", "usable", "estimate", "null"]), max_size=90)
SMALL = st.builds(
    lambda period, missing: Rules(period_days=period, ready_days=max(1, period - missing)),
    st.integers(1, 12),
    st.integers(0, 4),
)


def days_of_kinds(kinds: list[str]) -> Days:
    """Return days that are only known by their flags."""
    rows = [n for n, kind in enumerate(kinds) if kind != "gone"]
    nothing = np.empty((len(rows), 48))
    return Days(
        day=np.array(rows, np.int64),
        import_kwh=nothing,
        export_kwh=nothing,
        usable=np.array([kinds[n] == "usable" for n in rows], np.bool_),
        has_data=np.array([kinds[n] != "null" for n in rows], np.bool_),
    )


@given(KINDS, SMALL, st.integers(-5, 95), st.integers(-5, 95))
def test_ready_periods_are_those_of_the_definition(
    kinds: list[str], rules: Rules, first_end: int, last_end: int
) -> None:
    expected = []
    for end, kind in enumerate(kinds):
        inside = range(max(0, end - rules.period_days + 1), end + 1)
        usable = sum(kinds[day] == "usable" for day in inside)
        if kind not in ("gone", "null") and usable >= rules.ready_days and first_end <= end <= last_end:
            stored = [day for day in inside if kinds[day] != "gone"]
            expected.append((end, stored[0], stored[-1], usable))
    days = days_of_kinds(kinds)
    periods = ready_periods(days, rules, first_end, last_end)
    found = [
        (end, int(days.day[first]), int(days.day[last]), usable)
        for end, first, last, usable in zip(
            periods.end.tolist(),
            periods.first_row.tolist(),
            periods.last_row.tolist(),
            periods.usable_days.tolist(),
            strict=True,
        )
    ]
    assert found == expected


def ends(kinds: list[str]) -> list[int]:
    """Return the ends of the ready periods by the usual rules."""
    found: list[int] = ready_periods(days_of_kinds(kinds), RULES, 0, 10_000).end.tolist()
    return found


def test_twenty_five_usable_days_are_enough() -> None:
    assert ends(["usable"] * 24) == []
    assert ends(["usable"] * 25) == [24]
    assert ends(["usable"] * 365) == list(range(24, 365))


def test_gaps_may_cost_five_days() -> None:
    assert ends(["usable"] * 20 + ["gone"] * 5 + ["usable"] * 5) == [29]
    assert ends(["usable"] * 20 + ["gone"] * 6 + ["usable"] * 4) == []
    assert ends(["estimate"] * 5 + ["usable"] * 25) == [29]


def test_a_period_ends_on_a_day_with_data() -> None:
    assert ends(["usable"] * 29 + ["null"]) == list(range(24, 29))
    assert ends(["usable"] * 29 + ["estimate"]) == list(range(24, 30))


def test_a_year_makes_336_whole_periods() -> None:
    assert len([end for end in ends(["usable"] * 365) if end >= RULES.period_days - 1]) == 336


@given(KINDS, st.integers(0, 90))
def test_later_days_change_nothing(kinds: list[str], today: int) -> None:
    rules = Rules(period_days=8, ready_days=5)
    now = ready_periods(days_of_kinds(kinds[: today + 1]), rules, 0, today)
    later = ready_periods(days_of_kinds(kinds), rules, 0, today)
    for name in ("end", "first_row", "last_row", "usable_days"):
        assert np.array_equal(getattr(now, name), getattr(later, name))


def evidence_of(days: range | list[int], changed: int | None = None) -> Evidence:
    """Return evidence of usable days of which only the number and one byte are known."""
    rows = np.full((len(days), WIDTH), USABLE | HAS_DATA, np.uint8)
    for row, day in enumerate(days):
        rows[row, 2] = 77 if day == changed else day % 7
    return Evidence(np.array(days, np.int64), rows)


def digests(evidence: Evidence, capacity_kwp: float = 5.0, history_days: int = 40) -> dict[int, str]:
    """Return the digest of each ready period by its end."""
    periods = ready_periods(evidence, RULES, 0, 100_000)
    named = input_digests(a_house(capacity_kwp=capacity_kwp), evidence, periods, history_days)
    return dict(zip(periods.end.tolist(), named, strict=True))


def test_a_digest_names_the_days_that_its_period_sees_and_no_other() -> None:
    before, after = digests(evidence_of(range(120))), digests(evidence_of(range(120), changed=35))
    assert len(set(before.values())) == len(before) == 96
    assert {end for end in before if before[end] != after[end]} == set(range(35, 75))


def test_a_digest_does_not_depend_on_what_else_is_known() -> None:
    whole = digests(evidence_of(range(120)))
    part = digests(evidence_of(range(40, 100)))
    assert {end: whole[end] for end in range(79, 100)} == {end: part[end] for end in range(79, 100)}


def test_a_digest_names_the_gaps_too() -> None:
    without = [day for day in range(31) if day != 3]
    moved = [day if day != 4 else 3 for day in without]
    assert len({digests(evidence_of(days))[30] for days in (range(31), without, moved)}) == 3


def test_a_digest_names_the_registration() -> None:
    evidence = evidence_of(range(30))
    assert digests(evidence)[29] != digests(evidence, capacity_kwp=5.1)[29]
