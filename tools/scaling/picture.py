"""Draw cost, invocations and concurrency against houses, of both designs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from tools.scaling.runs import OURS, THEN, Everything, Run

# Readable on white and on black alike: nothing is darker or lighter than the middle greys.
GREY, COLOURS = "#7d8590", {OURS: "#1f8f6f", THEN: "#d2691e"}
PANELS: Final[tuple[tuple[str, Callable[[Run], float]], ...]] = (
    ("cost [USD a day]", lambda run: sum(run.costs.values())),
    ("invocations a day", lambda run: run.invocations),
    ("functions busy at once,\nbusiest minute", lambda run: float(run.tally.all_busy().max())),
)


def draw(found: Everything, path: Path) -> None:
    """Write the picture; equal figures give equal bytes."""
    style: dict[str, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "sunsift",
        "font.family": "sans-serif",
        "font.size": 9,
    }
    with mpl.rc_context(style):  # type: ignore[arg-type]
        canvas = Figure(figsize=(9.6, 3.4), layout="constrained")
        for axes, (title, figure) in zip(canvas.subplots(1, len(PANELS)), PANELS, strict=True):
            _panel(axes, found, title, figure)
        canvas.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _panel(axes: Any, found: Everything, title: str, figure: Callable[[Run], float]) -> None:
    for place, design in enumerate((OURS, THEN)):
        for runs, dashes, name in ((found.ramp, "-", ""), (found.onboarding, ":", ", 1 % bring a year")):
            houses = [pair[place].mail.houses for pair in runs]
            values = [figure(pair[place]) for pair in runs]
            axes.plot(
                houses, values, dashes, marker="o", markersize=3.5, color=COLOURS[design], label=design + name
            )
    axes.set(xscale="log", yscale="log", xlabel="houses")
    axes.set_title(title, loc="left", fontsize=9.5, color=GREY)
    axes.tick_params(colors=GREY, which="both")
    axes.minorticks_off()
    axes.xaxis.label.set_color(GREY)
    axes.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    if title.startswith("cost"):
        axes.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
        axes.legend(frameon=False, fontsize=8, labelcolor=GREY)
