from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_runs import CONV_SMALL, FIXED_SMALL, equal, job, open_inputs, silent

from rpbind.data.dataset import Protein
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import OLD
from rpbind.train import probes
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.probes import letters_shuffled, probe, proteins_shuffled
from rpbind.train.run import train_run

OLD_SMALL = narrowed(OLD, 8)
NO_ATTENTION = CONV_SMALL.with_({"model.memory": "none"})


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def probed(recipe: Recipe, inputs: Inputs, epochs: int = 1) -> dict[str, float]:
    training = Training(recipe.with_({"train.epochs": epochs}), 0, inputs)
    for _ in training.epochs():
        pass
    return probe(training)[0]


def test_a_probe_measures_each_alteration(inputs: Inputs) -> None:
    metrics = probed(CONV_SMALL, inputs)
    for name in ("letters-shuffled", "proteins-shuffled", "uniform-attention"):
        assert metrics[f"probe.{name}.moved"] > 1e-6
        assert f"probe.{name}.auroc_macro" in metrics


def test_a_model_that_ignores_the_protein_does_not_move_when_proteins_are_shuffled(
    inputs: Inputs,
) -> None:
    blind = replace(inputs, mean_PW=torch.zeros_like(inputs.mean_PW))
    metrics = probed(FIXED_SMALL, blind)
    assert metrics["probe.proteins-shuffled.moved"] == 0.0
    assert metrics["probe.proteins-shuffled.auroc_macro"] == metrics["probe.auroc_macro"]
    assert metrics["probe.letters-shuffled.moved"] >= 0.0


def test_a_model_that_ignores_the_rna_is_at_chance_level_in_every_probe(inputs: Inputs) -> None:
    metrics = probed(OLD_SMALL, inputs)
    for part in ("probe", "probe.letters-shuffled", "probe.proteins-shuffled"):
        assert metrics[f"{part}.auroc_macro"] == 0.5
    assert metrics["probe.proteins-shuffled.moved"] > 1e-6


def test_a_model_that_counts_letters_does_not_change_when_they_are_shuffled(inputs: Inputs) -> None:
    counts = probed(FIXED_SMALL, inputs)["probe.letters-shuffled.moved"]
    context = probed(CONV_SMALL, inputs)["probe.letters-shuffled.moved"]
    assert counts < 1e-5 < context


def test_attention_over_copies_of_one_value_is_inert_and_a_model_without_attention_is_not_probed(
    inputs: Inputs,
) -> None:
    assert probed(FIXED_SMALL, inputs)["probe.uniform-attention.moved"] < 1e-6
    assert not [key for key in probed(NO_ATTENTION, inputs) if "uniform" in key]


def test_shuffled_letters_keep_the_composition_of_each_window(inputs: Inputs) -> None:
    shuffled = letters_shuffled(inputs, 0)
    assert not torch.equal(shuffled.rna_NL, inputs.rna_NL)
    assert torch.equal(shuffled.rna_NL.sort(1).values, inputs.rna_NL.sort(1).values)
    assert torch.equal(shuffled.rna_NL, letters_shuffled(inputs, 0).rna_NL)
    assert not torch.equal(shuffled.rna_NL, letters_shuffled(inputs, 1).rna_NL)


def in_clusters(inputs: Inputs, clusters: tuple[int, ...]) -> Inputs:
    proteins = tuple(
        Protein(p.id, p.gene, p.sequence, c) for p, c in zip(inputs.proteins, clusters, strict=True)
    )
    return replace(inputs, proteins=proteins)


@pytest.mark.parametrize("clusters", [(0, 1, 2, 3), (0, 0, 1, 1), (5, 2, 5, 9)])
@pytest.mark.parametrize("seed", range(5))
def test_every_protein_gets_another_one_of_another_cluster(
    clusters: tuple[int, ...], seed: int, inputs: Inputs
) -> None:
    swapped = proteins_shuffled(in_clusters(inputs, clusters), seed)
    assert swapped is not None
    offsets = inputs.offset_P.tolist()
    given = [offsets.index(offset) for offset in swapped.offset_P.tolist()]
    assert sorted(given) == [0, 1, 2, 3]
    assert all(clusters[other] != own for own, other in zip(clusters, given, strict=True))
    assert torch.equal(swapped.mean_PW, inputs.mean_PW[given])
    assert torch.equal(swapped.label_N, inputs.label_N)


def test_proteins_of_one_cluster_cannot_be_exchanged(inputs: Inputs) -> None:
    assert proteins_shuffled(in_clusters(inputs, (0, 0, 0, 1)), 0) is None


def test_a_large_test_part_is_sampled_evenly(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "SAMPLE_SIZE", 12)
    training = Training(FIXED_SMALL, 0, inputs)
    _, each = probe(training)
    seen = {score.protein: score.windows for score in each if score.part == "probe"}
    assert sum(seen.values()) == 12
    assert len(seen) == 4


def test_probes_do_not_change_the_other_scores(inputs: Inputs, tmp_path: Path) -> None:
    compared, control = (
        train_run(job(tmp_path, CONV_SMALL, stage=stage), inputs, Machine(), "test", silent)
        for stage in ("ablation", "control")
    )
    without = {k: v for k, v in compared.metrics.items() if not k.startswith("probe")}
    assert without == control.metrics
    assert [p for p in compared.proteins if not p.part.startswith("probe")] == list(
        control.proteins
    )
    assert {p.part for p in control.proteins} == {"validation", "test"}


def test_a_probe_does_not_change_the_training_state(inputs: Inputs) -> None:
    training = Training(CONV_SMALL, 0, inputs)
    before = {k: v.clone() for k, v in training.model.state_dict().items()}
    inputs_before = training.inputs
    probe(training)
    assert training.inputs is inputs_before
    assert training.model.attend is not None
    assert not training.model.attend.uniform
    assert equal(before, training.model.state_dict())


def test_scores_of_all_test_windows_that_are_known_give_the_same_probes(inputs: Inputs) -> None:
    training = Training(FIXED_SMALL, 0, inputs)
    assert probe(training, training.score("test")) == probe(training)
