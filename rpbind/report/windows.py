"""The windows of the best arm on the page, and the model that they are explained with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.analysis.arms import Arm
from rpbind.analysis.summary import Summary
from rpbind.figures.curves import best_arm
from rpbind.logos.drawn import Drawn, drawn
from rpbind.logos.picture import Picture
from rpbind.logos.stored import Explained, read_explained
from rpbind.wording import commands


@dataclass(frozen=True)
class Windows:
    """What the section of windows says.

    Parameters
    ----------
    arm
        The arm.
    explained
        The windows, if any were explained.
    drawn
        (window, its figures).
    how
        Without windows: how to get them, as a sentence.
    command
        Without windows: the command.
    """

    arm: str
    explained: Explained | None
    drawn: list[tuple[Picture, Drawn]]
    how: str = ""
    command: str = ""


def model_of_best_arm(study: Path, summary: Summary) -> tuple[str, Path] | None:
    """Return the arm with the highest validation AUROC and the model of its first seed.

    Parameters
    ----------
    study
        Folder of the study.
    summary
        The study.

    Returns
    -------
    tuple or None
        The arm, and the folder of a model; None if no run is done or its models were removed.
    """
    arm = _best(summary)
    if arm is None:
        return None
    folders = (study / "runs" / name for name in _runs(arm))
    model = next((folder for folder in folders if (folder / "model.json").is_file()), None)
    return None if model is None else (arm.plan.name, model)


def windows(study: Path, summary: Summary) -> Windows | None:
    """Return what the page says of single windows; None if no run is done."""
    arm = _best(summary)
    if arm is None or summary.interim:
        return None
    explained = read_explained(study)
    if explained is not None:
        figures = [(each, drawn(each, n)) for n, each in enumerate(explained.windows, start=1)]
        return Windows(explained.arm, explained, figures)
    found, name = model_of_best_arm(study, summary), arm.plan.name
    if found is not None:
        how = f"No window of {name} was explained when this page was written. A window of yours:"
        command = f"rpbind explain {found[1]} --rna LETTERS --protein NAME --out window.html"
        return Windows(name, None, [], how, command)
    how = (
        f"No trained model of {name} is in the study's folder. This command, in a folder where the "
        "study is not yet, trains the models and explains windows of the best arm:"
    )
    return Windows(name, None, [], how, commands.again(summary.plan.command))


def _best(summary: Summary) -> Arm | None:
    done = [arm for arm in summary.arms if arm.done]
    return best_arm(done) if done else None


def _runs(arm: Arm) -> list[str]:
    return [f"ablation-{arm.plan.name}-{arm.plan.recipe_id}-s{seed}" for seed in sorted(arm.costs)]
