"""The fingerprint of a study covers the code that its rows depend on, and nothing else."""

import ast

import pytest

from rpbind.train.code import code_id, code_of_rows, normalised_code

PLAIN = "def area(width: float, height: float) -> float:\n    return width * height\n"


@pytest.mark.parametrize(
    "same",
    [
        '"""A module about areas."""\n' + PLAIN,
        PLAIN.replace("    return", '    """Return an area."""\n    return'),
        PLAIN.replace("    return", "    # for the caller\n    return"),
        PLAIN.replace(
            "(width: float, height: float)", "(\n    width: float,\n    height: float,\n)"
        ),
        PLAIN.replace("width * height", "(width * height)"),
    ],
    ids=["module docstring", "docstring", "comment", "layout", "brackets"],
)
def test_comments_docstrings_and_layout_do_not_count(same: str) -> None:
    assert normalised_code(ast.parse(same)) == normalised_code(ast.parse(PLAIN))


@pytest.mark.parametrize(
    "other",
    [PLAIN.replace("*", "+"), PLAIN.replace("width *", "2 * width *"), PLAIN + "SIDE = 1\n"],
)
def test_another_computation_counts(other: str) -> None:
    assert normalised_code(ast.parse(other)) != normalised_code(ast.parse(PLAIN))


def test_rows_depend_on_code_that_makes_them_and_not_on_code_that_reads_them() -> None:
    modules = code_of_rows()
    rooms = {module.split(".")[0] for module in modules}
    assert rooms >= {"baselines", "data", "files", "model", "parts", "proteins", "recipe", "train"}
    assert rooms >= {"eager", "kmers", "metrics", "seeding", "split_spec", "statistics"}
    assert {
        *("model.binding", "seeding.draws", "train.loop", "train.probes", "data.splits", "metrics"),
        *("proteins.embedding_store", "baselines.kmers", "recipe.recipe", "recipe.model"),
    } <= modules.keys()
    assert not rooms & {"analysis", "report", "cli", "experiment", "study", "ledger", "terminal"}
    assert len(code_id()) == 12
