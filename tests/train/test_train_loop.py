import math
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from toy_runs import CONV_SMALL, FIXED_SMALL, batches_read, equal, open_inputs

from rpbind.recipe import Recipe, model, training
from rpbind.train import checkpoint, loop
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import DivergedError


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def trained(recipe: Recipe, inputs: Inputs, seed: int = 0) -> Training:
    training = Training(recipe, seed, inputs)
    for _ in training.epochs():
        pass
    return training


@pytest.mark.parametrize("recipe", [FIXED_SMALL, CONV_SMALL])
def test_a_run_gives_the_same_bits_when_it_is_repeated(recipe: Recipe, inputs: Inputs) -> None:
    torch.manual_seed(1)
    one = trained(recipe, inputs)
    torch.manual_seed(2)
    two, other = trained(recipe, inputs), trained(recipe, inputs, seed=1)
    assert one.curve == two.curve
    assert equal(one.model.state_dict(), two.model.state_dict())
    assert one.curve != other.curve


def test_two_recipes_of_one_seed_see_the_same_batches_in_the_same_order(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {}
    for name, recipe, seed in [("a", FIXED_SMALL, 0), ("b", CONV_SMALL, 0), ("c", FIXED_SMALL, 1)]:
        with batches_read(monkeypatch) as order[name]:
            trained(recipe, inputs, seed)
    assert order["a"] == order["b"] != order["c"]


def test_an_epoch_uses_each_training_window_once_except_an_incomplete_batch(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batches_read(monkeypatch) as seen:
        trained(FIXED_SMALL.with_({"train.epochs": 2}), inputs)
    train = set(inputs.parts["train"].tolist())
    batches = [b for b in seen if train & set(b)]
    assert len(batches) == 2 * (len(train) // 16)
    first, second = batches[: len(train) // 16], batches[len(train) // 16 :]
    assert {len(b) for b in batches} == {16}
    assert len({i for b in first for i in b}) == 16 * len(first)
    assert {i for b in first for i in b} <= train
    assert first != second


def test_a_set_that_is_smaller_than_a_batch_is_one_batch(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batches_read(monkeypatch) as seen:
        trained(FIXED_SMALL.with_({"train.epochs": 1, "train.batch_size": 4096}), inputs)
    assert sorted(seen[0]) == inputs.parts["train"].tolist()


SCHEDULES: list[dict[str, Any]] = [
    {"train.schedule": {"kind": "plateau", "patience": 0, "min_lr": 1e-6}},
    {"train.schedule": "cosine"},
    {"train.schedule": "constant", "train.stop_after": 2},
    {"train.schedule": "one-cycle"},
]


@pytest.mark.parametrize("changes", SCHEDULES)
@pytest.mark.parametrize("recipe", [FIXED_SMALL, CONV_SMALL])
def test_a_resumed_run_equals_the_uninterrupted_one(
    changes: dict[str, Any], recipe: Recipe, inputs: Inputs, tmp_path: Path
) -> None:
    recipe = recipe.with_(changes | {"train.epochs": 4, "train.lr": 0.03})
    whole, begun = trained(recipe, inputs), Training(recipe, 0, inputs)
    next(begun.epochs())
    checkpoint.save(tmp_path / "run.pt", begun.state())
    resumed = Training(recipe, 0, inputs)
    resumed.load_state(checkpoint.load(tmp_path / "run.pt", "Do this."))
    assert len(list(resumed.epochs())) == len(whole.curve) - 1
    assert resumed.curve == whole.curve
    assert equal(resumed.model.state_dict(), whole.model.state_dict())
    assert equal(resumed.best_weights, whole.best_weights)
    assert resumed.best_epoch == whole.best_epoch


def test_constant_and_cosine_schedules_give_their_learning_rates(inputs: Inputs) -> None:
    def rates(schedule: Any) -> list[float]:
        recipe = FIXED_SMALL.with_({"train.schedule": schedule, "train.lr": 0.5, "train.epochs": 4})
        return [point["lr"] for point in trained(recipe, inputs).curve]

    assert rates("constant") == [0.5] * 4
    half_a_cosine = [0.25 * (1 + math.cos(math.pi * epoch / 4)) for epoch in range(4)]
    assert rates("cosine") == pytest.approx(half_a_cosine)


def test_one_cycle_rises_for_its_share_of_the_batches_and_ends_near_zero(
    inputs: Inputs,
) -> None:
    cycle = {"kind": "one-cycle", "rise": 0.5}
    recipe = FIXED_SMALL.with_({"train.schedule": cycle, "train.lr": 0.5, "train.epochs": 2})
    training = trained(recipe, inputs)
    first, second = (point["lr"] for point in training.curve)
    assert first == pytest.approx(0.5 / 25)
    # after half of the steps, of which the last is never made, it is near its maximum
    assert 0.45 < second <= 0.5
    assert training.optimizer.param_groups[0]["lr"] < 1e-5


def test_one_cycle_may_rise_for_a_single_step(inputs: Inputs) -> None:
    tenth = {"train.schedule": {"kind": "one-cycle", "rise": 0.1}, "train.epochs": 3}
    recipe = FIXED_SMALL.with_(tenth | {"train.batch_size": len(inputs.parts["train"]) // 3})
    training = trained(recipe, inputs)
    assert (
        len(training.curve) == 3
    )  # of three batches: ten steps, with the last one, which is never made
    assert training.optimizer.param_groups[0]["lr"] < 0.05 * recipe.train.lr


def script(losses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the validation losses of the epochs."""
    remaining = iter(losses)
    answer = lambda *args: ({"validation.loss": next(remaining)}, ())  # noqa: E731
    monkeypatch.setattr(loop, "summarise", answer)


def test_training_stops_after_so_many_epochs_without_a_better_validation_loss(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    script([0.7, 0.5, 0.6, 0.5, 0.4], monkeypatch)
    stopped = trained(FIXED_SMALL.with_({"train.epochs": 50, "train.stop_after": 2}), inputs)
    assert [point["validation.loss"] for point in stopped.curve] == [0.7, 0.5, 0.6, 0.5]
    assert (stopped.best_epoch, stopped.best_loss) == (2, 0.5)


def test_a_plateau_halves_the_learning_rate_down_to_its_floor(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    script([0.5, 0.6, 0.6, 0.6, 0.6, 0.6], monkeypatch)
    plateau = {"kind": "plateau", "factor": 0.5, "patience": 1, "min_lr": 3e-4}
    changes = {"train.schedule": plateau, "train.lr": 1e-3, "train.epochs": 6}
    curve = trained(FIXED_SMALL.with_(changes), inputs).curve
    assert [point["lr"] for point in curve] == [1e-3, 1e-3, 1e-3, 5e-4, 5e-4, 3e-4]


def test_the_best_epoch_is_restored_with_its_batch_norm_statistics(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    script([0.5, 0.6, 0.7], monkeypatch)
    training = trained(FIXED_SMALL, inputs)
    script([0.5], monkeypatch)
    one_epoch = trained(FIXED_SMALL.with_({"train.epochs": 1}), inputs)
    training.restore_best()
    assert equal(training.model.state_dict(), one_epoch.model.state_dict())


@pytest.mark.parametrize("clip", [1.0, None])
def test_a_learning_rate_that_is_far_too_high_diverges(clip: float | None, inputs: Inputs) -> None:
    with pytest.raises(DivergedError, match=r"nan|inf|NaN"):
        trained(FIXED_SMALL.with_({"train.lr": 1e30, "train.clip_norm": clip}), inputs)


def test_a_score_of_nan_is_an_error(inputs: Inputs) -> None:
    training = Training(FIXED_SMALL, 0, inputs)
    torch.nn.init.constant_(training.model.head[-1].bias, torch.nan)
    with pytest.raises(DivergedError, match="a score on validation is NaN"):
        training.score("validation")


def test_clipping_limits_the_gradient_and_the_curve_has_the_norm_before_it(inputs: Inputs) -> None:
    changes = {"train.epochs": 1, "train.clip_norm": 1e-3}
    training = trained(FIXED_SMALL.with_(changes), inputs)
    left = [p.grad for p in training.model.parameters() if p.grad is not None]
    assert torch.nn.utils.get_total_norm(left).item() == pytest.approx(1e-3, rel=1e-3)
    assert training.curve[0]["grad_norm"] > 1e-2


def test_forty_epochs_halve_the_training_loss_of_a_tiny_world(inputs: Inputs) -> None:
    recipe = CONV_SMALL.with_({"train.epochs": 40, "train.lr": 0.01, "train.stop_after": None})
    curve = trained(recipe, inputs).curve
    assert curve[-1]["train.loss"] < 0.5 * curve[0]["train.loss"]


def test_every_variant_of_a_schedule_and_an_init_can_be_trained(inputs: Inputs) -> None:
    for union, path in ((training.Schedule, "train.schedule"), (model.Init, "model.init")):
        for variant in get_args(get_args(union)[0]):
            kind = variant().kind
            assert trained(FIXED_SMALL.with_({path: kind, "train.epochs": 1}), inputs).curve


@pytest.mark.parametrize("recipe", [FIXED_SMALL, CONV_SMALL])
def test_a_run_by_the_fast_form_learns_what_one_by_the_plain_form_learns(
    recipe: Recipe, inputs: Inputs
) -> None:
    fast, plain = trained(recipe, inputs), trained(recipe.with_({"model.plain": True}), inputs)
    for one, other in zip(fast.curve, plain.curve, strict=True):
        for name in ("train.loss", "validation.loss"):
            assert one[name] == pytest.approx(other[name], abs=1e-3), name
    assert [epoch["epoch"] for epoch in fast.curve] == [1.0, 2.0, 3.0]


def test_a_study_cannot_mix_the_forms_without_showing_it_as_an_arm() -> None:
    assert FIXED_SMALL.id != FIXED_SMALL.with_({"model.plain": True}).id
