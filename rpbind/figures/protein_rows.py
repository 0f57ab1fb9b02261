"""The table of proteins: one arm beside the plain baseline, or beside another arm.

The page can show any other pair: it takes the numbers from the table of experiments, so they stand
on the page once.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from rpbind.analysis.experiments import Experiment
from rpbind.analysis.summary import Summary
from rpbind.figures.curves import best_arm
from rpbind.wording import experiments

WIDTH, HEIGHT, MARGIN = 120, 14, 6
"""Of a drawing, in pixels."""
LOWEST = 0.4
"""The axis of the drawings begins here, or at the lowest AUROC, and ends at 1."""


@dataclass(frozen=True)
class ProteinRows:
    """The table of proteins.

    Parameters
    ----------
    arm, other
        What is compared: the name of an arm, and of the baseline or of another arm; "" if there is
        no other.
    low
        The AUROC at the left end of the drawings.
    lines
        (the experiment, the arm's AUROC, the other's, their difference, the drawing).
    """

    arm: str
    other: str
    low: float
    lines: list[tuple[Experiment, float | None, float | None, float | None, Markup]]


def protein_rows(summary: Summary) -> ProteinRows | None:
    """Return the table for the arm that is best on validation; None if nothing was scored.

    It is compared with the plain baseline, or, in a study without it, with the first other arm.
    """
    columns = experiments.columns(summary)
    scored = [arm for arm in summary.arms if arm.experiments]
    if not scored:
        return None
    arm = best_arm(scored).plan.name
    baseline = [name for name in columns if name not in {each.plan.name for each in scored}]
    other = next((name for name in [*baseline, *columns] if name != arm), "")
    found = experiments.lines(summary)
    known = [auroc for _, aurocs in found for auroc in aurocs if auroc is not None]
    low = min([LOWEST, *known])
    lines = []
    for one, aurocs in found:
        of = dict(zip(columns, aurocs, strict=True))
        mine, others = of[arm], of.get(other)
        difference = None if mine is None or others is None else mine - others
        lines.append((one, mine, others, difference, _drawing(mine, others, low)))
    lines.sort(key=lambda line: (line[3] is None, -(line[3] or 0.0)))
    return ProteinRows(arm, other, low, lines)


def _drawing(mine: float | None, other: float | None, low: float) -> Markup:
    """Return a filled dot for the arm, an open one for the other, and the line between them."""
    x, y = (_place(auroc, low) for auroc in (mine, other))
    chance = Markup('<path class="zero" d="M{:.1f} 0V{}"/>').format(_place(0.5, low), HEIGHT)
    parts = [chance]
    if x is not None and y is not None:
        parts.append(Markup('<path class="between" d="M{:.1f} 7H{:.1f}"/>').format(y, x))
    for name, place in (("other", y), ("mine", x)):
        if place is not None:
            parts.append(
                Markup('<circle class="{}" cx="{:.1f}" cy="7" r="4"/>').format(name, place)
            )
    return Markup('<svg class="pair" width="{}" height="{}" aria-hidden="true">{}</svg>').format(
        WIDTH, HEIGHT, Markup("").join(parts)
    )


def _place(auroc: float | None, low: float) -> float | None:
    return None if auroc is None else MARGIN + (auroc - low) / (1 - low) * (WIDTH - 2 * MARGIN)
