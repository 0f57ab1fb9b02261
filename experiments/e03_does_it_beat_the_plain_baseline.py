"""Does the best recipe beat a plain baseline, on windows that overlap none of its training windows?

Question. A logistic regression on 5-mers, one per protein, is fitted in a minute. Does a network
that shares its convolutions over all proteins, with a linear head for each, rank the test windows
of a protein better?

Prediction. Yes, by a few hundredths on proteins seen in training: a convolution sees motifs longer
than five letters, and it learns from 91 proteins instead of one. On other proteins
(`--split cold-protein`) the network has no head for them, and is close to chance level.

Decision rule. The difference to the baseline per seed and protein cluster on the test part of a
frozen split: AUROC, mean over protein clusters, two-way interval over seeds and clusters.
"""

from rpbind.command import experiment
from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.options import Defaults, Options
from rpbind.recipe.presets import OWN_HEAD
from rpbind.terminal import run_experiment

QUESTION = Question(
    question="Does the best recipe beat a 5-mer logistic regression per protein?",
    prediction="Yes, on proteins seen in training; on others it is close to chance level.",
    rule="Difference to the baseline per seed and protein cluster: test AUROC, "
    "two-way interval over both.",
)
DEFAULTS = Defaults(narrower=4, seeds=3, proteins=OWN_HEAD.proteins)


@experiment(DEFAULTS)
def main(options: Options) -> None:
    """Train the best recipe against the plain baselines, and write reports/STUDY/index.html."""
    best = options.sized(OWN_HEAD)
    design = Design("one recipe", (arm("own-head", best, "preset own-head"),), ())
    options.conduct("e03", QUESTION, design, control="own-head")


if __name__ == "__main__":
    run_experiment(main)
