"""Which configuration of a model is best, and how much of its score is luck?

Question. What is the best configuration of a recipe within a search space? The default space has
five hyperparameters: learning rate, weight decay, classifier depth, dropout, and the memory that
the RNA attends to.

Prediction. The validation score of the best of many trials is too high: it is lower on fresh seeds,
and may be lower still on test.

Decision rule. Trials are scored on validation. The best configuration is frozen and trained again
on fresh seeds, beside the recipe from which the search began. Each of these runs is evaluated on
test once. One search supports no verdict (`experiments/ablate.py --tune-arms` compares tuned arms).
"""

import rpbind as rb
from rpbind.cli.tune import tune as main

if __name__ == "__main__":
    rb.run_experiment(main)
