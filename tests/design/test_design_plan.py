import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.design.checks import check_can_be_scored
from rpbind.design.controls import as_arms, planned_controls
from rpbind.design.design import Design, arm, path
from rpbind.design.plan import Question, fingerprint, make_plan, missing
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan, Row, State
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import Recipe
from rpbind.recipe.presets import FIXED, OLD
from rpbind.run.resources import Resources
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.winners import with_winners
from rpbind.spaces.choices import ChoiceDimension
from rpbind.spaces.numbers import FloatDimension
from rpbind.spaces.space import Space
from rpbind.splitting.balance import imbalance
from rpbind.study.launch import launch, tasks_of
from rpbind.study.resume import not_done, resumed
from rpbind.train.inputs import Inputs
from rpbind.train.opened import OpenData

QUESTION = Question("Does the residual help?", "Yes.", "The interval.")
END = OLD.with_({"model.residual": True})
DESIGN = path(("old", OLD), ("end", END), {"residual": ("model.residual",)})
SPACE = Space(
    about="A toy.", dimension=(FloatDimension(path="train.lr", kind="float", low=0.1, high=1),)
)
SWEEP = Sweep.of(FIXED, SPACE, trials=3)
Make = Callable[..., Plan]


@pytest.fixture
def source(tiny: Path) -> DataSource:
    return DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25)))


@pytest.fixture
def make(source: DataSource) -> Make:
    def planned(**changes: Any) -> Plan:
        fields = {"design": DESIGN, "seeds": (0, 1), "source": source, "sweep": None} | changes
        sweep = fields.pop("sweep")
        return make_plan("toy", QUESTION, *fields.values(), sweep=sweep)

    return planned


def row(plan: Plan, name: str, seed: int, state: State = "done", **changes: Any) -> Row:
    recipe, recipe_id = next((a.recipe, a.recipe_id) for a in plan.arms if a.name == name)
    fields = {"arm": name, "seed": seed, "state": state, "recipe": recipe, "recipe_id": recipe_id}
    return Row(**(fields | {"ended": "2026-01-02"} | changes))


def trial(number: int, score: float, lr: float, state: State = "done") -> Row:
    recipe = FIXED.with_({"train.lr": lr})
    return Row(
        arm=f"trial-{number:04d}",
        seed=0,
        state=state,
        stage="search",
        recipe=recipe.model_dump(mode="json"),
        recipe_id=recipe.id,
        metrics={"validation.auroc_macro": score, "test.auroc_macro": 1 - score},
        ended="2026-01-02",
    )


def test_a_plan_records_question_data_and_split(make: Make) -> None:
    plan = make()
    assert (plan.question, plan.arms, plan.contrasts) == (
        QUESTION.question,
        DESIGN.arms,
        DESIGN.contrasts,
    )
    assert plan.planned == [("old", 0), ("old", 1), ("end", 0), ("end", 1)]
    assert plan.split.startswith("cold-rna_50-25-25_seed0_neg-no-motif ")
    assert plan.proteins_note.startswith("physchem ")
    assert plan.study == f"toy-world-{plan.fingerprint}"


def test_the_same_study_has_the_same_fingerprint(make: Make) -> None:
    assert make().fingerprint == make().fingerprint


def test_everything_that_rows_depend_on_changes_the_fingerprint(
    make: Make, source: DataSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OLD.with_({"model.residual": True, "train.lr": 0.5})
    relabelled = path(("old", OLD), ("fin", END), {"residual": ("model.residual",)})
    moved = path(("old", OLD), ("end", other), {"all": ("model.residual", "train.lr")})
    marks = [
        make().fingerprint,
        make(seeds=(0, 2)).fingerprint,
        make(design=moved).fingerprint,
        make(design=relabelled).fingerprint,
        make(sweep=SWEEP).fingerprint,
        make(
            source=DataSource(OpenData(source.data), SplitSpec("cold-rna", (50, 25, 25), 1))
        ).fingerprint,
    ]
    monkeypatch.setattr("rpbind.design.plan.code_id", lambda: "other code")
    assert len({*marks, make().fingerprint}) == len(marks) + 1


def test_the_fingerprint_covers_the_space_of_a_search_and_not_its_size(
    make: Make,
) -> None:
    more = make(sweep=Sweep.of(FIXED, SPACE, 9, SearchConfig(minutes=5)))
    assert more.fingerprint == make(sweep=SWEEP).fingerprint
    other = make(sweep=Sweep.of(FIXED, SPACE, 3, SearchConfig(sampler="random")))
    assert other.fingerprint != more.fingerprint


def test_other_data_and_other_protein_vectors_change_the_fingerprint(
    make: Make, source: DataSource, tmp_path: Path
) -> None:
    dataset = simulate(tmp_path / "world", World(proteins=4, sites=12, length=31, seed=1))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(dataset.root, make_encoder("physchem"), sequences)
    other = make(source=DataSource(OpenData(dataset.root), source.split))
    again = make()
    assert other.dataset != again.dataset
    assert other.fingerprint != again.fingerprint


def test_a_plan_refuses_data_that_changed_since_it_was_made(
    make: Make, source: DataSource, tmp_path: Path
) -> None:
    changed = tmp_path / "world"
    shutil.copytree(source.data, changed)
    labels = changed / "arrays" / "label.npy"
    *rest, last = labels.read_bytes()
    labels.write_bytes(bytes([*rest, 1 - last]))
    with pytest.raises(UserError, match=r"has changed since it was made.*label\.npy"):
        make(source=DataSource(OpenData(changed), source.split))


def test_a_plan_refuses_protein_vectors_that_changed_since_they_were_made(
    make: Make, source: DataSource, tmp_path: Path
) -> None:
    shutil.copytree(source.data, tmp_path / "world")
    (vectors,) = (tmp_path / "world" / "embeddings" / "physchem").glob("residues-*.npy")
    *rest, last = vectors.read_bytes()
    vectors.write_bytes(bytes([*rest, last ^ 1]))
    with pytest.raises(
        UserError, match=r"Embedding store .*physchem has changed since it was made"
    ):
        make(source=DataSource(OpenData(tmp_path / "world"), source.split))


def test_a_split_on_which_no_protein_has_both_classes_is_refused(
    source: DataSource, tmp_path: Path
) -> None:
    dataset = Dataset.open(source.data)
    split = load_split(dataset, source.split)
    bound = (dataset.protein_N % 2).astype("uint8")
    apart = dataclasses.replace(dataset, label_N=bound)
    with pytest.raises(UserError, match=r"one class only.*no other split helps"):
        check_can_be_scored(apart, split)
    check_can_be_scored(dataset, split)


def test_the_control_arm_is_planned_again_with_random_and_with_constant_vectors(
    source: DataSource, tmp_path: Path
) -> None:
    shutil.copytree(source.data, tmp_path / "world")
    mine = DataSource(OpenData(tmp_path / "world"), source.split)
    bare = make_plan("toy", QUESTION, DESIGN, (0, 1), mine)
    plan = make_plan("toy", QUESTION, DESIGN, (0, 1), mine, control="end")
    names = [(control.name, control.of) for control in plan.controls]
    assert names == [("end+random-vector", "end"), ("end+one-protein", "end")]
    for control, store in zip(plan.controls, ("random", "constant"), strict=True):
        assert END.diff(Recipe.model_validate(control.recipe)) == {"proteins": ("physchem", store)}
    assert plan.fingerprint != bare.fingerprint
    assert plan.planned == bare.planned
    tasks = tasks_of(as_arms(plan), Ledger(tmp_path), mine, together=True, stage="control")
    assert [(task.arm, task.stage) for task in tasks] == [(n, "control") for n, _ in names]
    assert not_done(plan, Ledger(tmp_path))[-4:] == [
        f"{name} seed {seed}: not begun" for name, _ in names for seed in (0, 1)
    ]


def test_an_arm_with_random_vectors_needs_no_random_control_and_an_unknown_arm_is_refused(
    source: DataSource, tmp_path: Path
) -> None:
    shutil.copytree(source.data, tmp_path / "world")
    opened = OpenData(tmp_path / "world")
    random = Design("toy", (arm("random", OLD.with_({"proteins": "random"}), ""),), ())
    assert [c.name for c in planned_controls(random, "random", opened)] == ["random+one-protein"]
    with pytest.raises(UserError, match="Did you mean 'random'"):
        planned_controls(random, "randon", opened)


def test_a_study_without_seeds_is_refused(make: Make) -> None:
    with pytest.raises(UserError, match="at least one seed"):
        make(seeds=())


def test_done_and_diverged_runs_are_not_missing_and_others_get_another_attempt(
    make: Make, tmp_path: Path
) -> None:
    plan, ledger = make(seeds=(0, 1, 2)), Ledger(tmp_path)
    for seed, state in enumerate(("done", "diverged", "failed")):
        ledger.append(row(plan, "old", seed, state))
    ledger.append(row(plan, "end", 0, "failed"))
    ledger.append(row(plan, "end", 0, "stopped", attempt=1))
    ledger.append(row(plan, "end", 1, "failed"))
    ledger.append(row(plan, "end", 1, "done", attempt=1))
    assert missing(plan, ledger) == {("old", 2): 1, ("end", 0): 2, ("end", 2): 0}
    assert not_done(plan, ledger) == [
        "old seed 1: diverged",
        "old seed 2: failed",
        "end seed 0: stopped",
        "end seed 2: not begun",
    ]


@pytest.mark.parametrize(
    ("together", "packs"),
    [
        (False, [("old", ((1, 1),)), ("end", ((0, 0),)), ("end", ((1, 0),))]),
        (True, [("old", ((1, 1),)), ("end", ((0, 0), (1, 0)))]),
    ],
)
def test_a_worker_group_takes_all_seeds_of_an_arm_and_a_trial_takes_one(
    together: bool, packs: list[Any], make: Make, source: DataSource, tmp_path: Path
) -> None:
    plan, ledger = make(), Ledger(tmp_path)
    ledger.append(row(plan, "old", 0))
    ledger.append(row(plan, "old", 1, "failed"))
    tasks = tasks_of(plan, ledger, source, together=together)
    assert [(task.arm, task.seeds) for task in tasks] == packs
    assert [task.recipe for task in tasks] == [OLD] + [END] * (len(packs) - 1)
    assert {task.stage for task in tasks} == {"ablation"}


def test_a_folder_with_another_study_is_refused(
    make: Make, source: DataSource, tmp_path: Path
) -> None:
    Ledger(tmp_path).begin(make())
    with pytest.raises(UserError, match=r"has another study .* --name"):
        launch(make(seeds=(7,)), source, Resources(), tmp_path)
    assert Ledger(tmp_path).plan.seeds == (0, 1)


def test_the_best_trial_on_validation_becomes_an_arm_without_a_contrast(make: Make) -> None:
    plan = make(sweep=SWEEP)
    trials = [trial(0, 0.6, 0.1), trial(1, 0.8, 0.2), trial(2, 0.9, 0.3, "diverged")]
    tuned = with_winners(plan, SWEEP, trials)
    best = FIXED.with_({"train.lr": 0.2})
    assert tuned.arms[:-1] == plan.arms
    assert (tuned.arms[-1].name, tuned.arms[-1].recipe_id) == ("tuned", best.id)
    assert tuned.contrasts == plan.contrasts
    assert tuned.fingerprint == plan.fingerprint
    assert tuned.search is not None
    won = {"arm": "tuned", "trial": "trial-0001"}
    assert tuned.search["winners"]["search"] == {**won, "value": 0.8}


def test_a_search_over_protein_encoders_may_have_a_winner_with_another_encoder(
    source: DataSource, tmp_path: Path
) -> None:
    shutil.copytree(source.data, tmp_path / "world")
    mine = DataSource(OpenData(tmp_path / "world"), source.split)
    which = ChoiceDimension(path="proteins", kind="choice", values=["physchem", "triad"])
    sweep = Sweep.of(FIXED, Space(about="Encoders.", dimension=(which,)), trials=2)
    with pytest.raises(
        UserError, match=r"No embedding store .*triad; run: rpbind embed .* --encoder triad"
    ):
        make_plan("toy", QUESTION, DESIGN, (0,), mine, sweep=sweep)
    sequences = [protein.sequence for protein in Dataset.open(mine.data).proteins]
    build_store(mine.data, make_encoder("triad"), sequences)
    won = trial(0, 0.8, 0.1)
    recipe = FIXED.with_({"proteins": "triad"})
    won = won.model_copy(update={"recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id})
    plan = with_winners(make_plan("toy", QUESTION, DESIGN, (0,), mine, sweep=sweep), sweep, [won])
    ledger = Ledger(tmp_path / "study")
    read = Inputs.open(mine.data, mine.split, "triad").provenance
    ledger.append(row(plan, "tuned", 0, provenance=read))
    assert ("tuned", 0) not in missing(plan, ledger)


def test_a_search_without_a_finished_trial_adds_no_arm(make: Make) -> None:
    plan = make(sweep=SWEEP)
    assert with_winners(plan, SWEEP, [trial(0, 0.6, 0.1, "failed")]).arms == plan.arms


def test_a_row_of_another_recipe_does_not_count_for_an_arm(make: Make, tmp_path: Path) -> None:
    plan = make()
    arm = plan.arms[0]
    other = OLD.with_({"train.lr": 0.123})
    row = Row(
        arm=arm.name,
        seed=plan.seeds[0],
        state="done",
        recipe=other.model_dump(mode="json"),
        recipe_id=other.id,
        ended="",
    )
    ledger = Ledger(tmp_path / "study")
    ledger.append(row)
    assert missing(plan, ledger)[arm.name, plan.seeds[0]] == 0


def test_a_plan_declares_its_confirmatory_claims_and_an_older_study_keeps_its_own(
    make: Make, tmp_path: Path
) -> None:
    plan, ledger = make(), Ledger(tmp_path)
    assert plan.confirmatory == ("beats the plain baseline",)
    before = plan.model_copy(update={"confirmatory": None})
    assert fingerprint(before) == fingerprint(plan)
    ledger.begin(before)
    assert resumed(plan, ledger, 0).confirmatory is None
    ledger.begin(plan)
    assert resumed(before, ledger, 0).confirmatory == plan.confirmatory


def test_a_plan_records_the_shares_of_its_split(make: Make, source: DataSource) -> None:
    dataset = Dataset.open(source.data)
    uneven = DataSource(OpenData(source.data), SplitSpec("cold-protein", (40, 30, 30)))
    for each in (source, uneven):
        note = imbalance(dataset, load_split(dataset, each.split))
        assert make(source=each).split_note == note
    assert "the largest protein cluster has" in note


def test_a_plan_knows_whether_its_command_takes_our_options(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for ours in (True, False):
        monkeypatch.setattr("rpbind.verbosity._in_command_line", ours)
        found[ours] = make()
    assert [plan.scripted for plan in found.values()] == [False, True]
    assert fingerprint(found[True]) == fingerprint(found[False])
