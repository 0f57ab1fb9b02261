"""Does the best recipe beat a plain baseline, on windows that overlap none of its training windows?

Question. A logistic regression on 5-mers, one per protein, is what anybody can have in a minute.
Does a network that shares its convolutions over all proteins, with a linear head for each, rank the
test windows of a protein better?

Prediction. Yes, by a few hundredths on proteins that were met in training: a convolution sees
motifs longer than five letters, and 91 proteins teach it more than one does. On proteins that were
never met (`--split cold-protein`) it has no head for them, and is little better than a coin.

Decision rule. The difference to the baseline per seed and protein cluster on the test part of a
frozen split: macro per-protein AUROC, two-way interval over seeds and clusters.
"""

from rpbind import experiment as page
from rpbind.presets import OWN_HEAD, narrowed
from rpbind.study.design import Design, arm
from rpbind.study.plan import Question
from rpbind.terminal import run_page

ASKED = Question(
    question="Does the best recipe beat a 5-mer logistic regression per protein?",
    prediction="Yes, on proteins that were met in training; on others it is little better than a "
    "coin.",
    rule="Difference to the baseline per seed and protein cluster: test macro per-protein AUROC, "
    "two-way interval over both.",
)
SIMULATED_EPOCHS, NARROWER = 7, 4


def main(
    data: page.Data = None,
    proteins: page.Vectors = OWN_HEAD.proteins,
    seeds: page.Seeds = 3,
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
    """Train the best recipe against the plain baselines, and write reports/STUDY/index.html."""
    simulated = data is None
    epochs = 1 if smoke else epochs or (SIMULATED_EPOCHS if simulated else OWN_HEAD.train.epochs)
    recipe = narrowed(OWN_HEAD, narrower or (NARROWER if simulated or smoke else 1))
    best = recipe.with_({"train.epochs": epochs, "proteins": proteins})
    page.conduct(
        "e03",
        ASKED,
        Design("one recipe", (arm("own-head", best, "preset own-head"),), ()),
        page.Conditions(
            source=page.source(data, split),
            seeds=2 if smoke else seeds,
            add_seeds=add_seeds,
            where=page.where(workers, cpus_per_worker, gpus_per_run, executor, address, log=log),
            reports=reports,
            name=name,
            dry_run=dry_run,
            control="own-head",
        ),
    )


if __name__ == "__main__":
    run_page(main)
