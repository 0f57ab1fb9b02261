"""The baselines of a study: each is scored once and recorded in the ledger."""

from __future__ import annotations

from rpbind.baselines.data import BaselineData
from rpbind.baselines.run import BASELINES, baseline_rows
from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split
from rpbind.errors import reason
from rpbind.ledger import Ledger, Plan
from rpbind.live import is_live
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.statistics.averages import averages
from rpbind.terminal import progress
from rpbind.verbosity import PLAIN, notices


def score_baselines(
    dataset: Dataset,
    split: Split,
    store: EmbeddingStore,
    ledger: Ledger,
    plan: Plan,
    seed: int = 0,
) -> None:
    """Score the baselines that have no finished row in a study's ledger, and add their rows.

    Parameters
    ----------
    dataset
        The study's dataset.
    split
        Its split; the baselines are fitted on train and scored on test.
    store
        Vectors of its proteins, which `protein-only` reads.
    ledger
        The study's ledger.
    plan
        The study's plan, which names controls and metrics of the user's own.
    seed
        Of folds, the first seed whose runs have this split; it names the rows.
    """
    own = [each.part for each in plan.own_controls]
    metrics = [each.part for each in plan.metrics]
    names = [*BASELINES, *(part.class_name for part in own)]
    rows = (row for row in ledger.rows("control") if row.seed == seed)
    before = {row.arm: row for row in rows if row.arm in names}
    left = [name for name in names if name not in before or before[name].state != "done"]
    if not left:
        return
    console = notices()
    with progress("controls") as bar:
        data = BaselineData.from_dataset(dataset, split, store)
        for row in baseline_rows(data, left, bar.restart, own, metrics):
            attempt = before[row.arm].attempt + 1 if row.arm in before else 0
            ledger.append(row.model_copy(update={"attempt": attempt, "seed": seed}))
            if not is_live(console):
                both = averages([row])
                why = f" ({reason(row.error)})" if row.error else ""
                result = f"{row.state}{why}" if both is None else f"test AUROC {both.words()}"
                console.print(f"control {row.arm}: {result}", **PLAIN)
