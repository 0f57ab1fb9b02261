"""A study as a Python object: verdicts, runs and trials as tables, its page, its best recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.api.tables import run_table, table_html, verdict_table
from rpbind.errors import UserError, check_one_of
from rpbind.ledger import Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.terminal import loading, phase

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from rpbind.analysis.summary import Summary
    from rpbind.api.model import Model
    from rpbind.study.status import Status


class Study:
    """A study in its folder; its ledger is read anew at every use.

    Parameters
    ----------
    folder
        Folder of the study: `reports/STUDY`.

    Raises
    ------
    UserError
        If the folder holds no study, or one that a newer version of rpbind has written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.plan  # noqa: B018 - a folder without a study is refused at once

    @property
    def ledger(self) -> Ledger:
        """The record of the study: its plan and a row per run."""
        return Ledger(self.folder)

    @property
    def plan(self) -> Plan:
        """What the study was to run, written before anything was trained."""
        return self.ledger.plan

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.plan.study

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the study's files, such as that one is damaged."""
        from rpbind.ledger.remarks import remarks

        return remarks(self.ledger)

    @property
    def is_complete(self) -> bool:
        """Whether every run that was planned is done."""
        summary = self.summary()
        return summary.done == summary.planned

    def summary(self) -> Summary:
        """Return everything that the report says, computed from the ledger now.

        Returns
        -------
        Summary
            Contrasts, arms, controls, findings, cost; see `rpbind.analysis.summary`.
        """
        from rpbind.analysis.interim import read_now

        return read_now(self.ledger)

    def status(self) -> Status:
        """Return the numbers of runs by state, the best run so far, and the runs in progress.

        Returns
        -------
        Status
            Counts by state; `words()` says it in lines. Also while another process runs the study.
        """
        with loading("sklearn"):
            from rpbind.study.status import status

        return status(self.ledger)

    def verdicts(self) -> pd.DataFrame:
        """Return the contrasts with their verdicts.

        Returns
        -------
        pandas.DataFrame
            A row per contrast: `difference` of test AUROC (mean over protein clusters, arm minus
            reference), its Holm-adjusted interval from `low` to `high` and `p`, the `verdict`, the
            number `n` of pairs (of seeds, or of searches), and `why`, where it has a reason.
        """
        summary = self.summary()
        tuned = summary.tuned.contrasts if summary.tuned else ()
        return verdict_table([*summary.contrasts, *tuned])

    def predictions(self) -> pd.DataFrame:
        """Return the predictions of the study, and whether each held.

        Returns
        -------
        pandas.DataFrame
            A row per prediction: `contrast`, `expected` verdict, `found` verdict ("" where there is
            none yet), `outcome` ("held", "failed" or "undecided") and `why`, where it has a reason.
        """
        import pandas as pd

        columns = ["contrast", "expected", "found", "outcome", "why"]
        judged = self.summary().predictions
        rows = [(each.contrast, each.expect, each.found, each.outcome, each.why) for each in judged]
        return pd.DataFrame(rows, columns=columns)

    def runs(self) -> pd.DataFrame:
        """Return the last attempt of every run: the arms of the comparison, and the controls.

        Returns
        -------
        pandas.DataFrame
            A row per arm and seed, with its stage, state, error, metrics and cost.
        """
        return run_table(self.ledger, ("ablation", "control"))

    def model(self, arm: str, seed: int | None = None, *, trust: bool = False) -> Model:
        """Open the trained model of a run.

        Parameters
        ----------
        arm
            Name of the arm, or of a trained control.
        seed
            Seed of the run; without it, the first one that is done.
        trust
            Whether the code of classes that the study's author has brought may run.

        Returns
        -------
        Model
            It predicts, is evaluated and explains.

        Raises
        ------
        UserError
            If no such run is done, or its model has code that is not trusted.
        """
        from rpbind.api.model import Model
        from rpbind.saved.places import models_of_study, run_of_model

        saved = {run_of_model(path): path for path in models_of_study(self.folder)}
        rows = [*self.ledger.rows("ablation"), *self.ledger.rows("control")]
        rows.sort(key=lambda row: row.seed)
        done = [row for row in rows if row.state == "done" and row.run in saved]
        check_one_of("arm", arm, dict.fromkeys(row.arm for row in done))
        seeds = {str(row.seed): row for row in done if row.arm == arm}
        check_one_of("seed", chosen := next(iter(seeds)) if seed is None else str(seed), seeds)
        return Model(saved[seeds[chosen].run], trust=trust)

    def trials(self) -> pd.DataFrame:
        """Return the runs of the study's searches.

        Returns
        -------
        pandas.DataFrame
            A row per trial and seed, with the trial's recipe by path; empty without a search.
        """
        return run_table(self.ledger, ("search",), recipes=True)

    @property
    def best(self) -> Recipe:
        """Recipe of the search's best trial; `UserError` if there is none, or several searches."""
        arms = {arm.name: arm for arm in self.plan.arms}
        winners = (self.plan.search or {}).get("winners", {})
        found = {name: arms[won["arm"]] for name, won in winners.items()}
        if len(found) != 1:
            raise UserError(
                f"The study {self.name} has {len(found) or 'no'} winners of searches"
                f"{': ' + ', '.join(found) if found else ''}; `best` needs exactly one."
            )
        (won,) = found.values()
        return Recipe.from_record(won.recipe, won.name)

    def report(self) -> Path:
        """Write the study's HTML page again from its ledger, and the list of its folder's studies.

        Returns
        -------
        pathlib.Path
            The page, `index.html` in the study's folder.
        """
        with phase("writing the report"):
            from rpbind.explained.refresh import publish_explained

            return publish_explained(self.folder, self.plan.command)

    def __repr__(self) -> str:
        summary = self.summary()
        return f"Study({self.name}: {summary.done} of {summary.planned} runs are done)"

    def __rich__(self) -> RenderableType:
        """Show the whole answer in a terminal: banners, verdicts, arms and controls."""
        from rpbind.screens.terminal import verdict_table

        return verdict_table(self.folder)

    def _repr_html_(self) -> str:
        """Show the answer in a notebook: the question, the verdicts and the predictions."""
        from rpbind.wording.predictions import count

        summary = self.summary()
        plan = summary.plan
        lines = [
            f"{plan.dataset}; {summary.done} of {summary.planned} runs are done. Differences of "
            "test AUROC, mean over protein clusters, with Holm-adjusted intervals.",
            *([f"{predicted}."] if (predicted := count(summary.predictions)) else []),
            *self.notes,
        ]
        return table_html(plan.question or plan.study, lines, self.verdicts())


@face
def open_study(folder: str | Path | Study) -> Study:
    """Open a study that is there.

    Parameters
    ----------
    folder
        Folder of the study: `reports/STUDY`.

    Returns
    -------
    Study
        It is read from its ledger, also while another process still runs it.

    Raises
    ------
    UserError
        If the folder holds no study.
    """
    return folder if isinstance(folder, Study) else Study(folder)
