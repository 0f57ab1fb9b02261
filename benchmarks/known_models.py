"""Tiny trainings, controls and ledgers whose answer is known, for the known-answer tests.

Every function takes the number of repetitions and returns checks, as those of `known_worlds` do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from known_worlds import Check
from numpy.typing import NDArray

from rpbind.analysis.summary import Summary, summarise
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import CHROMOSOME, Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.design.design import Design, add_one_in, arm, leave_one_out
from rpbind.design.factorial import factorial
from rpbind.ledger import Plan, ProteinScore, Row
from rpbind.metrics import WindowScores
from rpbind.metrics import summarise as score
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.statistics.contrast import Inert, Interval, two_way
from rpbind.statistics.table import cluster_auroc
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.wording.banners import banners

SHORT = {"train.epochs": 1, "train.batch_size": 16}
FEWER = 100
"""Row 13 trains this many times fewer shuffles than there are repetitions."""


@lru_cache
def world(proteins: int, sites: int) -> Path:
    """The folder of a small simulated dataset with its embedding store."""
    folder = Path(tempfile.mkdtemp(prefix="known-")) / "world"
    dataset = simulate(folder, World(proteins=proteins, sites=sites, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    return folder


def study(design: Design, rows: list[Row], seeds: int) -> Summary:
    """What a report says of these rows of a design."""
    plan = Plan(
        study="known", question="?", prediction="?", rule="?", design=design.name,
        arms=design.arms, contrasts=design.contrasts, factors=dict(design.factors),
        seeds=tuple(range(seeds)), dataset="toy", split="cold-rna", created="2026-01-01",
    )  # fmt: skip
    return summarise(plan, rows, [])


def done(name: str, recipe: Recipe, seed: int, metrics: dict[str, float],
         proteins: tuple[ProteinScore, ...]) -> Row:  # fmt: skip
    """The row of a finished run."""
    return Row(arm=name, seed=seed, state="done", recipe=recipe.model_dump(mode="json"),
               recipe_id=recipe.id, metrics=metrics, proteins=proteins,
               ended="2026-01-01")  # fmt: skip


def copied_weights(repeats: int) -> Iterator[Check]:
    """Row 7: pooled against expanded memory with the same weights is inert."""
    inputs = Inputs.open(world(4, 12), SplitSpec("cold-rna", (50, 25, 25)), "physchem")
    for name, preset in (("old", OLD), ("with a residual", FIXED)):
        base = narrowed(preset, 16).with_({**SHORT, "model.memory": "pooled"})
        wide = base.with_({"model.memory": "expanded"})
        design = leave_one_out(("pooled", base), ("expanded", wide), {"memory": ("model.memory",)})
        rows, apart = [], 0.0
        for seed in range(3):
            trained, other = Training(base, seed, inputs), Training(wide, seed, inputs)
            list(trained.epochs())
            other.model.load_state_dict(trained.model.state_dict(), strict=False)
            pair = trained.score("test"), other.score("test")
            apart = max(apart, float(np.abs(pair[0].logit_N - pair[1].logit_N).max()))
            for each, scores in zip(reversed(design.arms), pair, strict=True):
                told = score(scores, inputs.proteins, "test")
                rows.append(done(each.name, Recipe.model_validate(each.recipe), seed, *told))
        (contrast,) = study(design, rows, 3).contrasts
        said = f"{contrast.verdict.word}, p {contrast.verdict.p}, mean {contrast.verdict.mean}"
        inert = contrast.verdict.word == "inert" and contrast.verdict.p is None
        yield Check(f"{name}: largest difference of two scores", apart, None, 1e-6)
        yield Check(f"{name}: verdict is inert", float(inert), 1.0, None, None, said)


def same_seed(repeats: int) -> Iterator[Check]:
    """Row 8: the same seed twice on a CPU is the same bits: curve, scores and weights."""
    inputs = Inputs.open(world(4, 12), SplitSpec("cold-rna", (50, 25, 25)), "physchem")
    recipe = narrowed(FIXED, 16).with_({**SHORT, "train.epochs": 2})
    one, two = (Training(recipe, 7, inputs) for _ in range(2))
    curves = [list(training.epochs()) for training in (one, two)]
    logits = [training.score("test").logit_N for training in (one, two)]
    weights = zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True)
    different = (curves[0] != curves[1]) + (logits[0].tobytes() != logits[1].tobytes())
    different += sum(not torch.equal(mine, theirs) for mine, theirs in weights)
    yield Check("curves, scores and weights that differ", different, None, 0)


def and_gate(repeats: int) -> Iterator[Check]:
    """Row 9: what every design says of .80 + .02 AB."""
    start = Recipe()
    changes = {"A": ("model.residual",), "B": ("train.lr",)}
    end = start.with_({"model.residual": True, "train.lr": 0.01})
    ends = ("start", start), ("end", end)
    left, added = leave_one_out(*ends, changes), add_one_in(*ends, changes)
    crossed = factorial(ends[1], start, changes)
    found = {each.name: means(each) for each in (left, added, crossed)}
    extra = study(crossed, _gate(crossed), 3).factorial
    assert extra is not None
    known = {
        ("leave-one-out", "no-A"): -0.02,
        ("leave-one-out", "no-B"): -0.02,
        ("add-one-in", "with-A"): 0.0,
        ("add-one-in", "with-B"): 0.0,
        ("factorial", "A"): 0.01,
        ("factorial", "B"): 0.01,
        ("factorial", "A × B"): 0.02,
    }
    for (design, name), truth in known.items():
        yield _exactly(f"{design}: {name}", found[design][name], truth)
    for value in extra.shapley:
        assert not isinstance(value.result, Inert)
        yield _exactly(f"Shapley value of {value.name}", value.result.mean or 0.0, 0.01)


def means(design: Design) -> dict[str, float]:
    """The mean of every contrast of the AND-gate world in a design."""
    told = study(design, _gate(design), 3).contrasts
    return {c.paired.contrast.name: c.verdict.mean or 0.0 for c in told}


def _gate(design: Design) -> list[Row]:
    rng = np.random.default_rng(9)
    noise_SG = rng.normal(0, 0.01, (3, 6))
    rows = []
    for each in design.arms:
        recipe = Recipe.model_validate(each.recipe)
        both = recipe.value("model.residual") and recipe.train.lr == 0.01
        for seed in range(3):
            # what a seed and a protein do to every arm alike is gone from a paired difference
            auroc_G = 0.80 + 0.02 * both + noise_SG[seed]
            proteins = tuple(
                ProteinScore(part="test", protein=f"p{g}", cluster=g, windows=20, positives=10,
                             auroc=float(a), auprc=0.5)
                for g, a in enumerate(auroc_G)
            )  # fmt: skip
            metrics = {"test.loss": 0.5 + 0.01 * len(each.name)}
            rows.append(done(each.name, recipe, seed, metrics, proteins))
    return rows


def _exactly(what: str, measured: float, truth: float) -> Check:
    return Check(what, round(measured, 10) + 0.0, truth, truth)


def protein_only(repeats: int) -> Iterator[Check]:
    """Row 12: a model that knows the protein alone ranks no window; its pooled score is told."""
    folder = world(24, 60)
    dataset = Dataset.open(folder)
    test_N = load_split(dataset, SplitSpec()).indices("test")
    rng, rows = np.random.default_rng(12), []
    for seed in range(3):
        protein_N = np.asarray(dataset.protein_N)[test_N].astype(np.int64)
        share_P = np.bincount(dataset.protein_N, dataset.label_N) / np.bincount(dataset.protein_N)
        # networks give one protein logits that differ in their last bits
        logit_N = np.log(share_P / (1 - share_P))[protein_N] + rng.normal(0, 1e-7, len(test_N))
        told = score(_scores(dataset, test_N, logit_N), dataset.proteins, "test")
        rows.append(done("protein-only", Recipe(), seed, *told))
    summary = study(Design("control", (arm("protein-only", Recipe(), ""),), ()), rows, 3)
    (only,) = summary.arms
    pooled = only.secondary["test.auroc_pooled"]
    assert only.headline is not None
    assert pooled is not None
    flagged = only.knows_base_rates and any("Pooled AUROC" in told for told in banners(summary))
    yield Check("macro per-protein AUROC", only.headline.mean, 0.5, 0.5)
    yield Check("pooled AUROC", pooled.mean, 0.55)
    yield Check("the report flags it", float(flagged), 1.0)


def shuffled_labels(repeats: int) -> Iterator[Check]:
    """Row 13: a classifier trained on shuffled labels ranks at .50 on every split."""
    folder = world(24, 60)
    dataset = Dataset.open(folder)
    rules = [rule for rule in get_args(Rule) if rule != CHROMOSOME]  # a world has no genome
    inside = {rule: list(_at_a_coin(dataset, rule, max(1, repeats // FEWER))) for rule in rules}
    first = sum(told[0] for told in inside.values())
    every = [one for told in inside.values() for one in told]
    worst = min(rules, key=lambda rule: sum(inside[rule]))
    said = f"least on {worst}: {np.mean(inside[worst]):.3f} of {len(inside[worst])}"
    yield Check("splits with .50 inside their interval, of 4", first, 4)
    yield Check("and of all shuffles", float(np.mean(every)), 0.935, None, len(every), said)


def _at_a_coin(dataset: Dataset, rule: Rule, repeats: int) -> Iterator[bool]:
    """Whether the interval of macro AUROC holds .5: letters, letter pairs and protein, by ridge."""
    split = load_split(dataset, SplitSpec(rule))
    feature_NF = _features(dataset)
    train_N, test_N = split.indices("train"), split.indices("test")
    x_NF = feature_NF[train_N]
    ridge_FN = np.linalg.solve(x_NF.T @ x_NF + np.eye(x_NF.shape[1]), x_NF.T)
    for number in range(repeats):
        rng = np.random.default_rng([13, get_args(Rule).index(rule), number])
        rows = []
        for seed in range(5):
            label_N = rng.permutation(np.asarray(dataset.label_N))
            logit_N = feature_NF[test_N] @ (ridge_FN @ (label_N[train_N] - 0.5))
            scores = _scores(dataset, test_N, logit_N, label_N)
            told = score(scores, dataset.proteins, "test")
            rows.append(cluster_auroc(done("shuffled", Recipe(), seed, *told)))
        shared = [g for g in rows[0] if all(g in row for row in rows)]
        result = two_way(np.array([[row[g] - 0.5 for g in shared] for row in rows]))
        assert isinstance(result, Interval)
        low, high = result.ci()
        yield low <= 0.0 <= high


def _features(dataset: Dataset) -> NDArray[np.float64]:
    rna_NL = np.asarray(dataset.rna_NL).astype(int)
    pair_NL = 5 * rna_NL[:, :-1] + rna_NL[:, 1:]
    counts = [(rna_NL == letter).sum(axis=1) for letter in range(4)]
    counts += [(pair_NL == 5 * a + b).sum(axis=1) for a in range(4) for b in range(4)]
    protein_NP = np.eye(len(dataset.proteins))[np.asarray(dataset.protein_N)]
    return np.column_stack([*counts, protein_NP]).astype(np.float64)


def _scores(dataset: Dataset, rows_N: NDArray[np.int64], logit_N: NDArray[np.float64],
            label_N: NDArray[np.uint8] | None = None) -> WindowScores:  # fmt: skip
    label_N = np.asarray(dataset.label_N) if label_N is None else label_N
    return WindowScores(
        logit_N.astype(np.float32),
        label_N[rows_N],
        np.asarray(dataset.protein_N)[rows_N].astype(np.int64),
    )


ROWS: dict[int, tuple[str, Callable[[int], Iterator[Check]]]] = {
    7: ("old against fixed memory with copied weights", copied_weights),
    8: ("same seed twice on a CPU", same_seed),
    9: ("AND-gate world .80 + .02 AB", and_gate),
    12: ("protein-only model", protein_only),
    13: ("shuffled labels, on every split", shuffled_labels),
}
