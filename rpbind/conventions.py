"""What all commands have in common: -v and -q, exit codes in their help, help of 80 columns.

The plain help of typer is used and not the one with boxes, whose text has 24 columns in a terminal
of 80, and in which long names are cut.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rpbind import verbosity
from rpbind.exits import exit_codes_text
from rpbind.verbosity import detail, masked

Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Also print what is decided, and Ray's own lines."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]

PARAGRAPH_AS_IT_IS = "\b\n"
"""At the beginning of a paragraph of a help text, this keeps its lines."""


def follow_conventions(app: typer.Typer) -> typer.Typer:
    """Give every command of a command line the common options, and its help the exit codes.

    Parameters
    ----------
    app
        The command line, with all its commands; it is changed.

    Returns
    -------
    typer.Typer
        The same command line.
    """
    app.rich_markup_mode = None
    for group in app.registered_groups:
        if group.typer_instance is not None:
            follow_conventions(group.typer_instance)
    for command in [*app.registered_commands, app.registered_callback]:
        if command is not None and command.callback is not None:
            command.epilog = PARAGRAPH_AS_IT_IS + exit_codes_text()
            command.short_help = command.short_help or _summary(command.callback)
            command.callback = with_common_options(command.callback)
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
        if by and option.name not in ("verbose", "quiet"):
            value = masked(str(context.params.get(option.name or "")))
            detail(f"option    {option.opts[0]} = {value} ({by})")


def with_common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of a command that also takes --verbose and --quiet.

    Parameters
    ----------
    function
        The function of the command.

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
    command.__signature__ = inspect.Signature([*signature, *common])  # type: ignore[attr-defined]
    return command
