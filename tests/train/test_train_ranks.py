"""Two processes train one model together, as with Ray Train, but without Ray."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed, multiprocessing
from toy_runs import CONV_SMALL, FIXED_SMALL, equal, open_inputs

from rpbind.metrics import WindowScores, summarise
from rpbind.recipe import Recipe
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

PLAIN = FIXED_SMALL.with_(
    {
        "model.memory": "residue",
        "model.attention.dropout": 0.0,
        "model.feed_forward": None,
        "model.classifier.hidden": [],
    }
)
"""Without dropout and batch norm, two halves of a batch give the gradient of the whole."""
RECIPES = {"plain": PLAIN, "conv": CONV_SMALL}


def trained(recipe: Recipe, inputs: Inputs, machine: Machine) -> dict[str, Any]:
    training = Training(recipe, 0, inputs, machine)
    curve = list(training.epochs())
    scores = training.score("validation")
    return {
        "curve": curve,
        "weights": training.model.state_dict(),
        "scores": {
            key: torch.from_numpy(value)
            for key, value in asdict(scores).items()
            if value is not None
        },
        "windows": training.windows_seen,
    }


def work(rank: int, tiny: Path, out: Path) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{out}/meet", rank=rank, world_size=2
    )
    inputs = open_inputs(tiny)
    machine = Machine(rank=rank, world=2)
    results = {name: trained(recipe, inputs, machine) for name, recipe in RECIPES.items()}
    torch.save(results, out / f"rank{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The results of both ranks for each of `RECIPES`."""
    out = tmp_path_factory.mktemp("ranks")
    open_inputs(tiny)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOO_SOCKET_IFNAME", "lo")
        multiprocessing.spawn(work, args=(tiny, out), nprocs=2)
    return [torch.load(out / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]


def scores_of(results: dict[str, Any]) -> WindowScores:
    return WindowScores(**{key: value.numpy() for key, value in results["scores"].items()})


@pytest.mark.parametrize("name", RECIPES)
def test_both_ranks_have_one_curve_and_one_model(name: str, ranks: list[dict[str, Any]]) -> None:
    one, two = (results[name] for results in ranks)
    assert one["curve"] == two["curve"]
    assert len(one["curve"]) == 3
    assert equal(one["weights"], two["weights"])
    assert one["windows"] == two["windows"]


@pytest.mark.parametrize("name", RECIPES)
def test_every_rank_scores_every_validation_window_exactly_once(
    name: str, ranks: list[dict[str, Any]], tiny: Path
) -> None:
    inputs = open_inputs(tiny)
    alone = Training(RECIPES[name], 0, inputs)
    alone.model.load_state_dict(ranks[0][name]["weights"])
    expected = alone.score("validation")
    for results in ranks:
        found = scores_of(results[name])
        mine, theirs = np.argsort(expected.logit_N), np.argsort(found.logit_N)
        np.testing.assert_allclose(found.logit_N[theirs], expected.logit_N[mine], atol=1e-5)
        assert np.bincount(found.protein_N).tolist() == np.bincount(expected.protein_N).tolist()


@pytest.mark.parametrize("name", RECIPES)
def test_metrics_over_ranks_are_those_of_one_process_with_the_same_weights(
    name: str, ranks: list[dict[str, Any]], tiny: Path
) -> None:
    inputs = open_inputs(tiny)
    alone = Training(RECIPES[name], 0, inputs)
    alone.model.load_state_dict(ranks[0][name]["weights"])
    metrics, _ = summarise(alone.score("validation"), inputs.proteins, "validation")
    last = ranks[1][name]["curve"][-1]
    assert {key: last[key] for key in metrics} == pytest.approx(metrics, abs=1e-6)


def test_without_dropout_and_batch_norm_two_ranks_train_like_one_process(
    ranks: list[dict[str, Any]], tiny: Path
) -> None:
    alone = trained(PLAIN, open_inputs(tiny), Machine())
    for one, both in zip(alone["curve"], ranks[0]["plain"]["curve"], strict=True):
        assert both == pytest.approx(one, rel=1e-3, abs=1e-5)
    assert alone["windows"] == ranks[0]["plain"]["windows"]
