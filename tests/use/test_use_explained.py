"""Windows of a study's best arm are explained once, for its report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from toy_trained import SEES_MOTIFS, Toy

from rpbind.data.world import FAMILIES
from rpbind.explained.refresh import explainer
from rpbind.explained.strongest import COUNT, strongest
from rpbind.ledger import ArmPlan, Ledger, Plan
from rpbind.logos.stored import FILE, read_explained
from rpbind.report.build import build_report
from rpbind.use.score import logits_of, with_windows


@pytest.fixture(scope="module")
def study(sees_motifs: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of the arm whose run the fixture has trained, with its model; without a page."""
    folder = tmp_path_factory.mktemp("study")
    arm = ArmPlan(name="toy", recipe=sees_motifs.row.recipe, recipe_id=SEES_MOTIFS.id)
    command = f"python experiments/ablate.py --data {sees_motifs.data}"
    provenance = sees_motifs.row.provenance
    ledger = Ledger(folder)
    ledger.begin(
        Plan(
            study="toy", question="Does it read motifs?", prediction="Yes.", rule="None.",
            design="one arm", arms=(arm,), contrasts=(), controls=(), seeds=(0,),
            dataset=provenance["dataset"], split=provenance["split"], command=command,
            created="2026-01-02T03:04:05+00:00",
        )
    )  # fmt: skip
    ledger.append(sees_motifs.row)
    shutil.copytree(sees_motifs.file, folder / "runs" / sees_motifs.row.run)
    return folder


def test_the_windows_are_bound_ones_of_distinct_clusters_with_the_highest_logits(
    sees_motifs: Toy,
) -> None:
    inputs, test = sees_motifs.inputs, sees_motifs.inputs.parts["test"]
    bound = test[inputs.label_N[test] == 1]
    rna_NL, protein_N = inputs.rna_NL[bound].numpy(), inputs.protein_N[bound].numpy()
    logit_N = logits_of(sees_motifs.trained.model, with_windows(inputs, rna_NL, protein_N))
    found = strongest(sees_motifs.file, sees_motifs.data)
    proteins = [each.protein for each in found]
    assert len(set(proteins)) == len(found) == COUNT
    best = {
        inputs.proteins[p].id: max(logit_N[protein_N == p]) for p in np.unique(protein_N).tolist()
    }
    assert proteins == sorted(best, key=lambda name: -best[name])[:COUNT]
    for each in found:
        assert f"Logit {best[each.protein]:+.3f}" in each.sentences[0]


def test_the_tallest_letters_of_their_logos_are_the_planted_motif(sees_motifs: Toy) -> None:
    for each in strongest(sees_motifs.file, sees_motifs.data):
        motif = FAMILIES[int(each.protein[-2:]) % len(FAMILIES)][0]
        at = each.letters.index(motif)
        inside = set(range(at, at + len(motif)))
        ranked = sorted(range(len(each.letters)), key=lambda n: -each.support[n])
        assert len(inside & set(ranked[:4])) >= 3


def test_windows_are_explained_once_and_again_when_the_model_has_changed(
    study: Path, sees_motifs: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*given: object, **more: object) -> object:
        made.append(given)
        return strongest(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("rpbind.explained.strongest.strongest", counted)
    explain = explainer(sees_motifs.data)
    page = build_report(study, explain).read_text()
    stored = (study / FILE).read_bytes()
    assert build_report(study, explain).read_text() == page
    assert len(made) == 1
    explained = read_explained(study)
    assert explained is not None
    for number, each in enumerate(explained.windows, start=1):
        for figure in ("logo", "substitutions", "attention"):
            assert page.count(f'id="figure-{figure}-{number}"') == 1
        assert each.letters.replace("U", "") in page.replace("<mark>", "").replace(
            "</mark>", ""
        ).replace("U", "")
    weights = study / "runs" / explained.run / "card.md"
    before = weights.read_bytes()
    try:
        weights.write_bytes(before + b"\n")
        build_report(study, explain)
        assert len(made) == 2
    finally:
        weights.write_bytes(before)
        (study / FILE).write_bytes(stored)


def test_a_damaged_file_of_windows_is_made_again(study: Path, sees_motifs: Toy) -> None:
    (study / FILE).write_text('{"arm": "toy"}')
    assert read_explained(study) is None
    build_report(study, explainer(sees_motifs.data))
    assert read_explained(study) is not None


def test_a_report_imports_no_torch_when_its_windows_are_there(
    study: Path, sees_motifs: Toy
) -> None:
    build_report(study, explainer(sees_motifs.data))
    code = (
        "import json, sys, rpbind; rpbind.open_study(sys.argv[1]).report(); "
        "print(json.dumps('torch' in sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(study)],
        capture_output=True, text=True, check=True, env=dict(os.environ),
    )  # fmt: skip
    assert json.loads(ended.stdout.splitlines()[-1]) is False


def test_the_data_of_another_model_explain_nothing_and_the_page_is_written(
    study: Path, small: Path
) -> None:
    (study / FILE).unlink(missing_ok=True)
    page = build_report(study, explainer(small)).read_text()
    assert not (study / FILE).exists()
    assert "rpbind explain" in page.split('<section id="windows">')[1].split("</section>")[0]


def test_without_a_model_the_page_names_the_command_that_makes_one(
    study: Path, sees_motifs: Toy, tmp_path: Path
) -> None:
    copy = shutil.copytree(study, tmp_path / "copy", ignore=shutil.ignore_patterns(FILE, "runs"))
    page = build_report(copy, explainer(sees_motifs.data)).read_text()
    section = page.split('<section id="windows">')[1].split("</section>")[0]
    assert f"--data {sees_motifs.data}" in section
    assert "figure-logo" not in section
