"""What a user can choose for peaks and negatives, declared once for the commands and for Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from rpbind.arguments import check_finite
from rpbind.errors import UserError, check_one_of
from rpbind.importers.settings import ImportSettings

Centre = Literal["midpoint", "summit", "5prime"]
Strand = Literal["column", "gene", "+", "-"]
Scale = Literal["p", "minus-log10"]
OffGenome = Literal["error", "drop"]

PATTERN = "{protein}.*"
"""The name of a file up to its first dot, such as TARDBP_HepG2 of TARDBP_HepG2.bed.gz."""

MOST = 1_000_000
_SHARE = {"min": 0.0, "max": 1.0}


@dataclass(frozen=True, kw_only=True)
class PeakSettings(ImportSettings):
    """How peaks become windows. Every field is an option.

    Parameters
    ----------
    width, centre, strand, name_pattern, samples, score_column, p_column, p_scale, min_score, max_p
        As their help texts say.
    min_replicates, merge_distance, off_genome, max_masked_share
        As their help texts say.
    """

    width: Annotated[int, typer.Option(min=1, max=10_000, help="Letters per window.")] = 101
    centre: Annotated[
        str,
        typer.Option(help="Centre of the window: the peak's midpoint, its summit, or 5prime end."),
    ] = "midpoint"
    strand: Annotated[
        str,
        typer.Option(
            help="Strand of the peaks: that of their column (in bedGraph of the sign), of the gene "
            "there, or + or - for all."
        ),
    ] = "column"
    name_pattern: Annotated[
        str,
        typer.Option(help="Form of the files' names: {protein} once, and * for anything."),
    ] = PATTERN
    samples: Annotated[
        Path | None,
        typer.Option(
            help="Table with the columns file and protein, or ENCODE's metadata.tsv, instead of "
            "--name-pattern."
        ),
    ] = None
    min_score: Annotated[
        float | None, typer.Option(help="Smallest score of a peak (default: no limit).")
    ] = None
    score_column: Annotated[
        int | None,
        typer.Option(min=1, max=99, help="Column of the score (default: 5; 4 in bedGraph)."),
    ] = None
    max_p: Annotated[
        float | None,
        typer.Option(**_SHARE, help="Largest p-value of a peak (default: no limit)."),
    ] = None
    p_column: Annotated[
        int | None,
        typer.Option(min=1, max=99, help="Column of the p-value (default: that of the format)."),
    ] = None
    p_scale: Annotated[
        str | None, typer.Option(help="What --p-column holds: p or minus-log10.")
    ] = None
    min_replicates: Annotated[
        int,
        typer.Option(
            min=1,
            max=99,
            help="Keep a peak only if peaks of so many files of its protein overlap there.",
        ),
    ] = 1
    merge_distance: Annotated[
        int,
        typer.Option(
            min=-1,
            max=MOST,
            help="Peaks of a protein at most so many nt apart become one; -1 merges none.",
        ),
    ] = 0
    off_genome: Annotated[
        str,
        typer.Option(
            help="If the genome does not have a peak's chromosome or position: stop with an "
            "'error', or 'drop' such peaks and count them."
        ),
    ] = "error"
    max_masked_share: Annotated[
        float,
        typer.Option(
            **_SHARE,
            help="Windows with a larger share of soft-masked (lower-case) letters are dropped and "
            "counted.",
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("--centre", self.centre, get_args(Centre))
        check_one_of("--strand", self.strand, get_args(Strand))
        check_one_of("--off-genome", self.off_genome, get_args(OffGenome))
        if self.p_scale is not None:
            check_one_of("--p-scale", self.p_scale, get_args(Scale))
        for option in ("min_score", "max_p", "max_masked_share"):
            value = getattr(self, option)
            if value is not None:
                check_finite(f"--{option.replace('_', '-')}", value)
        if self.p_column is not None and (self.max_p is None or self.p_scale is None):
            raise UserError(
                "--p-column needs --max-p, the largest p-value, and --p-scale: 'p' or "
                "'minus-log10', which the column holds."
            )
        if self.p_scale is not None and self.p_column is None:
            raise UserError("--p-scale has no effect without --p-column. Give both.")
        if self.score_column is not None and self.min_score is None:
            raise UserError("--score-column has no effect without --min-score. Give both.")
