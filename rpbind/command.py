"""Turns the main function of an experiment into a command with the shared options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import fields
from typing import Annotated, Any, get_args, get_type_hints

from rpbind.options import SMOKE_EPOCHS, SMOKE_SEEDS, Defaults, Options

OPTIONS = [field for field in fields(Options) if field.name != "defaults"]


def experiment(defaults: Defaults) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate the main function of an experiment, so that it becomes a command with options.

    Parameters
    ----------
    defaults
        The experiment's values for options that are not given.

    Returns
    -------
    Callable
        The decorator. The command has all options of `Options`, and the other parameters of the
        function as options of its own.
    """

    def command_of(main: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(main)
        def command(**given: Any) -> None:
            shared = {field.name: given.pop(field.name) for field in OPTIONS}
            main(Options(defaults=defaults, **shared), **given)

        _, *own = inspect.signature(main, eval_str=True).parameters.values()
        signature = [one.replace(kind=one.KEYWORD_ONLY) for one in own]
        command.__signature__ = inspect.Signature(signature + _shared(defaults))  # type: ignore[attr-defined]
        return command

    return command_of


def _shared(defaults: Defaults) -> list[inspect.Parameter]:
    """Return the shared options as parameters, with this experiment's defaults in their help."""
    epochs = defaults.epochs or "the recipe's"
    shown = {
        "proteins": defaults.proteins,
        "seeds": f"{defaults.seeds}; {SMOKE_SEEDS} with --smoke",
        "epochs": f"{epochs}; {defaults.simulated_epochs} in the simulated world, {SMOKE_EPOCHS} "
        "with --smoke",
        "narrower": f"1; {defaults.narrower} in the simulated world or with --smoke",
    }
    hints, keyword = get_type_hints(Options, include_extras=True), inspect.Parameter.KEYWORD_ONLY
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
