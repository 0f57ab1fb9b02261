"""A trained model as one file that other programs run."""

from __future__ import annotations

from pathlib import Path

from rpbind.errors import check_one_of
from rpbind.saved.places import check_model, run_of_model
from rpbind.terminal import loading, progress
from rpbind.use.export_formats import ENDINGS, FORMATS
from rpbind.use.output import check_out


def export(
    model: str | Path,
    format: str = "onnx",
    out: str | Path | None = None,
    trust: bool = False,
) -> Path:
    """Export a trained model, after a comparison of the export with the model.

    Parameters
    ----------
    model
        Folder of a finished run, `reports/STUDY/runs/RUN`.
    format
        onnx (needs the extra `onnx` of rpbind), or torch-export.
    out
        File to write; without it, `RUN.onnx` or `RUN.pt2` in the current folder.
    trust
        Run the code of classes that the model's author has brought.

    Returns
    -------
    Path
        The file. Its metadata say what goes in: `rna` (batch, length) and `protein`, the mean
        vector (1, width) or one vector per residue (residues, width). `logit` (batch,) comes out.

    Raises
    ------
    UserError
        If there is no such model or format, a package is missing, the model cannot be exported
        (with the reason), or the exported logits differ from the model's by more than 1e-5.

    Examples
    --------
    >>> rb.export("reports/mine/runs/RUN", "onnx")
    """
    check_one_of("--format", format, FORMATS)
    source = Path(model)
    file = Path(f"{run_of_model(source)}{ENDINGS[format]}") if out is None else Path(out)
    check_out(file, (ENDINGS[format],), (source,))
    check_model(source)
    with loading("torch"):
        from rpbind.use.export import export_model
        from rpbind.use.trained import TrainedModel

    with progress(f"exporting as {format}"):
        export_model(TrainedModel.open(source, trust=trust), format, file)
    return file
