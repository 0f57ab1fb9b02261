"""What a trained model returns: an evaluation, and the explanation of a window."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from rpbind.use.output import check_out

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.statistics.averages import Averages
    from rpbind.use import evaluate, explain
    from rpbind.use.trained import TrainedModel


@dataclass(frozen=True)
class Evaluation:
    """The scores of a model on a part of a split.

    Parameters
    ----------
    model
        The model.
    result
        What was measured; see `rpbind.use.evaluate`.
    """

    model: TrainedModel = field(repr=False)
    result: evaluate.Evaluation = field(repr=False)

    @property
    def part(self) -> str:
        """The part that was scored."""
        return self.result.part

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics by the ledger's names, such as `test.auroc_macro`."""
        return self.result.metrics

    @property
    def threshold(self) -> float:
        """The logit above which a window counts as bound for the MCC, chosen on validation."""
        return self.model.calibration.threshold

    @property
    def provenance(self) -> dict[str, str]:
        """Names and hashes of the data."""
        return self.result.provenance

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader should know, such as that training windows are among these."""
        return self.result.notes

    @property
    def averages(self) -> Averages | None:
        """AUROC macro over protein clusters, as plain mean, and weighted; None without AUROCs."""
        from rpbind.statistics.averages import averages_of_scores

        weighted = self.metrics.get(f"{self.part}.auroc_weighted")
        return averages_of_scores(self.result.proteins, self.part, weighted)

    def proteins(self) -> pd.DataFrame:
        """Return the scores of each protein.

        Returns
        -------
        pandas.DataFrame
            A row per protein: its cluster, windows, positives, AUROC and AUPRC.
        """
        import pandas as pd

        return pd.DataFrame([score.model_dump() for score in self.result.proteins])

    def reliability(self) -> pd.DataFrame:
        """Return how well probabilities agree with frequencies.

        Returns
        -------
        pandas.DataFrame
            A row per bin of the predicted probability: `low`, and for raw and for `calibrated_`
            probabilities the number of `windows`, the mean `predicted`, and the share that is
            `positive`.
        """
        import pandas as pd

        return pd.DataFrame(self.bins())

    def bins(self) -> list[dict[str, Any]]:
        """Return the rows of `reliability`; None where no window is in a bin."""
        both = [
            {one.low: one for one in each.bins}
            for each in (self.result.raw, self.result.calibrated)
        ]
        rows = []
        for low in sorted(both[0] | both[1]):
            row: dict[str, Any] = {"low": low}
            for kind, bins in zip(("", "calibrated_"), both, strict=True):
                one = bins.get(low)
                row[f"{kind}windows"] = one.windows if one else None
                row[f"{kind}predicted"] = one.mean_probability if one else None
                row[f"{kind}positive"] = one.bound_share if one else None
            rows.append(row)
        return rows

    def save(self, out: str | Path) -> None:
        """Write metrics and scores per protein to a .json file, complete or not at all.

        Parameters
        ----------
        out
            File to write.
        """
        from pydantic import TypeAdapter

        from rpbind.ledger import write_atomic

        check_out(Path(out), (".json",))
        content = {"model": self.model.path.name, "model_provenance": self.model.provenance}
        result = TypeAdapter(type(self.result)).dump_python(self.result, mode="json")
        write_atomic(Path(out), json.dumps(content | result, indent=1).encode())

    def __repr__(self) -> str:
        return (
            f"Evaluation({self.model.path.name} on {self.part} of {self.provenance['split']}: "
            f"AUROC {self.metrics.get(f'{self.part}.auroc_macro', float('nan')):.4f})"
        )


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a model does with one window.

    Parameters
    ----------
    model
        The model.
    result
        What was measured; see `rpbind.use.explain`.
    """

    model: TrainedModel = field(repr=False)
    result: explain.Explanation = field(repr=False)

    @property
    def letters(self) -> str:
        """The window, in upper case with U."""
        return self.result.letters

    @property
    def span(self) -> tuple[int, int]:
        """Start and stop, from 0, of the span with the largest mean effect; (0, 0) if none has."""
        return self.result.span

    @property
    def sentences(self) -> list[str]:
        """The explanation in words, and how far to trust it."""
        from rpbind.use.explain import sentences

        return sentences(self.result)

    def strongest(self, count: int = 5) -> list[tuple[str, float]]:
        """Return the substitutions that change the logit most, as ("U12A", change).

        Parameters
        ----------
        count
            How many.

        Returns
        -------
        list[tuple[str, float]]
            The strongest first; empty if no substitution changes the logit.
        """
        return self.result.mutagenesis.strongest(count)

    def table(self) -> pd.DataFrame:
        """Return the effects of substitutions.

        Returns
        -------
        pandas.DataFrame
            A row per nucleotide: `position` from 1, `letter`, the change of the logit by each
            letter (`to_A` ...), their mean `effect`, whether it lies `in_top_span`, and `attention`
            on each key; None if the attention explains nothing.
        """
        from rpbind.use.explain import as_table

        table: pd.DataFrame = as_table(self.result).to_pandas()
        return table

    def save(self, out: str | Path) -> None:
        """Write a page with figures (.html) or the table (.parquet), complete or not at all.

        Parameters
        ----------
        out
            File to write.
        """
        from rpbind.ledger import write_atomic
        from rpbind.use.explain import as_picture, as_table
        from rpbind.use.output import write_table

        check_out(Path(out), (".html", ".parquet"))
        if Path(out).suffix == ".html":
            from rpbind.report.explain import explain_page  # Plotly

            page = explain_page(as_picture(self.result, self.model))
            write_atomic(Path(out), page.encode())
        else:
            write_table(Path(out), as_table(self.result))

    def _repr_html_(self) -> str:
        """Show the sentences in a notebook."""
        from html import escape

        return "<br>".join(escape(sentence) for sentence in self.sentences)


def check_evaluation(split: str | None, part: str, data: Any) -> None:
    """Check the words of an evaluation, before a model is read.

    Parameters
    ----------
    split
        The split, if one is given.
    part
        The part of the split.
    data
        The dataset or its folder, whose saved splits can be named.

    Raises
    ------
    UserError
        If there is no such split or part.
    """
    from rpbind.data.splits import Part
    from rpbind.errors import check_one_of
    from rpbind.splitting.text import parse_one_split

    check_one_of("--part", part, get_args(Part))
    if split is not None:
        parse_one_split(split, Path(getattr(data, "folder", data)))
