"""The model card: what a trained model is, how good it is, and where its limits are, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rpbind.proteins.encoders import needs_weights
from rpbind.saved.description import CalibrationLine, Description, PartScores

METRICS = {
    "auroc_macro": "AUROC per protein, macro over protein clusters",
    "auroc_proteins": "AUROC per protein, plain mean over proteins",
    "auroc_weighted": "AUROC per protein, cluster-weighted, macro over protein clusters",
    "auprc_macro": "AUPRC per protein, macro over protein clusters",
    "auroc_pooled": "AUROC over all windows together",
    "auprc_pooled": "AUPRC over all windows together",
    "accuracy": "accuracy at logit 0",
    "mcc": "Matthews correlation at the threshold",
    "loss": "cross-entropy (chance level 0.693)",
    "brier": "Brier score",
    "brier_calibrated": "Brier score, calibrated",
    "ece": "expected calibration error",
    "ece_calibrated": "expected calibration error, calibrated",
}
"""Metric -> its line in the card; a metric that is not listed keeps its name."""

_ESM2 = "ESM-2 is published under the MIT licence."


def model_card(model: Description, recipe: str) -> str:
    """Describe a model for people: data, split, metrics, calibration, licences and limits.

    Parameters
    ----------
    model
        What is known of the model.
    recipe
        Its recipe, as JSON.

    Returns
    -------
    str
        Markdown.
    """
    sections = {
        f"Model {model.run}": _about(model, own := _own_classes(model, json.loads(recipe))),
        "Data": _data(model),
        "Metrics": _metrics(model.scores),
        "Calibration": _calibration(model.calibration),
        "Limits": [*_limits(model), *_code(own)],
        "Licences": _licences(model),
        "Recipe": ["```json", json.dumps(json.loads(recipe), indent=1), "```"],
    }
    text = "\n\n".join("\n".join([f"## {title}", "", *body]) for title, body in sections.items())
    return text[1:] + "\n"  # the first heading is the title


def _own_classes(model: Description, recipe: Any) -> list[str]:
    """Return the classes of the author's own, such as "my_parts.py:GRUEncoder"."""
    custom = model.vectors.custom if model.vectors is not None else None
    return [*_custom(recipe), *([custom.class_] if custom is not None else [])]


def _custom(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if tree.get("kind") == "custom":
            yield str(tree["class"])
        for value in tree.values():
            yield from _custom(value)


def _code(own: list[str]) -> list[str]:
    if not own:
        return []
    return [
        f"- It has code of its author, {', '.join(own)}, in `parts/`, which runs as your user only "
        "with `--trust`. Read it first."
    ]


def _about(model: Description, own: list[str]) -> list[str]:
    lines = [
        f"It takes a window of {_lengths(model)} of RNA and a protein, and predicts whether they "
        "bind.",
        f"It is arm `{model.arm}` with random seed {model.seed}.",
    ]
    if (vectors := model.vectors) is not None:
        read = "their mean" if vectors.reads == "mean" else "one vector per residue"
        lines.append(
            f"It reads protein vectors of encoder `{vectors.encoder}` (SHA-256 "
            f"{vectors.sha256[:12]}, width {vectors.width}): {read}."
        )
    made = ", ".join(f"{name} {value}" for name, value in model.made_by.items())
    return [" ".join([*lines, f"Trained with {made}."]), "", *_use(model, own)]


def _needs_weights(model: Description) -> bool:
    vectors = model.vectors
    return vectors is not None and vectors.custom is None and needs_weights(vectors.encoder)


def _use(model: Description, own: list[str]) -> list[str]:
    more = (" --weights FILE" if _needs_weights(model) else "") + (" --trust" if own else "")
    return [
        "```",
        f"rpbind predict {model.run} windows.fasta --protein NAME{more} --out scores.csv",
        "```",
    ]


def _data(model: Description) -> list[str]:
    trained_on = [protein for protein in model.proteins if protein.windows]
    windows = sum(protein.windows for protein in trained_on)
    positives = sum(protein.positives for protein in trained_on)
    share = f" ({positives / windows:.1%})" if windows else ""
    return [
        f"- Dataset: `{model.provenance.dataset}` (name, hash)",
        f"- Split: `{model.provenance.split}` (rule or name, what made it, negatives, hash)",
        f"- Training: {windows:,} windows of {len(trained_on)} proteins, {positives:,} "
        f"positive{share}",
    ]


def _metrics(scores: dict[str, PartScores]) -> list[str]:
    if not scores:
        return ["None were recorded."]
    names = list(dict.fromkeys(name for part in scores.values() for name in part.metrics))
    rows = [["", *scores], ["---", *["---:"] * len(scores)]]
    counts = {
        "windows": lambda part: f"{part.windows:,}",
        "positive windows": lambda part: f"{part.positives:,}",
        "proteins with both classes": lambda part: f"{part.proteins:,}",
        "protein clusters of these": lambda part: f"{part.clusters:,}",
    }
    rows += [[words, *map(count, scores.values())] for words, count in counts.items()]
    for name in sorted(names, key=lambda name: [*METRICS, name].index(name)):
        values = (part.metrics.get(name) for part in scores.values())
        rows.append([METRICS.get(name, name), *("" if v is None else f"{v:.4f}" for v in values)])
    return ["| " + " | ".join(row) + " |" for row in rows]


def _calibration(line: CalibrationLine) -> list[str]:
    return [
        f"A logit z has the calibrated probability 1 / (1 + exp(-({line.slope:.4f} z "
        f"{line.intercept:+.4f}))), fitted on {line.windows:,} validation windows. A window with a "
        f"logit above {line.threshold:.4f} is predicted as bound: the cut with the greatest "
        "Matthews correlation on validation. Both hold only for windows with the same share of "
        "positives."
    ]


def _lengths(model: Description) -> str:
    """Return the windows' length in words, such as "101 nt" or "20 to 400 nt"."""
    shortest = "" if model.shortest is None else f"{model.shortest} to "
    return f"{shortest}{model.length} nt"


def _limits(model: Description) -> list[str]:
    return list(_limits_of(model))


def _limits_of(model: Description) -> Iterator[str]:
    yield (
        f"- It was trained on windows of {_lengths(model)}. How good it is on other lengths is "
        "unknown; `rpbind predict` says which windows have one, and refuses those that it cannot "
        "read."
    )
    known = sum(1 for protein in model.proteins if protein.windows)
    yield (
        f"- It was trained on {known} proteins. How good it is on any other protein is unknown; "
        "predictions say of each protein whether it was in training."
    )
    if poor := [p for p in model.proteins if p.auroc is not None and p.auroc < 0.6]:
        names = ", ".join(p.id for p in poor[:10]) + (" ..." if len(poor) > 10 else "")
        yield f"- Validation AUROC below 0.6 on {len(poor)} proteins: {names}."
    yield "- Windows of which more than half is N get no score."
    yield (
        "- These are the numbers of one random seed. Whether one model is better than another is "
        "answered by the study's report, over several seeds."
    )


def _licences(model: Description) -> list[str]:
    vectors = model.vectors
    esm = f" {_ESM2}" if vectors and vectors.encoder.startswith("esm2") else ""
    return [
        f"The licence of rpbind covers its code, not this model. The weights were trained on "
        f"dataset `{model.provenance.dataset}`, and `proteins.json` has the amino-acid sequences "
        f"of its proteins: the terms of the data say whether and how you may pass them on.{esm}"
    ]
