"""`--narrower` divides the widths of a search space like those of its base."""

from pathlib import Path
from typing import Any

import pytest
import typer
from toy_finished import experiment
from toy_search import BASE
from typer.testing import CliRunner

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import HEADS, WIDTHS, narrowed
from rpbind.recipe.presets import FIXED, PRESETS
from rpbind.spaces.space import Space, load_space
from rpbind.spaces.suggesters import FixedSuggester
from rpbind.spaces.warm_start import warm_start

SPACES = sorted((Path(__file__).parents[2] / "search_spaces").glob("*.toml"))


def space(tmp_path: Path, factor: int, *dimensions: str, base: Recipe = FIXED) -> Space:
    (tmp_path / "s.toml").write_text("\n".join(['about = "Widths."', *dimensions]))
    return load_space(tmp_path / "s.toml", narrowed(base, factor), factor)


def dimension(path: str, rest: str) -> str:
    return f'[[dimension]]\npath = "{path}"\n{rest}\n'


def drawn(searched: Space, base: Recipe) -> list[Recipe]:
    points = [searched.draw(seed) for seed in range(60)]
    return [base.with_(searched.suggest(FixedSuggester(point))) for point in points]


def widths(recipe: Recipe) -> list[int]:
    flat = {path: value for path, value in recipe.flat().items() if path in WIDTHS}
    return [n for value in flat.values() for n in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("file", SPACES, ids=lambda file: file.stem)
def test_no_model_of_a_narrower_search_exceeds_the_largest_width_divided(file: Path) -> None:
    whole = [max(widths(r)) for r in drawn(load_space(file, FIXED), FIXED)]
    small = narrowed(FIXED, 8)
    searched = load_space(file, small, 8)
    assert max(max(widths(r)) for r in drawn(searched, small)) <= 512 // 8
    assert max(whole) <= 512
    for seed in range(20):
        point = searched.draw(seed)
        assert searched.find(small.with_(searched.suggest(FixedSuggester(point)))) == point


@pytest.mark.parametrize(
    ("path", "rest", "values"),
    [
        ("model.classifier.hidden", 'kind="choice"\nvalues=[[128],[256,128]]', ([16], [32, 16])),
        ("model.encoder.dim", 'kind="choice"\nvalues=[64,128]', (8, 16)),
        ("model.encoder.dim", 'kind="choice"\nvalues=[64,65,128]', (8, 16)),
        ("model.encoder.dim", 'kind="int"\nlow=64\nhigh=128\nstep=64', (8, 16)),
        ("model.attention.heads", 'kind="choice"\nvalues=[4,8]', (1,)),
        ("model.attention.heads", 'kind="int"\nlow=1\nhigh=8', (1,)),
        ("model.feed_forward", 'kind="choice"\nvalues=["off",{hidden=64},{}]', (None, 8, 64)),
        ("model.encoder", 'kind="choice"\nvalues=["token","conv"]', ("token", "conv")),
        ("model.memory", 'kind="choice"\nvalues=["pooled","residue"]', ("pooled", "residue")),
        ("train.stop_after", 'kind="choice"\nvalues=[8,16]', (8, 16)),
        ("train.batch_size", 'kind="int"\nlow=16\nhigh=64\nstep=48', (16, 64)),
    ],
)
def test_widths_and_heads_are_divided_and_nothing_else(
    path: str, rest: str, values: tuple[Any, ...], tmp_path: Path
) -> None:
    searched = space(tmp_path, 8, dimension(path, rest))
    found = {_short(recipe.value(path)) for recipe in drawn(searched, narrowed(FIXED, 8))}
    assert found == {_short(value) for value in values}


def _short(value: Any) -> Any:
    """Return the name of a variant, the width of a feed-forward part, a list as a tuple."""
    if isinstance(value, dict):
        return value.get("kind", value.get("hidden"))
    return tuple(value) if isinstance(value, list) else value


def test_the_default_width_of_a_named_variant_is_divided(tmp_path: Path) -> None:
    which = dimension("model.encoder", 'kind="choice"\nvalues=["token","conv"]')
    searched = space(tmp_path, 8, which)
    made = drawn(searched, narrowed(FIXED, 8))
    assert {recipe.model.encoder.kind for recipe in made} == {"token", "conv"}
    assert {recipe.model.encoder.dim for recipe in made} == {16}


def test_a_range_of_layers_is_divided(tmp_path: Path) -> None:
    layers = dimension("model.classifier.hidden", 'kind="layers"\ndepth=[1,3]\nwidth=[16,512]')
    searched = space(tmp_path, 8, layers)
    sizes = [n for r in drawn(searched, narrowed(FIXED, 8)) for n in r.model.classifier.hidden]
    assert 2 <= min(sizes) < max(sizes) <= 64
    assert len(searched.grid()) == len({repr(point) for point in searched.grid()})


def test_the_width_in_a_condition_is_divided_too(tmp_path: Path) -> None:
    parent = dimension("model.attention.dim", 'kind="choice"\nvalues=[64,128]')
    child = dimension("train.lr", 'kind="float"\nlow=0.1\nhigh=0.2')
    child += 'when = { path = "model.attention.dim", values = [128] }\n'
    base = FIXED.with_({"model.attention.heads": 1})
    searched = space(tmp_path, 8, parent, child, base=base)
    rates = {(r.model.attention.dim, r.train.lr >= 0.1)
             for r in drawn(searched, narrowed(base, 8))}  # fmt: skip
    assert rates == {(8, False), (16, True)}


def test_a_narrower_space_says_so_and_a_factor_of_1_changes_nothing(
    tmp_path: Path,
) -> None:
    dim = dimension("model.encoder.dim", 'kind="choice"\nvalues=[64,128]')
    assert "(Widths divided by 8.)" in space(tmp_path, 8, dim).about
    assert space(tmp_path, 1, dim).about == "Widths."
    with pytest.raises(UserError, match=r"model\.encoder\.dim is 64.* at most 64"):
        load_space(tmp_path / "s.toml", BASE, 65)


@pytest.mark.parametrize("name", PRESETS)
def test_only_the_widths_and_heads_of_a_preset_are_divided(name: str) -> None:
    preset = PRESETS[name]
    for path, (whole, part) in preset.diff(narrowed(preset, 4)).items():
        assert path in (*WIDTHS, *HEADS)
        assert part == ([n // 4 for n in whole] if isinstance(whole, list) else max(1, whole // 4))


def test_an_error_about_a_too_large_factor_names_the_largest_possible_one() -> None:
    with pytest.raises(UserError, match=r"divided by 200.*--narrower.*at most 128"):
        narrowed(FIXED, 200)


def test_a_preset_as_a_warm_start_is_divided_like_the_base(tmp_path: Path) -> None:
    searched = space(tmp_path, 8, dimension("train.lr", 'kind="float"\nlow=1e-4\nhigh=1e-2'))
    assert warm_start(["fixed"], searched, narrowed(FIXED, 8), 8) == ({"train.lr": 3e-3},)
    with pytest.raises(UserError, match=r"differs from the base in model\.encoder\.dim"):
        warm_start(["fixed"], searched, narrowed(FIXED, 8), 1)


@pytest.mark.parametrize("options", ["--trials 2", "--tune-arms 2"])
def test_an_ablation_with_a_search_divides_the_space_too(
    options: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conducted: list[Any] = []
    monkeypatch.setattr("rpbind.experiment.conduct", lambda *given: conducted.append(given))
    app = typer.Typer()
    app.command()(experiment("ablate").main)
    words = ["--data", str(tiny), "--smoke", *options.split()]
    assert CliRunner().invoke(app, words).exit_code == 0
    dims = {dim.path: dim for dim in conducted[0][3].sweep.space.dimension}
    assert dims["model.classifier.hidden"].values == [[16], [32, 16], [64, 32, 16]]


def test_narrower_of_tune_divides_its_space(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conducted: list[Any] = []
    monkeypatch.setattr("rpbind.experiment.conduct", lambda *given: conducted.append(given))
    app = typer.Typer()
    app.command()(experiment("tune").main)
    words = ["--data", str(tiny), "--warm-start", "fixed"]
    for factor in ("1", "8"):
        assert CliRunner().invoke(app, [*words, "--narrower", factor]).exit_code == 0
    whole, small = (given[3].sweep.space.dimension[2].values for given in conducted)
    assert small == [[n // 8 for n in hidden] for hidden in whole]


def test_a_choice_that_is_named_twice_is_refused_in_a_narrower_space_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="off and off"):
        space(tmp_path, 8, dimension("train.stop_after", 'kind="choice"\nvalues=["off","off"]'))
