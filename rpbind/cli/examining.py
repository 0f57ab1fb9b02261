"""Examine what `rpbind doctor` is given, and print what was found."""

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
from rpbind.doctor.examine import Examination, check_up, fits, look_back, with_curve
from rpbind.doctor.table import SEED, table
from rpbind.errors import UserError, check_no_yaml
from rpbind.ledger import Ledger, Row
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.presets import preset
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.use.compatibility import EvaluationTarget, matching_inputs
from rpbind.use.trained import Trained

FITTED = (1, 2)
"""Seeds whose fits stand in the seed's table beside that of seed 0, which is examined."""

SAMPLE = World(proteins=12, sites=24, length=101)
"""What is looked at without --data: the seed's windows have 101 nt."""

MEASURES = {
    "spread of logits": "logits.spread",
    "the same, within a protein": "logits.within",
    "change when RNA is swapped": "probe.rna-swapped",
    "change when letters are shuffled": "probe.letters-shuffled",
    "change when proteins are swapped": "probe.protein-swapped",
    "change when padding is added": "probe.padding",
    "change when attention is uniform": "attention.uniform",
    "attention entropy / log(keys)": "attention.entropy",
    "loss before, evaluating": "loss",
    "one batch: loss at first": "fit.start",
    "one batch: loss after the fit": "fit.end",
    "one batch: accuracy after the fit": "fit.accuracy",
    "loss on training windows": "train.loss",
    "loss on validation windows": "validation.loss",
    "validation AUROC, mean of proteins": "validation.auroc",
}
STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def patients(
    what: Path | None, name: str | None, data: Path | None
) -> Iterator[tuple[str, Examination]]:
    """Examine one patient after another, each under its title."""
    opens = cache(lambda: _opened(data, MAIN))
    if name is not None:
        yield from _recipe(preset(name), name, data)
    elif what is not None and what.suffix in (".json", ".toml"):
        yield from _recipe(read_recipe(what), what.name, data)
    elif what is not None and what.is_dir():
        Ledger(what).plan  # noqa: B018 - says so where the folder holds no study
        runs = sorted(p for p in (what / "runs").glob("*.pt") if ".unfinished" not in p.name)
        if not runs:
            raise UserError(f"{what} has no model file in runs/: no run of it is done.")
        for run in runs:
            yield _trained(run, opens, named=data is not None)
    elif what is not None:
        _check_kind(what)
        yield _trained(what, opens, named=data is not None)


def _opened(data: Path | None, world: World) -> OpenData:
    return simulated(world=world) if data is None else OpenData(data)


def _check_kind(what: Path) -> None:
    """Refuse a file that is neither a recipe nor a model by its name and content."""
    check_no_yaml("A recipe", what)
    if what.is_file() and what.suffix != ".pt" and not is_zipfile(what):
        raise UserError(
            f"{what} is no recipe (.toml, .json), no model file (.pt) and no study folder. A "
            "recipe is named by its format."
        )


def _recipe(recipe: Recipe, name: str, data: Path | None) -> Iterator[tuple[str, Examination]]:
    inputs = _opened(data, SAMPLE).inputs(SplitSpec(), recipe.proteins)
    console = Console()
    console.print(
        f"{name} (recipe {recipe.id}) on {inputs.provenance['dataset']}: windows of "
        f"{inputs.length} nt, protein vectors {inputs.provenance['encoder']}",
        **PLAIN,
    )
    with progress(f"examining {name}"):
        seen = check_up(Training(recipe, 0, inputs))
        others = list(fits(recipe, inputs, FITTED))
    shown = Grid(title="The seed's table, measured", title_justify="left", box=SIMPLE_HEAD)
    said = SEED.get(name)
    for column in ("quantity", "measured here", *(["the seed says"] if said else []), "how"):
        shown.add_column(column)
    for number, line in enumerate(table(seen.measured, others)):
        shown.add_row(line.quantity, line.value, *([said[number]] if said else []), line.how)
    console.print(shown)
    yield f"{name}, before training", seen


def _trained(file: Path, opens: Callable[[], OpenData], *, named: bool) -> tuple[str, Examination]:
    """Examine a model as its training left it; `named` says that the user named the dataset."""
    trained = Trained.open(file)
    its = trained.provenance["dataset"]
    if not named and opens().dataset.id != its.split()[-1]:
        raise UserError(
            f"{file.name} was trained on {its}, where it is examined too: name that dataset's "
            "folder with --data."
        )
    advice = f"A model is examined on what it was trained on, {its}: name that with --data."
    inputs, _ = matching_inputs(trained, EvaluationTarget(opens()), advice)
    training = Training(trained.recipe, trained.seed, inputs, Machine(threads=trained.threads))
    training.model.load_state_dict(trained.model.state_dict())
    with progress(f"examining {file.name}"):
        seen = look_back(training)
    return f"{file.name}, after training", with_curve(seen, _row_of(file))


def _row_of(file: Path) -> Row | None:
    """Return the row of a model file that lies in its study, runs/RUN.pt."""
    study = file.absolute().parent.parent
    if not (study / "plan.json").exists():
        return None
    ledger = Ledger(study)
    rows = (*ledger.rows("ablation"), *ledger.rows("control"))
    return next((row for row in rows if row.run == file.stem), None)


def say(title: str, seen: Examination) -> None:
    """Print one patient's measures and findings."""
    console = Console()
    shown = Grid(title=title, title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("measure")
    shown.add_column("value", justify="right")
    for words, key in MEASURES.items():
        if key in seen.measured:
            shown.add_row(words, f"{seen.measured[key]:.3g}")
    for block, share in _gradients(seen).items():
        shown.add_row(f"gradient norm, {block} against head", f"{share:.3g}")
    console.print(shown)
    if not seen.findings:
        console.print("No finding: nothing is wrong with it.", style="green", **PLAIN)
    for one in seen.findings:
        value = "–" if one.measured is None else f"{one.measured:.3g}"
        limit = "–" if one.threshold is None else f"{one.threshold:.3g}"
        console.print(f"{one.severity}: {one.name}", style=STYLES[one.severity], **PLAIN)
        console.print(f"  measured {value}, threshold {limit} ({one.reason})", **PLAIN)
        console.print(f"  {one.advice}", **PLAIN)


def _gradients(seen: Examination) -> dict[str, float]:
    head = seen.measured["gradient.head"]
    norms = {k.removeprefix("gradient."): v for k, v in seen.measured.items() if "gradient." in k}
    return {block: value / head for block, value in norms.items() if head and block != "head"}
