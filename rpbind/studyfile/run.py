"""The one way in which a study begins: from its schema to its design, its plan and its report."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.data.manifest import read_manifest
from rpbind.errors import check_not_url
from rpbind.ledger import PredictionPlan
from rpbind.options import REPORTS, Defaults, Options
from rpbind.splitting.text import parse_split
from rpbind.studyfile.build import Place, build, nowhere
from rpbind.studyfile.own import own_plans
from rpbind.studyfile.resolve import resolved, to_toml
from rpbind.studyfile.spec import StudySpec
from rpbind.terminal import loading
from rpbind.verbosity import say, tell

if TYPE_CHECKING:
    from rpbind.design.design import Design
    from rpbind.design.question import Question
    from rpbind.study.options import RunOptions

USUAL = Defaults(narrower=8)
"""The simulated world is small: the same models with an eighth of the widths."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """What belongs to one call, and not to the study.

    Parameters
    ----------
    reports
        The folder that holds the folders of studies.
    add_seeds
        The number of seeds by which a finished study is extended.
    accept_code_change
        Continue a study whose rows were made by other code.
    dry_run
        Check the study and show what would run, without running it.
    yes
        Allow more than 10,000 runs.
    notify
        Command or URL that is told when the study has ended.
    """

    reports: Path = REPORTS
    add_seeds: int = 0
    accept_code_change: bool = False
    dry_run: bool = False
    yes: bool = False
    notify: str | None = None


def options_of(spec: StudySpec, call: Call, defaults: Defaults = USUAL) -> Options:
    """Return a study's data, size and resources as the options that every experiment has.

    Parameters
    ----------
    spec
        The study.
    call
        What belongs to this call.
    defaults
        The values of options that the study leaves out.

    Returns
    -------
    Options
        The options.
    """
    gets = spec.resources
    return Options(
        defaults=defaults,
        data=None if spec.data is None else Path(spec.data),
        proteins=spec.proteins,
        seeds=spec.seeds,
        epochs=spec.epochs,
        narrower=spec.narrower,
        split=spec.split,
        smoke=spec.smoke,
        name=spec.name,
        workers=gets.workers,
        cpus_per_worker=gets.cpus_per_worker,
        gpus_per_run=gets.gpus_per_run,
        share_gpus=gets.share_gpus,
        executor=gets.executor,
        address=gets.address,
        log=gets.log,
        reports=call.reports,
        add_seeds=call.add_seeds,
        accept_code_change=call.accept_code_change,
        dry_run=call.dry_run,
        yes=call.yes,
        notify=call.notify,
    )


def request(
    spec: StudySpec,
    call: Call | None = None,
    defaults: Defaults = USUAL,
    place: Place = nowhere,
) -> tuple[str, Question, Design, RunOptions]:
    """Return what `rpbind.experiment` runs: all that follows from a study's schema.

    Parameters
    ----------
    spec
        The study.
    call
        What belongs to this call.
    defaults
        The values of options that the study leaves out.
    place
        Adds to errors where in the study's file the mistake is.

    Returns
    -------
    tuple
        Name of the experiment, question, design, and how it is run.

    Raises
    ------
    UserError
        If the study compares nothing, or names something that there is not.
    """
    options = options_of(spec, call or Call(), defaults)
    with place("split"):
        parse_split(spec.split, None if spec.data is None else Path(spec.data))
    built = build(spec, options, place)
    if spec.data is not None:
        with place("data"):
            check_not_url("--data", Path(spec.data))
            read_manifest(Path(spec.data))
    if "reference" not in spec.model_fields_set and (spec.changes or spec.arms):
        say(f"reference {spec.reference}, the default (the study names no `reference`)")
    whole = resolved(spec, options, built)
    context = copy_context()  # in which paths of custom files are relative to the study's file
    run_options = options.run_options(
        control=built.control,
        sweep=built.sweep,
        delta=spec.delta,
        predictions=tuple(PredictionPlan(**each.model_dump()) for each in spec.predict),
        metrics=own_plans("metrics", spec.metrics),
        own_controls=own_plans("own_controls", spec.own_controls),
        study_file=lambda plan: context.run(to_toml, whole, plan),
    )
    return built.experiment, built.question, built.design, run_options


def run(
    spec: StudySpec,
    call: Call | None = None,
    defaults: Defaults = USUAL,
    place: Place = nowhere,
) -> Path:
    """Run what is missing of a study and write its report; say on stderr what is not done.

    Parameters
    ----------
    spec, call, defaults, place
        As for `request`.

    Returns
    -------
    pathlib.Path
        The folder of the study.

    Raises
    ------
    UserError
        If the study cannot be run; nothing was trained then.
    """
    asked = request(spec, call, defaults, place)
    with loading("torch"):
        from rpbind.experiment import prepared, run_study

    study = prepared(*asked)
    if unfinished := run_study(study):
        tell(unfinished)
    return study.folder


def conduct(
    spec: StudySpec,
    call: Call | None = None,
    defaults: Defaults = USUAL,
    place: Place = nowhere,
) -> None:
    """Run a study from the command line: print its verdicts; exit with code 3 if runs are missing.

    Parameters
    ----------
    spec, call, defaults, place
        As for `request`.
    """
    asked = request(spec, call, defaults, place)
    with loading("torch"):
        from rpbind.experiment import conduct

    conduct(*asked)
