"""Whether paired runs have identical scores, so that their contrast is inert."""

from __future__ import annotations

from collections.abc import Mapping

from rpbind.ledger import Row

SAME_SCORE = 1e-6
"""Largest difference of scores that counts as identical."""


def is_identical(weights: Mapping[str, float], rows: Mapping[str, Row]) -> bool:
    """Whether the weighted sum of paired rows, {arm: row}, is zero for every test score."""
    # The ledger keeps no raw scores. Runs count as identical if the test loss, and the AUROC and
    # AUPRC of each protein, agree to 1e-6: the loss differs by no more than the scores do, and
    # float noise exchanges few ranks. Equal ranks alone are not enough.
    losses = [(weight, rows[arm].metrics.get("test.loss")) for arm, weight in weights.items()]
    if any(loss is None for _, loss in losses) or not _sums_to_zero(losses):
        return False
    scores = {arm: _scores(rows[arm]) for arm in weights}
    first, *others = scores.values()
    if any(other.keys() != first.keys() for other in others):
        return False
    return all(
        _sums_to_zero([(w, scores[arm][key]) for arm, w in weights.items()]) for key in first
    )


def _scores(row: Row) -> dict[tuple[str, str], float | None]:
    scores: dict[tuple[str, str], float | None] = {}
    for score in row.proteins:
        if score.part == "test":
            scores[score.protein, "auroc"] = score.auroc
            scores[score.protein, "auprc"] = score.auprc
    return scores


def _sums_to_zero(terms: list[tuple[float, float | None]]) -> bool:
    known = [(weight, value) for weight, value in terms if value is not None]
    if len(known) < len(terms):
        return not known
    return abs(sum(weight * value for weight, value in known)) <= SAME_SCORE
