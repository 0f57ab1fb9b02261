"""The command that exports a trained model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rpbind.api.exporting import FORMATS
from rpbind.api.exporting import export as export_model


def export(
    model: Annotated[
        Path, typer.Argument(help="Model folder of a finished run: reports/STUDY/runs/RUN.")
    ],
    format: Annotated[str, typer.Option(help=f"Format: {', '.join(FORMATS)}.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="File to write (default: RUN.onnx or RUN.pt2, here).")
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust", help="Run the code of classes that the model's author has brought (read it)."
        ),
    ] = False,
) -> None:
    """Export a model as ONNX or as a torch.export program, for use without rpbind.

    The export is compared with the model on random windows before it is written.
    """
    file = export_model(model, format, out, trust)
    print(f"{file}: takes rna and protein, gives logit; its metadata say which shapes and letters")
