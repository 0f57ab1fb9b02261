import numpy as np
import pytest

from rpbind.ledger import ContrastPlan, ProteinScore, Row
from rpbind.recipe import Recipe
from rpbind.statistics.factorial import (
    aliases,
    effect_weights,
    effects,
    shapley_weights,
    weighted_contrast,
)
from rpbind.statistics.table import pair, weights_of

ON = {"none": frozenset(), "A": frozenset("A"), "B": frozenset("B"), "AB": frozenset("AB")}


def row(arm: str, seed: int, auroc: tuple[float, ...], loss: float) -> Row:
    scores = tuple(
        ProteinScore(part="test", protein=f"p{g}", cluster=g, windows=9, positives=4, auroc=a,
                     auprc=a)
        for g, a in enumerate(auroc)
    )  # fmt: skip
    return Row(arm=arm, seed=seed, state="done", recipe={}, recipe_id=Recipe().id,
               metrics={"test.loss": loss}, proteins=scores, ended="")  # fmt: skip


def test_effects_are_sorted_by_their_number_of_changes() -> None:
    assert effects(("A", "B", "C"), 2) == [
        ("A",), ("B",), ("C",), ("A", "B"), ("A", "C"), ("B", "C")
    ]  # fmt: skip


def test_the_weights_of_a_main_effect_and_of_an_interaction_worked_by_hand() -> None:
    assert effect_weights(ON, ("A",)) == {"none": -0.5, "A": 0.5, "B": -0.5, "AB": 0.5}
    assert effect_weights(ON, ("A", "B")) == {"none": 1, "A": -1, "B": -1, "AB": 1}


def test_shapley_values_sum_to_the_difference_between_all_changes_and_none() -> None:
    rng = np.random.default_rng(0)
    factors = tuple("ABCD")
    on = {str(n): frozenset(f for i, f in enumerate(factors) if n >> i & 1) for n in range(16)}
    score = {arm: float(rng.normal()) for arm in on}
    values = [
        sum(w * score[a] for a, w in shapley_weights(on, f, factors).items()) for f in factors
    ]
    assert sum(values) == pytest.approx(score["15"] - score["0"])


def test_a_change_without_effect_in_any_combination_has_a_shapley_value_of_zero() -> None:
    on = ON | {arm + "C": has | {"C"} for arm, has in ON.items()}
    score = {arm: len(has - {"C"}) ** 2 for arm, has in on.items()}
    weights = shapley_weights(on, "C", ("A", "B", "C"))
    assert sum(weights[arm] * score[arm] for arm in on) == pytest.approx(0.0)


def test_an_effect_is_computed_per_seed_and_cluster() -> None:
    runs = {
        ("none", 0): row("none", 0, (0.5, 0.6), 0.1),
        ("A", 0): row("A", 0, (0.6, 0.6), 0.2),
        ("B", 0): row("B", 0, (0.5, 0.7), 0.3),
        ("AB", 0): row("AB", 0, (0.9, 0.7), 0.5),
    }
    table = pair(weighted_contrast("A × B", effect_weights(ON, ("A", "B"))), runs, (0, 1))
    assert table.d_SG == pytest.approx(np.array([[0.3, 0.0]]))
    assert table.missing == ("seed 1: none planned, A planned, B planned, AB planned",)


def test_a_change_that_changes_no_score_is_inert_in_a_factorial_too() -> None:
    scores = {"none": (0.5, 0.1), "A": (0.5, 0.1), "B": (0.7, 0.2), "AB": (0.7, 0.2)}
    runs = {(a, s): row(a, s, (x, x), y) for a, (x, y) in scores.items() for s in (0, 1)}
    assert pair(weighted_contrast("A", effect_weights(ON, ("A",))), runs, (0, 1)).identical
    assert not pair(weighted_contrast("B", effect_weights(ON, ("B",))), runs, (0, 1)).identical


def test_the_weights_of_a_contrast_of_two_arms_are_plus_and_minus_one() -> None:
    assert weights_of(ContrastPlan(name="x", arm="A", reference="B")) == {"A": 1.0, "B": -1.0}


def test_in_a_half_fraction_each_change_is_aliased_with_the_interaction_of_the_others() -> None:
    half = {"a": "A", "b": "B", "c": "C", "abc": "ABC"}
    table = aliases({arm: frozenset(has) for arm, has in half.items()}, ("A", "B", "C"))
    assert table[("A",)] == ["B × C"]
    assert table[("B",)] == ["A × C"]
    other = {"none": "", "ab": "AB", "ac": "AC", "bc": "BC"}
    table = aliases({arm: frozenset(has) for arm, has in other.items()}, ("A", "B", "C"))
    assert table[("A",)] == ["−B × C"]
