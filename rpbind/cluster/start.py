"""Start a local Ray or join a cluster, and turn every failure into one clear message."""

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

from rpbind.cluster.address import check_cluster, identify_service, is_token_refused, parse_address
from rpbind.cluster.lean import without_unused_processes
from rpbind.errors import PausedError, UserError, reason

STARTUP_WAITS = (30, 120)
"""Seconds that Ray's processes have to start: first Ray's default, then more for a busy machine."""

GCS_WAIT = "RAY_gcs_server_port_wait_time_s"
"""Environment variable with that wait for the first of Ray's processes, the GCS server."""

MISTAKES = (AuthenticationError, ValueError, FileNotFoundError, PermissionError)
"""What Ray raises if a setting is wrong; waiting does not help."""


class Connection:
    """Whether this process is connected to Ray, and whether we connected it or the user did."""

    ours = False

    @property
    def is_users(self) -> bool:
        """Whether the user initialised Ray before: it is used, and never shut down."""
        return ray.is_initialized() and not self.ours

    def leave(self) -> None:
        """Shut Ray down, or leave the cluster, unless the user initialised it."""
        if self.ours:
            self.ours = False
            ray.shutdown()


CONNECTION = Connection()
"""The one instance: Ray has one connection per process."""


def use_running(address: str | None, *, dashboard: bool) -> None:
    """Check that a Ray that the user has initialised can run a study.

    Parameters
    ----------
    address
        Address that the user gave besides; None if there is none.
    dashboard
        Whether the study needs Ray's dashboard, which Ray Train asks about stopped workers.

    Raises
    ------
    UserError
        If another address is given, or the dashboard is missing.
    """
    if address not in (None, "auto"):
        raise UserError(
            f"Ray is already initialised in this process, so it cannot join {address}. Leave the "
            "address out to use this Ray, or call ray.shutdown() first."
        )
    node = ray._private.worker._global_node
    if dashboard and node is not None and not node.webui_url:
        raise UserError(
            "The Ray that is initialised in this process has no dashboard, and workers of Ray "
            "Train need it. Call ray.init(include_dashboard=True), or ray.shutdown() so that "
            "rpbind starts its own Ray."
        )


def start_local(show: Callable[[str], object], **options: Any) -> None:
    """Start Ray on this machine; if the first try fails, try again with a longer wait.

    Parameters
    ----------
    show
        Called with a message before the second try.
    options
        Options of `ray.init`.

    Raises
    ------
    UserError
        If a setting is wrong.
    PausedError
        If Ray does not start.
    """
    used = {
        "dashboard": bool(options.get("include_dashboard")),
        "logs": bool(options.get("log_to_driver")),
    }
    for is_last, wait in enumerate(STARTUP_WAITS):
        before = _child_processes()
        try:
            with _startup_wait(wait), without_unused_processes(**used):
                ray.init("local", **options)
        except MISTAKES as error:
            raise UserError(
                f"Ray cannot start on this machine: {_failure_text(error)}. Nothing was run."
            ) from None
        except Exception as error:  # Ray also raises plain Exception
            ray.shutdown()
            _kill(_child_processes() - before)
            why = _failure_text(error)
            if is_last:
                raise PausedError(
                    f"Ray did not start on this machine, twice, the second time within {wait} s "
                    f"({why}). The machine is too busy or has too little memory. Nothing was run "
                    "or lost, and the same command can be given again."
                ) from None
            show(f"Ray has not started yet ({why}). Trying again for up to {STARTUP_WAITS[1]} s.")
        else:
            CONNECTION.ours = True
            return


def join(address: str, **options: Any) -> None:
    """Join a cluster.

    Parameters
    ----------
    address
        Address of the cluster: host:port, ray://host:port or auto.
    options
        Options of `ray.init`.

    Raises
    ------
    UserError
        If no cluster answers at the address, or it refuses our token or settings.
    PausedError
        If the cluster answers and cannot be joined for now.
    """
    check_cluster(address)
    try:
        _check_reachable(address)
        ray.init(address, **options)
        CONNECTION.ours = True
    except (ConnectionError, *MISTAKES) as error:
        raise UserError(
            f"The Ray cluster at {address} cannot be joined: {_failure_text(error)}."
        ) from None
    except UserError:
        raise
    except Exception as error:
        ray.shutdown()
        raise PausedError(
            f"The Ray cluster at {address} could not be joined for now: {_failure_text(error)}. "
            "Nothing was run or lost. Check that all its nodes run, and give the same command "
            "again."
        ) from None


def _check_reachable(address: str) -> None:
    """Check the address that Ray derives from ours, and the token; Ray itself tries for minutes."""
    is_client = "://" in address
    if address == "auto":  # Ray does this for "auto" only
        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    real = address if is_client else services.canonicalize_bootstrap_address_or_die(address)
    place = parse_address(real)
    if place is None:
        return
    advice = (
        f"This is the address that Ray uses for {address}. A cluster that was started on the "
        "loopback interface only cannot be joined; otherwise check whether it still runs."
    )
    found = identify_service(place, "Ray cluster", advice)
    if found != "encrypted" and is_token_refused(place, get_auth_headers_if_auth_enabled({})):
        raise UserError(
            f"The Ray cluster at {address} requires a token that this shell does not have. Set "
            "RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH."
        )


@contextlib.contextmanager
def explain_lost_ray(address: str | None) -> Iterator[None]:
    """Raise `PausedError` if Ray stops answering in the block.

    Parameters
    ----------
    address
        Address of the cluster, for the message; None for this machine.

    Yields
    ------
    None
    """
    try:
        yield
    except (RayError, ConnectionError, TimeoutError) as error:
        raise PausedError(
            f"Ray at {address or 'this machine'} has stopped answering ({_failure_text(error)}). "
            "Nothing was run or lost, and the same command can be given again."
        ) from None


def _failure_text(error: BaseException) -> str:
    return reason(error)[:300].rstrip(".: ") or type(error).__name__


@contextlib.contextmanager
def _startup_wait(seconds: int) -> Iterator[None]:
    """Make Ray wait this long for its own processes; `Node.__init__` has its 30 s hard-coded."""
    original = services.get_node

    def get_node(*node: Any) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return original(*node)
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    os.environ[GCS_WAIT] = str(seconds)
    services.get_node = get_node
    try:
        yield
    finally:
        services.get_node = original


def _child_processes() -> set[Any]:
    """Return all descendants of this process (psutil is installed with Ray)."""
    return set(importlib.import_module("psutil").Process().children(recursive=True))


def _kill(processes: set[Any]) -> None:
    """End the processes of a failed start: Ray cannot end them, and they would use resources."""
    psutil = importlib.import_module("psutil")
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, 10)
