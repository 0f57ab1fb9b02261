"""Nothing that is read from a study folder can run code: no pickle, and weights only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rpbind

ROOT = Path(rpbind.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def dangers(source: str) -> Iterator[str]:
    """Name what in a module could run what it reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in UNPICKLERS)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            whence = (node.module or "").split(".")[0]
            if whence in UNPICKLERS and names != {"UnpicklingError"}:
                yield whence
            yield from names & UNPICKLERS
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if called.endswith("torch.load") and given.get("weights_only") != "True":
                yield f"{called} without weights_only=True"
            if called in ("np.load", "numpy.load") and given.get("allow_pickle") == "True":
                yield f"{called} with allow_pickle"
            if called.endswith(("read_pickle", "yaml.load")) or called in ("eval", "exec"):
                yield called


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_runs_what_it_reads(file: Path) -> None:
    assert list(dangers(file.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import cloudpickle as c",
        "from ray import cloudpickle",
        "from pickle import loads",
        "import torch\ntorch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.load(f, allow_pickle=True)",
        "pd.read_pickle(f)",
        "eval(text)",
    ],
)
def test_what_would_run_what_it_reads_is_seen(source: str) -> None:
    assert len(list(dangers(source))) == 1
