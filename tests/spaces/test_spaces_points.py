"""The number of configurations of a space, counted and listed."""

from pathlib import Path

import pytest
from toy_search import BASE, DECAY, RATE

from rpbind.errors import UserError
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.points import grid_size, points, size, untried
from rpbind.spaces.space import Space, check_space, load_space
from rpbind.spaces.suggesters import FixedSuggester

FILM = {"path": "model.film", "kind": "choice", "values": [False, True]}
BATCH = {"path": "train.batch_size", "kind": "choice", "values": [32, 64]}
SHIFT = {"path": "train.shift", "kind": "int", "low": 0, "high": 8, "step": 2}
SEGMENTS = {"path": "model.memory.segments", "kind": "int", "low": 2, "high": 64, "log": True}
LAYERS = {"path": "model.classifier.hidden", "kind": "layers", "depth": [1, 3], "width": [8, 9]}
MEMORY = {"path": "model.memory", "kind": "choice", "values": ["pooled", "segment", "residue"]}
IN_SEGMENTS = {"path": "model.memory", "values": ["segment"]}
ON_SEVEN = {"path": "train.shift", "values": [0, 4]}


def space(*dimensions: dict[str, object]) -> Space:
    made = Space.model_validate({"about": "Finite.", "dimension": dimensions})
    check_space(made, BASE)
    return made


@pytest.mark.parametrize(
    ("dimensions", "count"),
    [
        ([FILM, BATCH], 4),
        ([SHIFT], 5),
        ([LAYERS], 2 + 4 + 8),
        ([FILM, LAYERS, SHIFT], 2 * 14 * 5),
        ([MEMORY, SEGMENTS | {"when": IN_SEGMENTS}], 2 + 63),
        ([MEMORY, SEGMENTS | {"when": IN_SEGMENTS}, FILM], 2 * (2 + 63)),
        ([SHIFT, BATCH | {"when": ON_SEVEN}], 3 + 2 * 2),
        ([MEMORY, BATCH | {"when": IN_SEGMENTS}, FILM | {"when": {"path": "train.batch_size",
          "values": [64]}}], 2 + 1 + 2),
    ],
)  # fmt: skip
def test_a_finite_space_counts_as_many_configurations_as_it_lists(
    dimensions: list[dict[str, object]], count: int
) -> None:
    made = space(*dimensions)
    recipes = [BASE.with_(made.suggest(FixedSuggester(params))).id for params in points(made)]
    assert len(recipes) == len(set(recipes)) == count
    assert size(made) == count
    assert grid_size(made) == len(made.grid())


def test_a_space_with_a_real_number_that_can_be_drawn_is_infinite() -> None:
    assert size(space(FILM, RATE)) is None
    assert size(space(MEMORY, DECAY | {"when": IN_SEGMENTS})) is None


def test_untried_configurations_are_found_until_none_is_left() -> None:
    made = space(SHIFT, BATCH | {"when": ON_SEVEN})
    tried: set[str] = set()
    for seed in range(7):
        params = untried(made, BASE, tried, seed)
        assert params is not None
        assert params == untried(made, BASE, tried, seed)
        tried.add(BASE.with_(made.suggest(FixedSuggester(params))).id)
    assert len(tried) == 7
    assert untried(made, BASE, tried, 7) is None


def test_the_last_untried_configuration_of_280_is_found() -> None:
    made = space(SHIFT, LAYERS, FILM, BATCH)
    recipes = [BASE.with_(made.suggest(FixedSuggester(params))).id for params in points(made)]
    assert len(recipes) == 5 * 14 * 4
    params = untried(made, BASE, set(recipes) - {recipes[123]}, 0)
    assert params is not None
    assert BASE.with_(made.suggest(FixedSuggester(params))).id == recipes[123]


def test_a_grid_of_more_than_a_billion_points_is_counted_without_listing_it() -> None:
    file = Path(__file__).parents[2] / "search_spaces" / "everything.toml"
    everything = load_space(file, BASE)
    assert grid_size(everything) > 10**9
    with pytest.raises(UserError, match=r"The grid has [\d,]+ points"):
        Sweep.of(BASE, everything, 50, SearchConfig(sampler="grid"))
