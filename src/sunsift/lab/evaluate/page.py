"""The report as one HTML page that needs nothing else: tables, pictures, examples."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from sunsift.lab.evaluate import pictures
from sunsift.lab.evaluate.results import Evaluation, Figures, SystemResult, house_row
from sunsift.lab.evaluate.wording import DELAY_TARGETS, WORDINGS, with_interval, written
from sunsift.lab.inject import FAULTS, MUST_NOT_ALARM

EXAMPLES: Final = 3
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2937;max-width:1120px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin-bottom:.2rem}h2{margin-top:2.4rem;font-size:1.25rem}h3{font-size:1rem}
table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}
th,td{padding:.28rem .7rem;text-align:right;border-bottom:1px solid #e5e7eb;white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #9ca3af;vertical-align:bottom}
img{max-width:100%;height:auto}figure{margin:1rem 0}
table{margin:.9rem 0}details{margin:.5rem 0}summary{cursor:pointer}
.lead,.note{color:#4b5563}.note{font-size:13px}
figcaption{font-size:13px;color:#4b5563}
"""
_BY_FAULT: Final = ("faults_found", "delay_median", "delay_90", "lost_energy_found",
                    "lost_energy_found_at_99", "roc_auc_with_past", "roc_auc_without_past")  # fmt: skip
_BY_HARMLESS: Final = ("false_alarms_a_year", "needless_changes_a_year", "specificity", "verdicts_given")
_BY_KIND: Final = ("lost_energy_found", "lost_energy_found_at_99", "specificity", "roc_auc_with_past",
                   "roc_auc_without_past", "false_alarms_a_year", "verdicts_given")  # fmt: skip


def page(found: Evaluation) -> str:
    """Return the page. It holds no address of anything outside itself."""
    shipped, *others = found.systems
    body = [
        f"<h1>Sunsift benchmark: {escape(shipped.name)}</h1>",
        f'<p class="lead">{len(found.homes)} homes, {found.scenarios} scenarios each, {found.house_days:,} '
        f"house-days, panels x {found.capacity_scale:g}, seed {found.seed}, split {found.split}. "
        "In brackets: 95 % confidence intervals from resampled homes.</p>",
        "<h2>All systems</h2>",
        _systems(found),
        "<h2>By fault, case, capacity and share of self-consumption</h2>",
        _groups(shipped),
        '<p class="note">Delays: faults that were never reported count as never. Targets: '
        + "; ".join(f"{name}: median {a}, 90th percentile {b}" for name, (a, b) in DELAY_TARGETS.items())
        + " (&le; for at most).</p>",
        *(
            f"<details><summary>The same of {escape(system.name)}</summary>{_groups(system)}</details>"
            for system in others
        ),
        "<h2>Curves</h2>",
        _figure(pictures.curves(found.systems), "All predictions whose truth is poor or well."),
        "<h2>Detection delay by fault</h2>",
        _figure(pictures.delays(found), "One dot a fault that began within the readings and became poor."),
        "<h2>Calibration</h2>",
        _figure(pictures.calibrations(found.systems), "In the benchmark's own mix of poor and well."),
        *_examples(found),
        "<h2>All virtual houses</h2>",
        _houses(found),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sunsift benchmark</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _rows(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _systems(found: Evaluation) -> str:
    rows = [
        [wording.label, wording.target, *(with_interval(name, s.overall[name]) for s in found.systems)]
        for name, wording in WORDINGS.items()
    ]
    what = "".join(f"<li>{escape(system.name)}: {escape(system.what)}</li>" for system in found.systems)
    return _rows(("", "target", *(s.name for s in found.systems)), rows) + f'<ul class="note">{what}</ul>'


def _groups(system: SystemResult) -> str:
    scenario = system.groups["scenario"]
    return (
        _table("fault", _BY_FAULT, {name: scenario[name] for name in FAULTS if name in scenario})
        + _table(
            "must not alarm",
            _BY_HARMLESS,
            {name: scenario[name] for name in ("healthy", *MUST_NOT_ALARM) if name in scenario},
        )
        + _table("capacity", _BY_KIND, system.groups["capacity"])
        + _table("self-consumption", _BY_KIND, system.groups["self_consumption"])
    )


def _table(first: str, columns: Sequence[str], groups: Mapping[str, Figures]) -> str:
    rows = [[name, *(with_interval(column, of[column]) for column in columns)] for name, of in groups.items()]
    return _rows((first, *(WORDINGS[column].label for column in columns)), rows)


def _figure(png: bytes, caption: str) -> str:
    data = base64.b64encode(png).decode()
    text = escape(caption)
    picture = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    return f"<figure>{picture}<figcaption>{text}</figcaption></figure>"


def _examples(found: Evaluation) -> list[str]:
    """Draw the most telling houses: found early, never found, and alarmed for nothing."""
    rows = [
        house_row(house, truth, trace)
        for house, truth, trace in zip(found.houses, found.truths, found.systems[0].traces, strict=True)
    ]
    in_time = [
        n for n, row in enumerate(rows) if row["delay_days"] is not None and found.houses[n].scene.onset
    ]
    quickest: dict[str, int] = {}
    for n in sorted(in_time, key=lambda n: rows[n]["delay_days"]):
        quickest.setdefault(rows[n]["scenario"], n)
    lost = sorted(range(len(rows)), key=lambda n: rows[n]["lost_told_poor_kwh"] - rows[n]["lost_kwh"])
    missed = [n for n in lost if rows[n]["delay_days"] is None and rows[n]["lost_kwh"] > 0.0]
    alarmed = sorted(range(len(rows)), key=lambda n: -rows[n]["false_alarms"])
    kinds = (
        ("Hits: the quickest of each fault", list(quickest.values())),
        ("Misses: never reported while the fault acted, the most energy lost first", missed),
        ("False alarms", [n for n in alarmed if rows[n]["false_alarms"]]),
    )
    parts = [
        "<h2>Examples</h2>",
        '<p class="note">Net energy by day and hour: blue is export, red is import. Dashed: the onset. '
        "Pink: reported poor; green: reported well; grey: reported unknown.</p>",
    ]
    for title, numbers in kinds:
        parts.append(f"<h3>{title}</h3>")
        parts.extend(_example(found, n, rows[n]) for n in numbers[:EXAMPLES])
        if not numbers:
            parts.append('<p class="note">None.</p>')
    return parts


def _example(found: Evaluation, number: int, row: dict[str, object]) -> str:
    delay = row["delay_days"]
    told = (
        "" if row["onset"] is None else ", never reported" if delay is None else f", reported on day {delay}"
    )
    caption = f"{row['house_id']}: {row['scenario']}{told}; {row['lost_kwh']} kWh lost"
    return _figure(pictures.example(found, number), caption)


def _houses(found: Evaluation) -> str:
    head = (
        "house",
        "scenario",
        "onset",
        "lowest performance",
        "days to report",
        "lost kWh",
        "told poor",
        "alarms",
    )
    rows = []
    for house, truth, trace in zip(found.houses, found.truths, found.systems[0].traces, strict=True):
        row = house_row(house, truth, trace)
        low, delay = row["lowest_performance"], row["delay_days"]
        rows.append(
            [
                row["house_id"],
                row["scenario"],
                row["onset"] or "",
                "" if low is None else f"{low:.2f}",
                "" if row["onset"] is None else "never" if delay is None else written("delay_median", delay),
                f"{row['lost_kwh']:.0f}",
                f"{row['lost_told_poor_kwh']:.0f}",
                str(row["false_alarms"]),
            ]
        )
    return _rows(head, rows)
