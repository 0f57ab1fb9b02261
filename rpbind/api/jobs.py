"""Studies as Ray Jobs: sent to a cluster, followed, stopped and fetched."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rpbind.api.calls import face
from rpbind.api.study import Study
from rpbind.cluster.job_request import LEFT_OUT as LEFT_OUT
from rpbind.cluster.job_request import JobRequest
from rpbind.errors import check_not_url
from rpbind.terminal import loading

HERE = "http://127.0.0.1:8265"
ADDRESS = "RAY_API_SERVER_ADDRESS"
"""Environment variable with the address of the job server."""


@dataclass(frozen=True)
class JobStatus:
    """The state of a job.

    Parameters
    ----------
    state
        pending, running, stopped, succeeded or failed.
    command
        The command that it runs.
    begun, ended
        When it began and ended (UTC); None if it has not.
    exit_code
        Exit code of the command; None before its end.
    """

    state: str
    command: str
    begun: datetime | None
    ended: datetime | None
    exit_code: int | None


class Job:
    """A job of a Ray cluster, by its id.

    Parameters
    ----------
    job_id
        Id that `rb.submit` or `rpbind submit` gave.
    address
        URL of the cluster's Ray dashboard; without it, $RAY_API_SERVER_ADDRESS or this machine.
    """

    def __init__(self, job_id: str, address: str | None = None) -> None:
        self.id = job_id
        self.address = address or os.environ.get(ADDRESS) or HERE

    @cached_property
    def _client(self) -> Any:
        with loading("ray"):
            from rpbind.cluster import jobs

        return jobs.connect(self.address)

    @face
    def status(self) -> JobStatus:
        """Return the job's state, command, start and end; `UserError` if there is no such job."""
        with loading("ray"):
            from rpbind.cluster import jobs

        found = jobs.details(self._client, self.id)
        begun, ended = (
            datetime.fromtimestamp(moment / 1000, UTC) if moment else None
            for moment in (found.start_time, found.end_time)
        )
        state = found.status.value.lower()
        return JobStatus(state, found.entrypoint, begun, ended, found.driver_exit_code)

    @face
    def follow(self, show: Callable[[str], None] | None = None) -> int:
        """Show the job's output until the job has ended.

        Parameters
        ----------
        show
            Called with each piece of output; without it, the output goes to stderr.

        Returns
        -------
        int
            The command's exit code; 1 for a job that ended without one.

        Raises
        ------
        UserError
            If there is no such job.
        PausedError
            If the cluster stops answering; the job may still run.
        """
        with loading("ray"):
            from rpbind.cluster import jobs

        return jobs.follow(self._client, self.id, show or _to_stderr)

    @face
    def stop(self) -> bool:
        """Ask the job to stop; what has ended stays recorded. False if it had already ended."""
        with loading("ray"):
            from rpbind.cluster import jobs

        return jobs.stop(self._client, self.id)

    @face
    def fetch(self, out: str | Path = "reports") -> Study:
        """Download the job's study: plan, ledger and report.

        Parameters
        ----------
        out
            Folder to put the study folder in.

        Returns
        -------
        Study
            The study, in `out`.

        Raises
        ------
        UserError
            If the job has no report yet, the folder exists, or the study cannot be read.
        """
        with loading("ray"):
            from rpbind.cluster import jobs

        return Study(jobs.fetch(self._client, self.id, Path(out)))

    def __repr__(self) -> str:
        return f"Job({self.id!r}, {self.address!r})"


@face
def submit(
    command: str | Sequence[str],
    *,
    reports: str | Path,
    address: str | None = None,
    working_dir: str | Path = ".",
) -> Job:
    """Send a folder to a Ray cluster and run a command there.

    Parameters
    ----------
    command
        Program and arguments, such as "python experiments/ablate.py --data /shared/mine".
    reports
        Folder for the study, as an absolute path on storage that the nodes share.
    address
        URL of the cluster's Ray dashboard; without it, $RAY_API_SERVER_ADDRESS or this machine.
    working_dir
        Folder that is sent, without what `LEFT_OUT`, .gitignore and .rayignore name.

    Returns
    -------
    Job
        The job; `follow()` shows its output, and `fetch()` gets its study.

    Raises
    ------
    UserError
        If the command cannot run there, or no job server answers.

    Examples
    --------
    >>> job = rb.submit("rpbind ablate --data /shared/mine", reports="/shared/reports")
    >>> job.follow()
    >>> job.fetch().verdicts()
    """
    words = shlex.split(command) if isinstance(command, str) else command
    check_not_url("--reports", Path(reports))
    request = JobRequest(tuple(words), Path(reports), Path(working_dir))
    with loading("ray"):
        from rpbind.cluster import jobs

    job = Job("", address)
    job.id = jobs.submit(job._client, request)
    return job


def _to_stderr(text: str) -> None:
    print(text, end="", flush=True, file=sys.stderr)
