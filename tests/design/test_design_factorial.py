from itertools import combinations, product

import numpy as np
import pytest

from rpbind.design.changes import Changes
from rpbind.design.design import Design
from rpbind.design.factorial import factorial
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.statistics.factorial import aliases, effect_name, effects

KNOBS = {
    "a": ("model.residual", True),
    "b": ("model.attention.temperature", True),
    "c": ("train.lr", 0.5),
    "d": ("train.weight_decay", 0.5),
    "e": ("train.clip_norm", 1.0),
    "f": ("train.epochs", 7),
    "g": ("train.batch_size", 7),
    "h": ("train.mask", 0.5),
    "i": ("train.shift", 7),
    "j": ("train.schedule", "constant"),
    "k": ("model.attention.dropout", 0.5),
    "l": ("model.classifier.dropout", 0.5),
    "m": ("train.optimizer", "adamw"),
    "n": ("train.stop_after", 7),
    "o": ("model.attention.both_ways", True),
    "p": ("model.encoder.dim", 7),
}


def crossed(k: int) -> Design:
    names = list(KNOBS)[:k]
    end = Recipe().with_({KNOBS[name][0]: KNOBS[name][1] for name in names})
    return factorial(("end", end), Recipe(), {name: (KNOBS[name][0],) for name in names})


def signs(design: Design) -> np.ndarray:
    """The array as +1 and -1, a row per arm and a column per change."""
    return np.array(
        [[1 if a.name in arms else -1 for arms in design.factors.values()] for a in design.arms]
    )


@pytest.mark.parametrize("k", [2, 3, 4])
def test_up_to_four_changes_run_in_every_combination(k: int) -> None:
    design = crossed(k)
    assert sorted(map(tuple, signs(design))) == sorted(product((-1, 1), repeat=k))
    assert len({each.recipe_id for each in design.arms}) == 2**k
    assert (design.arms[0].name, design.arms[-1].name) == ("end", "none")
    assert len(design.contrasts) == k + k * (k - 1) // 2


def test_an_arm_has_the_fields_of_its_changes_and_the_others_of_the_start() -> None:
    arms = {each.name: Recipe.model_validate(each.recipe) for each in crossed(3).arms}
    assert arms["none"] == Recipe()
    assert arms["a+c"] == Recipe().with_({"model.residual": True, "train.lr": 0.5})


@pytest.mark.parametrize(("k", "arms"), [(5, 16), (6, 16), (8, 16), (9, 32), (11, 32), (16, 32)])
def test_more_changes_run_in_a_balanced_fraction_whose_main_effects_are_clear(
    k: int, arms: int
) -> None:
    design = crossed(k)
    sign_AK = signs(design)
    assert sign_AK.shape == (arms, k)
    assert len({each.recipe_id for each in design.arms}) == arms
    assert (sign_AK.T @ sign_AK == arms * np.eye(k)).all()
    for i, j in combinations(range(k), 2):
        assert (sign_AK.T @ (sign_AK[:, i] * sign_AK[:, j]) == 0).all()
    assert len(design.contrasts) == k


@pytest.mark.parametrize("k", [5, 7, 10])
def test_the_alias_table_is_what_brute_force_finds(k: int) -> None:
    design = crossed(k)
    factors, sign_AK = tuple(design.factors), signs(design)
    on = {
        each.name: frozenset(f for f, arms in design.factors.items() if each.name in arms)
        for each in design.arms
    }
    column = {
        effect_name(each): sign_AK[:, [factors.index(f) for f in each]].prod(axis=1)
        for each in effects(factors, 3)
    }
    table = aliases(on, factors)
    found = {effect_name(first): set(others) for first, others in table.items()}
    for one, other in combinations(column, 2):
        overlap = int(column[one] @ column[other])
        assert overlap in (0, len(on), -len(on))
        if one in found:
            expected = {len(on): other, -len(on): f"−{other}"}.get(overlap)
            assert (expected in found[one]) == (expected is not None)


def test_five_changes_in_sixteen_arms_leave_interactions_of_two_clear() -> None:
    design = crossed(5)
    on = {
        each.name: frozenset(f for f, arms in design.factors.items() if each.name in arms)
        for each in design.arms
    }
    table = aliases(on, tuple(design.factors))
    assert all(other.count("×") == 2 for others in table.values() for other in others)
    assert len(table) == 15


@pytest.mark.parametrize(
    ("changes", "expected_message"),
    [
        ({"a": ("train.lr",)}, "combines 2 to 16 changes; got 1"),
        ({"a": ("train.lr",), "b": ("train.lr",)}, "'a' and 'b' both move train.lr"),
        ({"a": ("train.lr",), "b": ("train.epochs",)}, "'b' changes nothing"),
    ],
)
def test_changes_that_cannot_be_combined_are_refused(
    changes: Changes, expected_message: str
) -> None:
    with pytest.raises(UserError, match=expected_message):
        factorial(("end", Recipe().with_({"train.lr": 0.5})), Recipe(), changes)
