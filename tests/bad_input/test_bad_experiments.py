"""Options of every experiment that are wrong, without effect, or contradict each other."""

from pathlib import Path

import pytest
from bad_input import Case, check
from toy_world import world

FIVE = "tune.py --data data --space s.toml"


def of_experiments(name: str, command: str, *says: str) -> Case:
    """A case that needs the dataset."""
    return Case(name, command, says, world())


EXPERIMENTS = [
    of_experiments(
        "smoke that changes nothing",
        f"{FIVE} --smoke --seeds 2 --epochs 1 --narrower 8",
        "--smoke",
        "no effect",
    ),
    of_experiments("two numbers of seeds", f"{FIVE} --seeds 5 --seeds 7", "--seeds", "2 times"),
    of_experiments("no seeds", f"{FIVE} --seeds 0", "--seeds", "equal to 1"),
    of_experiments("half a seed", f"{FIVE} --seeds 1.5", "--seeds", "integer"),
    of_experiments("GPUs that are no number", f"{FIVE} --gpus-per-run nan", "--gpus-per-run"),
    of_experiments("GPUs without end", f"{FIVE} --gpus-per-run inf", "--gpus-per-run"),
    of_experiments("a logger twice", "ablate.py --data data --log mlflow --log mlflow", "twice"),
    of_experiments("a logger that is none", "ablate.py --data data --log wand", "'wandb'"),
    of_experiments("a start twice", f"{FIVE} --warm-start fixed --warm-start fixed", "twice"),
    of_experiments("an objective twice", f"{FIVE} --objective loss --objective loss", "twice"),
    of_experiments("a name of 300 letters", f"{FIVE} --name {'a' * 300}", "--name", "300"),
    of_experiments("a long name in a dry run", f"{FIVE} --dry-run --name {'a' * 300}", "--name"),
    of_experiments("a name that is a path", f"{FIVE} --name ../x", "--name", "../x"),
    of_experiments("a name that is hidden", f"{FIVE} --name .x", "--name", ".x"),
    of_experiments(
        "an executor for one process",
        f"{FIVE} --executor trial --workers 2",
        "--executor trial",
        "--workers 2",
    ),
    of_experiments("a split that is none", f"{FIVE} --split cold", "--split"),
    of_experiments(
        "changes of a path",
        "ablate.py --data data --changes lr,init",
        "--changes",
        "--design is path",
    ),
    of_experiments("one change", "ablate.py --data data --design factorial --changes lr", "lr"),
    of_experiments(
        "a change that is none", "ablate.py --data data --design factorial --changes lr,x", "x"
    ),
    of_experiments(
        "a space that nothing searches",
        "ablate.py --data data --space s.toml",
        "--space s.toml",
        "--trials",
    ),
    of_experiments("searches of nothing", "ablate.py --data data --searches 5", "--tune-arms"),
    of_experiments(
        "searches that are shared",
        "ablate.py --data data --tune-arms 2 --searches 2 --shared-configs",
        "--shared-configs",
    ),
    of_experiments(
        "two ways to search", "ablate.py --data data --trials 2 --tune-arms 2", "--trials"
    ),
    of_experiments(
        "an option of another experiment", "ablate.py --data data --sampler tpe", "--sampler"
    ),
    of_experiments("no budget", f"{FIVE} --budget-minutes 0", "--budget-minutes", "0"),
    of_experiments("a budget that is no number", f"{FIVE} --budget-train-seconds nan", "nan"),
    of_experiments(
        "pruning by cost", f"{FIVE} --scheduler asha --objective train-seconds", "--scheduler asha"
    ),
    of_experiments("a sampler of numbers for choices", f"{FIVE} --sampler cmaes", "cmaes"),
    of_experiments(
        "more than 10,000 runs",
        "e01_did_the_fix_fix_it.py --data data --seeds 5000",
        "more than 10,000",
        "--yes",
    ),
    of_experiments("a base that is none", f"{FIVE} --base odl", "'old'"),
    of_experiments("vectors that are not there", f"{FIVE} --proteins triad", "triad"),
    of_experiments("a word too many", f"{FIVE} now", "now"),
]


@pytest.mark.parametrize("case", EXPERIMENTS, ids=lambda case: case.name)
def test_a_bad_option_of_an_experiment_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
