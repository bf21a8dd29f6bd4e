"""`sunsift lab train`: learn a model from homes whose load and generation are known."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sunsift.cli.lab import Homes, Readings, Seed, given_or_real
from sunsift.cli.output import AsJson, counted, examples, plain, print_json, progress, say, show
from sunsift.cli.state import opened, settings_of
from sunsift.lab.split import Split

if TYPE_CHECKING:
    from sunsift.lab.train.samples import Samples

EPILOG = examples(
    (
        "sunsift lab train -o model.json",
        "the model that ships: simulated homes and the real ones to learn from",
    ),
    ("sunsift lab train --homes h.csv --readings r.parquet --split all -o mine.json", "your own homes, too"),
    ("sunsift lab train --simulated 0 -o real.json", "metered homes only"),
    ("sunsift --data state lab train --feedback -o mine.json", "what visits to your houses found, too"),
)


def train(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="MODEL.json", dir_okay=False, help="Where to.")
    ],
    homes: Homes = None,
    readings: Readings = None,
    seed: Seed = 1,
    split: Annotated[Split, typer.Option(help="Which of the metered homes to learn from.")] = Split.DEV,
    simulated: Annotated[
        int, typer.Option(min=0, metavar="N", help="Homes simulated by pvlib to learn from as well.")
    ] = 80,
    effort: Annotated[
        float, typer.Option(min=0.01, max=10.0, metavar="X", help="Grow this many times the usual trees.")
    ] = 1.0,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Learn as well from what `sunsift feedback` noted.")
    ] = False,
    version: Annotated[str, typer.Option(help="What the model calls itself.")] = "trained-1",
    as_json: AsJson = False,
) -> None:
    """Learn a model and write it as a file that holds numbers only, with its card.

    Faults, and cases that must not alarm, are injected into the homes. Without --homes the metered homes of
    the data-set folder are used, and only those meant for learning: `lab evaluate --split test` measures
    on the others. With --feedback the houses of this state are learnt from as well, on the days of which
    visits tell. Equal arguments and data give the same bytes. docs/model.md explains the model.
    """
    from sunsift.domain.errors import SunsiftError
    from sunsift.lab.train import ROUNDS
    from sunsift.lab.train import train as run
    from sunsift.lab.train.recipe import SIMULATED_DAYS, fleets_of, metered_homes, simulated_homes
    from sunsift.model.artefact import to_bytes

    if not output.parent.is_dir():
        raise SunsiftError(f"{output.parent} is no folder: make it first, or choose another place")
    visited = [_visited(ctx)] if feedback else []
    homes_csv, readings_parquet = given_or_real(homes, readings)
    metered = metered_homes(homes_csv, readings_parquet, split)
    made_up = simulated_homes(simulated, SIMULATED_DAYS, seed) if simulated else []
    data = (
        f"{counted(len(metered), 'metered home')} ({split.value}), {counted(len(made_up), 'simulated home')}"
    )
    for part in visited:
        data += f", {counted(len(part), 'period')} of {counted(len(part.homes), 'visited house')}"
    with progress("Fitting", 10) as report:
        model = run(
            fleets_of(metered, made_up, seed),
            seed=seed,
            version=version,
            data=data,
            feedback=visited,
            rounds={head: max(1, round(effort * usual)) for head, usual in ROUNDS.items()},
            say=say,
            progress=lambda done, _: report(done),
        )
    content = to_bytes(model)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise SunsiftError(f"cannot write {output}: {error.strerror}") from error
    if as_json:
        print_json(model.card)
        return
    show(f"{plain(output)}: {model.version}, {len(content):,} bytes, learnt from {data}")
    for kind, figures in model.card["held_out"].items():
        show(
            f"{kind}: ROC-AUC {figures['roc_auc']}, "
            f"average precision at 5 % {figures['average_precision_at_5']}"
        )


def _visited(ctx: typer.Context) -> "Samples":
    from sunsift.lab.train.feedback import feedback_samples

    with opened(settings_of(ctx)) as parts:
        return feedback_samples(parts.records, parts.rules, say)
