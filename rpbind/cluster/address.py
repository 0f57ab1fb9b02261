"""What is at an address: asked within seconds, since Ray's own clients wait for minutes.

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

PATIENCE = 5.0
"""Seconds that a service has to answer."""

ENOUGH = 2**16
"""Bytes of an answer that are read at most."""

Service = Literal["cluster", "client", "dashboard", "web", "silent", "other", "encrypted"]
NAMES: dict[Service, str] = {
    "cluster": "the port of a Ray cluster (`ray start` prints it)",
    "client": "the port of Ray's client server (ray://)",
    "dashboard": "the port of a Ray dashboard",
    "web": "the port of a web server that is not Ray's dashboard",
    "silent": f"a port that says nothing within {PATIENCE:.0f} s",
    "other": "the port of a service that is not Ray's",
    "encrypted": "a port that is only spoken to with TLS",
}

Code = grpc.StatusCode
Headers = tuple[tuple[str, str], ...]
METHODS: dict[Service, str] = {
    "cluster": "/ray.rpc.NodeInfoGcsService/CheckAlive",
    "client": "/ray.rpc.RayletDriver/ClusterInfo",
}
"""Of each gRPC service of Ray a method that no other has; an empty question does no harm."""

CLUSTER = (
    "--address of an experiment is the host:port that `ray start` prints, ray://host:port of Ray's "
    "client server, or auto for the cluster of this machine"
)
DASHBOARD = (
    "--address of this command is the URL of Ray's dashboard, which `ray start` prints, such as "
    "http://127.0.0.1:8265 through an ssh tunnel"
)
VERSION = b'"ray_version"'
"""What a dashboard's answer to /api/version holds."""


@dataclass(frozen=True)
class Place:
    """An address in its parts; `scheme` is "" where it has none."""

    scheme: str
    host: str
    port: int

    @property
    def words(self) -> str:
        """Return host:port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parsed(address: str) -> Place | None:
    """Return the parts of an address; None where it is none."""
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
    return Place(scheme, host, port)


def check_cluster(address: str) -> None:
    """Raise `UserError` where an experiment's --address names no running Ray cluster.

    Which cluster `auto` is, Ray finds out on this machine (`cluster/start.py`).
    """
    if address == "auto":
        return
    place = parsed(address)
    if place is None or place.scheme not in ("", "ray", "http", "https"):
        raise UserError(f"{CLUSTER}; got '{masked(address)}'. Leave it out to run on this machine.")
    if place.scheme in ("http", "https"):
        raise UserError(
            f"{CLUSTER}; got '{masked(address)}', which is the form of a dashboard's URL. To send "
            "the experiment there, use `rpbind submit --address URL`."
        )
    found = service(place, "Ray cluster", f"{CLUSTER}.")
    if found not in ("client" if place.scheme else "cluster", "encrypted"):
        raise UserError(f"{address} is {NAMES[found]}. {CLUSTER}.")


def dashboard_url(address: str) -> str:
    """Return the URL of the dashboard at `address`; `UserError` where none answers there."""
    place = parsed(address)
    if place is None or place.scheme not in ("", "http", "https"):
        raise UserError(f"{DASHBOARD}; got '{masked(address)}'.")
    if place.scheme:
        return _asked_by_http(address.rstrip("/"), place)
    found = service(place, "job server", f"{DASHBOARD}.")
    if found != "dashboard":
        raise UserError(f"{address} is {NAMES[found]}. {DASHBOARD}.")
    return f"http://{place.words}"


def service(place: Place, what: str, advice: str) -> Service:
    """Return what answers at a place; `UserError` where nothing listens, or no host has the name.

    The sentence says that no `what` answers, and ends with `advice`.
    """
    try:
        with socket.create_connection((place.host, place.port), PATIENCE) as link:
            if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
                return "encrypted"
            return _heard(link, place)
    except OSError as error:
        raise UserError(f"No {what} answers at {place.words} ({_why(error)}). {advice}") from None


def _heard(link: socket.socket, place: Place) -> Service:
    """Ask for a dashboard's version; a gRPC service begins with a frame of HTTP/2 settings."""
    link.sendall(f"GET /api/version HTTP/1.1\r\nHost: {place.words}\r\n\r\n".encode())
    said, last = b"", time.monotonic() + PATIENCE
    try:
        while len(said) < ENOUGH and VERSION not in said and time.monotonic() < last:
            link.settimeout(max(last - time.monotonic(), 0.01))
            more = link.recv(2**12)
            if not more:
                break
            said += more
            if said[:1] == b"\x00" and said[3:4] == b"\x04":
                return _grpc(place)
    except OSError:  # it has said all that it says, or cut the line
        pass
    if not said.startswith(b"HTTP/"):
        return "other" if said else "silent"
    wants_token = b" 401 " in said.partition(b"\r\n")[0]
    return "dashboard" if VERSION in said or wants_token else "web"


def _grpc(place: Place) -> Service:
    """Ask a gRPC service for what each of Ray's two has."""
    lacks = (Code.UNIMPLEMENTED, Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)
    for name in METHODS:
        if _called(place, name) not in lacks:  # what it says of an empty question does not matter
            return name
    return "other"


def refuses(place: Place, headers: Mapping[str, str]) -> bool:
    """Whether one of Ray's gRPC services does not take the token in these headers, or its lack."""
    name: Service = "client" if place.scheme else "cluster"
    told = tuple((key.lower(), value) for key, value in headers.items())
    return _called(place, name, told) == Code.UNAUTHENTICATED


def _called(place: Place, name: Service, headers: Headers = ()) -> grpc.StatusCode:
    """Call the method that only this service has; returns how that ended."""
    with grpc.insecure_channel(place.words, options=[("grpc.enable_http_proxy", 0)]) as channel:
        call = channel.unary_unary(METHODS[name])
        try:
            call(b"", timeout=PATIENCE / 2, metadata=headers)
        except grpc.RpcError as error:
            return error.code()
    return Code.OK


def _asked_by_http(url: str, place: Place) -> str:
    """Return a dashboard's URL: behind a proxy or TLS, only an HTTP client reaches it."""
    try:
        with requests.get(f"{url}/api/version", timeout=PATIENCE, stream=True) as answer:
            if answer.status_code == 401 or VERSION in next(answer.iter_content(ENOUGH), b""):
                return url
            found: Service = "web"
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        if place.scheme == "https" or isinstance(error, requests.exceptions.Timeout):
            why = _why(error)
            raise UserError(
                f"No job server answers at {masked(url)} ({why}). {DASHBOARD}."
            ) from None
        found = service(place, "job server", f"{DASHBOARD}.")
    raise UserError(f"{masked(url)} is {NAMES[found]}. {DASHBOARD}.")


def _why(error: Exception) -> str:
    """Say in a few words why a connection failed."""
    if isinstance(error, TimeoutError | requests.exceptions.Timeout):
        return f"no answer within {PATIENCE:.0f} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, socket.gaierror):
        return "no host has this name"
    return getattr(error, "strerror", None) or type(error).__name__
