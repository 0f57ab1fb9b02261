"""Every option of every `rpbind` command changes what is printed or written, or is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from bad_input import PROTEINS, WINDOWS, called, fill, snapshot
from toy_model import LENGTH, Made, make, placed
from toy_peaks import NEGATIVES, OF_NEGATIVES, OF_PEAKS, PEAKS
from toy_peaks import write as write_peaks
from toy_study import new

from rpbind import cli
from rpbind.data.dataset import Dataset
from rpbind.history import LOCK
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder

TABLE = "rpbind import table windows.tsv --proteins proteins.fasta --out o"
FASTA = "rpbind import fasta w.fa --proteins proteins.fasta --out o"
ECLIP = "rpbind import eclip dir --proteins proteins.fasta --out o"
PREDICT = "rpbind predict model w.csv --proteins sim.fasta --out o.csv"
EXPLAIN = f"rpbind explain model --rna {'ACGU' * 7}ACG --protein SIM00 --proteins sim.fasta"
SUBMIT = "rpbind submit --reports /s"
IMPORTED = {"--proteins": ("--proteins proteins.fasta", "--proteins others.fasta"),
            "--out": ("--out o", "--out p"), "--k": ("--k 5", "--k 10"),
            "--homology": ("--k 5", "--k 5 --homology mmseq"),
            "--max-n-share": ("--k 5", "--k 5 --max-n-share 0"),
            "--names": ("--k 5", "--k 5 --names names.tsv"),
            "--bad-rows": ("--k 5", "--k 5 --max-n-share 0 --bad-rows drop")}  # fmt: skip
LABELLED = IMPORTED | {"--label-map": ("--k 5", "--k 5 --label-map 1=0,0=1"),
                       "--fit": ("--k 5", "--k 5 --fit left --width 8"),
                       "--width": ("--k 5", "--k 5 --fit left --width 8"),
                       "--on-conflict": ("--k 5", "--k 5 --on-conflict drip")}  # fmt: skip
NAMED = LABELLED | {"--name-pattern": ("--k 5", "--k 5 --name-pattern {protein}B.*")}
TWICE = ("windows.tsv", "windows.tsv --on-conflict drop")

EFFECTS: dict[str, dict[str, tuple[str, str]]] = {
    f"{TABLE} --k 5": NAMED | {
        "--on-conflict": ("windows.tsv", "twice.tsv --on-conflict drop"),
        "--columns": ("--k 5", "--k 5 --columns rna,protein,label,rna2,label2,cluster"),
        "--sheet": ("--k 5", "--k 5 --sheet 1"),
        "--rna-column": ("--k 5", "--k 5 --rna-column rna2"),
        "--protein-column": ("--k 5", "--k 5 --protein-column rna"),
        "--label-column": ("--k 5", "--k 5 --label-column label2"),
        "--cluster-column": ("--k 5", "--cluster-column cluster"),
        "--split-column": ("--k 5", "--k 5 --split-column label2"),
    },
    f"{FASTA} --k 5": NAMED | {"--labels": ("--k 5", "--k 5 --labels c/GENEA_K562")},
    f"{ECLIP} --k 5": LABELLED | {
        "--clusters": ("--k 5", "--clusters c"),
    },
    PEAKS: IMPORTED | OF_PEAKS,
    NEGATIVES: OF_NEGATIVES,
    "rpbind embed d": {
        "--encoder": ("d", "d --encoder triad"), "--weights": ("d", "d --weights w.pt"),
        "--option": ("d", "d --option dim=3"),
        "--precision": ("d", "d --precision bfloat16"),
        "--from": ("d", "d --from v.npz"),
        "--batch-residues": ("d", "d --batch-residues 9"),
    },
    "rpbind split d": {
        "--rule": ("d", "d --rule random"), "--seed": ("d", "d --seed 1"),
        "--ratio": ("d", "d --ratio 50:25:25"), "--from": ("d", "d --from parts.csv"),
        "--name": ("d", "d --name mine"), "--column": ("d", "d --column other"),
    },
    "rpbind subset d --per-protein 3 --out o": {
        "--per-protein": ("protein 3", "protein 4"), "--out": ("out o", "out p"),
        "--seed": ("out o", "out o --seed 1"),
    },
    "rpbind data d": {"--reproduce": ("data d", "data d --reproduce")},
    "rpbind audit d": {
        "--split": ("d", "d --split random"), "--out": ("d", "d --out page.html"),
        "--json": ("d", "d --json"),
    },
    "rpbind price --windows 3000 --seeds 2 --rate 50": {
        "--design": ("50", "50 --design add-one-in"), "--trials": ("50", "50 --trials 3"),
        "--tune-arms": ("50", "50 --tune-arms 3"), "--data": ("50", "50 --data d"),
        "--split": ("50", "50 --split random:80:10:10"),
        "--proteins": ("50", "50 --proteins triad"), "--seeds": ("seeds 2", "seeds 3"),
        "--epochs": ("50", "50 --epochs 3"), "--windows": ("3000", "4000"),
        "--cores": ("50", "50 --cores 97"), "--gpus": ("50", "50 --gpus 97"),
        "--gpus-per-run": ("50", "50 --gpus-per-run 2"), "--rate": ("50", "60"),
        "--measure": ("50", "50 --measure"), "--json": ("50", "50 --json"),
    },
    "rpbind baselines d": {
        "--split": ("d", "d --split random"), "--proteins": ("d", "d --proteins random"),
        "--out": ("d", "d --out scores.csv"),
    },
    "rpbind hyperparameters train": {},
    "rpbind init": {},
    "rpbind schema": {},
    "rpbind config": {},
    "rpbind help import table": {},
    "rpbind report s --format md": {
        "--watch": ("s --format md", "s --watch"),
        "--format": ("--format md", "--format latex"),
        "--table": ("--format md", "--format md --table arms"),
        "--out": ("--format md", "--format md --out r.md"),
    },
    "rpbind status s": {},
    "rpbind note s new --tag mine": {
        "--tag": ("tag mine", "tag other"), "--untag": ("mine", "mine --untag other"),
        "--clear": ("s new", "s --clear"),
    },
    "rpbind verify s/claims/card.json": {
        "--study": ("card.json", "card.json --study other"),
        "--data": ("card.json", "card.json --data d"),
        "--retrain": ("card.json", "card.json --retrain 1"),
    },
    "rpbind compare s s": {
        "--arm": ("s s", "s s --arm old"),
        "--against": ("s s", "s s --arm old --against fixed"),
    },
    "rpbind doctor --preset old": {
        "--preset": ("old", "fixed"), "--data": ("old", "old --data d"),
    },
    PREDICT: {
        "--proteins": ("sim.fasta", "others.fasta"), "--out": ("o.csv", "p.csv"),
        "--protein": ("w.csv", "rna.csv --protein SIM01"), "--fit": ("o.csv", "o.csv --fit top"),
        "--weights": ("o.csv", "o.csv --weights w.pt"),
    },
    "rpbind export model --out o.onnx": {
        "--format": ("o.onnx", "o.pt2 --format torch-export"), "--out": ("o.onnx", "p.onnx"),
    },
    "rpbind evaluate model --data d": {
        "--data": ("data d", "data e"), "--split": ("d", "d --split random"),
        "--part": ("data d", "data d --part validation"),
        "--other-data": ("data d", "data d --split random --other-data"),
        "--out": ("data d", "data d --out o.json"),
    },
    EXPLAIN: {
        "--rna": ("rna ACGU", "rna GGGU"), "--protein": ("SIM00", "SIM01"),
        "--proteins": ("sim.fasta", "others.fasta"),
        "--width": ("SIM00", "SIM00 --width 3"), "--weights": ("SIM00", "SIM00 --weights w.pt"),
        "--out": ("SIM00", "SIM00 --out o.parquet"),
    },
    f"{SUBMIT} -- python p.py": {
        "--reports": ("/s", "/t"), "--address": ("/s", "/s --address http://h:1"),
        "--no-wait": ("/s", "/s --no-wait"),
    },
    **{f"rpbind job {word} ID": {"--address": ("ID", "ID --address http://h:1")}
       for word in ("logs", "status", "stop")},
    "rpbind job fetch ID": {
        "--address": ("ID", "ID --address http://h:1"), "--out": ("ID", "ID --out elsewhere"),
    },
}  # fmt: skip
STUDIES = ("rpbind ablate", "rpbind tune", "rpbind train", "rpbind run")
"""Commands whose options `tests/test_every_option.py` has."""
ELSEWHERE = {"--quiet", "--verbose", "--trust"}
"""Options of many commands: `tests/test_conventions.py` has the first two, `tests/parts` the
third."""
MADE: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make one folder with all that the commands read."""
    made: Made = make(tmp_path_factory.mktemp("model"))
    folder = tmp_path_factory.mktemp("effects")
    placed(made, folder)
    shutil.move(folder / "proteins.fasta", folder / "sim.fasta")
    fill(folder, lambda folder: new(folder))
    rows = (folder / "w.csv").read_text().splitlines()
    (folder / "rna.csv").write_text("\n".join(row.partition(",")[0] for row in rows))
    first, *lines = WINDOWS.splitlines()
    wide = [f"{first}\trna2\tlabel2\tcluster"]
    wide += [
        f"{line}\t{line[1:4]}N{line[:6]}\t{n % 3 > 0:d}\t{n // 2}" for n, line in enumerate(lines)
    ]
    wide[3] = "N" + wide[3][1:]
    (folder / "windows.tsv").write_text("\n".join(wide) + "\n")
    (folder / "twice.tsv").write_text(WINDOWS + lines[0][:-1] + "1\n" + lines[0][:-1] + "0\n")
    halves = re.sub(r"\n(\w+)\n", lambda line: f"\n{line[1][: len(line[1]) // 2]}\n", made.fasta)
    (folder / "others.fasta").write_text(PROTEINS.replace("MKVLA", "MWWWW") + halves)
    rna = ["ACGUACGUAC", "ACGUNGGGGG", "GGGUACGUAA", "CCCUACGUCC"]
    records = [
        f">{n}_GENEA_K562_{('neg', 'pos')[n % 2]}; chr1; class:{n % 2}\n{one}\n"
        for n, one in enumerate(rna)
    ]
    (folder / "w.fa").write_text("".join(records))
    for name, text in (("dir", "".join(f"{one}\t{n % 2}\n" for n, one in enumerate(rna))),
                       ("c", "1\n2\n3\n4\n")):  # fmt: skip
        (folder / name).mkdir()
        (folder / name / "GENEA_K562").write_text(text)
    (folder / "names.tsv").write_text("name\tprotein\nGENEA_K562\tGENEB_K562\n")
    write_peaks(folder)
    write_card(folder)
    dataset = Dataset.open(folder / "d")
    parts = (f"{n},{('train', 'test')[n // 2 % 2]}\n" for n in range(len(dataset)))
    (folder / "parts.csv").write_text("row,part\n" + "".join(parts))
    for encoder in ("random", "constant"):
        build_store(folder / "d", make_encoder(encoder), [p.sequence for p in dataset.proteins])
    assert len(made.rna[0]) == LENGTH
    MADE[:] = [folder]


def write_card(folder: Path) -> None:
    """A card of the study `s`, and a copy of the study that was changed since."""
    from rpbind.analysis.summary import read
    from rpbind.findings.cards import cards_of
    from rpbind.findings.row_hash import RowHashes
    from rpbind.ledger import Ledger

    ledger = Ledger(folder / "s")
    shutil.copytree(folder / "s", folder / "other")
    Ledger(folder / "other").begin(ledger.plan.model_copy(update={"rule": "Another."}))
    (folder / "s" / "claims").mkdir()
    card = cards_of(read(ledger), RowHashes(ledger))[0]
    (folder / "s" / "claims" / "card.json").write_text(card.json_text())


class Server:
    """A job server that only repeats what it is told."""

    def __init__(self, address: str) -> None:
        self.address = address


def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clusters and examinations say what they were asked for."""
    import rpbind.api.doctor
    from rpbind.cluster import jobs

    monkeypatch.setattr(jobs, "connect", Server)
    monkeypatch.setattr(jobs, "submit", lambda server, order: print(server.address, order) or "ID")
    for name in ("follow", "stop", "details", "fetch"):
        monkeypatch.setattr(jobs, name, lambda server, *asked: said(server.address, *asked[:2]))
    monkeypatch.setattr(rpbind.api.doctor, "diagnoses", lambda *asked, trust: said(*asked) or [])


def said(*asked: Any) -> Any:
    print([str(each) for each in asked if not callable(each)])
    raise typer.Exit


def outcome(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[object, ...]:
    """Exit code, words and files of a command in a fresh copy of the folder; without times.

    Manifests say when they were made.
    """
    shutil.copytree(MADE[0], folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    code = called(command)
    told = re.sub(r"\d+(\.\d+)? (s|GB)\b|0x\w+", "", "".join(capsys.readouterr()))
    told = told.replace(str(folder), "")
    told = re.sub(r"loading \w+\n", "", told)  # once per process
    told = re.sub(r"│ +[\d.]+ +│\n", "", told)  # the seconds of a control
    files = {k: v for k, v in snapshot(folder).items() if not k.startswith("s/")}
    return code, told, {k: v for k, v in files.items() if not k.endswith("manifest.json")}


def commands(group: Any, words: str = "rpbind") -> dict[str, set[str]]:
    """The options of every command."""
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{words} {name}")
        else:
            options = {one.opts[0] for one in command.params if one.opts[0].startswith("--")}
            found[f"{words} {name}"] = options - {"--help"} - ELSEWHERE
    return found


@pytest.mark.parametrize("command", EFFECTS, ids=lambda word: word.removeprefix("rpbind "))
def test_a_command_does_the_same_twice(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(monkeypatch)
    first = outcome(command, tmp_path / "one", capsys, monkeypatch)
    assert first == outcome(command, tmp_path / "two", capsys, monkeypatch)


def datasets(folder: Path) -> dict[str, dict[str, str]]:
    """What each dataset in a folder consists of, beside its manifest and kept audits."""
    roots = [path.parent for path in folder.rglob("windows.parquet")]
    skipped = ("manifest.json", LOCK)
    return {
        str(root.relative_to(folder)): {
            name: content
            for name, content in snapshot(root).items()
            if not name.endswith(skipped) and not name.startswith("audits")
        }
        for root in roots
    }


@pytest.mark.parametrize("command", EFFECTS, ids=lambda word: word.removeprefix("rpbind "))
def test_what_a_command_makes_or_changes_has_it_in_its_history_which_does_the_same_again(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch)
    shutil.copytree(MADE[0], tmp_path / "one")
    monkeypatch.chdir(tmp_path / "one")
    before = datasets(Path())
    called(command)
    after = datasets(Path())
    changed = [root for root in after if after[root] != before.get(root)]
    new = {}
    for root in changed:
        old = MADE[0] / root / "manifest.json"
        known = len(json.loads(old.read_bytes())["history"]) if old.exists() else 0
        new[root] = Dataset.open(Path(root)).manifest.history[known:]
        assert new[root], f"{command} has changed {root}, whose history does not say so"
    shutil.copytree(MADE[0], tmp_path / "two")
    monkeypatch.chdir(tmp_path / "two")
    for root, steps in new.items():
        assert called(steps[-1].shell) == 0, steps[-1].shell
        assert datasets(Path())[root] == after[root]


def test_every_option_of_every_command_has_a_line_in_this_table() -> None:
    named = commands(typer.main.get_command(cli.app))
    assert set(STUDIES) < set(named)
    for command, options in named.items():
        if command in STUDIES:
            continue
        (row,) = [row for line, row in EFFECTS.items() if f"{line} ".startswith(f"{command} ")]
        assert row.keys() == options, command


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, option) for command, row in EFFECTS.items() for option in row],
    ids=lambda word: word.removeprefix("rpbind "),
)
def test_an_option_changes_what_a_command_does(
    command: str,
    option: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(monkeypatch)
    before, after = EFFECTS[command][option]
    head, found, tail = command.rpartition(before)
    assert found
    plain = outcome(command, tmp_path / "plain", capsys, monkeypatch)
    assert plain[0] == 0, plain[1]
    assert outcome(f"{head}{after}{tail}", tmp_path / "other", capsys, monkeypatch) != plain
