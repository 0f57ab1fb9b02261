"""Augmentation: windows are moved and masked in training, by draws of the run's own."""

import torch

from rpbind.model.seeding import generator
from rpbind.recipe.training import Train
from rpbind.train.augment import augment

RNA_BL = torch.arange(12, dtype=torch.uint8).remainder(4).repeat(500, 1)
N = 4


def made(seed: int = 0, **knobs: float) -> torch.Tensor:
    return augment(RNA_BL, Train(**knobs), generator("cpu", seed))


def test_without_knobs_a_window_stays_as_it_is() -> None:
    assert made() is RNA_BL


def test_a_moved_window_is_a_piece_of_itself_between_n() -> None:
    seen = set()
    for before_L, after_L in zip(RNA_BL.tolist(), made(shift=3).tolist(), strict=True):
        padded = [N] * 3 + before_L + [N] * 3
        steps = [step for step in range(-3, 4) if padded[3 + step : 15 + step] == after_L]
        assert len(steps) == 1
        seen.add(steps[0])
    assert seen == set(range(-3, 4))


def test_a_share_of_the_letters_is_masked_and_the_rest_stays() -> None:
    masked_BL = made(mask=0.2)
    assert abs((masked_BL == N).double().mean() - 0.2) < 0.02
    assert ((masked_BL == N) | (masked_BL == RNA_BL)).all()
    assert masked_BL.dtype == torch.uint8


def test_draws_belong_to_the_stream_alone() -> None:
    torch.manual_seed(1)
    first = made(shift=3, mask=0.1)
    torch.manual_seed(2)
    assert torch.equal(made(shift=3, mask=0.1), first)
    assert not torch.equal(made(seed=1, shift=3, mask=0.1), first)
