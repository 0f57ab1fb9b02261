import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from rpbind.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
ECLIP91 = ROOT.parent / "shared" / "data" / "eclip91"
RPBIND = (sys.executable, "-m", "rpbind")
ABLATE = (sys.executable, str(ROOT / "experiments" / "ablate.py"))


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


KEPT = 60
"""Windows of each protein: as many as its smallest part needs for windows of both classes."""


def few_windows(table: Path, out: Path) -> None:
    """Write the first windows of each protein and label."""
    header, *lines = gzip.decompress(table.read_bytes()).decode().splitlines()
    kinds = [header.split("\t").index(name) for name in ("protein", "label")]
    seen: Counter[tuple[str, ...]] = Counter()
    kept = [header]
    for line in lines:
        cells = line.split("\t")
        kind = tuple(cells[place] for place in kinds)
        seen[kind] += 1
        kept += [line] * (seen[kind] <= KEPT // 2)
    out.write_text("\n".join(kept) + "\n")


@pytest.fixture(scope="module")
def subset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some windows of eclip91, imported and embedded by the commands of the README."""
    table = ECLIP91 / "ci_subset_12x1000.tsv.gz"
    if not table.exists():
        pytest.skip(f"real eCLIP windows are missing: there is no {table}")
    home = tmp_path_factory.mktemp("real")
    proteins = ("--proteins", str(ECLIP91 / "ci_subset_proteins.fasta"))
    columns = ("--cluster-column", "cluster31")
    few_windows(table, home / "windows.tsv")
    made = run(
        *RPBIND, "import", "table", "windows.tsv", *proteins, *columns, "--out", "ci", cwd=home
    )
    assert made.returncode == 0, made.stderr
    assert "720 windows of 101 nt (360 positive), 12 proteins" in made.stdout
    embedded = run(*RPBIND, "embed", "ci", cwd=home)
    assert embedded.returncode == 0, embedded.stderr
    return home


def test_the_main_job_runs_on_real_windows_and_leaves_a_report(subset: Path) -> None:
    options = ("--data", "ci", "--smoke", "--narrower", "32", "--trials", "2", "--name", "ci")
    done = run(*ABLATE, *options, cwd=subset)
    assert done.returncode == 0, done.stderr
    study = subset / "reports" / "ci"
    assert f"report: {study / 'index.html'}" in done.stdout
    ledger = Ledger(study)
    assert len(ledger.plan.arms) == 15
    rows = ledger.rows()
    assert len(rows) == 30
    assert {row.state for row in rows} == {"done"}
    old = [row.metrics["test.auroc_macro"] for row in rows if row.arm == "old"]
    assert old == [0.5, 0.5]
    assert len(ledger.rows("search")) == 2
    assert "cold-rna_70-15-15_seed0" in (study / "index.html").read_text()


def test_a_dry_run_says_what_would_run_and_runs_nothing(subset: Path) -> None:
    shown = run(*ABLATE, "--data", "ci", "--dry-run", "--name", "dry", "--workers", "2", cwd=subset)
    assert shown.returncode == 0, shown.stderr
    assert "14 arms x 5 seeds = 70 runs" in shown.stderr
    assert "in Ray Train worker groups: 2 worker(s)" in shown.stderr
    assert "at least 3.51 standard deviations" in shown.stderr
    assert "timed on this machine" in shown.stderr
    assert not (subset / "reports" / "dry").exists()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (("--data", "nowhere"), "nowhere"),
        (("--split", "cold-rma"), "id you mean 'cold-rna'?"),
        (("--executor", "thread"), "one of auto, trial, train, found 'thread'"),
        (("--executor", "trial", "--workers", "2"), "Use --executor train"),
        (("--design", "star"), "--design is one of path, path-reverse, path-both, leave-one-out"),
        (("--design", "factorial", "--changes", "residua,lr"), "Did you mean 'residual'?"),
        (("--seeds", "1000"), "takes 14,000 runs"),
        (("--trials", "3", "--space", "none.toml"), "There is no search space none.toml"),
    ],
)
def test_an_impossible_study_is_one_paragraph_and_exit_code_2(
    wrong: tuple[str, ...], expected: str, subset: Path
) -> None:
    data = () if "--data" in wrong else ("--data", "ci")
    refused = run(*ABLATE, *data, "--dry-run", *wrong, cwd=subset)
    assert refused.returncode == 2
    assert expected in refused.stderr
    assert "Traceback" not in refused.stderr
