"""What may listen at an address: something silent, web servers, and services that speak gRPC."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc

CHECK_ALIVE = "/ray.rpc.NodeInfoGcsService/CheckAlive"
CLUSTER_INFO = "/ray.rpc.RayletDriver/ClusterInfo"


class Web(BaseHTTPRequestHandler):
    """A web server without a page."""

    version: bytes | None = None

    def do_GET(self) -> None:
        found = self.version if self.path == "/api/version" else None
        told = found or b"Job of this id does not exist"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *told: object) -> None:
        pass


class Dashboard(Web):
    """Ray's dashboard as far as a client asks for its version; it knows no job."""

    version = json.dumps({"ray_version": "2.60.0"}).encode()


@contextmanager
def web(handler: type[Web]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def speaks_grpc(method: str, token: str = "") -> Iterator[int]:
    """A gRPC server that has one method, which answers with nothing to whom has the token."""

    def answer(asked: bytes, context: grpc.ServicerContext) -> bytes:
        if token not in dict(context.invocation_metadata()).get("authorization", ""):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "InvalidAuthToken")
        return b""

    class One(grpc.GenericRpcHandler):
        def service(self, call: Any) -> Any:
            if call.method == method:
                return grpc.unary_unary_rpc_method_handler(answer)
            return None

    server = grpc.server(ThreadPoolExecutor(2), [One()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@contextmanager
def accepts() -> Iterator[int]:
    """A port that takes connections, reads nothing and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def all_of_them() -> Iterator[dict[str, str]]:
    """Give host:port of each, by its name; at `closed` nothing listens."""
    with ExitStack() as stack:
        with accepts() as closed:
            pass
        ports = {
            "closed": closed,
            "silent": stack.enter_context(accepts()),
            "web": stack.enter_context(web(Web)),
            "dashboard": stack.enter_context(web(Dashboard)),
            "cluster": stack.enter_context(speaks_grpc(CHECK_ALIVE)),
            "client": stack.enter_context(speaks_grpc(CLUSTER_INFO)),
            "grpc": stack.enter_context(speaks_grpc("/other/Service")),
        }
        yield {name: f"127.0.0.1:{port}" for name, port in ports.items()}
