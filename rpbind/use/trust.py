"""Whether a trained model may run the code of its user's own classes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rpbind.errors import UserError
from rpbind.parts.contents import FOLDER, kept_in, seek_in
from rpbind.parts.loading import is_loaded
from rpbind.parts.reference import Part
from rpbind.recipe import Recipe
from rpbind.recipe.custom import custom_classes
from rpbind.verbosity import say


def check_trust(model: Path, recipe: Recipe, *, trust: bool) -> None:
    """Check that the user agrees before a model's own classes are imported, and say what runs.

    Parameters
    ----------
    model
        The model: its folder, or its file of version 0.1.0.
    recipe
        Its recipe; without a class of its user's own nothing is checked.
    trust
        Whether the user has agreed.

    Raises
    ------
    UserError
        If the model has own classes, and the user has not agreed to run their code.
    """
    check_trust_of(model, [each.part for each in custom_classes(recipe)], trust=trust)


def check_trust_of(model: Path, parts: Iterable[Part], *, trust: bool) -> None:
    """Check the same for some classes, before they are imported; see `check_trust`.

    Parameters
    ----------
    model
        The model.
    parts
        The classes.
    trust
        Whether the user has agreed.

    Raises
    ------
    UserError
        If there are such classes, and the user has not agreed to run their code.
    """
    folder = (model if model.is_dir() else model.parent.parent) / FOLDER
    own = [
        part for part in dict.fromkeys(parts) if not is_loaded(part)
    ]  # what has run here, the user began
    if not own:
        return
    named = ", ".join(f"{part.reference} (content {part.sha256[:8]})" for part in own)
    if not trust:
        copies = [file for file in kept_in(folder) if file.name[:64] in {p.sha256 for p in own}]
        where = ", ".join(map(str, copies)) or "in no folder that is known"
        raise UserError(
            f"{model} has code of its author, {named}, which would run as your user: {where}. Read "
            "that code. If you trust it, add --trust (in Python: trust=True)."
        )
    seek_in(folder)
    say(f"Running the code of {named}, which {model} has.")
