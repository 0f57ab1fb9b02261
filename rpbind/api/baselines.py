"""Baselines without a network on a dataset and split."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.ledger import Row

METRICS = ("test.auroc_weighted", "test.auroc_pooled", "test.auprc_macro", "test.loss")


@dataclass(frozen=True)
class Baselines:
    """The scores of the baselines on the test part of a split.

    Parameters
    ----------
    dataset, split
        Names and hashes of the data.
    rows
        A ledger row per baseline: its state, metrics, scores per protein, findings and cost.
    notes
        A sentence per finding, such as that the proteins alone rank the windows.
    """

    dataset: str
    split: str
    rows: tuple[Row, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, str]:
        """What the two AUROCs are, such as "macro over 31 protein clusters", in words."""
        from rpbind.statistics.averages import averages

        found = averages(self.rows)
        if found is None:
            return "macro over protein clusters", "plain mean over proteins"
        return found.macro_text, found.plain_text

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `table`; a number is None where a baseline does not apply."""
        from rpbind.statistics.averages import averages

        return [
            {
                "control": row.arm,
                "state": row.state,
                "auroc": found.over_clusters if (found := averages([row])) else None,
                "auroc_proteins": found.over_proteins if found else None,
                **{key.removeprefix("test."): row.metrics.get(key) for key in METRICS},
                "proteins": len(row.proteins),
                "seconds": row.cost["seconds"],
            }
            for row in self.rows
        ]

    def table(self) -> pd.DataFrame:
        """Return the scores.

        Returns
        -------
        pandas.DataFrame
            A row per baseline: `auroc` (test, macro over protein clusters), `auroc_proteins` (plain
            mean over proteins), `auroc_weighted` (cluster-weighted), `auroc_pooled`, `auprc_macro`,
            `loss`, the number of `proteins` that are scored, and the `seconds` it took.
        """
        import pandas as pd

        numbers = ("auroc", "auroc_proteins", *(key.removeprefix("test.") for key in METRICS))
        return pd.DataFrame(self.records()).astype(dict.fromkeys(numbers, float))

    def proteins(self) -> pd.DataFrame:
        """Return the scores of each protein.

        Returns
        -------
        pandas.DataFrame
            A row per baseline and protein.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {"control": row.arm} | score.model_dump()
                for row in self.rows
                for score in row.proteins
            ]
        )


@face
def baselines(
    data: str | Path | Dataset, split: str = "cold-rna", proteins: str = "physchem"
) -> Baselines:
    """Fit baselines without a network on train, and score them on test.

    Parameters
    ----------
    data
        The dataset, or its folder.
    split
        Rule (random, cold-rna, cold-protein, cold-both or cold-chromosome, perhaps with
        percentages, such as cold-rna:80:10:10), or the name of a saved split.
    proteins
        Protein encoder whose vectors the baseline protein-only reads.

    Returns
    -------
    Baselines
        Their scores.

    Raises
    ------
    UserError
        If the dataset cannot be split so, or has no such protein vectors.

    Examples
    --------
    >>> rb.baselines("data/eclip91").table()
    """
    from rpbind.splitting.text import parse_one_split

    spec = parse_one_split(split, Path(getattr(data, "folder", data)))
    from rpbind.terminal import loading, progress

    with loading("sklearn"):
        from rpbind.baselines.data import BaselineData
        from rpbind.baselines.run import baseline_rows

    opened = load_dataset(data).opened
    windows = BaselineData.from_dataset(
        opened.dataset, opened.split(spec), opened.embeddings(proteins)
    )
    with progress("controls") as bar:
        rows = tuple(_reported(row) for row in baseline_rows(windows, progress=bar.restart))
    notes = [f"{row.arm}: {found.name}: {found.advice}" for row in rows for found in row.findings]
    return Baselines(windows.provenance["dataset"], windows.provenance["split"], rows, tuple(notes))


def _reported(row: Row) -> Row:
    """Print on stderr that a baseline has ended, if stderr shows no progress bar."""
    from rpbind.live import is_live
    from rpbind.statistics.averages import averages
    from rpbind.verbosity import PLAIN, notices

    console = notices()
    if not is_live(console):
        means = averages([row])
        auroc = f"test AUROC {means.words(4)}" if means else "no AUROC"
        console.print(f"{row.arm}: {row.state}, {auroc}, {row.cost['seconds']:.0f} s", **PLAIN)
    return row
