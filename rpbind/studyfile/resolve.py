"""A study as TOML that gives the same study at any place, in the form in which it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.ledger import Plan
from rpbind.options import Options
from rpbind.recipe.custom import recorded
from rpbind.recipe.presets import PRESETS
from rpbind.spaces.named import SPACES
from rpbind.spaces.space import read_space
from rpbind.studyfile.fields import without_none
from rpbind.studyfile.own import as_tables
from rpbind.studyfile.recipes import (
    RecipeSource,
    ReferenceTable,
    is_preset,
    recipe_of,
    table_of,
)
from rpbind.studyfile.spec import OFF, Prediction, StudySpec
from rpbind.terminal import masked

if TYPE_CHECKING:
    from rpbind.studyfile.build import Built
    from rpbind.studyfile.search import SearchSpec

HEAD = """\
# The study {study}, with everything that its results depend on.
# To run it again: rpbind run study.toml
"""


def resolved(spec: StudySpec, options: Options, built: Built) -> StudySpec:
    """Return a study in which nothing depends on the place or on defaults.

    Parameters
    ----------
    spec
        The study as it was written.
    options
        Its data, size and resources.
    built
        Its arms and searches.

    Returns
    -------
    StudySpec
        Paths are absolute, files of recipes and search spaces are replaced by their content, and
        what was left out is filled in.
    """
    as_it_is = not is_preset(spec.reference)
    proteins = spec.proteins or (None if as_it_is else options.defaults.proteins)
    found: dict[str, Any] = {
        "experiment": built.experiment,
        "question": built.question.question,
        "rule": built.question.rule,
        "reference": _whole(spec.reference),
        "split": spec.split,
        "proteins": proteins,
        "seeds": options.seeds_of_an_arm,
        "epochs": options.given_epochs(as_it_is=as_it_is),
        "narrower": options.width(as_it_is=as_it_is),
        "delta": spec.delta,
        "controls": built.control or OFF,
        "arms": [
            arm if arm.reference is None
            else arm.model_copy(update={"reference": _whole(arm.reference)})
            for arm in spec.arms
        ],
    }  # fmt: skip
    if spec.data is not None:
        found["data"] = str(Path(spec.data).resolve())
    if spec.search is not None:
        found["search"] = _search(spec.search, built)
    kept = {key: value for key, value in spec if key in spec.model_fields_set and key != "smoke"}
    return StudySpec(**kept | {key: value for key, value in found.items() if value})


def _whole(source: RecipeSource) -> RecipeSource:
    """Return a recipe without a file: its presets stay, its files become tables."""
    if isinstance(source, ReferenceTable) and source.file is None:
        return source
    if isinstance(source, str) and source in PRESETS:
        return source
    return table_of(recipe_of("reference", source))


def _search(search: SearchSpec, built: Built) -> SearchSpec:
    given = search.space
    found: dict[str, Any] = {}
    if isinstance(given, str) and given not in SPACES:
        found["space"] = read_space(given)
    if search.base is not None:
        found["base"] = _whole(search.base)
    if search.warm_start and built.sweep is not None:
        found["warm_start"] = list(built.sweep.warm_start)
    if search.storage is not None and masked(search.storage) != search.storage:
        found["storage"] = None  # it has a password, which is not for a file
    return search.model_copy(update=found)


def to_toml(spec: StudySpec, plan: Plan) -> str:
    """Return a study as TOML.

    Parameters
    ----------
    spec
        The study, without anything that depends on the place.
    plan
        Its plan, whose predictions are those with which the study began.

    Returns
    -------
    str
        The text of `study.toml`.
    """
    import tomli_w

    predict = [Prediction(**each.model_dump()) for each in plan.predictions]
    spec = spec.model_copy(update={"predict": predict})
    tree = _set(spec.model_dump(mode="json", exclude_unset=True, exclude_none=True))
    own = {"metrics": as_tables(plan.metrics), "own_controls": as_tables(plan.own_controls)}
    tree |= {name: tables for name, tables in own.items() if tables}
    if "resources" in tree:  # where Ray runs is a matter of the place
        tree["resources"] = {k: v for k, v in tree["resources"].items() if k != "address"}
    whole = {"version": spec.version, **recorded(tree)}
    return HEAD.format(study=plan.study) + "\n" + tomli_w.dumps(without_none(whole))


def _set(tree: dict[str, Any]) -> dict[str, Any]:
    """Leave out what has no value at the top level and in tables of the schema."""
    kept = {key: value for key, value in tree.items() if value not in (None, [], {})}
    for key in ("search", "resources"):
        if key in kept:
            kept[key] = {k: v for k, v in kept[key].items() if v is not None}
    return kept
