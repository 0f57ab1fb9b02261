"""Commands about clusters: send a study as a Ray Job, and look after it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind.errors import PausedError, check_not_url
from rpbind.terminal import EXIT_AGAIN, masked

Address = Annotated[
    str,
    typer.Option(
        envvar="RAY_API_SERVER_ADDRESS", help="Job server: the address of the cluster's dashboard."
    ),
]
JobId = Annotated[str, typer.Argument(metavar="ID", help="What `rpbind submit` said.")]
HERE = "http://127.0.0.1:8265"

job = typer.Typer(no_args_is_help=True, help="Look after a job that `rpbind submit` sent.")


def submit(
    command: Annotated[list[str], typer.Argument(help="After --: python experiments/PAGE.py ...")],
    reports: Annotated[
        Path, typer.Option(help="Folder that the study lands in, on storage the nodes share.")
    ],
    address: Address = HERE,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Say the job's id and end.")] = False,
) -> None:
    """Run a command on a cluster with this directory; shows its output, ends with its exit code."""
    check_not_url("--reports", reports)
    from rpbind.cluster import jobs  # Ray takes seconds to import

    order = jobs.Order(tuple(command), reports)
    client = jobs.connect(address)
    sent = jobs.submit(client, order)
    left_out = ", ".join(jobs.LEFT_OUT)
    print(f"sent      {Path.cwd()} without {left_out} and what is ignored there", file=sys.stderr)
    print(f"job       {sent}", file=sys.stderr, flush=True)
    if no_wait:
        print(sent)
        return
    raise typer.Exit(_follow(client, sent))


def _follow(client: Any, sent: str) -> int:
    from rpbind.cluster import jobs

    try:
        return jobs.follow(client, sent, lambda text: print(text, end="", flush=True))
    except PausedError as gone:  # the same command would send the job again
        print(f"error: {gone}", file=sys.stderr)
        return EXIT_AGAIN
    except KeyboardInterrupt:
        print(
            f"\nThe job goes on. rpbind job logs {sent} follows it again, "
            f"rpbind job stop {sent} ends it.",
            file=sys.stderr,
        )
        return 130


@job.command()
def logs(sent: JobId, address: Address = HERE) -> None:
    """Show a job's output until it has ended; ends with its exit code."""
    from rpbind.cluster import jobs

    raise typer.Exit(_follow(jobs.connect(address), sent))


@job.command()
def status(sent: JobId, address: Address = HERE) -> None:
    """Say what has become of a job."""
    from rpbind.cluster import jobs

    found = jobs.details(jobs.connect(address), sent)
    print(f"job       {sent}: {found.status.value.lower()}")
    print(f"command   {masked(found.entrypoint)}")
    for word, moment in (("begun", found.start_time), ("ended", found.end_time)):
        if moment:
            print(f"{word:9} {datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC")
    if found.driver_exit_code is not None:
        print(f"exit code {found.driver_exit_code}")


@job.command()
def stop(sent: JobId, address: Address = HERE) -> None:
    """Stop a job: it writes down what it has, and the same command goes on later."""
    from rpbind.cluster import jobs

    running = jobs.stop(jobs.connect(address), sent)
    print(f"job {sent} {'is being stopped' if running else 'had ended before'}")


@job.command()
def fetch(
    sent: JobId,
    out: Annotated[Path, typer.Option(help="Folder that the study is put in.")] = Path("reports"),
    address: Address = HERE,
) -> None:
    """Bring a job's plan, ledger and report here, through the job server."""
    from rpbind.cluster import jobs

    print(f"report: {jobs.fetch(jobs.connect(address), sent, out) / 'index.html'}")
