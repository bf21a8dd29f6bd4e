"""The chart of what went through the steps in the last hour."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sunsift.parcels import Activity

MINUTES: Final = 60
# step, what its `done` counts, colour
ROWS: Final = (
    ("ingest", "packets", "var(--estimated)"),
    ("predict", "houses", "var(--well)"),
    ("deliver", "reports", "var(--expected)"),
)
GAP: Final = 0.1


def throughput_figure(recent: Sequence[Activity], minute: int) -> dict[str, Any]:
    """Return bars a minute, one row a kind, since their numbers differ. minute: of now [since 1970]."""
    minutes = range(minute - MINUTES + 1, minute + 1)
    times = [datetime.fromtimestamp(60 * m, UTC).strftime("%Y-%m-%d %H:%M") for m in minutes]
    counts = {step: dict.fromkeys(minutes, 0) for step, *_ in ROWS}
    for row in recent:
        if row.minute in counts.get(row.step, ()):
            counts[row.step][row.minute] += row.done
    height = (1 - GAP * (len(ROWS) - 1)) / len(ROWS)
    data, layout = [], _layout(times)
    for number, (step, what, colour) in enumerate(ROWS):
        axis = "" if number == 0 else str(number + 1)
        top = 1 - number * (height + GAP)
        done = list(counts[step].values())
        data.append(
            {
                "type": "bar",
                "x": times,
                "y": done,
                "yaxis": f"y{axis}",
                "marker": {"color": colour},
                "hovertemplate": f"%{{x|%H:%M}}: %{{y:,}} {what}<extra></extra>",
            }
        )
        layout[f"yaxis{axis}"] = {
            "domain": [max(0.0, top - height), top],
            "title": {"text": what, "standoff": 6},
            "rangemode": "tozero",
            "range": [0, max(*done, 4) * 1.08],
            "nticks": 3,
            "tickformat": "~s",
        }
    sums = {what: sum(counts[step].values()) for step, what, _ in ROWS}
    said = ", ".join(f"{n:,} {what}" for what, n in sums.items())
    return {
        "data": data,
        "layout": layout,
        "description": f"In the last {MINUTES} minutes: {said}.",
        "columns": ["minute, UTC", *sums],
        "rows": [
            [time, *(counts[step][m] for step, *_ in ROWS)]
            for time, m in zip(times, minutes, strict=True)
            if any(counts[step][m] for step, *_ in ROWS)
        ],
    }


def _layout(times: Sequence[str]) -> dict[str, Any]:
    return {
        "bargap": 0.15,
        "margin": {"l": 60, "r": 8, "t": 6, "b": 30},
        "xaxis": {
            "type": "date",
            "anchor": f"y{len(ROWS)}",
            "range": [times[0], times[-1]],
            "showgrid": False,
            "tickformat": "%H:%M",
            "nticks": 7,
        },
    }
