"""Classes of the user's own and windows of different lengths."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from toy_parts import SMALL, custom, write

from rpbind.errors import UserError
from rpbind.model.group import Group
from rpbind.model.network import lengths_read, network
from rpbind.model.padding import PAD

MASKED = """
import torch.nn.functional as F
from torch import nn


class Masked(nn.Module):
    def __init__(self, dim: int = 8):
        super().__init__()
        self.dim = dim
        self.conv = nn.Conv1d(5, dim, 5, padding=2)

    def forward(self, rna, real_BL):
        letters = F.one_hot(rna, 5).to(self.conv.weight.dtype) * real_BL.unsqueeze(2)
        return self.conv(letters.transpose(1, 2)).transpose(1, 2)
"""


def test_an_encoder_that_takes_no_mask_is_refused_for_windows_of_different_lengths(
    tmp_path: Path,
) -> None:
    config = SMALL.with_({"model.encoder": custom(write(tmp_path), "GRUEncoder")}).model
    assert lengths_read(config, 30) == (30, 30)
    with pytest.raises(UserError, match=r"GRUEncoder .* real_BL"):
        network(config, width=6, length=30, varying=True)


def test_an_encoder_that_takes_the_mask_scores_a_padded_window_as_alone(tmp_path: Path) -> None:
    file = write(tmp_path, MASKED)
    changes = {"model.encoder": custom(file, "Masked"), "model.memory": "pooled"}
    config = SMALL.with_(changes).model
    assert lengths_read(config, 30) == (1, 30)
    torch.manual_seed(0)
    made = network(config, width=6, length=30, varying=True).double().eval()
    rna_BL = torch.randint(0, 5, (3, 30))
    rna_BL[1, 21:] = PAD
    mean_PW = torch.randn(1, 6, dtype=torch.float64)
    zero = torch.zeros(3, dtype=torch.int64)
    with torch.no_grad():
        together = made(rna_BL, [Group(torch.arange(3), zero, mean_PW)])
        alone = made(rna_BL[1:2, :21], [Group(torch.arange(1), zero[:1], mean_PW)])
    assert float(together[1]) == pytest.approx(float(alone), abs=1e-12)
