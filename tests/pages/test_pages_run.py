"""The commands of the tutorial and of every how-to are run, in a folder that holds nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pages_blocks import SHOWN, Block, blocks, given, run
from pages_given import give

ROOT = Path(__file__).resolve().parents[2]
RUN_BY = {
    "extending.md": "tests/test_extending.py",
    "python.md": "tests/api/test_api_docs.py",
}
"""Page -> the test that runs it, where it is not the one of this file."""

TRANSLATIONS = {"tutorial.zh.md": "tutorial.md"}
"""Page -> the page with the same commands in English, which is the one that is run."""

NOT_RUN = {
    "cluster.md": {"needs a cluster and its shared storage; tests/cluster runs the same commands"},
    "protein-vectors.md": {"needs the weights of the models"},
    "gpu.md": {"needs a GPU"},
    "gallery/README.md": {"needs eclip91, and takes an hour", "needs these studies"},
    "study-file.md": {"it takes minutes; the smoke run above is the same with fewer runs"},
    "tutorial.md": {
        "the tests run in an environment in which rpbind is installed",
        "the tests run in an empty folder",
    },
}
"""Every reason for which blocks of a page are not run: a new one is added here, too."""


def pages() -> dict[str, Path]:
    """The pages of the site's tutorial and how-tos."""
    text = (ROOT / "mkdocs.yml").read_text()
    sections = {name: below for part in yaml.safe_load(text)["nav"] for name, below in part.items()}
    names = [
        name
        for part in ("Tutorial", "How to")
        for entry in sections[part]
        for name in entry.values()
    ]
    return {name: ROOT / "docs" / name for name in names}


PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES.keys() - RUN_BY.keys() - TRANSLATIONS.keys()))
def test_the_commands_of_a_page_run_in_order(name: str, tmp_path: Path, tiny: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    give(given(PAGES[name]), folder, tiny)
    run(PAGES[name], folder)


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is_and_why_it_is_not_run(name: str) -> None:
    found = list(blocks(PAGES[name]))
    assert {block.language for block in found} <= set(SHOWN)
    reasons = {block.not_run for block in found} - {""}
    assert reasons == NOT_RUN.get(TRANSLATIONS.get(name, name), set())


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("README.zh.md", "README.md")] + [(f"docs/{t}", f"docs/{o}") for t, o in TRANSLATIONS.items()],
)
def test_both_languages_have_the_same_commands(theirs: str, ours: str) -> None:
    """What one test runs of the English page holds for the other; comments are translated."""
    assert given(ROOT / theirs) == given(ROOT / ours)
    assert commands(theirs) == commands(ours)
    assert len(commands(ours)) >= 3


def commands(page: str) -> list[Block]:
    """The blocks of a page without their comments."""
    found = [replace(block, line=0) for block in blocks(ROOT / page)]
    return [replace(one, as_read="", code=re.sub(r" *# .*", "", one.code)) for one in found]


@pytest.mark.parametrize("name", RUN_BY)
def test_a_page_that_another_test_runs_is_named_there(name: str) -> None:
    assert name in (ROOT / RUN_BY[name]).read_text()
