"""Study folders that are damaged, foreign or edited: nothing of them is read as whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bad_input import Case, called, check
from toy_study import SMALL, also, column, gone, linked, new, old, part, planned, written

from rpbind.ledger import Ledger
from rpbind.ledger.plans import recipe_id

STATUS = "rpbind status s"
ALL = (STATUS, "rpbind report s", "rpbind compare s s")
NAME = SMALL.rpartition("/")[2]
MARK = "s/runs/ablation-old-c1a5d5b1d6b2-s0.1.begun"
AIDE = "delete it"


def edit(tree: dict[str, Any], place: str, value: Any) -> None:
    """Set a value at a dotted path, in which a number is a place in a list."""
    *parents, last = place.split(".")
    node: Any = tree
    for key in parents:
        node = node[int(key) if isinstance(node, list) else key]
    node[int(last) if isinstance(node, list) else last] = value


def other_version(arm: dict[str, Any]) -> None:
    """Give an arm a recipe that agrees with its id, and that this version refuses."""
    arm["recipe"]["train"]["lr"] = 1e39
    arm["recipe_id"] = recipe_id(arm["recipe"])


def edited(place: str, value: Any, before: Any = old) -> Any:
    return planned(lambda tree: edit(tree, place, value), before)


PLANS = [
    ("no plan", also(lambda f: gone(f / "s/plan.json")), ("s holds no study", "plan.json")),
    ("a study that is a file", {"s": "text"}, ("s holds no study",)),
    ("no folder", {}, ("s holds no study",)),
    ("an empty plan", written("s/plan.json", ""), ("plan.json is not a plan", AIDE)),
    ("half a plan", written("s/plan.json", '{"study": "toy", "fing'), ("is not a plan", AIDE)),
    ("a plan that is a list", written("s/plan.json", "[]"), ("is not a plan", AIDE)),
    ("a plan that is null", written("s/plan.json", "null"), ("is not a plan", AIDE)),
    ("a plan of bytes", written("s/plan.json", b"\xff\xfe\x00"), ("is not a plan", AIDE)),
    ("a plan without a bottom", written("s/plan.json", "[" * 99_999), ("is not a plan", AIDE)),
    ("not a number in a plan", edited("delta", float("nan")), ("is not a plan", AIDE)),
    ("a field that no plan has", edited("sedes", [1]), ("'sedes' is not a known field", AIDE)),
    ("a plan without its rule", planned(lambda t: t.pop("rule")), ("rule is missing", AIDE)),
    ("seeds that are words", edited("seeds", ["one"]), ("seeds.0", "'one'", AIDE)),
    ("an edited rule", edited("rule", "Whatever.", new), ("plan.json has been changed", AIDE)),
    ("an edited recipe", edited("arms.0.recipe.train.lr", 1.0, new), ("has been changed", AIDE)),
    ("another delta", edited("delta", 0.5, new), ("has been changed", AIDE)),
    ("a hash that is none", edited("sha256", 7, new), ("has been changed", AIDE)),
    ("an edited recipe, no hash", edited("arms.0.recipe.train.lr", 1.0), ("recipe of 'old'", AIDE)),
    ("an edited recipe id", edited("arms.1.recipe_id", "0" * 12), ("recipe of 'fixed'", AIDE)),
    ("a renamed arm", edited("arms.0.name", "odl", new), ("has been changed", AIDE)),
    ("a renamed arm, no hash", edited("arms.0.name", "odl"), ("'fixed'", "arm 'old'", AIDE)),
    ("two arms of one name", edited("arms.0.name", "fixed"), ("two arms 'fixed'", AIDE)),
    ("a seed twice", edited("seeds", [0, 0]), ("a seed twice", AIDE)),
    ("a contrast of no arm", edited("contrasts.0.arm", "x"), ("arm 'x'", AIDE)),
    ("a factor of no arm", edited("factors", {"lr": ["x"]}), ("'lr'", "arm 'x'", AIDE)),
    ("a control of no arm", edited("controls.0.of", "x"), ("random-vector", "arm 'x'", AIDE)),
    (
        "a winner of no arm",
        edited("search", {"winners": {"search": {"arm": "tuned"}}}),
        ("'search'", "arm 'tuned'", AIDE),
    ),
    ("a search of words", edited("search", {"seeds_per_trial": "two"}), ("seeds_per_trial", "two")),
    (
        "a recipe of another version",
        planned(lambda tree: other_version(tree["arms"][0])),
        ("'old' in s/plan.json", "train.lr", "1e+39", "version of rpbind"),
    ),
    ("a plan that is a folder", linked("s/plan.json", "ledger"), ("plan.json", "s a directory")),
    ("a plan in a loop", linked("s/plan.json", "plan.json"), ("plan.json", "symbolic links")),
    ("a plan on a bad disk", linked("s/plan.json", "/proc/self/mem"), ("Input/output error",)),
]


def twice(table: Any) -> Any:
    return pa.concat_tables([table, table])


PARTS = [
    ("a ledger that is a file", linked("s/ledger", "plan.json"), ("s/ledger", "Not a directory")),
    ("a ledger in a loop", linked("s/ledger", "ledger"), ("s/ledger", "symbolic links")),
    (
        "a ledger that is gone",
        also(lambda f: gone(f / "s/ledger")),
        ("s/ledger is missing",),
    ),
    ("a ledger that leads nowhere", linked("s/ledger", "nowhere"), ("s/ledger is missing",)),
    (
        "a foreign Parquet file",
        part(lambda table: pa.table({"x": [1]}), "s/ledger/mine.parquet"),
        ("mine.parquet", "lacks columns"),
    ),
    (
        "a column more",
        part(lambda table: table.append_column("note", pa.array(["x"]))),
        (NAME, "column 'note'"),
    ),
    ("a seed in words", column("seed", "1", pa.string()), (NAME, "'seed' holds string")),
    ("an empty part", written(SMALL, b""), (NAME,)),
    ("text for a part", written(SMALL, "run,arm,seed\n"), (NAME,)),
    (
        "half a part",
        also(lambda f: (f / SMALL).write_bytes((f / SMALL).read_bytes()[:9000])),
        (NAME,),
    ),
    (
        "a flipped bit in a part",
        also(lambda f: (f / SMALL).write_bytes(flipped((f / SMALL).read_bytes()))),
        (NAME,),
    ),
    ("a copy under another name", part(lambda t: t, "s/ledger/b.parquet"), ("b.parquet", "holds")),
    (
        "a merged part of other rows",
        part(lambda t: t, "s/ledger/merged-0123456789abcdef.parquet"),
        ("merged-0123456789abcdef.parquet", "other rows"),
    ),
    ("a row twice in a part", part(twice), (NAME, "twice")),
    ("a part without a row", part(lambda table: table.slice(0, 0)), (NAME, "no row")),
    ("another recipe in a row", column("recipe", '{"train": {"lr": 1}}'), (NAME, "recipe_id")),
    ("half a recipe in a row", column("recipe", '{"train"'), (NAME, "recipe_id")),
    ("a state that there is not", column("state", "finished"), (NAME, "'finished' is not a state")),
    ("a stage that there is not", column("stage", "later"), (NAME, "'later' is not a stage")),
    ("another seed in a row", column("seed", 7), (NAME, "seed 7")),
    ("an arm that leaves the folder", column("arm", "../x"), (NAME, "'../x'")),
    ("a row without its error", column("error", None), (NAME, "no error")),
    ("a part that is a folder", linked(SMALL, "../runs"), (NAME,)),
    ("a part on a bad disk", linked(SMALL, "/proc/self/mem"), (NAME,)),
]


def flipped(content: bytes) -> bytes:
    return content[:60] + bytes([content[60] ^ 1]) + content[61:]


def loop(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")


OTHERS = [
    ("runs that are a file", linked("s/runs", "plan.json"), ("s/runs", "Not a directory")),
    ("half a mark", written(MARK, '{"arm": "old", "se\n'), (MARK, "start mark")),
    ("a mark of words", written(MARK, "begun yesterday\n"), (MARK, "start mark")),
    ("a mark of another run", written(MARK, '{"epoch": 1}\n'), (MARK, "start mark")),
    ("half a list of calls", written("s/calls.json", "[{]"), ("calls.json", "Delete it")),
    ("calls that are one", written("s/calls.json", "{}"), ("calls.json", "Delete it")),
    (
        "a call that began some day",
        written("s/calls.json", '[{"began": "yesterday", "slots": 2}]'),
        ("calls.json", "0.began", "yesterday"),
    ),
    (
        "a call without runs at once",
        written("s/calls.json", '[{"began": "2026-01-01T00:00:00", "slots": 0}]'),
        ("calls.json", "0.slots"),
    ),
    ("calls that are a folder", linked("s/calls.json", "ledger"), ("calls.json", "s a directory")),
    ("a driver that is a folder", linked("s/driver", "ledger"), ("s/driver", "s a directory")),
]
SAID = [
    (
        "a journal that is none",
        written("s/optuna.journal", "words\n"),
        ("optuna.journal cannot be read", "from the ledger"),
    ),
    (
        "a finished run that is not recorded",
        also(lambda f: gone(f / SMALL)),
        ("1 finished run(s)", "in the ledger"),
    ),
    (
        "a plan of other seeds",
        edited("seeds", [7, 8]),
        ("4 planned", "4 recorded run(s) have other recipes"),
    ),
    (
        "a part that was set aside",
        written("s/ledger/x.parquet.damaged", "x"),
        ("1 damaged file(s)", "x.parquet.damaged"),
    ),
    ("an old plan", old, ("4 done", "plan.json has no hash")),
]
CASES = [
    *(Case(name, STATUS, says, files) for name, files, says in (*PLANS, *PARTS, *OTHERS)),
    *(Case(name, STATUS, says, files, exit=0) for name, files, says in SAID),
    *(
        Case(f"{name}: {command}", command, says, files)
        for name, files, says in (PLANS[13], PLANS[20], PARTS[0], PARTS[4], PARTS[13], OTHERS[1])
        for command in ALL[1:]
        if not (name == "half a mark" and "compare" in command)
    ),
    *(Case(f"an old plan: {c}", c, ("plan.json has no hash",), old, exit=0) for c in ALL[1:]),
    *(
        Case(f"{name}: a warm start", "tune.py --dry-run --warm-start s", says, files)
        for name, files, says in (PLANS[13], PLANS[20], PARTS[0], PARTS[4])
    ),
    Case(
        "a loop: predict", "rpbind predict loop loop --proteins loop --out o.csv", ("loop",), loop
    ),
    Case("a loop: status", "rpbind status loop", ("loop", "symbolic links"), loop),
    Case("an edited plan: doctor", "rpbind doctor s", ("has been changed",), PLANS[13][1]),
    Case("half a list: report", ALL[1], ("calls.json",), written("s/calls.json", "[{]")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_study_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("path", ["s/ledger", "s/runs", "s/plan.json", SMALL, "s/calls.json"])
def test_what_may_not_be_read_does_not_pass_for_empty(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new(tmp_path)
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    assert called(STATUS) == 0  # imports what the other user may not be able to read
    capsys.readouterr()
    (tmp_path / path).chmod(0)
    user = os.geteuid()
    try:
        if user == 0:  # root may read whatever there is
            os.seteuid(65534)
        code = called(STATUS)
    finally:
        os.seteuid(user)
        (tmp_path / path).chmod(0o755)
    said = capsys.readouterr().err
    assert (code, path in said, "Permission denied" in said) == (2, True, True), said


def test_a_study_that_647bbb3_wrote_is_read_whole_and_gets_a_hash_when_it_goes_on(
    tmp_path: Path,
) -> None:
    old(tmp_path)
    ledger = Ledger(tmp_path / "s")
    plan, rows = ledger.plan, ledger.attempts()
    assert (len(plan.planned), len(rows)) == (4, 8)
    ledger.begin(plan)
    again = Ledger(tmp_path / "s")
    assert (again.plan, again.attempts()) == (plan, rows)
    assert '"sha256"' in (tmp_path / "s/plan.json").read_text()
