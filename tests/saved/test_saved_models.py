"""A trained model is a folder that can be carried away; files of version 0.1.0 are still read."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_saved import content_of, write_old_file_of
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.files.atomic import remove_drafts, write_folder
from rpbind.ledger import Row
from rpbind.recipe.files import read_recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.saved.description import KnownProtein
from rpbind.saved.folder import read_model, write_model
from rpbind.saved.places import is_model, models_of_study, run_of_model
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_run
from rpbind.train.task import Job
from rpbind.use.compatibility import EvaluationTarget
from rpbind.use.evaluate import evaluate_model
from rpbind.use.predict import PredictionInput, predict_windows
from rpbind.use.trained import TrainedModel

RECIPE = narrowed(CONV_RESIDUE, 8).with_({"train.epochs": 1, "train.batch_size": 64})


@pytest.fixture(scope="module")
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Row]:
    """The model folder of a run, and the run's row."""
    job = Job("toy.arm", RECIPE, 3, tmp_path_factory.mktemp("study") / "runs")
    inputs = Inputs.open(tiny, SplitSpec(), "physchem")
    row = train_run(job, inputs, Machine(), "test", lambda point: None)
    assert row.state == "done", row.error
    return job.folder / job.run, row


@pytest.fixture(scope="module")
def old(made: tuple[Path, Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model in the format of version 0.1.0, in the folder of a study."""
    folder = tmp_path_factory.mktemp("old") / "runs"
    folder.mkdir()
    return write_old_file_of(content_of(made[0]), folder / f"{made[0].name}.pt")


def windows(path: Path, protein: str = "SIM01") -> Path:
    path.write_text("rna,protein\n" + "".join(f"{a * 31},{protein}\n" for a in "ACGU"))
    return path


def test_a_run_leaves_weights_recipe_proteins_description_and_card(
    made: tuple[Path, Row], tiny: Path
) -> None:
    folder, row = made
    assert {file.name for file in folder.iterdir()} == {
        "card.md", "model.json", "model.safetensors", "proteins.json", "recipe.json"
    }  # fmt: skip
    assert read_recipe(folder / "recipe.json") == RECIPE
    saved = read_model(folder).description
    inputs = Inputs.open(tiny, SplitSpec(), "physchem")
    assert (saved.run, saved.arm, saved.seed) == (folder.name, "toy.arm", 3)
    assert saved.provenance.model_dump() == inputs.provenance
    assert [p.residues for p in saved.proteins] == [p.sequence for p in inputs.proteins]
    assert sum(p.windows for p in saved.proteins) == len(inputs.parts["train"])
    assert saved.vectors is not None
    assert (saved.vectors.encoder, saved.vectors.width) == ("physchem", 10)
    assert saved.vectors.reads == "residues"
    assert f"physchem {saved.vectors.sha256[:12]}" == inputs.provenance["encoder"]
    for part, scores in saved.scores.items():
        assert scores.windows == len(inputs.parts[part])
        assert scores.positives == int(inputs.label_N[inputs.parts[part]].sum())
        named = {f"{part}.{name}": value for name, value in scores.metrics.items()}
        assert named.items() <= row.metrics.items()
    assert {f"test.{name}" for name in saved.scores["test"].metrics} == {
        name for name in row.metrics if name.startswith("test.")
    }


def test_the_card_has_data_split_metrics_with_their_numbers_and_calibration(
    made: tuple[Path, Row],
) -> None:
    folder, row = made
    card, saved = (folder / "card.md").read_text(), read_model(folder).description
    test = saved.scores["test"]
    for fact in (
        saved.provenance.dataset,
        saved.provenance.split,
        f"{test.windows:,}",
        f"{row.metrics['test.auroc_macro']:.4f}",
        f"{saved.calibration.slope:.4f}",
        f"{sum(p.windows for p in saved.proteins):,} windows of 4 proteins",
        f"windows of {saved.length} nt",
    ):
        assert fact in card


def test_a_known_protein_needs_no_fasta(made: tuple[Path, Row], tiny: Path, tmp_path: Path) -> None:
    model, table = TrainedModel.open(made[0]), windows(tmp_path / "w.csv")
    fasta = tmp_path / "proteins.fasta"
    proteins = Inputs.open(tiny, SplitSpec(), "physchem").proteins
    fasta.write_text("".join(f">{p.id}\n{p.sequence}\n" for p in proteins))
    known, given = (
        predict_windows(model, PredictionInput(table, proteins=source)).table
        for source in (None, fasta)
    )
    assert known.equals(given)
    out = tmp_path / "o.csv"
    other = windows(tmp_path / "other.csv", "SIM02")
    command = ["predict", str(made[0]), str(other), "--protein", "SIM02", "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert out.read_text().count("SIM02") == 4


def test_a_protein_is_found_by_its_gene_though_two_cell_lines_have_it(
    made: tuple[Path, Row], tmp_path: Path
) -> None:
    saved = read_model(made[0])
    first = saved.description.proteins[0]
    both = [
        KnownProtein.model_validate(first.model_dump() | {"id": f"TARDBP {cell}", "gene": "TARDBP"})
        for cell in ("K562", "HepG2")
    ]
    changed = saved.description.model_copy(update={"proteins": both})
    write_model(tmp_path / "run", replace(saved, description=changed))
    table = windows(tmp_path / "w.csv", "TARDBP")
    predicted = predict_windows(TrainedModel.open(tmp_path / "run"), PredictionInput(table)).table
    assert predicted["seen_in_training"].to_pylist() == [True] * 4


def test_a_file_of_the_first_version_gives_the_scores_of_the_folder(
    made: tuple[Path, Row], old: Path, tiny: Path, tmp_path: Path
) -> None:
    now, then = TrainedModel.open(made[0]), TrainedModel.open(old)
    assert then.recipe == now.recipe
    target = EvaluationTarget(OpenData(tiny))
    assert evaluate_model(then, target) == evaluate_model(now, target)
    fasta = tmp_path / "proteins.fasta"
    fasta.write_text("".join(f">{p.id}\n{p.residues}\n" for p in now.proteins))
    given = PredictionInput(windows(tmp_path / "w.csv"), fasta)
    assert predict_windows(then, given).table.equals(predict_windows(now, given).table)
    explain = ["explain", str(old), "--rna", "A" * 31, "--protein", "SIM01"]
    assert CliRunner().invoke(app, [*explain, "--proteins", str(fasta)]).exit_code == 0
    assert CliRunner().invoke(app, ["doctor", str(old), "--data", str(tiny)]).exit_code in (0, 4)


def test_the_models_of_a_study_are_folders_and_old_files_but_no_checkpoints(
    made: tuple[Path, Row], old: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(made[0], runs / "b")
    shutil.copytree(made[0], runs / f".b.{'0' * 32}")  # what a killed process leaves
    shutil.copy(old, runs / "a.s0.pt")
    (runs / "c.unfinished.pt").touch()
    (runs / "b.0.json").touch()
    assert models_of_study(tmp_path) == [runs / "a.s0.pt", runs / "b"]
    assert [run_of_model(path) for path in models_of_study(tmp_path)] == ["a.s0", "b"]
    assert run_of_model(made[0]) == made[1].run
    assert not is_model(tmp_path)


def test_the_same_model_is_written_with_the_same_bytes(
    made: tuple[Path, Row], tmp_path: Path
) -> None:
    write_model(tmp_path / "again", read_model(made[0]))
    for file in made[0].iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_files_of_custom_parts_are_kept_and_checked(made: tuple[Path, Row], tmp_path: Path) -> None:
    saved = read_model(made[0])
    parts = {"my_parts.py": b"class MyEncoder: ...\n"}
    write_model(tmp_path / "run", replace(saved, parts=parts))
    assert read_model(tmp_path / "run").parts == parts
    names = json.loads((tmp_path / "run" / "model.json").read_bytes())["files"]
    assert "parts/my_parts.py" in names


def test_a_folder_is_replaced_as_a_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "run", {"a": b"1", "parts/b": b"2"})
    write_folder(tmp_path / "run", {"c": b"3"})
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert {path.name for path in (tmp_path / "run").rglob("*")} == {"c"}
    (tmp_path / f".run.{'a' * 32}" / "parts").mkdir(parents=True)
    assert remove_drafts(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_weights_of_the_folder_are_those_of_the_model(made: tuple[Path, Row]) -> None:
    state = TrainedModel.open(made[0]).model.state_dict()
    weights = read_model(made[0]).weights
    assert weights.keys() == state.keys()
    assert all(np.array_equal(weights[name], state[name]) for name in state)


def test_a_study_in_place_of_a_model_is_refused_with_its_runs(
    made: tuple[Path, Row], tmp_path: Path
) -> None:
    run = tmp_path / "study" / "runs" / made[0].name
    shutil.copytree(made[0], run)
    for path in (run.parent, run.parent.parent):
        with pytest.raises(UserError, match=f"is a study, not a model.*{made[0].name}"):
            TrainedModel.open(path)


def test_an_exact_name_of_a_protein_is_a_header_and_other_names_are_refused_with_the_known_ones(
    made: tuple[Path, Row], tmp_path: Path
) -> None:
    model, fasta = TrainedModel.open(made[0]), tmp_path / "w.fasta"
    letters = "A" * model.length
    fasta.write_text(f">SIM02\n{letters}\n>2_SIM02\n{letters}\n")
    table = predict_windows(model, PredictionInput(fasta)).table
    assert table["protein"].to_pylist() == ["SIM02", "SIM02"]
    with pytest.raises(UserError, match=r"The model knows .*SIM02"):
        predict_windows(model, PredictionInput(fasta, protein="QKX"))
