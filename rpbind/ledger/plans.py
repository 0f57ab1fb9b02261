"""The plan of a study as a file, written with its hash and checked when it is read.

An earlier version wrote plans without a hash. They are read too, and checked for contradictions.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rpbind.errors import UserError, reason
from rpbind.files.atomic import read, write_atomic
from rpbind.ledger.plan_records import Plan, SearchPlan
from rpbind.ledger.schema import VERSION, check_version
from rpbind.mistakes import mistakes
from rpbind.recipe import Recipe

PLAN = "plan.json"
SEARCH_SIZE = ("trials", "budget")
"""Keys of a plan's search that set its size. No trial depends on them, so they may grow."""

SCHEMA_KEY = "schema"
HASH = "sha256"
"""Key in the file; the hash covers the canonical JSON of all other keys."""

AGAIN = (
    "Put back the original file. Or delete it and run the command that made the study again: it "
    "writes the plan again and keeps the rows."
)


def write_plan(study: Path, plan: Plan) -> None:
    """Write a plan with its hash, atomically."""
    tree = plan.model_dump(mode="json") | {SCHEMA_KEY: VERSION}
    text = json.dumps(tree | {HASH: _hash(tree)}, indent=1)
    write_atomic(study / PLAN, text.encode())


def has_hash(study: Path) -> bool:
    """Whether a study's plan file has a hash; the file must be readable."""
    return HASH in json.loads(read(study / PLAN))


def read_plan(study: Path) -> Plan:
    """Return a study's plan.

    Raises `FileNotFoundError` if there is no plan, and `UserError` if the file is damaged, was
    edited or contradicts itself.
    """
    path = study / PLAN
    try:
        tree = json.loads(read(path))
        if not isinstance(tree, dict):
            raise TypeError("it is not a JSON object")
        claimed = tree.pop(HASH, None)
        found = _hash(tree)
        check_version(tree.pop(SCHEMA_KEY, 1), path)
        plan = Plan.model_validate(tree)
        if plan.search is not None:
            SearchPlan.model_validate(plan.search)
    except ValidationError as error:
        raise UserError(
            f"{path} is not a plan that this version can read: {mistakes(error)}. {AGAIN}"
        ) from None
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is not a plan: {reason(error)}. {AGAIN}") from None
    if claimed is not None and claimed != found:
        raise UserError(
            f"{path} has been changed since it was written: it states the hash "
            f"{str(claimed)[:12]}, but its content has {found[:12]}. {AGAIN}"
        )
    if why := next(_contradictions(plan), ""):
        raise UserError(f"{path} contradicts itself: {why}. {AGAIN}")
    for name, recipe in _recipes(plan):
        Recipe.from_record(recipe, f"'{name}' in {path}")
    return plan


def recipe_id(recipe: dict[str, Any]) -> str:
    """Return a recipe's id: the first 12 digits of the SHA-256 of its JSON."""
    return _hash(recipe)[:12]


def _hash(tree: dict[str, Any]) -> str:
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _contradictions(plan: Plan) -> Iterator[str]:
    """Yield the contradictions in a plan, as text."""
    for one in (*plan.arms, *plan.controls):
        if one.recipe_id != recipe_id(one.recipe):
            yield f"the recipe of '{one.name}' does not have its recipe_id {one.recipe_id}"
    names = [one.name for one in (*plan.arms, *plan.controls)]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        yield f"there are two arms '{twice[0]}'"
    if len(set(plan.seeds)) < len(plan.seeds):
        yield "it lists a seed twice"
    arms = {arm.name for arm in plan.arms}
    for what, name in _references(plan):
        if name not in arms:
            yield f"{what} names the arm '{name}', which the plan does not have"


def _recipes(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every recipe of a plan with its name."""
    yield from ((one.name, one.recipe) for one in (*plan.arms, *plan.controls))
    yield from (plan.search or {}).get("arms", {}).items()


def _references(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield (place, arm) for each place of a plan that names an arm."""
    for contrast in plan.contrasts:
        for name in (contrast.arm, contrast.reference, *contrast.weights):
            yield f"the contrast '{contrast.name}'", name
    for factor, names in plan.factors.items():
        yield from ((f"the factor '{factor}'", name) for name in names)
    for control in plan.controls:
        yield f"the control '{control.name}'", control.of
    for search, winner in (plan.search or {}).get("winners", {}).items():
        yield f"the winner of the search '{search}'", winner["arm"]
