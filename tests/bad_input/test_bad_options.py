"""Options of every `rpbind` command that are wrong, without effect, or contradict each other."""

from pathlib import Path

import pytest
from bad_input import IMPORT, Case, check
from toy_imports import eclip
from toy_study import new
from toy_world import world

LETTERS = "ACGUACGUACGUACGUACGUACGUACGUACG"
MODEL = {"m.pt": "x", "w.csv": f"rna,protein\n{LETTERS},P\n"}
USE = "--proteins proteins.fasta"


IMPORTS = [
    Case(
        "a k-mer and a column of clusters",
        f"{IMPORT} --cluster-column c",
        ("--k", "--cluster-column c"),
    ),
    Case(
        "a k-mer and a folder of clusters",
        f"{eclip()} --clusters c",
        ("--k", "--clusters c"),
        {"dir/GENEA_K562": f"{LETTERS}\t1\n"},
    ),
    Case(
        "a k-mer of no letters",
        IMPORT.replace("--k 5", "--k 0"),
        ("--k", "greater than or equal to 1"),
    ),
    Case("a k-mer in words", IMPORT.replace("--k 5", "--k five"), ("--k", "integer")),
    Case("two outputs", f"{IMPORT} --out e", ("--out", "2 times")),
    Case("two k-mers, one with =", f"{IMPORT} --k=6", ("--k", "2 times")),
    Case("a share that is no number", f"{IMPORT} --max-n-share nan", ("--max-n-share",)),
    Case("a share above one", f"{IMPORT} --max-n-share 2", ("--max-n-share", "equal to 1")),
    Case("no output", IMPORT.replace("--out d", ""), ("--out",)),
    Case(
        "an option of another command", f"{IMPORT} --clusters c", ("No such option", "--clusters")
    ),
    Case("an empty column name", f"{IMPORT} --rna-column ''", ("--rna-column", "empty")),
    Case(
        "one column for two things",
        f"{IMPORT} --rna-column protein --protein-column protein",
        ("line 2",),
    ),
    Case(
        "weights of an encoder without any",
        "rpbind embed data --weights w.pt",
        ("no weights",),
        world(),
    ),
    Case("an encoder that is unknown", "rpbind embed data --encoder esm3", ("esm3",), world()),
    Case(
        "a subset of none", "rpbind subset data --per-protein 0 --out o", ("1 to", "got 0"), world()
    ),
    Case("a subset of all", "rpbind subset data --per-protein 9999 --out o", ("9,999",), world()),
    Case("a seed below zero", "rpbind split data --seed -1", ("--seed", "equal to 0")),
    Case("a rule that is none", "rpbind split data --rule cold", ("'cold-rna'", "cold"), world()),
    Case(
        "a baseline's split that is none",
        "rpbind baselines data --split cold",
        ("--split",),
        world(),
    ),
    Case(
        "vectors for a baseline that are not there",
        "rpbind baselines data --proteins triad",
        ("triad",),
        world(),
    ),
    Case(
        "a table of scores without a format",
        "rpbind baselines data --out o.txt",
        (".csv",),
        world(),
    ),
]

STUDIES = [
    Case(
        "the second arm alone", "rpbind compare s s --against old", ("--against old", "--arm"), new
    ),
    Case("an arm that neither has", "rpbind compare s s --arm odl", ("--arm", "old"), new),
    Case(
        "an arm that the second lacks",
        "rpbind compare s s --arm old --against x",
        ("--against",),
        new,
    ),
    Case("two arms", "rpbind compare s s --arm old --arm fixed", ("--arm", "2 times"), new),
    Case("one study", "rpbind compare s", ("other",), new),
    Case("an option that a command lacks", "rpbind report s --name x", ("--name",), new),
    Case("a format", "rpbind report s --format mb", ("--format", "md"), new),
    Case("a table", "rpbind report s --format md --table verdict", ("verdicts",), new),
    Case("all tables in one CSV", "rpbind report s --format csv", ("--out", "--table"), new),
    Case("a folder for one text", "rpbind report s --format md --out s", ("s is a folder",), new),
    Case("a table without a format", "rpbind report s --table arms", ("--format",), new),
    Case("a schema", "rpbind schema findngs", ("findings",)),
    Case("a study and a preset", "rpbind doctor s --preset old", ("both", "--preset"), new),
    Case("nothing to examine", "rpbind doctor", ("neither", "--preset")),
    Case("a preset that is none", "rpbind doctor --preset odl", ("'old'",)),
]

MODELS = [
    Case(
        "a prediction as text", f"rpbind predict m.pt w.csv {USE} --out o.txt", (".parquet",), MODEL
    ),
    Case(
        "a prediction over its input",
        f"rpbind predict m.pt w.csv {USE} --out w.csv",
        ("w.csv",),
        MODEL,
    ),
    Case(
        "no protein named",
        f"rpbind predict m.pt w.csv {USE} --out o.csv --protein ''",
        ("--protein", "empty"),
        MODEL,
    ),
    Case("a part that is none", "rpbind evaluate m.pt --data d --part tset", ("'test'",), MODEL),
    Case("a split that is none", "rpbind evaluate m.pt --data d --split cold", ("--split",), MODEL),
    Case(
        "an evaluation as a table", "rpbind evaluate m.pt --data d --out o.csv", (".json",), MODEL
    ),
    Case(
        "an explanation as a picture",
        f"rpbind explain m.pt --rna ACGU --protein P {USE} --out o.png",
        (".html",),
        MODEL,
    ),
    Case(
        "a span of nothing",
        f"rpbind explain m.pt --rna ACGU --protein P {USE} --width 0",
        ("--width", "equal to 1"),
        MODEL,
    ),
    Case(
        "jobs whose reports are here",
        "rpbind submit --reports here -- python page.py",
        ("--reports", "absolute"),
    ),
    Case(
        "reports named twice",
        "rpbind submit --reports /s -- python p.py --reports /t",
        ("--reports", "rpbind submit"),
    ),
    Case("no command", "rpbind submit --reports /s", ("command",)),
]


@pytest.mark.parametrize("case", [*IMPORTS, *STUDIES, *MODELS], ids=lambda case: case.name)
def test_a_bad_option_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
