"""A trained model: it predicts windows, is scored on a split, and explains a window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.reading.fitting import check_fit as check_fit
from rpbind.terminal import loading
from rpbind.use.results import Evaluation as Evaluation
from rpbind.use.results import Explanation as Explanation
from rpbind.use.results import check_evaluation as check_evaluation

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.recipe import Recipe


class Model:
    """A trained model, ready to score windows on the CPU.

    Parameters
    ----------
    path, weights, trust
        As for `load_model`.
    """

    def __init__(
        self, path: str | Path, weights: str | Path | None = None, *, trust: bool = False
    ) -> None:
        from rpbind.saved.places import check_model

        self.path = Path(path)
        self.name = self.path.name
        check_model(self.path)
        with loading("torch"):
            from rpbind.use.trained import TrainedModel

        self.weights = None if weights is None else Path(weights)
        self.trained = TrainedModel.open(self.path, trust=trust)

    @property
    def recipe(self) -> Recipe:
        """The recipe that it was trained with."""
        return self.trained.recipe

    @property
    def length(self) -> int:
        """Nucleotides of its training windows; of the longest, if they differ."""
        return self.trained.length

    @property
    def provenance(self) -> dict[str, str]:
        """Names and hashes of its dataset, split, embedding store and protein encoder."""
        return self.trained.provenance

    @property
    def calibration_windows(self) -> int:
        """Number of validation windows on which its probabilities were calibrated."""
        return self.trained.calibration.windows

    def proteins(self) -> pd.DataFrame:
        """Return the proteins that the model knows.

        Returns
        -------
        pandas.DataFrame
            A row per protein of its dataset: `protein`, the numbers of training `windows` and of
            `positives` among them, and the validation `auroc`.
        """
        import pandas as pd

        table = pd.DataFrame([dict(known) for known in self.trained.proteins])
        return table.rename(columns={"id": "protein"})[["protein", "windows", "positives", "auroc"]]

    @face
    def predict(
        self,
        windows: str | Path | Sequence[str] | pd.DataFrame,
        protein: str | None = None,
        *,
        proteins: str | Path | None = None,
        fit: str | None = None,
    ) -> pd.DataFrame:
        """Predict logit, probability and calibrated probability of windows.

        Parameters
        ----------
        windows
            RNA sequences, a table with `rna` and `protein`, or a file as in the command.
        protein
            Score all windows for this protein; without it, each for its own.
        proteins
            FASTA of amino-acid sequences; without it, the proteins that the model knows.
        fit
            Of longer windows than in training, score "centre", beginning ("left") or "tile"s.

        Returns
        -------
        pandas.DataFrame
            A row per window, with the index of the given table: `protein`, `start`, `length`,
            `logit`, `probability`, `calibrated` (NaN if most letters are N: `n_share`), and what is
            known of the protein (`seen_in_training`, `training_base_rate`, `validation_auroc`).
            Its `attrs["notes"]` has sentences that a reader should know.

        Raises
        ------
        UserError
            If a window cannot be read, with its place, or a protein's sequence is unknown.

        Examples
        --------
        >>> model = rb.load_model("reports/mine/runs/RUN")
        >>> model.predict(["ACGU" * 25 + "A"], protein="TARDBP")
        """
        kept = check_fit(fit)
        from rpbind.terminal import progress
        from rpbind.use.predict import PredictionInput, predict_windows
        from rpbind.use.window_input import given_windows

        index = getattr(windows, "index", None) if hasattr(windows, "columns") else None
        fasta = None if proteins is None else Path(proteins)
        source = PredictionInput(given_windows(windows), fasta, protein, self.weights, kept)
        with progress("encoding proteins, then scoring windows") as bar:
            found = predict_windows(self.trained, source, bar)
        table = cast("pd.DataFrame", found.table.to_pandas())
        if index is not None:
            table.index = index.take(found.window_M)
        table.attrs["notes"] = list(found.remarks)
        return table

    @face
    def evaluate(
        self,
        data: str | Path | Dataset,
        *,
        split: str | None = None,
        part: str = "test",
        other_data: bool = False,
    ) -> Evaluation:
        """Score the model on a part of a split: the ledger's metrics, MCC, Brier, calibration.

        Parameters
        ----------
        data
            The dataset, or its folder.
        split
            Rule, such as cold-protein, or a saved split's name; without it, the model's split.
        part
            Part of the split: train, validation or test.
        other_data
            Allow a dataset, split or embedding store other than the model was trained with.

        Returns
        -------
        Evaluation
            Metrics, scores per protein and calibration.

        Raises
        ------
        UserError
            If this is not the model's data and `other_data` is not given.
        """
        from rpbind.terminal import progress

        check_evaluation(split, part, data)
        from rpbind.use.compatibility import EvaluationTarget
        from rpbind.use.evaluate import evaluate_model

        target = EvaluationTarget(load_dataset(data).opened, split, cast(Any, part), other_data)
        with progress("scoring") as bar:
            return Evaluation(self.trained, evaluate_model(self.trained, target, bar))

    @face
    def explain(
        self,
        rna: str,
        protein: str,
        *,
        proteins: str | Path | None = None,
        width: int = 8,
    ) -> Explanation:
        """Explain the prediction for one window.

        Parameters
        ----------
        rna
            Letters of the window.
        protein
            Name of the protein.
        proteins
            FASTA of amino-acid sequences; without it, the proteins that the model knows.
        width
            Length of the top span, in nucleotides.

        Returns
        -------
        Explanation
            Effects of substitutions, the span with the largest, attention if it changes the logit.

        Raises
        ------
        UserError
            If the window has another length, too many N, or the protein is unknown.
        """
        from rpbind.terminal import progress
        from rpbind.use.explain import Pair, explain_window

        pair = Pair(rna, protein, None if proteins is None else Path(proteins), self.weights)
        with progress("scoring substitutions") as bar:
            return Explanation(self.trained, explain_window(self.trained, pair, width, bar))

    def __repr__(self) -> str:
        return f"Model({str(self.path)!r}: trained on {self.provenance['dataset']})"


@face
def load_model(
    path: str | Path | Model, *, weights: str | Path | None = None, trust: bool = False
) -> Model:
    """Open a trained model.

    Parameters
    ----------
    path
        What a finished run has written: `reports/STUDY/runs/RUN`.
    weights
        The weights, or the file of vectors, that the model was trained with, if it was.
    trust
        Whether the code of classes that its author has brought may run.

    Returns
    -------
    Model
        It predicts, is evaluated and explains; reading it executes no code but that.

    Raises
    ------
    UserError
        If there is none, it is damaged, of another version, or has code that is not trusted.

    Examples
    --------
    >>> model = rb.load_model("reports/mine/runs/RUN")
    """
    return path if isinstance(path, Model) else Model(path, weights, trust=trust)
