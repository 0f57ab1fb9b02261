from pathlib import Path
from typing import Any

import optuna
import pytest

from rpbind.errors import UserError
from rpbind.recipe.presets import FIXED
from rpbind.spaces.space import load_space
from rpbind.spaces.suggesters import FixedSuggester

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
def test_every_space_of_the_project_loads_and_its_draws_are_recipes(file: Path) -> None:
    space = load_space(file, FIXED)
    assert space.about
    for drawn in draws_of(file):
        always = {dim.path for dim in space.dimension if dim.when is None}
        assert always <= drawn.keys() <= set(space.paths)
        assert FIXED.with_(drawn).id


def test_the_default_space_has_the_five_hyperparameters_of_the_original_model() -> None:
    original = next(file for file in SPACES if file.name == "original.toml")
    assert [dim.path for dim in load_space(original, FIXED).dimension] == [
        "train.lr",
        "train.weight_decay",
        "model.classifier.hidden",
        "model.classifier.dropout",
        "model.memory",
    ]


def test_drawn_values_are_in_the_space_and_include_all_choices(tmp_path: Path) -> None:
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
        (
            'path = "train.lr"\nkind = "number"\nlow = 1\nhigh = 2',
            "kind is one of float, int, choice, layers; got 'number'",
        ),
        ('path = "train.lr"\nkind = "choice"\nvalues = [0.1]', "at least 2"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [0.1, 0.1]', "the same, 0.1 and 0.1"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [1, 1.0]', "the same, 1 and 1.0"),
        ('path = "train.lr"\nkind = "choice"\nvalues = [0.1, -1]', "greater than 0"),
        ('path = "model.memory"\nkind = "choice"\nvalues = ["pooled", "residues"]', "'residue'"),
        (
            'path = "train.lr"\nkind = "choice"\nvalues = [1, 2]\nlog = true',
            "dimension 'train.lr' .*'log'.* path, when, kind, values",
        ),
        ('path = "train.learning_rate"\nkind = "float"\nlow = 1\nhigh = 2', "mean 'train.lr'"),
        (
            'path = "train"\nkind = "float"\nlow = 1\nhigh = 2',
            "group of hyperparameters: optimizer, lr",
        ),
        ('path = "train.lr"\nlow = 1\nhigh = 2', "lacks 'kind': it is one of float"),
        ('kind = "float"\nlow = 1\nhigh = 2', "dimension 1 lacks 'path'"),
        (LR + 'when = "train.lr"', "'when' is a table such as"),
        (LR + 'when = { parent = "train", values = [1] }', "'parent'.* Did you mean 'path'"),
    ],
)
def test_an_impossible_dimension_is_refused_with_the_reason(
    dimension: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=why):
        load_space(written(tmp_path, dimension), FIXED)


def test_each_mistake_of_a_file_is_one_line_with_the_right_key(tmp_path: Path) -> None:
    misspelt = LR.replace("low", "lo")
    with pytest.raises(UserError) as error:
        load_space(written(tmp_path, misspelt, LR.replace("1e-2", '"big"')), FIXED)
    first, second = str(error.value).splitlines()
    for fact in (str(tmp_path / "space.toml"), "'train.lr'", "'lo'", "Did you mean 'low'?"):
        assert fact in first
    for fact in ("'high'", "valid number", "'big'"):
        assert fact in second


def test_a_misspelt_table_is_one_mistake_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    file = written(tmp_path, LR)
    file.write_text("\ufeff" + file.read_text())
    assert load_space(file, FIXED)
    file.write_text(file.read_text().replace("[[dimension]]", "[[dimensions]]"))
    with pytest.raises(UserError, match=r"Did you mean 'dimension'\?$"):
        load_space(file, FIXED)
    file.write_text(file.read_text().replace("[[dimensions]]", "[dimension]"))
    with pytest.raises(UserError, match=r"written \[\[dimension\]\]"):
        load_space(file, FIXED)


def test_two_dimensions_for_one_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"two dimensions for train\.lr"):
        load_space(written(tmp_path, LR, LR), FIXED)


def test_a_missing_space_is_answered_with_the_spaces_of_its_folder() -> None:
    with pytest.raises(UserError, match=r"original\.toml"):
        load_space(SPACES[0].with_name("seed.toml"), FIXED)


def test_an_error_about_a_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no search space .*nowhere\.toml"):
        load_space(tmp_path / "nowhere.toml", FIXED)
    (tmp_path / "broken.toml").write_text("about = \n")
    with pytest.raises(UserError, match=r"broken\.toml is no search space"):
        load_space(tmp_path / "broken.toml", FIXED)
    with pytest.raises(UserError, match=r"(?s)space\.toml is no search space.*dimension"):
        load_space(written(tmp_path), FIXED)


ENCODER = 'path = "model.encoder"\nkind = "choice"\nvalues = ["token", "conv", "self-attention"]'
LAYERS = 'path = "model.encoder.layers"\nkind = "int"\nlow = {}\nhigh = {}\nwhen = {{ path = "{}", values = ["{}"] }}'  # noqa: E501


def test_a_conditional_dimension_is_drawn_only_with_its_parents_value(tmp_path: Path) -> None:
    conv = LAYERS.format(1, 2, "model.encoder", "conv")
    attending = LAYERS.format(3, 4, "model.encoder", "self-attention")
    draws = draws_of(written(tmp_path, ENCODER, conv, attending))
    layers = {"token": set(), "conv": set(), "self-attention": set()}
    for drawn in draws:
        layers[drawn["model.encoder"]].add(drawn.get("model.encoder.layers"))
        assert FIXED.with_(drawn).model.encoder.kind == drawn["model.encoder"]
    assert layers == {"token": {None}, "conv": {1, 2}, "self-attention": {3, 4}}


def test_depth_and_widths_of_the_classifier_are_drawn_layer_by_layer(tmp_path: Path) -> None:
    hidden = 'path = "model.classifier.hidden"\nkind = "layers"\ndepth = [1, 3]\nwidth = [16, 256]'
    draws = [drawn["model.classifier.hidden"] for drawn in draws_of(written(tmp_path, hidden))]
    assert {len(sizes) for sizes in draws} == {1, 2, 3}
    assert all(16 <= size <= 256 for sizes in draws for size in sizes)
    assert sum(size < 64 for sizes in draws for size in sizes) > 10


@pytest.mark.parametrize("file", SPACES, ids=lambda file: file.name)
def test_the_parameters_of_a_drawn_recipe_are_found_again(file: Path) -> None:
    space = load_space(file, FIXED)
    for seed in range(40):
        params = space.draw(seed)
        assert space.find(FIXED.with_(space.suggest(FixedSuggester(params)))) == params


@pytest.mark.parametrize(
    ("dimensions", "why"),
    [
        ((LAYERS.format(1, 2, "model.encoder", "conv"),), "no dimension before it"),
        ((ENCODER, LAYERS.format(1, 2, "model.encodr", "conv")), "Did you mean 'model.encoder'"),
        ((ENCODER, LAYERS.format(1, 2, "model.encoder", "cnov")), "Did you mean 'conv'"),
        (
            (ENCODER, LAYERS.format(1, 2, "model.encoder", "token")),
            "no hyperparameter 'model.encoder",
        ),
        ((ENCODER, *(LAYERS.format(1, 2, "model.encoder", "conv"),) * 2), "can apply at once"),
        (('path = "model.encoder.dim"\nkind = "choice"\nvalues = [8, 16]', ENCODER), "come before"),
        (
            (
                'path = "model.attention.dim"\nkind = "choice"\nvalues = [24, 32]',
                'path = "model.attention.heads"\nkind = "choice"\nvalues = [8, 16]',
            ),
            "heads must divide dim",
        ),
        (('path = "train.shift"\nkind = "int"\nlow = 0\nhigh = 8\nstep = 3',), "do not end on 8"),
        (('path = "train.shift"\nkind = "int"\nlow = 0\nhigh = 8\nlog = true',), "low > 0"),
    ],
)
def test_dimensions_that_do_not_fit_each_other_are_refused(
    dimensions: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=why):
        load_space(written(tmp_path, *dimensions), FIXED)


def test_a_grid_has_every_combination_once(tmp_path: Path) -> None:
    conv = LAYERS.format(1, 2, "model.encoder", "conv")
    space = load_space(written(tmp_path, ENCODER, conv, LR + "log = true"), FIXED)
    points = [space.suggest(FixedSuggester(params)) for params in space.grid()]
    assert len(points) == (1 + 2 + 1) * 3
    assert len({FIXED.with_(point).id for point in points}) == len(points)


def test_a_recipe_outside_the_space_is_refused_with_its_value(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, LR), FIXED)
    with pytest.raises(UserError, match=r"train\.lr = 0\.5"):
        space.find(FIXED.with_({"train.lr": 0.5}))


def test_a_space_that_comes_with_rpbind_is_named_without_its_path() -> None:
    for file in SPACES:
        assert load_space(file.stem, FIXED) == load_space(file, FIXED)
    with pytest.raises(UserError, match="Did you mean 'original'"):
        load_space("orignal", FIXED)
