"""Studies as Ray Jobs: send a command with the working directory, follow it, fetch its study.

The command runs on the head node. Its data must lie on storage that the nodes share. The finished
study is downloaded through the job server, so a laptop does not need to mount that storage.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from ray.job_submission import JobDetails, JobStatus, JobSubmissionClient

from rpbind.cluster import bundle
from rpbind.cluster.address import dashboard_url
from rpbind.cluster.job_errors import NO_AGENT, READY_WITHIN, explain_refusals
from rpbind.cluster.job_request import LEFT_OUT, JobRequest
from rpbind.errors import UserError
from rpbind.files.draft import check_new, draft_folder

STOP_WITHIN = "60"
"""Seconds that a stopped job has to write its last rows; Ray's default of 3 is too short."""

ANSWER = 60.0
"""Seconds that a connected job server has to answer; a busy head node takes a few."""

POLL = 0.5
CHATTY_LOGGERS = ("ray", "ray.dashboard.modules.job.sdk", "ray.dashboard.modules.dashboard_sdk")
"""Loggers that log every request."""


class Client(JobSubmissionClient):  # type: ignore[misc]  # Ray ships no types
    """Ray's client, with a timeout for every request."""

    def _do_request(self, method: str, endpoint: str, **more: Any) -> requests.Response:
        return super()._do_request(method, endpoint, **{"timeout": ANSWER} | more)


def connect(address: str) -> JobSubmissionClient:
    """Connect to a job server.

    Parameters
    ----------
    address
        URL of the cluster's Ray dashboard.

    Returns
    -------
    JobSubmissionClient
        A client; raises `UserError` if no job server answers at the address.
    """
    for name in CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    url = dashboard_url(address)
    for name in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS"):
        os.environ.pop(name, None)  # Ray would use them instead of the address it is given
    with explain_refusals(url):
        return Client(url)


def submit(client: JobSubmissionClient, request: JobRequest) -> str:
    """Send a command and its working directory to a job server.

    Parameters
    ----------
    client
        The job server's client.
    request
        What to run.

    Returns
    -------
    str
        The job's id.
    """
    environment = {
        "RPBIND_ADDRESS": "auto",
        "RPBIND_REPORTS": str(request.reports),
        "RAY_JOB_STOP_WAIT_TIME_S": STOP_WITHIN,
    }
    content = {
        "entrypoint": shlex.join(request.command),
        "runtime_env": {
            "working_dir": str(request.working_dir.resolve()),
            "excludes": list(LEFT_OUT),
            "env_vars": environment,
        },
    }
    with explain_refusals(client.get_address()):
        return _submit_when_ready(client, content)


def _submit_when_ready(client: JobSubmissionClient, content: dict[str, Any]) -> str:
    """Send a job; if the cluster is still starting, try again for `READY_WITHIN` seconds."""
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            return str(client.submit_job(**content))
        except RuntimeError as error:
            if NO_AGENT not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(POLL)


def follow(client: JobSubmissionClient, job_id: str, show: Callable[[str], None]) -> int:
    """Show a job's output until the job has ended.

    Parameters
    ----------
    client
        The job server's client.
    job_id
        The job.
    show
        Called with each piece of output.

    Returns
    -------
    int
        The command's exit code; 1 for a job that ended without one (stopped, or never begun).
    """

    async def tail() -> None:
        async for text in client.tail_job_logs(job_id):
            show(text)

    details(client, job_id)  # raises UserError for an unknown job; tail_job_logs raises another one
    with explain_refusals(client.get_address(), job_id):
        asyncio.run(tail())
        found = wait_until_ended(client, job_id)
    if found.status == JobStatus.SUCCEEDED:
        return 0
    return found.driver_exit_code or 1


def wait_until_ended(client: JobSubmissionClient, job_id: str) -> JobDetails:
    """Wait until a job has ended, and return its details."""
    while not (found := client.get_job_info(job_id)).status.is_terminal():
        time.sleep(POLL)
    return found


def details(client: JobSubmissionClient, job_id: str) -> JobDetails:
    """Return the details of a job.

    Parameters
    ----------
    client
        The job server's client.
    job_id
        The job.

    Returns
    -------
    JobDetails
        Its state, command, times and exit code.

    Raises
    ------
    UserError
        If the id is malformed, or the job server knows no such job.
    """
    if not re.fullmatch(r"[\w.-]+", job_id):
        raise UserError(
            f"ID is the job id that `rpbind submit` printed, such as raysubmit_x; got '{job_id}'."
        )
    with explain_refusals(client.get_address()):
        try:
            return client.get_job_info(job_id)
        except RuntimeError as error:
            if "status code 404" not in str(error):
                raise
    raise UserError(f"The job server at {client.get_address()} knows no job {job_id}.")


def stop(client: JobSubmissionClient, job_id: str) -> bool:
    """Ask a job to stop.

    Parameters
    ----------
    client
        The job server's client.
    job_id
        The job.

    Returns
    -------
    bool
        False if the job had already ended.
    """
    details(client, job_id)
    with explain_refusals(client.get_address()):
        return bool(client.stop_job(job_id))


def fetch(client: JobSubmissionClient, job_id: str, out: Path) -> Path:
    """Download the study of a job.

    A second job, with the first one's environment, reads the study from the shared storage and
    prints it.

    Parameters
    ----------
    client
        The job server's client.
    job_id
        The job.
    out
        Folder to put the study folder in.

    Returns
    -------
    Path
        The study folder.

    Raises
    ------
    UserError
        If the job has no report yet, the folder exists, or the study cannot be read.
    """
    details(client, job_id)
    with explain_refusals(client.get_address()):
        study = bundle.study_named(client.get_job_logs(job_id), job_id)
        target = out / Path(study).name
        check_new(target)
        reader_id = client.submit_job(
            entrypoint=shlex.join(["python", "-m", "rpbind.cluster.bundle", study]),
            runtime_env=client.get_job_info(job_id).runtime_env,
        )
        found = wait_until_ended(client, reader_id)
        output = client.get_job_logs(reader_id)
        client.delete_job(reader_id)
    if found.status != JobStatus.SUCCEEDED:
        last = output.strip().splitlines()[-1:] or [found.message]
        raise UserError(f"{study} could not be read on the cluster: {last[0]}")
    with draft_folder(target) as draft:
        bundle.unpack(output, draft)
    return target
