"""Numbers and bookkeeping as text: "–" for what is not there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from rpbind import errors
from rpbind.analysis.arms import Spread
from rpbind.analysis.record import Cost
from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import Winner
from rpbind.ledger import ContrastPlan, InterimAnalysis, Plan
from rpbind.statistics import interim
from rpbind.statistics.averages import Averages
from rpbind.statistics.factorial import TIMES
from rpbind.statistics.verdict import Word

ABSENT = "–"
MINUS = "−"
WORDS = get_args(Word)


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many decimals; "–" where there is none."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:,.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 4) -> str:
    """A difference with its sign."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:+.{digits}f}".replace("-", MINUS)


def brief(value: float | None) -> str:
    """A number of any size with three digits that count; "–" where there is none."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:.3g}".replace("-", MINUS)


def p_value(p: float | None) -> str:
    """A p value; "< 0.0001" where it is smaller, "–" where nothing was tested."""
    if p is None:
        return ABSENT
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def range_of(value: Spread, digits: int, done: int) -> str:
    """The range that an arm's runs cover, and their number where it is not the `done` ones."""
    told = [] if value.n == 1 else [f"{number(value.low, digits)} to {number(value.high, digits)}"]
    return ", ".join(told if value.n == done else [*told, f"n = {value.n}"])


def recipe_value(value: Any) -> str:
    """A recipe's value as it is written; "–" for a knob that the recipe does not have."""
    return ABSENT if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def effect_words(contrast: ContrastPlan) -> str:
    """What a factorial effect compares, in words."""
    arms = len(contrast.weights)
    if TIMES in contrast.name:
        return f"effect of one with the other, minus without it, over {arms} arms"
    return f"mean of {arms // 2} arms with it, minus that of {arms // 2} without"


def is_at_reference(plan: Plan) -> bool:
    """Whether each effect of a design holds at its one reference only."""
    return plan.design in ("leave-one-out", "add-one-in")


def ends_of_auroc(ci: tuple[float, float]) -> list[str]:
    """The ends of an interval of an AUROC, cut at 0 and 1; a cut end has a "*"."""
    return [number(min(max(end, 0.0), 1.0), 4) + ("" if 0.0 <= end <= 1.0 else "*") for end in ci]


def clusters(averages: Averages | None) -> str:
    """What the headline is a mean of: "14 protein clusters"."""
    return averages.clusters_text if averages else "protein clusters"


def proteins(averages: Averages | None) -> str:
    """What the plain mean is of: "31 proteins"."""
    return averages.proteins_text if averages else "proteins"


def winner_lines(winner: Winner) -> list[str]:
    """What a search found, in a line; then the best's values, a failure, and what was not tried."""
    ended = ", ".join(f"{n} {outcome}" for outcome, n in winner.counts.items())
    means = ""
    if both := winner.averages:
        plain = f"{number(both.over_proteins, 4)} over {both.proteins_text}"
        means = f", mean over {both.clusters_text} ({plain})"
    ci = f" [{', '.join(ends_of_auroc(winner.ci))}]" if winner.ci else ""
    found = (
        f"{winner.search}: {_trials(winner)} ({ended}); best {winner.trial or ABSENT}, "
        f"validation {number(winner.search_score, 4)} in the search; on fresh seeds "
        f"{number(winner.validation, 4)}, and test {number(winner.test, 4)}{ci}{means}"
    )
    values = f"  the best has {winner.values}" if winner.values else ""
    failed = (
        f"  the first trial that is not whole: {winner.first_failure}"
        if winner.first_failure
        else ""
    )
    left = winner.untried and (
        f"  {winner.untried} of the space's {winner.size} configurations were not tried, and "
        "others were drawn again: tune.py --repeats redraw tries them instead"
    )
    return [line for line in (found, values, failed, left) if line]


def _trials(winner: Winner) -> str:
    """The number of trials, of how many, and of how many configurations where these are fewer."""
    asked = f" of {winner.planned}" if winner.trials < winner.planned else ""
    told = f"{winner.trials}{asked} {'trial' if winner.trials == 1 else 'trials'}"
    if winner.configurations < winner.trials:
        different = winner.configurations
        told += f" of {different} {'configuration' if different == 1 else 'configurations'}"
    return told


def plural(unit: str, n: int) -> str:
    """A unit's name in the number that n asks for: "search", "searches"."""
    return unit if n == 1 else f"{unit}{'es' if unit.endswith('ch') else 's'}"


def reason_of(error: str) -> str:
    """The line of an error that says why; "–" where there is none."""
    return errors.reason(error) or ABSENT


def best_baseline(summary: Summary) -> str:
    """Say what the best baseline without a network has on the same test windows; "" without one."""
    scored = [each for each in summary.controls.baselines if each.macro is not None]
    if not scored:
        return ""
    best = scored[0]
    value = best.averages.words(4) if best.averages else number(best.macro, 4)
    return f"The best baseline without a network, {best.name}, has {value}, on test."


def few_proteins(clusters: int | None, part: str = "test") -> str:
    """Say what fewer than 20 protein clusters leave open; nothing where there are more."""
    if clusters is None:
        return ""
    return (
        f"{clusters} {part} protein clusters: below 20, how proteins differ is itself poorly "
        "known, and intervals may not carry over to other proteins."
    )


def interim_note(plan: Plan) -> str:
    """How often an extended study was judged before, and at which level it is judged now."""
    look = interim.analysis_number(plan)
    if look == 1:
        return "This study was extended before anything could be judged: its level stays 0.05."
    return (
        f"Look {look} at a study that was extended after it was judged with "
        f"{' and '.join(_size_of(past) for past in plan.looks if past.verdicts)}. "
        f"Everything is judged at level {interim.level_of(look):.2g} instead of 0.05: the levels "
        f"of all looks, however many follow, sum to less than {interim.TOTAL_LEVEL:.3f}."
    )


def _size_of(look: InterimAnalysis) -> str:
    return f"{look.seeds} seeds" if look.trials is None else f"{look.trials} trials per search"


def extended(plan: Plan) -> list[str]:
    """Say of every time a search was given more what its winner was then, and is by now."""
    search = plan.search or {}
    return [
        f"The search was extended from {past['made']} trials after its winner was frozen and run "
        f"on test: {_since(list(past['winners'].values()), plan)}"
        if past["winners"]
        else f"The search was extended from {past['made']} trials, of which none was whole."
        for past in search.get("extensions", ())
    ]


def _since(winners: Sequence[Mapping[str, Any]], plan: Plan) -> str:
    """What became of the earlier winners of an extended search."""
    if "closed" not in (plan.search or {}):
        return "it goes on, and its winner is chosen anew."
    now = {arm.name: arm.recipe_id for arm in plan.arms}
    left = [str(each["trial"]) for each in winners if each["recipe_id"] != now.get(each["arm"])]
    if not left:
        return "the winner is the same, and test was not read again."
    return (
        f"{', '.join(left)} {'was' if len(left) == 1 else 'were'} replaced, and test was read "
        "again. What is shown of the new winner on test was chosen after a first look at test."
    )


def cost_words(cost: Cost) -> str:
    """How much of a study's time was training: the rest is what all around it costs."""
    trained = (
        f"{cost.runs} {'run' if cost.runs == 1 else 'runs'} trained for {cost.training:,.1f} s"
    )
    if not cost.slot_seconds:
        return f"{trained}; how long the study's calls took was not noted."
    calls = "1 call" if cost.calls == 1 else f"{cost.calls} calls"
    killed = (
        f", {cost.killed} of which killed: up to the last run that ended" if cost.killed else ""
    )
    room = cost.slot_seconds
    return (
        f"{trained}: {100 * cost.training / room:.0f} % of {room:,.1f} s, which is wall time × "
        f"runs at once of {calls}{killed}. The rest is Ray, scoring, controls, waiting."
    )
