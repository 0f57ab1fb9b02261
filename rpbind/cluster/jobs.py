"""Studies as Ray Jobs: send a command with the working directory, follow it, bring its study home.

The command runs on the head node. What it needs beside the working directory is on storage that the
nodes share; what it leaves is fetched through the job server, so a laptop needs no mount.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ray.job_submission import JobDetails, JobStatus, JobSubmissionClient

from rpbind.cluster import bundle
from rpbind.cluster.address import dashboard_url
from rpbind.cluster.job_errors import NO_AGENT, READY_WITHIN, asking
from rpbind.errors import UserError
from rpbind.files.draft import check_new, draft_folder

LEFT_OUT = (
    "/data/",
    "/reports/",
    "/build/",
    "/dist/",
    ".?*",
    "venv/",
    "__pycache__/",
    "*.egg-info/",
)
"""What of the working directory is never sent, beside what its .gitignore and .rayignore name."""

STOP_WITHIN = "60"
"""Seconds that a stopped job has to write its last rows; Ray's own 3 do not suffice."""

ANSWER = 60.0
"""Seconds that a job server has for an answer once we are connected: a busy head takes a few."""

POLL = 0.5
TALKERS = ("ray", "ray.dashboard.modules.job.sdk", "ray.dashboard.modules.dashboard_sdk")
"""Loggers that say of every request that they made it."""


@dataclass(frozen=True)
class Order:
    """A command to be sent with a working directory; its study lands in `reports`."""

    command: tuple[str, ...]
    reports: Path
    working_dir: Path = Path()

    def __post_init__(self) -> None:
        if not self.command:
            raise UserError("There is no command: rpbind submit [OPTIONS] -- python PAGE.py ...")
        if not self.reports.is_absolute():
            raise UserError(
                "--reports is an absolute path on storage that the nodes of the cluster share; "
                f"got '{self.reports}'. A job's own directory is lost with its cluster."
            )
        if any(word.partition("=")[0] == "--reports" for word in self.command):
            raise UserError(
                "The command has --reports too, which would win over that of rpbind submit, where "
                "rpbind job fetch looks. Leave it out of the command."
            )
        if named := [word for word in self.command if self._stays_here(word)]:
            raise UserError(
                f"The command names {', '.join(named)}, which is not sent with the working "
                "directory: put it on storage that the nodes share and name it there."
            )

    def _stays_here(self, word: str) -> bool:
        path = Path(word.split("=", 1)[-1] if word.startswith("--") else word)
        top = path.parts[0] if path.parts and not path.is_absolute() else ""
        there = (self.working_dir / path).exists()
        return there and (top == ".." or f"/{top}/" in LEFT_OUT or top.startswith("."))


class Client(JobSubmissionClient):  # type: ignore[misc]  # Ray ships no types
    """Ray's client, which does not wait for ever."""

    def _do_request(self, method: str, endpoint: str, **more: Any) -> requests.Response:
        return super()._do_request(method, endpoint, **{"timeout": ANSWER} | more)


def connect(address: str) -> JobSubmissionClient:
    """Return a client of the job server at `address`; `UserError` where none answers."""
    for talker in TALKERS:
        logging.getLogger(talker).setLevel(logging.WARNING)
    url = dashboard_url(address)
    for name in ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS"):
        os.environ.pop(name, None)  # Ray would take them in place of what it is given
    with asking(url):
        return Client(url)


def submit(client: JobSubmissionClient, order: Order) -> str:
    """Send a command and return the job's id."""
    environment = {
        "RPBIND_ADDRESS": "auto",
        "RPBIND_REPORTS": str(order.reports),
        "RAY_JOB_STOP_WAIT_TIME_S": STOP_WITHIN,
    }
    request = {
        "entrypoint": shlex.join(order.command),
        "runtime_env": {
            "working_dir": str(order.working_dir.resolve()),
            "excludes": list(LEFT_OUT),
            "env_vars": environment,
        },
    }
    with asking(client.get_address()):
        return _accepted(client, request)


def _accepted(client: JobSubmissionClient, request: dict[str, Any]) -> str:
    """Send a job, again for a while where the cluster has only just begun."""
    last = time.monotonic() + READY_WITHIN
    while True:
        try:
            return str(client.submit_job(**request))
        except RuntimeError as error:
            if NO_AGENT not in str(error) or time.monotonic() > last:
                raise
        time.sleep(POLL)


def follow(client: JobSubmissionClient, job: str, show: Callable[[str], None]) -> int:
    """Show a job's output until it has ended; returns the command's exit code.

    A job that ended without one (stopped, or never begun) gives 1.
    """

    async def tail() -> None:
        async for text in client.tail_job_logs(job):
            show(text)

    details(client, job)  # of an unknown job, the output is an error of another kind
    with asking(client.get_address(), job):
        asyncio.run(tail())
        found = ended(client, job)
    if found.status == JobStatus.SUCCEEDED:
        return 0
    return found.driver_exit_code or 1


def ended(client: JobSubmissionClient, job: str) -> JobDetails:
    """Wait until a job has ended and return what is known of it."""
    while not (found := client.get_job_info(job)).status.is_terminal():
        time.sleep(POLL)
    return found


def details(client: JobSubmissionClient, job: str) -> JobDetails:
    """Return what the job server knows of a job; `UserError` where it knows none of this id."""
    if not re.fullmatch(r"[\w.-]+", job):
        raise UserError(f"ID is what `rpbind submit` printed, such as raysubmit_x; got '{job}'.")
    with asking(client.get_address()):
        try:
            return client.get_job_info(job)
        except RuntimeError as error:
            if "status code 404" not in str(error):
                raise
    raise UserError(f"The job server at {client.get_address()} knows no job {job}.")


def stop(client: JobSubmissionClient, job: str) -> bool:
    """Ask a job to stop; False where it had ended before."""
    details(client, job)
    with asking(client.get_address()):
        return bool(client.stop_job(job))


def fetch(client: JobSubmissionClient, job: str, out: Path) -> Path:
    """Bring the study of a job to the folder `out`; returns where it is.

    A second job with the first one's environment reads it from the shared storage and prints it.
    """
    details(client, job)
    with asking(client.get_address()):
        study = bundle.study_named(client.get_job_logs(job), job)
        target = out / Path(study).name
        check_new(target)
        reader = client.submit_job(
            entrypoint=shlex.join(["python", "-m", "rpbind.cluster.bundle", study]),
            runtime_env=client.get_job_info(job).runtime_env,
        )
        found = ended(client, reader)
        told = client.get_job_logs(reader)
        client.delete_job(reader)
    if found.status != JobStatus.SUCCEEDED:
        last = told.strip().splitlines()[-1:] or [found.message]
        raise UserError(f"{study} could not be read on the cluster: {last[0]}")
    with draft_folder(target) as draft:
        bundle.unpack(told, draft)
    return target
