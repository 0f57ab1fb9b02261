import numpy as np
import pytest
from toy_ledger import plan, row

from rpbind.analysis.claims import SEEN_PROTEINS, Claim
from rpbind.analysis.controls import Controls, summarise_controls
from rpbind.ledger import ControlPlan, Finding, Plan, ProteinScore, Row
from rpbind.recipe import Recipe
from rpbind.statistics.table import planned_runs

SEEDS, CLUSTERS = range(5), range(20)
RANDOM = Recipe().with_({"proteins": "random"})
CONTROL = ControlPlan(
    name="old+random-vector",
    recipe=RANDOM.model_dump(mode="json"),
    recipe_id=RANDOM.id,
    of="old",
)
COLD_PROTEIN = plan(tuple(SEEDS), split="cold-protein_70-15-15_seed0", controls=(CONTROL,))
COLD_RNA = plan(tuple(SEEDS), split="cold-rna_70-15-15_seed0", controls=(CONTROL,))


def scores(part: str, mean: float, seed: int) -> tuple[ProteinScore, ...]:
    """Scores around a mean: proteins differ, and seeds a little."""
    rng = np.random.default_rng([seed, len(part), round(1000 * mean)])
    auroc_G = mean + 0.03 * np.sin(np.arange(len(CLUSTERS))) + rng.normal(0, 0.004, len(CLUSTERS))
    return tuple(
        ProteinScore(part=part, protein=f"P{g}", cluster=g, windows=400, positives=200,
                     auroc=float(auroc), auprc=float(auroc))
        for g, auroc in enumerate(auroc_G)
    )  # fmt: skip


def run(seed: int, arm: str = "old", moved: float = 0.5, **means: float) -> Row:
    """A run by the mean AUROC of its parts: test, probe, and `probe.NAME` as `NAME`."""
    told = {"test": 0.75, "probe": 0.75} | means
    parts = {p if p in ("test", "probe") else f"probe.{p.replace('_', '-')}": m
             for p, m in told.items()}  # fmt: skip
    metrics = {f"{part}.moved": moved for part in parts if part.startswith("probe.")}
    proteins = tuple(s for part, mean in parts.items() for s in scores(part, mean, seed))
    return row(arm, seed, metrics=metrics | {"test.loss": 0.5}).model_copy(
        update={"proteins": proteins}
    )


def random_vector(seed: int, mean: float) -> Row:
    made = run(seed, test=mean)
    changes = {"arm": CONTROL.name, "stage": "control", "recipe_id": CONTROL.recipe_id}
    return made.model_copy(update=changes | {"metrics": {"test.auroc_macro": mean}})


def baseline(name: str, mean: float) -> Row:
    metrics = {"test.auroc_macro": mean, "test.auroc_pooled": mean}
    return Row(arm=name, seed=0, state="done", stage="control", recipe={}, recipe_id="b",
               metrics=metrics, proteins=scores("test", mean, 99), ended="")  # fmt: skip


def summary(asked: Plan, rows: list[Row], controls: list[Row]) -> Controls:
    runs, _ = planned_runs(asked, rows)
    return summarise_controls(asked, runs, controls)


def claims(asked: Plan, rows: list[Row], controls: list[Row]) -> dict[str, Claim]:
    return {claim.name: claim for claim in summary(asked, rows, controls).claims["old"]}


HONEST = [run(s, proteins_shuffled=0.6, letters_shuffled=0.55, uniform_attention=0.7)
          for s in SEEDS]  # fmt: skip
BASELINES = [
    baseline("5mer-shared", 0.66),
    baseline("5mer-per-protein", 0.76),
    baseline("rna-degree", 0.5),
]


def test_beating_random_vectors_and_collapsing_on_unseen_proteins_is_using_the_protein() -> None:
    told = claims(COLD_PROTEIN, HONEST, [random_vector(s, 0.6) for s in SEEDS])
    claim = told["uses the protein"]
    assert (claim.answer, claim.reason) == ("better", "")
    assert [c.verdict.mean for c in claim.comparisons] == pytest.approx([0.15, 0.15], abs=0.01)


def test_on_seen_proteins_the_same_numbers_cannot_tell_biology_from_identity() -> None:
    told = claims(COLD_RNA, HONEST, [random_vector(s, 0.6) for s in SEEDS])
    claim = told["uses the protein"]
    assert (claim.answer, claim.reason) == ("inconclusive", SEEN_PROTEINS)
    assert {c.verdict.word for c in claim.comparisons} == {"better"}


def test_an_arm_that_was_not_trained_with_random_vectors_is_not_judged_on_them() -> None:
    bare = COLD_PROTEIN.model_copy(update={"controls": ()})
    claim = claims(bare, HONEST, [])["uses the protein"]
    assert claim.answer == "inconclusive"
    assert "not trained with random vectors" in claim.reason


def test_an_arm_that_is_as_good_with_random_vectors_does_not_use_the_protein() -> None:
    rows = [run(s, proteins_shuffled=0.75) for s in SEEDS]
    claim = claims(COLD_PROTEIN, rows, [random_vector(s, 0.75) for s in SEEDS])
    assert claim["uses the protein"].answer == "no meaningful effect"


def test_shuffling_proteins_that_moves_no_probability_is_inert_wherever_it_is_tried() -> None:
    rows = [run(s, moved=1e-7, proteins_shuffled=0.75) for s in SEEDS]
    claim = claims(COLD_RNA, rows, [])["uses the protein"]
    assert (claim.answer, claim.reason) == ("inert", "")


def test_letters_and_attention_are_judged_by_the_same_interval() -> None:
    told = claims(COLD_RNA, HONEST, BASELINES)
    assert told["sees motifs"].answer == told["attention helps"].answer == "better"
    (falls,) = told["sees motifs"].comparisons
    assert (falls.seeds, falls.clusters) == (5, 20)
    assert falls.verdict.mean == pytest.approx(0.20, abs=0.01)


def test_an_arm_without_attention_is_told_so() -> None:
    claim = claims(COLD_RNA, [run(s, letters_shuffled=0.6) for s in SEEDS], [])["attention helps"]
    assert claim.answer == "inconclusive"
    assert "the arm has no attention" in claim.reason


def test_an_arm_is_better_than_rna_alone_and_worse_than_the_plain_baseline() -> None:
    rows = [run(s, test=0.70) for s in SEEDS]
    told = claims(COLD_RNA, rows, BASELINES)
    assert told["beats RNA alone"].answer == "better"
    assert told["beats the plain baseline"].answer == "worse"


def test_an_arm_below_a_memory_of_the_windows_does_not_beat_rna_alone() -> None:
    leak = [baseline("5mer-shared", 0.66), baseline("rna-degree", 0.88)]
    claim = claims(COLD_PROTEIN, HONEST, leak)["beats RNA alone"]
    assert [c.verdict.word for c in claim.comparisons] == ["better", "worse"]
    assert (claim.answer, claim.reason) == ("worse", "")


def test_a_baseline_that_cannot_speak_is_no_win() -> None:
    note = Finding(name="control not applicable", severity="info", measured=None, threshold=None,
                   advice="no training windows")  # fmt: skip
    mute = baseline("5mer-per-protein", 0.5).model_copy(
        update={"metrics": {}, "proteins": (), "findings": (note,)}
    )
    claim = claims(COLD_PROTEIN, HONEST, [mute])["beats the plain baseline"]
    assert claim.answer == "inconclusive"
    assert "no training windows" in claim.reason


def test_a_study_without_runs_or_controls_still_has_its_claims_open() -> None:
    told = claims(COLD_RNA, [], [])
    assert {claim.answer for claim in told.values()} == {"inconclusive"}


def test_the_winner_of_a_search_gets_no_claim_and_shows_what_it_was_probed_with() -> None:
    won = {"trials": 3, "winners": {"search": {"arm": "new", "trial": "trial-0001"}}}
    searched = COLD_RNA.model_copy(update={"search": won})
    probed = [
        run(s, arm="new", letters_shuffled=0.55).model_copy(
            update={"metrics": {"probe.auroc_macro": 0.75, "probe.letters-shuffled.auroc_macro": v}}
        )
        for s, v in ((0, 0.54), (1, 0.56))
    ]
    told = summary(searched, [*(r for r in HONEST if r.arm == "old"), *probed], [])
    assert set(told.claims) == {"old"}
    assert list(told.probed) == ["new"]
    shuffled = told.probed["new"]["letters shuffled"]
    assert shuffled is not None
    assert (shuffled.mean, shuffled.n) == (pytest.approx(0.55), 2)
    assert told.probed["new"]["uniform attention"] is None


def test_an_arm_beats_rna_alone_when_it_beats_the_same_network_without_proteins_too() -> None:
    recipe = Recipe().with_({"proteins": "constant"})
    alone = ControlPlan(
        name="old+one-protein", recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id, of="old"
    )
    asked = COLD_RNA.model_copy(update={"controls": (CONTROL, alone)})
    letters = [baseline("5mer-shared", 0.6), baseline("rna-degree", 0.5)]

    def answer(mean: float) -> Claim:
        changes = {"arm": alone.name, "stage": "control", "recipe_id": alone.recipe_id}
        rows = [run(s, test=mean).model_copy(update=changes) for s in SEEDS]
        return claims(asked, HONEST, [*letters, *rows])["beats RNA alone"]

    assert answer(0.65).answer == "better"
    assert answer(0.65).comparisons[0].minus == "one protein for all"
    assert answer(0.75).answer != "better"
    assert claims(COLD_RNA, HONEST, letters)["beats RNA alone"].answer == "better"


def test_baselines_come_best_first_and_flags_are_kept() -> None:
    flag = Finding(name="identity ranks, pooled", severity="warning", measured=0.31,
                   threshold=0.05, advice="pooled AUROC below 0.5")  # fmt: skip
    flagged = baseline("protein-degree", 0.5).model_copy(update={"findings": (flag,)})
    told = summary(COLD_RNA, [], [flagged, *BASELINES]).baselines
    names = ["5mer-per-protein", "5mer-shared", "protein-degree", "rna-degree"]
    assert [b.name for b in told] == names
    assert [b.flagged for b in told] == [False, False, True, False]
    assert told[2].note == "pooled AUROC below 0.5"


def test_controls_of_one_arm_are_held_to_one_family_of_tests() -> None:
    told = claims(COLD_RNA, HONEST, BASELINES)
    levels = {c.verdict.alpha for claim in told.values() for c in claim.comparisons if c.seeds}
    assert min(levels) == pytest.approx(0.05 / 6)
