"""The first screen answers: how much each change moves AUROC, whether to believe it, what next."""

import re
from pathlib import Path
from typing import Any

import pytest
from synthetic_study import controls, done, plan, write
from twelve_studies import STUDIES

from rpbind.analysis.claims import CONFIRMATORY
from rpbind.analysis.summary import Summary, read
from rpbind.analysis.tuned import Winner
from rpbind.ledger import ContrastPlan, Ledger, PredictionPlan
from rpbind.ledger.plan_records import Expect
from rpbind.report.build import build_report
from rpbind.wording import answers, cards, collapses, commands, search_words
from rpbind.wording.next_step import next_step

COMMAND = "python experiments/ablate.py --data data/synthetic --seeds 5"


def seen(
    folder: Path, *, lost: bool = False, arms: int = 12, seeds: int = 5, **more: Any
) -> Summary:
    """A study with controls, read back."""
    study_plan = plan(arms, seeds, confirmatory=CONFIRMATORY, **more)
    write(folder, study_plan, lost=lost)
    controls(folder, study_plan)
    return read(Ledger(folder))


def first_screen(folder: Path) -> str:
    """The page's text from its title to the end of the cards, without tags."""
    page = build_report(folder).read_text()
    screen = page.partition("<header>")[2].partition('<details class="rule">')[0]
    return " ".join(re.sub(r"</?(b|q)>|<[^>]*>", lambda tag: "" if tag[1] else " ", screen).split())


def test_differences_are_ranked_by_meaning_then_size_with_the_ledgers_numbers(
    tmp_path: Path,
) -> None:
    summary = seen(tmp_path)
    shown = [each for each in answers.answer(summary) if each.tone in ("better", "worse")]
    by_name = {c.paired.contrast.arm: c.verdict for c in summary.contrasts}
    found = []
    for each in shown:
        name, does, size, low, high = re.match(
            r"(\S+) (raises|lowers) AUROC by ([\d.]+) \(([\d.]+) to ([\d.]+)\)", each.text
        ).groups()  # type: ignore[union-attr]
        verdict = by_name[name]
        assert does == ("raises" if verdict.mean > 0 else "lowers")  # type: ignore[operator]
        assert float(size) == pytest.approx(abs(verdict.mean), abs=5.1e-4)  # type: ignore[arg-type]
        ends = sorted(map(abs, verdict.possible_ci))  # type: ignore[arg-type]
        assert [float(low), float(high)] == pytest.approx(ends, abs=5.1e-4)
        found.append((verdict.size, -float(size)))
    assert len(found) == sum(v.word in ("better", "worse") for v in by_name.values())
    order = ("meaningful", "size uncertain", "detectable but negligible")
    assert found == sorted(found, key=lambda pair: (order.index(pair[0]), pair[1]))


def test_every_contrast_is_in_the_answer_once(tmp_path: Path) -> None:
    summary = seen(tmp_path)
    text = " ".join(each.text for each in answers.answer(summary))
    for name in (c.paired.contrast.arm for c in summary.contrasts):
        assert text.count(f" {name};") + text.count(f" {name} ") + text.startswith(name) >= 1


def test_a_study_of_one_recipe_answers_whether_it_beats_the_plain_baseline(tmp_path: Path) -> None:
    summary = seen(tmp_path, arms=1, seeds=3, contrasts=(), controls=(),
                   question="Does the best recipe beat a 5-mer regression?")  # fmt: skip
    claim = summary.controls.claims["old"][0].comparisons[0].verdict
    text = first_screen(tmp_path)
    assert f"old is worse than the plain baseline, 5mer-per-protein, by {-claim.mean:.3f}" in text  # type: ignore[operator]
    assert "3 seeds: a screening" in text


def test_no_arm_that_beats_the_plain_baseline_is_said(tmp_path: Path) -> None:
    seen(tmp_path, arms=1, contrasts=(), controls=())
    seen(tmp_path / "two", arms=3, contrasts=plan(3).contrasts[1:], controls=())
    assert "old is worse than the plain baseline" in first_screen(tmp_path)
    low = seen(tmp_path / "low", arms=4, contrasts=plan(4).contrasts[1:2], controls=())
    beaten = [c for each in low.controls.claims.values() for c in each
              if c.name in CONFIRMATORY and c.answer == "better"]  # fmt: skip
    said = "No arm is shown to beat the plain baseline" in first_screen(tmp_path / "low")
    assert said == (not beaten)


def test_each_prediction_is_told_with_what_was_expected_and_found(tmp_path: Path) -> None:
    long = "encoder=conv-with-a-long-name-because-people-write-long-names.kernel=9 vs old"
    expected: dict[str, Expect] = {
        "memory=expanded vs old": "inert",
        long: "worse",
        "encoder=token vs old": "worse",
    }
    predicted = tuple(PredictionPlan(contrast=k, expect=v) for k, v in expected.items())
    seen(tmp_path, predictions=predicted, prediction="Copies are inert.")
    text = first_screen(tmp_path)
    assert "Predicted: Copies are inert." in text
    assert "2 held: memory=expanded vs old (inert); encoder=token vs old (worse)." in text
    assert f"1 failed: {long} (expected worse, found better)." in text


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"smoke": True, "command": f"{COMMAND} --smoke"}, ""),
        ({"seeds": 2}, "--add-seeds 3"),
        ({"seeds": 3, "arms": 2}, "--add-seeds"),
        ({"arms": 8, "contrasts": plan(8).contrasts[-1:]}, "--split cold-protein"),
        ({"arms": 8, "contrasts": plan(8).contrasts[-1:], "command": f"{COMMAND} --name mine"},
         "--split cold-protein --name mine-cold-protein"),
    ],
    ids=["smoke run", "too few seeds", "screening", "all decided", "all decided, with a name"],
)  # fmt: skip
def test_the_next_command_follows_from_what_is_open(
    more: dict[str, Any], option: str, tmp_path: Path
) -> None:
    step = next_step(seen(tmp_path, **more))
    assert step.command.startswith(COMMAND)
    assert option in step.command
    assert "--smoke" not in step.command
    assert option == "" or re.match(r"\d+ runs, about \d+ (s|min)", step.cost)


def test_a_script_of_the_users_is_advised_a_call_and_no_option(tmp_path: Path) -> None:
    step = next_step(seen(tmp_path, seeds=2, scripted=True, command="python question.py"))
    assert step.command == ""
    assert "the same call, add_seeds=3" in step.why


def test_options_in_a_command_are_replaced_and_its_words_stay_quoted() -> None:
    command = "rpbind ablate --name 'a b' --smoke --add-seeds=2 --seeds 3"
    assert commands.again(f"{command} -q") == commands.again(f"{command} --quiet")
    assert commands.again(command) == "rpbind ablate --name 'a b' --smoke --seeds 3"
    assert commands.changed(command, {"--smoke": None, "--seeds": "7"}) == (
        "rpbind ablate --name 'a b' --add-seeds=2 --seeds 7"
    )
    assert commands.changed("", {"--seeds": "7"}) == ""


def test_a_winner_is_told_with_its_values_and_the_two_parts_of_its_optimism() -> None:
    won = Winner("search", "tuned", "trial-0008", 10, 10, {"done": 10}, 0.80, 0.77, 0.72, 3,
                 ci=(0.65, 0.79), values="train.lr = 0.001")  # fmt: skip
    best = search_words.best_configuration(won)
    assert "train.lr = 0.001" in best
    assert "test AUROC 0.720 (0.650 to 0.790) over 3 fresh seeds" in best
    text = search_words.optimism(won)
    for part in (
        "0.080 higher than on test",
        "+0.030 by selection",
        "+0.050 by the difference between",
    ):
        assert part in text


def test_belief_names_screening_missing_runs_and_data_that_were_not_audited(tmp_path: Path) -> None:
    points = {p.text: p.mark for p in cards.believe(seen(tmp_path, lost=True, seeds=3))}
    assert points["35 of 36 planned runs are done"] == "no"
    assert points["The data were not audited"] == "open"
    assert any(text.startswith("Screening") and mark == "no" for text, mark in points.items())


def test_contrasts_with_several_references_keep_their_names(tmp_path: Path) -> None:
    arms = ("memory=residue", "memory=expanded", "temperature", "init=xavier")
    pairs = [("memory=expanded", "old"), *((arm, "old") for arm in arms[2:])]
    pairs += [("init=xavier", "temperature"), ("classifier=256-128", "old")]
    several = tuple(ContrastPlan(name=f"{a}-against-{b}", arm=a, reference=b) for a, b in pairs)
    text = " ".join(each.text for each in answers.answer(seen(tmp_path, contrasts=several)))
    assert "init=xavier-against-temperature" in text or "init=xavier changes" in text


def test_runs_that_were_still_improving_are_first_trained_longer(tmp_path: Path) -> None:
    falling = tuple({"epoch": float(e), "train.loss": 1 / e, "validation.loss": 1 / e}
                    for e in range(1, 21))  # fmt: skip
    study_plan = plan(2, 3)
    ledger = Ledger(tmp_path)
    ledger.begin(study_plan)
    for i, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            row = done(arm, seed, 0.02 * i, i, 24)
            ledger.append(row.model_copy(update={"curve": falling}))
    step = next_step(read(ledger))
    assert step.command == f"{COMMAND} --epochs 100"
    assert step.cost.startswith("9 runs, each 2 times as long, about ")


def test_where_nothing_is_decided_no_other_split_is_advised(tmp_path: Path) -> None:
    noisy = plan(2, 5)
    ledger = Ledger(tmp_path)
    ledger.begin(noisy)
    for i, arm in enumerate(noisy.arms):
        for seed in noisy.seeds:
            ledger.append(done(arm, seed, 0.08 * (-1) ** (seed + i), i, 24))
    summary = read(ledger)
    (contrast,) = summary.contrasts
    assert contrast.verdict.word == "inconclusive"
    assert next_step(summary).command == f"{COMMAND} --add-seeds 5"


def test_a_prediction_in_words_alone_is_said_to_be_unchecked(tmp_path: Path) -> None:
    predicted = (PredictionPlan(contrast="memory=expanded vs old", expect="inert"),)
    seen(tmp_path / "words", prediction="Copies are inert.")
    seen(tmp_path / "both", prediction="Copies are inert.", predictions=predicted)
    seen(tmp_path / "none", prediction="")
    said = {f.name: "Not checked" in first_screen(f) for f in tmp_path.iterdir()}
    assert said == {"words": True, "both": False, "none": False}


def test_an_interaction_is_how_much_the_effect_of_one_change_differs_with_the_other(
    tmp_path: Path,
) -> None:
    summary = read(Ledger(STUDIES["crossed"](tmp_path / "study")))
    crossed = [c for c in summary.contrasts if answers.is_interaction(c)]
    assert len(crossed) == 3  # of the three pairs of three changes
    (found,) = [c for c in crossed if c.verdict.word == "better"]
    one, other = found.paired.contrast.name.split(" × ")
    said = [each.text for each in answers.answer(summary)]
    (text,) = [each for each in said if each.startswith(f"With {other}, the effect of {one} ")]
    (number,) = re.findall(r"is higher by ([\d.]+) \(", text)
    assert float(number) == pytest.approx(found.verdict.mean, abs=5.1e-4)
    (about,) = [s.about for s in answers.answer(summary) if s.text == text]
    changes = {
        arm.plan.name: {c for c, arms in summary.plan.factors.items() if arm.plan.name in arms}
        for arm in summary.arms
    }
    scores = {
        frozenset(changes[arm.plan.name]): arm.averages.over_clusters  # type: ignore[union-attr]
        for arm in summary.arms
    }
    shown = re.findall(r"([+−][\d.]+) (without|with)", about)
    for value, which in shown:
        pairs = [
            score - scores[names - {one}]
            for names, score in scores.items()
            if one in names and (other in names) == (which == "with")
        ]
        assert len(pairs) == 2
        assert float(value.replace("−", "-")) == pytest.approx(sum(pairs) / 2, abs=2e-3)
    assert [which for _, which in shown] == ["without", "with"]
    assert "1 interaction above 0" in " ".join(point.text for point in cards.helped(summary))
    assert "2 negligible interactions" in " ".join(point.text for point in cards.helped(summary))
    # the effects of single changes come first, though the interaction is the largest number
    effects = [c.verdict.mean or 0 for c in summary.contrasts if c not in crossed]
    assert float(number) > max(effects)
    assert [each.split()[1] for each in said[:2]] == ["raises", "raises"]


def test_no_effect_among_runs_that_all_collapsed_is_no_finding(tmp_path: Path) -> None:
    """An AUROC of 0.5 in every run, against the same: the verdict says nothing of live models."""
    study_plan = plan(2, 5)
    ledger = Ledger(tmp_path)
    ledger.begin(study_plan)
    for arm in study_plan.arms:
        for seed in study_plan.seeds:
            row = done(arm, seed, 0.0, 0, 24)
            dead = tuple(p.model_copy(update={"auroc": 0.5, "auprc": 0.5}) for p in row.proteins)
            loss = 0.69 + study_plan.arms.index(arm) / 1000  # so that the change is not inert
            metrics = row.metrics | {"test.auroc_macro": 0.5, "test.loss": loss}
            ledger.append(row.model_copy(update={"proteins": dead, "metrics": metrics}))
    summary = read(ledger)
    (contrast,) = summary.contrasts
    assert contrast.verdict.word == "no meaningful effect"
    assert collapses.has_only_collapses(contrast.verdict)
    (sentence,) = [s for s in answers.answer(summary) if "No meaningful effect" in s.text]
    assert sentence.tone == "open"
    assert "same" not in {point.mark for point in cards.helped(summary)}
    assert any(p.text.startswith("10 of 10 runs collapsed") for p in cards.believe(summary))


def test_no_sentence_is_hidden_alone(tmp_path: Path) -> None:
    hidden = {}
    for arms in (9, 12):
        folder = write(tmp_path / str(arms), plan(arms, controls=()), lost=False)
        page = build_report(folder).read_text().partition('<div class="cards">')[0]
        (more,) = re.findall(r"<summary>(\d+) more</summary>", page) or ["0"]
        hidden[len(answers.answer(read(Ledger(folder))))] = int(more)
    assert hidden == {answers.FIRST + 1: 0, answers.FIRST + 2: 2}
