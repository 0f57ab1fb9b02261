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
    """Scores around a mean, with differences between proteins and smaller ones between seeds."""
    rng = np.random.default_rng([seed, len(part), round(1000 * mean)])
    auroc_G = mean + 0.03 * np.sin(np.arange(len(CLUSTERS))) + rng.normal(0, 0.004, len(CLUSTERS))
    return tuple(
        ProteinScore(part=part, protein=f"P{g}", cluster=g, windows=400, positives=200,
                     auroc=float(auroc), auprc=float(auroc))
        for g, auroc in enumerate(auroc_G)
    )  # fmt: skip


def run(seed: int, arm: str = "old", moved: float = 0.5, **means: float) -> Row:
    """A run with the given mean AUROC of its parts: test, probe, and `NAME` for `probe.NAME`."""
    found = {"test": 0.75, "probe": 0.75} | means
    parts = {p if p in ("test", "probe") else f"probe.{p.replace('_', '-')}": m
             for p, m in found.items()}  # fmt: skip
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


def summary(study_plan: Plan, rows: list[Row], controls: list[Row]) -> Controls:
    runs, _ = planned_runs(study_plan, rows)
    return summarise_controls(study_plan, runs, controls)


def claims(study_plan: Plan, rows: list[Row], controls: list[Row]) -> dict[str, Claim]:
    return {claim.name: claim for claim in summary(study_plan, rows, controls).claims["old"]}


HONEST = [run(s, proteins_shuffled=0.6, letters_shuffled=0.55, uniform_attention=0.7)
          for s in SEEDS]  # fmt: skip
BASELINES = [
    baseline("5mer-shared", 0.66),
    baseline("5mer-per-protein", 0.76),
    baseline("rna-degree", 0.5),
]


def test_an_arm_uses_the_protein_if_random_and_shuffled_vectors_cost_auroc_on_unseen_proteins() -> (
    None
):
    found = claims(COLD_PROTEIN, HONEST, [random_vector(s, 0.6) for s in SEEDS])
    claim = found["uses the protein"]
    assert (claim.answer, claim.reason) == ("better", "")
    assert [c.verdict.mean for c in claim.comparisons] == pytest.approx([0.15, 0.15], abs=0.01)


def test_the_same_numbers_on_seen_proteins_are_inconclusive() -> None:
    found = claims(COLD_RNA, HONEST, [random_vector(s, 0.6) for s in SEEDS])
    claim = found["uses the protein"]
    assert (claim.answer, claim.reason) == ("inconclusive", SEEN_PROTEINS)
    assert {c.verdict.word for c in claim.comparisons} == {"better"}


def test_an_arm_without_a_random_vector_control_is_inconclusive() -> None:
    bare = COLD_PROTEIN.model_copy(update={"controls": ()})
    claim = claims(bare, HONEST, [])["uses the protein"]
    assert claim.answer == "inconclusive"
    assert "not trained with random vectors" in claim.reason


def test_an_arm_that_is_as_good_with_random_vectors_does_not_use_the_protein() -> None:
    rows = [run(s, proteins_shuffled=0.75) for s in SEEDS]
    claim = claims(COLD_PROTEIN, rows, [random_vector(s, 0.75) for s in SEEDS])
    assert claim["uses the protein"].answer == "no meaningful effect"


def test_shuffling_proteins_is_inert_if_no_probability_changes() -> None:
    rows = [run(s, moved=1e-7, proteins_shuffled=0.75) for s in SEEDS]
    claim = claims(COLD_RNA, rows, [])["uses the protein"]
    assert (claim.answer, claim.reason) == ("inert", "")


def test_letters_and_attention_are_judged_by_the_same_interval() -> None:
    found = claims(COLD_RNA, HONEST, BASELINES)
    assert found["sees motifs"].answer == found["attention helps"].answer == "better"
    (falls,) = found["sees motifs"].comparisons
    assert (falls.seeds, falls.clusters) == (5, 20)
    assert falls.verdict.mean == pytest.approx(0.20, abs=0.01)


def test_the_attention_claim_of_an_arm_without_attention_gives_that_reason() -> None:
    claim = claims(COLD_RNA, [run(s, letters_shuffled=0.6) for s in SEEDS], [])["attention helps"]
    assert claim.answer == "inconclusive"
    assert "the arm has no attention" in claim.reason


def test_an_arm_is_better_than_rna_alone_and_worse_than_the_plain_baseline() -> None:
    rows = [run(s, test=0.70) for s in SEEDS]
    found = claims(COLD_RNA, rows, BASELINES)
    assert found["beats RNA alone"].answer == "better"
    assert found["beats the plain baseline"].answer == "worse"


def test_an_arm_below_the_degree_prior_of_the_windows_does_not_beat_rna_alone() -> None:
    leak = [baseline("5mer-shared", 0.66), baseline("rna-degree", 0.88)]
    claim = claims(COLD_PROTEIN, HONEST, leak)["beats RNA alone"]
    assert [c.verdict.word for c in claim.comparisons] == ["better", "worse"]
    assert (claim.answer, claim.reason) == ("worse", "")


def test_a_baseline_without_a_score_does_not_count_as_beaten() -> None:
    note = Finding(name="control not applicable", severity="info", measured=None, threshold=None,
                   advice="no training windows")  # fmt: skip
    mute = baseline("5mer-per-protein", 0.5).model_copy(
        update={"metrics": {}, "proteins": (), "findings": (note,)}
    )
    claim = claims(COLD_PROTEIN, HONEST, [mute])["beats the plain baseline"]
    assert claim.answer == "inconclusive"
    assert "no training windows" in claim.reason


def test_all_claims_of_a_study_without_runs_and_controls_are_inconclusive() -> None:
    found = claims(COLD_RNA, [], [])
    assert {claim.answer for claim in found.values()} == {"inconclusive"}


def test_the_winner_of_a_search_has_probe_scores_and_no_claims() -> None:
    won = {"trials": 3, "winners": {"search": {"arm": "new", "trial": "trial-0001"}}}
    searched = COLD_RNA.model_copy(update={"search": won})
    probed = [
        run(s, arm="new", letters_shuffled=0.55).model_copy(
            update={"metrics": {"probe.auroc_macro": 0.75, "probe.letters-shuffled.auroc_macro": v}}
        )
        for s, v in ((0, 0.54), (1, 0.56))
    ]
    found = summary(searched, [*(r for r in HONEST if r.arm == "old"), *probed], [])
    assert set(found.claims) == {"old"}
    assert list(found.probed) == ["new"]
    shuffled = found.probed["new"]["letters shuffled"]
    assert shuffled is not None
    assert (shuffled.mean, shuffled.n) == (pytest.approx(0.55), 2)
    assert found.probed["new"]["uniform attention"] is None


def test_an_arm_beats_rna_alone_only_if_it_also_beats_the_same_network_without_proteins() -> None:
    recipe = Recipe().with_({"proteins": "constant"})
    alone = ControlPlan(
        name="old+one-protein", recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id, of="old"
    )
    study_plan = COLD_RNA.model_copy(update={"controls": (CONTROL, alone)})
    letters = [baseline("5mer-shared", 0.6), baseline("rna-degree", 0.5)]

    def answer(mean: float) -> Claim:
        changes = {"arm": alone.name, "stage": "control", "recipe_id": alone.recipe_id}
        rows = [run(s, test=mean).model_copy(update=changes) for s in SEEDS]
        return claims(study_plan, HONEST, [*letters, *rows])["beats RNA alone"]

    assert answer(0.65).answer == "better"
    assert answer(0.65).comparisons[0].minus == "one protein for all"
    assert answer(0.75).answer != "better"
    assert claims(COLD_RNA, HONEST, letters)["beats RNA alone"].answer == "better"


def test_baselines_are_sorted_by_score_and_keep_their_flags() -> None:
    flag = Finding(name="identity ranks, pooled", severity="warning", measured=0.31,
                   threshold=0.05, advice="pooled AUROC below 0.5")  # fmt: skip
    flagged = baseline("protein-degree", 0.5).model_copy(update={"findings": (flag,)})
    found = summary(COLD_RNA, [], [flagged, *BASELINES]).baselines
    names = ["5mer-per-protein", "5mer-shared", "protein-degree", "rna-degree"]
    assert [b.name for b in found] == names
    assert [b.flagged for b in found] == [False, False, True, False]
    assert found[2].note == "pooled AUROC below 0.5"


def test_all_comparisons_of_one_arm_are_one_family() -> None:
    found = claims(COLD_RNA, HONEST, BASELINES)
    levels = {c.verdict.alpha for claim in found.values() for c in claim.comparisons if c.seeds}
    assert min(levels) == pytest.approx(0.05 / 6)
