"""Contrasts as a table, and tables in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.analysis.contrasts import Contrast
    from rpbind.analysis.tuned import TunedContrast
    from rpbind.ledger import Ledger

COLUMNS = ("contrast", "arm", "reference", "difference", "low", "high", "p", "verdict", "n", "why")


def verdict_table(contrasts: Sequence[Contrast | TunedContrast]) -> pd.DataFrame:
    """Return contrasts with their verdicts.

    Parameters
    ----------
    contrasts
        Contrasts that were judged together.

    Returns
    -------
    pandas.DataFrame
        A row per contrast: `difference` of test AUROC (mean over protein clusters, arm minus
        reference), its Holm-adjusted interval from `low` to `high` and `p`, the `verdict`, the
        number `n` of pairs (of seeds, or of searches), and `why`, where the verdict has a reason
        or the interval is cut, because no difference of AUROCs is larger.
        NaN where nothing could be tested.
    """
    import pandas as pd

    rows = []
    for each in contrasts:
        contrast, verdict = each.paired.contrast, each.verdict
        low, high = verdict.possible_ci or (None, None)
        cut = f"interval cut at ±{verdict.bound:g}: AUROCs cannot differ by more"
        why = [verdict.reason, cut if verdict.is_cut else ""]
        rows.append(
            {
                "contrast": contrast.name,
                "arm": contrast.arm,
                "reference": contrast.reference,
                "difference": verdict.mean,
                "low": low,
                "high": high,
                "p": verdict.p,
                "verdict": verdict.word,
                "n": each.paired.n,
                "why": "; ".join(part for part in why if part),
            }
        )
    numbers = dict.fromkeys(("difference", "low", "high", "p"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)


def table_html(title: str, lines: Sequence[str], table: pd.DataFrame) -> str:
    """Return a title, lines of text and a table of contrasts for a notebook.

    Parameters
    ----------
    title
        Shown in bold; it may hold any text, as all texts do.
    lines
        Shown below the title.
    table
        As of `verdict_table`; the columns `arm` and `reference` are left out.

    Returns
    -------
    str
        HTML in which every text is escaped.
    """
    shown = table.drop(columns=["arm", "reference"])
    html = shown.to_html(index=False, float_format="{:+.4f}".format, na_rep="–", escape=True)
    below = "".join(f"<br>{escape(line)}" for line in lines)
    return f"<p><b>{escape(title)}</b>{below}</p>{html}"


def run_table(ledger: Ledger, stages: tuple[Any, ...], *, recipes: bool = False) -> pd.DataFrame:
    """Return the last attempts of all runs of some stages, with their recipes by path if wanted."""
    import pandas as pd

    from rpbind.recipe import Recipe
    from rpbind.split_spec import folds_in

    table, folds = [], folds_in(ledger.plan.split)
    for row in (row for stage in stages for row in ledger.rows(stage)):
        kept: dict[str, Any] = {
            "arm": row.arm,
            "seed": row.seed,
            "stage": row.stage,
            "state": row.state,
            "error": row.error,
        }
        if folds is not None:
            kept["repeat"], kept["fold"] = divmod(row.seed, folds.folds)
        settings = Recipe.from_record(row.recipe, row.arm).flat() if recipes else {}
        table.append(kept | settings | row.metrics | row.cost)
    columns = None if table else ["arm", "seed", "stage", "state", "error"]
    return pd.DataFrame(table, columns=columns)
