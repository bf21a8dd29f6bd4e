"""The picture of a rich fleet beside its region and beside real homes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sunsift.domain.errors import MissingExtraError, SunsiftError
from sunsift.domain.readings import SLOTS
from sunsift.lab.rich.check import CheckResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SIMULATED, REAL = "#c2410c", "#1d4ed8"
SHOWN_DAYS = 7


def write_picture(found: CheckResult, path: Path) -> None:
    """Draw the comparison as PNG or SVG, by the path's ending; equal results give equal bytes.

    Errors: MissingExtraError without matplotlib; SunsiftError for a file that cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise MissingExtraError("a picture needs matplotlib: pip install 'sunsift[lab]'") from error
    if path.suffix not in (".png", ".svg"):
        raise SunsiftError(f"{path.name}: the picture's name must end in .png or .svg")
    canvas = Canvas(figsize=(9.5, 5.6), dpi=90, layout="constrained")
    grid = canvas.add_gridspec(2, 3)
    _week(canvas.add_subplot(grid[0, :]), found)
    _days(canvas.add_subplot(grid[1, 0]), found)
    _mean_day(canvas.add_subplot(grid[1, 1]), found)
    _self_use(canvas.add_subplot(grid[1, 2]), found)
    _save(canvas, path, mpl)


def _save(canvas: "Canvas", path: Path, mpl: Any) -> None:
    nameless = {"Software": None} if path.suffix == ".png" else {"Date": None}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({"svg.hashsalt": "sunsift"}):
            canvas.savefig(path, metadata=nameless)
    except OSError as error:
        raise SunsiftError(f"cannot write {path}: {error.strerror}") from error


def _plain(axes: Any, title: str, across: str, up: str) -> None:
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _week(axes: Any, found: CheckResult) -> None:
    """Show the week whose days differ most from one another."""
    daily = found.real.sum(axis=1)
    weeks = range(max(1, len(daily) - SHOWN_DAYS + 1))
    first = max(weeks, key=lambda row: float(daily[row : row + SHOWN_DAYS].std()))
    rows = slice(first, first + SHOWN_DAYS)
    days = np.arange(found.real[rows].size) / SLOTS
    axes.plot(days, 2.0 * found.real[rows].ravel(), color=REAL, label="the region: 300 real homes")
    axes.plot(
        days, 2.0 * found.simulated[rows].ravel(), color=SIMULATED, ls="--", label=f"{found.houses} simulated"
    )
    axes.legend(fontsize=7, frameon=False, loc="upper right")
    _plain(axes, "A week of changing weather", "day", "kW per kWp")


def _days(axes: Any, found: CheckResult) -> None:
    real, simulated = found.real.sum(axis=1), found.simulated.sum(axis=1)
    axes.plot(real, simulated, ".", ms=3, color=SIMULATED, alpha=0.6)
    most = max(float(real.max()), float(simulated.max()))
    axes.plot([0.0, most], [0.0, most], color="#64748b", lw=0.8)
    _plain(axes, f"Every day: correlation {found.days:.3f}", "region, kWh per kWp", "simulated")


def _mean_day(axes: Any, found: CheckResult) -> None:
    hour = (np.arange(SLOTS) + 0.5) * 24.0 / SLOTS
    axes.plot(hour, 2.0 * found.real.mean(axis=0), color=REAL)
    axes.plot(hour, 2.0 * found.simulated.mean(axis=0), color=SIMULATED, ls="--")
    axes.set_xlim(4.0, 20.0)
    _plain(axes, "The mean day", "hour", "kW per kWp")


def _self_use(axes: Any, found: CheckResult) -> None:
    for homes, colour, marker in ((found.self_use, SIMULATED, "."), (found.real_self_use, REAL, "o")):
        axes.plot(
            [home.made_over_used for home in homes],
            [100.0 * home.own_share for home in homes],
            marker,
            color=colour,
            ms=4,
            alpha=0.7,
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks([0.1, 0.3, 1.0, 3.0], ["0.1", "0.3", "1", "3"])
    _plain(axes, "Used at once, % of made", "made over used", "%")
