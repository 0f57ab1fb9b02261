from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import CONV_SMALL, FIXED_SMALL, SPLIT, batches_read, equal, job, open_inputs, silent

from rpbind.ledger import Row
from rpbind.metrics import summarise
from rpbind.train import checkpoint
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import HEADLINE, earlier_epochs, train_run, train_task
from rpbind.train.task import Job, Task

VOLATILE = {"cost", "ended"}
PROBES = (
    "probe",
    *(f"probe.{name}" for name in ("letters-shuffled", "proteins-shuffled", "uniform-attention")),
)


@pytest.fixture(scope="module")
def inputs(tiny: Path) -> Inputs:
    return open_inputs(tiny)


def run(asked: Job, inputs: Inputs, report: Any = silent) -> Row:
    return train_run(asked, inputs, Machine(), "test", report)


def poisoned(inputs: Inputs) -> Inputs:
    """The same inputs with test windows that no encoder and no metric can read."""
    rna_NL, label_N = inputs.rna_NL.clone(), inputs.label_N.clone()
    rna_NL[inputs.parts["test"]] = 9
    label_N[inputs.parts["test"]] = 255
    return replace(inputs, rna_NL=rna_NL, label_N=label_N)


def test_a_run_ends_in_a_row_that_holds_all_that_is_known_of_it(
    inputs: Inputs, tmp_path: Path
) -> None:
    told: list[dict[str, float]] = []
    row = run(job(tmp_path, CONV_SMALL), inputs, told.append)
    assert (row.state, row.error, row.recipe_id) == ("done", "", CONV_SMALL.id)
    assert [p.pop("train_seconds") for p in told][-1] == row.cost["train_seconds"]
    assert list(row.curve) == told
    assert [point["epoch"] for point in told] == [1, 2, 3]
    assert {"test.loss", "test.auroc_macro", "validation.auroc_pooled"} <= row.metrics.keys()
    assert {(p.part, p.protein) for p in row.proteins} == {
        (part, f"SIM0{i}") for part in ("validation", "test", *PROBES) for i in range(4)
    }
    assert {"dataset", "split", "bank", "code", "torch", "threads"} <= row.provenance.keys()
    assert Row.model_validate_json(row.model_dump_json()) == row


def test_the_metrics_are_those_of_the_epoch_with_the_lowest_validation_loss(
    inputs: Inputs, tmp_path: Path
) -> None:
    row = run(job(tmp_path, CONV_SMALL.with_({"train.lr": 0.05})), inputs)
    best = min(row.curve, key=lambda point: point["validation.loss"])
    assert row.metrics["best_epoch"] == best["epoch"]
    assert row.metrics["validation.loss"] == best["validation.loss"]
    assert row.metrics[HEADLINE] == best[HEADLINE]


def test_the_weights_that_are_kept_give_the_scores_of_the_row(
    inputs: Inputs, tmp_path: Path
) -> None:
    from rpbind.train.loop import Training

    asked = job(tmp_path)
    row = run(asked, inputs)
    kept = checkpoint.load(tmp_path / f"{asked.run}.pt", "Ask again.")
    training = Training(asked.recipe, 99, inputs)
    training.model.load_state_dict(kept["weights"])
    metrics, _ = summarise(training.score("test"), inputs.proteins, "test")
    assert metrics.items() <= row.metrics.items()
    assert (kept["width"], kept["length"]) == (10, 31)


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
    assert run(job(tmp_path / "ablation"), bad).state == "failed"


def test_an_ablation_run_reads_the_test_windows_once_and_last(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batches_read(monkeypatch) as seen, monkeypatch.context() as patch:
        patch.setattr("rpbind.train.run.probe", lambda training: ({}, ()))
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


def test_a_run_that_blows_up_is_diverged_and_its_row_can_be_sent(
    inputs: Inputs, tmp_path: Path
) -> None:
    row = run(job(tmp_path, FIXED_SMALL.with_({"train.lr": 1e30})), inputs)
    assert row.state == "diverged"
    assert not row.metrics
    assert Row.model_validate_json(row.model_dump_json()) == row


def test_a_gradient_whose_norm_overflows_is_diverged_too(
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


def test_a_run_that_went_on_knows_the_epochs_that_its_study_did_not_hear_of(
    inputs: Inputs, tmp_path: Path
) -> None:
    asked = job(tmp_path, CONV_SMALL)
    heard: list[dict[str, float]] = []

    def report(point: dict[str, float]) -> None:
        heard.append(point)
        raise KeyError("the study was stopped")

    for _ in range(2):
        with pytest.raises(KeyError):
            run(asked, inputs, report)
    first, second = heard
    (earlier,) = earlier_epochs(asked, [second])
    assert earlier.items() <= first.items()
    assert earlier_epochs(asked, [first, second]) == []
    assert earlier_epochs(asked, []) == []


def test_an_exception_of_the_report_passes_and_the_run_goes_on_where_it_was(
    inputs: Inputs, tmp_path: Path
) -> None:
    asked = job(tmp_path / "stopped", CONV_SMALL)
    with pytest.raises(KeyError, match="was stopped"):
        run(asked, inputs, stop_after(2))
    told: list[dict[str, float]] = []
    resumed = run(replace(asked, attempt=1), inputs, told.append)
    whole = run(replace(asked, attempt=1, folder=tmp_path / "whole"), inputs)
    assert [point["epoch"] for point in told] == [3]
    assert resumed.model_dump(exclude=VOLATILE) == whole.model_dump(exclude=VOLATILE)
    one, two = (
        checkpoint.load(tmp_path / f / f"{asked.run}.pt", "Ask again.")
        for f in ("stopped", "whole")
    )
    assert equal(one["weights"], two["weights"])


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
    other, asked = job(tmp_path, CONV_SMALL), job(tmp_path, FIXED_SMALL)
    with pytest.raises(KeyError):
        run(other, inputs, stop_after(1))
    (tmp_path / f"{other.run}.unfinished.pt").rename(tmp_path / f"{asked.run}.unfinished.pt")
    row = run(asked, inputs)
    assert row.state == "failed"
    assert "belongs to another recipe" in row.error


def test_a_task_makes_its_seeds_one_after_another_and_tells_every_epoch_and_row(
    tiny: Path, tmp_path: Path
) -> None:
    told: list[dict[str, Any]] = []
    task = Task("arm", FIXED_SMALL, ((3, 0), (5, 2)), tiny, SPLIT, tmp_path)
    train_task(task, Machine(), "test", told.append)
    assert [point["seed"] for point in told] == [3, 3, 3, 3, 5, 5, 5, 5]
    rows = [Row.model_validate_json(point["row"]) for point in told if "row" in point]
    assert [(row.seed, row.attempt, row.state) for row in rows] == [(3, 0, "done"), (5, 2, "done")]
    assert told[3][HEADLINE] == rows[0].metrics[HEADLINE]
    assert rows[0].metrics != rows[1].metrics


def test_the_runs_name_is_that_of_its_row(tmp_path: Path, inputs: Inputs) -> None:
    asked = job(tmp_path, FIXED_SMALL.with_({"train.epochs": 1}), stage="search", arm="trial-0001")
    assert run(asked, inputs).run == asked.run


def test_threads_are_those_that_the_machine_says(inputs: Inputs, tmp_path: Path) -> None:
    short = FIXED_SMALL.with_({"train.epochs": 1})
    row = train_run(job(tmp_path, short), inputs, Machine(threads=2), "test", silent)
    assert (torch.get_num_threads(), row.provenance["threads"]) == (2, "2")
    torch.set_num_threads(1)
