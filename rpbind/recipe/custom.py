"""Classes of the user's own in a slot of the model, or as the whole model.

A recipe records the hash of the class's file. Only a recipe that a user writes now (`with_`, a
recipe's file) may lack it. Then the file is read and hashed, the class is imported, and its options
are checked. Reading a recorded recipe runs no user's code.
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
        if is_given_now():
            if not part.sha256:
                part = parts.part(given["class"], cls.slot)
            if isinstance(options, dict):
                kind = parts.load(part, cls.slot)
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


def recorded(value: Any) -> Any:
    """Return a value of a file with the content of each class of the user's own recorded in it.

    Parameters
    ----------
    value
        Mappings, lists and plain values, as TOML holds them.

    Returns
    -------
    Any
        The same, in which each custom class has its reference without folders and its hash, so
        that it means the same content at any place.

    Raises
    ------
    UserError
        If there is no such file.
    """
    if isinstance(value, list | tuple):
        return [recorded(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "custom" and isinstance(value.get("class"), str):
        if "sha256" in value:
            return value
        part = parts.part(value["class"], "class")
        return value | {"class": part.reference, "sha256": part.sha256}
    return {key: recorded(each) for key, each in value.items()}


def changed_content(was: dict[str, Any], now: dict[str, Any]) -> dict[str, str]:
    """Return the custom files whose content differs between two recipes.

    Parameters
    ----------
    was, now
        {dotted path: value} of each recipe.

    Returns
    -------
    dict
        {path of the hash: "my_parts.py has changed (content 1234abcd → 5678efab)"}.
    """
    found = {}
    for path in was:
        old, new = was[path], now.get(path)
        if path.endswith(".sha256") and isinstance(old, str) and new and old != new:
            part = parts.Part(str(now.get(f"{path[:-6]}class")), str(new))
            found[path] = f"{part.file} has changed (content {old[:8]} → {part.sha256[:8]})"
    return found


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
