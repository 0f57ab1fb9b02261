"""Classes of the user's own in a slot of the model, or as the whole model.

A recipe records the hash of the class's file. Only a recipe that a user writes now (`with_`, a
recipe's file, a search space) may lack it: then the file is read, hashed and imported, and its
options are checked. Reading a recorded recipe runs no user's code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from rpbind import parts
from rpbind.parts.contents import is_given_now
from rpbind.recipe.base import Hyperparameters


class CustomClass(Hyperparameters):
    """A class of the user's own.

    Parameters
    ----------
    kind
        "custom".
    class_
        In files and paths "class": "my_parts.py:GRUEncoder" or "package.module:GRUEncoder".
    options
        Keyword arguments of its `__init__`; its defaults are filled in.
    sha256
        Recorded SHA-256 of the class's file. Leave it out: it is filled in.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_alias=True)
    slot: ClassVar[str] = ""
    """The path of the recipe that has this class."""
    given: ClassVar[tuple[str, ...]] = ()
    """The arguments of `__init__` that rpbind gives, where the class asks for them."""

    kind: Literal["custom"] = "custom"
    class_: Annotated[str, Field(alias="class")]
    options: Annotated[dict[str, JsonValue], Field(default_factory=dict)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @model_validator(mode="before")
    @classmethod
    def _recorded(cls, given: Any) -> Any:
        """Record the content of a class that a user names now, and check its options."""
        if not isinstance(given, dict):
            return given
        if not isinstance(given.get("class"), str):
            raise ValueError('a custom class needs class = "my_parts.py:MyClass"')
        options = given.get("options", {})
        part = parts.Part(given["class"], str(given.get("sha256", "")))
        kind = parts.loaded(part)
        if "sha256" not in given and is_given_now():
            part = parts.part(given["class"], cls.slot)
            kind = parts.load(part, cls.slot)
        if kind is not None and isinstance(options, dict):
            options = parts.checked_options(kind, options, cls.slot, cls.given)
        recorded = {"class": part.reference, "options": options}
        return {**given, **recorded, **({"sha256": part.sha256} if part.sha256 else {})}

    @property
    def part(self) -> parts.Part:
        """The class and the hash of its file."""
        return parts.Part(self.class_, self.sha256)

    def load(self) -> type:
        """Import the class from its recorded content, and check the options. This runs its code.

        Returns
        -------
        type
            The class.

        Raises
        ------
        UserError
            If the content is not there or cannot be imported, or if the options do not fit.
        """
        kind = parts.load(self.part, self.slot)
        parts.checked_options(kind, self.options, self.slot, self.given)
        return kind


def custom_classes(value: object) -> Iterator[CustomClass]:
    """Yield the classes of the user's own in a recipe or in a part of it.

    Parameters
    ----------
    value
        A recipe, a model, or a variant of a slot.

    Returns
    -------
    Iterator of CustomClass
        In the order of the fields.
    """
    if isinstance(value, CustomClass):
        yield value
    elif isinstance(value, Hyperparameters):
        for name in type(value).model_fields:
            yield from custom_classes(getattr(value, name))
