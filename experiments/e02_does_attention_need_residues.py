"""Does attention need residues, and is it needed at all?

Question. Under an encoder that sees motifs, four memories: `none` (the mean protein vector goes to
the head beside the RNA; no attention), `pooled` (one key, as in the original model), `expanded`
(that model's fix: one vector copied to many keys) and `residue` (a key and a value per residue).
Which of them ranks windows better, and by how much?

Prediction. `pooled` and `expanded` are the same function: inert. Where the protein's identity is
all that there is to know, which is so on proteins that were met in training, `none` is as good as
`residue`; where a window can only be judged by looking at the protein's residues, `residue` wins.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: AUROC,
mean over protein clusters, two-way interval over seeds and clusters, Holm over all contrasts of the
page, equivalence within 0.010.
"""

from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.ledger import ContrastPlan
from rpbind.options import Defaults, Options, experiment
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.terminal import run_experiment

ASKED = Question(
    question="Under an encoder with context: does attention need residues, and is it needed?",
    prediction="Pooled and expanded memory are one function (inert); residues help where only the "
    "protein's residues tell, and not where its identity is enough.",
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
USUAL = Defaults(narrower=2, epochs=4)


def design(recipe: Recipe) -> Design:
    """Return the four memories in one recipe, and what is compared."""
    arms = tuple(
        arm(memory, recipe.with_({"model.memory": memory}), f"model.memory: {memory}")
        for memory in MEMORIES
    )
    contrasts = tuple(
        ContrastPlan(name=f"{mine}-against-{other}", arm=mine, reference=other)
        for mine, other in CONTRASTS
    )
    return Design("memories", arms, contrasts)


@experiment(USUAL)
def main(options: Options) -> None:
    """Compare four memories under a convolutional encoder, and write reports/STUDY/index.html."""
    recipe = options.sized(CONV_RESIDUE)
    options.conduct("e02", ASKED, design(recipe), control="residue")


if __name__ == "__main__":
    run_experiment(main)
