"""Compare the arms of two studies, paired by seed, if both were tested on the same windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.record import SHARED_PROVENANCE
from rpbind.errors import UserError, check_one_of
from rpbind.ledger import ArmPlan, ContrastPlan, Plan, Row
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.recipe import Recipe
from rpbind.split_spec import folds_in
from rpbind.statistics.collapse import collapse_rates, collapsed_runs
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.table import pair, planned_runs, weights_of
from rpbind.statistics.units import why_no_verdict
from rpbind.statistics.verdict import verdicts

Study = tuple[Plan, Sequence[Row]]


@dataclass(frozen=True)
class StudyComparison:
    """The contrasts of one study's arms with another's.

    Parameters
    ----------
    contrasts
        Arms of the first study minus arms of the second, with verdicts.
    notes
        What a reader has to know first, such as a difference in code.
    delta
        Largest negligible difference, in AUROC: the smaller one of the two plans'.
    """

    contrasts: tuple[Contrast, ...]
    notes: tuple[str, ...]
    delta: float


def compare(
    mine: Study,
    theirs: Study,
    arm: str | None = None,
    against: str | None = None,
    numbers: tuple[int, int] = (1, 2),
) -> StudyComparison:
    """Compare the arms that have the same name in two studies, or two given arms.

    Parameters
    ----------
    mine
        Plan and rows of the first study.
    theirs
        Plan and rows of the second study.
    arm
        Arm of the first study; None for every arm that both studies have.
    against
        Arm of the second study; None for the name in `arm`.
    numbers
        What the two studies are called where a run of theirs is named.

    Returns
    -------
    StudyComparison
        The contrasts, corrected together.

    Raises
    ------
    UserError
        If the studies have different data or splits, no common seed or no such arm, or if an arm
        is the winner of a search.
    """
    (plan, rows), (other, other_rows) = mine, theirs
    for what in ("dataset", "split"):
        if getattr(plan, what) != getattr(other, what):
            raise UserError(
                "Two studies can be compared if their runs were tested on the same windows. The "
                f"{what} of {plan.study} is {getattr(plan, what)}, and the {what} of "
                f"{other.study} is {getattr(other, what)}."
            )
    seeds = tuple(seed for seed in plan.seeds if seed in other.seeds)
    if not seeds:
        raise UserError(
            f"The two studies have no seed in common, so no runs are paired: {plan.study} has the "
            f"seeds {plan.seeds}, {other.study} has {other.seeds}. Run one of them with seeds of "
            "the other."
        )
    pairs = _pairs(plan, other, arm, against)
    first, second = sides = [f"{number}: " for number in numbers]
    runs = {(first + a, s): row for (a, s), row in planned_runs(plan, list(rows))[0].items()}
    runs |= {
        (second + a, s): row for (a, s), row in planned_runs(other, list(other_rows))[0].items()
    }
    paired = [
        pair(ContrastPlan(name=_name(a, b), arm=first + a.name, reference=second + b.name),
             runs, seeds, folds=folds_in(plan.split))
        for a, b in pairs
    ]  # fmt: skip
    results = [table.result for table in paired]
    alpha = min(level_of(analysis_number(plan)), level_of(analysis_number(other)))
    delta = min(plan.delta, other.delta)
    collapsed = collapsed_runs(runs)
    counted = [collapse_rates(weights_of(p.contrast), p.seeds, p.d_SG, collapsed) for p in paired]
    staged = bool(plan.looks or other.looks)
    judged = verdicts(results, delta, alpha, counted, staged=staged)
    contrasts = tuple(
        Contrast(table, result, verdict, "", _recipe(a).diff(_recipe(b)))
        for table, result, verdict, (a, b) in zip(paired, results, judged, pairs, strict=True)
    )
    notes = _notes(contrasts, runs, alpha, sides)
    if arm is None and (left := sorted(_winners(plan) & _winners(other))):
        notes.append(_refusal(left))
    return StudyComparison(contrasts, tuple(notes), delta)


def _pairs(
    plan: Plan, other: Plan, arm: str | None, against: str | None
) -> list[tuple[ArmPlan, ArmPlan]]:
    mine, theirs = ({a.name: a for a in p.arms} for p in (plan, other))
    won = _winners(plan) | _winners(other)
    if arm is not None:
        against = against or arm
        check_one_of("--arm", arm, mine)
        check_one_of("--against", against, theirs)
        if found := sorted(won & {arm, against}):
            raise UserError(_refusal(found))
        return [(mine[arm], theirs[against])]
    both = [name for name in mine if name in theirs]
    if not both:
        raise UserError(
            "No arm has the same name in both studies: one has "
            f"{', '.join(mine)}, the other {', '.join(theirs)}. "
            "Name the arms to compare with --arm and --against."
        )
    if not (shared := [name for name in both if name not in won]):
        raise UserError(_refusal(both))
    return [(mine[name], theirs[name]) for name in shared]


def _winners(plan: Plan) -> set[str]:
    """Return the arms of a plan that are winners of searches."""
    return {str(won["arm"]) for won in (plan.search or {}).get("winners", {}).values()}


def _refusal(arms: list[str]) -> str:
    return f"{', '.join(arms)}: chosen by a search. {why_no_verdict(1, shared=False)}"


def _name(arm: ArmPlan, reference: ArmPlan) -> str:
    return arm.name if arm.name == reference.name else f"{arm.name} vs {reference.name}"


def _recipe(arm: ArmPlan) -> Recipe:
    return Recipe.model_validate(arm.recipe)


def _notes(
    contrasts: Sequence[Contrast], runs: dict[tuple[str, int], Row], alpha: float, sides: list[str]
) -> list[str]:
    used = {
        (name, seed)
        for c in contrasts
        for name in (c.paired.contrast.arm, c.paired.contrast.reference)
        for seed in c.paired.seeds
    }
    notes = []
    for key in SHARED_PROVENANCE:
        found = [
            {runs[r].provenance.get(key, "not recorded") for r in used if r[0].startswith(side)}
            for side in sides
        ]
        of_folds = key == "split" and any(c.paired.folds is not None for c in contrasts)
        if len(set.union(*found)) > 1 and not (of_folds and found[0] == found[1]):
            values = " and ".join(", ".join(sorted(side)) for side in found)
            term = PROVENANCE_TERMS.get(key, key)
            notes.append(
                f"The studies differ in {term} ({values}). This alone may cause a difference, "
                "because runs with the same seed may have drawn different random numbers."
            )
    if alpha < level_of(1):
        notes.append(
            "One of the studies was extended after an interim analysis, so the level is "
            f"{alpha:.2g} instead of {level_of(1):.2g}."
        )
    return notes
