"""What all commands have in common: -v and -q, exit codes in their help, help of 80 columns.

The plain help of typer is used and not the one with boxes, whose text has 24 columns in a terminal
of 80, and in which long names are cut.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from copy import copy
from typing import Annotated, Any, Protocol, get_args, get_origin

import typer
from typer.models import OptionInfo

from rpbind import verbosity
from rpbind.exits import exit_codes_text
from rpbind.verbosity import detail, masked

Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Also print what is decided, and Ray's own lines."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]

COMMON = ("verbose", "quiet")
"""Names of the options that every command takes."""

PARAGRAPH_AS_IT_IS = "\b\n"
"""At the beginning of a paragraph of a help text, this keeps its lines."""


class CompletionOf(Protocol):
    """Finds what completes an option or argument; see `rpbind.completion.completion_of`."""

    def __call__(
        self, command: str, option: str, *, is_path: bool
    ) -> Callable[[str], list[str]] | None:
        """Return it, or None if the shell completes it."""


def follow_conventions(app: typer.Typer, completion_of: CompletionOf | None = None) -> typer.Typer:
    """Give every command of a command line the common options, and its help the exit codes.

    Parameters
    ----------
    app
        The command line, with all its commands; it is changed.
    completion_of
        Finds what completes the values of options in a shell.

    Returns
    -------
    typer.Typer
        The same command line.
    """
    app.rich_markup_mode = None
    for group in app.registered_groups:
        if group.typer_instance is not None:
            follow_conventions(group.typer_instance, completion_of)
    for command in [*app.registered_commands, app.registered_callback]:
        if command is not None and command.callback is not None:
            command.epilog = PARAGRAPH_AS_IT_IS + exit_codes_text()
            command.short_help = command.short_help or _summary(command.callback)
            name = getattr(command, "name", None) or command.callback.__name__
            command.callback = with_common_options(command.callback, name, completion_of)
    return app


def _summary(function: Callable[..., Any]) -> str:
    """Return the first sentence of a docstring whole: typer would cut it to fit a line."""
    first, *_ = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return " ".join(first.split())


def _describe_options(context: typer.Context) -> None:
    """Print, as details, the options that are not built-in defaults, and what sets them."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        given = {"COMMANDLINE": "given", "ENVIRONMENT": f"from {option.envvar}"}
        by = given.get(source.name if source else "", getattr(option, "set_by", ""))
        if by and option.name not in COMMON:
            value = masked(str(context.params.get(option.name or "")))
            detail(f"option    {option.opts[0]} = {value} ({by})")


def _completed(
    parameter: inspect.Parameter, command: str, completion_of: CompletionOf
) -> inspect.Parameter:
    """Return a parameter whose values a shell completes, if there is something to offer."""
    if get_origin(parameter.annotation) is not Annotated:
        return parameter
    kind, option, *_ = get_args(parameter.annotation)
    names = [str(each) for each in (option.default, *(option.param_decls or ()))]
    typed = next((name for name in names if name.startswith("--")), parameter.name)
    if typed == parameter.name and isinstance(option, OptionInfo):
        typed = f"--{parameter.name.replace('_', '-')}"
    complete = completion_of(command, typed, is_path="Path" in str(kind))
    if complete is None:
        return parameter
    option = copy(option)
    option.autocompletion = complete
    completed: Any = Annotated[kind, option]
    return parameter.replace(annotation=completed)


def with_common_options(
    function: Callable[..., Any], name: str = "", completion_of: CompletionOf | None = None
) -> Callable[..., Any]:
    """Return the function of a command that also takes --verbose and --quiet.

    Parameters
    ----------
    function
        The function of the command.
    name
        The name of the command.
    completion_of
        Finds what completes the values of its options in a shell.

    Returns
    -------
    Callable
        A function that sets how much is printed, and then calls the command.
    """

    @functools.wraps(function)
    def command(*, context: typer.Context, verbose: bool, quiet: bool, **given: Any) -> Any:
        verbosity.choose(quiet=quiet, verbose=verbose)
        _describe_options(context)
        return function(**given, **dict.fromkeys(own_context, context))

    every = inspect.signature(function, eval_str=True).parameters.values()
    own_context = [one.name for one in every if one.annotation is typer.Context]
    named = [one for one in every if one.name not in own_context]
    keyword = inspect.Parameter.KEYWORD_ONLY
    common = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        inspect.Parameter("verbose", keyword, default=False, annotation=Verbose),
        inspect.Parameter("quiet", keyword, default=False, annotation=Quiet),
    ]
    signature = [one.replace(kind=keyword) for one in named]
    if completion_of is not None:
        signature = [_completed(one, name, completion_of) for one in signature]
    command.__signature__ = inspect.Signature([*signature, *common])  # type: ignore[attr-defined]
    return command
