"""How long it takes to read and analyse a ledger of 10,000 rows.

    python benchmarks/ledger.py --arms 100 --seeds 100 --proteins 73 --parts 2 --epochs 20

Every row has the scores of each protein on so many parts of the split, and a learning curve. Prints
one Markdown table row: rows, scores, epochs, megabytes, wall and CPU seconds of reading the ledger,
of the whole analysis (every arm against the first), and of the two together.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import typer

from rpbind.analysis.summary import summarise
from rpbind.files.atomic import write_new
from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan
from rpbind.ledger.checks import merged_file_name
from rpbind.ledger.row_files import keys, parquet_writer
from rpbind.ledger.schema import SCHEMA, VERSIONED_SCHEMA
from rpbind.metrics import WindowScores
from rpbind.recipe import Recipe
from rpbind.score_curves import raw_probabilities, score_curves

PARTS = ("test", "validation", "probe", "probe.a", "probe.b", "probe.c")
CURVE = ("epoch", "lr", "train.loss", "validation.loss", "validation.auroc_macro", "norm")
METRICS = ("test.auroc_macro", "test.auroc_pooled", "test.auprc_macro", "test.loss")


def main(
    arms: int = 100, seeds: int = 100, proteins: int = 73, parts: int = 2, epochs: int = 20
) -> None:
    """Make a study of arms x seeds in a temporary folder, one merged part an arm, and time it."""
    planned = plan(arms, seeds)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        ledger.begin(planned)
        for arm in planned.arms:
            table = rows(arm, seeds, proteins, PARTS[:parts], epochs, rng)
            write_new(ledger.rows_folder / merged_file_name(keys(table)), parquet_writer(table))
        size = sum(file.stat().st_size for file in ledger.rows_folder.iterdir()) / 2**20
        clock = [(time.monotonic(), time.process_time())]
        kept = ledger.rows()
        clock.append((time.monotonic(), time.process_time()))
        summary = summarise(planned, kept, ledger.rows("search"))
        clock.append((time.monotonic(), time.process_time()))
    assert summary.done == arms * seeds
    assert len({c.result for c in summary.contrasts}) == arms - 1
    cells = [f"{arms} x {seeds}", f"{parts * proteins * summary.done:,}", epochs, f"{size:,.0f}"]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        cells += [f"{clock[b][i] - clock[a][i]:.2f}" for i in (0, 1)]
    print("| " + " | ".join(map(str, cells)) + " |")


def plan(arms: int, seeds: int) -> Plan:
    """Return a plan in which every arm is compared with the first."""
    recipes = [Recipe().with_({"train.lr": 1e-3 + 1e-6 * n}) for n in range(arms)]
    return Plan(
        study="benchmark",
        question="How long?",
        prediction="Under five seconds.",
        rule="The clock.",
        design="star",
        arms=tuple(
            ArmPlan(name=f"arm-{n}", recipe=r.model_dump(mode="json"), recipe_id=r.id)
            for n, r in enumerate(recipes)
        ),
        contrasts=tuple(
            ContrastPlan(name=f"arm-{n}", arm=f"arm-{n}", reference="arm-0") for n in range(1, arms)
        ),
        seeds=tuple(range(seeds)),
        dataset="made up",
        split="made up",
        created="",
    )


def rows(
    arm: ArmPlan, S: int, P: int, parts: tuple[str, ...], E: int, rng: np.random.Generator
) -> Any:
    """Return S finished runs of an arm with random scores, as an Arrow table."""
    N = len(parts) * P
    fixed: dict[str, Any] = {
        "arm": arm.name, "state": "done", "stage": "ablation", "attempt": 0, "error": "",
        "recipe": json.dumps(arm.recipe), "recipe_id": arm.recipe_id, "ended": "",
        "provenance": [("dataset", "made up"), ("split", "made up"), ("device", "cpu")],
        "findings": [],
    }  # fmt: skip
    scores = pa.StructArray.from_arrays(
        [
            pa.array(np.repeat(parts, P).tolist() * S),
            pa.array([f"PROTEIN{p}_K562" for p in range(P)] * len(parts) * S),
            pa.array(np.tile(np.arange(P) // 2, len(parts) * S)),
            pa.array(np.full(N * S, 400)),
            pa.array(np.full(N * S, 200)),
            pa.array(rng.normal(0.73, 0.05, N * S).clip(0, 1)),
            pa.array(rng.normal(0.73, 0.05, N * S).clip(0, 1)),
        ],
        names=["part", "protein", "cluster", "windows", "positives", "auroc", "auprc"],
    )
    curves = pa.array(
        [list(on_test(rng).items()) for _ in range(S)], SCHEMA.field("test_curves").type
    )
    columns = {name: pa.array([value] * S, SCHEMA.field(name).type)
               for name, value in fixed.items()} | {
        "run": pa.array([f"ablation-{arm.name}-{arm.recipe_id}-s{s}" for s in range(S)]),
        "seed": pa.array(range(S)),
        "test_curves": curves,
        "metrics": mappings(METRICS, S, rng),
        "cost": mappings(("seconds", "train_seconds", "parameters"), S, rng),
        "proteins": pa.ListArray.from_arrays(np.arange(S + 1, dtype=np.int32) * N, scores),
        "curve": pa.ListArray.from_arrays(
            np.arange(S + 1, dtype=np.int32) * E, mappings(CURVE, S * E, rng)
        ),
    }  # fmt: skip
    return pa.table([columns[field.name] for field in SCHEMA], schema=VERSIONED_SCHEMA)


def on_test(rng: np.random.Generator) -> dict[str, list[float]]:
    """Return the curves of a run on 8,000 random windows of ten proteins."""
    logit_N, protein_N = rng.normal(size=8000).astype(np.float32), np.arange(8000) % 10
    label_N = (rng.random(8000) < raw_probabilities(logit_N)).astype(np.uint8)
    scores = WindowScores(logit_N, label_N, protein_N)
    return score_curves(scores, raw_probabilities(logit_N))


def mappings(names: tuple[str, ...], N: int, rng: np.random.Generator) -> Any:
    """Return N mappings from the names to random numbers."""
    K = len(names)
    offsets = np.arange(N + 1, dtype=np.int32) * K
    return pa.MapArray.from_arrays(offsets, list(names) * N, rng.random(N * K))


if __name__ == "__main__":
    typer.run(main)
