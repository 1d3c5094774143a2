"""`GET /healthz`: whether the last round went through, for whoever keeps the process running."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from reporter.stop import Stop


class Health:
    """How the last round went: when (unix seconds), up to which entry, and what was wrong."""

    def __init__(self) -> None:
        self.at, self.seq = 0, 0
        self.problem: str | None = None

    def update(self, at: int, seq: int, problem: str | None) -> None:
        self.at, self.seq, self.problem = at, seq, problem

    def document(self) -> dict[str, str | None]:
        return {"last_round": str(self.at), "seq": str(self.seq), "problem": self.problem}


def serve(health: Health, port: int) -> ThreadingHTTPServer:
    """Answer on 127.0.0.1 in a thread of its own: 200 while all is well, 503 with the problem otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/healthz"
            self.send_response((503 if health.problem else 200) if found else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(health.document()).encode() if found else b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: whoever asks every second needs no line every second."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise Stop(f"port {port}: {error.strerror}") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
