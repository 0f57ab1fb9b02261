"""Start a Ray of this machine's own, or join a cluster; where that fails, it is one sentence."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray._private import services
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.authentication.http_token_authentication import get_auth_headers_if_auth_enabled
from ray.exceptions import AuthenticationError, RayError

from rpbind.cluster.address import check_cluster, parsed, refuses, service
from rpbind.errors import PausedError, UserError, reason

WAITS = (30, 120)
"""Seconds that Ray's processes have to start: Ray's own 30 first, which a busy machine outlasts."""

GCS_WAIT = "RAY_gcs_server_port_wait_time_s"
"""The variable by which Ray takes such a wait for the first of its processes."""

MISTAKES = (AuthenticationError, ValueError, FileNotFoundError, PermissionError)
"""What Ray raises where a setting is wrong; waiting does not help."""


def start_here(say: Callable[[str], object], **options: Any) -> None:
    """Start Ray on this machine, a second time and with more patience where the first fails.

    `say` is given a sentence in between. Raises `UserError` where a setting is wrong, and
    `PausedError` where Ray does not start.
    """
    for last, wait in enumerate(WAITS):
        before = _children()
        try:
            with _patience(wait):
                ray.init("local", **options)
        except MISTAKES as error:
            raise UserError(
                f"Ray cannot start on this machine: {_why(error)}. Nothing was run."
            ) from None
        except Exception as error:  # Ray raises bare ones too
            ray.shutdown()
            _end(_children() - before)
            why = _why(error)
            if last:
                raise PausedError(
                    f"Ray has not started on this machine, twice, the second time within {wait} s "
                    f"({why}). The machine is too busy or has too little memory; nothing was run "
                    "or lost, and the same command can be given again."
                ) from None
            say(f"Ray has not started yet ({why}). It is started again, with {WAITS[1]} s of time.")
        else:
            return


def join(address: str, **options: Any) -> None:
    """Join the cluster at `address`; raises `UserError` where none is there or it refuses us.

    A cluster that is there and does not let us in for now is a `PausedError`.
    """
    check_cluster(address)
    try:
        _check_reachable(address)
        ray.init(address, **options)
    except (ConnectionError, *MISTAKES) as error:
        raise UserError(f"The Ray cluster at {address} cannot be joined: {_why(error)}.") from None
    except UserError:
        raise
    except Exception as error:
        ray.shutdown()
        raise PausedError(
            f"The Ray cluster at {address} did not let this machine in: {_why(error)}. Nothing "
            "was run or lost; see whether all of it runs, and give the same command again."
        ) from None


def _check_reachable(address: str) -> None:
    """Ask the address that Ray makes of ours, with its token: Ray itself tries for minutes."""
    is_client = "://" in address
    if address == "auto":  # as Ray will, for no other address
        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    real = address if is_client else services.canonicalize_bootstrap_address_or_die(address)
    place = parsed(real)
    if place is None:
        return
    advice = (
        f"That is the address which Ray takes {address} for. A cluster that was started on "
        "loopback alone cannot be joined; otherwise see whether it still runs."
    )
    found = service(place, "Ray cluster", advice)
    if found != "encrypted" and refuses(place, get_auth_headers_if_auth_enabled({})):
        raise UserError(
            f"The Ray cluster at {address} wants a token that this shell does not have: set "
            "RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH."
        )


@contextlib.contextmanager
def answering(address: str | None) -> Iterator[None]:
    """Say it in a sentence, as `PausedError`, where Ray stops answering in the block."""
    try:
        yield
    except (RayError, ConnectionError, TimeoutError) as error:
        raise PausedError(
            f"Ray at {address or 'this machine'} has stopped answering ({_why(error)}). Nothing "
            "was run or lost, and the same command can be given again."
        ) from None


def _why(error: BaseException) -> str:
    return reason(error)[:300].rstrip(".: ") or type(error).__name__


@contextlib.contextmanager
def _patience(seconds: int) -> Iterator[None]:
    """Have Ray wait so long for its own processes; its 30 s are a number in `Node.__init__`."""
    asked = services.get_node

    def get_node(*node: Any) -> Any:
        last = time.monotonic() + seconds
        while True:
            try:
                return asked(*node)
            except RuntimeError:
                if time.monotonic() > last:
                    raise
                time.sleep(0.1)

    os.environ[GCS_WAIT] = str(seconds)
    services.get_node = get_node
    try:
        yield
    finally:
        services.get_node = asked


def _children() -> set[Any]:
    """Return the processes that this one has started, and theirs; Ray brings psutil along."""
    return set(importlib.import_module("psutil").Process().children(recursive=True))


def _end(processes: set[Any]) -> None:
    """End what a failed start has left: Ray has no name for it, and it would compete."""
    psutil = importlib.import_module("psutil")
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, 10)
