"""Commands that use a trained model: predict windows, score it on a split, explain a window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from pydantic import TypeAdapter
from rich.console import Console

from rpbind.data.alphabet import MOST_N
from rpbind.data.splits import Part, Rule
from rpbind.errors import check_one_of
from rpbind.ledger import write_atomic
from rpbind.saved.places import check_model
from rpbind.statistics.averages import averages_of_scores
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress
from rpbind.use.output import check_out, write_table

if TYPE_CHECKING:
    from rpbind.use.evaluate import Evaluation
    from rpbind.use.explain import Explanation
    from rpbind.use.predict import Predictions
    from rpbind.use.trained import TrainedModel

Model = Annotated[
    Path, typer.Argument(help="Model folder of a finished run: reports/STUDY/runs/RUN.")
]
Proteins = Annotated[
    Path | None,
    typer.Option(
        help="FASTA of the proteins' amino-acid sequences (default: the proteins that the model "
        "was trained or evaluated on)."
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(help="ESM-2 checkpoint file, if the model was trained with ESM-2 vectors."),
]
LINE = 60


def predict(
    model: Model,
    windows: Annotated[
        Path, typer.Argument(help="Windows: FASTA, CSV, TSV or Parquet, also with .gz.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write: .parquet or .csv.")],
    proteins: Proteins = None,
    protein: Annotated[
        str | None,
        typer.Option(help="Score all windows for this protein (default: the one the file names)."),
    ] = None,
    weights: Weights = None,
) -> None:
    """Predict logit, probability and calibrated probability of windows.

    Each window's row also says whether the model was trained on its protein, and how well.
    """
    check_out(out, (".parquet", ".csv"), (model, windows, proteins, weights))
    check_model(model)
    from rpbind.use.predict import PredictionInput, predict_windows  # torch: seconds
    from rpbind.use.trained import TrainedModel

    trained = TrainedModel.open(model)
    with progress("encoding proteins, then scoring windows") as bar:
        result = predict_windows(trained, PredictionInput(windows, proteins, protein, weights), bar)
    write_table(out, result.table)
    _print_predictions(trained, result, out)


def _print_predictions(trained: TrainedModel, result: Predictions, out: Path) -> None:
    new = [name for name, context in result.proteins.items() if not context.seen]
    print(
        f"{out}: {result.table.num_rows:,} windows, {len(result.proteins)} proteins; model "
        f"{trained.path.name}, protein vectors {trained.provenance['encoder']}"
    )
    print(
        f"calibrated on {trained.calibration.windows:,} validation windows of "
        f"{trained.provenance['dataset']}: valid for windows with the same share of positives"
    )
    for remark in result.remarks:
        Console(stderr=True).print(f"! {remark}", style="yellow", **PLAIN)
    if result.unread:
        Console(stderr=True).print(
            f"{result.unread:,} of {result.table.num_rows:,} windows have no logit and no "
            f"probability: more than {MOST_N:.0%} of their letters are N (column n_share)",
            style="yellow",
            **PLAIN,
        )
    if new:
        Console(stderr=True).print(
            f"{len(new)} of {len(result.proteins)} proteins were not in training, so it is unknown "
            f"how good the model is on them: {', '.join(new[:5])}"
            f"{' ...' if len(new) > 5 else ''}",
            style="yellow",
            **PLAIN,
        )


def evaluate(
    model: Model,
    data: Annotated[Path, typer.Option(help="Dataset folder.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="Split rule: random, cold-rna, cold-protein or cold-both (default: the model's)."
        ),
    ] = None,
    part: Annotated[
        str, typer.Option(help="Part of the split to score: train, validation or test.")
    ] = "test",
    other_data: Annotated[
        bool,
        typer.Option(
            "--other-data",
            help="Allow a dataset, split or embedding store other than the model was trained with.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Also write metrics and scores per protein to this .json.")
    ] = None,
) -> None:
    """Score a model on a part of a split: the ledger's metrics, MCC, Brier score, calibration.

    auroc_macro is the mean over protein clusters; the mean over proteins is shown too.
    """
    check_one_of("--part", part, get_args(Part))
    if split is not None:
        check_one_of("--split", split, get_args(Rule))
    if out is not None:
        check_out(out, (".json",))
    check_model(model)
    from rpbind.train.opened import OpenData
    from rpbind.use.compatibility import EvaluationTarget
    from rpbind.use.evaluate import evaluate_model  # torch: seconds
    from rpbind.use.trained import TrainedModel

    trained = TrainedModel.open(model)
    target = EvaluationTarget(OpenData(data), split, cast(Part, part), other_data)
    with progress("scoring") as bar:
        result = evaluate_model(trained, target, bar)
    if out is not None:
        content = {"model": trained.path.name, "model_provenance": trained.provenance}
        write_atomic(
            out,
            json.dumps(
                content | TypeAdapter(type(result)).dump_python(result, mode="json"), indent=1
            ).encode(),
        )
    _print_evaluation(trained, result)


def _print_evaluation(trained: TrainedModel, result: Evaluation) -> None:
    for note in result.notes:
        Console(stderr=True).print(f"! {note}", style="yellow", **PLAIN)
    shown = Grid(title=f"{trained.path.name} on {result.provenance['split']}", title_justify="left")
    shown.add_column("metric")
    shown.add_column("value", justify="right")
    for name, value in result.metrics.items():
        shown.add_row(name, f"{value:.4f}")
        if name == f"{result.part}.auroc_macro" and (
            both := averages_of_scores(result.proteins, result.part)
        ):
            shown.add_row(f"  (mean over {both.clusters_text})", "")
            shown.add_row(f"{result.part} AUROC, mean over {both.proteins_text}",
                          f"{both.over_proteins:.4f}")  # fmt: skip
    Console().print(shown, _reliability(result))
    print(f"MCC at logit {trained.calibration.threshold:.4f}, chosen on validation")


def _reliability(result: Evaluation) -> Grid:
    """Tabulate predicted probability and share of positives by bin, raw and calibrated."""
    shown = Grid(title="predicted probability and share of positives", title_justify="left")
    shown.add_column("bin")
    for kind in ("", "calibrated: "):
        for column in ("windows", "predicted", "positive"):
            shown.add_column(kind + column, justify="right")
    both = [{one.low: one for one in each.bins} for each in (result.raw, result.calibrated)]
    for low in sorted(both[0] | both[1]):
        pair = [bins.get(low) for bins in both]
        cells = [
            [f"{one.windows:,}", f"{one.mean_probability:.3f}", f"{one.bound_share:.3f}"]
            if one
            else [""] * 3
            for one in pair
        ]
        shown.add_row(f"{low:.1f}-{low + 0.1:.1f}", *cells[0], *cells[1])
    return shown


def explain(
    model: Model,
    rna: Annotated[str, typer.Option(help="Letters of the window.")],
    protein: Annotated[str, typer.Option(help="Name of the protein.")],
    proteins: Proteins = None,
    width: Annotated[int, typer.Option(min=1, help="Length of the top span, in nucleotides.")] = 8,
    weights: Weights = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Also write a page with figures (.html) or the numbers (.parquet)."),
    ] = None,
) -> None:
    """Explain the prediction for one window.

    Shows the effect of each substitution, the span with the largest effects, and the attention
    if it can change the logit.
    """
    if out is not None:
        check_out(out, (".html", ".parquet"), (model, proteins, weights))
    check_model(model)
    from rpbind.use.explain import Pair, as_picture, as_table, explain_window  # torch: seconds
    from rpbind.use.trained import TrainedModel

    trained = TrainedModel.open(model)
    with progress("scoring substitutions") as bar:
        explanation = explain_window(trained, Pair(rna, protein, proteins, weights), width, bar)
    _print_explanation(explanation)
    if out is None:
        return
    if out.suffix == ".html":
        from rpbind.report.explain import explain_page  # Plotly

        write_atomic(out, explain_page(as_picture(explanation, trained)).encode())
    else:
        write_table(out, as_table(explanation))
    print(f"written: {out}")


def _print_explanation(explanation: Explanation) -> None:
    from rpbind.use.explain import sentences

    start, stop = explanation.span
    marks = "".join(
        "^" if start <= place < stop else " " for place in range(len(explanation.letters))
    )
    for at in range(0, len(explanation.letters), LINE):
        print(f"{at + 1:5d} {explanation.letters[at : at + LINE]}")
        print(f"      {marks[at : at + LINE]}".rstrip())
    for sentence in sentences(explanation):
        Console().print(sentence, **PLAIN)
    strongest = [f"{name} {change:+.3f}" for name, change in explanation.mutagenesis.strongest(5)]
    if strongest:
        print(f"Strongest substitutions: {', '.join(strongest)}.")
