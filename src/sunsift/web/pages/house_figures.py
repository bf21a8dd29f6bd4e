"""The charts of the House page: three strips over the same dates. Colours are names of the theme."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from sunsift.domain.readings import SLOTS, FloatArray, day_date
from sunsift.views.house import HousePicture

Figure = dict[str, Any]

HALF_HOURS: Final = [f"{slot // 2:02d}:{slot % 2 * 30:02d}" for slot in range(SLOTS)]
# The strongest colours stand for this quantile of what was measured: one odd reading must not pale the rest.
STRONGEST: Final = 0.99
LEAST_SCALE_KWH: Final = 0.1
NET_COLOURS: Final = ("import-3", "import-2", "import-1", "balance", "export-1", "export-2", "export-3")
QUALITIES: Final = {
    "S": "substituted readings",
    "F": "final substituted readings",
    "E": "estimated readings, not used",
    "N": "no readings, not used",
}
RANGE: Final = "%{customdata[0]:.1f} to %{customdata[1]:.1f} kWh its range"
MARGIN: Final = {"l": 52, "r": 14, "t": 8, "b": 36}


def dates_of(picture: HousePicture) -> list[str]:
    """Return the dates of a picture's days."""
    return [day_date(day).isoformat() for day in picture.days]


def date_axis(dates: Sequence[str]) -> dict[str, Any]:
    """Return the axis that the strips share: each date is as wide as a day, centred on its tick."""
    axis: dict[str, Any] = {
        "type": "date",
        "tickformat": "%-d %b\n%Y",
        "showgrid": False,
        "fixedrange": False,
    }
    if dates:
        axis["range"] = [f"{day_date_before(dates[0])} 12:00", f"{dates[-1]} 12:00"]
    return axis


def day_date_before(date: str) -> str:
    """Return the date before one, both as ISO 8601."""
    return str(np.datetime64(date) - 1)


def known(values: FloatArray, digits: int = 3) -> list[Any]:
    """Return numbers of any shape as JSON knows them: NaN as null."""
    rounded = np.round(values, digits).astype(object)
    rounded[np.isnan(values)] = None
    told: list[Any] = rounded.tolist()
    return told


def heat_figure(picture: HousePicture) -> Figure:
    """Return day by time of day: net energy of each half-hour, export above and import below zero."""
    dates = dates_of(picture)
    net = picture.net_kwh
    told = np.abs(net[np.isfinite(net)])
    top = max(float(np.quantile(told, STRONGEST)) if told.size else 0.0, LEAST_SCALE_KWH)
    heat = {
        "type": "heatmap",
        "x": dates,
        "y": HALF_HOURS,
        "z": known(net.T),
        "zmin": -top,
        "zmax": top,
        "hoverongaps": False,
        "hovertemplate": "%{x|%a %-d %b %Y}, %{y}<br>net %{z:+.2f} kWh<extra></extra>",
        "colorscale": [
            [place / (len(NET_COLOURS) - 1), f"var(--{name})"] for place, name in enumerate(NET_COLOURS)
        ],
        "showscale": False,
    }
    missing = np.isnan(net).sum(axis=1).tolist()
    rows = zip(dates, known(picture.import_kwh, 2), known(picture.export_kwh, 2), missing, strict=True)
    return {
        "data": [heat, *_marks(picture, dates)],
        "gaps": True,
        "labels": {"low": f"import {top:.2g} kWh", "high": f"export {top:.2g} kWh a half-hour"},
        "layout": {
            "margin": MARGIN,
            "xaxis": date_axis(dates) | {"anchor": "y"},
            "yaxis": {
                "type": "category",
                "tickvals": HALF_HOURS[::6],
                "domain": [0.0, 0.95],
                "showgrid": False,
                "zeroline": False,
                "range": [-0.5, SLOTS - 0.5],
            },
            "yaxis2": {"domain": [0.96, 1.0], "visible": False, "range": [-1, 1]},
        },
        "description": _heat_words(picture, net),
        "columns": ["day", "import kWh", "export kWh", "half-hours missing"],
        "rows": [list(row) for row in rows],
    }


def _marks(picture: HousePicture, dates: Sequence[str]) -> list[Figure]:
    """Return the marks above the heat map: days whose readings are not simply actual, or came late."""
    odd = [
        (date, QUALITIES[letter])
        for date, letter in zip(dates, picture.quality, strict=True)
        if letter in QUALITIES
    ]
    late = [
        (day_date(revision.day).isoformat(), f"changed {revision.days_late:g} days after the day's end")
        for revision in picture.revisions
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [date for date, _ in found],
            "y": [height] * len(found),
            "yaxis": "y2",
            "text": [words for _, words in found],
            "hovertemplate": "%{x|%a %-d %b %Y}: %{text}<extra></extra>",
            "marker": {"symbol": symbol, "size": 6, "color": "var(--muted)"},
            "cliponaxis": False,
        }
        for found, symbol, height in ((odd, "x", -0.5), (late, "triangle-down", 0.5))
        if found
    ]


def _heat_words(picture: HousePicture, net: FloatArray) -> str:
    dates = dates_of(picture)
    if not dates:
        return "No readings are stored yet."
    count = int(np.isnan(net).sum())
    gaps = f"{count:,} of {net.size:,} half-hours are missing (hatched)" if count else "Nothing is missing"
    marks = (
        "Crosses: readings that are not actual. Triangles: changed late." if _marks(picture, dates) else ""
    )
    return f"{dates[0]} to {dates[-1]}, in the house's standard time. {gaps}. {marks}".strip()


def generation_figure(picture: HousePicture) -> Figure:
    """Return daily generation: exported, estimated with its range, and expected of healthy panels."""
    dates = dates_of(picture)
    of = picture.generation
    columns = [known(values, 2) for values in (picture.export_kwh, of.estimated_kwh, of.low_kwh, of.high_kwh)]
    exported, estimated, low, high = columns
    expected = known(of.expected_kwh, 2)
    data = [
        _bars(dates, exported, "exported", "var(--export-1)", "%{y:.1f} kWh exported"),
        {
            **_bars(dates, known(of.high_kwh - of.low_kwh, 2), "range", "var(--estimated-soft)", RANGE),
            "base": low,
            "customdata": [list(both) for both in zip(low, high, strict=True)],
        },
        _steps(dates, expected, "expected", {"color": "var(--expected)", "width": 1.6, "dash": "4px,3px"}),
        _steps(dates, estimated, "estimated", {"color": "var(--estimated)", "width": 2.2}),
    ]
    return {
        "data": data,
        "layout": {
            "margin": MARGIN,
            "barmode": "overlay",
            "bargap": 0,
            "hovermode": "x unified",
            "xaxis": date_axis(dates) | {"hoverformat": "%a %-d %b %Y"},
            "yaxis": {"rangemode": "tozero", "title": {"text": "kWh a day", "standoff": 6}, "nticks": 5},
        },
        "description": _generation_words(of.estimated_kwh, of.expected_kwh),
        "columns": ["day", "exported kWh", "estimated kWh", "at least", "at most", "expected kWh"],
        "rows": [list(row) for row in zip(dates, *columns, expected, strict=True)],
    }


def _bars(dates: Sequence[str], values: Sequence[Any], name: str, colour: str, hover: str) -> Figure:
    return {
        "type": "bar",
        "name": name,
        "x": dates,
        "y": values,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _steps(dates: Sequence[str], values: Sequence[Any], name: str, line: dict[str, Any]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": dates,
        "y": values,
        "line": line | {"shape": "hvh"},
        "connectgaps": False,
        "hovertemplate": f"%{{y:.1f}} kWh {name}<extra></extra>",
    }


def _generation_words(estimated: FloatArray, expected: FloatArray) -> str:
    both = np.isfinite(estimated) & np.isfinite(expected)
    if not both.any():
        return "Nothing can be estimated before the first 30 days are judged."
    made, could = float(estimated[both].sum()), float(expected[both].sum())
    share = f", {100 * made / could:.0f} %" if could else ""
    return (
        f"On {int(both.sum()):,} days an estimated {made:,.0f} kWh were made of {could:,.0f} kWh "
        f"that healthy panels would have made{share}."
    )
