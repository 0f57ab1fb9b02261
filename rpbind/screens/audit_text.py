"""The audit of a dataset for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rpbind.audit.record import Audit, ProteinCounts
from rpbind.tables import Grid
from rpbind.wording import audit as words
from rpbind.wording.words import ABSENT, number

MOST_PROTEINS = 30
"""A table of proteins with more rows shows the ends: the page and `--json` have all of them."""


def audit_text(audit: Audit) -> RenderableType:
    """Return an audit as tables, with sentences on what a reader has to know.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    RenderableType
        What `rich` prints.
    """
    lines = [Text(f"{audit.dataset}; unbound windows: {audit.negatives}")]
    if audit.split:
        lines.append(Text(f"split {audit.split}"))
    lines += [Text(line) for line in words.short(audit)]
    return Group(*lines, *_tables(audit))


def _tables(audit: Audit) -> Iterator[RenderableType]:
    yield _grid(
        f"priors: AUROC of {words.asked(audit)}, without a motif",
        ("prior", "per protein", "95 % interval", "proteins", "overall", "", "what it reads"),
        [
            (
                each.name, number(each.per_protein), words.interval(each), str(each.proteins),
                number(each.overall), "flag" if each.is_flagged else "", words.MEANING[each.name],
            )
            for each in audit.priors
        ],
        left=(0, 5, 6),
    )  # fmt: skip
    if audit.leaks:
        yield _grid(
            "in common with training",
            ("part", "windows", "31-mer", "interval", "all letters", "proteins", "known",
             "related"),
            [
                (
                    each.part, f"{each.windows:,}", f"{each.kmer:,}", _count(each.interval),
                    f"{each.equal:,}", str(each.proteins), str(each.known), str(each.related),
                )
                for each in audit.leaks
            ],
        )  # fmt: skip
    yield _grid(
        "where windows come from",
        ("label", "windows", "different", "clusters", "clusters of half", "genes", "genes of half"),
        [
            (
                each.label, f"{each.windows:,}", f"{each.distinct:,}", f"{each.clusters:,}",
                f"{each.clusters_of_half:,}", _count(each.genes), _count(each.genes_of_half),
            )
            for each in audit.origins
        ],
    )  # fmt: skip
    if audit.regions:
        yield _grid(
            f"region types of {words.asked(audit)}",
            ("region", "windows", "bound", "proteins"),
            [
                (each.region, f"{each.windows:,}", f"{each.positives:,}", str(each.proteins))
                for each in audit.regions
            ],
        )
    if audit.largest:
        yield _grid(
            f"largest of {audit.clusters:,} overlap clusters ({audit.single:,} have one window)",
            ("windows", "bound", "proteins", "consensus"),
            [
                (f"{each.windows:,}", f"{each.positives:,}", str(each.proteins), each.consensus)
                for each in audit.largest
            ],
            left=(3,),
        )
    yield _grid(
        "proteins" if len(audit.proteins) <= MOST_PROTEINS else "proteins with most bound windows",
        ("protein", "windows", "bound", "share"),
        [
            (each.protein, f"{each.windows:,}", f"{each.positives:,}", _share(each))
            for each in _shown(audit.proteins)
        ],
    )


def _shown(proteins: Sequence[ProteinCounts]) -> Sequence[ProteinCounts]:
    if len(proteins) <= MOST_PROTEINS:
        return proteins
    return sorted(proteins, key=lambda each: -each.positives)[:MOST_PROTEINS]


def _share(protein: ProteinCounts) -> str:
    return f"{100 * protein.positives / protein.windows:.0f} %" if protein.windows else ABSENT


def _count(value: int | None) -> str:
    return ABSENT if value is None else f"{value:,}"


def _grid(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[int] = (0,),
) -> Grid:
    shown = Grid(title=title, title_justify="left")
    for place, name in enumerate(columns):
        shown.add_column(name, justify="left" if place in left else "right")
    for row in rows:
        shown.add_row(*map(Text, row))
    return shown
