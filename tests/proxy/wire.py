"""HTTP on both sides of a proxy, with connections that are kept, as a node keeps them."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: bytes under a status."""

    body: bytes
    status: int = 200


Answer = Callable[[bytes], Reply | None]


class Upstream:
    """The node behind: one connection for each thread that asks."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        assert where.hostname is not None
        self._host, self._port = where.hostname, where.port or 80
        self._own = threading.local()

    def post(self, body: bytes) -> bytes:
        """Its answer. A kept connection that has ended meanwhile is made anew, once: nothing was delivered on it."""
        for fresh in (False, True):
            connection = self._connection(fresh)
            try:
                connection.request("POST", "/", body, {"Content-Type": "application/json"})
                return connection.getresponse().read()
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def _connection(self, fresh: bool) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if found is None or fresh:
            found = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
            found.connect()
            found.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._own.connection = found
        return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Whoever is killed leaves its connection behind; that is nobody's error.
    request_queue_size = 50

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server whose every POST is answered by `answer`; None tears the connection. Yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            reply = answer(self.rfile.read(int(self.headers["Content-Length"])))
            if reply is None:
                self.close_connection = True
                return
            lines = (
                f"HTTP/1.1 {reply.status} -",
                "Content-Type: application/json",
                f"Content-Length: {len(reply.body)}",
            )
            self.wfile.write("\r\n".join((*lines, "", "")).encode() + reply.body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
