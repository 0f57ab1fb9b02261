"""Two experiments of one protein sequence: a model tells them apart only if its recipe says so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from toy_runs import CONV_SMALL, FIXED_SMALL

from rpbind.data.dataset import Protein
from rpbind.gathering.experiments import experiment_codes
from rpbind.metrics import summarise
from rpbind.model.build import build_model
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import OWN_HEAD
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.probes import proteins_shuffled

NAMES = ("AAA_K562", "AAA_HepG2")
WINDOWS, LENGTH, WIDTH, RESIDUES = 192, 16, 4, 3
OWN_SMALL = narrowed(OWN_HEAD, 4)
RECIPES = {"fixed": FIXED_SMALL, "conv": CONV_SMALL, "own-head": OWN_SMALL}


def opposite(names: tuple[str, ...] = NAMES, trained: tuple[str, ...] = NAMES) -> Inputs:
    """Each window once per experiment; the first one binds the windows with GGGG, others do not."""
    draw = torch.Generator().manual_seed(0)
    rna_NL = torch.randint(0, 4, (WINDOWS, LENGTH), generator=draw, dtype=torch.uint8)
    has_motif_N = torch.arange(WINDOWS) % 2 == 1
    rna_NL[has_motif_N, 6:10] = 2
    protein_N = torch.arange(len(names)).repeat_interleave(WINDOWS)
    label_N = has_motif_N.repeat(len(names)) == (protein_N == 0)
    rows = torch.arange(WINDOWS * len(names))
    test = rows % WINDOWS >= 128
    residues_RW = torch.randn(RESIDUES, WIDTH, generator=draw)
    return Inputs(
        rna_NL=rna_NL.repeat(len(names), 1),
        label_N=label_N.to(torch.uint8),
        protein_N=protein_N.int(),
        parts={"train": rows[~test], "validation": rows[test], "test": rows[test]},
        mean_PW=residues_RW.mean(0).repeat(len(names), 1),
        residues_ND=residues_RW,
        offset_P=torch.zeros(len(names), dtype=torch.int64),
        length_P=torch.full((len(names),), RESIDUES),
        proteins=tuple(Protein(name, "AAA", "MKV", 0) for name in names),
        provenance={},
        experiments=experiment_codes(names, trained),
    )


def auroc(recipe: Recipe, inputs: Inputs) -> list[float]:
    """Train, and return the AUROC of each experiment."""
    changes = {"train.epochs": 12, "train.lr": 0.01, "train.batch_size": 32}
    training = Training(recipe.with_(changes), 0, inputs)
    list(training.epochs())
    training.restore_best()
    _, each = summarise(training.score("test"), inputs.proteins, "test")
    return [score.auroc or 0.0 for score in each]


@pytest.mark.parametrize("by", ["name", "parts"])
@pytest.mark.parametrize("name", RECIPES)
def test_opposite_experiments_of_one_sequence_are_learned_only_with_their_vector(
    name: str, by: str
) -> None:
    inputs = opposite()
    assert np.mean(auroc(RECIPES[name].with_({"model.experiment": by}), inputs)) > 0.8
    if by == "name":
        assert np.mean(auroc(RECIPES[name], inputs)) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("name", RECIPES)
def test_before_training_the_model_is_bit_for_bit_the_one_without_experiments(name: str) -> None:
    inputs = opposite()
    plain, told = (
        build_model(
            RECIPES[name].with_({"model.experiment": by}).model,
            width=WIDTH,
            length=LENGTH,
            seed=3,
        ).eval()
        for by in (None, "name")
    )
    more = told.state_dict().keys() - plain.state_dict().keys()
    assert more == {"experiment.vector.weight"}
    assert all(
        torch.equal(value, told.state_dict()[key]) for key, value in plain.state_dict().items()
    )
    rna_BL, groups, _ = inputs.batch(torch.arange(32), plain.reads)
    assert torch.equal(plain(rna_BL, groups), told(rna_BL, groups))


def test_an_experiment_without_training_windows_has_no_vector_of_its_own() -> None:
    codes = experiment_codes(("AAA_K562", "AAA_HepG2", "aaa_k562"), ("AAA_K562",))["name"]
    assert codes[0].norm() == pytest.approx(1.0)
    assert not codes[1].any()
    assert torch.equal(codes[2], codes[0])  # another spelling of one name


def test_a_new_experiment_has_the_vectors_of_the_parts_that_training_had() -> None:
    names = ("AAA_K562_eCLIP", "BBB_HepG2_iCLIP", "CCC_K562_iCLIP", "DDD_K562_new", "EEE")
    codes = experiment_codes(names, names[:2])["parts"]
    k562, iclip = (
        experiment_codes((f"X_{part}",), (f"X_{part}",))["parts"][0] for part in ("K562", "iCLIP")
    )
    assert torch.allclose(codes[2], k562 + iclip)
    assert torch.equal(codes[3], k562)
    assert not codes[4].any()


def test_codes_of_many_experiments_are_linearly_independent() -> None:
    names = [f"G{number}_K562" for number in range(200)]
    assert np.linalg.matrix_rank(experiment_codes(names, names)["name"].numpy()) == 200


def test_where_proteins_change_places_their_experiments_do_too() -> None:
    inputs = opposite(("AAA_K562", "BBB_K562"), ("AAA_K562", "BBB_K562"))
    proteins = tuple(Protein(p.id, p.id, "MKV", place) for place, p in enumerate(inputs.proteins))
    swapped = proteins_shuffled(Inputs(**{**vars(inputs), "proteins": proteins}), 0)
    assert swapped is not None
    assert torch.equal(swapped.experiments["name"], inputs.experiments["name"].flip(0))
