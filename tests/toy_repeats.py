"""Small finite spaces, in which a search draws some configurations twice."""

from pathlib import Path

from toy_search import toy_sweep

from rpbind.ledger import Ledger, Plan, Row
from rpbind.ledger.trials import was_reused
from rpbind.recipe import Recipe
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space

FILM = {"path": "model.film", "kind": "choice", "values": [False, True]}
BATCH = {"path": "train.batch_size", "kind": "choice", "values": [32, 64]}
SHIFT = {"path": "train.shift", "kind": "int", "low": 0, "high": 8}
FOUR = Space.model_validate({"about": "Four points.", "dimension": [FILM, BATCH]})
MANY = Space.model_validate({"about": "36 points.", "dimension": [FILM, BATCH, SHIFT]})
SAMPLERS = ["tpe", "random", "nsga2", "qmc"]


def score(recipe: Recipe) -> float:
    """Return a score that differs between all configurations."""
    return (
        0.5
        + 0.1 * recipe.model.film
        + 0.001 * recipe.train.batch_size
        + 0.0001 * recipe.train.shift
    )


def finite_sweep(trials: int, space: Space = FOUR, **config: object) -> Sweep:
    return toy_sweep(trials, config=SearchConfig(**config), space=space)  # type: ignore[arg-type]


def rows(folder: Path) -> list[Row]:
    return Ledger(folder).rows("search")


def trained(folder: Path) -> list[Row]:
    return [row for row in rows(folder) if not was_reused(row)]


def plan(sweep: Sweep) -> Plan:
    return Plan(
        study="x", question="", prediction="", rule="", design="search", arms=(), contrasts=(),
        seeds=(0,), dataset="", split="", search=sweep.plan_entry(), created="",
    )  # fmt: skip


def drawn(loop: AskTellLoop) -> dict[str, tuple[dict[str, object], object]]:
    trials = loop.study.get_trials(deepcopy=False)
    lasting = [t for t in trials if "interrupted" not in t.user_attrs]
    return {t.user_attrs["arm"]: (t.params, t.user_attrs.get("repeats")) for t in lasting}
