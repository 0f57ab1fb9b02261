"""The report page of a study: one self-contained HTML file that opens offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rpbind.analysis import arms
from rpbind.analysis.no_result import no_result
from rpbind.analysis.summary import Summary, read
from rpbind.audit.findings import data_findings
from rpbind.figures import arms as figures
from rpbind.figures import curves, searching, style
from rpbind.figures.embed import fragment, scripts
from rpbind.files.places import check_creatable
from rpbind.ledger import Ledger, write_atomic
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.split_spec import folds_in
from rpbind.wording import audit as audit_words
from rpbind.wording import (
    claims,
    collapses,
    experiments,
    predictions,
    search_words,
    verdicts,
    words,
)
from rpbind.wording.banners import banners

HERE = Path(__file__).parent


def build_report(study: Path) -> Path:
    """Write a study's report page, `index.html`, from its ledger.

    The file is complete or not written at all.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    Path
        Path of the page.

    Raises
    ------
    UserError
        If the folder holds no study, or if the page cannot be written there.
    """
    summary = read(Ledger(study))
    page = study / "index.html"
    check_creatable(page)
    write_atomic(page, render(summary).encode())
    return page


def render(summary: Summary) -> str:
    """Return the HTML of a study's page; all text from the study is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for tool in (words.number, words.brief, words.signed, words.p_value, verdicts.reason):
        environment.filters[tool.__name__] = tool
    return environment.get_template("page.html").render(
        summary=summary,
        audit=summary.audit,
        audit_words=audit_words,
        data_findings=list(data_findings(summary.audit)) if summary.audit else [],
        plan=summary.plan,
        folds=folds_in(summary.plan.split),
        words=words,
        search_words=search_words,
        provenance_terms=PROVENANCE_TERMS,
        verdicts=verdicts,
        collapses=collapses,
        predictions=predictions,
        claims=claims,
        experiments=experiments,
        alerts=no_result(summary),
        banners=banners,
        secondary=arms.secondary_metrics(summary.plan),
        style=style,
        css=Markup((HERE / "page.css").read_text()),
        scripts=scripts(),
        draw=draw(summary),
    )


def draw(summary: Summary) -> dict[str, Any]:
    """Return every figure of the page as an HTML fragment; None if there is nothing to draw."""
    place = {arm.plan.name: i for i, arm in enumerate(summary.arms)}
    contrasts, clusters = summary.contrasts, summary.clusters
    names = ("forest", "runs", "controls", "proteins", "map")
    drawn: dict[str, Any] = dict.fromkeys(names)
    if any(c.verdict.mean is not None for c in contrasts):
        drawn["forest"] = figures.forest(contrasts, place, summary.plan.delta)
    if any(arm.macro for arm in summary.arms):
        drawn["runs"] = figures.runs(summary.arms, summary.plan.seeds)
    if any(b.macro is not None for b in summary.controls.baselines):
        drawn["controls"] = figures.controls(summary.controls, summary.arms)
    if any(c.paired.by_cluster for c in contrasts):
        drawn["proteins"] = figures.protein_spread(contrasts, place, clusters)
        drawn["map"] = figures.protein_map(contrasts, clusters)
    drawn |= _searched(summary)
    fragments = {name: figure and fragment(figure, name) for name, figure in drawn.items()}
    return fragments | {"learning": _learning(summary)}


def _searched(summary: Summary) -> dict[str, Any]:
    """Draw the figures of searches."""
    search, tuned, planned = summary.search, summary.tuned, summary.plan.search or {}
    if search and not any(t.value is not None or t.reached is not None for t in search.trials):
        search = None  # no trial has a place on any axis
    return {
        "search": search and searching.history(search),
        "slices": searching.slices(search, planned.get("dimensions", ()))
        if search and search.varied
        else None,
        "front": searching.front(search) if search and len(search.objectives) > 1 else None,
        "best_of": searching.best_of(tuned) if tuned and tuned.expected else None,
    }


def _learning(summary: Summary) -> list[tuple[str, Markup]]:
    loss = curves.shared_range(summary.arms, ("train.loss", "validation.loss"))
    auroc = curves.shared_range(summary.arms, ("validation.auroc_macro",))
    return [
        (arm.plan.name, fragment(curves.learning(arm, i, loss, auroc), f"learning-{i}"))
        for i, arm in enumerate(summary.arms)
        if any(curve.value_by_run for curve in arm.curves.values())
    ]
