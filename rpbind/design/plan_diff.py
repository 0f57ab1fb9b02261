"""The differences between two plans, field by field, with old and new values."""

from __future__ import annotations

from typing import Any

from rpbind.ledger import ArmPlan, OwnPlan, Plan
from rpbind.parts.reference import Part
from rpbind.recipe import flat
from rpbind.recipe.custom import changed_content

FIELDS = {
    "dataset": "dataset",
    "split": "split",
    "proteins_note": "protein vectors",
    "design": "design",
    "delta": "delta",
}
"""Field of a plan -> its name in messages. Other fields have functions of their own below."""


def differences(before: Plan, after: Plan) -> list[str]:
    """Return the differences in everything that rows depend on.

    Parameters
    ----------
    before
        The earlier plan.
    after
        The later plan.

    Returns
    -------
    list
        A phrase per difference, such as "seeds: 0 to 4 → 0 to 9".
    """
    parts = [
        f"{word}: {getattr(before, field) or 'not recorded'} → {getattr(after, field)}"
        for field, word in FIELDS.items()
        if getattr(before, field) != getattr(after, field)
    ]
    if before.code != after.code:
        parts.append(f"code of {', '.join(changed_modules(before, after))}")
    if before.seeds != after.seeds:
        parts.append(f"seeds: {_list(before.seeds)} → {_list(after.seeds)}")
    parts += _arms(before, after)
    if before.contrasts != after.contrasts:
        parts.append(f"contrasts: {_names(before)} → {_names(after)}")
    if before.factors != after.factors:
        parts.append(f"factors: {before.factors} → {after.factors}")
    for what, was, now in (
        ("metrics", before.metrics, after.metrics),
        ("own controls", before.own_controls, after.own_controls),
    ):
        if was != now:
            parts.append(f"{what}: {_own(was)} → {_own(now)}")
    parts += _search(before.search or {}, after.search or {})
    if not parts and (before.arms, before.controls) != (after.arms, after.controls):
        parts.append("descriptions of arms")
    return parts


def _own(plans: tuple[OwnPlan, ...]) -> str:
    return ", ".join(f"{own.reference} (content {own.sha256[:8]})" for own in plans) or "none"


def changed_modules(before: Plan, after: Plan) -> list[str]:
    """Return the modules whose code differs in meaning between two plans.

    Parameters
    ----------
    before
        The earlier plan.
    after
        The later plan.

    Returns
    -------
    list
        Dotted names, sorted.
    """
    if not before.code_modules:
        return ["rpbind (its plan does not record the modules)"]
    return [f"rpbind.{module}" for module in sorted({*before.code_modules, *after.code_modules})
            if before.code_modules.get(module) != after.code_modules.get(module)]  # fmt: skip


def _arms(before: Plan, after: Plan) -> list[str]:
    won = {each["arm"] for each in (before.search or {}).get("winners", {}).values()}
    was, is_ = ({arm.name: arm for arm in (*p.arms, *p.controls)} for p in (before, after))
    parts = [f"arm {name} is new" for name in is_ if name not in was]
    parts += [f"arm {name} is gone" for name in was if name not in {*is_, *won}]
    shared = [(was[name], is_[name]) for name in was if name in is_]
    return parts + [
        f"recipe of {old.name}: {_changed_fields(old, new)}"
        for old, new in shared
        if old.recipe_id != new.recipe_id
    ]


def _changed_fields(old: ArmPlan, new: ArmPlan) -> str:
    was, now = flat(old.recipe), flat(new.recipe)
    files = changed_content(was, now)
    rest = _differing(*({k: v for k, v in r.items() if k not in files} for r in (was, now)))
    return ", ".join([*files.values(), *rest])


def changed_files(before: Plan, after: Plan) -> list[str]:
    """Return the custom files whose content differs, if the plans' arms differ in nothing else.

    Parameters
    ----------
    before
        The earlier plan.
    after
        The later plan.

    Returns
    -------
    list
        Names of the copies that the earlier study keeps.
    """
    was, is_ = ({arm.name: flat(arm.recipe) for arm in p.arms} for p in (before, after))
    copies: dict[str, None] = {}
    for name in was.keys() & is_.keys():
        files = changed_content(was[name], is_[name])
        if files.keys() != {
            k for k in was[name] | is_[name] if was[name].get(k) != is_[name].get(k)
        }:
            return []
        for path in files:
            part = Part(was[name][f"{path[:-6]}class"], was[name][path])
            copies[f"{part.sha256}-{part.file}"] = None
    return list(copies)


def _search(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = {"winners", "closed", "extensions"}
    mine, theirs = (
        {k: _by_name(v) if k == "dimensions" else v for k, v in s.items() if k not in found}
        for s in (before, after)
    )
    return [f"search {parts}" for parts in _differing(flat(mine), flat(theirs))]


def _by_name(dimensions: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {path: dimension}; a conditional dimension's key has its parent's values too."""
    named = {}
    for dim in dimensions:
        values = (dim.get("when") or {}).get("values")
        named[dim["path"] + (f" {values}" if values else "")] = dim
    return named


def _differing(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return [
        f"{key} {mine.get(key)} → {theirs.get(key)}"
        for key in dict.fromkeys([*mine, *theirs])
        if mine.get(key) != theirs.get(key)
    ]


def _list(seeds: tuple[int, ...]) -> str:
    whole = seeds == tuple(range(seeds[0], seeds[-1] + 1)) and len(seeds) > 1
    return f"{seeds[0]} to {seeds[-1]}" if whole else ", ".join(map(str, seeds))


def _names(plan: Plan) -> str:
    return ", ".join(contrast.name for contrast in plan.contrasts) or "none"
