"""The simulated ramp of docs/scale.md."""

import math
import re
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from tools.scaling import mail, ours, then
from tools.scaling.figures import PRICE_COLUMNS, TIMES, read_price_rows, read_prices, read_times
from tools.scaling.mail import BURST_MINUTES, BURST_STARTS, CORRECTION, DUPLICATE, NEW, YEAR, a_day
from tools.scaling.runs import Everything, run_all
from tools.scaling.store import CACHES, DATABASES
from tools.scaling.tables import MARK, TABLES, filled
from tools.scaling.tally import Tally

from sunsift.aws import backlog
from sunsift.steps.settle import BATCH

PAGE = TIMES.with_name("scale.md")
TIME = read_times()
HOUSES = 20_000


@pytest.fixture(scope="module")
def everything() -> Everything:
    return run_all(TIME, read_prices())


def calls(tally: Tally, function: str) -> float:
    return float(tally.calls[function].sum())


def test_mail_is_what_the_page_says() -> None:
    day = a_day(HOUSES)
    minute = np.searchsorted(day.ends, np.arange(len(day.house)), side="right")
    new = day.kind == NEW
    assert sorted(day.house[new]) == list(range(HOUSES))
    burst = (minute[new] >= BURST_STARTS) & (minute[new] < BURST_STARTS + BURST_MINUTES)
    assert burst.mean() == pytest.approx(0.6, abs=0.02)
    assert (day.kind == DUPLICATE).mean() == pytest.approx(0.01, abs=0.003)
    assert (day.kind == CORRECTION).mean() == pytest.approx(0.02, abs=0.004)


def test_equal_seeds_give_equal_mail() -> None:
    first, second, other = a_day(500), a_day(500), a_day(500, seed=1)
    assert (first.house == second.house).all()
    assert not (first.house[:100] == other.house[:100]).all()


@pytest.mark.parametrize("onboarding", [False, True])
@pytest.mark.parametrize("houses", [1, 100, HOUSES, 2_000_000])
def test_every_packet_is_stored_once_and_every_house_is_settled(houses: int, *, onboarding: bool) -> None:
    day = a_day(houses, onboarding=onboarding)
    sent, duplicates = len(day.house) * day.weight, int((day.kind == DUPLICATE).sum()) * day.weight
    for tally in (ours.simulate(day, TIME, ours.RAISED), then.simulate(day, TIME)):
        counts = tally.counts
        assert counts["taken"] == sent - counts["left in the inbox"]
        assert counts["stored"] + counts["duplicates"] == counts["taken"]
        if houses <= HOUSES:
            assert (counts["left in the inbox"], counts["unsettled"]) == (0, 0)
            assert counts["duplicates"] == duplicates
            assert counts["houses judged"] >= houses


@pytest.mark.parametrize("limits", [ours.SHIPPED, ours.BLIND])
def test_overload_loses_nothing(limits: ours.Limits) -> None:
    slow = TIME | {"predict_house_day_ms": 10_000.0, "predict_nothing_ms": 1_000.0}
    tally = ours.simulate(a_day(HOUSES), slow, limits)
    assert tally.counts["claims that ended"] > 0
    assert tally.counts["predicts for nothing"] > 0
    assert tally.counts["left in the inbox"] == 0
    assert tally.counts["houses judged"] + tally.counts["unsettled"] >= HOUSES


def test_a_settle_that_looks_asks_for_no_more_than_predict_can_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ours.HOUSES_A_WORKER == backlog.HOUSES_A_WORKER
    assert ours.SETTLE_BATCH == BATCH
    # A fleet as small as this waits for two slow workers.
    monkeypatch.setattr(ours, "HOUSES_A_WORKER", 100)
    monkeypatch.setattr(ours, "SETTLE_BATCH", 50)
    slow = TIME | {"predict_house_day_ms": 700.0, "predict_nothing_ms": 300.0}
    limits = [ours.Limits(ingest=200, predict=2, looks=looks) for looks in (True, False)]
    looks, blind = (ours.simulate(a_day(HOUSES), slow, each) for each in limits)
    assert blind.counts["predicts for nothing"] > HOUSES
    assert looks.counts["predicts for nothing"] < HOUSES / 100
    assert looks.lag < blind.lag
    assert looks.counts["unsettled"] == 0


def test_ingest_is_called_by_the_batch_and_predict_by_the_house() -> None:
    day = a_day(HOUSES)
    tally = ours.simulate(day, TIME)
    arrived = np.diff(day.ends, prepend=0)
    wake_ups = np.ceil(arrived / 32)
    assert tally.counts["wake-ups"] == wake_ups.sum()
    assert calls(tally, "ingest") == np.ceil(wake_ups / 5).sum()
    assert tally.counts["houses judged"] == tally.counts["houses asked for"]
    assert calls(tally, "predict") >= tally.counts["houses judged"] / 10
    assert HOUSES <= tally.counts["houses judged"] <= HOUSES * 1.03


def test_a_year_at_once_costs_one_predict_a_house_and_in_2017_one_a_period() -> None:
    usual, more = a_day(HOUSES), a_day(HOUSES, onboarding=True)
    new = HOUSES // 100
    ours_usual, ours_more = ours.simulate(usual, TIME), ours.simulate(more, TIME)
    # Their last packet of the day may come apart from the others, so that a few are judged twice.
    assert abs(ours_more.counts["houses judged"] - ours_usual.counts["houses judged"]) <= 1.2 * new
    assert then.simulate(usual, TIME).counts["periods scored"] == HOUSES
    scored = then.simulate(more, TIME).counts["periods scored"]
    assert scored == pytest.approx(HOUSES + new * (YEAR - 25), abs=2)


def test_calls_of_2017_follow_the_packets() -> None:
    day = a_day(HOUSES)
    tally = then.simulate(day, TIME)
    assert calls(tally, "persist") == len(day.house)
    assert calls(tally, "predict") == HOUSES


def test_busy_time_is_little_s_law() -> None:
    tally = Tally()
    tally.call("predict", 3, 120, 120 * 1000.0)
    assert tally.busy("predict")[3] == 2.0
    assert tally.cold_starts("predict") == 5
    assert tally.gb_seconds("predict", 500.0) == pytest.approx(120 + 2.5)


def test_an_odd_fleet_cannot_be_dealt_into_groups() -> None:
    with pytest.raises(ValueError, match="equal groups"):
        a_day(mail.ONE_BY_ONE * 2 + 1)


def test_prices_are_whole() -> None:
    rows = read_price_rows()
    assert all(list(row) == PRICE_COLUMNS and all(row.values()) for row in rows)
    items = [row["item"] for row in rows]
    assert len(items) == len(set(items))
    for row in rows:
        assert 0 < float(row["price_usd"]) < 100
        assert math.isfinite(float(row["price_usd"]))
        assert re.fullmatch(r"20\d\d(-[01]\d)?", row["date"])
        assert int(row["date"][:4]) <= date.today().year + 1  # noqa: DTZ011
    assert {size.name for size in (*DATABASES, *CACHES)} <= set(items)


def test_tables_on_the_page_are_what_is_simulated(everything: Everything) -> None:
    page = PAGE.read_text("utf-8")
    assert sorted(match[1] for match in MARK.finditer(page)) == sorted(TABLES)
    assert filled(page, everything, TIME) == page, "run: python tools/scale.py docs"


def test_cost_and_calls_rise_with_the_fleet(everything: Everything) -> None:
    for place in (0, 1):
        runs = [pair[place] for pair in everything.ramp]
        assert all(a.invocations < b.invocations for a, b in pairwise(runs))
        totals = [sum(run.costs.values()) for run in runs]
        assert totals == sorted(totals)
