"""The answer of a study for a terminal: verdicts with their reasons, arms, controls, findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from rpbind.analysis.arms import Arm, secondary_metrics
from rpbind.analysis.compare import StudyComparison
from rpbind.analysis.contrasts import few_clusters
from rpbind.analysis.interim import read_now
from rpbind.analysis.record import Failure
from rpbind.analysis.summary import Summary
from rpbind.ledger import Ledger
from rpbind.screens.answer import answer_lines
from rpbind.screens.contrast_table import table_of
from rpbind.statistics.averages import Averages
from rpbind.statistics.coverage import NEVER_MADE
from rpbind.statistics.trend import OVERFITTING, STILL_IMPROVING
from rpbind.tables import Grid
from rpbind.wording import claims, collapses, predictions, search_words, verdicts, words
from rpbind.wording.alerts import has_nothing
from rpbind.wording.banners import banners

CURVES = (STILL_IMPROVING.name, OVERFITTING.name)
"""Findings on learning curves."""


def verdict_table(study: Path) -> RenderableType:
    """Return a study's banners and verdict table.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    RenderableType
        What `rich` prints.

    Raises
    ------
    UserError
        If the folder holds no study.
    """
    return whole_answer(read_now(Ledger(study)))


def whole_answer(summary: Summary) -> RenderableType:
    """Return everything that a terminal shows of a study.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    RenderableType
        What `rich` prints.
    """
    notes = [Text(f"! {banner}", style="yellow") for banner in banners(summary)]
    searches = summary.tuned.winners if summary.tuned else ()
    notes += [
        Text(f"  {line}") for winner in searches for line in search_words.winner_lines(winner)
    ]
    lost = [Text(f"  {line}") for line in dict.fromkeys(failed_runs(summary))]
    plan, tuned = summary.plan, summary.tuned
    tables: list[RenderableType] = []
    if summary.contrasts and not has_nothing(summary):
        tables += [
            table_of(plan.study, summary.contrasts),
            *_reasons(summary.contrasts, plan.delta),
        ]
    if tuned and tuned.contrasts:
        title = f"{plan.study}, tuned arms paired by {tuned.unit}"
        tables += [
            table_of(title, tuned.contrasts, tuned.part),
            *_reasons(tuned.contrasts, plan.delta),
        ]
    tables += [Text(f"prediction {predictions.line(each)}") for each in summary.predictions]
    if tuned and tuned.refusal:
        tables.append(Text(tuned.refusal, style="yellow"))
    compared = bool(summary.contrasts or tuned)
    if not compared:
        tables += [_metrics(arm, summary) for arm in summary.arms if arm.headline]
    return Group(
        *answer_lines(summary),
        *tables,
        *notes,
        *lost,
        *(_arms(summary) if compared else []),
        *_controls(summary),
        *_findings(summary),
        Text(words.cost_words(summary.cost)),
    )


def failed_runs(summary: Summary) -> list[str]:
    """Return what happened to each run that is not done.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of str
        A line for each run; lines may be equal.
    """
    return [_failed(failure) for failure in summary.failures]


def _failed(failure: Failure) -> str:
    """Return what happened to a run; an arm without a winner has one text for all its runs."""
    run = failure.arm if failure.state == NEVER_MADE else f"{failure.arm}, seed {failure.seed}"
    return f"{run}: {failure.state}: {words.reason_of(failure.error)}"


def _reasons(contrasts: Sequence[verdicts.Judged], delta: float) -> list[Text]:
    """Return the reasons of verdicts other than better and worse, and notes on cut intervals."""
    notes = [f"  {note}"] if (note := verdicts.cut_note(contrasts)) else []
    for contrast in contrasts:
        name, verdict = contrast.paired.contrast.name, contrast.verdict
        if verdict.word in ("inconclusive", "no meaningful effect"):
            notes.append(f"  {name}: {verdicts.reason(contrast, delta)}{_why_unpaired(contrast)}")
        if note := collapses.contrast_note(verdict):
            notes.append(f"  {name}: {note}")
    return [Text(line) for line in notes]


def _why_unpaired(contrast: verdicts.Judged) -> str:
    """Return why the first pair is missing, if all are missing."""
    first, *others = contrast.paired.missing or ("",)
    if contrast.paired.n or not first:
        return ""
    return f" ({first}{f'; and {len(others)} more' if others else ''})"


def _controls(summary: Summary) -> list[Text]:
    """Return the best baselines, and the claims in a line each."""
    scored = [b for b in summary.controls.baselines if b.macro is not None]
    if not scored:
        return []
    honest = [b for b in scored if not b.flagged]
    best = _means("controls", [(b.name, b.averages) for b in honest[:3]], summary)
    flags = words.flagged_controls(summary)
    best += f"; flagged, because they read no motif: {flags}" if flags else ""
    return [Text(line) for line in [best, *claims.lines(summary.controls)]]


def _arms(summary: Summary) -> list[Text]:
    """Return the headline of every arm, with its other means in brackets."""
    scored = [(arm.plan.name, arm.averages) for arm in summary.arms if arm.averages]
    return [Text(_means("arms", scored, summary))] if scored else []


def _means(what: str, scored: Sequence[tuple[str, Averages | None]], summary: Summary) -> str:
    """Return names with their test AUROC: macro (plain mean over proteins, cluster-weighted)."""
    of = summary.averages
    scores = [
        f"{name} {words.number(a.over_clusters)} ({words.number(a.over_proteins)}, "
        f"{words.number(a.weighted)})"
        for name, a in scored
        if a is not None
    ]
    names = f"{words.macro(of)} (in brackets {words.plain(of)}, cluster-weighted)"
    return f"{what}: test AUROC, {names}: {', '.join(scores)}"


def _metrics(arm: Arm, summary: Summary) -> Grid:
    """Return the test metrics of an arm that is compared with no other arm."""
    seeds = f"{arm.done} {words.plural('seed', arm.done)}"
    table = Grid(
        title=Text(f"{arm.plan.name}: test part, {seeds}"),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("metric", overflow="fold")
    for column in ("mean", "lowest", "highest"):
        table.add_column(column, justify="right", no_wrap=True)
    spreads = {
        f"AUROC, {words.macro(arm.averages)}": arm.headline,
        f"AUROC, {words.plain(arm.averages)}": arm.plain,
    }
    spreads |= {
        name: arm.secondary[metric] for metric, name in secondary_metrics(summary.plan).items()
    }
    for name, spread in spreads.items():
        values = (spread.mean, spread.low, spread.high) if spread else (None, None, None)
        table.add_row(Text(name), *map(words.number, values))
    return table


def _findings(summary: Summary) -> list[Text]:
    """Return the findings with their advice: if arms are compared, only on learning curves."""
    compared = bool(summary.contrasts or summary.tuned)
    found = [
        Text(
            f"{f.finding.severity}: {f.finding.name}: {f.runs} run{'' if f.runs == 1 else 's'} "
            f"({', '.join(f.arms)}). {f.finding.advice}",
            style="yellow",
        )
        for f in summary.findings
        if f.finding.name in CURVES or not compared
    ]
    return found if found or compared else [Text("findings of the doctor: none")]


def comparison_table(comparison: StudyComparison) -> RenderableType:
    """Return the contrasts of two studies, after the notes that a reader has to see first.

    Parameters
    ----------
    comparison
        The comparison of the two studies.

    Returns
    -------
    RenderableType
        What `rich` prints.
    """
    few = few_clusters(comparison.contrasts)
    screening = verdicts.screening_note(comparison.contrasts)
    banners = [screening, words.few_proteins(few), *comparison.notes]
    notes = [Text(f"! {note}", style="yellow") for note in banners if note]
    lost = [Text(f"  {c.paired.contrast.name}: {why}") for c in comparison.contrasts
            for why in c.paired.missing]  # fmt: skip
    table = table_of("study 1 minus study 2", comparison.contrasts)
    return Group(*notes, *lost, table, *_reasons(comparison.contrasts, comparison.delta))
