"""The last screen of a study: its answer, doubts and next step; then verdicts, notes, a pointer to
the report.

With `--verbose`, it is the whole answer of `terminal.verdict_table`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.text import Text

from rpbind.analysis.interim import read_now
from rpbind.analysis.summary import Summary
from rpbind.ledger import Ledger
from rpbind.screens.answer import answer_lines
from rpbind.screens.contrast_table import STYLES
from rpbind.screens.terminal import CURVES, failed_runs, whole_answer
from rpbind.statistics.contrast import Interval
from rpbind.tables import Grid
from rpbind.verbosity import is_verbose
from rpbind.wording import collapses, search_words, verdicts, words
from rpbind.wording.alerts import has_nothing
from rpbind.wording.banners import banners

MOST_LINES = 3
"""At most so many failed runs, winners, arms or claims are named; the report has all."""
REST = "The report has the reasons, scores, controls and curves; `rpbind report STUDY` prints them."


def last_screen(study: Path) -> RenderableType:
    """Return what a command prints at the end of a study.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    RenderableType
        What `rich` prints. A study that compares no arms has no verdicts, and its whole answer is
        short.

    Raises
    ------
    UserError
        If the folder holds no study.
    """
    summary = read_now(Ledger(study))
    if is_verbose() or not (summary.contrasts or summary.tuned):
        return whole_answer(summary)
    notes = [Text(f"! {banner}", style="yellow") for banner in banners(summary)]
    lost = [f"  {line}" for line in dict.fromkeys(failed_runs(summary))]
    return Group(
        *answer_lines(summary, MOST_LINES if summary.contrasts else None),
        *(_verdicts(summary) if not has_nothing(summary) else ()),
        *map(Text, [*_first(_winners(summary)), *_first(lost)]),
        *map(Text, _arms(summary) if not summary.contrasts else ()),
        *notes,
        *_findings(summary),
        Text(REST, style="dim"),
    )


def _first(lines: list[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"  and {more} more: see the report"] if more > 0 else lines


def _winners(summary: Summary) -> list[str]:
    found = [search_words.winner_lines(each) for each in summary.tuned.winners
             ] if summary.tuned else []  # fmt: skip
    # a search of its own has values worth a line; of many, each gets one
    return [f"  {line}" for lines in found for line in (lines if len(found) == 1 else lines[:1])]


def _verdicts(summary: Summary) -> list[RenderableType]:
    """Return the tables of contrasts, each with a line on what is left open."""
    plan, tuned = summary.plan, summary.tuned
    tables: list[tuple[str, Sequence[verdicts.Judged]]] = []
    if summary.contrasts:
        tables.append((f"{plan.study}: test AUROC", summary.contrasts))
    if tuned and tuned.contrasts:
        title = f"{plan.study}, tuned arms paired by {tuned.unit}: {tuned.part} AUROC"
        tables.append((title, tuned.contrasts))
    shown: list[RenderableType] = []
    for title, contrasts in tables:
        over = f"macro over {verdicts.clusters_of(contrasts)}"
        shown += [Text(f"{title}, {over}; {_pairs(contrasts)}"), _table(contrasts)]
        if note := verdicts.cut_note(contrasts):
            shown.append(Text(f"  {note}"))
        if more := [c.verdict.needs.seeds for c in contrasts
                    if c.verdict.word == "inconclusive" and c.verdict.needs]:  # fmt: skip
            enough = [count for count in more if count is not None]
            unit = words.plural(contrasts[0].unit, 2)
            advice = [f"{max(enough)} {unit} would decide {len(enough)}"] if enough else []
            first = [verdicts.at_least_first(c.result, unit) for c in contrasts
                     if isinstance(c.result, Interval)
                     and c.verdict.needs and c.verdict.needs.has_few_df]  # fmt: skip
            advice += list(dict.fromkeys(first))
            shown.append(Text("; ".join([f"  inconclusive: {len(more)}", *advice])))
    if tuned and tuned.refusal:
        shown.append(Text(tuned.refusal, style="yellow"))
    return shown


def _pairs(contrasts: Sequence[verdicts.Judged]) -> str:
    """Return how many units are paired: "4 to 5 of 5 seeds paired"."""
    paired = sorted({c.paired.n for c in contrasts})
    planned = max(c.paired.planned for c in contrasts)
    count = " to ".join(str(n) for n in dict.fromkeys((paired[0], paired[-1])))
    return f"{count} of {planned} {words.plural(contrasts[0].unit, 2)} paired"


def _table(contrasts: Sequence[verdicts.Judged]) -> Grid:
    """Return the verdicts with their differences: the verdict comes first and gets its width."""
    table = Grid(box=SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("verdict")
    table.add_column("contrast")
    table.add_column("difference", justify="right")
    table.add_column("interval", no_wrap=True)
    table.add_column("p", justify="right")
    for contrast in contrasts:
        verdict, name = contrast.verdict, contrast.paired.contrast.name
        table.add_row(
            Text(verdicts.verdict_words(verdict), style=STYLES.get(verdict.word, "")),
            Text(name),
            words.signed(verdict.mean),
            Text(verdicts.interval(verdict)),
            words.p_value(verdict.p),
        )
        if verdict.rates is not None and verdict.collapses is not None:
            apart = verdict.collapses
            table.add_row(
                Text(apart.word, style=STYLES.get(apart.word, "")),
                Text(f"{name}: {collapses.ROW}"),
                words.ABSENT,
                collapses.shares(verdict.rates),
                words.p_value(apart.p),
            )
    return table


def _arms(summary: Summary) -> list[str]:
    """Return the headline of the arms: all of few arms, else the best and the worst."""
    scored = sorted(
        ((arm.averages.over_clusters, arm.plan.name) for arm in summary.arms if arm.averages),
        reverse=True,
    )
    if not scored:
        return []
    kept = scored if len(scored) <= MOST_LINES else [scored[0], scored[-1]]
    named = ", ".join(f"{name} {words.number(score)}" for score, name in kept)
    over = words.macro(summary.averages)
    if len(scored) <= MOST_LINES:
        return [f"arms: test AUROC, {over}: {named}"]
    return [f"arms: test AUROC, {over}, best and worst of {len(scored)}: {named}"]


def _findings(summary: Summary) -> list[Text]:
    """Return the findings on learning curves, without their arms and advice."""
    runs: Counter[str] = Counter()
    for each in summary.findings:
        if each.finding.name in CURVES:
            runs[f"{each.finding.severity}: {each.finding.name}"] += each.runs
    return [
        Text(f"{name}: {count} {words.plural('run', count)}", style="yellow")
        for name, count in runs.items()
    ]
