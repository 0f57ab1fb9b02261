import pytest
import torch
from torch import Tensor, nn

from rpbind.model.build import build_model
from rpbind.recipe import Recipe
from rpbind.recipe.presets import FIXED, OLD
from rpbind.seeding.streams import Dropout, generator, reseed


def parameters(recipe: Recipe, seed: int = 0) -> dict[str, Tensor]:
    built = build_model(recipe.model, width=20, length=31, seed=seed)
    return {name: parameter.detach() for name, parameter in built.named_parameters()}


def test_an_arm_with_more_parameters_shares_every_value_that_both_have() -> None:
    plain = OLD.with_({"model.init": "xavier", "model.classifier.hidden": [256, 128]})
    small, large = parameters(plain), parameters(FIXED)
    assert small.keys() < large.keys()
    assert {"bypass.weight", "memory.position", "attend.temperature"} <= large.keys()
    assert all(torch.equal(value, large[name]) for name, value in small.items())


def test_other_head_sizes_leave_the_layers_before_the_head_unchanged() -> None:
    deep, flat = parameters(OLD), parameters(OLD.with_({"model.classifier.hidden": [512]}))
    common = [name for name in deep if name in flat and deep[name].shape == flat[name].shape]
    assert "head.0.weight" in common
    assert all(torch.equal(deep[name], flat[name]) for name in common)


def test_initial_values_depend_on_seed_and_name_and_not_on_the_global_generator() -> None:
    torch.manual_seed(1)
    first = parameters(FIXED)
    torch.manual_seed(2)
    again, other = parameters(FIXED), parameters(FIXED, seed=1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["memory.position"], other["memory.position"])
    assert not torch.equal(first["memory.key.weight"], other["memory.key.weight"])
    assert not torch.equal(first["memory.key.weight"], first["memory.value.weight"])


def test_two_init_rules_scale_the_same_draws() -> None:
    plain, xavier = parameters(FIXED.with_({"model.init": "torch"})), parameters(FIXED)
    ratio = xavier["memory.key.weight"] / plain["memory.key.weight"]
    gain = 0.5 * (6 / (20 + 256)) ** 0.5 * 20**0.5
    torch.testing.assert_close(ratio, torch.full_like(ratio, gain))


def test_xavier_weights_fill_their_bounds_and_biases_are_zero() -> None:
    drawn = parameters(FIXED)
    for name, gain, fans in [("attend.query", 0.5, 128 + 256), ("bypass", 1.0, 128 + 256)]:
        bound = gain * (6 / fans) ** 0.5
        assert drawn[f"{name}.weight"].abs().max() == pytest.approx(bound, rel=1e-3)
        assert drawn[f"{name}.weight"].mean().abs() < bound / 100
        assert not drawn[f"{name}.bias"].any()
    assert drawn["memory.position"].std() == pytest.approx(0.02, rel=0.05)


class Two(nn.Module):
    """One layer that two arms share and, in one of them, another that draws first."""

    def __init__(self, more: bool) -> None:
        super().__init__()
        self.extra = Dropout(0.5) if more else nn.Identity()
        self.shared = Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        self.extra(x)
        return self.shared(x)


def dropped(key: tuple[int, int], more: bool = False, shape: tuple[int, ...] = (999,)) -> Tensor:
    layer = Two(more)
    reseed(layer, "cpu", *key)
    return layer(torch.ones(shape))


def test_a_mask_is_a_function_of_seed_layer_name_and_epoch() -> None:
    torch.manual_seed(1)
    first = dropped((0, 1))
    torch.manual_seed(2)
    assert torch.equal(first, dropped((0, 1)))
    assert not torch.equal(first, dropped((1, 1)))
    assert not torch.equal(first, dropped((0, 2)))


def test_another_layer_does_not_change_the_masks_of_this_one() -> None:
    assert torch.equal(dropped((0, 1)), dropped((0, 1), more=True))


def test_two_layers_of_one_model_drop_different_elements() -> None:
    layers = nn.ModuleList([Dropout(0.5), Dropout(0.5)])
    reseed(layers, "cpu", 0, 1)
    one, two = (layer(torch.ones(99)) for layer in layers)
    assert not torch.equal(one, two)


def test_batches_of_one_epoch_get_different_masks() -> None:
    layer = Two(more=False)
    reseed(layer, "cpu", 0, 1)
    assert not torch.equal(layer(torch.ones(99)), layer(torch.ones(99)))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_dropout_drops_its_share_and_keeps_the_expectation(p: float) -> None:
    layer = Dropout(p)
    reseed(layer, "cpu", 0)
    out = layer(torch.ones(4_000_003))
    zeros = (out == 0).double().mean()
    assert zeros == pytest.approx(p, abs=5 * (p * (1 - p) / 4e6) ** 0.5)
    assert out.double().mean() == pytest.approx(1, abs=5 * (p / (1 - p) / 4e6) ** 0.5)
    assert out.unique().tolist() == [0, pytest.approx(1 / (1 - p), rel=1 / 65536)]


def test_exactly_the_rounded_share_of_all_draws_is_dropped() -> None:
    layer = Dropout(0.1)
    draws = torch.arange(-(2**15), 2**15)
    assert (draws < layer.cut - 32768).sum() == layer.cut == 6554


def test_evaluation_and_p_zero_return_the_input_itself() -> None:
    x = torch.randn(5, generator=generator("cpu", "x"))
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_a_dropout_layer_without_a_stream_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="no stream"):
        Dropout(0.5)(torch.ones(3))


def test_keys_that_join_to_the_same_text_are_different_streams() -> None:
    one, two = generator("cpu", 1, "1a"), generator("cpu", 11, "a")
    assert one.initial_seed() != two.initial_seed()
