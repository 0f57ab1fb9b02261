"""Recipes, spaces and options of sizes that nobody means: one sentence, at once, and no memory."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bad_input import Case, check

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.model.build import build_model
from rpbind.model.size import check_fits, parameter_count
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe.presets import FIXED, OLD, PRESETS

WORLD: list[Path] = []
DOCTOR = "rpbind doctor r.toml"
ON_DATA = f"{DOCTOR} --data world"
ABLATE = "ablate.py --data world --dry-run"
TUNE = "tune.py --data world --dry-run --trials 4 --space s.toml"
DIM = "[model.attention]\ndim = {}\nheads = 1\n"


@pytest.fixture(scope="module", autouse=True)
def world(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A small dataset with its split and the vectors of its controls, so that nothing is made."""
    folder = tmp_path_factory.mktemp("sizes") / "world"
    shutil.copytree(tiny, folder)
    dataset = Dataset.open(folder)
    load_split(dataset, SplitSpec())
    for encoder in ("random", "constant"):
        sequences = [protein.sequence for protein in dataset.proteins]
        build_store(folder, make_encoder(encoder), sequences)
    WORLD[:] = [folder]


def recipe(text: str) -> Callable[[Path], None]:
    """A recipe beside a small dataset, whose windows have few nucleotides."""

    def fill(folder: Path) -> None:
        shutil.copytree(WORLD[0], folder / "world")
        (folder / "r.toml").write_text(text)

    return fill


def space(path: str, kind: str, rest: str) -> Callable[[Path], None]:
    """A space of one dimension beside a small dataset."""

    def fill(folder: Path) -> None:
        recipe("")(folder)
        text = f'about = "x"\n[[dimension]]\npath = "{path}"\nkind = "{kind}"\n{rest}\n'
        (folder / "s.toml").write_text(text)

    return fill


TRAIN = [
    ("lr", "1e39", "1e+39"),
    ("lr", "inf", "inf"),
    ("lr", "0.0", "0.0"),
    ("lr", '"fast"', "'fast'"),
    ("weight_decay", "1e39", "1e+39"),
    ("clip_norm", "1e39", "1e+39"),
    ("epochs", "1000000000000", "1000000000000"),
    ("epochs", "0", "found 0"),
    ("batch_size", "1000000000", "1000000000"),
    ("batch_size", "1", "found 1"),
    ("stop_after", "1000000000", "1000000000"),
    ("shift", "1000000000", "1000000000"),
    ("mask", "1.5", "1.5"),
]
MODEL = [
    ("[model.attention]\ndim = 100000000\n", "model.attention.dim", "100000000"),
    ("[model.attention]\nheads = 1000000007\n", "model.attention.heads", "1000000007"),
    ("[model.attention]\nheads = 7\n", "heads must divide dim", "heads 7"),
    ("[model.classifier]\nhidden = [4000000000]\n", "model.classifier.hidden.0", "4000000000"),
    (f"[model.classifier]\nhidden = {[8] * 999}\n", "model.classifier.hidden", "256"),
    ("[model.feed_forward]\nhidden = 100000000\n", "model.feed_forward.hidden", "100000000"),
    ('[model.encoder]\nkind = "conv"\ndim = 100000000\n', "model.encoder.dim", "100000000"),
    ('[model.encoder]\nkind = "conv"\nlayers = 1000000\n', "model.encoder.layers", "1000000"),
    ('[model.encoder]\nkind = "conv"\nkernel = 1000001\n', "model.encoder.kernel", "1000001"),
    ('[model.encoder]\nkind = "conv"\npool = 1000000\n', "model.encoder.pool", "1000000"),
    (
        '[model.encoder]\nkind = "conv"\ndilation = 9\nlayers = 99\n',
        "model.encoder",
        "dilation 9 and layers 99",
    ),
    (
        '[model.memory]\nkind = "segment"\nsegments = 100000000\n',
        "model.memory.segments",
        "100000000",
    ),
    ("[model.init]\nkind = 'xavier'\ngain = 1e300\n", "model.init.gain", "1e+300"),
]
CASES = [
    *(
        Case(
            f"{name} = {value}",
            DOCTOR,
            ("r.toml", f"train.{name}", found),
            {"r.toml": f"[train]\n{name} = {value}\n"},
        )
        for name, value, found in TRAIN
    ),
    *(
        Case(text.replace("\n", " ")[:60], DOCTOR, ("r.toml", *facts), {"r.toml": text})
        for text, *facts in MODEL
    ),
    Case(
        "a recipe in YAML",
        "rpbind doctor r.yaml",
        ("TOML", "r.yaml is in YAML", "[train]"),
        {"r.yaml": "train:\n  lr: 1\n"},
        never=("run code",),
    ),
    Case(
        "a recipe without its format",
        "rpbind doctor recipe",
        ("recipe is not a recipe", ".toml"),
        {"recipe": "[train]\nlr = 1.0\n"},
        never=("run code",),
    ),
    Case(
        "a base in YAML",
        "tune.py --base r.yml --dry-run",
        ("TOML", "r.yml is in YAML"),
        {"r.yml": "train:\n  lr: 1\n"},
    ),
    Case(
        "a space in YAML",
        "tune.py --space s.yaml --dry-run",
        ("TOML", "s.yaml is in YAML"),
        {"s.yaml": "about: x\n"},
    ),
    Case(
        "vectors that no encoder makes",
        ON_DATA,
        ("esm3", "constant, physchem", "--encoder esm2 --weights"),
        recipe("proteins = 'esm3'\n"),
        never=("--encoder esm3",),
    ),
    Case(
        "misspelt vectors",
        f"{ABLATE} --proteins phychem",
        ("phychem", "Did you mean 'physchem'"),
        recipe(""),
        never=("--encoder phychem",),
    ),
    Case(
        "vectors of another folder",
        ON_DATA,
        ("r.toml", "proteins", "../world/embeddings"),
        recipe("proteins = '../world/embeddings'\n"),
    ),
    Case(
        "a recipe without a bottom",
        "rpbind doctor r.json",
        ("r.json is not JSON",),
        {"r.json": "[" * 99_999},
    ),
    Case(
        "a recipe that is a list", "rpbind doctor r.json", ("r.json", "found []"), {"r.json": "[]"}
    ),
    Case(
        "half a recipe",
        "rpbind doctor r.json",
        ("r.json is not JSON", "line 1"),
        {"r.json": '{"train": {'},
    ),
    Case(
        "a kernel wider than the windows",
        ON_DATA,
        ("model.encoder.kernel is 9,999", "nt"),
        recipe('[model.encoder]\nkind = "conv"\nkernel = 9999\n'),
    ),
    Case(
        "more parameters than memory: doctor",
        ON_DATA,
        ("GB", "model.classifier.hidden = 65,536"),
        recipe(f"[model.classifier]\nhidden = {[65536] * 30}\n"),
    ),
    Case(
        "more parameters than memory: tune's base",
        "tune.py --data world --dry-run --trials 4 --base r.toml",
        ("'base'", "GB", "model.classifier.hidden = 65,536"),
        recipe(f"[model.classifier]\nhidden = {[65536] * 30}\n"),
    ),
    Case(
        "more parameters than memory: a space",
        f"{TUNE} --narrower 1",
        ("A configuration of the space", "GB"),
        space("model.classifier.hidden", "layers", "depth = [1, 64]\nwidth = [8, 65536]"),
    ),
    Case(
        "a rate out of bounds in a space",
        TUNE,
        ("s.toml", "train.lr", "1e+39"),
        space("train.lr", "float", "low = 1e-3\nhigh = 1e39"),
    ),
    Case(
        "a width out of bounds in a space",
        TUNE,
        ("s.toml", "model.feed_forward.hidden", "1000000000000"),
        space("model.feed_forward.hidden", "int", "low = 8\nhigh = 1000000000000"),
    ),
    Case(
        "a perceptron of a billion layers",
        TUNE,
        ("s.toml", "64", "1000000000"),
        space("model.classifier.hidden", "layers", "depth = [1, 1000000000]\nwidth = [8, 9]"),
    ),
    Case("a billion seeds", f"{ABLATE} --seeds 1000000000", ("--seeds", "100000"), recipe("")),
    Case("many runs", f"{ABLATE} --seeds 99999", ("99999 seeds", "--yes"), recipe("")),
    Case("a billion epochs", f"{ABLATE} --epochs 1000000000", ("--epochs", "100000"), recipe("")),
    Case("a billion trials", f"{ABLATE} --trials 1000000000", ("--trials", "100000"), recipe("")),
    Case(
        "a billion trials for every arm",
        f"{ABLATE} --tune-arms 1000000000",
        ("--tune-arms", "100000"),
        recipe(""),
    ),
    Case(
        "too narrow",
        f"{ABLATE} --narrower 1000000000",
        ("--narrower", "1000000000", "at most"),
        recipe(""),
    ),
    Case(
        "narrower by 1e9", f"{ABLATE} --narrower 1e9", ("--narrower", "valid integer"), recipe("")
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_size_that_nobody_means_is_one_sentence_and_takes_no_memory(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(case, tmp_path, capsys, monkeypatch)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes


@pytest.mark.parametrize("name", PRESETS)
def test_the_parameters_that_are_counted_beforehand_are_those_that_are_built(name: str) -> None:
    config = PRESETS[name].model
    model = build_model(config, width=30, length=41, seed=0)
    built = sum(each.numel() for each in model.parameters())
    assert parameter_count(config, width=30, length=41) == built


def test_the_largest_batch_and_the_largest_model_that_fit_are_those_of_the_machines_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = OLD.model
    weights = parameter_count(config, width=30, length=41)
    monkeypatch.setattr("rpbind.model.size.machine_memory", lambda: 4 * 5 * weights)
    check_fits(config, width=30, length=41, copies=5)
    with pytest.raises(UserError, match=r"batches of 1 windows.*train\.batch_size"):
        check_fits(config, width=30, length=41, copies=5, batch=1)
    with pytest.raises(UserError, match=r"largest width is model\.\w+\.\w+ = 512"):
        check_fits(FIXED.model, width=30, length=41, copies=5)
