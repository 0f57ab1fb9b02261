"""Does attention need residues, and is it needed at all?

Question. Under an encoder that sees motifs, four memories: `none` (the mean protein vector goes to
the head beside the RNA; no attention), `pooled` (the seed's old one key), `expanded` (the seed's
fix: one vector copied to many keys) and `residue` (a key and a value per residue). Which of them
ranks windows better, and by how much?

Prediction. `pooled` and `expanded` are the same function: inert. Where the protein's identity is
all that there is to know, which is so on proteins that were met in training, `none` is as good as
`residue`; where a window can only be judged by looking at the protein's residues, `residue` wins.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: macro
per-protein AUROC, two-way interval over seeds and clusters, Holm over all contrasts of the page,
equivalence within 0.010.
"""

from rpbind import experiment as page
from rpbind.ledger import ContrastPlan
from rpbind.presets import CONV_RESIDUE, narrowed
from rpbind.recipe import Recipe
from rpbind.study.design import Design, arm
from rpbind.study.plan import Question
from rpbind.terminal import run_page

ASKED = Question(
    question="Under an encoder with context: does attention need residues, and is it needed?",
    prediction="Pooled and expanded memory are one function (inert); residues help where only the "
    "protein's residues tell, and not where its identity is enough.",
    rule="Paired differences of test macro per-protein AUROC over seeds and protein clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010.",
)
MEMORIES = ("none", "pooled", "expanded", "residue")
CONTRASTS = (
    ("pooled", "none"),
    ("expanded", "pooled"),
    ("residue", "pooled"),
    ("residue", "none"),
)
SIMULATED_EPOCHS, EPOCHS = 7, 4
NARROWER = 2


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


def main(
    data: page.Data = None,
    proteins: page.Vectors = "physchem",
    seeds: page.Seeds = 5,
    add_seeds: page.AddSeeds = 0,
    epochs: page.Epochs = None,
    narrower: page.Narrower = None,
    split: page.SplitRule = "cold-rna",
    workers: page.Workers = 1,
    cpus_per_worker: page.Cpus = 1,
    gpus_per_run: page.Gpus = 0.0,
    executor: page.ExecutorName = "auto",
    address: page.Address = None,
    log: page.Logs = None,
    reports: page.Reports = page.REPORTS,
    name: page.Name = None,
    dry_run: page.DryRun = False,
    smoke: page.Smoke = False,
) -> None:
    """Compare four memories under a convolutional encoder, and write reports/STUDY/index.html."""
    simulated = data is None
    epochs = 1 if smoke else epochs or (SIMULATED_EPOCHS if simulated else EPOCHS)
    recipe = narrowed(CONV_RESIDUE, narrower or (NARROWER if simulated or smoke else 1))
    page.conduct(
        "e02",
        ASKED,
        design(recipe.with_({"train.epochs": epochs, "proteins": proteins})),
        page.Conditions(
            source=page.source(data, split),
            seeds=2 if smoke else seeds,
            add_seeds=add_seeds,
            where=page.where(workers, cpus_per_worker, gpus_per_run, executor, address, log=log),
            reports=reports,
            name=name,
            dry_run=dry_run,
            control="residue",
        ),
    )


if __name__ == "__main__":
    run_page(main)
