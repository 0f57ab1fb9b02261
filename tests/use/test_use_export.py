"""An exported model gives the logits of the model, whatever its parts are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from toy_trained import Toy

from rpbind.errors import UserError
from rpbind.model.build import build_model
from rpbind.recipe import Recipe, encoders, memories
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, PRESETS
from rpbind.use import export
from rpbind.use.export import export_model
from rpbind.use.trained import TrainedModel

SMALL = narrowed(CONV_RESIDUE, 8)
SELF_ATTENTION = {"kind": "self-attention", "layers": 1, "pool": 4}
VARIANTS = {
    **{name: narrowed(recipe, 8) for name, recipe in PRESETS.items()},
    "token, segments, film, mean-max": SMALL.with_(
        {
            "model.encoder": "token",
            "model.memory": {"kind": "segment", "segments": 8},
            "model.film": True,
            "model.readout": "mean-max",
        }
    ),
    "self-attention, residues, both ways, own head": SMALL.with_(
        {
            "model.encoder": SELF_ATTENTION,
            "model.attention.both_ways": True,
            "model.own_head": True,
        }
    ),
    "self-attention, pooled, film, own head": SMALL.with_(
        {
            "model.encoder": SELF_ATTENTION,
            "model.memory": "pooled",
            "model.film": True,
            "model.own_head": True,
        }
    ),
    "conv, copies with positions": SMALL.with_(
        {
            "model.encoder.pool_after": "first",
            "model.memory": {"kind": "expanded", "position": True},
            "model.feed_forward": None,
        }
    ),
}
"""The presets, and together with them every variant of encoder, memory, readout, film, head."""


def trained(toy: Toy, recipe: Recipe) -> TrainedModel:
    """The toy's model with another recipe, with random weights and statistics of batch norms."""
    model = build_model(recipe.model, width=10, length=33, seed=0)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point() and "temperature" not in name:
                value.copy_(
                    torch.rand_like(value)
                    if "var" in name
                    else value + 0.1 * torch.randn_like(value)
                )
    model.eval().requires_grad_(False)
    return TrainedModel(**{**vars(toy.trained), "recipe": recipe, "model": model})


@pytest.mark.parametrize("name", VARIANTS)
def test_onnx_gives_the_logits_of_the_model(name: str, sees_motifs: Toy, tmp_path: Path) -> None:
    model, out = trained(sees_motifs, VARIANTS[name]), tmp_path / "model.onnx"
    assert export_model(model, "onnx", out) <= 1e-5
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    assert [(one.name, one.shape) for one in session.get_outputs()] == [("logit", ["batch"])]
    rows = 1 if model.model.reads == "mean" else "residues"
    assert [(one.name, one.shape) for one in session.get_inputs()] == [
        ("rna", ["batch", 33]),
        ("protein", [rows, 10]),
    ]


def test_the_logits_of_a_trained_model_are_those_of_predict(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    model = sees_motifs.trained
    export_model(model, "onnx", tmp_path / "model.onnx")
    inputs = sees_motifs.inputs
    mine_N = torch.nonzero(inputs.protein_N == 1).squeeze(1)
    with torch.no_grad():
        rna_BL, groups, _ = inputs.batch(mine_N, model.model.reads)
        expected_B = model.model(rna_BL, groups).numpy()
    start, rows = int(inputs.offset_P[1]), int(inputs.length_P[1])
    given = {
        "rna": rna_BL.numpy().astype(np.int64),
        "protein": inputs.residues_ND[start : start + rows].numpy(),
    }
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    np.testing.assert_allclose(session.run(["logit"], given)[0], expected_B, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["old", "conv-residue"])
def test_torch_export_gives_the_logits_of_the_model_and_needs_no_rpbind(
    name: str, sees_motifs: Toy, tmp_path: Path
) -> None:
    model, out = trained(sees_motifs, VARIANTS[name]), tmp_path / "model.pt2"
    assert export_model(model, "torch-export", out) <= 1e-5
    found = {"rpbind.json": ""}
    torch.export.load(out, extra_files=found)
    described = json.loads(found["rpbind.json"])
    assert Recipe.model_validate_json(described["recipe"]) == model.recipe


def test_the_file_says_what_goes_in_and_where_it_comes_from(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    export_model(sees_motifs.trained, "onnx", tmp_path / "model.onnx")
    props = {p.key: p.value for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    assert "A 0, C 1, G 2, U 3, N 4" in props["input rna"]
    assert "(residues, 10)" in props["input protein"]
    assert sees_motifs.trained.provenance["encoder"] in props["input protein"]
    assert json.loads(props["calibration"])["slope"] == sees_motifs.trained.calibration.slope
    assert props["dataset"] == sees_motifs.trained.provenance["dataset"]


OWN = """
import torch.nn.functional as F
from torch import nn

class Gru(nn.Module):
    def __init__(self, dim: int = 8):
        super().__init__()
        self.gru = nn.GRU(5, dim // 2, batch_first=True, bidirectional=True)
        self.dim = dim

    def forward(self, rna):
        return self.gru(F.one_hot(rna, 5).float())[0]

class Whole(nn.Module):
    reads = "residues"

    def __init__(self, width):
        super().__init__()
        self.scale = nn.Linear(width, 5)

    def forward(self, rna, residues, real):
        mean = (residues * real.unsqueeze(2)).sum(1) / real.sum(1, keepdim=True)
        return (F.one_hot(rna, 5).float().mean(1) * self.scale(mean)).sum(1)
"""


@pytest.mark.parametrize(("slot", "name"), [("model.encoder", "Gru"), ("model", "Whole")])
def test_a_class_of_the_users_own_is_exported_with_its_model(
    slot: str, name: str, sees_motifs: Toy, tmp_path: Path
) -> None:
    file = tmp_path / "my_parts.py"
    file.write_text(OWN)
    recipe = SMALL.with_({slot: {"kind": "custom", "class": f"{file}:{name}"}})
    model = build_model(recipe.model, width=10, length=33, seed=0).eval().requires_grad_(False)
    own = TrainedModel(**{**vars(sees_motifs.trained), "recipe": recipe, "model": model})
    assert export_model(own, "onnx", tmp_path / "model.onnx") <= 1e-5


class LooksAtValues(nn.Module):
    """A model whose path through the code depends on values, which a graph cannot hold."""

    reads = "mean"
    varying = False

    def forward(self, rna_BL: Tensor, groups: Any) -> Tensor:
        mean_B = rna_BL.float().mean(1)
        return mean_B if float(mean_B.sum()) > 3 else -mean_B


class Forgets(nn.Module):
    """A model whose graph gives other numbers than the model: it counts its calls."""

    reads = "mean"
    varying = False

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, rna_BL: Tensor, groups: Any) -> Tensor:
        self.calls += 1
        return rna_BL.float().mean(1) + self.calls


@pytest.mark.parametrize("format", ["onnx", "torch-export"])
@pytest.mark.parametrize(
    ("model", "why"), [(LooksAtValues(), "cannot be exported as"), (Forgets(), "differ")]
)
def test_a_model_that_cannot_be_exported_is_refused_with_the_reason_and_nothing_is_written(
    model: nn.Module, why: str, format: str, sees_motifs: Toy, tmp_path: Path
) -> None:
    odd = TrainedModel(**{**vars(sees_motifs.trained), "model": cast(Any, model)})
    with pytest.raises(UserError, match=why):
        export_model(odd, format, tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", [1, 64])
def test_an_export_that_gives_nan_is_refused(
    bad: int, sees_motifs: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: nn.Module, inputs: object, described: object) -> tuple[bytes, Any]:
        def run(rna: Any, protein: Any) -> Any:
            logit_B = model(torch.from_numpy(rna), torch.from_numpy(protein)).numpy()
            return np.full_like(logit_B, np.nan) if len(rna) == bad else logit_B

        return b"", run

    monkeypatch.setitem(export.WRITERS, "onnx", broken)
    with pytest.raises(UserError, match="nan times"):
        export_model(sees_motifs.trained, "onnx", tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named_with_the_extra_that_installs_it(
    sees_motifs: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"onnxruntime.*rpbind\[onnx\]"):
        export_model(sees_motifs.trained, "onnx", tmp_path / "model.onnx")


def test_all_variants_of_the_slots_are_exported() -> None:
    models = [recipe.model for recipe in VARIANTS.values()]
    for union, seen in (
        (encoders.Encoder, {type(model.encoder) for model in models}),
        (memories.Memory, {type(model.memory) for model in models}),
    ):
        assert {
            kind for kind in get_args(get_args(union)[0]) if "Custom" not in kind.__name__
        } <= seen
    for path in ("film", "readout", "own_head", "residual", "normalised"):
        assert len({getattr(model, path) for model in models}) == 2, path
    assert len({model.attention.both_ways for model in models}) == 2
