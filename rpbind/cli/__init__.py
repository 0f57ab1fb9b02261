"""The command line: `rpbind COMMAND`, one function per command, grouped by what it is about."""

import typer

import rpbind
from rpbind.cli import baselines, cluster, data, doctor, study, use
from rpbind.terminal import run_app

app = typer.Typer(add_completion=False, no_args_is_help=True, help=rpbind.__doc__)
app.add_typer(data.importing, name="import")
app.add_typer(cluster.job, name="job")
for command in (
    data.embed,
    data.split,
    data.subset,
    baselines.baselines,
    study.report,
    doctor.doctor,
    study.status,
    study.compare,
    use.predict,
    use.evaluate,
    use.explain,
    cluster.submit,
):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    run_app(app)
