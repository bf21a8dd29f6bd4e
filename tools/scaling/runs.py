"""The simulations that the page is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tools.scaling import cost, ours, then
from tools.scaling.figures import Prices, Times
from tools.scaling.mail import SEED, Mail, a_day
from tools.scaling.ours import BLIND, FAST_INGEST, RAISED, SHIPPED
from tools.scaling.store import HOT_BYTES_A_HOUSE_2017, cache, database, wal
from tools.scaling.tally import Tally

RAMP: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
BEYOND: Final = (2_000_000, 5_000_000, 10_000_000, 100_000_000)
# Twice as slow as measured, and a doubled message dearer: what was assumed before anything was measured.
SLOW: Final = {"predict_house_day_ms": 25.0, "predict_nothing_ms": 10.0}
CONGESTED: Final[tuple[tuple[int, str, dict[str, float]], ...]] = (
    (5_000_000, "as measured", {}), (10_000_000, "as measured", {}),
    (3_000_000, "slow", SLOW), (5_000_000, "slow", SLOW),
)  # fmt: skip
OURS, THEN = "Sunsift", "2017"


@dataclass(frozen=True, slots=True)
class Run:
    """One design on one day of mail."""

    design: str
    mail: Mail
    tally: Tally
    costs: dict[str, float]

    @property
    def invocations(self) -> float:
        """How many calls all functions had together."""
        return float(sum(calls.sum() for calls in self.tally.calls.values()))

    def gb_seconds(self, times: Times) -> float:
        """Return what all functions together are charged for [GB s]."""
        return sum(self.tally.gb_seconds(function, times["cold_start_ms"]) for function in self.tally.calls)

    def summary(self, times: Times) -> dict[str, Any]:
        """Return every figure of the run, rounded, for programs."""
        tally, houses = self.tally, self.mail.houses
        busy = tally.all_busy()
        hot = {} if self.design == OURS else {"hot_bytes": HOT_BYTES_A_HOUSE_2017}
        logged, busiest = wal(houses, tally, times)
        return {
            "design": self.design,
            "houses": houses,
            "counts": dict(tally.counts),
            "invocations": {function: round(float(of.sum())) for function, of in tally.calls.items()},
            "gb_seconds": round(self.gb_seconds(times), 1),
            "busy_at_once_peak": round(float(busy.max()), 3),
            "busy_at_once_mean": round(float(busy.sum()) / 1440, 4),
            "connections_peak": round(tally.connections()),
            "requests": {service: round(tally.total(service)) for service in sorted(tally.requests)},
            "requests_a_second_peak": {s: round(tally.peak_a_second(s), 2) for s in sorted(tally.requests)},
            "wal_bytes": round(logged),
            "wal_bytes_a_second_peak": round(busiest),
            "stored_bytes": round(tally.counts["stored"] * times["stored_bytes_a_house_day"]),
            "database": database(houses, tally, **hot).name,
            "cache": cache(houses, tally).name,
            "longest_wait_minutes": {"inbox": tally.mail_lag, "predict": tally.lag},
            "cost_usd": {item: round(usd, 4) for item, usd in self.costs.items()},
            "cost_usd_total": round(sum(self.costs.values()), 4),
        }


def ours_on(mail: Mail, times: Times, prices: Prices, limits: ours.Limits = RAISED) -> Run:
    """Run a day through the flow of today."""
    tally = ours.simulate(mail, times, limits)
    return Run(OURS, mail, tally, cost.a_day(mail, tally, times, prices))


def then_on(mail: Mail, times: Times, prices: Prices) -> Run:
    """Run a day through the design of 2017."""
    tally = then.simulate(mail, times)
    costs = cost.a_day(mail, tally, times, prices, metrics=0, hot_bytes=HOT_BYTES_A_HOUSE_2017)
    return Run(THEN, mail, tally, costs)


@dataclass(frozen=True, slots=True)
class Everything:
    """All runs of the page.

    ramp, onboarding: both designs on each size of fleet. beyond: ours with shipped and with raised limits.
    congested: of `CONGESTED`, ours with the shipped limit of predict alone, when settle does not look at its
    queue, and when it does.
    """

    ramp: Sequence[tuple[Run, Run]]
    onboarding: Sequence[tuple[Run, Run]]
    beyond: Sequence[tuple[Run, Run]]
    congested: Sequence[tuple[Run, Run]]

    def as_json(self, times: Times) -> dict[str, Any]:
        """Return all figures, for programs."""
        told = {
            name: [run.summary(times) for pair in getattr(self, name) for run in pair]
            for name in ("ramp", "onboarding")
        }
        for name, limits in (("beyond", ("shipped", "raised")), ("congested", ("blind", "looks"))):
            told[name] = [
                run.summary(times) | {"limits": limits[place]}
                for pair in getattr(self, name)
                for place, run in enumerate(pair)
            ]
        return {"seed": SEED} | told


def run_all(times: Times, prices: Prices) -> Everything:
    """Run every simulation of the page; takes some ten seconds."""

    def both(houses: int, *, onboarding: bool) -> tuple[Run, Run]:
        mail = a_day(houses, onboarding=onboarding)
        return ours_on(mail, times, prices), then_on(mail, times, prices)

    def with_limits(houses: int, one: ours.Limits, other: ours.Limits, **changed: float) -> tuple[Run, Run]:
        mail, told = a_day(houses), {**times, **changed}
        return ours_on(mail, told, prices, one), ours_on(mail, told, prices, other)

    return Everything(
        [both(houses, onboarding=False) for houses in RAMP],
        [both(houses, onboarding=True) for houses in RAMP],
        [with_limits(houses, SHIPPED, RAISED) for houses in BEYOND],
        [with_limits(houses, BLIND, FAST_INGEST, **changed) for houses, _, changed in CONGESTED],
    )
