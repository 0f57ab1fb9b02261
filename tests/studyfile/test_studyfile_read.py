"""Study files: lines of mistakes, paths, options beside a file, template, schema."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from rpbind.errors import UserError
from rpbind.options import Options
from rpbind.recipe.files import as_toml
from rpbind.recipe.presets import FIXED
from rpbind.studyfile.problems import Source
from rpbind.studyfile.read import read_study, with_options
from rpbind.studyfile.run import Call, request
from rpbind.studyfile.spec import ResourceSpec, StudySpec
from rpbind.studyfile.template import TEMPLATE, schema, write_template

CHANGES = '[changes]\nslow = { "train.lr" = 1e-4 }\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(text)
    return file


def planned(file: Path, folder: Path) -> object:
    read = read_study(file)
    return request(read.spec, Call(reports=folder), place=read.source.place)


def refusal(folder: Path, text: str) -> str:
    file = written(folder, text)
    with pytest.raises(UserError) as caught:
        planned(file, folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "meant"),
    [
        ("seeds = 2\nsedes = 3\n", 2, "'seeds'"),
        ("\n[resources]\n\nworker = 2\n", 4, "'workers'"),
        ("[resources]\nseeds = 2\n", 2, "before the first [table]"),
        ("workers = 2\n", 1, "[resources]"),
        ("[[arms]]\nname = 'a'\n[[arms]]\nname = 'b'\nchnges = {}\n", 5, "'changes'"),
        ("[[predict]]\ncontrast = 'a'\nexpect = 'beter'\n", 3, "'better'"),
        ("# a\n\ndesign = [\n  'path',\n  'pth',\n]\n", 3, "path"),
        ("split = 'cold-rma'\n", 1, "cold-rna"),
        ("[changes]\n\n'my change' = { train.lr = 0.1 }\n", 3, "letters, digits"),
        ("[changes]\na = 3\n", 2, "a table, found 3"),
        ("arms = [3]\n", 1, "a table, found 3"),
        ("\nmetrics = [{ clas = 'a.py:f' }]\n", 2, "FILE.py:NAME"),
        (f"{CHANGES}odd = {{ model.encoder.dim = 7 }}\n", 3, "'odd' cannot be made"),
        ("[[arms]]\nname = 'a'\n\n[[arms]]\nname = 'b'\nreference = 'fixd'\n", 6, "fixed"),
        (CHANGES + "[[predict]]\ncontrast = 'slow'\nexpect = 'worse'\n" * 2, 7, "twice"),
        ("seeds = 'five'\n", 1, "'five'"),
        ("seeds = 0\n", 1, "1"),
        ("narrower = true\n", 1, "True"),
        ("[reference]\npreset = 'fixd'\n", 2, "fixed"),
        ("[search]\nsampler = 'tpo'\n", 2, "tpe"),
        (f"{CHANGES}fast = {{ train.lrr = 0.1 }}\n", 3, "train.lr"),
        ("[changes.a]\ntrain.lr = 0.1\ntrain.lrr = 0.1\n", 3, "train.lr"),
        ("[changes.a]\n'train.lr' = 0.1\n'train.lrr' = 0.1\n", 3, "train.lr"),
        (f"design = 'path'\n{CHANGES}\nfast.train.lr = 0.1\n", 5, "'slow' and 'fast'"),
        (f"{CHANGES}[[predict]]\ncontrast = 'slwo'\nexpect = 'worse'\n", 4, "slow"),
        (f"controls = 'refrence'\n{CHANGES}", 1, "reference"),
        ("seeds = 2\ndata = 'nowhere'\n" + CHANGES, 2, "not a dataset"),
        ("[changes]\na = { model.encoder = 'cnov' }\n", 2, "Did you mean 'conv'?"),
        ("[changes]\na = { model = { kind = 'costum' } }\n", 2, "Did you mean 'custom'?"),
        ("[[predict]]\ncontrast = 'a'\nexpect = 'beter'\n", 3, "[[predict]] number 1, expect"),
        ("[search.space]\nabout = 'a'\n[[search.space.dimension]]\nknd = 'int'\n", 1, "kind"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_nearest_right_word(
    tmp_path: Path, text: str, line: int, meant: str
) -> None:
    said = refusal(tmp_path, text)
    assert f"study.toml, line {line}: " in said
    assert meant in said


def test_several_mistakes_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    said = refusal(tmp_path, "sedes = 1\nseeds = 'x'\nepohcs = 2\nsmoke = 3\n").splitlines()
    assert [line.split(":")[0][-6:] for line in said[:3]] == ["line 1", "line 2", "line 3"]
    assert said[3] == "And 1 more."


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path: Path) -> None:
    assert "line 2: this is not TOML" in refusal(tmp_path, "seeds = 1\nseeds == 2\n")


@pytest.mark.parametrize("version", ["2", "'1'", "true", "0"])
def test_a_study_file_of_another_version_is_refused(tmp_path: Path, version: str) -> None:
    said = refusal(tmp_path, f"# other\nversion = {version}\nunknown = 3\n")
    assert "line 2: this is a study file of version" in said


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="rpbind init"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(UserError, match="is a folder"):
        read_study(tmp_path)


def test_every_key_of_a_file_has_the_line_on_which_its_statement_begins() -> None:
    text = 'a = 1\n# b\n\nb = [\n  1,\n]\n[t]\nc.d = """\nx\n"""\n[[u]]\ne = 1\n[[u]]\ne = 2\n'
    source = Source(Path("f"), text)
    paths = [("a",), ("b",), ("b", 0), ("t", "c", "d"), ("u", 1, "e"), ("u", 1, "absent"), ("z",)]
    assert [source.line(path) for path in paths] == [1, 4, 4, 8, 14, 13, None]


def test_paths_of_a_file_are_relative_to_its_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "own.toml").write_text(as_toml(FIXED.with_({"train.lr": 0.5})))
    file = written(
        home, f'data = "d"\nreference = "own.toml"\n{CHANGES}[search]\nspace = "s.toml"\n'
    )
    spec = read_study(file).spec
    assert spec.data == str(home / "d")
    assert spec.reference == str(home / "own.toml")
    assert spec.search is not None
    assert spec.search.space == str(home / "s.toml")
    named = read_study(written(home, 'reference = "old"\n[search]\nspace = "original"\n')).spec
    assert (named.reference, named.search and named.search.space) == ("old", "original")


def test_an_option_fills_in_what_the_file_leaves_out(tmp_path: Path) -> None:
    file = read_study(written(tmp_path, f"seeds = 3\n{CHANGES}"))
    spec = with_options(file, {"epochs": 2, "workers": 2, "seeds": 3}, {"address": "a", "log": []})
    assert (spec.seeds, spec.epochs) == (3, 2)
    assert (spec.resources.workers, spec.resources.address) == (2, "a")


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("seeds = 3\n", {"seeds": 5}, r"line 1 sets seeds = 3, and the option --seeds gives 5"),
        ("split = 'cold-protein'\n", {"split": "cold-rna"}, "line 1 sets split = 'cold-protein'"),
        ("data = 'a'\n", {"data": Path("b")}, "line 1 sets data .* --data gives 'b'"),
        (
            "[resources]\ngpus_per_run = 1\n",
            {"gpus_per_run": 0.5},
            "line 2 sets gpus_per_run = 1.* --gpus-per-run gives 0.5",
        ),
    ],
)
def test_a_file_and_an_option_that_contradict_each_other_are_both_named(
    tmp_path: Path, text: str, given: dict[str, Any], says: str
) -> None:
    file = read_study(written(tmp_path, text))
    with pytest.raises(UserError, match=says):
        with_options(file, given)


def test_what_the_environment_says_does_not_contradict_a_file(tmp_path: Path) -> None:
    file = read_study(written(tmp_path, "[resources]\naddress = 'mine'\n"))
    assert with_options(file, {}, {"address": "other"}).resources.address == "mine"


def test_smoke_makes_a_small_study_of_any_file(tmp_path: Path) -> None:
    file = read_study(written(tmp_path, f"seeds = 30\nepochs = 50\nnarrower = 2\n{CHANGES}"))
    spec = with_options(file, {"smoke": True, "epochs": 3})
    assert (spec.seeds, spec.epochs, spec.narrower) == (None, 3, 2)


def test_the_template_is_a_study_and_is_never_written_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    write_template(file)
    study = read_study(file)
    assert [each.contrast for each in study.spec.predict] == ["no-residual"]
    with pytest.raises(UserError, match="exists already"):
        write_template(file)
    assert read_study(file).spec == study.spec


def test_every_line_that_the_template_suggests_is_a_key_of_the_schema() -> None:
    text = TEMPLATE.format(name="study.toml")
    lines = text.split("version = 1")[1].splitlines()
    whole = [line.removeprefix("# ") for line in lines if line.startswith("# ") and " = " in line]
    tables = [line.removeprefix("# ") for line in lines if line.startswith("# [")]
    assert tables == ["[search]", "[resources]"]
    named = {line.split(" = ")[0] for line in whole if "expect" not in line}
    known = {*StudySpec.model_fields, *ResourceSpec.model_fields, "space", "trials"}
    assert named <= known
    assert len(named) > 8


def test_the_schema_completes_words_and_refuses_unknown_keys() -> None:
    made = schema()
    json.dumps(made)
    assert made["additionalProperties"] is False
    assert "cold-rna" in made["properties"]["split"]["examples"]
    assert made["properties"]["seeds"]["description"]
    for name, table in made["$defs"].items():
        assert table.get("additionalProperties") is False, name
        assert all("description" in each for each in table["properties"].values()), name


def test_every_option_that_defines_a_study_is_a_field_of_the_same_type() -> None:
    """What is declared as an option is not declared again, except for its type."""
    hints = get_type_hints(Options, include_extras=True)
    left = {"defaults", *Call.__dataclass_fields__}
    for name, hint in hints.items():
        if name in left:
            continue
        model = ResourceSpec if name in ResourceSpec.model_fields else StudySpec
        field = model.model_fields[name]
        kind, option = get_args(hint)
        mine = {*get_args(field.annotation), field.annotation}
        theirs = {str if each is Path else each for each in (*get_args(kind), kind)}
        assert theirs & mine, name
        assert field.description == option.help
    assert tomllib.loads(TEMPLATE.format(name="x"))["version"] == 1
