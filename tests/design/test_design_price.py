from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.design.checks import scored_clusters
from rpbind.design.design import path
from rpbind.design.plan import Question, make_plan
from rpbind.design.price import Price, Timing, check_size, span
from rpbind.design.source import DataSource
from rpbind.design.timing import timed_here, timed_rows
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Row
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import OLD
from rpbind.statistics.power import mde
from rpbind.train.opened import OpenData


def test_with_one_seed_no_verdict_except_inert_is_possible() -> None:
    assert "with 1 seed, no verdict except inert" in Price(2, 1, 1).reach(0.01, 40)


def test_three_seeds_and_twelve_contrasts_detect_only_differences_of_eleven_deviations() -> None:
    text = Price(13, 3, 12).reach(0.01, 40)
    assert "(screening)" in text
    assert "5 or more are needed" in text
    assert "at least 11.3 standard deviations" in text


def test_five_seeds_have_the_last_step_of_holms_correction_and_equivalence_too() -> None:
    text = Price(13, 5, 12).reach(0.01, 40)
    assert f"{mde(5, 0.05):.2f} in the last step of Holm's correction" in text
    assert "no meaningful effect" in text


def test_ten_seeds_are_enough_for_claims_and_equivalence_needs_a_small_deviation() -> None:
    text = Price(2, 10, 1).reach(0.01, 40)
    assert "(enough for claims)" in text
    # t(9, .95) = 1.833: .01 * sqrt(10) / 1.833
    assert "at least 1.00 standard deviations" in text
    assert "must be below 0.0173" in text


def test_a_design_without_a_contrast_reaches_no_verdict() -> None:
    assert "no contrast" in Price(1, 5, 0, trials=9).reach(0.01, 40)


def test_one_protein_cluster_allows_no_verdict_and_few_clusters_are_mentioned() -> None:
    assert "with 1 protein cluster, no verdict except inert" in Price(2, 5, 1).reach(0.01, 1)
    assert "12 protein clusters (below 20)" in Price(2, 5, 1).reach(0.01, 12)
    assert "below 20" not in Price(2, 5, 1).reach(0.01, 20)


def test_a_further_analysis_is_priced_at_its_own_level() -> None:
    first, again = Price(2, 10, 1).reach(0.01, 40), Price(2, 10, 1).reach(0.01, 40, 0.01)
    assert "at least 1.00 standard" in first
    assert "at least 1.33 standard" in again
    assert "level is 0.01 instead of 0.05" in again


def test_clusters_count_where_a_protein_of_theirs_has_windows_of_both_classes(tiny: Path) -> None:
    dataset = Dataset.open(tiny)
    split = load_split(dataset, SplitSpec())
    found: dict[int, set[tuple[int, bool]]] = {}
    for n in split.indices("test").tolist():
        protein = int(dataset.protein_N[n])
        cluster = dataset.proteins[protein].cluster
        found.setdefault(cluster, set()).add((protein, bool(dataset.label_N[n])))
    both = [
        c
        for c, classes in found.items()
        if any({(p, True), (p, False)} <= classes for p, _ in classes)
    ]
    assert scored_clusters(dataset, split, "test") == len(both) > 0
    one_class = replace(dataset, label_N=np.ones_like(dataset.label_N))
    assert scored_clusters(one_class, split, "test") == 0


def test_finished_runs_are_not_part_of_the_time() -> None:
    text = Price(arms=2, seeds=5, contrasts=1).time(Timing(60.0, "as measured"), 2, done=4)
    assert text == "about 3.0 min: 6 x 60 s, 2 at once, 4 of 10 runs are done; as measured"


def test_time_is_that_of_runs_and_trials_over_the_number_at_once() -> None:
    price = Price(arms=12, seeds=5, contrasts=13, trials=40)
    text = price.time(Timing(36.0, "as measured"), at_once=2)
    assert text == "about 30.0 min: 100 x 36 s, 2 at once; as measured"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.123, "0.12 s"), (42.4, "42 s"), (100, "1.7 min"), (9000, "2.5 h")]
)
def test_a_time_is_shown_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_more_than_ten_thousand_runs_must_be_allowed() -> None:
    big = Price(arms=1001, seeds=10, contrasts=1000)
    with pytest.raises(UserError, match=r"takes 10,010 runs .* --yes"):
        check_size(big, yes=False)
    check_size(big, yes=True)
    check_size(Price(arms=1000, seeds=10, contrasts=999), yes=False)


def test_a_run_is_timed_by_a_few_batches_and_by_its_own_study_once_that_ran(
    tiny: Path, tmp_path: Path
) -> None:
    old = narrowed(OLD, 16).with_({"train.epochs": 3, "train.batch_size": 16})
    design = path(("old", old), ("end", old.with_({"train.lr": 0.1})), {"lr": ("train.lr",)})
    source = DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25)))
    plan = make_plan("toy", Question("?", "!", "."), design, (0,), source)
    here = timed_here([old, old.with_({"train.lr": 0.1})], source, 1)
    assert here.seconds > 0
    assert "of each of 1 models" in here.basis
    conv = old.with_({"model.encoder": "conv"})
    assert "of 1 of 2 models" in timed_here([old, conv], source, 1, budget=0.0).basis
    assert timed_rows(tmp_path) is None
    ledger = Ledger(tmp_path)
    ledger.begin(plan)
    for each, seconds in zip(plan.arms, (4.0, 6.0), strict=True):
        row = Row(arm=each.name, seed=0, state="done", recipe=each.recipe, ended="2026",
                  recipe_id=each.recipe_id, cost={"seconds": seconds})  # fmt: skip
        ledger.append(row)
    assert timed_rows(tmp_path) == Timing(5.0, "the mean of this study's 2 finished runs")
