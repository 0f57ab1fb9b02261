from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import CONV_SMALL, FIXED_SMALL, SPLIT, batches_read, equal, job, open_inputs, silent

from rpbind.analysis.arms import SECONDARY
from rpbind.ledger import Row
from rpbind.ledger.trials import OBJECTIVES
from rpbind.metrics import METRICS, summarise
from rpbind.saved.folder import read_model
from rpbind.train import run as one_run
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import HEADLINE, train_run, train_task
from rpbind.train.run_files import earlier_epochs
from rpbind.train.task import Job, Task

VOLATILE = {"cost", "ended"}
PROBES = (
    "probe",
    *(f"probe.{name}" for name in ("letters-shuffled", "proteins-shuffled", "uniform-attention")),
)


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def run(wanted: Job, inputs: Inputs, report: Any = silent) -> Row:
    return train_run(wanted, inputs, Machine(), "test", report)


def poisoned(inputs: Inputs) -> Inputs:
    """The same inputs with invalid tokens and labels in the test windows."""
    rna_NL, label_N = inputs.rna_NL.clone(), inputs.label_N.clone()
    rna_NL[inputs.parts["test"]] = 9
    label_N[inputs.parts["test"]] = 255
    return replace(inputs, rna_NL=rna_NL, label_N=label_N)


def test_a_run_ends_in_a_row_with_its_curve_metrics_scores_and_provenance(
    inputs: Inputs, tmp_path: Path
) -> None:
    reported: list[dict[str, float]] = []
    row = run(job(tmp_path, CONV_SMALL), inputs, reported.append)
    assert (row.state, row.error, row.recipe_id) == ("done", "", CONV_SMALL.id)
    assert [p.pop("train_seconds") for p in reported][-1] == row.cost["train_seconds"]
    assert list(row.curve) == reported
    assert [point["epoch"] for point in reported] == [1, 2, 3]
    assert {"test.loss", "test.auroc_macro", "validation.auroc_pooled"} <= row.metrics.keys()
    assert {(p.part, p.protein) for p in row.proteins} == {
        (part, f"SIM0{i}") for part in ("validation", "test", *PROBES) for i in range(4)
    }
    assert {"dataset", "split", "bank", "code", "torch", "threads"} <= row.provenance.keys()
    assert row.cost["cpu_seconds"] > 0
    assert Row.model_validate_json(row.model_dump_json()) == row


def test_every_metric_that_the_report_or_a_search_names_is_measured_by_a_run(
    inputs: Inputs, tmp_path: Path
) -> None:
    row = run(job(tmp_path, CONV_SMALL), inputs)
    assert {f"test.{name}" for name in METRICS} | SECONDARY.keys() <= row.metrics.keys()
    scored_by = {objective.key for objective in OBJECTIVES.values()}
    assert scored_by <= row.metrics.keys() | row.cost.keys()
    assert all(SECONDARY.values())
    assert all(objective.words for objective in OBJECTIVES.values())


def test_the_metrics_are_those_of_the_epoch_with_the_lowest_validation_loss(
    inputs: Inputs, tmp_path: Path
) -> None:
    row = run(job(tmp_path, CONV_SMALL.with_({"train.lr": 0.05})), inputs)
    best = min(row.curve, key=lambda point: point["validation.loss"])
    assert row.metrics["best_epoch"] == best["epoch"]
    assert row.metrics["validation.loss"] == best["validation.loss"]
    assert row.metrics[HEADLINE] == best[HEADLINE]


def test_the_saved_weights_give_the_scores_of_the_row(inputs: Inputs, tmp_path: Path) -> None:
    from rpbind.train.loop import Training

    wanted = job(tmp_path)
    row = run(wanted, inputs)
    saved = read_model(tmp_path / wanted.run)
    training = Training(wanted.recipe, 99, inputs)
    training.model.load_state_dict(saved.weights)
    metrics, _ = summarise(training.score("test"), inputs.proteins, "test")
    assert metrics.items() <= row.metrics.items()
    assert (saved.description.width, saved.description.length) == (10, 31)


def test_a_search_run_never_reads_the_test_windows(inputs: Inputs, tmp_path: Path) -> None:
    bad = poisoned(inputs)
    clean, search = (
        run(job(tmp_path / name, stage="search"), source)
        for name, source in (("clean", inputs), ("bad", bad))
    )
    assert search.state == "done"
    assert search.model_dump(exclude=VOLATILE) == clean.model_dump(exclude=VOLATILE)
    assert not any(name.startswith("test") for name in search.metrics)
    assert {score.part for score in search.proteins} == {"validation"}
    assert run(job(tmp_path / "ablation"), bad).state != "done"


def test_an_ablation_run_reads_the_test_windows_once_and_last(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batches_read(monkeypatch) as seen, monkeypatch.context() as patch:
        patch.setattr(one_run, "probe", lambda training: ({}, ()))
        run(job(tmp_path), inputs)
    test = set(inputs.parts["test"].tolist())
    assert [bool(test & set(batch)) for batch in seen] == [False] * (len(seen) - 1) + [True]


def test_an_exception_becomes_a_failed_row_with_its_traceback(
    inputs: Inputs, tmp_path: Path
) -> None:
    broken = replace(inputs, mean_PW=inputs.mean_PW[:1])
    row = run(job(tmp_path), broken)
    assert row.state == "failed"
    assert "Traceback" in row.error
    assert "IndexError" in row.error or "index out of range" in row.error
    assert row.provenance["dataset"] == inputs.provenance["dataset"]


def test_a_diverged_run_has_a_row_that_can_be_serialised(inputs: Inputs, tmp_path: Path) -> None:
    row = run(job(tmp_path, FIXED_SMALL.with_({"train.lr": 1e30})), inputs)
    assert row.state == "diverged"
    assert not row.metrics
    assert Row.model_validate_json(row.model_dump_json()) == row


def test_a_run_whose_gradient_norm_overflows_is_diverged(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    infinite = torch.tensor(torch.inf)
    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", lambda *args: infinite)
    row = run(job(tmp_path), inputs)
    assert row.state == "diverged"
    assert "gradient norm inf" in row.error
    assert Row.model_validate_json(row.model_dump_json()) == row


def stop_after(epoch: int) -> Any:
    def report(point: dict[str, float]) -> None:
        if point["epoch"] == epoch:
            raise KeyError("the study was stopped")

    return report


def test_a_resumed_run_has_the_epochs_from_before_the_interruption(
    inputs: Inputs, tmp_path: Path
) -> None:
    wanted = job(tmp_path, CONV_SMALL)
    reported: list[dict[str, float]] = []

    def report(point: dict[str, float]) -> None:
        reported.append(point)
        raise KeyError("the study was stopped")

    for _ in range(2):
        with pytest.raises(KeyError):
            run(wanted, inputs, report)
    first, second = reported
    (earlier,) = earlier_epochs(wanted, [second])
    assert earlier.items() <= first.items()
    assert earlier_epochs(wanted, [first, second]) == []
    assert earlier_epochs(wanted, []) == []


def test_an_exception_of_the_report_is_raised_and_the_run_can_continue(
    inputs: Inputs, tmp_path: Path
) -> None:
    wanted = job(tmp_path / "stopped", CONV_SMALL)
    with pytest.raises(KeyError, match="was stopped"):
        run(wanted, inputs, stop_after(2))
    reported: list[dict[str, float]] = []
    resumed = run(replace(wanted, attempt=1), inputs, reported.append)
    whole = run(replace(wanted, attempt=1, folder=tmp_path / "whole"), inputs)
    assert [point["epoch"] for point in reported] == [3]
    assert resumed.model_dump(exclude=VOLATILE) == whole.model_dump(exclude=VOLATILE)
    one, two = (tmp_path / name / wanted.run for name in ("stopped", "whole"))
    assert equal(read_model(one).weights, read_model(two).weights)
    assert {f.name: f.read_bytes() for f in one.iterdir()} == {
        f.name: f.read_bytes() for f in two.iterdir()
    }


def test_a_finished_run_is_not_trained_again(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(job(tmp_path), inputs)
    with batches_read(monkeypatch) as seen:
        again = run(job(tmp_path), inputs)
        assert not seen
        run(job(tmp_path, attempt=1), inputs)
        assert seen
    assert again == first
    assert not list(tmp_path.glob("*.unfinished.pt"))


def test_a_checkpoint_of_another_recipe_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    other, wanted = job(tmp_path, CONV_SMALL), job(tmp_path, FIXED_SMALL)
    with pytest.raises(KeyError):
        run(other, inputs, stop_after(1))
    (tmp_path / f"{other.run}.unfinished.pt").rename(tmp_path / f"{wanted.run}.unfinished.pt")
    row = run(wanted, inputs)
    assert row.state == "failed"
    assert f"{wanted.run}.unfinished.pt" in row.error


def test_a_task_trains_its_seeds_one_after_another_and_reports_every_epoch_and_row(
    tiny: Path, tmp_path: Path
) -> None:
    reported: list[dict[str, Any]] = []
    task = Task("arm", FIXED_SMALL, ((3, 0), (5, 2)), tiny, SPLIT, tmp_path)
    train_task(task, Machine(), "test", reported.append)
    assert [point["seed"] for point in reported] == [3, 3, 3, 3, 5, 5, 5, 5]
    rows = [Row.model_validate_json(point["row"]) for point in reported if "row" in point]
    assert [(row.seed, row.attempt, row.state) for row in rows] == [(3, 0, "done"), (5, 2, "done")]
    assert reported[3][HEADLINE] == rows[0].metrics[HEADLINE]
    assert rows[0].metrics != rows[1].metrics


def test_a_run_and_its_row_have_one_name(tmp_path: Path, inputs: Inputs) -> None:
    wanted = job(tmp_path, FIXED_SMALL.with_({"train.epochs": 1}), stage="search", arm="trial-0001")
    assert run(wanted, inputs).run == wanted.run


def test_a_run_uses_the_threads_of_its_machine(inputs: Inputs, tmp_path: Path) -> None:
    short = FIXED_SMALL.with_({"train.epochs": 1})
    row = train_run(job(tmp_path, short), inputs, Machine(threads=2), "test", silent)
    assert (torch.get_num_threads(), row.provenance["threads"]) == (2, "2")
    torch.set_num_threads(1)
