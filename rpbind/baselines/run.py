"""All baselines on one split, each as a ledger row with the same metrics as a run.

A baseline that is not applicable to a split has a row without metrics, and a finding with the
reason.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rpbind.baselines.data import Baseline, BaselineData, NotApplicableError, Prediction
from rpbind.baselines.degree import Prior, protein_degree, protein_only, rna_degree
from rpbind.baselines.kmers import FEATURES
from rpbind.baselines.own import own_control
from rpbind.baselines.regression import ProteinRegression, SharedRegression
from rpbind.data.clusters import Progress, silent
from rpbind.data.priors import PRIORS
from rpbind.errors import UserError
from rpbind.ledger import Finding, Row
from rpbind.metrics import WindowScores, own_metrics, summarise
from rpbind.parts import Part
from rpbind.recipe import canonical
from rpbind.statistics.density import FLAGGED

SELECTION = {
    "density": "the number of a protein's own windows in an overlap cluster ranks windows, because "
    "bound windows tile peaks; a model that sees several windows at once can count them, and the "
    "cluster-weighted AUROC gives a locus the weight of one window",
    "cluster-size": "the number of windows in an overlap cluster, of all proteins, ranks windows",
    "length": "the length alone ranks windows",
    "gc": "the share of G and C alone ranks windows; the negatives differ in it, or the proteins "
    "prefer it",
    "n-share": "the share of N alone ranks windows",
}
"""Priors that show how the windows were chosen -> what it means if they rank windows."""

BASELINES: dict[str, Baseline] = {
    **{f"{name}-shared": SharedRegression(features) for name, features in FEATURES.items()},
    **{f"{name}-per-protein": ProteinRegression(features) for name, features in FEATURES.items()},
    "protein-degree": protein_degree,
    "rna-degree": rna_degree,
    "protein-only": protein_only,
    **{name: Prior(PRIORS[name]) for name in SELECTION},
}
"""The controls without a neural network. `-shared` ones read only the RNA, not the protein."""

_ALONE = "the protein or the overlap cluster alone ranks windows"
IDENTITY = {"protein-degree": _ALONE, "rna-degree": _ALONE, "protein-only": _ALONE} | SELECTION
"""Baselines that read no motif -> what it means if they rank windows."""
NEEDS_LOG_ODDS = ("test.loss", "test.accuracy")
GAP_REASON = "distance from 0.5, above or below: without a motif, nothing should rank windows"


def baseline_rows(
    data: BaselineData,
    names: Iterable[str] = tuple(BASELINES),
    progress: Callable[[str], Progress] = lambda name: silent,
    own: Sequence[Part] = (),
    metrics: Sequence[Part] = (),
) -> Iterator[Row]:
    """Fit and score baselines one after another.

    Parameters
    ----------
    data
        Windows, split and protein vectors.
    names
        Names of baselines.
    progress
        Called with a baseline's name; the result is called with (done, total) while it is fitted.
    own
        Baselines of the user's own; their names are those of their classes.
    metrics
        Metrics of the user's own.

    Returns
    -------
    Iterator of Row
        One row of stage "control" per baseline. An exception in a baseline becomes a row with state
        "failed" and the traceback.
    """
    known = BASELINES | {part.class_name: own_control(part) for part in own}
    for name in names:
        began = time.monotonic()
        outcome: dict[str, Any]
        try:
            outcome = _scored(name, data, known[name](data, progress(name)), metrics)
        except NotApplicableError as error:
            outcome = {"findings": (_finding("control not applicable", "info", str(error)),)}
        except UserError as error:
            outcome = {"state": "failed", "error": str(error)}
        except Exception:
            outcome = {"state": "failed", "error": traceback.format_exc()}
        yield _row(name, data, time.monotonic() - began, outcome)


def _scored(
    name: str, data: BaselineData, prediction: Prediction, own: Sequence[Part]
) -> dict[str, Any]:
    """Return the metrics, the score per protein and the findings of a baseline."""
    index_T = prediction.index_T
    scores = WindowScores(
        prediction.logit_T.astype(np.float32),
        data.label_N[index_T],
        data.protein_N[index_T].astype(np.int64),
        data.cluster_N[index_T],
    )
    metrics, each = summarise(scores, data.proteins, "test")
    metrics |= own_metrics(own, scores, "test")
    findings = []
    if len(prediction.index_T) < len(data.parts["test"]):
        proteins = len(np.unique(data.protein_N[data.parts["test"]]))
        words = f"{len(each)} of {proteins} test proteins are scored; no regression fits the others"
        findings.append(_finding("control partly applicable", "warning", words))
    if name in IDENTITY:
        findings += _identity_findings(name, metrics)
    if name in SELECTION:  # their scores are no log-odds
        metrics = {key: value for key, value in metrics.items() if key not in NEEDS_LOG_ODDS}
    provenance = data.provenance | {"settings": canonical(prediction.settings)}
    scored = {"metrics": metrics, "proteins": each, "findings": tuple(findings)}
    return scored | {"provenance": provenance}


def _identity_findings(name: str, metrics: dict[str, float]) -> list[Finding]:
    """Return a finding for each AUROC far from 0.5, above or below: no motif was read for it."""
    findings = []
    for kind in ("macro", "pooled"):
        auroc = metrics.get(f"test.auroc_{kind}", 0.5)
        if abs(auroc - 0.5) > FLAGGED:
            side = "above" if auroc > 0.5 else "below"
            words = f"{kind} AUROC {side} 0.5 although no motif was read: {IDENTITY[name]}"
            what = "selection" if name in SELECTION else "identity"
            found = _finding(f"{what} ranks, {kind}", "warning", words, auroc, FLAGGED)
            findings.append(found.model_copy(update={"reason": GAP_REASON}))
    return findings


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


def _row(name: str, data: BaselineData, seconds: float, outcome: dict[str, Any]) -> Row:
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
    return Row(**(known | outcome))
