"""Figures of contrasts, runs, controls and proteins in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rpbind.analysis.arms import Arm
from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.controls import Controls
from rpbind.figures.arms import CLUSTERS
from rpbind.figures.description import Description
from rpbind.wording import verdicts
from rpbind.wording.words import number, plural, signed


def forest(contrasts: Sequence[Contrast], delta: float) -> Description:
    """Describe the forest: the largest differences, and how many contrasts are decided."""
    known = [c for c in contrasts if c.verdict.mean is not None]
    ranked = sorted(known, key=lambda c: c.verdict.mean or 0.0)
    ends = dict.fromkeys(_contrast(c) for c in (ranked[-1], ranked[0]))
    apart = sum(c.verdict.word in ("better", "worse") for c in contrasts)
    return Description(
        name="Differences in test AUROC",
        summary=f"{apart} of {len(contrasts)} {plural('contrast', len(contrasts))} "
        f"{'is' if apart == 1 else 'are'} better or worse; the mean differences "
        f"{'lie between' if len(ends) > 1 else 'are'} {' and '.join(reversed(ends))}; "
        f"differences within ±{number(delta)} are negligible.",
        elsewhere="Its values are in the table of the verdicts.",
    )


def runs(arms: Sequence[Arm], seeds: Sequence[int]) -> Description:
    """Describe the scores of all runs: the highest and the lowest arm, and each run."""
    scored = sorted((arm for arm in arms if arm.headline), key=lambda arm: -_mean(arm))
    ends = [f"{arm.plan.name} ({number(_mean(arm))})" for arm in (scored[0], scored[-1])]
    count = sum(len(arm.macro) for arm in arms)
    of = f"{ends[0]} is the highest mean and {ends[1]} the lowest" if len(scored) > 1 else ends[0]
    return Description(
        name="Test AUROC of every run",
        summary=f"{count} {plural('run', count)} of {len(scored)} {plural('arm', len(scored))}: "
        f"{of}.",
        columns=("Arm", *(f"seed {seed}" for seed in seeds)),
        rows=[[arm.plan.name, *(number(arm.macro.get(seed), 4) for seed in seeds)] for arm in arms],
    )


def controls(controls: Controls, arms: Sequence[Arm]) -> Description:
    """Describe controls and arms: the best of either, and the score of each."""
    scored = [(b.name, b.macro) for b in controls.baselines if b.macro is not None]
    best_control = max(scored, key=lambda each: each[1])
    marks = [("control", name, macro, macro, macro, 1) for name, macro in scored]
    spreads = [("retrained control", r.name, r.macro) for r in controls.retrained if r.macro]
    spreads += [("arm", arm.plan.name, arm.headline) for arm in arms if arm.headline]
    marks += [(kind, name, s.mean, s.low, s.high, s.n) for kind, name, s in spreads]
    marks.sort(key=lambda mark: -mark[2])
    top = [f"{name} ({number(mean)})" for kind, name, mean, *_ in marks if kind == "arm"][:1]
    return Description(
        name="Controls and arms",
        summary=f"The highest control is {best_control[0]} ({number(best_control[1])})"
        + (f", the highest arm {top[0]}." if top else "; no arm is scored."),
        columns=("Name", "Kind", "Test AUROC", "Lowest run", "Highest run", "Runs"),
        rows=[
            [name, kind, *(number(value, 4) for value in (mean, low, high)), n]
            for kind, name, mean, low, high, n in marks
        ],
    )


def protein_spread(contrasts: Sequence[Contrast], names: Mapping[int, str]) -> Description:
    """Describe the differences per protein cluster: their range, and each of them."""
    cells = [(d, c, g) for c in contrasts for g, d in c.paired.by_cluster.items()]
    worst, best = (pick(cells, key=lambda cell: cell[0]) for pick in (min, max))
    every = sorted({g for _, _, g in cells})
    return Description(
        name=CLUSTERS,
        summary=f"From {_cell(worst, names)} to {_cell(best, names)} over "
        f"{len(every)} {plural('cluster', len(every))}.",
        columns=("Protein cluster", *(c.paired.contrast.name for c in contrasts)),
        rows=[[names[g], *(signed(c.paired.by_cluster.get(g)) for c in contrasts)] for g in every],
    )


def protein_map(contrasts: Sequence[Contrast]) -> Description:
    """Describe the map of protein clusters; it has the values of the figure before it."""
    ups = [sum(d > 0 for d in c.paired.by_cluster.values()) for c in contrasts]
    sizes = [len(c.paired.by_cluster) for c in contrasts]
    most = max(range(len(ups)), key=lambda n: ups[n] / (sizes[n] or 1))
    return Description(
        name="Map of protein clusters",
        summary=f"{contrasts[most].paired.contrast.name} is above its reference on "
        f"{ups[most]} of {sizes[most]} clusters, the most of {len(contrasts)} "
        f"{plural('contrast', len(contrasts))}.",
        elsewhere="Its values are those of the figure of differences per protein cluster.",
    )


def _cell(cell: tuple[float, Contrast, int], names: Mapping[int, str]) -> str:
    difference, contrast, cluster = cell
    return f"{signed(difference)} ({contrast.paired.contrast.name} on {names[cluster]})"


def _mean(arm: Arm) -> float:
    return arm.headline.mean if arm.headline else float("nan")


def _contrast(contrast: Contrast) -> str:
    interval = verdicts.interval(contrast.verdict)
    return f"{signed(contrast.verdict.mean)} {interval} ({contrast.paired.contrast.name})"
