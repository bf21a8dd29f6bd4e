"""The charts of the Fleet page, as Plotly draws them; colours are names of the theme."""

import html
import math
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, Final

from sunsift.domain.readings import day_date
from sunsift.domain.status import Status
from sunsift.records import ChangeCount
from sunsift.views.fleet import RegionSummary

Figure = dict[str, Any]

# Houses that became poor are drawn upwards, others downwards: the eye need not know colours.
_BARS: Final = (
    (Status.POOR, "became poor", "var(--poor)", 1),
    (Status.WELL, "became well", "var(--well)", -1),
    (Status.UNKNOWN, "became unknown", "var(--unknown)", -1),
)
LEAST_DOT: Final = 7.0
LARGEST_DOT: Final = 42.0
ROOMY: Final = 8


def changes_figure(changes: Sequence[ChangeCount], newest_day: int, days: int) -> Figure:
    """Return bars of the changes of each of the last days.

    First verdicts (well out of unknown) are no news, and would dwarf the rest on the day that a fleet begins.
    """
    counted: dict[tuple[int, Status], int] = {}
    for change in changes:
        if not _is_first_verdict(change):
            key = change.as_of, change.status
            counted[key] = counted.get(key, 0) + change.houses
    shown = range(newest_day - days + 1, newest_day + 1)
    dates = [day_date(day).isoformat() for day in shown]
    data = []
    for status, name, colour, sign in _BARS:
        counts = [counted.get((day, status), 0) for day in shown]
        data.append(
            {
                "type": "bar",
                "name": name,
                "x": dates,
                "y": [sign * count for count in counts],
                "customdata": counts,
                "hovertemplate": f"%{{x|%-d %b %Y}}: %{{customdata}} {name}<extra></extra>",
                "marker": {"color": colour},
            }
        )
    totals = {status: sum(n for (_, s), n in counted.items() if s is status) for status in Status}
    up = [counted.get((day, Status.POOR), 0) for day in shown]
    down = [sum(counted.get((day, s), 0) for s in (Status.WELL, Status.UNKNOWN)) for day in shown]
    rows = [
        [date, *(counted.get((day, status), 0) for status, *_ in _BARS)]
        for day, date in zip(shown, dates, strict=True)
        if any(counted.get((day, status)) for status, *_ in _BARS)
    ]
    return {
        "data": data,
        "layout": {
            "barmode": "relative",
            "bargap": 0.25,
            "margin": {"l": 30, "r": 6, "t": 4, "b": 36},
            "xaxis": {"type": "date", "showgrid": False, "nticks": 5, "tickformat": "%-d %b\n%Y"},
            "yaxis": {"zeroline": True, **_whole_numbers(max(*up, 1), max(*down, 1))},
        },
        "description": (
            f"In the {days} days to {dates[-1]}, {totals[Status.POOR]:,} became poor, "
            f"{totals[Status.WELL]:,} well again and {totals[Status.UNKNOWN]:,} unknown. "
            "First verdicts that are well are left out."
        ),
        "columns": ["day", *(name for _, name, *_ in _BARS)],
        "rows": rows,
    }


def _is_first_verdict(change: ChangeCount) -> bool:
    return change.status is Status.WELL and change.previous is Status.UNKNOWN


def _whole_numbers(up: int, down: int) -> dict[str, Any]:
    """Return an axis of so many houses upwards and downwards, which counts in both directions."""
    most = max(up, down)
    steps = (unit * 10**power for power in count() for unit in (1, 2, 5))
    step = next(step for step in steps if most <= 3 * step)
    ticks = range(0, most + 1, step)
    return {
        "range": [-1.1 * down, 1.1 * up],
        "tickvals": [*(-tick for tick in ticks[:0:-1]), *ticks],
        "ticktext": [f"{abs(tick):,}" for tick in (*ticks[:0:-1], *ticks)],
    }


def map_figure(regions: Sequence[RegionSummary]) -> Figure | None:
    """Return the regions' middles as dots, north upwards; None without any region.

    There is no map below it: that would have to come from somebody else's server.
    """
    if not regions:
        return None
    most = max(region.total.houses for region in regions)
    shares = [region.of[Status.POOR].houses / region.total.houses for region in regions]
    middle = sum(region.latitude for region in regions) / len(regions)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers+text" if len(regions) <= 8 else "markers",
                "x": [round(region.longitude, 3) for region in regions],
                "y": [round(region.latitude, 3) for region in regions],
                "text": [_safe(region.region) for region in regions],
                "textposition": "top center",
                "customdata": [
                    [r.total.houses, r.of[Status.POOR].houses, round(100 * share, 1), round(r.total.lost_kwh)]
                    for r, share in zip(regions, shares, strict=True)
                ],
                "hovertemplate": (
                    "<b>%{text}</b><br>%{customdata[1]:,} of %{customdata[0]:,} houses poor "
                    "(%{customdata[2]} %)<br>%{customdata[3]:,} kWh lost<extra></extra>"
                ),
                "marker": {
                    "size": [_dot(region.total.houses, most, len(regions)) for region in regions],
                    "color": shares,
                    "cmin": 0.0,
                    "cmax": max(0.2, *shares),
                    "colorscale": [[0, "var(--unknown-soft)"], [1, "var(--poor)"]],
                    "line": {"color": "var(--edge)", "width": 1},
                    "opacity": 0.9,
                },
            }
        ],
        "layout": {
            "margin": {"l": 40, "r": 8, "t": 8, "b": 28},
            "xaxis": {
                "ticksuffix": "°",
                "nticks": 5,
                "zeroline": False,
                **_room(r.longitude for r in regions),
            },
            "yaxis": {
                "ticksuffix": "°",
                "nticks": 5,
                "zeroline": False,
                "scaleanchor": "x",
                "scaleratio": round(1.0 / max(math.cos(math.radians(middle)), 0.1), 3),
                **_room(r.latitude for r in regions),
            },
        },
        "description": f"{len(regions):,} weather regions at the mean position of their houses.",
        "columns": ["region", "latitude", "longitude", "houses", "poor", "lost kWh"],
        "rows": [
            [
                r.region,
                f"{r.latitude:.2f}",
                f"{r.longitude:.2f}",
                r.total.houses,
                r.of[Status.POOR].houses,
                f"{r.total.lost_kwh:,.0f}",
            ]
            for r in regions
        ],
    }


def _dot(houses: int, most: int, regions: int) -> float:
    """Return the diameter whose area goes with the number of houses [px]; many regions get less room each."""
    largest = LARGEST_DOT / max(1.0, math.sqrt(regions / ROOMY))
    return round(max(LEAST_DOT, largest * math.sqrt(houses / most)), 1)


def _room(places: Iterable[float]) -> dict[str, Any]:
    """Return an axis that leaves room around all places, also around a single one [degrees]."""
    known = list(places)
    low, high = min(known), max(known)
    margin = max(0.18 * (high - low), 0.5)
    return {"range": [round(low - margin, 3), round(high + margin, 3)]}


def _safe(text: str) -> str:
    """Return a text that Plotly shows as it is: it would take tags in it for its own few."""
    return html.escape(text, quote=False)
