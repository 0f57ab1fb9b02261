"""The values that each protein encoder gives a residue, and the registry of encoders."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from rpbind.cli.data import embed
from rpbind.errors import UserError
from rpbind.proteins.encoders import ENCODERS, LanguageModelMaker, make_encoder
from rpbind.proteins.physchem import PhysChem, physchem_scales
from rpbind.proteins.published import PUBLISHED
from rpbind.proteins.sequence import RESIDUES, sequence_key
from rpbind.proteins.simple import ConjointTriad, RandomVector


def test_the_scales_are_the_published_ones() -> None:
    arginine, tryptophan = (physchem_scales()[RESIDUES.index(aa)] for aa in "RW")
    np.testing.assert_array_equal(
        arginine, [1.538, -0.055, 1.502, 0.440, 2.897, -4.5, 3.0, 1.475, -1.14, 1.008]
    )
    assert tryptophan[:6].tolist() == [-0.595, 0.009, 0.672, -2.128, -0.184, -0.9]


def test_every_scale_has_mean_0_and_deviation_1_over_the_twenty_residues() -> None:
    all_20W = PhysChem().encode(RESIDUES)
    assert all_20W.shape == (20, 10)
    assert all_20W.dtype == np.float32
    np.testing.assert_allclose(all_20W.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(all_20W.std(axis=0), 1.0, atol=1e-6)


def test_hydropathy_of_alanine_is_its_published_value_standardised() -> None:
    # Kyte-Doolittle: alanine 1.8, mean of the twenty -0.49, standard deviation 2.9114
    assert PhysChem().encode("A")[0, 5] == pytest.approx((1.8 + 0.49) / 2.9114, abs=1e-4)


def test_an_unknown_residue_is_the_mean_of_all() -> None:
    np.testing.assert_array_equal(PhysChem().encode("X"), np.zeros((1, 10)))


@pytest.mark.parametrize(("letter", "stands_for"), [("B", "DN"), ("Z", "EQ"), ("J", "IL")])
def test_an_ambiguous_residue_is_the_mean_of_its_two(letter: str, stands_for: str) -> None:
    encode = PhysChem().encode
    expected_W = encode(stands_for).mean(axis=0)
    np.testing.assert_allclose(encode(letter)[0], expected_W, atol=1e-6)


def test_selenocysteine_reads_as_cysteine_and_pyrrolysine_as_lysine() -> None:
    np.testing.assert_array_equal(PhysChem().encode("UO"), PhysChem().encode("CK"))


def test_case_and_a_final_stop_do_not_matter() -> None:
    np.testing.assert_array_equal(PhysChem().encode("mkV*"), PhysChem().encode("MKV"))
    assert sequence_key("mkv*") == sequence_key("MKV")


@pytest.mark.parametrize(
    ("sequence", "reason"), [("MK-V", "Residue 3"), ("M*K", "'\\*'"), ("*", "empty")]
)
def test_a_sequence_with_another_character_or_none_is_an_error(sequence: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        PhysChem().encode(sequence)


def test_the_random_vector_is_fixed_by_the_sequence_on_every_machine() -> None:
    rows_LW = RandomVector().encode("MKV")
    np.testing.assert_allclose(rows_LW[0, :3], [-0.1862838, -1.5737879, -0.8259995], rtol=1e-6)
    np.testing.assert_array_equal(rows_LW, rows_LW[[0, 0, 0]])


def test_random_vectors_of_many_proteins_have_mean_0_and_variance_1() -> None:
    proteins = [a + b + c for a in RESIDUES for b in RESIDUES for c in RESIDUES]
    values = np.array([RandomVector().encode(protein)[0] for protein in proteins])
    assert len(np.unique(values[:, 0])) == len(proteins)
    assert abs(values.mean()) < 0.02
    assert abs(values.var() - 1) < 0.02


def test_a_triad_is_the_classes_of_a_residue_and_its_neighbours() -> None:
    rows_LW = ConjointTriad().encode("AKDC")
    assert rows_LW.shape == (4, 343)
    # classes: A 0, K 4, D 5, C 6
    assert np.flatnonzero(rows_LW[1]).tolist() == [0 * 49 + 4 * 7 + 5]
    assert np.flatnonzero(rows_LW[2]).tolist() == [4 * 49 + 5 * 7 + 6]
    assert not rows_LW[[0, 3]].any()


def test_a_letter_that_stands_for_two_residues_is_divided_among_their_classes() -> None:
    row_W = ConjointTriad().encode("KBK")[1]
    # B is D (class 5) or N (class 3)
    assert {i: float(row_W[i]) for i in np.flatnonzero(row_W).tolist()} == {
        4 * 49 + 3 * 7 + 4: 0.5,
        4 * 49 + 5 * 7 + 4: 0.5,
    }


def test_every_residue_has_one_class_of_the_triad() -> None:
    rows_LW = ConjointTriad().encode("M" + RESIDUES + "M")
    assert rows_LW[1:-1].sum(axis=1).tolist() == [1.0] * 20


@pytest.mark.parametrize("short", ["M", "MK"])
def test_a_protein_too_short_for_a_triad_has_none(short: str) -> None:
    assert not ConjointTriad().encode(short).any()


def test_the_error_on_a_misspelt_encoder_names_the_right_one() -> None:
    with pytest.raises(UserError, match="'physchem'"):
        make_encoder("phys-chem")


def test_weights_for_an_encoder_without_weights_are_refused() -> None:
    with pytest.raises(UserError, match=r"physchem.*--weights"):
        make_encoder("physchem", Path("esm2.pt"))


def test_every_encoder_is_in_the_registry_under_its_id() -> None:
    names = {"physchem", "triad", "random"}
    assert {make_encoder(name).id for name in names} == names
    models = {maker.model for maker in ENCODERS.values() if isinstance(maker, LanguageModelMaker)}
    assert models == {*PUBLISHED, None}


def test_the_help_of_embed_names_every_encoder_that_needs_no_weights() -> None:
    option = inspect.signature(embed, eval_str=True).parameters["encoder"].annotation
    help_text = option.__metadata__[0].help
    for name, maker in ENCODERS.items():
        assert isinstance(maker, LanguageModelMaker) or name in help_text
