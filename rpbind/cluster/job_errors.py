"""What a job server refuses, and how it is lost, as sentences."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import aiohttp
import requests
from ray.exceptions import AuthenticationError

from rpbind.errors import PausedError, UserError, reason

LIMIT = "512 MiB"
"""What Ray takes as a package at most."""

READY_WITHIN = 60.0
NO_AGENT = "No available agent"
"""What Ray says in a cluster's first seconds, and always where another Ray has the agent's port."""


@contextlib.contextmanager
def asking(address: str, job: str = "") -> Iterator[None]:
    """Turn what the job server refuses into a sentence; `job` is one that is being followed."""
    try:
        yield
    except AuthenticationError as error:
        raise UserError(
            f"The cluster at {address} wants a token that this shell does not have: set "
            f"RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH. ({reason(error)})"
        ) from None
    except (ConnectionError, requests.RequestException, aiohttp.ClientError, TimeoutError) as error:
        raise PausedError(_gone(address, job, error)) from None
    except RuntimeError as error:
        if job and "closed unexpectedly" in str(error):
            raise PausedError(_gone(address, job, error)) from None
        raise UserError(f"The job server at {address} refused: {_reason(error)}") from None


def _gone(address: str, job: str, error: Exception) -> str:
    told = f"The job server at {address} has stopped answering ({reason(error)[:200]})."
    if not job:
        return f"{told} See whether the cluster still runs."
    return f"{told} The job may go on: `rpbind job logs {job}` follows it again."


def _reason(error: RuntimeError) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    if "exceeds the maximum size" in str(error):
        return (
            f"the working directory is larger than {LIMIT}. Name what the study does not need in "
            f".rayignore. ({lines[-1]})"
        )
    if NO_AGENT in str(error):
        return (
            f"its head has no job agent after {READY_WITHIN:.0f} s. Where another Ray runs on that "
            "machine, `ray start` needs --dashboard-agent-listen-port 0."
        )
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"
