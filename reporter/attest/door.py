"""What an attestor answers on a port of its own: GET /healthz, GET /metrics, POST /receipts.

It is asked by whoever keeps the process running, and by those who leave their receipts here. It reads nothing of the
service, and its threads change nothing but the list of receipts that wait.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reporter.attest.metrics import Metrics
from reporter.attest.receipts import BadReceipt, Receipts
from reporter.stop import Stop

MAX_BODY = 16_384  # bytes
MOST_AT_ONCE = 32
POSTS_PER_MINUTE = 600
PATIENCE_SECONDS = 10
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """How the last round went: when (unix seconds), up to which entry, and what was wrong."""

    def __init__(self) -> None:
        self.at, self.seq = 0, 0
        self.problem: str | None = None

    def update(self, at: int, seq: int, problem: str | None) -> None:
        self.at, self.seq, self.problem = at, seq, problem

    def document(self) -> dict[str, str | None]:
        return {"last_round": str(self.at), "seq": str(self.seq), "problem": self.problem}


class Door(ThreadingHTTPServer):
    """The server; `receipts` is None until the attestor knows its service."""

    daemon_threads = True

    def __init__(self, host: str, port: int, health: Health, metrics: Metrics) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.health, self.metrics = health, metrics
        self.receipts: Receipts | None = None
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._minute, self._posts = 0, 0
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise Stop(f"cannot listen on {host}, port {port}: {error.strerror}") from None

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def may_post(self, minute: int) -> bool:
        """Whether one more receipt is looked at in this minute."""
        with self._lock:
            if minute != self._minute:
                self._minute, self._posts = minute, 0
            self._posts += 1
            return self._posts <= POSTS_PER_MINUTE

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that hangs up in the middle is no news."""


class Handler(BaseHTTPRequestHandler):
    """One request; a connection that says nothing for PATIENCE_SECONDS is closed."""

    server: Door
    timeout = PATIENCE_SECONDS

    def do_GET(self) -> None:
        if self.path == "/healthz":
            health = self.server.health
            self._answer(503 if health.problem else 200, health.document())
        elif self.path == "/metrics":
            self._send(200, METRICS_TYPE, self.server.metrics.page(time.time()))
        else:
            self._answer(404, {"detail": "there are GET /healthz, GET /metrics and POST /receipts"})

    def do_POST(self) -> None:
        if self.path != "/receipts":
            self._answer(404, {"detail": "there is POST /receipts"})
        elif not self.server.may_post(int(time.time()) // 60):
            self._answer(429, {"detail": f"at most {POSTS_PER_MINUTE} receipts a minute; leave it again later"})
        elif (raw := self._body()) is not None:
            self._leave(raw)

    def _leave(self, raw: bytes) -> None:
        receipts = self.server.receipts
        if receipts is None:
            self._answer(503, {"detail": "this attestor has not reached its service yet"})
            return
        try:
            signed = receipts.leave(json.loads(raw))
        except (ValueError, RecursionError):
            self._answer(400, {"detail": "the body is no JSON"})
        except BadReceipt as bad:
            self._answer(503 if bad.full else 400, {"detail": str(bad)})
        except OSError as error:
            self._answer(503, {"detail": f"it cannot be kept: {error.strerror}"})
        else:
            self._answer(202, {"receipt": signed, "detail": "kept until the book has come to it"})

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length") or ""
        if not (length.isascii() and length.isdigit() and len(length) < 10):
            self._answer(411, {"detail": "say the Content-Length"})
        elif int(length) > MAX_BODY:
            self._answer(413, {"detail": f"at most {MAX_BODY} bytes"})
        else:
            return self.rfile.read(int(length))
        return None

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: whoever asks every second needs no line every second."""
