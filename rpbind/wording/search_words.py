"""Searches as text: what each one found, and what extending it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import Tuned, Winner
from rpbind.ledger import Plan
from rpbind.ledger.search_results import SearchResult
from rpbind.wording.words import ABSENT, ends_of_auroc, number, plural, signed

RATED = 10
"""Importances are computed from at least so many trials (`analysis.importance.FEWEST`)."""

MOST_WINNERS = 3
"""The answer names the winners of at most so many searches."""


def winner_lines(winner: Winner) -> list[str]:
    """Return what a search found, then its best values, its first failure, and what is untried."""
    counts = ", ".join(f"{n} {outcome}" for outcome, n in winner.counts.items())
    means = ""
    if both := winner.averages:
        means = f", {both.source_words(4)}"
    ci = f" [{', '.join(ends_of_auroc(winner.ci))}]" if winner.ci else ""
    found = (
        f"{winner.search}: {_trials(winner)} ({counts}); best trial {winner.trial or ABSENT}, "
        f"validation AUROC {number(winner.search_score, 4)} in the search and "
        f"{number(winner.validation, 4)} on fresh seeds, test AUROC {number(winner.test, 4)}"
        f"{ci}{means}"
    )
    values = winner.values and f"  values of the best trial: {winner.values}"
    if winner.search_score is None:
        found = f"{winner.search}: {_trials(winner)} ({counts}); no trial is complete"
    failed = winner.first_failure and f"  first incomplete trial: {winner.first_failure}"
    untried = winner.untried and (
        f"  {winner.untried} of the space's {winner.size} configurations were not tried although "
        "others were repeated; tune.py --repeats redraw tries them instead of repeating"
    )
    return [line for line in (found, values, failed, untried) if line]


def found(tuned: Tuned) -> list[str]:
    """Return what the searches of a study found, as sentences without full stops.

    Parameters
    ----------
    tuned
        The searches.

    Returns
    -------
    list of str
        Why there is no verdict, if that is so; then each winner with its values and test score. Of
        a single search, also what is optimism.
    """
    lines = [tuned.refusal.rstrip(".")] if tuned.refusal else []
    winners = tuned.winners
    if len(winners) > MOST_WINNERS:
        return [*lines, f"The results of the {len(winners)} searches are in the section Search"]
    lines += [best_configuration(each, alone=len(winners) == 1) for each in winners]
    return [*lines, *(optimism(each) for each in winners if len(winners) == 1 and optimism(each))]


def beside_the_base(summary: Summary) -> str:
    """Return the test scores of a single search's winner and of the base; "" without both."""
    scored = {arm.plan.name: arm.averages.over_clusters for arm in summary.arms if arm.averages}
    winners = summary.tuned.winners if summary.tuned else ()
    if len(scored) != 2 or len(winners) != 1 or winners[0].test is None:
        return ""
    (base,) = (name for name in scored if name != winners[0].arm)
    above = scored[winners[0].arm] > scored[base]
    return (
        f"The winner scores {number(scored[winners[0].arm])} on test, "
        f"{'above' if above else 'not above'} the {number(scored[base])} of the recipe from which "
        "the search began; one search supports no verdict between them"
    )


def best_configuration(winner: Winner, *, alone: bool = True) -> str:
    """Return the winner of a search with its values and its test score."""
    of = "" if alone else f" of {winner.search}"
    if winner.search_score is None:
        return f"The search{of} has no complete trial, and so no winner"
    trial = f" ({winner.trial})" if winner.trial else ""
    values = winner.values or "the recipe itself"
    best = f"The best of {_trials(winner)}{of} has {values}{trial}"
    if winner.test is None:
        return f"{best}: validation AUROC {number(winner.search_score)}, not yet on fresh seeds"
    ci = f" ({' to '.join(ends_of_auroc(winner.ci, 3))})" if winner.ci else ""
    reads = f"{winner.test_reads} fresh {plural('seed', winner.test_reads)}"
    return f"{best}: test AUROC {number(winner.test)}{ci} over {reads}"


def selection(winner: Winner) -> float | None:
    """Return how much higher a winner scored in its search than on fresh seeds, on validation."""
    both = winner.search_score, winner.validation
    return None if None in both else both[0] - both[1]  # type: ignore[operator]


def shift(winner: Winner) -> float | None:
    """Return how much higher a winner scores on validation than on test, with the same seeds."""
    both = winner.validation, winner.test
    return None if None in both else both[0] - both[1]  # type: ignore[operator]


def optimism(winner: Winner) -> str:
    """Return by how much the score in the search is too high, in its two parts; else ""."""
    chosen, parts = selection(winner), shift(winner)
    if winner.optimism is None or chosen is None or parts is None:
        return ""
    way = "higher" if winner.optimism >= 0 else "lower"
    return (
        f"In the search it scored {number(winner.search_score)} on validation, "
        f"{number(abs(winner.optimism))} {way} than on test: {signed(chosen, 3)} by selection (on "
        f"fresh seeds it scores {number(winner.validation)}), and {signed(parts, 3)} by the "
        "difference between the validation and the test part"
    )


def has_signal(summary: Summary) -> bool:
    """Whether any hyperparameter is rated above the noise floor."""
    return any(each.above for each in summary.importances)


def importance(summary: Summary) -> str:
    """Return which searched hyperparameters matter, beyond noise; "" if none was rated."""
    rated = summary.importances
    if not rated:
        return ""
    above: dict[str, list[str]] = {}
    for each in rated:
        for path in each.above:
            above.setdefault(path, []).append(
                f"{each.evaluator} {number(each.share[path], 2)}, floor {number(each.floor, 2)}"
            )
    if not above:
        return (
            "Every importance is below its noise floor: these trials do not show which "
            "hyperparameter matters"
        )
    named = "; ".join(f"{path} ({'; '.join(by)})" for path, by in above.items())
    return f"Above the noise floor of its importance: {named}"


def undrawn(search: SearchResult, *, rated: bool) -> list[str]:
    """Return why figures of a search are missing, as sentences; empty if none is.

    Parameters
    ----------
    search
        The study's only search.
    rated
        Whether importances were computed.

    Returns
    -------
    list of str
        What would be needed, and what there is.
    """
    complete = [t for t in search.distinct if t.value is not None]
    if not complete:
        ended = ", ".join(f"{count} {outcome}" for outcome, count in search.counts.items())
        why = next((t.why for t in search.trials if t.why), "")
        return [
            f"No trial is complete ({ended}), so there is no score to draw"
            + (f"; the first reason: {why}." if why else ".")
        ]
    count = len(complete)
    found = f"{count} different {plural('configuration', count)} {'is' if count == 1 else 'are'}"
    lines = [] if count > 1 else [f"Parallel coordinates need 2 complete trials; {found} complete."]
    if count < RATED:
        lines.append(
            f"Importances and the map of the two most important hyperparameters need {RATED} "
            f"complete trials of different configurations; {found} complete."
        )
    elif not rated:
        lines.append(
            "Importances need different scores, and two hyperparameters that every trial has and "
            "that vary; this search lacks one of them."
        )
    return lines


def _trials(winner: Winner) -> str:
    """Return "14 of 20 trials of 12 configurations"; numbers that add nothing are left out."""
    planned = f" of {winner.planned}" if winner.trials < winner.planned else ""
    trials = f"{winner.trials}{planned} {plural('trial', winner.trials)}"
    if winner.configurations >= winner.trials:
        return trials
    return f"{trials} of {winner.configurations} {plural('configuration', winner.configurations)}"


def extension_notes(plan: Plan) -> list[str]:
    """Return one sentence per extension of the search: what happened to its winner."""
    search = plan.search or {}
    return [
        f"The search was extended from {past['made']} trials after its winner was frozen and "
        f"evaluated on test: {_since(list(past['winners'].values()), plan)}"
        if past["winners"]
        else f"The search was extended from {past['made']} trials, none of which was complete."
        for past in search.get("extensions", ())
    ]


def _since(winners: Sequence[Mapping[str, Any]], plan: Plan) -> str:
    """Return what happened to the earlier winners of an extended search."""
    if "closed" not in (plan.search or {}):
        return "the search goes on and will choose its winner again."
    now = {arm.name: arm.recipe_id for arm in plan.arms}
    replaced = [str(each["trial"]) for each in winners if each["recipe_id"] != now.get(each["arm"])]
    if not replaced:
        return "the winner is still the same and was not evaluated on test again."
    return (
        f"{', '.join(replaced)} {'was' if len(replaced) == 1 else 'were'} replaced, and test was "
        "used again. The new test score comes after an earlier one was known."
    )
