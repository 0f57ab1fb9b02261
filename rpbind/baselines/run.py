"""Every baseline on one split, each as a ledger row: scored by the metrics that runs are scored by.

A baseline that cannot speak on a split has a row without metrics, and a finding that says why.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rpbind.baselines.data import Baseline, BaselineData, NotApplicableError, Prediction
from rpbind.baselines.degree import protein_degree, protein_only, rna_degree
from rpbind.baselines.kmers import FEATURES
from rpbind.baselines.regression import ProteinRegression, SharedRegression
from rpbind.data.clusters import Progress, silent
from rpbind.ledger import Finding, Row
from rpbind.metrics import WindowScores, summarise
from rpbind.recipe import canonical

BASELINES: dict[str, Baseline] = {
    **{f"{name}-shared": SharedRegression(features) for name, features in FEATURES.items()},
    **{f"{name}-per-protein": ProteinRegression(features) for name, features in FEATURES.items()},
    "protein-degree": protein_degree,
    "rna-degree": rna_degree,
    "protein-only": protein_only,
}
"""The controls that need no network. `-shared` ones read the RNA and do not know the protein."""

IDENTITY = ("protein-degree", "rna-degree", "protein-only")
"""These read no letter: what they rank, they rank by who asks or where the window is from."""
IDENTITY_GAP = 0.05
"""How far from 0.5, above or below, such a baseline may be before the split is said to tell."""
GAP_REASON = "away from 0.5, on either side: what reads no letter has nothing to rank windows by"


def baseline_rows(
    data: BaselineData,
    names: Iterable[str] = tuple(BASELINES),
    progress: Callable[[str], Progress] = lambda name: silent,
) -> Iterator[Row]:
    """Train and score baselines one after another; yields a row of stage "control" for each.

    An exception in one becomes a row with state "failed" and the traceback. What `progress(name)`
    returns is called with (done, total) while that baseline is at work.
    """
    for name in names:
        began = time.monotonic()
        told: dict[str, Any]
        try:
            told = _scored(name, data, BASELINES[name](data, progress(name)))
        except NotApplicableError as reason:
            told = {"findings": (_finding("control not applicable", "info", str(reason)),)}
        except Exception:
            told = {"state": "failed", "error": traceback.format_exc()}
        yield _row(name, data, time.monotonic() - began, told)


def _scored(name: str, data: BaselineData, prediction: Prediction) -> dict[str, Any]:
    """Return the metrics, the score per protein and the findings of a baseline."""
    label_T, protein_T = data.label_N[prediction.index_T], data.protein_N[prediction.index_T]
    scores = WindowScores(
        prediction.logit_T.astype(np.float32), label_T, protein_T.astype(np.int64)
    )
    metrics, each = summarise(scores, data.proteins, "test")
    findings = []
    if len(prediction.index_T) < len(data.parts["test"]):
        proteins = len(np.unique(data.protein_N[data.parts["test"]]))
        words = f"{len(each)} of {proteins} test proteins have a score; the others no regression"
        findings.append(_finding("control partly applicable", "warning", words))
    if name in IDENTITY:
        findings += _flags(metrics)
    provenance = data.provenance | {"settings": canonical(prediction.settings)}
    told = {"metrics": metrics, "proteins": each, "findings": tuple(findings)}
    return told | {"provenance": provenance}


def _flags(metrics: dict[str, float]) -> list[Finding]:
    """Flag an AUROC that is far from 0.5 on either side, though no letter was read."""
    flags = []
    for kind in ("macro", "pooled"):
        auroc = metrics.get(f"test.auroc_{kind}", 0.5)
        if abs(auroc - 0.5) > IDENTITY_GAP:
            side = "above" if auroc > 0.5 else "below"
            words = f"{kind} AUROC {side} 0.5 without a letter read: the split itself tells"
            found = _finding(f"identity ranks, {kind}", "warning", words, auroc, IDENTITY_GAP)
            flags.append(found.model_copy(update={"reason": GAP_REASON}))
    return flags


def _finding(
    name: str,
    severity: Any,
    advice: str,
    measured: float | None = None,
    threshold: float | None = None,
) -> Finding:
    return Finding(
        name=name, severity=severity, measured=measured, threshold=threshold, advice=advice
    )


def _row(name: str, data: BaselineData, seconds: float, told: dict[str, Any]) -> Row:
    recipe = {"control": name}
    known: dict[str, Any] = {
        "arm": name,
        "seed": 0,
        "state": "done",
        "stage": "control",
        "recipe": recipe,
        "recipe_id": hashlib.sha256(canonical(recipe).encode()).hexdigest()[:12],
        "cost": {"seconds": seconds},
        "provenance": data.provenance,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Row(**(known | told))
