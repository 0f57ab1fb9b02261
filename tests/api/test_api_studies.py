"""`import rpbind`: a user's own question in a few lines, answered by the same machinery."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import rpbind as rb
from rpbind.api.tables import table_html
from rpbind.ledger import Ledger

HEAVY = ("torch", "ray", "scipy", "sklearn", "pandas", "plotly", "optuna", "typer")
CHANGES = {"no-residual": {"model.residual": False}, "conv": {"model.encoder": "conv"}}
SMALL = {"seeds": 2, "epochs": 1, "narrower": 16}


@pytest.fixture(scope="module")
def data(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of 4 proteins of our own: a study adds the vectors of its controls to it."""
    return Path(shutil.copytree(tiny, tmp_path_factory.mktemp("data") / "world"))


@pytest.fixture(scope="module")
def study(data: Path, tmp_path_factory: pytest.TempPathFactory, one_ray: None) -> rb.Study:
    """Two changes of `fixed`."""
    reports = tmp_path_factory.mktemp("reports")
    return rb.ablate(data, reference="fixed", changes=CHANGES, reports=reports, **SMALL)


def test_importing_the_face_imports_nothing_heavy() -> None:
    code = f"import sys, rpbind; dir(rpbind); print(sorted(set({HEAVY}) & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_name_of_the_face_is_there_and_documented() -> None:
    assert rb.__all__ == sorted(rb.__all__)
    assert all(getattr(rb, name).__doc__ for name in rb.__all__)
    with pytest.raises(AttributeError, match="no attribute 'abblate'"):
        rb.abblate  # noqa: B018


def test_an_ablation_returns_its_verdicts_as_a_table(study: rb.Study) -> None:
    assert study.is_complete
    table = study.verdicts()
    assert list(table["contrast"]) == ["no-residual", "conv"]
    assert set(table["reference"]) == {"reference"}
    assert set(table["n"]) == {2}
    tested = table[table["p"].notna()]
    assert (
        (tested["low"] <= tested["difference"]) & (tested["difference"] <= tested["high"])
    ).all()


def test_runs_are_rows_of_a_table_with_their_metrics(study: rb.Study) -> None:
    runs = study.runs()
    arms = runs[runs["stage"] == "ablation"]
    assert sorted(set(arms["arm"])) == ["conv", "no-residual", "reference"]
    assert (arms["state"] == "done").all()
    assert arms["test.auroc_macro"].between(0, 1).all()
    assert study.trials().empty


def test_each_run_is_of_a_call_whose_code_and_machine_are_recorded(study: rb.Study) -> None:
    found = rb.findings(study)
    calls = found.table("calls").records()
    assert {row["call"] for row in found.table("run_records").records()} <= {
        call["call"] for call in calls
    }
    assert all(call["processor"] and call["torch"] and call["commit"] for call in calls)


def test_the_model_of_a_run_is_opened_by_arm_and_seed(study: rb.Study, data: Path) -> None:
    model = study.model("conv", seed=1)
    assert model.recipe.model.encoder.kind == "conv"
    runs = study.runs()
    (row,) = runs[(runs["arm"] == "conv") & (runs["seed"] == 1)].to_dict("records")
    metrics = model.evaluate(data).metrics
    assert metrics["test.auroc_macro"] == row["test.auroc_macro"]
    with pytest.raises(rb.UserError, match="Did you mean 'conv'"):
        study.model("cnv")
    with pytest.raises(rb.UserError, match="one of 0, 1"):
        study.model("conv", seed=7)


def test_a_notebook_shows_names_and_questions_as_text_not_as_html(study: rb.Study) -> None:
    evil = "<script>alert(1)</script>"
    table = pd.DataFrame([{"contrast": evil, "arm": "", "reference": "", "verdict": evil}])
    assert "<script" not in table_html(evil, [evil], table)
    assert study.plan.question in study._repr_html_()


def test_the_same_call_continues_the_study_and_trains_nothing_again(
    study: rb.Study, data: Path
) -> None:
    before = {row.run: row.ended for row in Ledger(study.folder).rows()}
    again = rb.ablate(
        data, reference="fixed", changes=CHANGES, reports=study.folder.parent, **SMALL
    )
    assert again.folder == study.folder
    assert {row.run: row.ended for row in Ledger(study.folder).rows()} == before


def test_a_study_is_opened_again_and_shown_in_a_notebook(study: rb.Study) -> None:
    opened = rb.open_study(study.folder)
    assert opened.name == study.name
    shown = opened._repr_html_()
    assert "no-residual" in shown
    assert opened.report().read_text().startswith("<!")


def test_a_study_compared_with_itself_is_inert(study: rb.Study) -> None:
    compared = rb.compare(study, study.folder)
    assert set(compared.verdicts()["verdict"]) == {"inert"}
    assert "no-residual" in compared._repr_html_()


def test_the_study_file_that_a_study_leaves_gives_the_same_bits_elsewhere(
    study: rb.Study, tmp_path: Path
) -> None:
    again = rb.run_study(study.folder / "study.toml", reports=tmp_path)
    assert again.plan.fingerprint == study.plan.fingerprint
    mine, theirs = (
        {(row.arm, row.seed, row.stage): row.metrics for row in Ledger(each.folder).attempts()}
        for each in (study, again)
    )
    assert mine == theirs
    files = [(each.folder / "study.toml").read_text() for each in (study, again)]
    assert files[0] == files[1]


def test_a_study_that_was_not_searched_has_no_best(study: rb.Study) -> None:
    with pytest.raises(rb.UserError, match="no winners"):
        study.best  # noqa: B018


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(rb.UserError, match=str(tmp_path)):
        rb.open_study(tmp_path)


MISTAKES = {
    "misspelt": (lambda: rb.ablate(changes=CHANGES, sedes=3), "Did you mean 'seeds'"),
    "wrong type": (lambda: rb.ablate(changes=CHANGES, seeds="3"), "seeds.* '3'"),
    "a list of changes": (lambda: rb.ablate(changes=["conv"]), "changes is a dict"),
    "no such field": (lambda: rb.ablate(changes={"a": {"model.residul": 1}}), "model.residual"),
    "no such preset": (lambda: rb.ablate(changes=CHANGES, reference="fixd"), "'fixed'"),
    "no such data": (lambda: rb.ablate("nowhere", changes=CHANGES), "nowhere is not a dataset"),
    "a URL": (lambda: rb.ablate(changes=CHANGES, reports="s3://bucket"), "URL"),
    "a number of a folder": (lambda: rb.ablate(changes=CHANGES, reports=5), "reports is Path"),
    "seeds to add": (lambda: rb.ablate(changes=CHANGES, add_seeds=-1), "add_seeds is 0"),
    "no space": (lambda: rb.tune(trials=3), "missing.*'space'"),
    "trials as text": (lambda: rb.tune(space="original", trials="3"), "trials is int"),
    "no such file": (lambda: rb.run_study("nowhere.toml"), "nowhere.toml"),
    "no such study": (lambda: rb.compare("nowhere", "there"), "nowhere holds no study"),
    "an arm alone": (lambda: rb.compare("a", "b", against="old"), "`arm`"),
    "a number": (lambda: rb.preset(3), "name is str"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_sentence_and_nothing_is_begun(
    mistake: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    call, words = MISTAKES[mistake]
    with pytest.raises(rb.UserError, match=words):
        call()
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_a_search_returns_its_trials_and_its_best_recipe(
    data: Path, tmp_path: Path, one_ray: None
) -> None:
    space = tmp_path / "rates.toml"
    space.write_text(
        'about = "Two rates."\n[[dimension]]\npath = "train.lr"\nkind = "choice"\n'
        "values = [0.001, 0.01]\n"
    )
    study = rb.tune(
        data, space=space, trials=2, sampler="grid", reports=tmp_path / "reports", **SMALL
    )
    assert sorted(study.trials()["train.lr"]) == [0.001, 0.01]
    assert study.best.train.lr in (0.001, 0.01)
    answer = study.report().read_text().partition('<section id="answer"')[2].partition("</section")
    text = " ".join(re.sub(r"<[^>]*>", "", answer[0]).split())
    assert "The best of 2 trials has train.lr = " in text
    assert re.findall(r"\S+[.;][A-Z]\S*", text) == []  # sentences are apart


def test_ctrl_c_returns_a_study_that_the_same_call_completes_on_the_users_own_ray(
    study: rb.Study, data: Path, tmp_path: Path
) -> None:
    """The user's Ray stays; the rows are those of a study that was never interrupted."""
    script = [sys.executable, str(Path(__file__).with_name("interrupted.py"))]
    ended = subprocess.run(
        [*script, str(data), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    first, refused = ended.stdout.splitlines()
    complete, done, restored, same, whole, stays, folder = json.loads(first)
    assert not complete
    assert 1 <= done < len(study.runs())
    assert (restored, same, whole, stays) == (True, True, True, True)
    assert int(refused) == 2
    columns = ["arm", "seed", "stage", "state", "test.auroc_macro", "test.loss"]
    rows = [
        one.runs()[columns].sort_values(columns[:3]).reset_index(drop=True)
        for one in (study, rb.open_study(folder))
    ]
    assert rows[0].equals(rows[1])
