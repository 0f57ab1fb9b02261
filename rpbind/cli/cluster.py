"""Commands about clusters: send a study as a Ray Job, then follow, stop or fetch it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind.cluster.job_request import LEFT_OUT, JobRequest
from rpbind.errors import PausedError, check_not_url
from rpbind.terminal import EXIT_AGAIN, masked

Address = Annotated[
    str,
    typer.Option(
        envvar="RAY_API_SERVER_ADDRESS", help="URL of the cluster's Ray dashboard (job server)."
    ),
]
JobId = Annotated[str, typer.Argument(metavar="ID", help="Job id that `rpbind submit` printed.")]
HERE = "http://127.0.0.1:8265"

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
    check_not_url("--reports", reports)
    request = JobRequest(tuple(command), reports)
    from rpbind.cluster import jobs  # Ray takes seconds to import

    client = jobs.connect(address)
    job_id = jobs.submit(client, request)
    print(
        f"sent      {Path.cwd()} without {', '.join(LEFT_OUT)} and without what .gitignore and "
        ".rayignore name",
        file=sys.stderr,
    )
    print(f"job       {job_id}", file=sys.stderr, flush=True)
    if no_wait:
        print(job_id)
        return
    raise typer.Exit(_follow(client, job_id))


def _follow(client: Any, job_id: str) -> int:
    from rpbind.cluster import jobs

    try:
        return jobs.follow(client, job_id, lambda text: print(text, end="", flush=True))
    except PausedError as lost:  # the same command would send the job again
        print(f"error: {lost}", file=sys.stderr)
        return EXIT_AGAIN
    except KeyboardInterrupt:
        print(
            f"\nThe job keeps running. To follow it again: rpbind job logs {job_id}. "
            f"To stop it: rpbind job stop {job_id}.",
            file=sys.stderr,
        )
        return 130


@job.command()
def logs(job_id: JobId, address: Address = HERE) -> None:
    """Show a job's output until it ends, and exit with its exit code."""
    from rpbind.cluster import jobs

    raise typer.Exit(_follow(jobs.connect(address), job_id))


@job.command()
def status(job_id: JobId, address: Address = HERE) -> None:
    """Print a job's state, command, start and end."""
    from rpbind.cluster import jobs

    found = jobs.details(jobs.connect(address), job_id)
    print(f"job       {job_id}: {found.status.value.lower()}")
    print(f"command   {masked(found.entrypoint)}")
    for word, moment in (("begun", found.start_time), ("ended", found.end_time)):
        if moment:
            print(f"{word:9} {datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC")
    if found.driver_exit_code is not None:
        print(f"exit code {found.driver_exit_code}")


@job.command()
def stop(job_id: JobId, address: Address = HERE) -> None:
    """Stop a job: finished runs stay recorded, and the same command continues later."""
    from rpbind.cluster import jobs

    running = jobs.stop(jobs.connect(address), job_id)
    print(f"job {job_id} {'is being stopped' if running else 'had already ended'}")


@job.command()
def fetch(
    job_id: JobId,
    out: Annotated[Path, typer.Option(help="Folder to put the study folder in.")] = Path("reports"),
    address: Address = HERE,
) -> None:
    """Download a job's plan, ledger and report through the job server."""
    from rpbind.cluster import jobs

    print(f"report: {jobs.fetch(jobs.connect(address), job_id, out) / 'index.html'}")
