"""A window's score does not depend on the batch: on other windows, padding or order."""

from typing import Any

import pytest
import torch
from toy_models import CONV, SMALL_FIXED, SMALL_OLD, group, logits, model, proteins, windows

RNA_BL = windows(6)
CHAINS = proteins(40, 7, 90)
WHOSE = [0, 1, 2, 1, 0, 2]
RECIPES: list[dict[str, Any]] = [
    {"memory": "expanded"},
    {"memory": "residue"},
    {"memory": "residue", "encoder": CONV},
]


@pytest.mark.parametrize("changes", RECIPES)
def test_padding_has_no_effect(changes: dict[str, Any]) -> None:
    built = model(SMALL_FIXED, **changes)
    together = logits(built, RNA_BL, group(CHAINS, WHOSE))
    for row, protein in enumerate(WHOSE):
        alone = logits(built, RNA_BL[row : row + 1], group([CHAINS[protein]], [0]))
        assert alone.item() == pytest.approx(together[row].item(), abs=1e-12)


def test_the_logits_of_different_proteins_differ() -> None:
    built = model(SMALL_FIXED, memory="residue")
    one, two, three = (logits(built, RNA_BL, group([chain], [0] * 6)) for chain in CHAINS)
    assert min((one - two).abs().min(), (one - three).abs().min()) > 1e-3


@pytest.mark.parametrize("changes", RECIPES)
def test_the_order_of_a_batch_has_no_effect(changes: dict[str, Any]) -> None:
    built, order = model(SMALL_FIXED, **changes), [4, 2, 0, 5, 1, 3]
    straight = logits(built, RNA_BL, group(CHAINS, WHOSE))
    turned = logits(built, RNA_BL[order], group(CHAINS, [WHOSE[i] for i in order]))
    torch.testing.assert_close(turned, straight[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("changes", RECIPES)
def test_the_division_of_a_batch_into_groups_has_no_effect(changes: dict[str, Any]) -> None:
    built = model(SMALL_FIXED, **changes)
    whole = logits(built, RNA_BL, group(CHAINS, WHOSE))
    late = group([CHAINS[2]], [0, 0], rows_B=[5, 2])
    early = group(CHAINS[:2], [1, 0, 1, 0], rows_B=[1, 4, 3, 0])
    cut = logits(built, RNA_BL, late, early)
    torch.testing.assert_close(cut, whole, rtol=0, atol=1e-12)


def test_evaluation_draws_no_random_number_and_changes_no_parameter() -> None:
    built = model(SMALL_OLD)
    before = {name: value.clone() for name, value in built.state_dict().items()}
    first, again = (logits(built, RNA_BL, group(CHAINS, WHOSE)) for _ in range(2))
    assert torch.equal(first, again)
    assert all(torch.equal(before[name], value) for name, value in built.state_dict().items())


@pytest.mark.parametrize(("pool", "queries"), [(1, 101), (4, 26), (101, 1)])
def test_pooling_keeps_the_last_positions_of_a_window(pool: int, queries: int) -> None:
    built = model(SMALL_FIXED, encoder=CONV | {"pool": pool})
    changed_BL = RNA_BL.clone()
    changed_BL[:, -1] = (changed_BL[:, -1] + 1) % 5
    assert built.encoder(RNA_BL)[0].shape[1] == queries
    assert not torch.equal(built.encoder(changed_BL)[0], built.encoder(RNA_BL)[0])


def test_a_convolution_has_the_receptive_field_of_the_recipe() -> None:
    built = model(SMALL_FIXED, encoder={"kind": "conv", "dim": 16, "layers": 2, "kernel": 5})
    changed_BL = RNA_BL.clone()
    changed_BL[:, 50] = (changed_BL[:, 50] + 1) % 5
    moved_L = (built.encoder(changed_BL)[0] - built.encoder(RNA_BL)[0]).abs().amax((0, 2))
    assert torch.nonzero(moved_L).squeeze(1).tolist() == list(range(50 - 4, 50 + 4 + 1))


def test_a_temperature_below_a_tenth_counts_as_a_tenth() -> None:
    built, batch = model(SMALL_FIXED, memory="residue"), group(CHAINS, WHOSE)
    torch.nn.init.constant_(built.attend.temperature, 0.1)
    tenth = logits(built, RNA_BL, batch)
    torch.nn.init.constant_(built.attend.temperature, -3.0)
    assert torch.equal(logits(built, RNA_BL, batch), tenth)
