"""A trained model from Python: it predicts, is evaluated, explained and examined, as by command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_trained import Toy

import rpbind as rb
from rpbind.data.alphabet import decode


@pytest.fixture(scope="module")
def model(sees_motifs: Toy) -> rb.Model:
    return rb.load_model(sees_motifs.file)


@pytest.fixture(scope="module")
def windows(sees_motifs: Toy) -> pd.DataFrame:
    """Five windows of the model's dataset, under an index of their own."""
    inputs = sees_motifs.inputs
    rna = [decode(tokens.numpy()) for tokens in inputs.rna_NL[:5]]
    proteins = [inputs.proteins[p].id for p in inputs.protein_N[:5].tolist()]
    return pd.DataFrame({"rna": rna, "protein": proteins}, index=list("abcde"))


def test_a_table_a_list_and_a_file_give_the_same_predictions(
    model: rb.Model, windows: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = model.predict(windows)
    assert list(table.index) == list("abcde")
    assert windows.join(table["logit"]).notna().all(axis=None)
    windows.to_csv(tmp_path / "w.csv", index=False)
    np.testing.assert_array_equal(model.predict(tmp_path / "w.csv")["logit"], table["logit"])
    one = windows["protein"].iloc[0]
    listed = model.predict(list(windows["rna"]), protein=one)
    assert set(listed["protein"]) == {one}
    assert listed["logit"].iloc[0] == table["logit"].iloc[0]
    assert listed.attrs["notes"] == []
    assert capsys.readouterr().out == ""


def test_a_protein_of_ones_own_is_read_from_fasta_and_noted_as_new(
    model: rb.Model, windows: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "new.fasta").write_text(">NEW\nMKVLAWYRRK\n")
    table = model.predict(list(windows["rna"]), "NEW", proteins=tmp_path / "new.fasta")
    assert not table["seen_in_training"].any()
    assert "NEW" in table.attrs["notes"][0]


MISTAKES = {
    "no protein": (lambda m, w: m.predict(list(w["rna"])), "name no protein"),
    "no column": (lambda m, w: m.predict(w[["protein"]]), "column `rna`"),
    "not a string": (lambda m, w: m.predict([w["rna"].iloc[0], 3], "SIM01"), "number 2"),
    "no window": (lambda m, w: m.predict([], "SIM01"), "no windows"),
    "too short": (lambda m, w: m.predict(["ACGU"], "SIM01"), "line 1: 4 letters"),
    "unknown protein": (lambda m, w: m.predict(list(w["rna"]), "SIMM1"), "SIMM1"),
    "no file": (lambda m, w: m.predict("nowhere.csv"), "nowhere.csv"),
    "misspelt": (lambda m, w: m.predict(w, protien="SIM01"), "Did you mean 'protein'"),
    "unknown part": (lambda m, w: m.evaluate("d", part="tset"), "Did you mean 'test'"),
    "no model": (lambda m, w: rb.load_model("nowhere"), "no model nowhere"),
    "wrong ending": (lambda m, w: m.explain(w["rna"].iloc[0], "SIM01").save("x.pdf"), "x.pdf"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_sentence(mistake: str, model: rb.Model, windows: pd.DataFrame) -> None:
    call, words = MISTAKES[mistake]
    with pytest.raises(rb.UserError, match=words):
        call(model, windows)


def test_an_evaluation_has_the_metrics_of_the_run(sees_motifs: Toy, model: rb.Model) -> None:
    found = model.evaluate(sees_motifs.data)
    ledger = {k: v for k, v in sees_motifs.row.metrics.items() if k.startswith("test.")}
    assert {k: found.metrics[k] for k in ledger} == ledger
    scored = [one for one in sees_motifs.row.proteins if one.part == "test"]
    assert len(found.proteins()) == len(scored)
    bins = found.reliability()
    assert bins["windows"].sum() == bins["calibrated_windows"].sum()
    assert found.notes == ()


def test_an_explanation_is_a_row_per_nucleotide_and_a_page(
    model: rb.Model, windows: pd.DataFrame, tmp_path: Path
) -> None:
    rna, protein = windows.iloc[0]
    found = model.explain(rna, protein, width=5)
    table = found.table()
    assert "".join(table["letter"]) == found.letters == rna
    start, stop = found.span
    assert list(np.flatnonzero(table["in_top_span"])) == list(range(start, stop))
    (name, change), *_ = found.strongest(1)
    assert abs(change) == pytest.approx(table[[f"to_{a}" for a in "ACGU"]].abs().max(axis=None))
    assert name[0] == rna[int(name[1:-1]) - 1]
    found.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!")


def test_the_doctor_examines_a_recipe_and_a_model(
    sees_motifs: Toy, model: rb.Model, capsys: pytest.CaptureFixture[str]
) -> None:
    old = rb.doctor(rb.preset("old"), sees_motifs.data)
    assert old.has_error
    assert "RNA ignored" in set(old.findings()["name"])
    alive = rb.doctor(model, sees_motifs.data)
    assert not alive.has_error
    (column,) = alive.measures().columns
    assert alive.measures().loc["change when RNA is swapped", column] > 0
    assert capsys.readouterr().out == ""


def test_the_doctor_refuses_what_is_neither_recipe_nor_model(tmp_path: Path) -> None:
    for subject, words in ((3, "subject is Recipe or"), ("fixd", "fixd"), (tmp_path, "no study")):
        with pytest.raises(rb.UserError, match=words):
            rb.doctor(subject)
