"""The named recipes: the seed's two columns, and a model in which attention can matter.

And recipes that files hold.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import (
    MAX_MISTAKES,
    UserError,
    check_no_yaml,
    check_one_of,
    did_you_mean,
    mistake_path,
    reason,
)
from rpbind.recipe.base import OFF
from rpbind.recipe.model import (
    Attention,
    Classifier,
    ExpandedMemory,
    FeedForward,
    Model,
    XavierInit,
)
from rpbind.recipe.recipe import FIELDS, Recipe, refusal
from rpbind.recipe.training import Plateau, Train

OLD = Recipe()
"""The seed's model before the fix (`old`, left column of its table)."""

FIXED = Recipe(
    model=Model(
        memory=ExpandedMemory(),
        attention=Attention(temperature=True),
        residual=True,
        feed_forward=FeedForward(),
        classifier=Classifier(hidden=(256, 128), dropout=0.2),
        init=XavierInit(),
    ),
    train=Train(
        lr=3e-3,
        weight_decay=1e-5,
        clip_norm=1.0,
        schedule=Plateau(min_lr=1e-4),
        stop_after=15,
    ),
)
"""The seed's model after the fix (`fixed`, right column): its attention is still inert."""

CONV_RESIDUE = FIXED.with_(
    {
        "model.encoder": {"kind": "conv", "dim": 64, "pool": 4},
        "model.memory": "residue",
        "model.attention": {"dim": 64, "heads": 4, "temperature": True},
        "model.feed_forward": {"hidden": 128},
        "train.batch_size": 256,
        "train.lr": 1e-3,
        "train.optimizer": "adamw",
        "train.weight_decay": 1e-2,
    }
)
"""A model in which attention can matter: convolutions over the RNA, one key per residue."""

OWN_HEAD = CONV_RESIDUE.with_(
    {
        "proteins": "triad",
        "model.encoder": {
            "kind": "conv",
            "dim": 96,
            "layers": 3,
            "pool": 4,
            "pool_after": "first",
            "dropout": 0.3,
        },
        "model.memory": "none",
        "model.attention.dim": 128,
        "model.normalised": False,
        "model.feed_forward": None,
        "model.readout": "mean-max",
        "model.own_head": True,
        "model.classifier": {"hidden": [128], "dropout": 0.5},
        "train.batch_size": 512,
        "train.lr": 2e-3,
        "train.epochs": 1,
        "train.shift": 15,
        "train.mask": 0.1,
        "train.schedule": "one-cycle",
    }
)
"""The best that we know on windows of proteins that were met in training: no attention, shared
convolutions, and a linear head for each protein. What led here is in `docs/log.md`."""

PRESETS = {"old": OLD, "fixed": FIXED, "conv-residue": CONV_RESIDUE, "own-head": OWN_HEAD}


def preset(name: str) -> Recipe:
    """Return a preset by name; raises `UserError` with the nearest right name."""
    check_one_of("A preset", name, PRESETS)
    return PRESETS[name]


WIDTHS = (
    "model.encoder.dim",
    "model.attention.dim",
    "model.classifier.hidden",
    "model.feed_forward.hidden",
)
HEADS = ("model.attention.heads", "model.encoder.heads")


def narrowed(recipe: Recipe, factor: int) -> Recipe:
    """Return the recipe with the widths of the model and the number of heads divided by `factor`.

    For small worlds: the same functions and the same comparisons, at a fraction of the compute.
    """
    try:
        return recipe.with_({"model": narrow_value("model", recipe.value("model"), factor)})
    except UserError as error:
        raise UserError(f"The model cannot be divided by {factor} (--narrower). {error}") from None


def narrow_value(path: str, value: Any, factor: int) -> Any:
    """Return the value of a recipe's path with all widths and heads in it divided."""
    if isinstance(value, dict):
        return {key: narrow_value(f"{path}.{key}", each, factor) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [narrow_value(path, each, factor) for each in value]
    if not isinstance(value, int) or isinstance(value, bool) or path not in (*WIDTHS, *HEADS):
        return value
    if path in HEADS:
        return max(1, value // factor)
    if value < factor:
        raise UserError(f"Nothing would be left of {path} = {value}: divide by {value} or less.")
    return value // factor


def load_recipe(what: str, name: str) -> Recipe:
    """Return the recipe of a preset's name or of a recipe's file; `what` asks for one."""
    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    if path.is_dir():
        raise UserError(
            f"{what} takes a preset ({', '.join(PRESETS)}) or a recipe's file, and {name} is a "
            "folder. Name a file in it; a study's search leaves winner.toml."
        )
    if not path.exists():
        raise UserError(
            f"{what} takes a preset ({', '.join(PRESETS)}) or a recipe's file, and there is no "
            f"'{name}' of either kind.{did_you_mean(name, PRESETS)}"
        )
    return read_recipe(path)


def as_toml(recipe: Recipe) -> str:
    """Return a recipe as the TOML that `read_recipe` reads, every field of it."""
    return "\n".join(_tables(recipe.model_dump(mode="json"), "")) + "\n"


def _tables(tree: dict[str, Any], name: str) -> Iterator[str]:
    if name:
        yield f"\n[{name}]"
    for key, value in tree.items():
        if not isinstance(value, dict):
            yield f"{key} = {json.dumps(OFF if value is None else value, ensure_ascii=False)}"
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _tables(value, f"{name}.{key}" if name else key)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe as JSON (.json) or TOML; what it does not name is as in preset `old`."""
    if not path.is_file():
        raise UserError(f"There is no recipe {path}.")
    check_no_yaml("A recipe", path)
    name, read = ("JSON", json.loads) if path.suffix == ".json" else ("TOML", tomllib.loads)
    try:
        tree = read(path.read_text("utf-8-sig"))
        if tree == {}:
            raise UserError(
                f"{path} names nothing. A recipe names what differs from preset old; where "
                "old itself is meant, name that preset."
            )
        return Recipe.model_validate(tree)
    except ValidationError as error:
        told = "; ".join(map(_wrong, error.errors()[:MAX_MISTAKES]))
        raise UserError(f"{path} is no recipe: {told}") from None
    except (ValueError, RecursionError) as error:  # of the file's letters, or of either format
        raise UserError(f"{path} is not {name}: {reason(error)}.") from None


def _wrong(error: ErrorDetails) -> str:
    known = {path for one in PRESETS.values() for path in one.flat()}
    field = mistake_path(error, FIELDS)
    if error["type"] == "union_tag_invalid":
        tag, kinds = (str(error["ctx"][key]) for key in ("tag", "expected_tags"))
        near = did_you_mean(tag, [kind.strip(" '") for kind in kinds.split(",")])
        return f"{field}.kind is one of {kinds}; got '{tag}'.{near}"
    if error["type"] != "extra_forbidden":
        return refusal(error)
    return f"it has no hyperparameter '{field}'.{did_you_mean(field, sorted(known))}"
