"""Recipes, spaces, warm starts and extensions of searches that cannot be meant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bad_input import Case, called, check

from rpbind import experiment
from rpbind.ledger import Ledger, Plan, Row
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.search.winners import with_winners
from rpbind.spaces.suggesters import FixedSuggester

RATE = 'about = "rate"\n[[dimension]]\npath = "train.lr"\nkind = "float"\nlow = 1e-4\nhigh = 1e-2\n'
TUNE = "tune.py --space s.toml --trials 4 --dry-run"
STUDY = "tune.py --space s.toml --data world --narrower 8 --seeds 2 --reports reports --name s"
OFF = 'write "off"'
MADE: list[Path] = []


def choice(path: str, values: str, *more: str) -> dict[str, str]:
    """A space of one choice, and what follows it."""
    first = f'about = "x"\n[[dimension]]\npath = "{path}"\nkind = "choice"\nvalues = {values}\n'
    return {"s.toml": first + "".join(more)}


def recipe(text: str) -> dict[str, str]:
    return {"r.toml": text}


@pytest.fixture(scope="module", autouse=True)
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A finished search of three trials, of which the rows are made up, beside its dataset."""

    def launched(plan: Plan, *asked: Any, **more: Any) -> Plan:
        ledger, sweep = Ledger(asked[2]), asked[3]
        (search,) = sweep.searches
        for number in range(sweep.trials):
            drawn = search.base.with_(sweep.space.suggest(FixedSuggester(sweep.space.draw(number))))
            ledger.append(scored(search.trial(number), drawn, 0.6 + 0.01 * number))
        ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
        return ledger.plan

    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(tiny, folder / "world")
    (folder / "s.toml").write_text(RATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "launch", launched)
        patch.chdir(folder)
        assert called(f"{STUDY} --trials 3 --budget-train-seconds 60") == 3  # no run is confirmed
    MADE[:] = [folder]


def scored(name: str, drawn: Recipe, value: float) -> Row:
    return Row(
        arm=name, seed=1000, state="done", stage="search", ended="2026-11-25T09:00:00+00:00",
        recipe=drawn.model_dump(mode="json"), recipe_id=drawn.id,
        metrics={"validation.auroc_macro": value}, cost={"train_seconds": 2.0},
    )  # fmt: skip


def study(folder: Path) -> None:
    shutil.copytree(MADE[0], folder, dirs_exist_ok=True)


def changed(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        study(folder)
        change(folder / "reports" / "s")

    return fill


def without_rows(folder: Path) -> None:
    for part in (folder / "ledger").glob("*.parquet"):
        part.unlink()


RECIPES = [
    ("clip_norm that is none", '[train]\nclip_norm = "none"', ("train.clip_norm", "'none'", OFF)),
    ("clip_norm that is false", "[train]\nclip_norm = false", ("train.clip_norm", OFF)),
    ("clip_norm that is true", "[train]\nclip_norm = true", ("train.clip_norm",)),
    ("clip_norm that is empty", '[train]\nclip_norm = ""', ("train.clip_norm", OFF)),
    ("stop_after that is null", '[train]\nstop_after = "null"', ("train.stop_after", OFF)),
    ("stop_after that is 0", "[train]\nstop_after = 0", ("train.stop_after", OFF)),
    ("a feed-forward part that is none", '[model]\nfeed_forward = "none"', ("feed_forward", OFF)),
    ("a rate that is off", '[train]\nlr = "off"', ("train.lr", "'off'")),
    ("a number that is true", "[train]\nbatch_size = true", ("train.batch_size",)),
    ("a field that is not there", "[train]\nclipnorm = 1", ("clipnorm", "'train.clip_norm'")),
    ("an encoder that is not there", '[model.encoder]\nkind = "cnn"', ("model.encoder", "conv")),
    ("a part that is off and given", '[model]\nfeed_forward = "off"\nfeed_forward.hidden = 3', ()),
    ("null, which TOML has not", "[train]\nclip_norm = null", ("r.toml", "TOML")),
    ("a list where a number is", "[train]\nlr = [1e-3]", ("train.lr",)),
]

CASES = [
    *(
        Case(f"a recipe with {name}", "rpbind doctor r.toml", ("r.toml", *says), recipe(text))
        for name, text, says in RECIPES
    ),
    Case("a base that is no preset", f"{TUNE} --base fixd", ("--base", "'fixed'")),
    Case("a base that is no file", f"{TUNE} --base no.toml", ("--base", "no.toml")),
    Case("a base that is a folder", f"{TUNE} --base reports/s", ("winner.toml", "folder"), study),
    Case(
        "a base that is broken",
        f"{TUNE} --base r.toml",
        ("r.toml", "train.clip_norm", OFF),
        recipe('[train]\nclip_norm = "no"'),
    ),
    Case(
        "a base with a width below the divisor",
        f"{TUNE} --base fixed --narrower 1000",
        ("--narrower", "1000", "model.encoder.dim", "128"),
    ),
    Case(
        "a space with none for an optional field",
        TUNE,
        ("train.clip_norm", "'none'", OFF),
        choice("train.clip_norm", '["none", 1.0]'),
    ),
    Case(
        "a space with false for an optional field",
        TUNE,
        ("train.stop_after", OFF),
        choice("train.stop_after", "[false, 5]"),
    ),
    Case(
        "a space with off for a field that is always there",
        TUNE,
        ("train.lr", "'off'"),
        choice("train.lr", '["off", 0.1]'),
    ),
    Case(
        "a space with off twice",
        TUNE,
        ("train.clip_norm", "off and off"),
        choice("train.clip_norm", '["off", "off"]'),
    ),
    Case(
        "a space that depends on none where it has off",
        TUNE,
        ("train.clip_norm = none", "off"),
        choice(
            "train.clip_norm",
            '["off", 1.0]',
            '[[dimension]]\npath = "train.mask"\nkind = "float"\nlow = 0.0\nhigh = 0.5\n'
            'when = { path = "train.clip_norm", values = ["none"] }\n',
        ),
    ),
    Case(
        "a space that searches below a part that can be off",
        TUNE,
        ("model.feed_forward is off", "model.feed_forward.hidden"),
        choice(
            "model.feed_forward",
            '["off", { hidden = 64 }]',
            '[[dimension]]\npath = "model.feed_forward.hidden"\nkind = "int"\nlow = 8\nhigh = 64\n',
        ),
    ),
    Case(
        "a space with a width below the divisor",
        f"{TUNE} --narrower 64",
        ("s.toml", "divided by 64", "model.encoder.dim is 16"),
        choice("model.encoder.dim", "[16, 128]"),
    ),
    Case(
        "a grid with fewer trials than points",
        f"{TUNE} --sampler grid",
        ("5 points", "--trials 5"),
        choice("train.stop_after", '["off", 2, 3, 4, 5]'),
    ),
    Case("a warm start that is nothing", f"{TUNE} --warm-start nix", ("nix", "old, fixed"),
         {"s.toml": RATE}),
    Case(
        "a warm start of another model",
        f"{TUNE} --warm-start old",
        ("--warm-start old", "model.memory.kind", "--base"),
        {"s.toml": RATE},
    ),
    Case(
        "a warm start outside of the space",
        f"{TUNE} --warm-start r.json",
        ("r.json", "train.lr = 0.5"),
        {"s.toml": RATE, "r.json": json.dumps({"train": {"lr": 0.5}})},
    ),
    Case(
        "a warm start wider than the base",
        f"{TUNE} --base conv-residue --narrower 2 --warm-start r.json",
        ("r.json", "model.encoder.dim"),
        {"s.toml": RATE, "r.json": CONV_RESIDUE.model_dump_json()},
    ),
    Case(
        "a warm start from a folder without a study",
        f"{TUNE} --warm-start d",
        ("d holds no study",),
        {"s.toml": RATE, "d/x.txt": ""},
    ),
    Case(
        "a warm start from a study without rows",
        f"{STUDY} --trials 3 --warm-start reports/s",
        ("reports/s", "no complete trial"),
        changed(without_rows),
    ),
    Case(
        "a warm start with more configurations than trials",
        f"{STUDY[:-1]}t --trials 2 --warm-start reports/s",
        ("3 configurations", "--trials 2"),
        study,
    ),
    Case(
        "fewer trials than a search has",
        f"{STUDY} --trials 2 --budget-train-seconds 60",
        ("3 trials", "--trials 2", "--name"),
        study,
    ),
    Case(
        "a smaller budget than a search had",
        f"{STUDY} --trials 3 --budget-train-seconds 6",
        ("--budget-train-seconds: 60 → 6",),
        study,
    ),
    Case(
        "a budget where there was none",
        f"{STUDY} --trials 3 --budget-train-seconds 60 --budget-minutes 1",
        ("--budget-minutes: none → 1",),
        study,
    ),
    Case(
        "more trials by another sampler",
        f"{STUDY} --trials 8 --sampler random",
        ("search sampler tpe → random", "number of trials", "--name"),
        study,
        never=("--add-seeds",),
    ),
    Case(
        "more trials of another space",
        f"{STUDY} --trials 8".replace("s.toml", "t.toml"),
        ("search about rate (Widths divided by 8.) → other", "number of trials"),
        changed(lambda s: (s.parents[1] / "t.toml").write_text(RATE.replace("rate", "other"))),  # type: ignore[arg-type,return-value]
        never=("--add-seeds",),
    ),
    Case(
        "more seeds by another --seeds",
        f"{STUDY} --trials 3 --budget-train-seconds 60".replace("--seeds 2", "--seeds 5"),
        ("seeds: 0 to 1 → 0 to 4", "--add-seeds 3"),
        study,
    ),
    Case(
        "fewer seeds",
        f"{STUDY} --trials 3 --budget-train-seconds 60".replace("--seeds 2", "--seeds 1"),
        ("seeds: 0 to 1 → 0", "--name"),
        study,
        never=("--add-seeds",),
    ),
    Case(
        "more trials and more seeds at once",
        f"{STUDY} --trials 8 --add-seeds 2",
        ("by trials or by seeds", "--add-seeds"),
        study,
    ),
    Case(
        "more seeds for nothing",
        f"{STUDY} --trials 3 --add-seeds 2".replace("--name s", "--name t"),
        ("--add-seeds", "reports/t has none"),
        study,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_search_that_cannot_be_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
