"""Initial values of any layer depend only on (run seed, full name), else building is an error."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rpbind.errors import UserError
from rpbind.model.build import build_model
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, PRESETS
from rpbind.seeding.drawing import draw_by_name
from rpbind.seeding.randomness import check_no_unseeded_draw, seed_dropout
from rpbind.seeding.streams import Dropout, reseed


class Bare(nn.Module):
    """Parameters and a buffer outside any layer, drawn in the usual ways."""

    def __init__(self) -> None:
        super().__init__()
        self.scaled = nn.Parameter(0.02 * torch.randn(3, 4))
        self.orthogonal = nn.Parameter(torch.empty(4, 4))
        nn.init.orthogonal_(self.orthogonal)
        self.truncated = nn.Parameter(nn.init.trunc_normal_(torch.empty(50, 50), a=-0.5, b=0.5))
        self.register_buffer("frequencies", torch.rand(5))


class Copied(nn.Module):
    """torch copies one layer, so without help all layers would have the same initial values."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(3, 4),
    "conv1d": lambda: nn.Conv1d(3, 4, 5),
    "embedding": lambda: nn.Embedding(5, 6),
    "gru": lambda: nn.GRU(4, 5, num_layers=2, bidirectional=True),
    "lstm": lambda: nn.LSTM(4, 5),
    "attention": lambda: nn.MultiheadAttention(8, 2),
    "bilinear": lambda: nn.Bilinear(2, 3, 4),
    "layer norm": lambda: nn.LayerNorm(4),
    "batch norm": lambda: nn.BatchNorm1d(4),
    "transformer": Copied,
    "bare parameters": Bare,
}


class Two(nn.Module):
    """A layer and, with `more`, others before and after it that draw too."""

    def __init__(self, make: Callable[[], nn.Module], *, more: bool) -> None:
        super().__init__()
        if more:
            self.before = nn.Parameter(torch.randn(7))
            self.earlier = nn.GRU(2, 3)
        self.layer = make()
        if more:
            self.later = nn.Linear(9, 9)


def values(make: Callable[[], nn.Module], seed: int = 0) -> dict[str, Tensor]:
    return draw_by_name(make, seed).state_dict()


@pytest.mark.parametrize("kind", LAYERS)
def test_two_builds_under_different_global_seeds_have_the_same_bits(kind: str) -> None:
    found = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        found.append(values(LAYERS[kind]))
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())


@pytest.mark.parametrize("kind", LAYERS)
def test_other_layers_before_and_after_change_no_value(kind: str) -> None:
    alone = values(lambda: Two(LAYERS[kind], more=False))
    among = values(lambda: Two(LAYERS[kind], more=True))
    assert len(among) > len(alone) > 0
    assert all(torch.equal(value, among[name]) for name, value in alone.items())


@pytest.mark.parametrize("kind", LAYERS)
def test_a_value_depends_on_the_run_seed_unless_it_is_constant(kind: str) -> None:
    one, other = values(LAYERS[kind]), values(LAYERS[kind], seed=1)
    for name, value in one.items():
        constant = value.unique().numel() == 1
        assert torch.equal(value, other[name]) == constant, name


def test_every_layer_keeps_the_distribution_that_torch_gives_it() -> None:
    gru = values(lambda: nn.GRU(40, 50))
    bound = 50**-0.5
    for value in gru.values():
        assert value.abs().max() == pytest.approx(bound, rel=0.05)
        assert value.mean().abs() < bound / 5
    embedding = values(lambda: nn.Embedding(60, 60))["weight"]
    assert embedding.std() == pytest.approx(1.0, rel=0.05)
    attention = values(lambda: nn.MultiheadAttention(16, 2))
    assert attention["in_proj_weight"].abs().max() == pytest.approx((6 / 64) ** 0.5, rel=0.05)
    assert not attention["out_proj.bias"].any()
    bare = values(Bare)
    torch.testing.assert_close(bare["orthogonal"] @ bare["orthogonal"].T, torch.eye(4))
    assert bare["truncated"].abs().max() <= 0.5


def test_layers_that_torch_copied_from_one_have_different_initial_values() -> None:
    drawn = values(Copied)
    one, other = (drawn[f"layers.layers.{n}.linear1.weight"] for n in (0, 1))
    assert not torch.equal(one, other)
    assert not drawn["layers.layers.1.self_attn.out_proj.bias"].any()


def test_building_leaves_every_global_generator_as_it_was() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    values(Bare)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), np.random.get_state()[1].tolist())


def with_own_value(draw: Callable[[], Tensor]) -> Callable[[], nn.Module]:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stable = nn.Linear(2, 2)
            self.own = nn.Parameter(draw())

    return Own


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.from_numpy(np.random.rand(3)),
        lambda: torch.from_numpy(np.random.default_rng().random(3)),
        lambda: torch.tensor([random.random()]),
        lambda: torch.rand(3, generator=(g := torch.Generator(), g.seed())[0]),
    ],
    ids=["numpy", "numpy generator", "random", "torch generator"],
)
def test_a_value_drawn_by_another_generator_is_an_error_that_names_it(
    draw: Callable[[], Tensor],
) -> None:
    with pytest.raises(UserError, match="initial value of own differs"):
        draw_by_name(with_own_value(draw), 0)


def test_a_layer_without_sizes_is_an_error_that_names_it() -> None:
    with pytest.raises(UserError, match=r"'0\.weight' has no shape"):
        draw_by_name(lambda: nn.Sequential(nn.LazyLinear(3)), 0)


def test_plain_dropout_is_replaced_by_dropout_seeded_by_its_name() -> None:
    model = nn.Sequential(nn.Linear(9, 9), nn.Sequential(nn.Dropout(0.5)))
    seed_dropout(model)
    masks = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        reseed(model, "cpu", 0)
        masks.append(model[1](torch.ones(99)))
    assert isinstance(model[1][0], Dropout)
    assert torch.equal(*masks)
    assert 0 < int((masks[0] == 0).sum()) < 99


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dropout1d(0.1),
        nn.Dropout2d(0.1),
        nn.AlphaDropout(0.1),
        nn.FeatureAlphaDropout(0.1),
        nn.RReLU(),
        nn.FractionalMaxPool2d(2, output_size=1),
        nn.GRU(2, 3, num_layers=2, dropout=0.1),
        nn.MultiheadAttention(4, 2, dropout=0.1),
        nn.TransformerEncoderLayer(4, 2, 8),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_with_its_own_random_draws_is_an_error_that_names_it(layer: nn.Module) -> None:
    with pytest.raises(UserError, match=r"'1.* draws random numbers in training"):
        seed_dropout(nn.Sequential(nn.Linear(2, 2), layer))


@pytest.mark.parametrize(
    "layer",
    [nn.Dropout1d(0.0), nn.GRU(2, 3, dropout=0.0), nn.MultiheadAttention(4, 2), nn.RReLU(0.1, 0.1)],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_without_random_draws_is_accepted(layer: nn.Module) -> None:
    seed_dropout(nn.Sequential(layer))


def test_a_draw_from_the_global_generator_in_training_is_an_error() -> None:
    model = nn.Linear(2, 2)
    with check_no_unseeded_draw(model, "cpu"):
        torch.rand(3, generator=torch.Generator())
    with (
        pytest.raises(UserError, match="torch's global generator"),
        check_no_unseeded_draw(model, "cpu"),
    ):
        nn.functional.dropout(torch.ones(3), 0.5, training=True)


VARIANTS = {
    **PRESETS,
    "self-attention": narrowed(FIXED, 8).with_({"model.encoder": "self-attention"}),
    "segment": narrowed(FIXED, 8).with_({"model.memory": "segment", "model.film": True}),
    "both ways": narrowed(FIXED, 8).with_({"model.attention.both_ways": True}),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_the_same_initial_values_under_different_global_seeds(name: str) -> None:
    found = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        found.append(build_model(VARIANTS[name].model, width=6, length=31, seed=0).state_dict())
    assert all(torch.equal(value, found[1][key]) for key, value in found[0].items())
