import pytest

from rpbind.design.changes import ORIGINAL_CHANGES, chosen
from rpbind.design.design import (
    Design,
    add_one_in,
    arm,
    leave_one_out,
    path,
)
from rpbind.errors import UserError
from rpbind.ledger import ContrastPlan
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD

START = ("old", OLD)
MIDDLE = OLD.with_({"model.residual": True, "train.lr": 0.5})
BOTH = {"residual": ("model.residual",), "lr": ("train.lr",)}


def recipes(design: Design) -> list[Recipe]:
    return [Recipe.model_validate(each.recipe) for each in design.arms]


def test_the_path_from_old_to_fixed_makes_one_change_per_step() -> None:
    steps = recipes(path(START, ("fixed", FIXED), ORIGINAL_CHANGES))
    assert (steps[0], steps[-1]) == (OLD, FIXED)
    assert len(steps) == len(ORIGINAL_CHANGES) + 1
    for before, after, fields in zip(steps, steps[1:], ORIGINAL_CHANGES.values(), strict=False):
        moved = before.diff(after)
        assert moved
        assert all(field.startswith(fields) for field in moved)


def test_each_arm_is_compared_with_the_one_before_it_and_the_end_with_the_start() -> None:
    design = path(START, ("end", MIDDLE), BOTH)
    assert [each.name for each in design.arms] == ["old", "to-residual", "end"]
    assert [(c.name, c.arm, c.reference) for c in design.contrasts] == [
        ("residual", "to-residual", "old"),
        ("lr", "end", "to-residual"),
        ("old-to-end", "end", "old"),
    ]


def test_a_path_of_one_change_has_one_contrast() -> None:
    end = OLD.with_({"model.residual": True})
    design = path(START, ("end", end), {"residual": ("model.residual",)})
    assert [(c.name, c.arm, c.reference) for c in design.contrasts] == [("residual", "end", "old")]


def test_leave_one_out_undoes_one_change_at_a_time() -> None:
    design = leave_one_out(START, ("end", MIDDLE), BOTH)
    assert [each.name for each in design.arms] == ["end", "no-residual", "no-lr"]
    assert recipes(design) == [
        MIDDLE,
        MIDDLE.with_({"model.residual": False}),
        MIDDLE.with_({"train.lr": 1e-3}),
    ]
    assert {(c.arm, c.reference) for c in design.contrasts} == {
        ("no-residual", "end"),
        ("no-lr", "end"),
    }


def test_an_arm_describes_its_change() -> None:
    design = path(START, ("end", MIDDLE), BOTH)
    assert [each.change for each in design.arms] == [
        "start",
        "model.residual: False → True",
        "train.lr: 0.001 → 0.5",
    ]
    assert [each.recipe_id for each in design.arms] == [r.id for r in recipes(design)]


def test_add_one_in_makes_one_change_at_a_time_on_the_start() -> None:
    design = add_one_in(START, ("end", MIDDLE), BOTH)
    assert [each.name for each in design.arms] == ["old", "with-residual", "with-lr"]
    assert recipes(design) == [
        OLD,
        OLD.with_({"model.residual": True}),
        OLD.with_({"train.lr": 0.5}),
    ]
    assert {c.reference for c in design.contrasts} == {"old"}


def test_both_directions_of_a_path_share_their_ends_and_the_contrast_of_the_ends() -> None:
    there, back = (path(START, ("end", MIDDLE), BOTH, reverse=r) for r in (False, True))
    assert [each.name for each in back.arms] == ["old", "reverse-to-lr", "end"]
    both = there.then(back)
    assert [each.name for each in both.arms] == ["old", "to-residual", "end", "reverse-to-lr"]
    assert [c.name for c in both.contrasts] == [
        "residual",
        "lr",
        "old-to-end",
        "lr (reverse order)",
        "residual (reverse order)",
    ]


def test_an_arm_equal_to_its_reference_is_refused() -> None:
    same = ContrastPlan(name="a", arm="a", reference="b")
    with pytest.raises(UserError, match="'a' has the same recipe as its reference 'b'"):
        Design("mine", (arm("a", OLD, ""), arm("b", OLD, "")), (same,))


def test_a_design_is_printed_with_its_size_and_its_arms() -> None:
    assert str(path(START, ("end", MIDDLE), BOTH)).splitlines() == [
        "path: 3 arms, 3 contrasts",
        "  old: start",
        "  to-residual: model.residual: False → True",
        "  end: train.lr: 0.001 → 0.5",
    ]


def test_changes_are_chosen_by_name_and_an_unknown_one_is_refused() -> None:
    assert list(chosen(ORIGINAL_CHANGES, "init, residual")) == ["init", "residual"]
    with pytest.raises(UserError, match="Did you mean 'residual'"):
        chosen(ORIGINAL_CHANGES, "residua")


@pytest.mark.parametrize("make", [path, leave_one_out, add_one_in])
def test_changes_that_do_not_reach_the_end_are_refused_with_the_missing_fields(
    make: object,
) -> None:
    with pytest.raises(UserError, match=r"also differs in train\.lr\."):
        make(START, ("end", MIDDLE), {"residual": ("model.residual",)})


@pytest.mark.parametrize("make", [path, leave_one_out])
def test_a_change_that_changes_nothing_is_refused(make: object) -> None:
    with pytest.raises(UserError, match=r"'heads' changes nothing: .* model\.attention\.heads"):
        make(START, ("end", MIDDLE), {"heads": ("model.attention.heads",), **BOTH})


def test_a_change_that_an_earlier_one_includes_is_refused() -> None:
    with pytest.raises(UserError, match="'again' changes nothing"):
        path(START, ("end", MIDDLE), {**BOTH, "again": ("model.residual",)})


def test_two_arms_with_the_same_name_are_refused() -> None:
    with pytest.raises(UserError, match=r"name: a\."):
        Design("mine", (arm("a", OLD, ""), arm("b", OLD, ""), arm("a", FIXED, "")), ())
    with pytest.raises(UserError, match="name: old"):
        path(START, ("old", MIDDLE), BOTH)


def test_joined_designs_keep_the_shared_arm_once() -> None:
    first = path(START, ("end", MIDDLE), BOTH)
    further = MIDDLE.with_({"train.epochs": 7})
    second = path(("end", MIDDLE), ("more", further), {"epochs": ("train.epochs",)})
    joined = first.then(second)
    assert [each.name for each in joined.arms] == ["old", "to-residual", "end", "more"]
    assert joined.contrasts == first.contrasts + second.contrasts


def test_joined_designs_with_two_recipes_of_the_same_name_are_refused() -> None:
    first = path(START, ("end", MIDDLE), BOTH)
    second = path(("end", FIXED), ("more", CONV_RESIDUE), {"all": ("model", "train")})
    with pytest.raises(UserError, match="name: end"):
        first.then(second)
