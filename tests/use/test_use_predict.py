import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import torch
from toy_trained import Toy

from rpbind.data.alphabet import decode
from rpbind.errors import UserError
from rpbind.metrics import summarise
from rpbind.train.batches import scoring_batches
from rpbind.train.loop import Training
from rpbind.use.predict import PredictionInput, predict_windows
from rpbind.use.window_input import TABLES, GivenWindows, read_windows

FIRST = "A" * 33


def windows_of(toy: Toy, count: int) -> tuple[list[str], list[str]]:
    """Return `count` windows spread over the dataset, as text, and their proteins."""
    inputs = toy.inputs
    some = torch.linspace(0, len(inputs.rna_NL) - 1, count).long()
    rna = [decode(tokens.numpy()) for tokens in inputs.rna_NL[some]]
    return rna, [inputs.proteins[p].id for p in inputs.protein_N[some].tolist()]


def predictions_of(toy: Toy, path: Path, text: str, protein: str | None = None) -> pa.Table:
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return predict_windows(toy.trained, PredictionInput(path, toy.fasta, protein)).table


def refusal(toy: Toy, path: Path, text: str, protein: str | None = None) -> str:
    with pytest.raises(UserError) as error:
        predictions_of(toy, path, text, protein)
    return str(error.value)


def rpbind(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rpbind", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_windows_of_the_dataset_get_the_logits_of_the_run(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    inputs, trained = sees_motifs.inputs, sees_motifs.trained
    training = Training(trained.recipe, trained.seed, inputs)
    training.model.load_state_dict(trained.model.state_dict())
    scores = training.score("test")
    metrics, _ = summarise(scores, inputs.proteins, "test")
    assert metrics.items() <= sees_motifs.row.metrics.items()
    rows = [
        f"{decode(inputs.rna_NL[n].numpy())},{inputs.proteins[inputs.protein_N[n]].id}"
        for n in torch.cat(scoring_batches(inputs.parts["test"])).tolist()
    ]
    table = predictions_of(sees_motifs, tmp_path / "test.csv", "\n".join(["rna,protein", *rows]))
    np.testing.assert_allclose(table["logit"], scores.logit_N, atol=1e-5)


def test_fasta_csv_tsv_parquet_and_gz_give_the_same_logits(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    rna, proteins = windows_of(sees_motifs, 9)
    pairs = list(zip(rna, proteins, strict=True))
    fasta = "".join(f">{n}_{p}_pos; chr21; class:1\n{r}\n" for n, (r, p) in enumerate(pairs))
    first = predictions_of(sees_motifs, tmp_path / "w.fasta", fasta)
    others = [
        predictions_of(sees_motifs, tmp_path / "w.fa.gz", fasta),
        predictions_of(
            sees_motifs,
            tmp_path / "w.csv.gz",
            "\n".join(["protein,rna", *(f"{p},{r.lower()}" for r, p in pairs)]),
        ),
        predictions_of(
            sees_motifs,
            tmp_path / "w.tsv",
            "\n".join(["rna\tx\tprotein", *(f"{r}\t1\t{p}" for r, p in pairs)]),
        ),
    ]
    pq.write_table(pa.table({"rna": rna, "protein": proteins}), tmp_path / "w.parquet")
    given = PredictionInput(tmp_path / "w.parquet", sees_motifs.fasta)
    others.append(predict_windows(sees_motifs.trained, given).table)
    for other in others:
        assert other["logit"].equals(first["logit"])
        assert other["protein"].to_pylist() == proteins
    assert first["name"][1].as_py() == f"1_{proteins[1]}_pos"
    assert first["row"].to_pylist() == list(range(1, 18, 2))
    assert others[1]["row"].to_pylist() == list(range(2, 11))


def test_a_protein_name_in_another_spelling_gives_the_same_predictions_and_a_remark(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    rna, proteins = windows_of(sees_motifs, 4)
    for name, spell in (("as_it_is", str), ("lower", str.lower)):
        rows = [f"{r},{spell(p)}" for r, p in zip(rna, proteins, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["RNA,Protein", *rows]))
    one, other = (
        predict_windows(sees_motifs.trained, PredictionInput(tmp_path / name, sees_motifs.fasta))
        for name in ("as_it_is.csv", "lower.csv")
    )
    assert other.table.drop(["protein"]).equals(one.table.drop(["protein"]))
    assert one.remarks == ()
    assert f"{proteins[0].lower()} ({proteins[0]})" in other.remarks[0]


def test_one_protein_may_be_given_for_all_windows(sees_motifs: Toy, tmp_path: Path) -> None:
    rna, _ = windows_of(sees_motifs, 4)
    plain = "".join(f">w{n} some words\n{r}\n" for n, r in enumerate(rna))
    table = predictions_of(sees_motifs, tmp_path / "w.fasta", plain, "SIM01")
    assert table["protein"].to_pylist() == ["SIM01"] * 4
    assert table["name"].to_pylist() == ["w0", "w1", "w2", "w3"]
    column = "\n".join(["rna", *rna])
    assert predictions_of(sees_motifs, tmp_path / "w.csv", column, "SIM01")["logit"].equals(
        table["logit"]
    )
    assert "names no protein" in refusal(sees_motifs, tmp_path / "w.fasta", plain)
    assert "line 1: '>w0 some words'" in refusal(sees_motifs, tmp_path / "w.fasta", plain)


def test_windows_that_name_another_protein_are_not_scored_for_the_given_one(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    table = f"rna,Protein\n{FIRST},sim01\n{FIRST},SIM02\n"
    fasta = f">1_SIM01_pos; chr21; class:1\n{FIRST}\n>2_SIM02\n{FIRST}\n"
    for name, text in (("w.csv", table), ("w.fasta", fasta)):
        message = refusal(sees_motifs, tmp_path / name, text, "SIM01")
        assert "--protein SIM01" in message
        assert "names SIM02." in message
        same = text.replace("SIM02", "SIM01")
        assert len(predictions_of(sees_motifs, tmp_path / name, same, "SIM01")) == 2
    given = GivenWindows([FIRST, FIRST], ["SIM01", "SIM02"])
    with pytest.raises(UserError, match="the given windows names SIM02"):
        predict_windows(sees_motifs.trained, PredictionInput(given, sees_motifs.fasta, "SIM01"))
    numbered = f">1_window\n{FIRST}\n"  # no protein has this name
    assert len(predictions_of(sees_motifs, tmp_path / "n.fasta", numbered, "SIM01")) == 1


def test_a_fasta_of_windows_without_a_class_names_the_protein_alone(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    headers = ("1_SIM00_pos; chr21; class:1", "2_SIM01; chr21", "3_SIM02", "4_SIM03_neg")
    windows = "".join(f">{header}\n{FIRST}\n" for header in headers)
    table = predictions_of(sees_motifs, tmp_path / "w.fasta", windows)
    assert table["protein"].to_pylist() == ["SIM00", "SIM01", "SIM02", "SIM03"]


def test_a_row_has_what_is_known_of_the_model_on_its_protein(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    inputs = sees_motifs.inputs
    fasta = tmp_path / "proteins.fasta"
    renamed = inputs.proteins[2].sequence
    fasta.write_text(f"{sees_motifs.fasta.read_text()}>NEW\nMKVLA\n>OTHERNAME\n{renamed}\n")
    table = tmp_path / "w.csv"
    table.write_text(f"rna,protein\n{FIRST},SIM02\n{FIRST},NEW\n{FIRST},OTHERNAME\n")
    result = predict_windows(sees_motifs.trained, PredictionInput(table, fasta)).table.to_pylist()
    train = inputs.parts["train"]
    mine = train[inputs.protein_N[train] == 2]
    known = {s.protein: s.auroc for s in sees_motifs.row.proteins if s.part == "validation"}
    assert result[0]["seen_in_training"] is True
    assert result[0]["training_base_rate"] == pytest.approx(inputs.label_N[mine].float().mean())
    assert result[0]["validation_auroc"] == known["SIM02"]
    assert result[1]["seen_in_training"] is False
    assert result[1]["training_base_rate"] is result[1]["validation_auroc"] is None
    same = {"row": 0, "protein": ""}
    assert result[2] | same == result[0] | same


def test_probabilities_are_the_sigmoid_of_the_raw_and_of_the_calibrated_logit(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    rna, proteins = windows_of(sees_motifs, 30)
    rows = [f"{r},{p}" for r, p in zip(rna, proteins, strict=True)]
    table = predictions_of(sees_motifs, tmp_path / "w.csv", "\n".join(["rna,protein", *rows]))
    logit_N = table["logit"].to_numpy().astype(float)
    calibration = sees_motifs.trained.calibration
    np.testing.assert_allclose(table["probability"], 1 / (1 + np.exp(-logit_N)))
    wanted = 1 / (1 + np.exp(-(calibration.slope * logit_N + calibration.intercept)))
    np.testing.assert_allclose(table["calibrated"], wanted)


def test_a_window_that_cannot_be_read_is_named_with_file_and_line(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    table, fasta = tmp_path / "w.csv", tmp_path / "w.fasta"
    head = f"rna,protein\n{FIRST},SIM00\n"
    assert "w.csv, line 3: 19 letters; the model reads windows of 20 to 1,024 nt" in refusal(
        sees_motifs, table, f"{head}{FIRST[:19]},SIM00\n"
    )
    assert "w.csv, line 2: 4 letters" in refusal(sees_motifs, table, "rna,protein\nACGU,SIM00\n")
    assert "w.csv, line 3: RNA has the letters" in refusal(
        sees_motifs, table, f"{head}{FIRST[1:]}X,SIM00\n"
    )
    assert "w.csv, line 3: " in refusal(sees_motifs, table, f"{head}{FIRST},NOBODY\n")
    assert "w.csv, line 3: the protein is missing" in refusal(
        sees_motifs, table, f"{head}{FIRST},\n"
    )
    assert "has no column 'protein'" in refusal(sees_motifs, table, f"rna\n{FIRST}\n")
    assert "w.fasta, line 3: 5 letters" in refusal(
        sees_motifs, fasta, f">a\n{FIRST}\n>b\nACGUA\n", "SIM00"
    )
    assert "is a BED file" in refusal(sees_motifs, tmp_path / "w.bed", "chr1 1 2\n")


def test_the_command_writes_complete_results_or_nothing(sees_motifs: Toy, tmp_path: Path) -> None:
    table, out = tmp_path / "w.csv", tmp_path / "result.csv"
    table.write_text(f"rna,protein\n{FIRST},SIM00\n")
    words = (sees_motifs.file, table, "--proteins", sees_motifs.fasta)
    finished = rpbind("predict", *words, "--out", out)
    assert finished.returncode == 0, finished.stderr
    result = pa.csv.read_csv(out)
    assert result.num_rows == 1
    assert result["protein"].to_pylist() == ["SIM00"]
    assert "1 window, 1 protein;" in finished.stdout
    table.write_text("rna,protein\nACGU,SIM00\n")
    refused = rpbind("predict", *words, "--out", tmp_path / "other.parquet")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "ACGU" not in refused.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["result.csv", "w.csv"]


def test_no_result_is_written_over_an_input_or_into_a_dataset(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    table = tmp_path / "w.csv"
    table.write_text(f"rna,protein\n{FIRST},SIM00\n")
    folder = tmp_path / "result.csv"
    folder.mkdir()
    words = (sees_motifs.file, table, "--proteins", sees_motifs.fasta, "--out")
    evaluate = ("evaluate", sees_motifs.file, "--data", sees_motifs.data, "--out")
    for out, command, result in (
        (table, ("predict", *words), "is an input"),
        (folder, ("predict", *words), "is a folder"),
        (sees_motifs.data / "windows.parquet", ("predict", *words), "is a dataset"),
        (sees_motifs.data / "manifest.json", evaluate, "is a dataset"),
    ):
        before = out.read_bytes() if out.is_file() else b""
        refused = rpbind(*command, out)
        assert refused.returncode == 2, refused.stderr
        assert result in refused.stderr
        assert (out.read_bytes() if out.is_file() else b"") == before


@pytest.mark.parametrize(
    ("name", "content"), [("w.json", b'{"rna": 1}'), ("w.bin", b"a\0b"), ("w.xyz", b"words")]
)
def test_a_file_of_another_kind_is_refused_with_the_endings_of_all_tables_that_are_read(
    name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_windows(tmp_path / name, "FUS")
    assert all(ending in str(refused.value) for ending in TABLES)
