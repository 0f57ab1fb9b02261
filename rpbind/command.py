"""Turns a function that returns a study into a command with the options of every experiment."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import fields, replace
from typing import Annotated, Any, get_args, get_type_hints

import typer

from rpbind.conventions import COMMON
from rpbind.errors import UserError
from rpbind.options import SMOKE_EPOCHS, Data, Defaults, Options
from rpbind.studyfile.build import nowhere
from rpbind.studyfile.given import call_of, plain, spec_of
from rpbind.studyfile.read import StudyFile, with_options
from rpbind.studyfile.run import USUAL, conduct
from rpbind.studyfile.spec import StudySpec

OPTIONS = [field for field in fields(Options) if field.name != "defaults"]
Command = Callable[..., None]


def as_command(
    *, data_first: bool = False, **defaults: Any
) -> Callable[[Callable[..., StudySpec | StudyFile]], Command]:
    """Decorate a function that returns a study, or a study file, to make a command of it.

    Parameters
    ----------
    data_first
        Whether the dataset is an argument, `rpbind train DATA`, instead of the option `--data`.
    **defaults
        The experiment's values for options that are not given: `seeds`, `epochs`,
        `simulated_epochs`, `narrower` and `proteins`, as `rpbind.defaults.Defaults` has them.

    Returns
    -------
    Callable
        The decorator. The command has the parameters of the function as options of its own, and
        all options of `rpbind.options.Options`, which are added to the study.
    """
    usual = replace(USUAL, **defaults)

    def command_of(main: Callable[..., StudySpec | StudyFile]) -> Command:
        @functools.wraps(main)
        def command(context: typer.Context, **given: Any) -> None:
            shared = {field.name: given.pop(field.name) for field in OPTIONS}
            options = Options(defaults=usual, **shared)
            with _by_option(signature[1:]):
                study = main(**given)
                if isinstance(study, StudyFile):
                    spec, place = _of_file(study, options, context), study.source.place
                else:
                    spec, place = spec_of(plain(study), options), nowhere
                conduct(spec, call_of(options), usual, place)

        own = inspect.signature(main, eval_str=True).parameters.values()
        keyword = inspect.Parameter.KEYWORD_ONLY
        signature = [inspect.Parameter("context", keyword, annotation=typer.Context)]
        signature += [one.replace(kind=keyword) for one in own]
        signature += _shared(usual, data_first=data_first)
        command.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
        return command

    return command_of


def _of_file(file: StudyFile, options: Options, context: typer.Context) -> StudySpec:
    """Return the study of a file with the options of the command line, which must not differ."""
    typed = {
        str(one.name): one.opts[0]
        for one in context.command.params
        if getattr(context.get_parameter_source(str(one.name)), "name", "") == "COMMANDLINE"
    }
    values = {field.name: getattr(options, field.name) for field in OPTIONS}
    for name, option in typed.items():
        if name not in values and name not in ("study", *COMMON):
            raise UserError(
                f"--study {file.source.file} says what is compared, and so does {option}. Write it "
                f"into the file and remove {option}, or leave --study out."
            )
    given = {name: value for name, value in values.items() if name in typed}
    usual = {
        field.name: values[field.name]
        for field in OPTIONS
        if field.name not in typed and values[field.name] != field.default
    }
    return with_options(file, given, usual)


@contextmanager
def _by_option(parameters: Sequence[inspect.Parameter]) -> Iterator[None]:
    """Name the option in an error about a field of the study that was given as an option."""
    options = set()
    for one in parameters:
        _, info = get_args(one.annotation)
        options |= {"--" + one.name.replace("_", "-"), *(info.param_decls or ())}
    try:
        yield
    except UserError as error:
        field = re.match(r"(?:search\.|resources\.)?(\w+)(?:\.\d+)?:", str(error))
        option = "--" + field[1].replace("_", "-") if field else ""
        if field is None or option not in options:
            raise
        raise UserError(f"{option}:{str(error)[field.end() :]}") from None


def _shared(defaults: Defaults, *, data_first: bool) -> list[inspect.Parameter]:
    """Return the shared options as parameters, with this experiment's defaults in their help."""
    epochs = defaults.epochs or "the recipe's"
    smoke = replace(Options(defaults=defaults), smoke=True)
    shown = {
        "proteins": defaults.proteins,
        "seeds": f"{defaults.seeds}; {smoke.seeds_of_an_arm} with --smoke",
        "epochs": f"{epochs}; {defaults.simulated_epochs} in the simulated world, {SMOKE_EPOCHS} "
        "with --smoke",
        "narrower": f"1; {defaults.narrower} in the simulated world or with --smoke",
    }
    hints, keyword = get_type_hints(Options, include_extras=True), inspect.Parameter.KEYWORD_ONLY
    if data_first:
        kind, option = get_args(Data)
        hints["data"] = Annotated[kind, typer.Argument(help=option.help)]
    found = []
    for field in OPTIONS:
        kind, option = get_args(hints[field.name])
        if field.name in shown:
            option = copy(option)
            option.show_default = shown[field.name]
        typed: Any = Annotated[kind, option]
        found.append(
            inspect.Parameter(field.name, keyword, default=field.default, annotation=typed)
        )
    return found
