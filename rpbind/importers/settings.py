"""The options of every importer, declared once for the commands and for Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    from rpbind.proteins.homology import Method

K = 31
"""Letters of the k-mer that windows of one overlap cluster share, if the user gives none."""


@dataclass(frozen=True, kw_only=True)
class ImportSettings:
    """What a user can choose in every import. Every field is an option.

    Parameters
    ----------
    on_conflict, homology, k, max_n_share
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
            help="Largest share of the letter N; if a window has more, the whole import is "
            "refused.",
        ),
    ] = MOST_N

    def __post_init__(self) -> None:
        check_finite("--max-n-share", self.max_n_share)
        check_one_of("--on-conflict", self.on_conflict, get_args(OnConflict))

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
            progress,
        )
