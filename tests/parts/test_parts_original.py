"""The original models as an outside file are the presets `old` and `fixed`, to the bit."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.seeding.streams import reseed

FILE = Path(__file__).parents[2] / "examples" / "original_model" / "models.py"
WIDTH, LENGTH, WINDOWS = 24, 31, 16


SMALL = {"rna_dim": 16, "dim": 32, "heads": 1}
NARROW = {
    "Old": (narrowed(OLD, 8), SMALL | {"hidden": [64, 32, 16]}),
    "Fixed": (narrowed(FIXED, 8), SMALL | {"feed_forward": 64, "hidden": [32, 16]}),
}
"""Class -> the narrower preset, and the options of the class that say the same."""


def from_file(name: str) -> Recipe:
    recipe, options = NARROW[name]
    init = recipe.value("model.init.kind")
    model = {"kind": "custom", "class": f"{FILE}:{name}", "init": {"kind": init}}
    return recipe.with_({"model": model | {"options": options}})


@pytest.mark.parametrize("name", NARROW)
def test_a_model_from_the_file_trains_as_its_preset(name: str) -> None:
    draw = torch.Generator().manual_seed(0)
    rna_BL = torch.randint(0, 5, (WINDOWS, LENGTH), dtype=torch.uint8, generator=draw)
    label_B = torch.randint(0, 2, (WINDOWS,), generator=draw).float()
    protein_B = torch.randint(0, 3, (WINDOWS,), generator=draw)
    groups = [Group(torch.arange(WINDOWS), protein_B, torch.randn(3, WIDTH, generator=draw))]
    losses = []
    for one in (NARROW[name][0].with_({"model.plain": True}), from_file(name)):
        model = build_model(one.model, width=WIDTH, length=LENGTH, seed=3)
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        losses.append([])
        for step in range(5):
            reseed(model, "cpu", 3, step)
            loss = F.binary_cross_entropy_with_logits(model(rna_BL, groups), label_B)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    assert losses[0] == losses[1]
    assert losses[0][0] != losses[0][-1]


def test_a_model_gets_each_distinct_protein_once_in_the_order_of_the_groups(
    tmp_path: Path,
) -> None:
    (tmp_path / "echo.py").write_text(
        "from torch import nn\n"
        "class Echo(nn.Module):\n"
        "    reads = 'proteins'\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.one = nn.Linear(1, 1)\n"
        "    def forward(self, rna_BL, mean_PW, protein_B):\n"
        "        assert mean_PW.shape == (5, 1)\n"
        "        return mean_PW[protein_B, 0]\n"
    )
    recipe = OLD.with_({"model": {"kind": "custom", "class": f"{tmp_path / 'echo.py'}:Echo"}})
    model = build_model(recipe.model, width=1, length=4, seed=0)
    first = Group(torch.tensor([2, 0]), torch.tensor([1, 0]), torch.tensor([[10.0], [11.0]]))
    second = Group(
        torch.tensor([1, 3]), torch.tensor([2, 2]), torch.tensor([[20.0], [21.0], [22.0]])
    )
    logit_B = model(torch.zeros(4, 4, dtype=torch.uint8), [first, second])
    assert logit_B.tolist() == [10.0, 22.0, 11.0, 22.0]
