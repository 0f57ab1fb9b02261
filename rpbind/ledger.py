"""The only record of a study: its plan, and exactly one durable row for every attempt of a run.

A study is a folder. `plan.json` says what was to be run and which comparisons it answers;
`ledger/` holds one small Parquet part per ended attempt. A part is written under a temporary name
and linked to its final name, which fails if it is there already: a reader never sees half a row,
two writers never lose one, and a run is never told twice.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rpbind.errors import UserError

State = Literal["done", "failed", "diverged", "stopped"]
Stage = Literal["check", "control", "search", "ablation"]
"""What a row is of: a check-up before training, a control, a search trial, or a planned run."""

PartName = Annotated[str, Field(pattern=r"^(validation|test|probe(\.[a-z-]+)?)$")]
"""A part of the split that is scored; `probe` is a sample of test windows, `probe.NAME` the same
windows after an intervention, such as `probe.letters-shuffled`."""

ArmName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+=-]*$", max_length=80)]
"""An arm's name is part of file names: letters, digits and `_ . + = -`."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArmPlan(_Record):
    """One arm of a study: a recipe under a name. `change` says in words how it was made."""

    name: ArmName
    recipe: dict[str, Any]
    recipe_id: str
    change: str = ""


class ControlPlan(ArmPlan):
    """The arm `of` trained again with one thing taken away, to see what it rests on."""

    of: ArmName


class ContrastPlan(_Record):
    """One comparison that the study answers: `arm` minus `reference`, paired by seed.

    `fields` are the recipe fields (dotted paths) that it says it changes; none says nothing.
    A factorial effect is a weighted sum over many arms: `weights` then says how much each counts
    (they sum to zero), and `arm` and `reference` are the first of the two sides.
    """

    name: str
    arm: str
    reference: str
    fields: tuple[str, ...] = ()
    weights: dict[str, float] = {}


class Plan(_Record):
    """What a study was to run, written before anything is trained.

    `fingerprint` is a hash over all that its rows depend on: recipes, seeds, data, split, code.
    `factors` is {change: arms that have it} of a factorial design, and empty for others.
    """

    study: str
    fingerprint: str = ""
    question: str
    prediction: str
    rule: str
    design: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]
    factors: dict[str, tuple[str, ...]] = {}
    controls: tuple[ControlPlan, ...] = ()
    seeds: tuple[int, ...]
    dataset: str
    split: str
    proteins_note: str = ""
    delta: float = 0.010
    search: dict[str, Any] | None = None
    created: str
    command: str = ""

    @property
    def planned(self) -> list[tuple[str, int]]:
        """Every (arm, seed) that the study asks for."""
        return [(arm.name, seed) for arm in self.arms for seed in self.seeds]


class ProteinScore(_Record):
    """How one run did on one protein of one part; AUROC is None where a class is absent."""

    part: PartName
    protein: str
    cluster: int
    windows: int
    positives: int
    auroc: float | None
    auprc: float | None


class Finding(_Record):
    """Something seen about a run that a reader must know: a name, a number and its threshold.

    `reason` says why the threshold is where it is, `advice` in one sentence what to do.
    """

    name: str
    severity: Literal["info", "warning", "error"]
    measured: float | None
    threshold: float | None
    reason: str = ""
    advice: str


class Row(_Record):
    """One ended attempt of one run (arm x seed).

    `metrics` has keys such as `test.auroc_macro`; `curve` one mapping per epoch (`epoch`,
    `train.loss`, `validation.loss`, ...); `cost` seconds and counts; `provenance` the dataset,
    split, protein bank, code commit, versions, threads and executor that it was made with.
    """

    arm: ArmName
    seed: int
    state: State
    stage: Stage = "ablation"
    attempt: int = 0
    recipe: dict[str, Any]
    recipe_id: str
    metrics: dict[str, float] = {}
    proteins: tuple[ProteinScore, ...] = ()
    curve: tuple[dict[str, float], ...] = ()
    findings: tuple[Finding, ...] = ()
    cost: dict[str, float] = {}
    provenance: dict[str, str] = {}
    error: str = ""
    ended: str

    @property
    def run(self) -> str:
        """The name of the run that this row is an attempt of."""
        return f"{self.stage}-{self.arm}-{self.recipe_id}-s{self.seed}"


_METRICS = pa.map_(pa.string(), pa.float64())
_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("arm", pa.string()),
        ("seed", pa.int64()),
        ("state", pa.string()),
        ("stage", pa.string()),
        ("attempt", pa.int64()),
        ("recipe", pa.string()),
        ("recipe_id", pa.string()),
        ("metrics", _METRICS),
        (
            "proteins",
            pa.list_(
                pa.struct(
                    [
                        ("part", pa.string()),
                        ("protein", pa.string()),
                        ("cluster", pa.int64()),
                        ("windows", pa.int64()),
                        ("positives", pa.int64()),
                        ("auroc", pa.float64()),
                        ("auprc", pa.float64()),
                    ]
                )
            ),
        ),
        ("curve", pa.list_(_METRICS)),
        (
            "findings",
            pa.list_(
                pa.struct(
                    [
                        ("name", pa.string()),
                        ("severity", pa.string()),
                        ("measured", pa.float64()),
                        ("threshold", pa.float64()),
                        ("reason", pa.string()),
                        ("advice", pa.string()),
                    ]
                )
            ),
        ),
        ("cost", _METRICS),
        ("provenance", pa.map_(pa.string(), pa.string())),
        ("error", pa.string()),
        ("ended", pa.string()),
    ]
)
_ROWS: TypeAdapter[list[Row]] = TypeAdapter(list[Row])


class Ledger:
    """The record of one study in a folder."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self.parts = study / "ledger"

    @property
    def plan(self) -> Plan:
        """The study's plan; raises `UserError` where the folder holds no study."""
        path = self.study / "plan.json"
        if not path.exists():
            raise UserError(f"{self.study} holds no study: there is no plan.json in it.")
        try:
            return Plan.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise UserError(f"{path} is no plan of this version: {error}") from None

    def begin(self, plan: Plan) -> None:
        """Write the plan. The folder may hold an earlier plan of the same study: it is replaced."""
        self.parts.mkdir(parents=True, exist_ok=True)
        replace(self.study / "plan.json", plan.model_dump_json(indent=1).encode())

    def append(self, row: Row) -> bool:
        """Record an ended attempt; False where this attempt of the run was recorded before."""
        self.parts.mkdir(parents=True, exist_ok=True)
        final = self.parts / f"{row.run}.{row.attempt}.parquet"
        draft = self.parts / f".{uuid.uuid4().hex}"
        try:
            with draft.open("wb") as file:
                pq.write_table(pa.Table.from_pylist([_flatten(row)], schema=_SCHEMA), file)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, final)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def attempts(self) -> list[Row]:
        """Every recorded attempt, in a stable order."""
        files = sorted(self.parts.glob("*.parquet")) if self.parts.exists() else []
        return [row for file in files for row in _read(file)]

    def rows(self, stage: Stage = "ablation") -> list[Row]:
        """The latest attempt of every run of a stage, in a stable order."""
        latest: dict[str, Row] = {}
        for row in self.attempts():
            if row.stage == stage and row.attempt >= latest.get(row.run, row).attempt:
                latest[row.run] = row
        return list(latest.values())


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary name beside it, synced, then renamed."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _flatten(row: Row) -> dict[str, Any]:
    flat = row.model_dump(mode="json")
    return flat | {
        "run": row.run,
        "recipe": json.dumps(row.recipe, sort_keys=True),
        "metrics": list(row.metrics.items()),
        "curve": [list(point.items()) for point in row.curve],
        "cost": list(row.cost.items()),
        "provenance": list(row.provenance.items()),
    }


def _read(file: Path) -> Iterable[Row]:
    table = pq.read_table(file, schema=_SCHEMA).drop(["run"])
    return _ROWS.validate_python(
        [
            flat
            | {
                "recipe": json.loads(flat["recipe"]),
                "metrics": dict(flat["metrics"]),
                "curve": [dict(point) for point in flat["curve"]],
                "cost": dict(flat["cost"]),
                "provenance": dict(flat["provenance"]),
            }
            for flat in table.to_pylist()
        ]
    )
