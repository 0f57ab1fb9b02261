"""Commands about clusters: send a study as a Ray Job, then follow, stop or fetch it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rpbind.api import jobs
from rpbind.api.jobs import ADDRESS, HERE, LEFT_OUT, Job
from rpbind.errors import PausedError
from rpbind.terminal import EXIT_AGAIN, masked

Address = Annotated[
    str,
    typer.Option(envvar=ADDRESS, help="URL of the cluster's Ray dashboard (job server)."),
]
JobId = Annotated[str, typer.Argument(metavar="ID", help="Job id that `rpbind submit` printed.")]

job = typer.Typer(
    no_args_is_help=True, help="Show, follow, stop or fetch a job of `rpbind submit`."
)


def submit(
    command: Annotated[
        list[str],
        typer.Argument(help="Command to run, after --: python experiments/EXPERIMENT.py ..."),
    ],
    reports: Annotated[
        Path,
        typer.Option(help="Folder for the study, as an absolute path on storage the nodes share."),
    ],
    address: Address = HERE,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Print the job's id and do not wait for its end.")
    ] = False,
) -> None:
    """Send this directory to a Ray cluster and run a command there.

    Shows the command's output and ends with its exit code.
    """
    sent = jobs.submit(command, reports=reports, address=address)
    print(
        f"sent      {Path.cwd()} without {', '.join(LEFT_OUT)} and without what .gitignore and "
        ".rayignore name",
        file=sys.stderr,
    )
    print(f"job       {sent.id}", file=sys.stderr, flush=True)
    if no_wait:
        print(sent.id)
        return
    raise typer.Exit(_follow(sent))


def _follow(one: Job) -> int:
    try:
        return one.follow(lambda text: print(text, end="", flush=True))
    except PausedError as lost:  # the same command would send the job again
        print(f"error: {lost}", file=sys.stderr)
        return EXIT_AGAIN
    except KeyboardInterrupt:
        print(
            f"\nThe job keeps running. To follow it again: rpbind job logs {one.id}. "
            f"To stop it: rpbind job stop {one.id}.",
            file=sys.stderr,
        )
        return 130


@job.command()
def logs(job_id: JobId, address: Address = HERE) -> None:
    """Show a job's output until it ends, and exit with its exit code."""
    raise typer.Exit(_follow(Job(job_id, address)))


@job.command()
def status(job_id: JobId, address: Address = HERE) -> None:
    """Print a job's state, command, start and end."""
    found = Job(job_id, address).status()
    print(f"job       {job_id}: {found.state}")
    print(f"command   {masked(found.command)}")
    for word, moment in (("begun", found.begun), ("ended", found.ended)):
        if moment:
            print(f"{word:9} {moment:%Y-%m-%d %H:%M:%S} UTC")
    if found.exit_code is not None:
        print(f"exit code {found.exit_code}")


@job.command()
def stop(job_id: JobId, address: Address = HERE) -> None:
    """Stop a job: finished runs stay recorded, and the same command continues later."""
    running = Job(job_id, address).stop()
    print(f"job {job_id} {'is being stopped' if running else 'had already ended'}")


@job.command()
def fetch(
    job_id: JobId,
    out: Annotated[Path, typer.Option(help="Folder to put the study folder in.")] = Path("reports"),
    address: Address = HERE,
) -> None:
    """Download a job's plan, ledger and report through the job server."""
    print(f"report: {Job(job_id, address).fetch(out).folder / 'index.html'}")
