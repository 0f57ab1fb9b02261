"""Makes a dataset from peaks and a genome, with negatives by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from rpbind.counted import counted
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.draft import scratch_folder
from rpbind.files.spill import stacked, taken
from rpbind.genome.choosing import chosen
from rpbind.genome.packages import check_installed
from rpbind.genome.peaks import Peaks, read_peaks
from rpbind.genome.settings import PeakSettings
from rpbind.genome.sites import Reference, open_reference, windows_of
from rpbind.genome.spans import Spans
from rpbind.genome.windows import coordinates_of
from rpbind.importers.finish import ImportOptions, ImportReport, finish_import
from rpbind.importers.settings import ImportSettings
from rpbind.importers.sources import Rows
from rpbind.naming.protein_table import read_proteins, short_list
from rpbind.negatives.bound import Bound, Drawn
from rpbind.negatives.given import with_given
from rpbind.negatives.make import all_spans, density_remark, draw, linked
from rpbind.negatives.rules import NegativeRule, NegativeSettings, make_rule
from rpbind.negatives.settings import NONE, PeakImportSettings
from rpbind.negatives.units import Landscape

_IN_GENES = 0.5  # RNA is transcribed from genes; a smaller share of windows there is doubtful


@dataclass(frozen=True)
class PeakSources:
    """The files of an import of peaks.

    Parameters
    ----------
    files
        Files of peaks.
    genome
        FASTA of the genome.
    gtf
        Its annotation; without it, windows have no gene and no region type.
    unbound
        Files of unbound sites, for the rule "given".
    """

    files: Sequence[Path]
    genome: Path
    gtf: Path | None = None
    unbound: Sequence[Path] = ()


def import_peaks(
    sources: PeakSources, rule: str | None, settings: PeakImportSettings, options: ImportOptions
) -> ImportReport:
    """Import peaks: a window of the transcribed strand for each, and negatives.

    Parameters
    ----------
    sources
        The files.
    rule
        How negatives are made; None for none.
    settings
        How peaks become windows, and the options of the rule.
    options
        Proteins, output and checks.

    Returns
    -------
    ImportReport
        The new dataset.

    Raises
    ------
    UserError
        If a file cannot be used; the message has file and line, and nothing was written.
    """
    with scratch_folder(options.out):
        return _imported(sources, rule, settings, options)


def _imported(
    sources: PeakSources, rule: str | None, settings: PeakImportSettings, options: ImportOptions
) -> ImportReport:
    negatives = _rule(sources, rule, settings)
    check_installed()
    table = read_proteins(options.proteins)
    reference = open_reference(sources.genome, sources.gtf)
    raw, hashes, decisions = read_peaks(
        sources.files, settings, reference.genome, reference.annotation, _share(options, 20)
    )
    reference.sources.update(hashes)
    peaks, counts = chosen(raw, settings)
    rows, spans, dropped = windows_of(peaks, settings, reference, 1)
    doubt = _build_remark(rows, reference)
    decisions |= counts | dropped
    if negatives is not None:
        if negatives.rule == "given":
            rows, counts = with_given(
                rows, spans, raw, sources.unbound, negatives, settings, reference
            )
        else:
            rows, counts = _drawn(rows, spans, raw, negatives, settings, reference)
        decisions |= counts
    arguments = _arguments(settings) | {"negatives": asdict(negatives) if negatives else NONE}
    name = negatives.label if negatives else NONE
    report = finish_import(rows, table, options, "peaks", arguments, name)
    dataset = report.dataset
    remarks = report.remarks + doubt
    remarks += density_remark(dataset.label_N, dataset.protein_N, dataset.cluster_N)
    windows_P = np.bincount(dataset.protein_N, minlength=len(dataset.proteins))
    if lost := [p.id for p, n in zip(dataset.proteins, windows_P, strict=True) if not n]:
        left = f"{counted(len(lost), 'protein', then='have')} no window left"
        remarks += (f"{left}: {short_list(lost)}.",)
    return ImportReport(dataset, len(raw.spans), decisions | report.decisions, remarks)


def _build_remark(rows: Rows, reference: Reference) -> tuple[str, ...]:
    """Return a remark if few windows lie in genes: peaks of another build often fit in size."""
    assert rows.coordinates is not None
    inside = float(np.mean(rows.coordinates.gene_N >= 0))
    if reference.annotation is None or inside >= _IN_GENES:
        return ()
    return (
        f"Only {inside:.0%} of the bound windows lie in a gene on their strand. Check that peaks, "
        "genome and annotation are of one genome build, and that the strand is right.",
    )


def _share(options: ImportOptions, percent: int) -> Any:
    return lambda done, total: options.progress(percent * done // total, 100)


def _rule(
    sources: PeakSources, rule: str | None, settings: PeakImportSettings
) -> NegativeRule | None:
    """Check the rule and its options before anything is read."""
    if (rule == "given") != bool(sources.unbound):
        raise UserError(
            "--negatives given and --unbound go together: files of unbound sites. Give both, or "
            "neither."
        )
    if rule is None:
        usual = NegativeSettings()
        changed = [f.name for f in fields(usual) if getattr(settings, f.name) != f.default]
        if changed:
            option = f"--{changed[0].replace('_', '-')}"
            raise UserError(f"{option} has no effect without --negatives. Give both.")
        return None
    found = make_rule(rule, settings, has_places=True, has_regions=sources.gtf is not None)
    if found.rule == "same-gene" and sources.gtf is None:
        raise UserError("Negatives of the same gene need --gtf, the annotation with the genes.")
    return found


def _arguments(settings: PeakSettings) -> dict[str, Any]:
    """Return the options of this import only, for the manifest."""
    own = {f.name for f in fields(PeakSettings)} - {f.name for f in fields(ImportSettings)}
    given = {name: getattr(settings, name) for name in sorted(own)}
    return {name: str(v) if isinstance(v, Path) else v for name, v in given.items()}


def _drawn(
    rows: Rows,
    spans: Spans,
    raw: Peaks,
    rule: NegativeRule,
    settings: PeakImportSettings,
    reference: Reference,
) -> tuple[Rows, dict[str, int]]:
    """Return the rows with the negatives of a rule."""
    assert rows.linked_N is not None
    assert rows.coordinates is not None
    region_B = rows.coordinates.region_N if reference.annotation else None
    bound = Bound(rows.rna_NL, rows.protein_N, rows.linked_N, spans, region_B)
    land = None
    if reference.annotation is not None:
        limits = settings.max_n_share, settings.max_masked_share
        land = Landscape(reference.genome, reference.annotation, raw.spans, raw.protein_N, *limits)
    drawn, counts = draw(bound, rule, (raw.spans, raw.protein_N), land)
    kept = np.flatnonzero(drawn.kept_B)
    places = all_spans(bound, drawn)
    assert places is not None
    joint = replace(
        rows,
        rna_NL=stacked([taken(rows.rna_NL, kept), drawn.rna_ML]),
        label_N=labels(drawn),
        protein_N=np.concatenate([rows.protein_N[kept], rows.protein_N[drawn.source_M]]),
        origin=origins(rows.origin, drawn),
        coordinates=coordinates_of(places, reference.genome, reference.annotation),
        linked_N=linked(bound, drawn, rule),
    )
    return joint, counts


def labels(drawn: Drawn) -> Any:
    """Return the label of each row: bound windows that stay, then negatives."""
    label_N = np.zeros(int(drawn.kept_B.sum()) + len(drawn.source_M), dtype=np.uint8)
    label_N[: int(drawn.kept_B.sum())] = 1
    return label_N


def origins(origin: Origin, drawn: Drawn) -> Origin:
    """Return the origin of each row; a negative has the peak whose place or letters it has."""
    row_N = np.concatenate([np.flatnonzero(drawn.kept_B), drawn.origin_M])
    return Origin(origin.files, origin.file_N[row_N], origin.row_N[row_N])
