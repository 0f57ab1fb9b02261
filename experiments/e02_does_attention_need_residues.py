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

import rpbind as rb

MEMORIES = ("none", "pooled", "expanded", "residue")
CONTRASTS = (
    ("pooled", "none"),
    ("expanded", "pooled"),
    ("residue", "pooled"),
    ("residue", "none"),
)


@rb.as_command(narrower=2, epochs=4)
def main() -> rb.StudySpec:
    """Compare four memories under a convolutional encoder, and write reports/STUDY/index.html."""
    return rb.define_study(
        experiment="e02",
        question="Under an encoder with context: does attention need residues, and is it needed?",
        prediction="Pooled and expanded memory compute the same function (inert); residues help "
        "where a window can only be scored from them, and not where the protein's identity is "
        "enough.",
        reference="conv-residue",
        design_name="memories",
        arms=[
            {
                "name": memory,
                "changes": {"model.memory": memory},
                "about": f"model.memory: {memory}",
            }
            for memory in MEMORIES
        ],
        contrasts=[
            {"name": f"{mine}-against-{other}", "arm": mine, "reference": other}
            for mine, other in CONTRASTS
        ],
        controls="residue",
        predict={"expanded-against-pooled": "inert"},
    )


if __name__ == "__main__":
    rb.run_experiment(main)
