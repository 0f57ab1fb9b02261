"""Commands that use a trained model: predict windows, score it on a split, explain a window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind.api.files import check_out, write_frame
from rpbind.api.model import (
    Evaluation,
    Explanation,
    check_evaluation,
    check_fit,
    load_model,
)
from rpbind.counted import counted
from rpbind.live import stderr
from rpbind.tables import Grid
from rpbind.terminal import PLAIN

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
    typer.Option(
        help="The protein language model's weights, or the file of vectors, that the model was "
        "trained with, if it was."
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust", help="Run the code of classes that the model's author has brought (read it)."
    ),
]
LINE = 60


def predict(
    model: Model,
    windows: Annotated[
        Path, typer.Argument(help="Windows: FASTA, CSV, TSV, Excel or Parquet; text also .gz.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write: .parquet or .csv.")],
    proteins: Proteins = None,
    protein: Annotated[
        str | None,
        typer.Option(
            help="Score all windows for this protein, if the file names no other (default: the one "
            "that each window names)."
        ),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(
            help="Of windows that are longer than in training, score the centre, the beginning "
            "(left), or all of it in pieces (tile), a row each (default: as they are)."
        ),
    ] = None,
    weights: Weights = None,
    trust: Trust = False,
) -> None:
    """Predict logit, probability and calibrated probability of windows.

    Each window's row also says whether the model was trained on its protein, and how well.
    """
    check_fit(fit)
    check_out(out, (".parquet", ".csv"), (model, windows, proteins, weights))
    trained = load_model(model, weights=weights, trust=trust)
    table = trained.predict(windows, protein, proteins=proteins, fit=fit)
    write_frame(out, table)
    print(
        f"{out}: {counted(len(table), 'window')}, "
        f"{counted(table['protein'].nunique(), 'protein')}; model "
        f"{trained.name}, protein vectors {trained.provenance['encoder']}"
    )
    print(
        f"calibrated on {trained.calibration_windows:,} validation windows of "
        f"{trained.provenance['dataset']}: valid for windows with the same share of positives"
    )
    _warn(table.attrs["notes"])


def evaluate(
    model: Model,
    data: Annotated[Path, typer.Option(help="Dataset folder.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="Split: random, cold-rna, cold-protein, cold-both, cold-chromosome, or the name "
            "of a saved one (default: the model's)."
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
    trust: Trust = False,
) -> None:
    """Score a model on a part of a split: the ledger's metrics, MCC, Brier score, calibration.

    auroc_macro is the mean over protein clusters, auroc_proteins the plain mean over proteins;
    in auroc_weighted, an overlap cluster counts like one window.
    """
    check_evaluation(split, part, data)
    if out is not None:
        check_out(out, (".json",))
    trained = load_model(model, trust=trust)
    result = trained.evaluate(data, split=split, part=part, other_data=other_data)
    if out is not None:
        result.save(out)
    _warn(result.notes)
    shown = Grid(title=f"{trained.name} on {result.provenance['split']}", title_justify="left")
    shown.add_column("metric")
    shown.add_column("value", justify="right")
    explained = {f"{result.part}.auroc_weighted": "cluster-weighted, macro over protein clusters"}
    if both := result.averages:
        explained[f"{result.part}.auroc_macro"] = both.macro_text
        explained[f"{result.part}.auroc_proteins"] = both.plain_text
    for name, value in result.metrics.items():
        shown.add_row(name, f"{value:.4f}")
        if what := explained.get(name):
            shown.add_row(f"  ({what})", "")
    Console().print(shown, _reliability(result))
    print(f"MCC at logit {result.threshold:.4f}, chosen on validation")


def _reliability(result: Evaluation) -> Grid:
    """Tabulate predicted probability and share of positives by bin, raw and calibrated."""
    shown = Grid(title="predicted probability and share of positives", title_justify="left")
    shown.add_column("bin")
    for kind in ("", "calibrated: "):
        for column in ("windows", "predicted", "positive"):
            shown.add_column(kind + column, justify="right")
    for one in result.bins():
        cells = []
        for kind in ("", "calibrated_"):
            there = one[f"{kind}windows"] is not None
            cells.append(f"{one[f'{kind}windows']:,}" if there else "")
            cells += [
                f"{one[kind + column]:.3f}" if there else "" for column in ("predicted", "positive")
            ]
        shown.add_row(f"{one['low']:.1f}-{one['low'] + 0.1:.1f}", *cells)
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
    trust: Trust = False,
) -> None:
    """Explain the prediction for one window.

    Shows the effect of each substitution, the span with the largest effects, and the attention
    if it can change the logit.
    """
    if out is not None:
        check_out(out, (".html", ".parquet"), (model, proteins, weights))
    trained = load_model(model, weights=weights, trust=trust)
    explanation = trained.explain(rna, protein, proteins=proteins, width=width)
    _print_explanation(explanation)
    if out is not None:
        explanation.save(out)
        print(f"written: {out}")


def _print_explanation(explanation: Explanation) -> None:
    start, stop = explanation.span
    marks = "".join(
        "^" if start <= place < stop else " " for place in range(len(explanation.letters))
    )
    for at in range(0, len(explanation.letters), LINE):
        print(f"{at + 1:5d} {explanation.letters[at : at + LINE]}")
        print(f"      {marks[at : at + LINE]}".rstrip())
    for sentence in explanation.sentences:
        Console().print(sentence, **PLAIN)
    strongest = [f"{name} {change:+.3f}" for name, change in explanation.strongest()]
    if strongest:
        print(f"Strongest substitutions: {', '.join(strongest)}.")


def _warn(notes: list[str] | tuple[str, ...]) -> None:
    for note in notes:
        stderr().print(f"! {note}", style="yellow", **PLAIN)
