"""Search spaces that are none, and options of a search that cannot be meant."""

import json
from pathlib import Path

import pytest
from bad_input import Case, check

COMMAND = "tune.py --space s.toml --data nowhere"
ABOUT = 'about = "What is searched."\n'


def dim(path: str, kind: str, when: tuple[str, list[object]] | None = None, **keys: object) -> str:
    """A dimension as TOML; a value that begins with "=" is written as it is."""
    lines = ["[[dimension]]", f'path = "{path}"', f'kind = "{kind}"']
    for key, value in keys.items():
        raw = isinstance(value, str) and value.startswith("=")
        lines.append(f"{key} = {str(value)[1:] if raw else json.dumps(value)}")
    if when is not None:
        lines.append(f'when = {{ path = "{when[0]}", values = {json.dumps(when[1])} }}')
    return "\n".join(lines) + "\n"


RATE = dim("train.lr", "float", low=1e-4, high=1e-2, log=True)
OPTIMIZER = dim("train.optimizer", "choice", values=["adam", "adamw"])
SHIFT = dim("train.shift", "int", low=0, high=8, step=2)
LAYERS = dim("model.classifier.hidden", "layers", depth=[1, 2], width=[8, 16])


def space(name: str, toml: str | bytes, *says: str) -> Case:
    """A bad file."""
    return Case(name, COMMAND, ("s.toml", *says), {"s.toml": toml})


def drawn(name: str, dims: str, *says: str) -> Case:
    """A file of bad dimensions."""
    return space(name, ABOUT + dims, *says)


def option(name: str, options: str, *says: str, dims: str = RATE) -> Case:
    """Bad options beside a good file."""
    return Case(name, f"{COMMAND} {options}", says, {"s.toml": ABOUT + dims})


FILES = [
    Case("no such space", "tune.py --space none.toml --data nowhere", ("none.toml",)),
    Case("a folder for a space", "tune.py --space . --data nowhere", ("folder", "TOML file"),
         never=("Errno",)),
    space("an empty file", "", "lacks 'about'", "lacks 'dimension'"),
    space("no TOML", "about = \n", "line 1"),
    space("JSON in place of TOML", '{"about": "x"}', "line 1"),
    space("letters in Latin-1", b'about = "\xff"\n', "UTF-8"),
    space("a file in UTF-16", (ABOUT + RATE).encode("utf-16"), "UTF-8"),
    space("a byte of zero", b'about = "x\x00"\n', "line 1"),
    space("a name that is given twice", ABOUT + ABOUT, "line 2"),
    space("no dimension", ABOUT, "lacks 'dimension'"),
    space("an empty list of dimensions", ABOUT + "dimension = []\n", "at least 1"),
    space("no sentence", RATE, "lacks 'about'"),
    space("a number for a sentence", "about = 5\n" + RATE, "'about'", "5"),
    space("one bracket too few", ABOUT + RATE.replace("[[dimension]]", "[dimension]"),
          "[[dimension]]", "two brackets"),
    space("an option in the file", ABOUT + "trials = 5\n" + RATE, "'trials'", "about, dimension"),
]  # fmt: skip
DIMENSIONS = [
    drawn("a misspelt key", dim("train.lr", "float", low=0.1, hihg=0.2), "'hihg'", "'high'?"),
    drawn("no lower end", dim("train.lr", "float", high=0.2), "train.lr", "lacks 'low'"),
    drawn("an unknown kind", dim("train.lr", "flaot", low=1, high=2), "'flaot'", "'float'?"),
    drawn("no kind", '[[dimension]]\npath = "train.lr"\n', "lacks 'kind'", "choice, layers"),
    drawn("an unknown path", dim("train.learning_rate", "float", low=0.1, high=0.2),
          "'train.learning_rate'", "'train.lr'?"),
    drawn("an empty path", dim("", "float", low=0.1, high=0.2), "''"),
    drawn("a path below a number", dim("train.lr.x", "float", low=0.1, high=0.2), "'train.lr.x'"),
    drawn("a whole group", dim("train", "float", low=0.1, high=0.2), "optimizer, lr"),
    drawn("the seed", dim("seed", "int", low=1, high=2), "'seed'"),
    drawn("ends that are swapped", dim("train.lr", "float", low=0.2, high=0.1), "0.2 and 0.1"),
    drawn("ends that are equal", dim("train.lr", "float", low=0.2, high=0.2), "0.2 and 0.2"),
    drawn("an endless range", dim("train.lr", "float", low=0.1, high="=inf"), "inf"),
    drawn("an end that is no number", dim("train.lr", "float", low="=nan", high=0.2), "nan"),
    drawn("a logarithm of zero", dim("train.lr", "float", low=0.0, high=0.2, log=True),
          "low > 0", "0.0"),
    drawn("a number as text", dim("train.lr", "float", low="0.1", high=0.2), "'low'", "'0.1'"),
    drawn("a switch for a number", dim("train.lr", "float", low=True, high=2.0), "'low'", "True"),
    drawn("a date for a number", dim("train.lr", "float", low="=2020-01-01", high=0.2), "2020"),
    drawn("a word for a switch", dim("train.lr", "float", low=0.1, high=0.2, log="yes"),
          "'log'", "'yes'"),
    drawn("a range that the recipe refuses", dim("train.lr", "float", low=-1.0, high=0.2),
          "train.lr", "-1.0"),
    drawn("a share above one", dim("model.classifier.dropout", "float", low=0.0, high=1.5), "1.5"),
    drawn("parts of a whole number", dim("train.batch_size", "float", low=16.0, high=64.0),
          "train.batch_size", "integer"),
    drawn("steps that do not end on the end", dim("train.shift", "int", low=0, high=7, step=2),
          "steps of 2", "7"),
    drawn("steps of nothing", dim("train.shift", "int", low=0, high=8, step=0), "'step'", "0"),
    drawn("steps on a log scale", dim("train.shift", "int", low=1, high=9, step=2, log=True),
          "log scale"),
    drawn("a fraction for a whole number", dim("train.shift", "int", low=0.5, high=8), "0.5"),
    drawn("one choice", dim("train.batch_size", "choice", values=[32]), "at least 2"),
    drawn("two equal choices", dim("train.batch_size", "choice", values=[32, 32]), "32 and 32"),
    drawn("text for a list", dim("train.optimizer", "choice", values="adam"), "'values'", "'adam'"),
    drawn("an unknown choice", dim("train.optimizer", "choice", values=["adam", "sgdd"]), "'sgdd'"),
    drawn("a choice of a null", dim("train.clip_norm", "choice", values="=[1.0, null]"), "line 5"),
    drawn("a variant that is none",
          dim("model.memory", "choice", values='=["pooled", {kind = "sgment"}]'), "sgment"),
    drawn("words where the recipe has a switch",
          dim("model.film", "choice", values=["yes", "no"]), "'yes'", "true or false"),
    drawn("depths that are swapped",
          dim("model.classifier.hidden", "layers", depth=[3, 1], width=[8, 16]), "[3, 1]"),
    drawn("three depths",
          dim("model.classifier.hidden", "layers", depth=[1, 2, 3], width=[8, 16]), "'depth'"),
    drawn("a hundred thousand layers",
          dim("model.classifier.hidden", "layers", depth=[1, 100000], width=[8, 16]), "at most 64"),
    drawn("layers without units",
          dim("model.classifier.hidden", "layers", depth=[1, 2], width=[0, 16]), "[0, 16]"),
    drawn("layers of a rate", dim("train.lr", "layers", depth=[1, 2], width=[8, 16]), "train.lr"),
    drawn("two dimensions of one path", RATE + RATE, "two dimensions", "train.lr"),
    drawn("a part before its whole",
          dim("model.encoder.dim", "choice", values=[16, 32])
          + dim("model.encoder", "choice", values=["token", "conv"]), "must come before"),
    drawn("heads that do not divide their width",
          dim("model.attention.dim", "choice", values=[32, 64])
          + dim("model.attention.heads", "choice", values=[1, 3]), "heads must divide dim"),
]  # fmt: skip
CONDITIONS = [
    drawn("a condition in words", OPTIMIZER + RATE + 'when = "adam"\n', "'when'", "values ="),
    drawn("a condition without values",
          OPTIMIZER + RATE + 'when = { path = "train.optimizer" }\n', "lacks 'values'"),
    drawn("a condition of no values",
          OPTIMIZER + dim("train.lr", "float", ("train.optimizer", []), low=0.1, high=0.2),
          "when.values", "at least 1"),
    drawn("a condition on a misspelt value",
          OPTIMIZER + dim("train.lr", "float", ("train.optimizer", ["adan"]), low=0.1, high=0.2),
          "adan", "'adam'?"),
    drawn("a condition on what is not searched",
          dim("train.lr", "float", ("train.optimizer", ["adam"]), low=0.1, high=0.2),
          "'train.optimizer'", "no dimension before it"),
    drawn("a condition on itself", dim("train.lr", "float", ("train.lr", [0.1]), low=0.1, high=0.2),
          "'train.lr'", "no dimension before it"),
    drawn("a condition between two steps",
          SHIFT + dim("train.lr", "float", ("train.shift", [3]), low=0.1, high=0.2),
          "3", "from 0 to 8 in steps of 2"),
    drawn("a condition on a continuous number",
          RATE + dim("train.batch_size", "choice", ("train.lr", [0.001]), values=[32, 64]),
          "real number", "a choice or a whole number"),
    drawn("a number as a condition on layers",
          LAYERS + dim("train.lr", "float", ("model.classifier.hidden", [3]), low=0.1, high=0.2),
          "3", "1 to 2 widths from 8 to 16"),
    drawn("words as a condition on layers",
          LAYERS + dim("train.lr", "float", ("model.classifier.hidden", [["a"]]), low=1, high=2),
          '["a"]', "1 to 2 widths from 8 to 16"),
]  # fmt: skip
TWO = RATE + dim("train.weight_decay", "float", low=0.0, high=0.1)
OPTIONS = [
    option("an unknown sampler", "--sampler tep", "'tep'", "'tpe'?"),
    option("an unknown scheduler", "--scheduler bohb", "'bohb'", "asha"),
    option("an unknown way with repeats", "--repeats again", "'again'", "reuse, redraw"),
    option("an unknown objective", "--objective auc", "'auc'", "'auroc'?"),
    option("an objective twice", "--objective auroc --objective auroc", "twice"),
    option("two objectives of cmaes", "--sampler cmaes --objective auroc --objective loss", "cmaes",
           "nsga2", dims=TWO),
    option("one number for cmaes", "--sampler cmaes", "two or more numbers"),
    option("a scheduler of a cost", "--scheduler asha --objective parameters", "auroc or loss"),
    option("a scheduler of two objectives",
           "--scheduler asha --objective auroc --objective loss", "one objective"),
    option("no minutes", "--budget-minutes 0", "--budget-minutes", "than 0"),
    option("minutes that are no number", "--budget-minutes nan", "--budget-minutes", "nan"),
    option("endless seconds", "--budget-train-seconds inf", "--budget-train-seconds", "inf"),
    option("no trials", "--trials 0", "--trials"),
    option("trials in words", "--trials many", "--trials", "integer"),
    option("no seeds of a trial", "--seeds-per-trial 0", "--seeds-per-trial"),
    option("a grid with fewer trials than points", "--sampler grid --trials 2", "3 points",
           "--trials 3"),
    option("a grid of thousands of points", "--sampler grid", "59,049 points",
           dims=SHIFT + "".join(
               dim(path, "float", low=0.01, high=0.02)
               for path in ("train.lr", "train.weight_decay", "train.clip_norm", "train.mask",
                            "model.classifier.dropout", "model.attention.dropout")
           ) + dim("model.classifier.hidden", "layers", depth=[1, 9], width=[8, 512])),
    option("a grid with a warm start", "--sampler grid --trials 9 --warm-start fixed",
           "--warm-start"),
    option("more warm starts than trials",
           "--trials 1 --warm-start fixed --warm-start conv-residue", "--warm-start"),
    option("an unknown warm start", "--warm-start fixd", "'fixd'", "'fixed'?"),
    option("a table as a warm start", "--warm-start windows.tsv", "windows.tsv"),
    option("a folder without a study as a warm start", "--warm-start .", "plan.json"),
    option("a warm start outside of the space", "--warm-start fixed", "train.lr",
           dims=dim("train.lr", "float", low=0.5, high=0.6)),
    option("an unknown base", "--base fixt", "'fixt'", "'fixed'?"),
    Case("a space that ablate does not search", "ablate.py --space s.toml --data nowhere",
         ("--space", "--trials or --tune-arms"), {"s.toml": ABOUT + RATE}),
    Case("two kinds of search", "ablate.py --tune-arms 3 --trials 3 --data nowhere",
         ("--tune-arms", "--trials")),
]  # fmt: skip


@pytest.mark.parametrize(
    "case", [*FILES, *DIMENSIONS, *CONDITIONS, *OPTIONS], ids=lambda case: case.name
)
def test_a_bad_space_or_search_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
