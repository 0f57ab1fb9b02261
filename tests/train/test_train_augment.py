"""Augmentation: training windows are shifted and masked by the run's own random draws."""

import torch

from rpbind.model.padding import PAD
from rpbind.recipe.training import Train
from rpbind.seeding.streams import generator
from rpbind.train.augment import augment

RNA_BL = torch.arange(12, dtype=torch.uint8).remainder(4).repeat(500, 1)
N = 4


def augmented(seed: int = 0, **fields: float) -> torch.Tensor:
    return augment(RNA_BL, Train(**fields), generator("cpu", seed))


def test_without_augmentation_a_window_is_unchanged() -> None:
    assert augmented() is RNA_BL


def test_a_shifted_window_is_a_part_of_itself_padded_with_n() -> None:
    seen = set()
    for before_L, after_L in zip(RNA_BL.tolist(), augmented(shift=3).tolist(), strict=True):
        padded = [N] * 3 + before_L + [N] * 3
        steps = [step for step in range(-3, 4) if padded[3 + step : 15 + step] == after_L]
        assert len(steps) == 1
        seen.add(steps[0])
    assert seen == set(range(-3, 4))


def test_a_share_of_the_letters_is_masked_and_the_others_are_unchanged() -> None:
    masked_BL = augmented(mask=0.2)
    assert abs((masked_BL == N).double().mean() - 0.2) < 0.02
    assert ((masked_BL == N) | (masked_BL == RNA_BL)).all()
    assert masked_BL.dtype == torch.uint8


def test_draws_depend_only_on_the_given_stream() -> None:
    torch.manual_seed(1)
    first = augmented(shift=3, mask=0.1)
    torch.manual_seed(2)
    assert torch.equal(augmented(shift=3, mask=0.1), first)
    assert not torch.equal(augmented(seed=1, shift=3, mask=0.1), first)


def test_a_shorter_window_keeps_its_length_when_it_is_shifted_and_masked() -> None:
    rna_BL = RNA_BL.clone()
    rna_BL[:, 9:] = PAD
    config = Train(shift=5, mask=0.3)
    changed_BL = augment(rna_BL, config, torch.Generator().manual_seed(0))
    assert torch.equal(changed_BL == PAD, rna_BL == PAD)
    assert (changed_BL != rna_BL).any()
