"""A configuration that was tried before, with the same seeds, is not trained again."""

import io
from collections import Counter
from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from rich.console import Console
from toy_search import BASE, EPOCHS, drive, make, opened, row, sweep

from rpbind.analysis.record import cost
from rpbind.analysis.search import summarise_search, was_reused
from rpbind.analysis.summary import summarise
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan, Row
from rpbind.presets import OLD
from rpbind.recipe import Recipe
from rpbind.report.words import won
from rpbind.study.announce import _searched, price_of
from rpbind.study.progress import StudyProgress
from rpbind.study.repeats import Write
from rpbind.study.search import How, Sweep
from rpbind.study.searcher import Search
from rpbind.study.space import Space
from rpbind.study.status import status
from rpbind.study.warm import warm_start
from rpbind.study.watch import Watch
from rpbind.study.winners import with_winners

optuna.logging.set_verbosity(optuna.logging.ERROR)

FILM = {"path": "model.film", "kind": "choice", "values": [False, True]}
BATCH = {"path": "train.batch_size", "kind": "choice", "values": [32, 64]}
SHIFT = {"path": "train.shift", "kind": "int", "low": 0, "high": 8}
FOUR = Space.model_validate({"about": "Four points.", "dimension": [FILM, BATCH]})
MANY = Space.model_validate({"about": "36 points.", "dimension": [FILM, BATCH, SHIFT]})
SAMPLERS = ["tpe", "random", "nsga2", "qmc"]


def score(recipe: Recipe) -> float:
    """Another for every configuration."""
    return (
        0.5
        + 0.1 * recipe.model.film
        + 0.001 * recipe.train.batch_size
        + 0.0001 * recipe.train.shift
    )


def asked(trials: int, space: Space = FOUR, **how: object) -> Sweep:
    return sweep(trials, how=How(**how), space=space)  # type: ignore[arg-type]


def rows(folder: Path) -> list[Row]:
    return Ledger(folder).rows("search")


def trained(folder: Path) -> list[Row]:
    return [row for row in rows(folder) if not was_reused(row)]


def plan(of: Sweep) -> Plan:
    return Plan(
        study="x", question="", prediction="", rule="", design="search", arms=(), contrasts=(),
        seeds=(0,), dataset="", split="", search=of.words(), created="",
    )  # fmt: skip


@pytest.mark.parametrize("scheduler", ["none", "asha"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_configuration_is_trained_twice_and_a_repeat_has_the_rows_of_the_first(
    sampler: str, scheduler: str, tmp_path: Path
) -> None:
    of = asked(20, MANY, sampler=sampler, scheduler=scheduler)
    (search,) = opened(of, tmp_path)
    drive(search, tmp_path, score)
    assert len(rows(tmp_path)) == 20
    made = Counter(row.recipe_id for row in trained(tmp_path))
    assert max(made.values()) == 1
    assert len(made) < 20  # by the birthdays of 20 among 36
    by_name = {row.arm: row for row in rows(tmp_path)}
    for row_ in rows(tmp_path):
        if was_reused(row_):
            first = by_name[row_.provenance["reused"]]
            assert not was_reused(first)
            assert first.arm < row_.arm
            same = ("recipe", "seed", "state", "metrics", "cost", "curve")
            assert [getattr(row_, key) for key in same] == [getattr(first, key) for key in same]
    told = {t.user_attrs["arm"]: t for t in search.study.get_trials(deepcopy=False)}
    assert {t.state.name for t in told.values()} <= {"COMPLETE", "PRUNED"}
    for name, found in by_name.items():
        if found.state == "done":
            assert told[name].value == pytest.approx(found.metrics["validation.auroc_macro"])


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_search_ends_when_all_configurations_are_tried(
    sampler: str, repeats: str, tmp_path: Path
) -> None:
    (search,) = opened(asked(200, sampler=sampler, repeats=repeats), tmp_path)
    drive(search, tmp_path, score)
    assert len(trained(tmp_path)) == 4
    assert len(rows(tmp_path)) < 50
    assert search.finished
    (search,) = opened(asked(200, sampler=sampler, repeats=repeats), tmp_path)
    assert search.finished
    assert search.ask() is None


@pytest.mark.parametrize("scheduler", ["none", "asha"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_where_repeats_are_drawn_again_as_many_configurations_are_tried_as_were_asked_for(
    sampler: str, scheduler: str, tmp_path: Path
) -> None:
    of = asked(20, MANY, sampler=sampler, scheduler=scheduler, repeats="redraw")
    (search,) = opened(of, tmp_path)
    drive(search, tmp_path, score)
    assert len({row.recipe_id for row in rows(tmp_path)}) == len(trained(tmp_path)) == 20
    assert len(rows(tmp_path)) > 20
    assert search.made == 20


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
def test_two_points_of_one_recipe_are_one_configuration(repeats: str, tmp_path: Path) -> None:
    """A space of three points and two recipes: the search ends all the same."""
    eight = {"kind": "segment", "segments": 8}
    memory = {"path": "model.memory", "kind": "choice", "values": ["segment", eight]}
    segments = {
        "path": "model.memory.segments", "kind": "int", "low": 8, "high": 9,
        "when": {"path": "model.memory", "values": ["segment"]},
    }  # fmt: skip
    space = Space.model_validate({"about": "Two names.", "dimension": [memory, segments]})
    (search,) = opened(asked(30, space, sampler="random", repeats=repeats), tmp_path)
    drive(search, tmp_path, score)
    assert search.finished
    assert len(trained(tmp_path)) == 2


def test_with_other_seeds_an_equal_configuration_is_trained(tmp_path: Path) -> None:
    """Shared configurations differ in seed, so that pairs of runs are independent."""
    shared = Sweep({"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}, FOUR, 8,
                   shared=True)  # fmt: skip
    for search in opened(shared, tmp_path):
        drive(search, tmp_path, lambda recipe: 0.5)
    assert len(trained(tmp_path)) == len(rows(tmp_path)) == 16


def test_a_repeat_of_a_trial_that_is_under_way_waits_for_its_rows(tmp_path: Path) -> None:
    (search,) = opened(asked(12, sampler="random"), tmp_path, width=4)
    tasks = [task for _ in range(4) if (task := search.ask()) is not None]
    assert len({task.recipe.id for task in tasks}) == len(tasks)
    waiting = [each for each in search.open.values() if each.repeats is not None]
    assert waiting
    assert not rows(tmp_path)
    for task in reversed(tasks):
        make(search, task, tmp_path, score)
        search.tell(task.arm)
    drive(search, tmp_path, score)
    for each in waiting:
        (mine,) = [row for row in rows(tmp_path) if row.arm == each.task.arm]
        assert mine.metrics["validation.auroc_macro"] == pytest.approx(score(each.task.recipe))


def test_the_first_of_two_equal_trials_may_be_lost_and_the_second_waits_on(tmp_path: Path) -> None:
    (search,) = opened(asked(12, sampler="random"), tmp_path, width=4)
    tasks = [task for _ in range(4) if (task := search.ask()) is not None]
    waiting = {each.repeats for each in search.open.values() if each.repeats is not None}
    lost = next(task for task in tasks if task.arm in waiting)
    search.lose(lost.arm)
    for task in tasks:
        if task.arm != lost.arm:
            make(search, task, tmp_path, score)
            search.tell(task.arm)
    again = search.ask()
    assert again is not None
    assert (again.arm, again.recipe) == (lost.arm, lost.recipe)
    make(search, again, tmp_path, score)
    search.tell(again.arm)
    drive(search, tmp_path, score)
    assert max(Counter(row.recipe_id for row in trained(tmp_path)).values()) == 1
    assert {row.state for row in rows(tmp_path)} == {"done"}


def test_the_repeat_of_a_failed_trial_has_failed_with_it(tmp_path: Path) -> None:
    (search,) = opened(asked(12, sampler="random"), tmp_path)
    while not search.finished or search.live:
        while (task := search.ask()) is not None:
            if task.recipe.model.film:
                kept = row(task, 1000, 0.0, "diverged")
                search.keep(kept)
                Ledger(tmp_path).append(kept)
            else:
                make(search, task, tmp_path, score)
            search.tell(task.arm)
    for each in rows(tmp_path):
        film = Recipe.model_validate(each.recipe).model.film
        assert each.state == ("diverged" if film else "done")
    states = Counter(t.state.name for t in search.study.get_trials(deepcopy=False))
    assert states["FAIL"] == sum(row.state == "diverged" for row in rows(tmp_path)) > 0


def test_the_repeat_of_a_trial_that_left_no_row_says_so(tmp_path: Path) -> None:
    (search,) = opened(asked(30, sampler="random"), tmp_path, width=1)
    first = search.ask()
    assert first is not None
    search.tell(first.arm)  # its process is gone: the callback of the study writes its row
    drive(search, tmp_path, score)
    repeats = [row for row in rows(tmp_path) if row.provenance.get("reused") == first.arm]
    assert repeats
    assert {row.state for row in repeats} == {"failed"}
    assert all(first.arm in row.error for row in repeats)


def drawn(search: Search) -> dict[str, tuple[dict[str, object], object]]:
    trials = search.study.get_trials(deepcopy=False)
    lasting = [t for t in trials if "interrupted" not in t.user_attrs]
    return {t.user_attrs["arm"]: (t.params, t.user_attrs.get("repeats")) for t in lasting}


@pytest.mark.parametrize("killed", [True, False])
@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_with_repeats_that_is_cut_off_makes_the_trials_of_one_that_is_not(
    sampler: str, repeats: str, killed: bool, tmp_path: Path
) -> None:
    of = asked(16, MANY, sampler=sampler, repeats=repeats)
    (search,) = opened(of, tmp_path / "whole")
    drive(search, tmp_path / "whole", score)
    whole = drawn(search)
    assert any(first is not None for _, first in whole.values())
    folder = tmp_path / "cut"
    for batches in (1, 2, 3):
        (search,) = opened(of, folder)
        for _ in range(batches):
            for task in [task for _ in range(2) if (task := search.ask()) is not None]:
                make(search, task, folder, score)
                search.tell(task.arm)
        (search.ask(), search.ask())  # they have begun, and are cut off
        if not killed:
            search.stop()
    (search,) = opened(of, folder)
    drive(search, folder, score)
    assert drawn(search) == whole
    names = {row.arm: was_reused(row) for row in rows(tmp_path / "whole")}
    assert {row.arm: was_reused(row) for row in rows(folder)} == names
    assert len(rows(folder)) == len(names)


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_a_lost_storage_knows_again_what_was_a_repeat(scheduler: str, tmp_path: Path) -> None:
    of = asked(16, MANY, sampler="random", scheduler=scheduler, repeats="redraw")
    (search,) = opened(of, tmp_path)
    drive(search, tmp_path, score)
    before = drawn(search)
    (tmp_path / "optuna.journal").unlink()
    (search,) = opened(of, tmp_path)
    assert drawn(search) == before
    assert search.made == 16
    assert search.ask() is None


def test_report_terminal_and_status_count_trials_and_configurations_as_what_they_are(
    tmp_path: Path,
) -> None:
    of = asked(14, MANY, sampler="random")
    (search,) = opened(of, tmp_path)
    drive(search, tmp_path, score)
    different = len(trained(tmp_path))
    assert different < 14
    found = summarise_search(rows(tmp_path))
    assert (len(found.trials), len(found.distinct)) == (14, different)
    assert found.counts == {"done": different, "repeated": 14 - different}
    summary = summarise(plan(of), [], rows(tmp_path))
    assert summary.tuned is not None
    assert f"14 trials of {different} configurations" in won(summary.tuned.winners[0])[0]
    (best_of,) = summary.tuned.expected.values()
    assert len(best_of) == different
    assert cost(rows(tmp_path)).training == pytest.approx(2.0 * different)
    Ledger(tmp_path).begin(plan(of))
    assert status(Ledger(tmp_path)).trials == found.counts
    (arm,) = with_winners(plan(of), of, rows(tmp_path)).arms
    assert f"best of {different} whole trials" in arm.change
    assert len(warm_start([str(tmp_path)], MANY, BASE)) == 5


def test_importance_is_rated_over_configurations_and_not_over_repeats(tmp_path: Path) -> None:
    """Four configurations are too few to rate, however many trials they were drawn in."""
    space = Space.model_validate({"about": "", "dimension": [FILM, SHIFT | {"high": 1}]})
    names = [(f"trial-{n:04d}", bool(n % 2), n // 2 % 2) for n in range(20)]
    made = []
    for name, film, shift in names:
        recipe = BASE.with_({"model.film": film, "train.shift": shift})
        made.append(
            Row(
                arm=name, seed=1000, state="done", stage="search", recipe_id=recipe.id,
                recipe=recipe.model_dump(mode="json"), ended="2026-11-25T09:00:00+00:00",
                metrics={"validation.auroc_macro": score(recipe)},
            )
        )  # fmt: skip
    of = asked(20, space)
    summary = summarise(plan(of), [], made)
    assert summary.search is not None
    assert len(summary.search.distinct) == 4
    assert summary.importances == ()


def test_tuned_arms_that_have_tried_all_configurations_were_tuned_alike(tmp_path: Path) -> None:
    arms = {"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}
    of = Sweep(arms, FOUR, 60)
    for search in opened(of, tmp_path):
        drive(search, tmp_path, score)
    named = with_winners(plan(of), of, rows(tmp_path))
    assert [arm.name for arm in named.arms] == ["old.s0", "fixed.s0"]
    missed = trained(tmp_path)[0].recipe_id
    short = [row for row in rows(tmp_path) if row.recipe_id != missed]
    with pytest.raises(UserError, match="Every search was to make 60 trials"):
        with_winners(plan(of), of, short)


def test_a_finite_space_says_how_many_configurations_it_has() -> None:
    assert asked(10, MANY).words()["configurations"] == 36
    assert asked(10, MANY).most == 10
    assert asked(100, MANY).most == 36
    assert "configurations" not in sweep(10).words()


def test_an_unknown_way_with_repeats_is_refused() -> None:
    with pytest.raises(UserError, match=r"--repeats is one of reuse, redraw.*'redraw'"):
        How(repeats="re-draw")


def test_the_page_says_how_many_configurations_there_are_before_anything_is_spent() -> None:
    few, many = asked(10, FOUR).words(), asked(10, MANY, repeats="redraw").words()
    assert "the space has 4 configurations" in " ".join(_searched(few, 1))
    assert "36 configurations" in " ".join(_searched(many, 1))
    assert "configurations" not in " ".join(_searched(sweep(10).words(), 1))
    assert price_of(plan(asked(10, FOUR)), asked(10, FOUR)).trials == 4


def test_the_live_view_says_which_trial_a_repeat_repeats(tmp_path: Path) -> None:
    (search,) = opened(asked(12, sampler="random"), tmp_path)
    drive(search, tmp_path, score)
    heard = io.StringIO()
    watch = Watch(StudyProgress(12), Console(file=heard, width=160))
    for each in rows(tmp_path):
        watch.row(each)
    repeats = [row for row in rows(tmp_path) if was_reused(row)]
    for each in repeats:
        assert f"{each.arm} seed 1000: repeated" in heard.getvalue()
        assert each.provenance["reused"] in heard.getvalue()
    assert watch.progress.states["repeated"] == len(repeats) > 0


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize(("space", "trials"), [(FOUR, 10), (FOUR, 40), (MANY, 20), (MANY, 60)])
def test_the_rows_that_were_to_come_are_those_that_came(
    space: Space, trials: int, repeats: str, tmp_path: Path
) -> None:
    """The live view's total is right at the end, also where the search goes on in a new process."""
    of = asked(trials, space, sampler="random", repeats=repeats)
    for stop in (4, None):
        (search,) = opened(of, tmp_path, width=1)
        total, append = search.ended + search.left, search.write

        def write(row: Row, search: Search = search, append: Write = append) -> None:
            nonlocal total
            total += search.open[row.arm].beyond
            append(row)

        search.write = write
        drive(search, tmp_path, score, stop)
    assert len(rows(tmp_path)) == total


class Killed(BaseException):
    """The process is gone here."""


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
def test_a_process_that_dies_at_any_write_leaves_no_repeat_twice_and_no_configuration_out(
    repeats: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = asked(8, MANY, sampler="random", repeats=repeats)
    (search,) = opened(of, tmp_path / "whole", width=1)
    drive(search, tmp_path / "whole", score)
    whole = drawn(search)
    assert any(first is not None for _, first in whole.values())
    append, left = JournalFileBackend.append_logs, [0]

    def write(self: JournalFileBackend, logs: list[dict[str, object]]) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", write)
    for number in range(3, 300, 9):
        folder, left[0] = tmp_path / str(number), number
        try:
            (search,) = opened(of, folder, width=1)
            drive(search, folder, score)
        except Killed:
            left[0] = 0
        else:
            break
        (search,) = opened(of, folder, width=1)
        drive(search, folder, score)
        assert drawn(search) == whole
        assert sorted(row.arm for row in rows(folder)) == sorted(whole)
    assert number > 30
