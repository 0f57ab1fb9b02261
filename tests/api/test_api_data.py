"""Datasets from Python: imported, embedded, split, drawn from, and every mistake a `UserError`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import rpbind as rb

RNA = ("ACGUACGUAC", "GGGUACGUAA", "CCCUACGUCC", "UUUUACGUGG")


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Any]:
    """A table of four windows of one protein, and what an import of it needs."""
    rows = "".join(f"{rna},P1,{n % 2}\n" for n, rna in enumerate(RNA))
    (tmp_path / "windows.csv").write_text(f"rna,protein,label\n{rows}")
    (tmp_path / "proteins.fasta").write_text(">P1\nMKVLA\n")
    return {
        "windows": tmp_path / "windows.csv",
        "proteins": tmp_path / "proteins.fasta",
        "out": tmp_path / "toy",
    }


def test_a_table_is_imported_and_read_back(
    sources: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    made = rb.import_table(**sources, k=5)
    assert (made.rows_read, len(made.dataset), made.dataset.length) == (4, 4, 10)
    again = rb.load_dataset(str(sources["out"]))
    assert again.id == made.dataset.id
    windows = again.windows()
    assert tuple(windows["rna"]) == RNA
    assert list(windows["label"]) == [0, 1, 0, 1]
    assert set(windows["cluster"]) == {0}
    (protein,) = again.proteins().to_dict("records")
    assert (protein["protein"], protein["sequence"]) == ("P1", "MKVLA")
    assert (protein["windows"], protein["positives"]) == (4, 2)
    embedded = rb.embed(again)
    assert (embedded.encoder, embedded.sequences, embedded.residues) == ("physchem", 1, 5)
    assert (embedded.folder / "manifest.json").exists()
    assert capsys.readouterr().out == ""


def test_fasta_and_eclip_give_the_windows_that_a_table_gives(
    sources: dict[str, Any], tmp_path: Path
) -> None:
    records = [f">{n}_P1_K562_{('neg', 'pos')[n % 2]}; chr1; class:{n % 2}\n{rna}\n"
               for n, rna in enumerate(RNA)]  # fmt: skip
    (tmp_path / "w.fa").write_text("".join(records))
    (tmp_path / "eclip").mkdir()
    lines = "".join(f"{rna}\t{n % 2}\n" for n, rna in enumerate(RNA))
    (tmp_path / "eclip" / "P1_K562").write_text(lines)
    proteins = sources["proteins"]
    made = [
        rb.import_table(**sources, k=5),
        rb.import_fasta(tmp_path / "w.fa", proteins=proteins, out=tmp_path / "f", k=5),
        rb.import_eclip(tmp_path / "eclip", proteins=proteins, out=tmp_path / "e", k=5),
    ]
    for each in made:
        assert tuple(each.dataset.windows()["rna"]) == RNA
        assert each.dataset.overlap_clusters == 1


def test_a_split_and_a_subset_agree_with_the_windows(tiny: Path, tmp_path: Path) -> None:
    data = rb.load_dataset(tiny)
    drawn = rb.subset(data, tmp_path / "small", per_protein=20)
    assert set(drawn.windows()["protein"].value_counts()) == {20}
    frozen = rb.split(drawn, "random", seed=1)
    assert len(frozen.part_of) == len(drawn)
    table = frozen.table().set_index("part")
    for part in ("train", "validation", "test"):
        assert table.loc[part, "windows"] == frozen.part_of.count(part)
        chosen = drawn.windows()["label"][[each == part for each in frozen.part_of]]
        assert table.loc[part, "positives"] == chosen.sum()


def test_baselines_are_a_table_in_which_what_reads_no_letter_is_at_chance_level(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = rb.baselines(tiny)
    table = scored.table().set_index("control")
    assert table.loc["protein-degree", "auroc"] == 0.5
    assert {"5mer-shared", "protein-only"} <= set(table.index)
    each = scored.proteins()
    mean = each[each["control"] == "5mer-shared"]["auroc"].mean()
    assert table.loc["5mer-shared", "auroc_proteins"] == pytest.approx(mean)
    told = capsys.readouterr()
    assert told.out == ""
    assert "5mer-shared: done" in told.err


def test_hyperparameters_are_a_table_below_a_path() -> None:
    paths = set(rb.hyperparameters("train")["path"])
    assert "train.lr" in paths
    assert all(path.startswith("train") for path in paths)
    with pytest.raises(rb.UserError, match=r"Did you mean 'model\.encoder'"):
        rb.hyperparameters("model.encodr")


def test_a_job_that_cannot_run_on_a_cluster_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(rb.UserError, match="absolute path"):
        rb.submit("rpbind ablate", reports="reports")
    with pytest.raises(rb.UserError, match="missing"):
        rb.submit([], reports="/shared")


def test_a_name_of_the_face_is_a_function_also_where_a_room_has_the_same_name() -> None:
    import rpbind.baselines.run

    assert inspect.isfunction(rb.baselines)
    assert rpbind.baselines is rb.baselines


MISTAKES = {
    "unknown keyword": (lambda s: rb.import_table(**s, on_conflct="drop"), "Did you mean 'on_con"),
    "unknown argument": (lambda s: rb.embed(s["out"], encodr="triad"), "Did you mean 'encoder'"),
    "missing argument": (lambda s: rb.import_table(s["windows"], out="o"), "'proteins'"),
    "wrong type": (lambda s: rb.import_table(**s, k="5"), "k is int or None"),
    "number for a path": (lambda s: rb.load_dataset(3), "folder is str or Path"),
    "out of bounds": (lambda s: rb.import_table(**s, k=99), "k is 1 to 31"),
    "unknown word": (lambda s: rb.import_table(**s, on_conflict="dorp"), "Did you mean 'drop'"),
    "not a number": (lambda s: rb.import_table(**s, max_n_share=float("nan")), "max_n_share"),
    "no such file": (lambda s: rb.import_table(**s | {"windows": "nowhere.csv"}), "nowhere.csv"),
    "no such folder": (lambda s: rb.load_dataset("nowhere"), "nowhere is not a dataset"),
    "a file for a folder": (lambda s: rb.import_eclip(s["windows"], proteins=s["proteins"],
                                                      out=s["out"]), "windows.csv"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_sentence_and_leaves_nothing_half_written(
    mistake: str, sources: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    call, words = MISTAKES[mistake]
    with pytest.raises(rb.UserError, match=words.replace("?", r"\?")):
        call(sources)
    assert sorted(tmp_path.rglob("*")) == before
    assert capsys.readouterr().out == ""


def test_the_signature_of_an_import_names_every_option_with_its_default() -> None:
    parameters = inspect.signature(rb.import_fasta).parameters
    assert [*parameters][:3] == ["windows", "proteins", "out"]
    assert parameters["on_conflict"].default == "error"
    assert parameters["k"].default is None
