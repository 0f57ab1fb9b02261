"""A protein encoder of the user's own: its vectors, its identity, and predictions far from home."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.parts import contents, loading
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.proteins.sequence import RESIDUES
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.train.task import Job
from rpbind.use.trained import TrainedModel

OWN = """
import numpy as np

class MyLM:
    def __init__(self, dim: int = 3, scale: float = 1.0) -> None:
        self.width, self.scale = dim, scale

    def encode(self, sequence):
        letters = np.array([ord(letter) for letter in sequence], dtype=np.float64)
        return np.outer(letters, np.arange(1, self.width + 1)) * self.scale / 100
"""
RECIPE = narrowed(CONV_RESIDUE, 8).with_({"train.epochs": 1, "train.batch_size": 64})


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "my_parts.py").write_text(OWN)
    return f"{tmp_path / 'my_parts.py'}:MyLM"


def test_an_own_class_encodes_and_its_content_and_options_are_its_identity(
    own: str, tmp_path: Path
) -> None:
    plain, wide = make_encoder(own), make_encoder(own, options={"dim": 5})
    assert (plain.id, plain.width, wide.width) == ("MyLM", 3, 5)
    assert plain.encode("AC").tolist() == pytest.approx(
        np.array([[0.65, 1.3, 1.95], [0.67, 1.34, 2.01]])
    )
    assert wide.id.startswith("MyLM-")
    (tmp_path / "my_parts.py").write_text(OWN + "\n# changed\n")
    changed = make_encoder(own)
    assert len({plain.sha256, wide.sha256, changed.sha256}) == 3
    assert changed.id == plain.id


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("/ 100", "* np.inf", "NaN or infinity"),
        ("np.outer(", "np.mean(", "failed"),
        ("return np.outer", "return np.ones(3) if 1 else np.outer", r"\(20, 3\) of floats.*\(3,\)"),
        ("letters, np", "letters[1:], np", r"\(20, 3\).*\(19, 3\)"),
        ("* self.scale / 100", "* 0 == 0", "got .* of bool"),
        ("/ 100", "+ np.random.rand()", "other vectors for the same sequence"),
        ("self.width, self.scale = dim", "self.wide, self.scale = dim", "attribute width"),
        ("class MyLM", "class MyLm", "no class 'MyLM'"),
        ("dim: int = 3", "dim: int", "lacks dim"),
    ],
)
def test_what_breaks_the_contract_is_said_with_what_was_expected_and_found(
    old: str, new: str, says: str, own: str, tmp_path: Path
) -> None:
    (tmp_path / "my_parts.py").write_text(OWN.replace(old, new, 1))
    with pytest.raises(UserError, match=says):
        make_encoder(own)


def test_options_and_weights_that_do_not_fit_are_refused(own: str) -> None:
    with pytest.raises(UserError, match=r"no option 'dom'.*'dim'"):
        make_encoder(own, options={"dom": 3})
    with pytest.raises(UserError, match="dim must be int"):
        make_encoder(own, options={"dim": "wide"})
    with pytest.raises(UserError, match="takes no options"):
        make_encoder("physchem", options={"dim": 3})


def test_a_store_is_not_extended_by_a_class_whose_file_has_changed(
    own: str, tmp_path: Path
) -> None:
    build_store(tmp_path, make_encoder(own), ["ACD"])
    (tmp_path / "my_parts.py").write_text(OWN + "\n# changed\n")
    with pytest.raises(UserError, match="give the class another name"):
        build_store(tmp_path, make_encoder(own), ["ACD", "DEF"])


def test_a_model_takes_its_protein_encoder_with_it_and_runs_it_only_if_trusted(
    own: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shutil.copytree(tiny, tmp_path / "d")
    embed = ["embed", str(data), "--encoder", own, "--option", "dim=5"]
    done = CliRunner().invoke(app, embed)
    assert done.exit_code == 0, done.output
    name = next(path.name for path in (data / "embeddings").glob("MyLM-*"))
    (copy,) = (data / "embeddings" / name / "parts").iterdir()
    assert copy.read_text() == OWN
    inputs = Inputs.open(data, SplitSpec(), name)
    assert inputs.mean_PW.shape == (4, 5)
    job = Job("toy", RECIPE.with_({"proteins": name}), 0, tmp_path / "runs")
    row = train_run(job, inputs, Machine(), "test", lambda point: None)
    assert row.state == "done", row.error
    Path(own.rpartition(":")[0]).unlink()
    shutil.rmtree(data)  # another machine, which has the model's folder alone
    monkeypatch.setattr(contents, "_known", {})
    monkeypatch.setattr(contents, "_folders", {})
    monkeypatch.setattr(loading, "_modules", {})
    folder = job.folder / job.run
    with pytest.raises(UserError, match="--trust"):
        TrainedModel.open(folder).encoder(None)
    table = tmp_path / "w.csv"
    table.write_text(f"rna\n{'A' * 31}\n")
    predict = [
        "predict",
        str(folder),
        str(table),
        "--protein",
        "SIM01",
        "--out",
        str(tmp_path / "o.csv"),
    ]
    assert isinstance(CliRunner().invoke(app, predict).exception, UserError)
    done = CliRunner().invoke(app, [*predict, "--trust"])
    assert done.exit_code == 0, done.output
    encoder = TrainedModel.open(folder, trust=True).encoder(None)
    assert encoder.encode(RESIDUES).shape == (20, 5)
