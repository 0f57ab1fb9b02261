"""The diagnosis of one model: its measures in words, its findings, the original model's table."""

from __future__ import annotations

from dataclasses import dataclass, field

from rpbind.doctor.examine import examine_untrained, fit_with_seeds
from rpbind.doctor.table import ORIGINAL, TableRow, table
from rpbind.ledger import Finding
from rpbind.recipe import Recipe
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

FITTED = (1, 2)
"""Additional random seeds whose one-batch fits are shown next to seed 0's in the original model's
table."""

MEASURES = {
    "spread of logits": "logits.spread",
    "the same, within a protein": "logits.within",
    "change when RNA is swapped": "probe.rna-swapped",
    "change when letters are shuffled": "probe.letters-shuffled",
    "change when proteins are swapped": "probe.protein-swapped",
    "change when padding is added": "probe.padding",
    "change in a batch of other windows": "probe.company",
    "change when attention is uniform": "attention.uniform",
    "attention entropy / log(keys)": "attention.entropy",
    "loss on the sample (evaluation mode)": "loss",
    "one batch: loss before the fit": "fit.start",
    "one batch: loss after the fit": "fit.end",
    "one batch: accuracy after the fit": "fit.accuracy",
    "loss on training windows": "train.loss",
    "loss on validation windows": "validation.loss",
    "validation AUROC, mean of proteins": "validation.auroc",
}


@dataclass(frozen=True)
class Diagnosis:
    """The measures and findings of one model.

    Parameters
    ----------
    model
        The model, and whether it was trained.
    about
        What it was examined on, for a recipe.
    measured
        Measures by name, such as `probe.rna-swapped`.
    findings
        Findings in these measures, errors first.
    original
        The quantities of the original model's table, and how they are measured, for a recipe.
    stated
        What the original document states for each quantity; None for another recipe than its own.
    """

    model: str
    measured: dict[str, float] = field(repr=False)
    findings: tuple[Finding, ...]
    about: str = field(default="", repr=False)
    original: tuple[TableRow, ...] = field(default=(), repr=False)
    stated: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def has_error(self) -> bool:
        """Whether a finding is an error."""
        return any(one.severity == "error" for one in self.findings)

    def measures(self) -> dict[str, float]:
        """Return what was measured, by its name in words."""
        known = {words: self.measured[k] for words, k in MEASURES.items() if k in self.measured}
        head = self.measured.get("gradient.head")  # a whole model of one's own may lack it
        norms = {
            k.removeprefix("gradient."): v for k, v in self.measured.items() if "gradient." in k
        }
        return known | {
            f"gradient norm, {block} relative to head": value / head
            for block, value in norms.items()
            if head and block != "head"
        }


def diagnose_recipe(recipe: Recipe, name: str, inputs: Inputs) -> Diagnosis:
    """Examine a recipe before training.

    Parameters
    ----------
    recipe
        What would be trained.
    name
        Its name, for messages; that of a preset also gives what the original document states.
    inputs
        Windows and proteins to examine it on.

    Returns
    -------
    Diagnosis
        Measures, findings and the table of the original model.
    """
    examined = examine_untrained(Training(recipe, 0, inputs))
    others = list(fit_with_seeds(recipe, inputs, FITTED))
    return Diagnosis(
        f"{name}, before training",
        dict(examined.measured),
        examined.findings,
        f"{name} (recipe {recipe.id}) on {inputs.provenance['dataset']}: windows of "
        f"{inputs.length} nt, protein vectors {inputs.provenance['encoder']}",
        tuple(table(examined.measured, others)),
        ORIGINAL.get(name),
    )
