import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rpbind.ledger import ArmPlan, Ledger, Plan, ProteinScore, Row
from rpbind.recipe import Recipe

RNA = ("ACGUACGUAC", "GGGUACGUAA", "CCCUACGUCC", "UUUUACGUGG")


def rpbind(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rpbind", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def toy_sources(folder: Path) -> tuple[Path, Path]:
    table = folder / "windows.csv.gz"
    rows = "".join(f"{rna},P1,{n % 2}\r\n" for n, rna in enumerate(RNA))
    table.write_bytes(gzip.compress(b"rna,protein,label\r\n" + rows.encode()))
    proteins = folder / "proteins.fasta"
    proteins.write_text(">P1\nMKVLA\n")
    return table, proteins


def test_a_table_is_imported_and_embedded_by_two_commands(tmp_path: Path) -> None:
    table, proteins = toy_sources(tmp_path)
    out = tmp_path / "toy"
    made = rpbind("import", "table", table, "--proteins", proteins, "--out", out, "--k", 5)
    assert made.returncode == 0, made.stderr
    assert "4 windows of 10 nt (2 positive), 1 protein, 1 overlap cluster, from" in made.stdout
    embedded = rpbind("embed", out)
    assert embedded.stdout == "embedding store physchem: 1 sequences, 5 residues x 10, float32\n"


def test_esm2_without_weights_says_where_to_get_them_and_falls_back_to_nothing(
    tmp_path: Path,
) -> None:
    table, proteins = toy_sources(tmp_path)
    out = tmp_path / "toy"
    rpbind("import", "table", table, "--proteins", proteins, "--out", out, "--k", 5)
    refused = rpbind("embed", out, "--encoder", "esm2_t33_650M_UR50D")
    assert refused.returncode == 2
    assert "--weights" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (out / "embeddings" / "physchem").exists()


def test_a_letter_that_is_no_nucleotide_is_named_with_file_and_line(tmp_path: Path) -> None:
    _, proteins = toy_sources(tmp_path)
    table = tmp_path / "bad.tsv"
    table.write_text("rna\tprotein\tlabel\nACGU\tP1\t1\nACXU\tP1\t0\n")
    out = tmp_path / "toy"
    refused = rpbind("import", "table", table, "--proteins", proteins, "--out", out)
    assert refused.returncode == 2
    assert "bad.tsv, line 3: " in refused.stderr
    assert "got 'X' at letter 3 of 4" in refused.stderr
    assert not out.exists()


def test_a_report_of_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    refused = rpbind("report", tmp_path)
    assert refused.returncode == 2
    assert "holds no study" in refused.stderr


def test_baselines_are_a_table_and_their_scores_per_protein_a_file(
    tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scores.csv"
    shown = rpbind("baselines", tiny, "--split", "cold-rna", "--out", out)
    assert shown.returncode == 0, shown.stderr
    assert "5mer-per-protein" in shown.stdout
    assert "peak memory" in shown.stdout
    first, *rows = out.read_text().replace('"', "").splitlines()
    assert first == "control,part,protein,cluster,windows,positives,auroc,auprc"
    assert {row.split(",")[0] for row in rows} >= {"5mer-shared", "protein-degree"}


def test_baselines_of_an_unknown_split_are_refused(tiny: Path) -> None:
    refused = rpbind("baselines", tiny, "--split", "cold-rma")
    assert refused.returncode == 2
    assert "Did you mean 'cold-rna'?" in refused.stderr


@pytest.mark.parametrize("command", ["split", "embed", "subset", "baselines"])
def test_no_command_works_on_a_dataset_that_was_changed(
    tiny: Path, tmp_path: Path, command: str
) -> None:
    shutil.copytree(tiny, tmp_path / "changed")
    labels = tmp_path / "changed" / "arrays" / "label.npy"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x09")
    smaller = ("--per-protein", 2, "--out", tmp_path / "out") if command == "subset" else ()
    refused = rpbind(command, tmp_path / "changed", *smaller)
    assert refused.returncode == 2
    assert "the SHA-256 of arrays/label.npy differs" in refused.stderr


def test_a_study_says_where_it_stands_and_is_the_same_as_itself(tmp_path: Path) -> None:
    recipe = Recipe()
    arm = {"name": "a", "recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id}
    asked = {"question": "?", "prediction": "!", "rule": ".", "design": "one", "created": ""}
    plan = Plan(study="toy", arms=(ArmPlan(**arm),), contrasts=(), seeds=(0, 1, 2), dataset="d",
                split="s", **asked)  # fmt: skip
    score = {"part": "test", "windows": 9, "positives": 3, "auprc": 0.5}
    each = tuple(ProteinScore(protein=f"P{g}", cluster=g, auroc=0.5, **score) for g in (0, 1))
    Ledger(tmp_path).begin(plan)
    for seed in (0, 1):
        Ledger(tmp_path).append(
            Row(arm="a", seed=seed, state="done", recipe=arm["recipe"], recipe_id=recipe.id,
                metrics={"test.loss": 0.7}, proteins=each, ended="")
        )  # fmt: skip
    stands = rpbind("status", tmp_path)
    assert stands.stdout == "toy: not running\n3 planned runs: 2 done, 1 planned\n"
    compared = rpbind("compare", tmp_path, tmp_path)
    assert "2/3×2" in compared.stdout
    assert "inert" in compared.stdout
    assert "seed 2: 1: a planned, 2: a planned" in compared.stdout
