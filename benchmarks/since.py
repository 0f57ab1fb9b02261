"""How fast the presets train and score now, against an earlier commit of this repository.

    python benchmarks/since.py [--commit 647bbb3] [--rounds 5]

Each measurement is a process of its own, on one thread, and the two commits take turns. Random
windows in the shape of eclip91 (91 proteins, 101 nt, vectors of width 10), batches of each preset's
own size. The rates are windows per CPU second; a row has their medians, and the median and range
of the ratio in each round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import typer

ROOT = Path(__file__).parents[1]
CHILD = """
import dataclasses, json, os, sys, time
import numpy as np, torch
torch.set_num_threads(1)
if os.path.isdir("rpbind/seeding"):
    from rpbind.recipe.presets import PRESETS
    from rpbind.seeding.streams import reseed
else:
    from rpbind.model.seeding import reseed
    from rpbind.presets import PRESETS
from rpbind.data.dataset import Protein
from rpbind.train.batches import shuffled_batches
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

name, proteins, count, width = sys.argv[1], 91, 4096, 10
rng = np.random.default_rng(0)
torch.manual_seed(0)
length_P = torch.from_numpy(rng.gamma(4.0, 165.0, proteins).astype(np.int64) + 60)
index_N = torch.arange(count)
given = dict(
    rna_NL=torch.from_numpy(rng.integers(0, 4, (count, 101), dtype=np.uint8)),
    label_N=torch.from_numpy(rng.integers(0, 2, count, dtype=np.uint8)),
    protein_N=torch.from_numpy(rng.integers(0, proteins, count, dtype=np.int32)),
    parts={"train": index_N, "validation": index_N[:1024], "test": index_N[:1024]},
    mean_PW=torch.randn(proteins, width), residues_ND=torch.randn(int(length_P.sum()), width),
    offset_P=torch.cumsum(length_P, 0) - length_P, length_P=length_P,
    proteins=tuple(Protein(f"P{n}", f"P{n}", "M", n) for n in range(proteins)), provenance={},
)
inputs = Inputs(**{f.name: given[f.name] for f in dataclasses.fields(Inputs) if f.name in given})
recipe = PRESETS[name]
training = Training(recipe, 0, inputs)
training.model.train()
reseed(training.model, "cpu", 0, 1)
batches = shuffled_batches(training.inputs.parts["train"], recipe.train, (0, 1), 1)
steps = max(2, 512 // len(batches[0]))
training.step(batches[0])
began = time.process_time()
for step in range(steps):
    training.step(batches[step])
trained = sum(map(len, batches[:steps])) / (time.process_time() - began)
training.score("validation")
began = time.process_time()
training.score("validation")
print(json.dumps([trained, 1024 / (time.process_time() - began)]))
"""


def measured(code: Path, preset: str) -> list[float]:
    """Return windows per CPU second, in training and in scoring, of the code in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, preset],
        env=os.environ | {"PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"},
        cwd=code,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def main(commit: str = "647bbb3", rounds: int = 5) -> None:
    """Print the table."""
    print(f"| preset | | {commit} | now | now / {commit} |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(before), commit], check=True)
        try:
            for preset in ("old", "fixed", "conv-residue", "own-head"):
                turns = [[measured(c, preset) for c in (before, ROOT)] for _ in range(rounds)]
                rate_RCK = np.array(turns)  # rounds, commits, kinds
                for kind, what in enumerate(("training", "scoring")):
                    old, new = np.median(rate_RCK[:, :, kind], 0)
                    ratio = rate_RCK[:, 1, kind] / rate_RCK[:, 0, kind]
                    spread = f"{np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})"
                    print(
                        f"| `{preset}` | {what} | {old:,.0f} | {new:,.0f} | {spread} |", flush=True
                    )
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)


if __name__ == "__main__":
    typer.run(main)
