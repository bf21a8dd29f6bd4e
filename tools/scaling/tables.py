"""The tables of docs/scale.md."""

import json
import math
import re
from collections.abc import Sequence
from typing import Final

from tools.scaling import cost, limits
from tools.scaling.figures import TIMES, Times
from tools.scaling.mail import a_day
from tools.scaling.runs import CONGESTED, Everything, Run
from tools.scaling.store import database, wal

MARK: Final = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.S)
COSTED: Final = (100, 10_000, 1_000_000)


def number(value: float) -> str:
    """Write a number with three digits that count, and separators."""
    if not math.isfinite(value):
        return "never"
    if float(value).is_integer() and abs(value) < 1000:
        return str(int(value))
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(0, digits)}f}" if digits > 0 else f"{round(value, digits):,.0f}"


def dollars(value: float) -> str:
    """Write an amount of USD."""
    return f"{value:,.2f}" if value >= 0.005 else ("0" if value == 0 else "< 0.01")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is words, the others are numbers."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def ramp(found: Everything, times: Times) -> str:
    """Return what a day takes of both designs, for each size of the fleet."""
    head = ["", *(f"{pair[0].mail.houses:,} houses" for pair in found.ramp)]
    rows = []
    for name, figure in _FIGURES:
        for place, design in ((0, "Sunsift"), (1, "2017")):
            told = [number(figure(pair[place], times)) for pair in found.ramp]
            rows.append([f"{name}, {design}", *told])
    return table(head, rows)


def _calls(run: Run, *functions: str) -> float:
    return float(sum(run.tally.calls[f].sum() for f in functions if f in run.tally.calls))


_FIGURES = (
    ("invocations a day", lambda run, times: run.invocations),
    ("of them ingest or persist", lambda run, times: _calls(run, "ingest", "persist")),
    ("of them predict", lambda run, times: _calls(run, "predict")),
    ("GB-seconds a day", lambda run, times: run.gb_seconds(times)),
    ("busy at once, busiest minute", lambda run, times: float(run.tally.all_busy().max())),
    ("busy at once, mean", lambda run, times: float(run.tally.all_busy().sum()) / 1440),
    ("connections to PostgreSQL, most", lambda run, times: run.tally.connections()),
    ("transactions a day", lambda run, times: run.tally.total("store")),
    ("transactions a second, busiest minute", lambda run, times: run.tally.peak_a_second("store")),
    ("Redis commands a day", lambda run, times: run.tally.total("redis")),
    ("SNS requests a day", lambda run, times: run.tally.total("sns")),
    ("SQS requests a day", lambda run, times: run.tally.total("sqs")),
    ("Azure queue operations a day", lambda run, times: run.tally.total("azure")),
    ("longest wait in the inbox [minutes]", lambda run, times: run.tally.mail_lag),
    ("longest wait for a verdict after the quiet time [minutes]", lambda run, times: run.tally.lag),
)


def functions(found: Everything, times: Times) -> str:
    """Return the calls of each function at the largest size of the ramp."""
    rows = []
    for run in found.ramp[-1]:
        for name, calls in run.tally.calls.items():
            seconds = run.tally.gb_seconds(name, times["cold_start_ms"])
            peak = float(run.tally.busy(name).max())
            cold = run.tally.cold_starts(name)
            rows.append([f"{run.design}: {name}", *map(number, (calls.sum(), seconds, peak, cold))])
    return table(["function", "calls", "GB-seconds", "busy at once", "cold starts"], rows)


def written(found: Everything, times: Times) -> str:
    """Return what a day writes into PostgreSQL."""
    rows = []
    for run, _ in found.ramp:
        houses, tally = run.mail.houses, run.tally
        logged, busiest = wal(houses, tally, times)
        hourly, _ = wal(houses, tally, times, 60)
        kept = tally.counts["stored"] * times["stored_bytes_a_house_day"]
        size = database(houses, tally).name
        amounts = [kept / 1e6, logged / 1e6, hourly / 1e6, busiest / 1e6]
        rows.append([f"{houses:,}", *map(number, amounts), size])
    head = [
        "houses", "kept [MB a day]", "log [MB a day]", "log with hourly checkpoints [MB a day]",
        "log, busiest five minutes [MB a second]", "database",
    ]  # fmt: skip
    return table(head, rows)


def costs(found: Everything, times: Times) -> str:
    """Return what a day costs, item by item."""
    pairs = [pair for pair in found.ramp if pair[0].mail.houses in COSTED]
    head = ["USD a day", *(f"{run.mail.houses:,}, {run.design}" for pair in pairs for run in pair)]
    runs = [run for pair in pairs for run in pair]
    rows = [[item, *(dollars(run.costs[item]) for run in runs)] for item in runs[0].costs]
    rows.append(["all", *(dollars(sum(run.costs.values())) for run in runs)])
    rows.append(["of it by use", *(dollars(cost.by_use(run.costs)) for run in runs)])
    thousand = [1000 * sum(run.costs.values()) / run.mail.houses for run in runs]
    rows.append(["for 1,000 houses", *map(dollars, thousand)])
    return table(head, rows)


def onboarding(found: Everything, times: Times) -> str:
    """Return what the day takes on which 1 % of the houses bring a year."""
    rows = []
    for ours, then in found.onboarding:
        for run in (ours, then):
            tally = run.tally
            told = [
                tally.counts["taken"], _calls(run, "ingest", "persist"), _calls(run, "predict"),
                run.gb_seconds(times), float(tally.all_busy().max()), tally.mail_lag, tally.lag,
            ]  # fmt: skip
            rows.append(
                [f"{run.mail.houses:,}, {run.design}", *map(number, told), dollars(cost.by_use(run.costs))]
            )
    head = [
        "houses", "packets", "ingest or persist", "predict", "GB-seconds", "busy at once",
        "wait in the inbox [minutes]", "wait for a verdict [minutes]", "USD by use",
    ]  # fmt: skip
    return table(head, rows)


def beyond(found: Everything, times: Times) -> str:
    """Return how larger fleets fare with the limits that are shipped, and with raised ones."""
    return _fates(found.beyond, [("shipped", "raised")] * len(found.beyond))


def congested(found: Everything, times: Times) -> str:
    """Return what it changes that settle looks at the queue of predict."""
    return _fates(found.congested, [(f"{how}, blind", f"{how}, looks") for _, how, _ in CONGESTED])


def _fates(pairs: Sequence[tuple[Run, Run]], names: Sequence[tuple[str, str]]) -> str:
    rows = []
    for pair, words in zip(pairs, names, strict=True):
        for run, name in zip(pair, words, strict=True):
            tally, counts = run.tally, run.tally.counts
            undone = counts["left in the inbox"] + counts["unsettled"]
            nothing = counts["wake-ups that found nothing"], counts["predicts for nothing"]
            told = [float(tally.all_busy().max()), tally.mail_lag, tally.lag, *nothing, undone]
            rows.append([f"{run.mail.houses:,}, {name}", *map(number, told)])
    head = [
        "houses", "busy at once", "wait in the inbox [minutes]", "wait for a verdict [minutes]",
        "wake-ups for nothing", "predicts for nothing", "undone after two days",
    ]  # fmt: skip
    return table(head, rows)


def shares(found: Everything, times: Times) -> str:
    """Return how much of each limit the busiest minute asks for."""
    loads = [limits.Load(a_day(houses), times) for houses in limits.SIZES]
    rows = []
    for name, limit, found_shares in limits.shares(loads):
        told = [
            f"{number(100 * share)} %" if share < 1 else f"**{number(100 * share)} %**"
            for share in found_shares
        ]
        rows.append([name, limit, *told])
    head = ["limit", "how much", *(f"{houses:,} houses" for houses in limits.SIZES)]
    return table(head, rows).replace("|---|---:|", "|---|---|", 1)


def measured(found: Everything, times: Times) -> str:
    """Return the figures that all others rest on."""
    entries = json.loads(TIMES.read_text("utf-8")).items()
    rows = [
        [
            f"`{name}`",
            f"{e['value']:g}",
            "assumed" if e["placeholder"] else f"`{e['command']}`",
            f"{e['note']}: {e['how']}" if e.get("how") else e["note"],
        ]
        for name, e in entries
    ]
    return table(["figure", "value", "measured with", "what it is"], rows).replace(
        "---:|---:|---:|", "---:|---|---|"
    )


TABLES = {
    "ramp": ramp, "functions": functions, "written": written, "costs": costs, "onboarding": onboarding,
    "beyond": beyond, "congested": congested, "shares": shares, "measured": measured,
}  # fmt: skip


def filled(page: str, found: Everything, times: Times) -> str:
    """Return the page with every table between its marks worked out anew."""
    return MARK.sub(lambda m: f"<!-- table: {m[1]} -->\n{TABLES[m[1]](found, times)}\n<!-- end -->", page)
