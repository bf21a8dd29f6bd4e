"""The third strip of the House page: performance, probability and status over time, with the thresholds."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from sunsift.domain.readings import day_date
from sunsift.domain.status import POOR_FROM, WELL_UPTO, Status
from sunsift.views.house import HousePicture, Judged
from sunsift.web.pages.house_figures import MARGIN, Figure, date_axis, dates_of

# At most this share of healthy output is poor, at least that much is well: so the model learnt it.
POOR_PERFORMANCE: Final = 0.75
WELL_PERFORMANCE: Final = 0.90
PERCENT: Final = {"zeroline": False, "tickvals": [0, 0.5, 1], "ticktext": ["0 %", "50 %", "100 %"]}
_COLOUR: Final = {status: f"var(--{status})" for status in Status}
# A word needs this many days of room.
_LEAST_DAYS_FOR_WORD: Final = 0.06


def verdict_figure(picture: HousePicture) -> Figure:
    """Return performance above, probability of poor in the middle, status below."""
    dates = dates_of(picture)
    judged = picture.judged
    return {
        "data": [*_performance(judged), *_probability(judged), *_statuses(judged, len(dates))],
        "layout": {
            "margin": MARGIN | {"t": 8},
            "barmode": "overlay",
            "bargap": 0,
            "hovermode": "x unified",
            "xaxis": date_axis(dates) | {"hoverformat": "%a %-d %b %Y", "anchor": "y3"},
            "yaxis": {"domain": [0.58, 1.0], "range": [0, 1.25], **PERCENT},
            "yaxis2": {"domain": [0.13, 0.5], "range": [-0.03, 1.03], **PERCENT},
            "yaxis3": {"domain": [0.0, 0.07], "visible": False, "range": [0, 1]},
            "shapes": [
                _threshold("y", POOR_PERFORMANCE, Status.POOR),
                _threshold("y", WELL_PERFORMANCE, Status.WELL),
                _threshold("y2", POOR_FROM, Status.POOR),
                _threshold("y2", WELL_UPTO, Status.WELL),
            ],
            "annotations": [
                _label(
                    "y",
                    POOR_PERFORMANCE,
                    f"poor at {100 * POOR_PERFORMANCE:.0f} % or less",
                    "top",
                    Status.POOR,
                ),
                _label(
                    "y", WELL_PERFORMANCE, f"well from {100 * WELL_PERFORMANCE:.0f} %", "bottom", Status.WELL
                ),
                _label("y2", POOR_FROM, f"turns poor from {100 * POOR_FROM:.0f} %", "bottom", Status.POOR),
                _label("y2", WELL_UPTO, f"turns well up to {100 * WELL_UPTO:.0f} %", "top", Status.WELL),
            ]
            if judged
            else [],
        },
        "description": _words(judged),
        "columns": ["period until", "performance", "±", "p poor", "average", "verdict", "status"],
        "rows": [
            [
                day_date(j.period_end).isoformat(),
                f"{j.performance:.1%}",
                f"{j.performance_se:.1%}",
                f"{j.p_poor:.1%}",
                f"{j.average:.1%}",
                str(j.verdict),
                str(j.status),
            ]
            for j in reversed(judged)
        ],
    }


def _x(judged: Sequence[Judged]) -> list[str]:
    return [day_date(j.period_end).isoformat() for j in judged]


def _performance(judged: Sequence[Judged]) -> list[Figure]:
    low = [max(j.performance - j.performance_se, 0.0) for j in judged]
    return [
        {
            "type": "bar",
            "x": _x(judged),
            "base": [round(value, 3) for value in low],
            "y": [
                round(j.performance + j.performance_se - lower, 3)
                for j, lower in zip(judged, low, strict=True)
            ],
            "marker": {"color": "var(--edge)", "opacity": 0.3, "line": {"width": 0}},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "x": _x(judged),
            "y": [j.performance for j in judged],
            "customdata": [j.performance_se for j in judged],
            "line": {"color": "var(--ink)", "width": 2},
            "hovertemplate": "performance %{y:.0%} ± %{customdata:.0%}<extra></extra>",
        },
    ]


def _probability(judged: Sequence[Judged]) -> list[Figure]:
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": _x(judged),
            "y": [j.p_poor for j in judged],
            "yaxis": "y2",
            "marker": {"color": "var(--edge)", "size": 4},
            "hovertemplate": "these 30 days alone: %{y:.0%} poor<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "x": _x(judged),
            "y": [j.average for j in judged],
            "yaxis": "y2",
            "line": {"color": "var(--ink)", "width": 2},
            "hovertemplate": "rolling: %{y:.0%} poor<extra></extra>",
        },
    ]


def _statuses(judged: Sequence[Judged], days_shown: int) -> list[Figure]:
    """Return a bar a day in the colour of its status, and the word on each stretch that has room for it."""
    words: list[tuple[str, str]] = []
    for status, stretch in groupby(judged, key=lambda j: j.status):
        within = list(stretch)
        if len(within) > _LEAST_DAYS_FOR_WORD * days_shown:
            words.append((_x(within)[len(within) // 2], str(status)))
    return [
        {
            "type": "bar",
            "x": _x(judged),
            "y": [1] * len(judged),
            "yaxis": "y3",
            "marker": {"color": [_COLOUR[j.status] for j in judged], "line": {"width": 0}},
            "customdata": [str(j.status) for j in judged],
            "hovertemplate": "status %{customdata}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [date for date, _ in words],
            "y": [0.5] * len(words),
            "yaxis": "y3",
            "text": [word for _, word in words],
            "textfont": {"color": "var(--surface)", "size": 11},
            "hoverinfo": "skip",
        },
    ]


def _threshold(axis: str, value: float, status: Status) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": axis,
        "y0": value,
        "y1": value,
        "line": {"color": _COLOUR[status], "width": 1, "dash": "dot"},
    }


def _label(axis: str, value: float, text: str, side: str, status: Status) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 0.004,
        "xanchor": "left",
        "yref": axis,
        "y": value,
        "yanchor": side,
        "text": text,
        "showarrow": False,
        "bgcolor": "var(--surface)",
        "opacity": 0.85,
        "font": {"size": 11, "color": _COLOUR[status]},
    }


def _words(judged: Sequence[Judged]) -> str:
    if not judged:
        return "No 30 days with enough readings yet."
    last = judged[-1]
    return (
        f"In the 30 days to {day_date(last.period_end)} the panels made {100 * last.performance:.0f} % "
        f"(± {100 * last.performance_se:.0f} %) of what healthy ones would have made; "
        f"the rolling probability of poor is {100 * last.average:.0f} %, the status {last.status}."
    )
