"""An experiment to send to a cluster: one of two runs can diverge (`--wild`) or last (`--long`)."""

from pathlib import Path

import typer

from rpbind import experiment as page
from rpbind import options
from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.design.source import open_source
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import OLD
from rpbind.run.resources import Resources
from rpbind.study.options import RunOptions
from rpbind.terminal import run_app


def main(
    data: options.Data = None,
    address: options.Address = None,
    reports: options.Reports = options.REPORTS,
    name: options.Name = None,
    wild: bool = False,
    long: bool = False,
) -> None:
    """Train a toy."""
    print("here:", *sorted(str(path) for path in Path().rglob("*") if path.is_file()))
    calm = narrowed(OLD, 16).with_({"train.epochs": 1, "train.batch_size": 16})
    other = calm
    if wild:
        other = calm.with_({"train.lr": 1e30, "train.clip_norm": None, "model.residual": True})
    if long:
        other = calm.with_({"train.epochs": 100_000, "train.stop_after": None})
    arms = (arm("calm", calm, ""), arm("other", other, ""))
    page.conduct(
        "toy",
        Question("?", "!", "."),
        Design("toy", arms, ()),
        RunOptions(open_source(data, "cold-rna"), 1, Resources(address=address), reports, name),
    )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command()(main)
    run_app(app)
