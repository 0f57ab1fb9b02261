"""`rb.audit` and `rpbind audit`: the same numbers as tables, text, JSON and page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import rpbind as rb
from rpbind import cli
from rpbind.terminal import run_app


@pytest.fixture
def data(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "data"))


def called(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["rpbind", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        run_app(cli.app)
    return int(ended.value.code or 0)


def test_tables_have_every_protein_prior_and_part(data: Path) -> None:
    world = rb.load_dataset(data)

    found = rb.audit(world, "random")

    assert found.proteins()["windows"].sum() == len(world)
    assert found.proteins()["positives"].sum() == world.positives
    assert list(found.leaks()["part"]) == ["validation", "test"]
    assert {"density", "gc", "rna-degree"} <= set(found.priors()["prior"])
    assert found.origins()["windows"].sum() == len(world)
    assert found.split.startswith("random_")
    assert len(rb.audit(world).leaks()) == 0
    assert "rna-degree" not in set(rb.audit(world).priors()["prior"])


def test_a_prior_has_the_same_auroc_as_the_control_of_its_name(data: Path) -> None:
    priors = rb.audit(data, "cold-rna").priors().set_index("prior")
    controls = rb.baselines(data).table().set_index("control")

    for name in ("density", "cluster-size", "gc", "rna-degree"):
        assert priors.loc[name, "auroc"] == pytest.approx(controls.loc[name, "auroc_proteins"])
        assert priors.loc[name, "auroc_pooled"] == pytest.approx(controls.loc[name, "auroc_pooled"])


def test_the_command_prints_json_and_writes_a_page_of_the_same_numbers(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = data.parent / "audit.html"

    code = called(monkeypatch, "audit", data, "--split", "cold-rna", "--json", "--out", page)

    printed = json.loads(capsys.readouterr().out)
    expected = json.loads(rb.audit(data, "cold-rna").json())
    assert (code, printed) == (0, expected)
    shown = page.read_text()
    for prior in expected["priors"]:
        assert f"{prior['per_protein']:.3f}" in shown
    assert all(protein["protein"] in shown for protein in expected["proteins"])


def test_a_saved_split_is_audited_by_its_name(data: Path, tmp_path: Path) -> None:
    rows = len(rb.load_dataset(data))
    parts = np.where(np.arange(rows) % 3 == 0, "test", "train")
    table = tmp_path / "parts.tsv"
    lines = [f"{row}\t{part}" for row, part in enumerate(parts)]
    table.write_text("\n".join(["row\tpart", *lines]) + "\n")
    rb.split(data, source=table, name="mine")

    found = rb.audit(data, "mine")

    (test,) = [leak for leak in found.record.leaks if leak.part == "test"]
    assert test.windows == (parts == "test").sum()


@pytest.mark.parametrize("split", ["cold-rma", "folds:3"])
def test_a_split_that_is_not_there_or_not_one_is_refused(data: Path, split: str) -> None:
    with pytest.raises(rb.UserError, match="split"):
        rb.audit(data, split)
