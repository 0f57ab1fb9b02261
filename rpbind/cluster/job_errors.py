"""Messages for requests that a job server refuses, and for a job server that stops answering."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import aiohttp
import requests
from ray.exceptions import AuthenticationError

from rpbind.errors import PausedError, UserError, reason

LIMIT = "512 MiB"
"""Largest package that Ray accepts."""

READY_WITHIN = 60.0
"""Seconds that a new cluster has to start its job agent."""

NO_AGENT = "No available agent"
"""Ray's error in a cluster's first seconds, and always if another Ray uses the agent's port."""


@contextlib.contextmanager
def explain_refusals(address: str, job_id: str = "") -> Iterator[None]:
    """Raise the job server's errors in the block as `UserError` or `PausedError`.

    `job_id` is the job that the block follows, if any.
    """
    try:
        yield
    except AuthenticationError as error:
        raise UserError(
            f"The cluster at {address} requires a token that this shell does not have "
            f"({reason(error)}). Set RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH."
        ) from None
    except (ConnectionError, requests.RequestException, aiohttp.ClientError, TimeoutError) as error:
        raise PausedError(_lost_text(address, job_id, error)) from None
    except RuntimeError as error:
        if job_id and "closed unexpectedly" in str(error):
            raise PausedError(_lost_text(address, job_id, error)) from None
        raise UserError(
            f"The job server at {address} refused the request: {_refusal_text(error)}"
        ) from None


def _lost_text(address: str, job_id: str, error: Exception) -> str:
    text = f"The job server at {address} has stopped answering ({reason(error)[:200]})."
    if not job_id:
        return f"{text} Check whether the cluster still runs."
    return f"{text} The job may still run: `rpbind job logs {job_id}` follows it again."


def _refusal_text(error: RuntimeError) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    if "exceeds the maximum size" in str(error):
        return (
            f"the working directory is larger than {LIMIT} ({lines[-1]}). List files that the "
            "study does not need in .rayignore."
        )
    if NO_AGENT in str(error):
        return (
            f"its head node has no job agent after {READY_WITHIN:.0f} s. If another Ray runs on "
            "that machine, start this one with `ray start --dashboard-agent-listen-port 0`."
        )
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"
