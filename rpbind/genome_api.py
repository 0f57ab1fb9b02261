"""What `import rpbind` offers for peaks of a genome, and for negatives."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.api.imports import Import
from rpbind.keywords import from_keywords
from rpbind.negatives.rules import HELP as RULES_HELP
from rpbind.negatives.rules import NegativeSettings as NegativeSettings
from rpbind.negatives.settings import PeakImportSettings as PeakImportSettings

NEGATIVES_HELP = f"How negatives are made: {RULES_HELP}"


@partial(face, options=PeakImportSettings)
def import_peaks(
    files: list[str | Path],
    *,
    genome: str | Path,
    proteins: str | Path,
    out: str | Path,
    gtf: str | Path | None = None,
    negatives: str | None = None,
    unbound: list[str | Path] | None = None,
    **options: Any,
) -> Import:
    """Import peaks: a window of the transcribed strand for each, with its genome coordinates.

    Parameters
    ----------
    files
        BED, narrowPeak or bedGraph files, also with .gz; one per experiment.
    genome
        FASTA of the genome, plain or packed with bgzip.
    proteins
        FASTA of the proteins' amino-acid sequences.
    out
        Dataset folder to make; it must not exist yet.
    gtf
        Annotation of the genome; without it, windows have no gene and no region type.
    negatives
        How negatives are made: "same-gene", "other-proteins", "shuffled" or "given"; without it,
        none are.
    unbound
        Files of unbound sites, for "given".
    **options
        As the options of `rpbind import peaks --help`, with underscores: `width`, `centre`,
        `strand`, `name_pattern`, `min_score`, `max_p`, `ratio`, `distance`, `match`, and so on.

    Returns
    -------
    Import
        The dataset, and what was decided on the way.

    Raises
    ------
    UserError
        If a file cannot be used; the message has file and line, and nothing was written.

    Examples
    --------
    >>> rb.import_peaks(
    ...     ["TARDBP_HepG2.bed.gz"], genome="GRCh38.fa", gtf="gencode.gtf.gz",
    ...     proteins="proteins.fasta", out="data/mine", negatives="same-gene",
    ... )  # fmt: skip
    """
    from rpbind.terminal import progress

    settings = from_keywords("rb.import_peaks", PeakImportSettings, options)
    from rpbind.negatives.importing import PeakSources  # pandas
    from rpbind.negatives.importing import import_peaks as read

    sources = PeakSources(
        [Path(file) for file in files],
        Path(genome),
        None if gtf is None else Path(gtf),
        [Path(file) for file in unbound or ()],
    )
    with progress(f"importing to {out}") as bar:
        target = settings.options(Path(proteins), Path(out), bar)
        report = read(sources, negatives, settings, target)
    return Import(Dataset(report.dataset.root), report.rows_read, report.decisions, report.remarks)


@partial(face, options=NegativeSettings)
def negatives(
    data: str | Path | Dataset,
    *,
    rule: str,
    out: str | Path,
    genome: str | Path | None = None,
    gtf: str | Path | None = None,
    **options: Any,
) -> Import:
    """Give negatives to a dataset that was imported without.

    Parameters
    ----------
    data
        A dataset whose windows are all bound, or its folder.
    rule
        How negatives are made: "same-gene", "other-proteins" or "shuffled".
    out
        Dataset folder to make; it must not exist yet.
    genome, gtf
        The genome of the windows and its annotation, for "same-gene".
    **options
        `ratio`, `distance`, `match`, `negative_seed`: as the options of `rpbind negatives --help`.

    Returns
    -------
    Import
        The new dataset, and what was decided on the way.

    Raises
    ------
    UserError
        If the dataset has negatives, the rule cannot be used on it, or the genome is another one.

    Examples
    --------
    >>> rb.negatives("data/mine", rule="other-proteins", out="data/with-negatives", ratio=2)
    """
    settings = from_keywords("rb.negatives", NegativeSettings, options)
    opened = load_dataset(data).opened.dataset
    from rpbind.negatives.later import add_negatives  # pandas
    from rpbind.terminal import progress

    with progress(f"making negatives for {opened.root}"):
        added = add_negatives(
            opened,
            Path(out),
            rule,
            settings,
            None if genome is None else Path(genome),
            None if gtf is None else Path(gtf),
        )
    return Import(Dataset(added.dataset.root), len(opened), added.decisions, added.remarks)
