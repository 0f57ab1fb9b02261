"""Examine the recipe, model or study that `rpbind doctor` gets, and print the findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from zipfile import is_zipfile

from rich.box import SIMPLE_HEAD
from rich.console import Console

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World
from rpbind.design.source import MAIN, simulated
from rpbind.doctor.examine import (
    Examination,
    add_curve,
    examine_trained,
    examine_untrained,
    fit_with_seeds,
)
from rpbind.doctor.table import ORIGINAL, table
from rpbind.errors import UserError, check_no_yaml
from rpbind.ledger import Ledger, Row
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.presets import preset
from rpbind.saved.places import is_model, models_of_study, run_of_model
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.use.compatibility import EvaluationTarget, matching_inputs
from rpbind.use.trained import TrainedModel

FITTED = (1, 2)
"""Additional random seeds whose one-batch fits are shown next to seed 0's in the original model's
table."""

SAMPLE = World(proteins=12, sites=24, length=101)
"""The simulated world without --data; its windows have 101 nt, as the original model's."""

MEASURES = {
    "spread of logits": "logits.spread",
    "the same, within a protein": "logits.within",
    "change when RNA is swapped": "probe.rna-swapped",
    "change when letters are shuffled": "probe.letters-shuffled",
    "change when proteins are swapped": "probe.protein-swapped",
    "change when padding is added": "probe.padding",
    "change when attention is uniform": "attention.uniform",
    "attention entropy / log(keys)": "attention.entropy",
    "loss on the sample (evaluation mode)": "loss",
    "one batch: loss before the fit": "fit.start",
    "one batch: loss after the fit": "fit.end",
    "one batch: accuracy after the fit": "fit.accuracy",
    "loss on training windows": "train.loss",
    "loss on validation windows": "validation.loss",
    "validation AUROC, mean of proteins": "validation.auroc",
}
STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def examinations(
    subject: Path | None, name: str | None, data: Path | None
) -> Iterator[tuple[str, Examination]]:
    """Examine one model after another, and yield a title and an examination of each."""
    opens = cache(lambda: _open_data(data, MAIN))
    if name is not None:
        yield from _examine_recipe(preset(name), name, data)
    elif subject is not None and subject.suffix in (".json", ".toml"):
        yield from _examine_recipe(read_recipe(subject), subject.name, data)
    elif subject is not None and subject.is_dir() and not is_model(subject):
        Ledger(subject).plan  # noqa: B018 - raises UserError if the folder holds no study
        runs = models_of_study(subject)
        if not runs:
            raise UserError(
                f"{subject} has no model in runs/: none of its runs is done. Let a run "
                "finish, then examine the study."
            )
        for run in runs:
            yield _examine_model(run, opens, named=data is not None)
    elif subject is not None:
        _check_kind(subject)
        yield _examine_model(subject, opens, named=data is not None)


def _open_data(data: Path | None, world: World) -> OpenData:
    return simulated(world=world) if data is None else OpenData(data)


def _check_kind(subject: Path) -> None:
    """Raise `UserError` if a file is neither a recipe nor a model by its name and content."""
    check_no_yaml("A recipe", subject)
    if subject.is_file() and subject.suffix != ".pt" and not is_zipfile(subject):
        raise UserError(
            f"{subject} is not a recipe (.toml, .json), a model folder or a study folder. If "
            "it is a recipe, give the file the ending of its format."
        )


def _examine_recipe(
    recipe: Recipe, name: str, data: Path | None
) -> Iterator[tuple[str, Examination]]:
    inputs = _open_data(data, SAMPLE).inputs(SplitSpec(), recipe.proteins)
    console = Console()
    console.print(
        f"{name} (recipe {recipe.id}) on {inputs.provenance['dataset']}: windows of "
        f"{inputs.length} nt, protein vectors {inputs.provenance['encoder']}",
        **PLAIN,
    )
    with progress(f"examining {name}"):
        examination = examine_untrained(Training(recipe, 0, inputs))
        others = list(fit_with_seeds(recipe, inputs, FITTED))
    shown = Grid(
        title="The table of the original model, measured", title_justify="left", box=SIMPLE_HEAD
    )
    stated = ORIGINAL.get(name)
    columns = ("quantity", "measured here", *(["original document"] if stated else []), "how")
    for column in columns:
        shown.add_column(column)
    for number, line in enumerate(table(examination.measured, others)):
        shown.add_row(line.quantity, line.value, *([stated[number]] if stated else []), line.how)
    console.print(shown)
    yield f"{name}, before training", examination


def _examine_model(
    file: Path, opens: Callable[[], OpenData], *, named: bool
) -> tuple[str, Examination]:
    """Examine a trained model; `named` is whether the user gave the dataset."""
    trained = TrainedModel.open(file)
    its = trained.provenance["dataset"]
    if not named and opens().dataset.id != its.split()[-1]:
        raise UserError(
            f"{file.name} was trained on {its}, and a model is examined on the dataset it was "
            "trained on. Give that dataset's folder with --data."
        )
    advice = f"A model is examined on the dataset it was trained on, {its}: give it with --data."
    inputs, _ = matching_inputs(trained, EvaluationTarget(opens()), advice)
    training = Training(trained.recipe, trained.seed, inputs, Machine(threads=trained.threads))
    training.model.load_state_dict(trained.model.state_dict())
    with progress(f"examining {file.name}"):
        examination = examine_trained(training)
    return f"{file.name}, after training", add_curve(examination, _row_of(file))


def _row_of(file: Path) -> Row | None:
    """Return the ledger row of a model, or None if it no longer lies in its study's runs/."""
    study = file.absolute().parent.parent
    if not (study / "plan.json").exists():
        return None
    ledger = Ledger(study)
    rows = (*ledger.rows("ablation"), *ledger.rows("control"))
    return next((row for row in rows if row.run == run_of_model(file)), None)


def print_examination(title: str, examination: Examination) -> None:
    """Print one model's measures and findings."""
    console = Console()
    shown = Grid(title=title, title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("measure")
    shown.add_column("value", justify="right")
    for words, key in MEASURES.items():
        if key in examination.measured:
            shown.add_row(words, f"{examination.measured[key]:.3g}")
    for block, share in _gradient_ratios(examination).items():
        shown.add_row(f"gradient norm, {block} relative to head", f"{share:.3g}")
    console.print(shown)
    if not examination.findings:
        console.print("No findings.", style="green", **PLAIN)
    for one in examination.findings:
        value = "–" if one.measured is None else f"{one.measured:.3g}"
        limit = "–" if one.threshold is None else f"{one.threshold:.3g}"
        console.print(f"{one.severity}: {one.name}", style=STYLES[one.severity], **PLAIN)
        console.print(f"  measured {value}, threshold {limit} ({one.reason})", **PLAIN)
        console.print(f"  {one.advice}", **PLAIN)


def _gradient_ratios(examination: Examination) -> dict[str, float]:
    head = examination.measured.get("gradient.head")  # a whole model of one's own may lack it
    norms = {
        k.removeprefix("gradient."): v for k, v in examination.measured.items() if "gradient." in k
    }
    return {block: value / head for block, value in norms.items() if head and block != "head"}
