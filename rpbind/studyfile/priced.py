"""The price of a study from its schema: nothing is trained, and no torch is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rpbind.data.dataset import Dataset
from rpbind.data.manifest import read_manifest
from rpbind.design.controls import controls_of
from rpbind.design.estimate import FLOAT, ArmCost, Estimate, time_by_rate
from rpbind.design.runs import Parts, Runs, Timing, at_once
from rpbind.design.source import MAIN, DataSource, open_source
from rpbind.errors import UserError, check_not_url
from rpbind.options import Options
from rpbind.proteins import store_manifest as stores
from rpbind.proteins.encoders import make_encoder, needs_weights
from rpbind.proteins.inference import split_name
from rpbind.proteins.published import PUBLISHED
from rpbind.recipe import Recipe
from rpbind.recipe.arithmetic import Shape
from rpbind.splitting.text import parse_split
from rpbind.studyfile.build import Built, Place, build, nowhere
from rpbind.studyfile.run import USUAL, Call, options_of
from rpbind.studyfile.spec import StudySpec
from rpbind.terminal import loading
from rpbind.verbosity import say

ECLIP91 = Shape(length=101, width=0, residues=662.5, proteins=91)
"""Windows and proteins of eclip91, which --windows takes where there is no dataset."""
OF_THE_WORLD = 99.5
"""Mean residues of a simulated protein."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """On what a study would run.

    Parameters
    ----------
    cores
        CPU cores; None for those of this machine.
    gpus
        GPUs; 0 for CPU cores.
    rate
        Windows/s of one run in training, if it is known.
    measure
        Whether a few steps of each model are timed on this machine's CPU.
    """

    cores: int | None = None
    gpus: int = 0
    rate: float | None = None
    measure: bool = False

    def __post_init__(self) -> None:
        if self.rate is not None and self.measure:
            raise UserError("A rate is given (--rate) or measured (--measure). Remove one of them.")
        if self.gpus and self.measure:
            raise UserError(
                "--measure times this machine's CPU, which says nothing about --gpus. Give the "
                "rate of one run on such a GPU as --rate."
            )
        if self.gpus and self.cores is not None:
            raise UserError("A study is priced for --cores or for --gpus. Remove one of them.")


def priced(
    spec: StudySpec, machine: Machine, windows: int | None = None, place: Place = nowhere
) -> Estimate:
    """Return what a study would cost.

    Parameters
    ----------
    spec
        The study.
    machine
        On what it would run, and how fast.
    windows
        How many windows it would have; None for those of its data.
    place
        Adds to errors where in the study's file the mistake is.

    Returns
    -------
    Estimate
        The estimate.

    Raises
    ------
    UserError
        If the study cannot be run, or if the width of its protein vectors is not known.
    """
    data = None if spec.data is None else Path(spec.data)
    planned = data is None and windows is not None
    usual = replace(USUAL, narrower=1, simulated_epochs=USUAL.epochs) if planned else USUAL
    options = options_of(spec, Call(), usual)
    with place("split"):
        split = parse_split(spec.split, data)
    built = build(spec, options, place)
    named, runs = _runs_of(built, options, max(split.folds, 1))
    say(f"pricing {runs.runs} runs")
    source = None
    if data is not None:
        with place("data"):
            check_not_url("--data", data)
            read_manifest(data)
            source = open_source(data, spec.split)
    elif machine.measure and windows is None:
        source = open_source(None, spec.split)
    elif machine.measure:
        raise UserError("--measure with --windows needs windows to train with. Give --data too.")
    parts = _parts(source, split.ratio, split.folds, windows)
    shapes = {
        name: _shape(source, name, planned)
        for name in dict.fromkeys(recipe.proteins for _, recipe, _ in named)
    }
    arms = tuple(
        ArmCost.of(name, recipe, count, parts, shapes[recipe.proteins])
        for name, recipe, count in named
    )
    recipes = [recipe for _, recipe, _ in named[: len(built.design.arms) or len(named)]]
    resources = options.resources()
    each = resources.workers * resources.cpus
    side_by_side = at_once(machine.cores or os.cpu_count() or 1, each)
    device = f"{machine.cores or os.cpu_count() or 1} CPU cores"
    if machine.gpus:
        side_by_side = at_once(machine.gpus, options.gpus_per_run or 1.0)
        device = f"{machine.gpus} GPU{'' if machine.gpus == 1 else 's'}"
    return Estimate(
        runs,
        parts,
        next(iter(shapes.values())),
        arms,
        {name: _vectors(shape) for name, shape in shapes.items()},
        _time(recipes, source, parts, machine, resources.cpus),
        side_by_side,
        device,
    )


def _runs_of(
    built: Built, options: Options, folds: int
) -> tuple[list[tuple[str, Recipe, int]], Runs]:
    """Return each arm, control and search with its recipe and its runs, and their counts."""
    design, sweep = built.design, built.sweep
    seeds = options.seeds_of_an_arm * folds
    trained = (*design.arms, *controls_of(design, built.control))
    named = [(arm.name, Recipe.model_validate(arm.recipe), seeds) for arm in trained]
    runs = Runs.of(len(trained), seeds, len(design.contrasts), sweep)
    if sweep is not None:
        for name, base in sweep.arms.items():
            searches = len(sweep.searches) // len(sweep.arms)
            trials = runs.trials // len(sweep.arms)
            named.append((f"search {name}", base, trials))
            named.append((f"winner {name}", base, searches * seeds))
    return named, runs


def _parts(
    source: DataSource | None, ratio: tuple[int, int, int], folds: int, windows: int | None
) -> Parts:
    """Return the windows of a run: of the split, by its percentages, or by the shares of it."""
    if source is not None:
        counts = source.parts.summary
        found = Parts(**{name: counts[name].windows for name in ("train", "validation", "test")})
        if windows is None:
            return found
        shares = [each / len(source.opened.dataset) for each in vars(found).values()]
    elif folds:
        shares = [1 - 2 / folds, 1 / folds, 1 / folds]
    else:
        shares = [each / 100 for each in ratio]
    whole = windows or MAIN.proteins * MAIN.sites * MAIN.shifts
    return Parts(*(round(whole * share) for share in shares))


def _shape(source: DataSource | None, encoder: str, planned: bool) -> Shape:
    """Return windows and proteins, with the width of an encoder's vectors."""
    if source is None:
        width = _width(encoder, None)
        if planned:
            return replace(ECLIP91, width=width)
        return Shape(MAIN.length, width, OF_THE_WORLD, MAIN.proteins)
    dataset: Dataset = source.opened.dataset
    residues = sum(len(protein.sequence) for protein in dataset.proteins)
    proteins = len(dataset.proteins)
    width = _width(encoder, source.opened.folder)
    return Shape(dataset.manifest.window_length, width, residues / proteins, proteins)


def _width(encoder: str, data: Path | None) -> int:
    """Return the width of an encoder's vectors: of the store, or of the encoder."""
    if data is not None and (stores.stores_folder(data) / encoder / "manifest.json").is_file():
        folder = stores.stores_folder(data) / encoder
        return stores.read_manifest(folder, "run rpbind embed.").width
    model, _ = split_name(encoder)
    if model in PUBLISHED:
        return PUBLISHED[model].width
    if not needs_weights(encoder):
        return make_encoder(encoder).width
    raise UserError(
        f"The width of the protein vectors '{encoder}' is not known before they are computed. Run "
        "rpbind embed, and give the dataset as --data."
    )


def _vectors(shape: Shape) -> int:
    """Return the bytes of an embedding store: float32, one vector per residue."""
    return round(FLOAT * shape.width * shape.proteins * shape.residues)


def _time(
    recipes: Sequence[Recipe],
    source: DataSource | None,
    parts: Parts,
    machine: Machine,
    threads: int,
) -> Timing | None:
    """Return the time of a run by the rate given or by a measurement; None for neither."""
    if machine.rate is not None:
        return time_by_rate(recipes, parts, machine.rate)
    if not machine.measure:
        return None
    assert source is not None
    with loading("torch"):
        from rpbind.design.timing import timed_here

    return timed_here(recipes, source, threads, parts=parts)
