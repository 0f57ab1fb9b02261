"""Does attention need residues, and is it needed at all?

Question. Under an encoder that sees motifs, four memories: `none` (the mean protein vector goes to
the head beside the RNA; no attention), `pooled` (one key, as in the original model), `expanded`
(that model's fix: one vector copied to many keys) and `residue` (a key and a value per residue).
Which of them ranks windows better, and by how much?

Prediction. `pooled` and `expanded` compute the same function, so their contrast is inert. `none` is
as good as `residue` where the protein's identity is enough, as for proteins seen in training.
`residue` is better where a window can only be scored from the protein's residues.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: AUROC,
mean over protein clusters, two-way interval over seeds and clusters, Holm over all contrasts of the
report, equivalence within 0.010.
"""

from rpbind.command import experiment
from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.ledger import ContrastPlan
from rpbind.options import Defaults, Options
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.terminal import run_experiment

QUESTION = Question(
    question="Under an encoder with context: does attention need residues, and is it needed?",
    prediction="Pooled and expanded memory compute the same function (inert); residues help where "
    "a window can only be scored from them, and not where the protein's identity is enough.",
    rule="Paired differences of test AUROC (mean over protein clusters), over seeds and clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010.",
)
MEMORIES = ("none", "pooled", "expanded", "residue")
CONTRASTS = (
    ("pooled", "none"),
    ("expanded", "pooled"),
    ("residue", "pooled"),
    ("residue", "none"),
)
DEFAULTS = Defaults(narrower=2, epochs=4)


def design(recipe: Recipe) -> Design:
    """Return one arm per memory, and their contrasts."""
    arms = tuple(
        arm(memory, recipe.with_({"model.memory": memory}), f"model.memory: {memory}")
        for memory in MEMORIES
    )
    contrasts = tuple(
        ContrastPlan(name=f"{mine}-against-{other}", arm=mine, reference=other)
        for mine, other in CONTRASTS
    )
    return Design("memories", arms, contrasts)


@experiment(DEFAULTS)
def main(options: Options) -> None:
    """Compare four memories under a convolutional encoder, and write reports/STUDY/index.html."""
    recipe = options.sized(CONV_RESIDUE)
    options.conduct("e02", QUESTION, design(recipe), control="residue")


if __name__ == "__main__":
    run_experiment(main)
