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
from rpbind.statistics.averages import averages_of_scores
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress
from rpbind.use.output import check_model, check_out, write_table

if TYPE_CHECKING:
    from rpbind.use.evaluate import Evaluation
    from rpbind.use.explain import Explanation
    from rpbind.use.predict import Predictions
    from rpbind.use.trained import Trained

Model = Annotated[
    Path, typer.Argument(help="Model file of a finished run: reports/STUDY/runs/RUN.pt.")
]
Proteins = Annotated[Path, typer.Option(help="FASTA of the proteins' amino-acid sequences.")]
Weights = Annotated[
    Path | None, typer.Option(help="ESM-2 checkpoint, where the model was trained with one.")
]
LINE = 60


def predict(
    model: Model,
    windows: Annotated[Path, typer.Argument(help="Windows: FASTA, CSV, TSV or Parquet, .gz too.")],
    proteins: Proteins,
    out: Annotated[Path, typer.Option(help="Result: .parquet or .csv.")],
    protein: Annotated[
        str | None, typer.Option(help="Ask every window of this protein, whatever the file says.")
    ] = None,
    weights: Weights = None,
) -> None:
    """Score windows: logit, probability, calibrated probability, what is known of the protein."""
    check_out(out, (".parquet", ".csv"), (model, windows, proteins, weights))
    check_model(model)
    from rpbind.use.predict import PredictionInput, predict_windows  # torch: seconds
    from rpbind.use.trained import Trained

    trained = Trained.open(model)
    with progress("encoding proteins, then scoring windows") as bar:
        told = predict_windows(trained, PredictionInput(windows, proteins, protein, weights), bar)
    write_table(out, told.table)
    _say_predictions(trained, told, out)


def _say_predictions(trained: Trained, told: Predictions, out: Path) -> None:
    new = [name for name, context in told.proteins.items() if not context.seen]
    print(
        f"{out}: {told.table.num_rows:,} windows, {len(told.proteins)} proteins; model "
        f"{trained.path.name}, protein vectors {trained.provenance['encoder']}"
    )
    print(
        f"calibrated on {trained.calibration.windows:,} validation windows of "
        f"{trained.provenance['dataset']}: it holds for windows with the same share of bound ones"
    )
    for remark in told.remarks:
        Console(stderr=True).print(f"! {remark}", style="yellow", **PLAIN)
    if told.unread:
        Console(stderr=True).print(
            f"{told.unread:,} of {told.table.num_rows:,} windows get no logit and no probability: "
            f"more than {MOST_N:.0%} of their letters are N (column n_share)",
            style="yellow",
            **PLAIN,
        )
    if new:
        Console(stderr=True).print(
            f"{len(new)} of {len(told.proteins)} proteins were not in training, and nothing here "
            f"says how good the model is on them: {', '.join(new[:5])}"
            f"{' ...' if len(new) > 5 else ''}",
            style="yellow",
            **PLAIN,
        )


def evaluate(
    model: Model,
    data: Annotated[Path, typer.Option(help="Dataset folder.")],
    split: Annotated[
        str | None, typer.Option(help="random, cold-rna, cold-protein or cold-both; else its own.")
    ] = None,
    part: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    other_data: Annotated[
        bool, typer.Option("--other-data", help="Allow data or a split that is not the model's.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Also write everything as .json.")] = None,
) -> None:
    """Score a model on a part of a split: ledger metrics, MCC, Brier score and calibration.

    auroc_macro is the mean over protein clusters; the plain mean over proteins stands beside it.
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
    from rpbind.use.trained import Trained

    trained = Trained.open(model)
    against = EvaluationTarget(OpenData(data), split, cast(Part, part), other_data)
    with progress("scoring") as bar:
        told = evaluate_model(trained, against, bar)
    if out is not None:
        content = {"model": trained.path.name, "model_provenance": trained.provenance}
        write_atomic(
            out,
            json.dumps(
                content | TypeAdapter(type(told)).dump_python(told, mode="json"), indent=1
            ).encode(),
        )
    _say_evaluation(trained, told)


def _say_evaluation(trained: Trained, told: Evaluation) -> None:
    for note in told.notes:
        Console(stderr=True).print(f"! {note}", style="yellow", **PLAIN)
    shown = Grid(title=f"{trained.path.name} on {told.provenance['split']}", title_justify="left")
    shown.add_column("metric")
    shown.add_column("value", justify="right")
    for name, value in told.metrics.items():
        shown.add_row(name, f"{value:.4f}")
        if name == f"{told.part}.auroc_macro" and (
            both := averages_of_scores(told.proteins, told.part)
        ):
            shown.add_row(f"  (mean over {both.clusters_text})", "")
            shown.add_row(f"{told.part} AUROC, mean over {both.proteins_text}",
                          f"{both.over_proteins:.4f}")  # fmt: skip
    Console().print(shown, _reliability(told))
    print(f"MCC at logit {trained.calibration.threshold:.4f}, chosen on validation")


def _reliability(told: Evaluation) -> Grid:
    """The bins of both calibrations: what was said against what was so."""
    shown = Grid(title="probability said, and share bound", title_justify="left")
    shown.add_column("bin")
    for kind in ("", "calibrated: "):
        for column in ("windows", "said", "bound"):
            shown.add_column(kind + column, justify="right")
    both = [{one.low: one for one in each.bins} for each in (told.raw, told.calibrated)]
    for low in sorted(both[0] | both[1]):
        found = [bins.get(low) for bins in both]
        cells = [
            [f"{one.windows:,}", f"{one.mean_probability:.3f}", f"{one.bound_share:.3f}"]
            if one
            else [""] * 3
            for one in found
        ]
        shown.add_row(f"{low:.1f}-{low + 0.1:.1f}", *cells[0], *cells[1])
    return shown


def explain(
    model: Model,
    rna: Annotated[str, typer.Option(help="The window's letters.")],
    protein: Annotated[str, typer.Option(help="Name of the protein in the FASTA.")],
    proteins: Proteins,
    width: Annotated[int, typer.Option(min=1, help="Nucleotides of the top span.")] = 8,
    weights: Weights = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write a page (.html) or the numbers (.parquet).")
    ] = None,
) -> None:
    """Explain one window: substitutions, the top span, and attention where it can matter."""
    if out is not None:
        check_out(out, (".html", ".parquet"), (model, proteins, weights))
    check_model(model)
    from rpbind.use.explain import Pair, as_picture, as_table, explain_window  # torch: seconds
    from rpbind.use.trained import Trained

    trained = Trained.open(model)
    with progress("scoring substitutions") as bar:
        found = explain_window(trained, Pair(rna, protein, proteins, weights), width, bar)
    _say_explanation(found)
    if out is None:
        return
    if out.suffix == ".html":
        from rpbind.report.explain import explain_page  # Plotly

        write_atomic(out, explain_page(as_picture(found, trained)).encode())
    else:
        write_table(out, as_table(found))
    print(f"written: {out}")


def _say_explanation(found: Explanation) -> None:
    from rpbind.use.explain import sentences

    start, stop = found.span
    marks = "".join("^" if start <= place < stop else " " for place in range(len(found.letters)))
    for at in range(0, len(found.letters), LINE):
        print(f"{at + 1:5d} {found.letters[at : at + LINE]}")
        print(f"      {marks[at : at + LINE]}".rstrip())
    for sentence in sentences(found):
        Console().print(sentence, **PLAIN)
    strongest = [f"{name} {change:+.3f}" for name, change in found.mutagenesis.strongest(5)]
    if strongest:
        print(f"Strongest substitutions: {', '.join(strongest)}.")
