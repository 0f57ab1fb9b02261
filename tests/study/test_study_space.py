from pathlib import Path
from typing import Any

import optuna
import pytest

from rpbind.errors import UserError
from rpbind.presets import FIXED
from rpbind.study.space import load_space

SPACES = sorted((Path(__file__).parents[2] / "search_spaces").glob("*.toml"))
LR = 'path = "train.lr"\nkind = "float"\nlow = 1e-4\nhigh = 1e-2\n'


def written(folder: Path, *dimensions: str, about: str = "A toy.") -> Path:
    text = f'about = "{about}"\n' + "".join(f"[[dimension]]\n{each}\n" for each in dimensions)
    (folder / "space.toml").write_text(text)
    return folder / "space.toml"


def draws_of(path: Path) -> list[dict[str, Any]]:
    space = load_space(path, FIXED)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [space.suggest(study.ask()) for _ in range(30)]


@pytest.mark.parametrize("file", SPACES, ids=lambda file: file.name)
def test_every_space_that_comes_along_loads_says_what_it_is_and_fits_the_recipe(file: Path) -> None:
    space = load_space(file, FIXED)
    assert space.about.endswith(".")
    for drawn in draws_of(file):
        assert drawn.keys() == {dim.path for dim in space.dimension}
        assert FIXED.with_(drawn).id


def test_the_seeds_space_is_exactly_the_missions_five() -> None:
    seed = next(file for file in SPACES if file.name == "seed.toml")
    assert [dim.path for dim in load_space(seed, FIXED).dimension] == [
        "train.lr",
        "train.weight_decay",
        "model.classifier.hidden",
        "model.classifier.dropout",
        "model.memory",
    ]


def test_drawn_values_lie_in_the_space_and_reach_all_choices(tmp_path: Path) -> None:
    memory = 'path = "model.memory"\nkind = "choice"\nvalues = ["pooled", {kind = "residue"}]'
    draws = draws_of(written(tmp_path, LR + "log = true", memory))
    assert all(1e-4 <= drawn["train.lr"] <= 1e-2 for drawn in draws)
    assert sum(drawn["train.lr"] < 1e-3 for drawn in draws) > 8
    kinds = {FIXED.with_(drawn).model.memory.kind for drawn in draws}
    assert kinds == {"pooled", "residue"}


@pytest.mark.parametrize(
    ("dimension", "why"),
    [
        ('path = "train.lrr"\nkind = "float"\nlow = 1\nhigh = 2', "Did you mean 'train.lr'"),
        ('path = "train.lr"\nkind = "float"\nlow = 2\nhigh = 1', "low must be below high"),
        ('path = "train.lr"\nkind = "float"\nlow = 1\nhigh = inf', "low must be below high"),
        ('path = "train.lr"\nkind = "float"\nlow = 0\nhigh = 1\nlog = true', "needs low > 0"),
        ('path = "train.lr"\nkind = "float"\nlow = 0.0\nhigh = 1', "greater than 0"),
        ('path = "train.lr"\nkind = "float"\nlow = 1', "high"),
        ('path = "train.lr"\nkind = "number"\nlow = 1\nhigh = 2', "'float', 'choice'"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [0.1]', "at least 2"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [0.1, -1]', "greater than 0"),
        ('path = "model.memory"\nkind = "choice"\nvalues = ["pooled", "residues"]', "'residue'"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [1, 2]\nlog = true', "Extra inputs"),
    ],
)
def test_a_dimension_that_cannot_be_meant_is_refused_with_the_reason(
    dimension: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=why):
        load_space(written(tmp_path, dimension), FIXED)


def test_two_dimensions_for_one_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"two dimensions for train\.lr"):
        load_space(written(tmp_path, LR, LR), FIXED)


def test_a_file_that_is_no_space_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no search space .*nowhere\.toml"):
        load_space(tmp_path / "nowhere.toml", FIXED)
    (tmp_path / "broken.toml").write_text("about = \n")
    with pytest.raises(UserError, match=r"broken\.toml is no search space"):
        load_space(tmp_path / "broken.toml", FIXED)
    with pytest.raises(UserError, match=r"(?s)space\.toml is no search space.*dimension"):
        load_space(written(tmp_path), FIXED)
