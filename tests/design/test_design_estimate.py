"""The price of a study: its formula, one count with a dry run, and the table of docs/scale.md."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rpbind as rb
from rpbind import cli
from rpbind.design.plan import make_plan
from rpbind.design.price import Price
from rpbind.design.runs import Parts, Timing, at_once
from rpbind.recipe.arithmetic import TRAINED, Shape, flops, parameters
from rpbind.recipe.presets import PRESETS
from rpbind.study.announce import price_of
from rpbind.studyfile.priced import ECLIP91
from rpbind.studyfile.run import Call, request

CHANGES = {"no-residual": {"model.residual": False}}
SPACE = {"about": "Rates.", "dimension": [
    {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2}]}  # fmt: skip
WIDTHS = {"physchem": 10, "triad": 343}


def test_a_run_reads_train_and_validation_every_epoch_and_scores_both_parts_at_the_end() -> None:
    parts = Parts(train=70, validation=15, test=10)
    assert (parts.trained(3), parts.scored(3)) == (210, 70)
    assert parts.seconds(3, step=2.0, score=0.5) == 455.0


def test_the_time_is_that_of_all_runs_divided_by_those_at_one_time() -> None:
    price = Price(arms=2, seeds=5, contrasts=1, trials=2)
    assert price.seconds(Timing(10.0, ""), at_once=4, done=4) == 20.0
    assert price.seconds(Timing(10.0, ""), at_once=100) == 10.0
    assert price.seconds(Timing(10.0, ""), at_once=4, done=12) == 0.0
    assert (at_once(2, 4), at_once(9, 4), at_once(2, 0.125)) == (1, 2, 16)


@pytest.mark.parametrize("searched", [False, True], ids=["compared", "searched"])
def test_a_price_counts_the_runs_of_the_dry_run(searched: bool, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "world")
    search = {"space": SPACE, "trials": 3} if searched else None
    spec = rb.define_study(
        reference="fixed", changes=CHANGES, search=search, data=str(tmp_path / "world"), seeds=2
    )
    experiment, question, design, options = request(spec, Call())
    plan = make_plan(
        experiment, question, design, options.all_seeds, options.source, sweep=options.sweep,
        control=options.control,
    )  # fmt: skip
    dry, found = price_of(plan, options.sweep), rb.price(spec)
    assert (found.runs.runs, found.runs.contrasts) == (dry.runs, dry.contrasts)
    assert sum(arm.runs for arm in found.arms) == dry.runs


def test_an_estimate_is_the_formula() -> None:
    spec = rb.define_study(reference="fixed", changes=CHANGES, controls="off")
    found = rb.price(spec, windows=1_000_000, seeds=2, epochs=3, gpus=4, gpus_per_run=0.5, rate=100)
    assert vars(found.parts) == {"train": 700_000, "validation": 150_000, "test": 150_000}
    fixed = found.arms[0]
    shape = Shape(101, 10, ECLIP91.residues, 91)
    once = flops(PRESETS["fixed"].model, shape, 32)
    assert once is not None
    windows = 3 * (TRAINED * 700_000 + 150_000) + 300_000
    assert fixed.flops == pytest.approx(2 * windows * once)
    assert found.seconds == pytest.approx(windows / TRAINED / 100)  # 4 runs, 8 at once
    assert found.bytes()["dataset"] == 1_000_000 * 110


def test_the_windows_of_a_dataset_are_those_of_its_split(tiny: Path) -> None:
    spec = rb.define_study(reference="fixed", changes=CHANGES, data=str(tiny))
    own = rb.price(spec)
    more = rb.price(spec, windows=10 * sum(vars(own.parts).values()))
    assert own.shape.proteins == len(rb.load_dataset(tiny).opened.dataset.proteins)
    assert more.parts.train == pytest.approx(10 * own.parts.train, rel=0.01)


def test_a_measured_price_has_the_time_of_a_run_here(tiny: Path) -> None:
    spec = rb.define_study(reference="old", changes={"slow": {"train.lr": 0.1}}, controls="off")
    found = rb.price(spec, data=tiny, epochs=1, measure=True)
    assert found.one is not None
    assert found.one.seconds > 0
    assert "timed on this machine" in found.one.basis


def test_what_contradicts_is_refused() -> None:
    spec = rb.define_study(reference="fixed", changes=CHANGES)
    for given, named in (
        ({"rate": 1.0, "measure": True}, "--rate"),
        ({"gpus": 1, "measure": True}, "--measure"),
        ({"gpus": 1, "cores": 1}, "--cores"),
        ({"gpus_per_run": 1.0}, "--gpus"),
        ({"measure": True, "windows": 100}, "--data"),
        ({"rate": 0.0}, "rate"),
        ({"proteins": "nowhere", "windows": 100}, "nowhere"),
    ):
        with pytest.raises(rb.UserError, match=named):
            rb.price(spec, **given)  # type: ignore[arg-type]


def test_the_command_prints_the_same_numbers_as_text_and_as_json() -> None:
    line = ["price", "--windows", "1000000", "--seeds", "2", "--design", "add-one-in"]
    text = CliRunner().invoke(cli.app, line).stdout
    record = json.loads(CliRunner().invoke(cli.app, [*line, "--json"]).stdout)
    assert f"= {record['runs']['all']} runs" in text
    assert f"{record['flops']:.3g} in all" in text
    assert all(f"  {arm['name']}: " in text for arm in record["arms"])


def test_the_table_of_docs_scale_is_computed_by_the_recipe() -> None:
    page = (Path(rb.__file__).parents[1] / "docs" / "scale.md").read_text()
    for name, recipe in PRESETS.items():
        shape = Shape(101, WIDTHS[recipe.proteins], ECLIP91.residues, ECLIP91.proteins)
        batch = recipe.train.batch_size
        plain, fast = (flops(recipe.model, shape, batch, fast=each) for each in (False, True))
        assert plain is not None
        assert fast is not None
        row = (
            f"| `{name}` | {batch} | {parameters(recipe.model, shape):,} | {plain / 1e6:.1f} | "
            f"{fast / 1e6:.1f} | {TRAINED * plain / 1e6:.0f} |"
        )
        assert row in page
