"""Find out within seconds what answers at an address; Ray's own clients wait for minutes.

Three services of Ray have addresses: the cluster itself (`ray start` prints its host:port), Ray's
client server (ray://host:10001), and the dashboard (http://host:8265), which is the job server.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import grpc
import requests

from rpbind.errors import UserError
from rpbind.terminal import masked

TIMEOUT = 5.0
"""Seconds that a service has to answer."""

MAX_BYTES = 2**16
"""Largest number of bytes of an answer that we read."""

Service = Literal["cluster", "client", "dashboard", "web", "silent", "other", "encrypted"]
SERVICE_TEXTS: dict[Service, str] = {
    "cluster": "the port of a Ray cluster (`ray start` prints it)",
    "client": "the port of Ray's client server (ray://)",
    "dashboard": "the port of a Ray dashboard",
    "web": "the port of a web server that is not Ray's dashboard",
    "silent": f"a port that says nothing within {TIMEOUT:.0f} s",
    "other": "the port of a service that is not Ray's",
    "encrypted": "a port that is only spoken to with TLS",
}

Code = grpc.StatusCode
Headers = tuple[tuple[str, str], ...]
METHODS: dict[Service, str] = {
    "cluster": "/ray.rpc.NodeInfoGcsService/CheckAlive",
    "client": "/ray.rpc.RayletDriver/ClusterInfo",
}
"""For each gRPC service of Ray a method that no other service has; an empty call does no harm."""

CLUSTER = (
    "--address of an experiment is the host:port that `ray start` prints, ray://host:port of Ray's "
    "client server, or auto for the cluster of this machine"
)
DASHBOARD = (
    "--address of this command is the URL of Ray's dashboard, which `ray start` prints, such as "
    "http://127.0.0.1:8265 through an ssh tunnel"
)
VERSION = b'"ray_version"'
"""Bytes that a dashboard's answer to /api/version contains."""


@dataclass(frozen=True)
class ServiceAddress:
    """The parts of an address; `scheme` is "" if it has none."""

    scheme: str
    host: str
    port: int

    @property
    def words(self) -> str:
        """Return host:port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(address: str) -> ServiceAddress | None:
    """Return the parts of an address, or None if it is not an address."""
    scheme, separator, rest = address.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port or {"http": 80, "https": 443, "ray": 10001}.get(scheme)
    except ValueError:
        return None
    host = parts.hostname or ""
    is_path = bool(parts.path.strip("/")) and scheme not in ("http", "https")
    if not re.fullmatch(r"[\w.:-]+", host) or not port or is_path or (separator and not scheme):
        return None
    return ServiceAddress(scheme, host, port)


def check_cluster(address: str) -> None:
    """Check that a Ray cluster answers at an experiment's --address.

    For `auto`, Ray itself looks for a cluster on this machine later (`cluster/start.py`).

    Parameters
    ----------
    address
        The address: host:port, ray://host:port or auto.

    Raises
    ------
    UserError
        If it has another form, or no Ray cluster answers there.
    """
    if address == "auto":
        return
    place = parse_address(address)
    if place is None or place.scheme not in ("", "ray", "http", "https"):
        raise UserError(f"{CLUSTER}; got '{masked(address)}'. Leave it out to run on this machine.")
    if place.scheme in ("http", "https"):
        raise UserError(
            f"{CLUSTER}; got '{masked(address)}', which is the form of a dashboard's URL. To send "
            "the experiment there, use `rpbind submit --address URL`."
        )
    found = identify_service(place, "Ray cluster", f"{CLUSTER}.")
    if found not in ("client" if place.scheme else "cluster", "encrypted"):
        raise UserError(f"{address} is {SERVICE_TEXTS[found]}. {CLUSTER}.")


def dashboard_url(address: str) -> str:
    """Return the URL of the dashboard at `address`; raises `UserError` if none answers there."""
    place = parse_address(address)
    if place is None or place.scheme not in ("", "http", "https"):
        raise UserError(f"{DASHBOARD}; got '{masked(address)}'.")
    if place.scheme:
        return _check_dashboard(address.rstrip("/"), place)
    found = identify_service(place, "job server", f"{DASHBOARD}.")
    if found != "dashboard":
        raise UserError(f"{address} is {SERVICE_TEXTS[found]}. {DASHBOARD}.")
    return f"http://{place.words}"


def identify_service(place: ServiceAddress, what: str, advice: str) -> Service:
    """Return which kind of service answers at an address.

    Raises `UserError` if nothing listens there or no host has the name. The message says that no
    `what` answers, and ends with `advice`.
    """
    try:
        with socket.create_connection((place.host, place.port), TIMEOUT) as connection:
            if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
                return "encrypted"
            return _identify(connection, place)
    except OSError as error:
        raise UserError(
            f"No {what} answers at {place.words} ({_failure_text(error)}). {advice}"
        ) from None


def _identify(connection: socket.socket, place: ServiceAddress) -> Service:
    """Request a dashboard's version; a gRPC service sends a frame of HTTP/2 settings first."""
    connection.sendall(f"GET /api/version HTTP/1.1\r\nHost: {place.words}\r\n\r\n".encode())
    answer, deadline = b"", time.monotonic() + TIMEOUT
    try:
        while len(answer) < MAX_BYTES and VERSION not in answer and time.monotonic() < deadline:
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            chunk = connection.recv(2**12)
            if not chunk:
                break
            answer += chunk
            if answer[:1] == b"\x00" and answer[3:4] == b"\x04":
                return _identify_grpc(place)
    except OSError:  # the service sends no more, or it closed the connection
        pass
    if not answer.startswith(b"HTTP/"):
        return "other" if answer else "silent"
    wants_token = b" 401 " in answer.partition(b"\r\n")[0]
    return "dashboard" if VERSION in answer or wants_token else "web"


def _identify_grpc(place: ServiceAddress) -> Service:
    """Call the method that each of Ray's two gRPC services has, to find out which one this is."""
    lacks = (Code.UNIMPLEMENTED, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)
    for name in METHODS:
        if _call_status(place, name) not in lacks:  # any other status means that the method exists
            return name
    return "other"


def is_token_refused(place: ServiceAddress, headers: Mapping[str, str]) -> bool:
    """Whether Ray's gRPC service refuses the token in these headers, or that there is none."""
    name: Service = "client" if place.scheme else "cluster"
    metadata = tuple((key.lower(), value) for key, value in headers.items())
    return _call_status(place, name, metadata) == Code.UNAUTHENTICATED


def _call_status(place: ServiceAddress, name: Service, headers: Headers = ()) -> grpc.StatusCode:
    """Call the method that only this service has, and return the status of the call."""
    with grpc.insecure_channel(place.words, options=[("grpc.enable_http_proxy", 0)]) as channel:
        call = channel.unary_unary(METHODS[name])
        try:
            call(b"", timeout=TIMEOUT / 2, metadata=headers)
        except grpc.RpcError as error:
            return error.code()
    return Code.OK


def _check_dashboard(url: str, place: ServiceAddress) -> str:
    """Return a dashboard's URL if it answers; a proxy or TLS in between needs an HTTP client."""
    try:
        with requests.get(f"{url}/api/version", timeout=TIMEOUT, stream=True) as answer:
            if answer.status_code == 401 or VERSION in next(answer.iter_content(MAX_BYTES), b""):
                return url
            found: Service = "web"
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        if place.scheme == "https" or isinstance(error, requests.exceptions.Timeout):
            why = _failure_text(error)
            raise UserError(
                f"No job server answers at {masked(url)} ({why}). {DASHBOARD}."
            ) from None
        found = identify_service(place, "job server", f"{DASHBOARD}.")
    raise UserError(f"{masked(url)} is {SERVICE_TEXTS[found]}. {DASHBOARD}.")


def _failure_text(error: Exception) -> str:
    """Describe in a few words why a connection failed."""
    if isinstance(error, TimeoutError | requests.exceptions.Timeout):
        return f"no answer within {TIMEOUT:.0f} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, socket.gaierror):
        return "no host has this name"
    return getattr(error, "strerror", None) or type(error).__name__
