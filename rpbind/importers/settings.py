"""The options of every importer, declared once for the commands and for Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from rpbind.arguments import check_finite
from rpbind.data.alphabet import MOST_N
from rpbind.errors import UserError, check_one_of
from rpbind.importers.conflicts import OnConflict

if TYPE_CHECKING:
    from rpbind.importers.importers import ImportOptions
    from rpbind.importers.rows import BadRows
    from rpbind.proteins.homology import Method
    from rpbind.reading.fitting import Fit

K = 31
"""Letters of the k-mer that windows of one overlap cluster share, if the user gives none."""


@dataclass(frozen=True, kw_only=True)
class ImportSettings:
    """What a user can choose in every import. Every field is an option.

    Parameters
    ----------
    on_conflict, homology, k, max_n_share, bad_rows, names
        As their help texts say.
    """

    on_conflict: Annotated[
        str,
        typer.Option(
            help="If one protein has a window twice: stop with an 'error', or 'drop' duplicates "
            "and contradictions and count them."
        ),
    ] = "error"
    homology: Annotated[
        str,
        typer.Option(
            help="Tool that finds homologous proteins: parasail, or mmseqs2 if installed."
        ),
    ] = "parasail"
    k: Annotated[
        int | None,
        typer.Option(
            "--k",
            min=1,
            max=31,
            show_default=str(K),
            help="Length of the k-mer; windows that share one are in one overlap cluster.",
        ),
    ] = None
    max_n_share: Annotated[
        float,
        typer.Option(
            "--max-n-share",
            min=0,
            max=1,
            help="Largest share of the letter N; windows with more are bad rows.",
        ),
    ] = MOST_N
    bad_rows: Annotated[
        str,
        typer.Option(
            help="If a row has no label or protein, letters that are not RNA, or too many N: stop "
            "with an 'error', or 'drop' such rows and count them."
        ),
    ] = "error"
    names: Annotated[
        Path | None,
        typer.Option(
            help="Table with the columns name, protein (id in the FASTA; - leaves the windows out) "
            "and gene, as an import proposes it in OUT.names.tsv (default: the names themselves)."
        ),
    ] = None

    def __post_init__(self) -> None:
        check_finite("--max-n-share", self.max_n_share)
        check_one_of("--on-conflict", self.on_conflict, get_args(OnConflict))
        check_one_of("--bad-rows", self.bad_rows, ("error", "drop"))

    @property
    def words(self) -> dict[str, int] | None:
        """What words of labels mean, None for the usual ones; see `SourceSettings`."""
        return None

    def check_clusters(self, option: str, clusters: object) -> None:
        """Raise `UserError` if overlap clusters are given together with k, which computes them."""
        if clusters is not None and self.k is not None:
            raise UserError(
                f"--k and {option} exclude each other: --k is for computing overlap clusters, and "
                f"{option} {clusters} gives them. Leave one of the two out."
            )

    def options(
        self, proteins: Path, out: Path, progress: Callable[[int, int], None]
    ) -> ImportOptions:
        """Return what an importer needs besides its source.

        Parameters
        ----------
        proteins
            FASTA of the proteins.
        out
            Folder of the new dataset.
        progress
            Called with the percentage done, and 100.

        Returns
        -------
        ImportOptions
            The options.
        """
        from rpbind.importers.importers import ImportOptions  # SciPy
        from rpbind.importers.rows import RowRules
        from rpbind.proteins.homology import COVERAGE, IDENTITY, Method, cluster_proteins

        check_one_of("--homology", self.homology, get_args(Method))
        return ImportOptions(
            proteins,
            out,
            partial(cluster_proteins, method=cast("Method", self.homology)),
            f"{self.homology}: identity {IDENTITY}, coverage {COVERAGE} of the shorter",
            cast(OnConflict, self.on_conflict),
            self.k or K,
            self.max_n_share,
            RowRules(self.words, cast("BadRows", self.bad_rows)),
            None if self.names is None else Path(self.names),
            progress,
        )


@dataclass(frozen=True, kw_only=True)
class SourceSettings(ImportSettings):
    """What a user can choose for files that have labels.

    Parameters
    ----------
    label_map, fit, width
        As their help texts say.
    """

    label_map: Annotated[
        str | None,
        typer.Option(
            help="What the labels mean, such as 'high=1,low=0' (default: 1 and 0, True and False, "
            "1 and -1, yes and no, pos and neg)."
        ),
    ] = None
    fit: Annotated[
        str | None,
        typer.Option(
            help="Of windows longer than --width, keep the centre, the beginning (left), or all in "
            "tiles of that length (default: windows keep their lengths)."
        ),
    ] = None
    width: Annotated[
        int | None,
        typer.Option(min=1, max=65_536, help="Greatest length of a window in nt, with --fit."),
    ] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.words
        if self.fit not in (None, "centre", "left", "tile"):
            raise UserError(f"--fit is one of centre, left, tile; got '{self.fit}'.")
        if (self.fit is None) != (self.width is None):
            raise UserError("--fit and --width belong together: give both, or none of them.")

    def options(
        self, proteins: Path, out: Path, progress: Callable[[int, int], None]
    ) -> ImportOptions:
        """Return what an importer needs besides its source; see `ImportSettings.options`."""
        made = super().options(proteins, out, progress)
        rules = replace(made.rules, most_n=self.max_n_share if self.fit is None else None)
        return replace(made, rules=rules, fit=cast("Fit | None", self.fit), width=self.width)

    @property
    def words(self) -> dict[str, int] | None:
        """What words of labels mean, None for the usual ones."""
        from rpbind.importers.labels import parse_label_map  # NumPy

        return parse_label_map(self.label_map)


@dataclass(frozen=True, kw_only=True)
class FileSettings(SourceSettings):
    """What a user can choose for files whose names say something.

    Parameters
    ----------
    name_pattern
        As its help text says.
    """

    name_pattern: Annotated[
        str | None,
        typer.Option(
            help="What the files' paths say: {protein}, {label} and {part} of a published split, "
            "and * for anything, such as '{protein}/{part}_*/*.fa' (default: in a folder, the "
            "protein is a file's name up to its first dot, if nothing else names it)."
        ),
    ] = None
