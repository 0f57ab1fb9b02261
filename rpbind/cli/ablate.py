"""The command that ablates the original model's fix; its question is in `experiments/ablate.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import rpbind as rb
from rpbind.api.choices import (
    CONTEXT_CHANGES,
    ORIGINAL_CHANGES,
    SPACES,
    WITH_CONTEXT,
    StudyFile,
    read_study,
)
from rpbind.errors import UserError, check_one_of
from rpbind.options import MANY

QUESTION = {
    "question": "Which change made the cross-attention model learn, and what would help further?",
    "prediction": "The residual alone lifts the old model above chance level (0.5); the attention "
    "of the fixed model is inert; an encoder with context helps most.",
}
EXPECTED = {"residual": "better", "temperature": "inert", "conv-encoder": "better"}
"""The prediction in the contrasts of the path from `old` to `context-residue`."""

DESIGNS = ("path", "path-reverse", "path-both", "leave-one-out", "add-one-in", "factorial")
PATHS = {
    "path": ("path",),
    "path-reverse": ("path-reverse",),
    "path-both": ("path", "path-reverse"),
}
"""The designs that go from `old` over `fixed` to `context-residue`."""

CHANGES = {k: v for k, v in ORIGINAL_CHANGES.items() if k != "expand-memory"} | dict(
    CONTEXT_CHANGES
)
"""All changes from old to context; the memory changes once, from pooled to residue."""
FACTORS = "residual,conv-encoder,residue-memory"
"""The changes that --design factorial combines without --changes."""


@rb.as_command()
def ablate(
    kind: Annotated[
        str, typer.Option("--design", help=f"Design of the study: {', '.join(DESIGNS)}.")
    ] = "path",
    factors: Annotated[
        str | None,
        typer.Option(
            "--changes", help=f"Changes that --design factorial combines (default: {FACTORS})."
        ),
    ] = None,
    trials: Annotated[
        int,
        typer.Option(
            min=0,
            max=MANY,
            help="Trials of a search before the comparison; its winner joins as an arm.",
        ),
    ] = 0,
    space: Annotated[
        str | None,
        typer.Option(
            help=f"Search space: a TOML file, or {', '.join(SPACES)} (default: original for "
            "--trials, nuisance for --tune-arms)."
        ),
    ] = None,
    tune_arms: Annotated[
        int,
        typer.Option(
            min=0, max=MANY, help="Tune every arm separately, with this many trials per search."
        ),
    ] = 0,
    searches: Annotated[
        int, typer.Option(min=1, max=MANY, help="Searches per tuned arm; a verdict needs 5.")
    ] = 1,
    shared_configs: Annotated[
        bool, typer.Option("--shared-configs", help="Give every tuned arm the same configurations.")
    ] = False,
    study: Annotated[
        Path | None, typer.Option(help="Run this study file instead, as rpbind run does.")
    ] = None,
) -> rb.StudySpec | StudyFile:
    """Ablate the original model's fix, one change at a time, and write reports/STUDY/index.html."""
    if study is not None:
        return read_study(study)
    return ablation(kind, factors, trials, space, tune_arms, searches, shared_configs)


def ablation(
    kind: str,
    factors: str | None = None,
    trials: int = 0,
    space: str | None = None,
    tune_arms: int = 0,
    searches: int = 1,
    shared_configs: bool = False,
) -> rb.StudySpec:
    """Return the study of `rpbind ablate`, whose options the parameters are.

    Parameters
    ----------
    kind
        `--design`.
    factors
        `--changes`.
    trials, space, tune_arms, searches, shared_configs
        The options of these names.

    Returns
    -------
    StudySpec
        The study.

    Raises
    ------
    UserError
        If the options contradict each other.
    """
    if factors is not None and kind != "factorial":
        raise UserError(
            f"--changes needs --design factorial, but --design is {kind}. Use that design, or "
            "remove --changes."
        )
    if space is not None and not (trials or tune_arms):
        raise UserError(
            f"--space {space} has no effect without a search. Add --trials or --tune-arms."
        )
    if (searches > 1 or shared_configs) and not tune_arms:
        raise UserError(
            "--searches and --shared-configs have no effect without tuned arms. Add --tune-arms N."
        )
    if trials and tune_arms:
        raise UserError("--trials and --tune-arms cannot be combined. Remove one of them.")
    search: dict[str, Any] | None = None
    if trials:
        search = {"space": space or "original", "base": "fixed", "trials": trials}
    if tune_arms:
        search = {
            "space": space or "nuisance", "base": "fixed", "tune_arms": tune_arms,
            "searches": searches, "shared_configs": shared_configs,
        }  # fmt: skip
    if search is None or not tune_arms:
        control = "old" if kind == "add-one-in" else "context-residue"
    else:
        control = None
    return rb.define_study(
        experiment="ablate",
        **QUESTION,
        **design(kind, FACTORS if factors is None else factors),
        predict=EXPECTED if "path" in PATHS.get(kind, ()) and not tune_arms else None,
        controls=control,
        search=search,
    )


def design(kind: str, factors: str) -> Mapping[str, Any]:
    """Return a design: paths go from old over fixed to context, the others from old to context.

    Parameters
    ----------
    kind
        A name of `DESIGNS`.
    factors
        The changes that a factorial design combines; all others stay as in context.

    Returns
    -------
    Mapping
        Fields of a study.
    """
    check_one_of("--design", kind, DESIGNS)
    ends = {"ends": ("old", "context-residue")}
    if kind in PATHS:
        stages = (("old", "fixed", ORIGINAL_CHANGES), ("fixed", "context-residue", CONTEXT_CHANGES))
        parts = [
            {"kind": each, "start": start, "end": end, "changes": list(changes)}
            for each in PATHS[kind]
            for start, end, changes in stages
        ]
        changes = {**ORIGINAL_CHANGES, **CONTEXT_CHANGES}
        return ends | {"reference": "old", "changes": changes, "design": parts}
    if kind != "factorial":
        return ends | {"reference": "old", "changes": CHANGES, "design": kind}
    named = [name.strip() for name in factors.split(",") if name.strip()]
    for name in named:
        check_one_of("A change", name, CHANGES)
    chosen = {name: CHANGES[name] for name in named}
    left_out = {path: rb.preset("old").value(path) for values in chosen.values() for path in values}
    return ends | {
        "reference": {"preset": "fixed"} | WITH_CONTEXT.with_(left_out).model_dump(mode="json"),
        "changes": chosen,
        "design": "factorial",
    }
