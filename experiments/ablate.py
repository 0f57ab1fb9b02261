"""Which of the changes between two models made the difference?

Question. The original cross-attention classifier learnt nothing, and a fix of eleven changes seemed
to cure it. Which of these changes did, and do two further changes help: an RNA encoder with context
and a memory with one key per residue?

Prediction. Only the residual lets the RNA reach the classifier: `old` ranks windows at chance
level, and every change before the residual has no effect. The attention of `fixed` is inert,
because all its values are the same vector. Only an encoder with context can see a motif.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: AUROC,
mean over protein clusters, two-way interval over seeds and clusters, Holm over all contrasts of the
report, equivalence within 0.010.
"""

import rpbind as rb
from rpbind.cli.ablate import ablate as main

if __name__ == "__main__":
    rb.run_experiment(main)
