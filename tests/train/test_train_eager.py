"""Training without torch's compiler is torch's training."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer

from rpbind.eager import EagerAdam, EagerAdamW

TRAINS = """
import sys
import torch
from rpbind.model.build import build_model
from rpbind.recipe.presets import FIXED
from rpbind.train.optim import optimizer_of

model = build_model(FIXED.model, width=4, length=31, seed=0)
optimizer = optimizer_of(FIXED.train, model.parameters())
optimizer.zero_grad()
optimizer.step()
optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def weights_after_three_steps(kind: type[Optimizer]) -> torch.Tensor:
    torch.manual_seed(0)
    layer = nn.Linear(5, 3)
    optimizer = kind(layer.parameters(), lr=0.1, weight_decay=0.1)  # type: ignore[call-arg]
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.randn(7, 5)).square().sum().backward()
        optimizer.step()
    return layer.weight.detach()


@pytest.mark.parametrize(("ours", "theirs"), [(EagerAdam, Adam), (EagerAdamW, AdamW)])
def test_the_optimizers_make_the_steps_of_torchs_own(
    ours: type[Optimizer], theirs: type[Optimizer]
) -> None:
    assert torch.equal(weights_after_three_steps(ours), weights_after_three_steps(theirs))


def test_a_process_that_trains_does_not_import_torchs_compiler() -> None:
    """Its import would take as long as all others together."""
    ended = subprocess.run(
        [sys.executable, "-c", TRAINS], capture_output=True, text=True, check=False
    )
    assert ended.stdout.split() == ["False"], ended.stderr
