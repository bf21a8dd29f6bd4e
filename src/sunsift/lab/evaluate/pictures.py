"""The pictures of the report, each a PNG as bytes."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sunsift.domain.errors import MissingExtraError
from sunsift.domain.readings import MISSING, FloatArray, day_date
from sunsift.lab.evaluate.metrics import PREVALENCE, auc, calibration, precision_recall, roc
from sunsift.lab.evaluate.results import Evaluation, SystemResult
from sunsift.lab.evaluate.tally import delay_of, part, span_of
from sunsift.lab.evaluate.truth import POOR, WELL
from sunsift.lab.inject import FAULTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

DPI: Final = 110
COLOURS: Final = ("#c2410c", "#64748b", "#0f766e", "#1d4ed8", "#7c3aed")
ONSET, TOLD_POOR, TOLD_WELL = "#000000", "#d6006c", "#0a8f3c"


def need_matplotlib() -> None:
    """Make sure that pictures can be drawn. Errors: MissingExtraError that says what to install."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("a report needs matplotlib: pip install 'sunsift[lab]'") from error


def _canvas(width: float, height: float) -> "Canvas":
    from matplotlib.figure import Figure as Canvas

    return Canvas(figsize=(width, height), dpi=DPI, layout="constrained")


def _png(canvas: "Canvas") -> bytes:
    out = io.BytesIO()
    canvas.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _quiet(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)


def _both(system: SystemResult, name: str) -> FloatArray:
    return part(system.whole, f"{name}_past") + part(system.whole, f"{name}_new")


def curves(systems: Sequence[SystemResult]) -> bytes:
    """Draw ROC and precision-recall of all predictions that are poor or well."""
    canvas = _canvas(11.0, 4.6)
    left, right = canvas.subplots(1, 2)
    for system, colour in zip(systems, COLOURS, strict=False):
        poor, well = _both(system, "poor"), _both(system, "well")
        if not (poor.sum() and well.sum()):
            continue
        false_rate, found = roc(poor, well)
        left.plot(
            np.maximum(false_rate, 1e-4), found, color=colour, label=f"{system.name}, {auc(poor, well):.3f}"
        )
        precision, recall = precision_recall(poor, well, PREVALENCE)
        right.plot(recall[1:], precision[1:], color=colour, label=system.name)
    left.set(xscale="log", xlim=(1e-4, 1.0), ylim=(0.0, 1.02))
    left.set(xlabel="well predictions above the threshold", ylabel="poor predictions above the threshold")
    left.set_title("ROC (left: fewer false alarms), area", loc="left", fontsize=10)
    right.set(xlabel="recall", ylabel="precision", xlim=(0.0, 1.0), ylim=(0.0, 1.02))
    right.set_title(f"Precision and recall at {PREVALENCE:.0%} prevalence", loc="left", fontsize=10)
    for axes in (left, right):
        _quiet(axes)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=8)
    return _png(canvas)


def delays(found: Evaluation) -> bytes:
    """Draw the days from onset to report of every fault that began within the readings."""
    canvas = _canvas(11.0, 3.8)
    axes = canvas.subplots()
    never = 400.0
    for height, fault in enumerate(reversed(FAULTS)):
        days = []
        for house, truth, trace in zip(found.houses, found.truths, found.systems[0].traces, strict=True):
            if house.scene.scenario != fault:
                continue
            first, last = span_of(house)
            before = first > 0 and trace.status[first - 1] == POOR
            if first > 0 and not before and (truth.state[first : last + 1] == POOR).any():
                days.append(float(delay_of(house, trace) or never))
        spread = np.linspace(-0.22, 0.22, len(days)) if len(days) > 1 else np.zeros(len(days))
        colours = [TOLD_POOR if day < never else "#9ca3af" for day in days]
        axes.scatter(days, height + spread, c=colours, s=26, alpha=0.8)
    axes.set(xscale="log", xlim=(0.8, 520.0), ylim=(-0.6, len(FAULTS) - 0.4))
    axes.set_yticks(range(len(FAULTS)), list(reversed(FAULTS)))
    axes.set_xticks([1, 3, 7, 14, 30, 90, 180, never], ["1", "3", "7", "14", "30", "90", "180", "never"])
    axes.minorticks_off()
    axes.set_xlabel("days from onset to report")
    _quiet(axes)
    return _png(canvas)


def calibrations(systems: Sequence[SystemResult]) -> bytes:
    """Draw how often the panels were poor where a probability was said."""
    canvas = _canvas(5.4, 4.8)
    axes = canvas.subplots()
    axes.plot([0, 1], [0, 1], color="#9ca3af", linewidth=1, linestyle="--")
    for system, colour in zip(systems, COLOURS, strict=False):
        poor, well = _both(system, "poor"), _both(system, "well")
        weight, said, true = calibration(poor, well)
        some = weight > 0.0
        axes.plot(said[some], true[some], color=colour, marker="o", markersize=4, label=system.name)
    axes.set(xlabel="p_poor that was said", ylabel="share that was poor", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)
    _quiet(axes)
    return _png(canvas)


def example(found: Evaluation, number: int) -> bytes:
    """Draw the net energy of one virtual house as day by hour, with onset and reports."""
    house, truth, trace = found.houses[number], found.truths[number], found.systems[0].traces[number]
    watt_hours = np.where(house.record.watt_hours == MISSING, np.nan, house.record.watt_hours / 1000.0)
    net_kw = (watt_hours[:, 1] - watt_hours[:, 0]) * watt_hours.shape[2] / 24.0
    limit = float(np.nanquantile(np.abs(net_kw), 0.98)) if np.isfinite(net_kw).any() else 1.0
    canvas = _canvas(11.0, 3.9)
    upper, lower = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 1.1))
    shown = upper.imshow(
        net_kw.T,
        aspect="auto",
        origin="lower",
        cmap="RdBu",
        vmin=-limit,
        vmax=limit,
        extent=(0, len(net_kw), 0, 24),
        interpolation="nearest",
    )
    canvas.colorbar(shown, ax=(upper, lower), label="export (+), import (-) [kW]", fraction=0.03, pad=0.01)
    upper.set_ylabel("hour")
    upper.set_yticks([0, 6, 12, 18, 24])
    days = np.arange(len(net_kw)) + 0.5
    lower.plot(days, truth.performance, color="#111827", linewidth=1.2, label="true performance")
    lower.plot(days, trace.average, color=TOLD_POOR, linewidth=1.0, label="rolling probability of poor")
    lower.set(ylim=(-0.05, 1.1), xlim=(0, len(net_kw)))
    lower.legend(framealpha=0.85, edgecolor="none", fontsize=7, loc="center left", ncols=2)
    for axes in (upper, lower):
        if house.scene.onset is not None:
            axes.axvline(house.scene.onset, color=ONSET, linestyle="--", linewidth=1.4)
        for row, code in trace.reports:
            colour = TOLD_POOR if code == POOR else TOLD_WELL if code == WELL else "#9ca3af"
            axes.axvline(row + 1, color=colour, linewidth=1.6)
    ticks = np.linspace(0, len(net_kw) - 1, 7).astype(int).tolist()
    lower.set_xticks(ticks, [str(day_date(int(house.record.day[tick]))) for tick in ticks], fontsize=8)
    return _png(canvas)
