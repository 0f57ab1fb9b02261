"""The paragraph for a paper: what was compared, how, and by which rule it was decided."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import TunedContrast
from rpbind.counted import plural
from rpbind.ledger.trials import OBJECTIVES
from rpbind.recipe import Recipe
from rpbind.split_spec import folds_in
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.wording import verdicts
from rpbind.wording.words import number, signed

SETTINGS = ("train.optimizer", "train.lr", "train.batch_size", "train.epochs")
"""What a paper says of training, as far as all arms have it in common."""


def methods(summary: Summary) -> str:
    """Return what was done, without results.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    str
        One paragraph.
    """
    plan = summary.plan
    level = level_of(analysis_number(plan))
    sentences = [_compared(summary), *_training(summary), *_searches(summary), _data(summary)]
    part = summary.tuned.part if summary.tuned and not summary.contrasts else "test"
    sentences.append(
        f"The outcome is the AUROC on the {part} part, computed for each protein and averaged over "
        "protein clusters."
    )
    if summary.judged:
        units = plural(summary.judged[0].unit, 2)
        sentences += [
            f"Runs were paired by {summary.judged[0].unit}: the two sides of a pair share the "
            "split, the batches, and the initial value of every parameter that they have in "
            "common.",
            _interval(summary, units),
            f"All {len(summary.judged)} contrasts are one family of hypotheses, corrected by "
            f"Holm's method at level {level:.2g}."
            if len(summary.judged) > 1
            else f"The one contrast was tested at level {level:.2g}.",
            'A difference is called "better" or "worse" if its Holm-adjusted interval excludes '
            f'zero; "no meaningful effect" if its {100 * (1 - 2 * level):.3g} % interval lies '
            f'within ±{number(plan.delta)} (two one-sided tests); "inert" if all paired scores '
            'are identical; and "inconclusive" otherwise.',
        ]
    if plan.predictions:
        sentences.append(
            f"{len(plan.predictions)} {plural('prediction', len(plan.predictions))} "
            f"{'was' if len(plan.predictions) == 1 else 'were'} written down before the first run."
        )
    if plan.looks:
        sentences.append(
            f"This is analysis {analysis_number(plan)} of the study; its level is lowered for it."
        )
    if plan.rule:
        sentences.append(f"The rule, set before the first run: {_closed(plan.rule)}")
    return " ".join(sentences)


def methods_with_numbers(summary: Summary) -> str:
    """Return what was done and what came of it.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    str
        The paragraph of `methods`, followed by a sentence for each contrast; without contrasts, by
        one for each arm and baseline; and by one for each winner of a search.
    """
    results = [_result(contrast) for contrast in summary.judged] or list(_scores(summary))
    results += _winners(summary)
    missing = summary.planned - summary.done
    if missing:
        results.append(f"{missing} of {summary.planned} planned runs are not done.")
    return " ".join([methods(summary), *results])


def _compared(summary: Summary) -> str:
    plan = summary.plan
    seeds = f"{len(plan.seeds)} {plural('seed', len(plan.seeds))}"
    arms = f"{len(plan.arms)} {plural('arm', len(plan.arms))}"
    design = f" (design: {plan.design})" if plan.design else ""
    controls = len(summary.controls.baselines) + len(plan.controls)
    also = f", beside {controls} {plural('control', controls)}" if controls else ""
    return f"We trained {arms}{design} with {seeds} each{also}, using rpbind{_version(summary)}."


def _training(summary: Summary) -> Iterator[str]:
    """Yield the settings of training that all arms have in common."""
    flat = [Recipe.model_validate(arm.recipe).flat() for arm in summary.plan.arms]
    common = [p for p in SETTINGS if len({str(each.get(p)) for each in flat}) == 1]
    if common:
        said = ", ".join(f"{path} = {flat[0][path]}" for path in common)
        every = "In every arm" if len(flat) > 1 else "In this arm"
        yield f"{every}, {said}; the recipes have all other hyperparameters."


def _searches(summary: Summary) -> Iterator[str]:
    """Yield how hyperparameters were searched."""
    searches, how = summary.tuned.searches if summary.tuned else (), summary.plan.search or {}
    if not searches:
        return
    trials = sorted({len(search.trials) for search in searches})
    many = f"{trials[0]} to {trials[-1]}" if len(trials) > 1 else f"{trials[0]}"
    paths = list(dict.fromkeys(path for search in searches for path in search.varied))
    objectives = " and ".join(OBJECTIVES[name].words for name in searches[0].objectives)
    yield (
        f"{len(searches)} {plural('search', len(searches))} of {many} "
        f"{plural('trial', trials[-1])} {'each ' if len(searches) > 1 else ''}varied "
        f"{', '.join(paths)} (sampler: {how.get('sampler', 'random')}; scheduler: "
        f"{how.get('scheduler', 'none')}) by the {objectives}, and each winner was trained again "
        "with other seeds."
    )


def _version(summary: Summary) -> str:
    versions = summary.provenance.get("rpbind", {})
    commits = summary.provenance.get("commit", {})
    said = [*versions, *(f"commit {commit}" for commit in commits)]
    return f" ({', '.join(said)})" if said else ""


def _data(summary: Summary) -> str:
    plan, averages = summary.plan, summary.averages
    over = f", {averages.clusters_text} with {averages.proteins_text}" if averages else ""
    folds = folds_in(plan.split)
    how = f"; seed s is tested on fold s mod {folds.folds}" if folds else ""
    return f"The dataset is {plan.dataset}, the split {plan.split}{how}{over}."


def _interval(summary: Summary, units: str) -> str:
    if folds_in(summary.plan.split) is not None:
        return (
            "Intervals are over folds, with a standard error that is corrected for the training "
            "windows that folds share (Nadeau and Bengio)."
        )
    return f"Intervals are two-way: {units} and protein clusters are both random factors."


def _scores(summary: Summary) -> Iterator[str]:
    """Yield the test AUROC of each arm and baseline."""
    for arm in summary.arms:
        if arm.headline is not None:
            low, high = number(arm.headline.low), number(arm.headline.high)
            runs = f"{arm.done} {plural('run', arm.done)}, {low} to {high}"
            yield f"{arm.plan.name}: test AUROC {number(arm.headline.mean)} ({runs})."
    for baseline in summary.controls.baselines:
        if baseline.macro is not None:
            yield f"Baseline {baseline.name}: test AUROC {number(baseline.macro)}."


def _winners(summary: Summary) -> Iterator[str]:
    tuned = summary.tuned
    for won in tuned.winners if tuned and not tuned.contrasts else ():
        if won.test is None:
            continue
        ci = f", 95 % interval {number(won.ci[0])} to {number(won.ci[1])}" if won.ci else ""
        score = "" if won.search_score is None else f", {number(won.search_score)} in the search"
        yield (
            f"Winner of {won.search} ({won.trial} of {won.trials} trials: {won.values}): test "
            f"AUROC {number(won.test)}{ci}{score}."
        )


def _closed(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."


def _result(contrast: verdicts.Judged) -> str:
    """Return one contrast with its size: "a vs b: better by +0.0312 [...] (n = 5, p = ...)."."""
    verdict, paired = contrast.verdict, contrast.paired
    name = paired.contrast.name
    if verdict.possible_ci is None:
        return f"{name}: {verdict.word} ({verdicts.reason(contrast, 0.0) or 'no interval'})."
    part = "" if not isinstance(contrast, TunedContrast) else f", {plural(contrast.unit, 2)} paired"
    low, high = verdict.possible_ci
    return (
        f"{name}: {verdicts.verdict_words(verdict)}, {signed(verdict.mean)} AUROC "
        f"({verdicts.level(verdict)} interval {signed(low)} to {signed(high)}, "
        f"n = {paired.n}{part}, {len(paired.clusters)} protein clusters)."
    )
