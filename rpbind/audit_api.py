"""What `import rpbind` offers on what a dataset gives away."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.api.files import check_out as check_out

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from rpbind.audit.record import Audit as Record


@dataclass(frozen=True)
class Audit:
    """What a dataset, and a split of it, give away without a motif being read.

    Parameters
    ----------
    dataset, split
        Names and hashes of the data; `split` is empty if none was asked for.
    notes
        Sentences that a reader should know.
    record
        Everything that was measured, as in `json()`.
    """

    dataset: str
    split: str
    notes: tuple[str, ...]
    record: Record = field(repr=False)

    def priors(self) -> pd.DataFrame:
        """Return how well priors rank the windows of the test part, or all without a split.

        Returns
        -------
        pandas.DataFrame
            A row per prior: `auroc` (mean over `proteins`) with the ends `low` and `high` of its
            95 % interval, `auroc_pooled` over all windows, and whether it is `flagged`.
        """
        import pandas as pd

        rows = [
            {
                "prior": each.name, "auroc": each.per_protein, "low": each.low, "high": each.high,
                "proteins": each.proteins, "auroc_pooled": each.overall,
                "flagged": each.is_flagged,
            }
            for each in self.record.priors
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def leaks(self) -> pd.DataFrame:
        """Return what validation and test have in common with training.

        Returns
        -------
        pandas.DataFrame
            A row per part: numbers of `windows`; of those with all letters of a training window
            (`equal`), with `k` letters in a row of one (`kmer`), and that overlap one in the genome
            (`interval`); of `proteins`, of `known` ones and of `related` ones. Empty without a
            split.
        """
        return _table(self.record.leaks)

    def clusters(self) -> pd.DataFrame:
        """Return the largest overlap clusters.

        Returns
        -------
        pandas.DataFrame
            A row per cluster: `windows`, `positives`, `proteins` and `consensus`.
        """
        return _table(self.record.largest)

    def proteins(self) -> pd.DataFrame:
        """Return the numbers of windows of each protein.

        Returns
        -------
        pandas.DataFrame
            A row per protein: `protein`, `windows`, `positives`.
        """
        return _table(self.record.proteins)

    def origins(self) -> pd.DataFrame:
        """Return where bound and unbound windows come from.

        Returns
        -------
        pandas.DataFrame
            A row per label: `windows`, `distinct`, `clusters` and `clusters_of_half` (the largest
            that hold half of the windows), the same of `genes`, and the `regions`.
        """
        return _table(self.record.origins)

    def json(self) -> str:
        """Return everything that was measured as JSON."""
        return self.record.model_dump_json(indent=1)

    def text(self) -> RenderableType:
        """Return tables and sentences for a terminal, which `rich` prints."""
        from rpbind.screens.audit_text import audit_text

        return audit_text(self.record)

    def page(self, out: str | Path) -> Path:
        """Write the audit as one self-contained HTML page.

        Parameters
        ----------
        out
            The file, which ends with .html; an existing one is replaced.

        Returns
        -------
        Path
            The file.
        """
        from rpbind.ledger import write_atomic
        from rpbind.report.audit_page import audit_page

        file = Path(out)
        check_out(file, (".html",))
        write_atomic(file, audit_page(self.record).encode())
        return file

    def _repr_html_(self) -> str:
        """Show notes and priors in a notebook."""
        from html import escape

        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return str(notes + self.priors().to_html(float_format="{:.3f}".format, index=False))


@face
def audit(data: str | Path | Dataset, split: str | None = None) -> Audit:
    """Measure what a dataset gives away: by how its windows were chosen, not by binding.

    Parameters
    ----------
    data
        The dataset, or its folder.
    split
        Rule (random, cold-rna, cold-protein, cold-both or cold-chromosome, perhaps with
        percentages), or the name of a saved split. With it, the priors rank the test part, and
        what this has in common with training is measured.

    Returns
    -------
    Audit
        Tables of priors, leaks, clusters, proteins and origins; it is kept beside the dataset.

    Raises
    ------
    UserError
        If the dataset cannot be split so.

    Examples
    --------
    >>> rb.audit("data/eclip91", "cold-rna").priors()
    """
    from rpbind.splitting.text import parse_one_split

    spec = None if split is None else parse_one_split(split, Path(getattr(data, "folder", data)))
    opened = load_dataset(data).opened
    from rpbind.auditor.kept import audit_of
    from rpbind.wording.audit import remarks

    record = audit_of(opened.dataset, None if spec is None else opened.split(spec))
    return Audit(record.dataset, record.split, tuple(remarks(record)), record)


def _table(rows: Any) -> pd.DataFrame:
    """Return records as a table."""
    import pandas as pd

    return pd.DataFrame([row.model_dump() for row in rows])
