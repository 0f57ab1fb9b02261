"""How many runs share a GPU, from the memory that their models take."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.options import Defaults, Options
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED
from rpbind.run import gpu_share
from rpbind.run.gpu_share import CONTEXT, MOST, peak_memory, share_of
from rpbind.train.inputs import Inputs
from rpbind.train.machine import ONE_CPU

GB = 2**30


@pytest.mark.parametrize(
    ("peak", "total", "runs"),
    [
        (20 * GB - CONTEXT, 80 * GB, 3),  # a tenth stays free, so a fourth does not fit
        (18 * GB - CONTEXT, 80 * GB, 4),
        (GB, 140 * GB, MOST),
        (79 * GB, 80 * GB, 1),
        (200 * GB, 80 * GB, 1),  # too large: the run itself then says so
    ],
)
def test_as_many_runs_share_a_gpu_as_its_memory_holds(peak: int, total: int, runs: int) -> None:
    share = share_of(peak, total)
    assert int(1 / share) == runs
    assert runs * share <= 1  # what Ray checks
    assert share == round(share, 4)


def test_a_model_is_measured_by_a_few_whole_steps_and_a_scoring_batch(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = Inputs.open(tiny, SplitSpec("cold-rna", (50, 25, 25)), "physchem")
    recipe = narrowed(FIXED, 16).with_({"train.batch_size": 4})
    seen: list[int] = []
    step = gpu_share.Training.step

    def counted(self: gpu_share.Training, batch: object) -> object:
        seen.append(len(batch))  # type: ignore[arg-type]
        return step(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(gpu_share.Training, "step", counted)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: seen.clear())
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: sum(seen))
    assert peak_memory(recipe, inputs, ONE_CPU) == gpu_share.STEPS * 4


def test_sharing_by_measurement_contradicts_a_share_that_is_given() -> None:
    shared = Options(defaults=Defaults(narrower=1), share_gpus=True).resources()
    assert (shared.shared, shared.gpus) == (True, 1.0)
    for given in ({"gpus_per_run": 0.5}, {"workers": 2}):
        with pytest.raises(UserError, match="--share-gpus"):
            Options(defaults=Defaults(narrower=1), share_gpus=True, **given).resources()
