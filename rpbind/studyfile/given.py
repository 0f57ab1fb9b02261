"""Studies from Python objects and from the options of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from rpbind.keywords import check_type
from rpbind.options import Options
from rpbind.recipe import Recipe
from rpbind.studyfile.problems import refused
from rpbind.studyfile.recipes import table_of
from rpbind.studyfile.run import Call
from rpbind.studyfile.spec import ResourceSpec, StudySpec

CALL = tuple(field.name for field in fields(Call))
RESOURCES = tuple(ResourceSpec.model_fields)


def define_study(**fields: Any) -> StudySpec:
    """Define a study without running it.

    Parameters
    ----------
    **fields
        The fields of a study file (docs/study-file.md), which are the keywords of `rb.ablate`.
        `predict` may be {name of a contrast: expected verdict}.

    Returns
    -------
    StudySpec
        What an experiment's function returns (`rb.as_command`).

    Raises
    ------
    UserError
        If there is no such field, or if its value is wrong.

    Examples
    --------
    >>> change = {"model.residual": False}
    >>> define_study(reference="fixed", changes={"no-residual": change}).reference
    'fixed'
    """
    predict = fields.get("predict")
    if isinstance(predict, Mapping):
        fields["predict"] = [{"contrast": name, "expect": word} for name, word in predict.items()]
    return spec_of(fields, {})


def spec_of(given: Mapping[str, Any], options: Options | Mapping[str, Any]) -> StudySpec:
    """Return a study from its fields and from options.

    Parameters
    ----------
    given
        Fields of `StudySpec`, also as Python objects: recipes, paths, tuples. None is left out.
    options
        Options of an experiment, or those that were given by name.

    Returns
    -------
    StudySpec
        The study.

    Raises
    ------
    UserError
        If a field has a wrong value.
    """
    said = _given(options)
    tree = {key: plain(value) for key, value in given.items() if value is not None}
    top = {key: plain(said[key]) for key in said if key not in (*CALL, *RESOURCES)}
    gets = {key: plain(said[key]) for key in said if key in RESOURCES}
    tree |= top | ({"resources": gets} if gets else {})
    try:
        return StudySpec.model_validate(tree)
    except ValidationError as error:
        raise refused(error, tree, None) from None


def call_of(options: Options | Mapping[str, Any]) -> Call:
    """Return the options that belong to one call, and not to the study.

    Parameters
    ----------
    options
        As for `spec_of`.

    Returns
    -------
    Call
        Reports folder, dry run, extension, and so on.

    Raises
    ------
    UserError
        If an option has a wrong value.
    """
    said = {key: value for key, value in _given(options).items() if key in CALL}
    hints = get_type_hints(Options, include_extras=True)
    for key, value in said.items():
        check_type(key, value, hints[key])
    if "reports" in said:
        said["reports"] = Path(said["reports"])
    return Call(**said)


def _given(options: Options | Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    if not isinstance(options, Options):
        return {key: value for key, value in options.items() if value is not None}
    named = [field for field in fields(Options) if field.name != "defaults"]
    values = {field.name: getattr(options, field.name) for field in named}
    return {field.name: values[field.name] for field in named
            if values[field.name] != field.default}  # fmt: skip


def plain(value: Any) -> Any:
    """Return a Python object as a study file holds it.

    Parameters
    ----------
    value
        A recipe, a path, a tuple, or what TOML can hold.

    Returns
    -------
    Any
        Tables, lists, texts and numbers.
    """
    if isinstance(value, Recipe):
        return table_of(value).model_dump(exclude_unset=True)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", exclude_unset=True))
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
