"""Does the best recipe beat a plain baseline, on windows that overlap none of its training windows?

Question. A logistic regression on 5-mers, one per protein, is fitted in a minute. Does a network
that shares its convolutions over all proteins, with a linear head for each, rank the test windows
of a protein better?

Prediction. Yes, by a few hundredths on proteins seen in training: a convolution sees motifs longer
than five letters, and it learns from 91 proteins instead of one. On other proteins
(`--split cold-protein`) the network has no head for them, and is close to chance level.

Decision rule. The difference to the baseline on the test part of a frozen split: AUROC, mean over
protein clusters, with the interval of any contrast: two-way over seeds and clusters, or over folds.
"""

import rpbind as rb


@rb.as_command(narrower=4, seeds=3, proteins=rb.preset("own-head").proteins)
def main() -> rb.StudySpec:
    """Train the best recipe against the plain baselines, and write reports/STUDY/index.html."""
    return rb.define_study(
        experiment="e03",
        question="Does the best recipe beat a 5-mer logistic regression per protein?",
        prediction="Yes, on proteins seen in training; on others it is close to chance level.",
        reference="own-head",
        design_name="one recipe",
        arms=[{"name": "own-head", "about": "preset own-head"}],
        controls="own-head",
    )


if __name__ == "__main__":
    rb.run_experiment(main)
