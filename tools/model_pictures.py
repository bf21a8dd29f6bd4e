"""Draw what the model sees and how it decides: `python tools/model_pictures.py docs/pictures`.

Everything comes from one simulated fleet and the model that ships; equal models give equal bytes.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from sunsift.domain.evidence import Evidence
from sunsift.domain.period import Periods, ready_periods
from sunsift.domain.readings import FloatArray, day_date, stack_days
from sunsift.domain.rules import Rules
from sunsift.domain.status import POOR_FROM, WELL_UPTO, Folded, Status, fold
from sunsift.domain.sunlight import hourly
from sunsift.domain.verdict import Score
from sunsift.lab.evaluate.truth import POOR, WELL, truth_of
from sunsift.lab.faults import STRING
from sunsift.lab.record import Record
from sunsift.lab.sensed import fleet_evidence
from sunsift.lab.simulate import simulate_records
from sunsift.model.artefact import Artefact, read
from sunsift.model.features import FEATURES, Features, features
from sunsift.model.reasons import NAMES, group_of
from sunsift.model.trained import TrainedModel

HOUSES, DAYS, SEED, FAULTY_SHARE = 40, 400, 1, 0.3
# A house of that fleet that loses one string of two.
SHOWN = "6102000024"
POOR_COLOUR, WELL_COLOUR, SUN, DARK, FAINT = "#c2410c", "#0f766e", "#d97706", "#1f2937", "#94a3b8"
# Groups of features that are drawn by themselves; the others are summed up.
GROUP_COLOURS = {
    "past": "#1d4ed8",
    "level": "#d97706",
    "silence": "#7c3aed",
    "shape": "#0f766e",
    "gaps": "#db2777",
    "others": "#cbd5e1",
}
BEFORE, AFTER = 30, 60
TERMS = {
    "rise_3": "rise within 3 days\nover the clear-sky peak",
    "rise_3_vs_past": "the same\nover that of its own past",
    "quiet_10": "how unusual so little export is\n(minus ln of its rank), mean of 10 days",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A house as the model has it: p periods, and what was said of each."""

    record: Record
    evidence: Evidence
    periods: Periods
    found: Features
    scores: Sequence[Score]
    folded: Sequence[Folded]

    @property
    def first(self) -> int:
        """First day of the record [days since 1970-01-01]."""
        return int(self.record.day[0])

    @property
    def row(self) -> npt.NDArray[np.int64]:
        """Rows of the record on which periods end, shape (p,)."""
        return self.periods.end - self.first

    @property
    def onset(self) -> int | None:
        """Row on which the string was lost."""
        return self.record.fault.index(STRING) if STRING in self.record.fault else None


def see(record: Record, evidence: Evidence, model: TrainedModel) -> Seen:
    """Score every period of a house."""
    rules = Rules()
    periods = ready_periods(evidence, rules, int(record.day[0]), int(record.day[-1]))
    scores = model.score(record.house, evidence, periods)
    opinions = [(end, score.opinion()) for end, score in zip(periods.end.tolist(), scores, strict=True)]
    folded = fold([], None, opinions, rules.fold_predictions)
    return Seen(record, evidence, periods, features(record.house, evidence, periods.end), scores, folded)


def model_sees(seen: Seen) -> Figure:
    """Draw the readings, the evidence made of them and the status that follows, day by day."""
    canvas = Figure(figsize=(9.6, 8.2), layout="constrained")
    heat, light, level, told = canvas.subplots(4, 1, sharex=True, height_ratios=(3.0, 1.4, 2.0, 2.0))
    _heat(canvas, heat, seen)
    rows = seen.evidence.day - seen.first
    expected, clear, best = seen.evidence.columns(("expected", "clear", "best"))
    light.fill_between(rows, 100.0 * expected / clear, step="mid", color=SUN, alpha=0.7, lw=0)
    light.set(ylim=(0, 115), ylabel="% of clear sky")
    light.set_title("The region's sunlight, as its houses' exports show it", loc="left", fontsize=10)
    level.plot(rows, best, ".", color=DARK, ms=3, label="best hour of the day")
    past = seen.found["best_past"]
    level.plot(seen.row, seen.found["best_10"], color=POOR_COLOUR, lw=1.4, label="best of ten days")
    level.plot(seen.row, past, color="#1d4ed8", lw=1.6, label="the same in its own past")
    level.set(ylim=(-0.3, 1.75), ylabel="export less import,\nshare of expected")
    level.set_title("Evidence: what the house sent out of what was to be expected", loc="left", fontsize=10)
    level.legend(loc="lower left", ncols=3, **_LEGEND)
    _told(told, seen)
    onset = seen.onset
    for axes in (heat, light, level, told):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        if onset is not None:
            axes.axvline(onset, color="black", ls="--", lw=1.2)
    told.set_xlim(0, len(seen.record))
    ticks = np.linspace(0, len(seen.record) - 1, 8).astype(int).tolist()
    told.set_xticks(ticks, [str(day_date(seen.first + tick)) for tick in ticks])
    return canvas


_LEGEND: dict[str, Any] = {"fontsize": 8, "framealpha": 0.9, "edgecolor": "none"}


def _heat(canvas: Figure, axes: Any, seen: Seen) -> None:
    days = stack_days(seen.record.packets())
    net_kw = hourly(days.export_kwh) - hourly(days.import_kwh)
    most = float(np.nanquantile(np.abs(net_kw), 0.995))
    extent = (0.0, float(len(net_kw)), 0.0, 24.0)
    shown = axes.imshow(
        net_kw.T,
        aspect="auto",
        origin="lower",
        extent=extent,
        cmap="PuOr_r",
        vmin=-most,
        vmax=most,
        interpolation="none",
    )
    bar = canvas.colorbar(shown, ax=axes, fraction=0.03, pad=0.01)
    bar.set_label("import  ←  kW  →  export", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    axes.set(yticks=(0, 6, 12, 18, 24), ylabel="hour of the day")
    kwp = seen.record.house.capacity_kwp
    axes.set_title(
        f"Readings: a simulated house of {kwp:g} kWp that loses one string of two (dashed)",
        loc="left",
        fontsize=10,
    )


def _told(axes: Any, seen: Seen) -> None:
    axes.axhspan(POOR_FROM, 1.05, color=POOR_COLOUR, alpha=0.12, lw=0)
    axes.axhspan(-0.05, WELL_UPTO, color=WELL_COLOUR, alpha=0.12, lw=0)
    p_poor = [score.p_poor for score in seen.scores]
    axes.plot(seen.row, p_poor, ".", color=FAINT, ms=3, label="single prediction")
    axes.plot(seen.row, [f.average for f in seen.folded], color=DARK, lw=1.4, label="rolling average")
    for change in dict.fromkeys(f.change for f in seen.folded if f.change):
        colour = POOR_COLOUR if change.status is Status.POOR else WELL_COLOUR
        axes.axvline(change.as_of - seen.first, color=colour, lw=1.6)
        axes.text(change.as_of - seen.first + 3, 0.5, f"told {change.status}", color=colour, fontsize=8)
    axes.set(ylim=(-0.05, 1.05), ylabel="probability of poor")
    axes.set_title(
        "Verdicts and status: it turns poor in the upper band, and well in the lower", loc="left", fontsize=10
    )
    axes.legend(loc="center", bbox_to_anchor=(0.3, 0.72), ncols=2, **_LEGEND)


def model_decides(seen: Seen, artefact: Artefact) -> Figure:
    """Draw what each group of features adds to the log-odds, around the onset of the fault."""
    onset = seen.onset
    assert onset is not None
    steps = _steps(artefact, seen.found, np.array([group_of(name) for name in artefact.features]), len(NAMES))
    inside = (seen.row >= onset - BEFORE) & (seen.row < onset + AFTER)
    since, steps = seen.row[inside] - onset, steps[inside]
    parts = {name: steps[:, NAMES.index(name)] for name in GROUP_COLOURS if name in NAMES}
    parts["others"] = steps.sum(axis=1) - sum(parts.values())
    canvas = Figure(figsize=(9.6, 4.6), layout="constrained")
    axes = canvas.subplots()
    above, below = np.zeros(len(since)), np.zeros(len(since))
    for name, colour in GROUP_COLOURS.items():
        base = np.where(parts[name] >= 0.0, above, below)
        axes.bar(since, parts[name], bottom=base, width=1.0, color=colour, label=name, lw=0)
        above += np.maximum(parts[name], 0.0)
        below += np.minimum(parts[name], 0.0)
    axes.step(since, steps.sum(axis=1), where="mid", color="black", lw=1.6, label="sum")
    axes.axvline(-0.5, color="black", ls="--", lw=1.2)
    axes.axhline(0.0, color="black", lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="days since one string of two was lost", ylabel="added to the log-odds of poor")
    axes.set_xlim(-BEFORE - 0.5, AFTER - 0.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False, reverse=True)
    axes.set_title(
        "What each group of features adds, against the mean of all that it learnt from",
        loc="left",
        fontsize=10,
    )
    return canvas


def model_terms(fleet: Sequence[Seen], artefact: Artefact) -> Figure:
    """Draw what single features add to the log-odds, by their value; a dot is a period of the fleet."""
    found = {name: np.concatenate([seen.found[name] for seen in fleet]) for name in artefact.features}
    state = np.concatenate([truth_of(seen.record, Rules()).state[seen.row] for seen in fleet])
    group = np.array([list(TERMS).index(n) if n in TERMS else len(TERMS) for n in artefact.features])
    steps = _steps(artefact, found, group, len(TERMS) + 1)
    thinned = np.arange(len(state)) % 4 == 0
    canvas = Figure(figsize=(9.6, 3.8), layout="constrained")
    for number, (axes, name) in enumerate(
        zip(canvas.subplots(1, len(TERMS), sharey=True), TERMS, strict=True)
    ):
        for code, colour, label in ((WELL, WELL_COLOUR, "truly well"), (POOR, POOR_COLOUR, "truly poor")):
            rows = (state == code) & thinned
            axes.plot(
                found[name][rows],
                steps[rows, number],
                ".",
                color=colour,
                ms=3,
                alpha=0.35,
                label=label,
                rasterized=True,
            )
        axes.axhline(0.0, color="black", lw=0.6)
        axes.set_xlim(*np.nanquantile(found[name], (0.002, 0.995)).tolist())
        axes.set_xlabel(TERMS[name], fontsize=9)
        axes.set_title(name, loc="left", fontsize=10, family="monospace")
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        if number == 0:
            axes.set_ylabel("added to the log-odds of poor", fontsize=9)
            axes.legend(fontsize=9, frameon=False, markerscale=3)
    return canvas


def _steps(artefact: Artefact, found: Features, group: npt.NDArray[np.int64], groups: int) -> FloatArray:
    """Return what each group of features adds to the head "poor", shape (p, groups)."""
    trees = artefact.heads["poor"]
    table = np.stack([found[name] for name in artefact.features])
    return trees.contributions(trees.leaves(table), group, groups)


def main(folder: Path) -> None:
    """Draw all pictures into a folder."""
    content = resources.files("sunsift.model").joinpath("shipped.json").read_bytes()
    artefact = read(content, FEATURES)
    model = TrainedModel(artefact)
    records = list(simulate_records(HOUSES, DAYS, seed=SEED, faulty_share=FAULTY_SHARE))
    fleet = [see(r, e, model) for r, e in zip(records, fleet_evidence(records), strict=True)]
    shown = next(seen for seen in fleet if seen.record.house.house_id == SHOWN)
    mpl.rcParams.update({"svg.hashsalt": "sunsift"})
    pictures = {
        "model-sees": model_sees(shown),
        "model-decides": model_decides(shown, artefact),
        "model-terms": model_terms(fleet, artefact),
    }
    for name, canvas in pictures.items():
        path = folder / f"{name}.svg"
        canvas.savefig(path, dpi=140, metadata={"Date": None, "Creator": None})
        sys.stdout.write(f"drew {path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
