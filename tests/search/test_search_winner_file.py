"""The winner of a search is written as a recipe file, for every option that takes one."""

from pathlib import Path
from typing import Any

import pytest
import typer
from toy_finished import experiment, finished
from toy_search import BASE, SPACE, toy_sweep
from typer.testing import CliRunner

from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.files import as_toml, load_recipe, read_recipe
from rpbind.recipe.presets import OLD, PRESETS
from rpbind.search.search import Sweep
from rpbind.search.winners import winner_files, write_winners
from rpbind.spaces.space import load_space
from rpbind.spaces.suggesters import FixedSuggester
from rpbind.spaces.warm_start import warm_start

SPACES = sorted((Path(__file__).parents[2] / "search_spaces").glob("*.toml"))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_a_recipe_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text(as_toml(PRESETS[name]))
    assert read_recipe(tmp_path / "it.toml") == PRESETS[name]


@pytest.mark.parametrize("file", SPACES, ids=lambda file: file.stem)
def test_every_drawn_recipe_survives_a_recipe_file(file: Path, tmp_path: Path) -> None:
    space = load_space(file, BASE)
    for seed in range(10):
        recipe = BASE.with_(space.suggest(FixedSuggester(space.draw(seed))))
        (tmp_path / "it.toml").write_text(as_toml(recipe))
        assert read_recipe(tmp_path / "it.toml") == recipe


def test_a_winner_file_is_a_recipe_a_warm_start_and_a_base(tmp_path: Path) -> None:
    plan = finished(tmp_path, toy_sweep(3), whole=("search",))
    write_winners(plan, tmp_path)
    file = tmp_path / "winner.toml"
    won = Recipe.model_validate(plan.arms[-1].recipe)
    assert winner_files(plan, tmp_path) == {"search": file}
    assert read_recipe(file) == load_recipe("--base", str(file)) == won
    (point,) = warm_start([str(file)], SPACE, BASE)
    assert BASE.with_(SPACE.suggest(FixedSuggester(point))) == won
    assert "trial-0000" in file.read_text()


def test_every_tuned_arm_with_a_winner_has_its_own_file(
    tmp_path: Path,
) -> None:
    sweep = Sweep({"old": OLD, "fixed": BASE}, SPACE, 2)
    plan = finished(tmp_path, sweep, whole=("old.s0",))
    write_winners(plan, tmp_path)
    assert [file.name for file in tmp_path.glob("winner*")] == ["winner-old.s0.toml"]
    assert read_recipe(tmp_path / "winner-old.s0.toml") == OLD.with_({"train.lr": 1e-3})


def test_a_recipe_file_as_base_is_not_changed(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = OLD.with_({"train.epochs": 3, "proteins": "triad", "train.lr": 2e-3})
    (tmp_path / "mine.toml").write_text(as_toml(mine))
    conducted: list[Any] = []
    monkeypatch.setattr("rpbind.experiment.conduct", lambda *given: conducted.append(given))
    app = typer.Typer()
    app.command()(experiment("tune").main)
    words = ["--data", str(tiny), "--base", str(tmp_path / "mine.toml")]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert CliRunner().invoke(app, [*words, "--epochs", "1", "--narrower", "2"]).exit_code == 0
    first, second = (Recipe.model_validate(given[2].arms[0].recipe) for given in conducted)
    assert first == mine
    assert (second.train.epochs, second.model.encoder.dim) == (1, mine.model.encoder.dim // 2)


def test_the_error_about_a_study_folder_as_base_names_its_winner_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is a folder.*winner\.toml"):
        load_recipe("--base", str(tmp_path))
