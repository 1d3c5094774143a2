"""A node that lies: stands before a real one, and changes, drops or refuses its answers."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from protocol.hashing import keccak

Twist = Callable[[str, Any], Any]


def honest(method: str, answer: Any) -> Any:
    return answer


@dataclass
class Liar:
    """`twist(method, answer)` gives what it says instead; `dead` closes every connection without a word; one that
    `keeps` takes every transaction with thanks and passes none on.
    """

    url: str = ""
    twist: Twist = honest
    dead: bool = False
    keeps: bool = False
    kept: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def before(node_url: str) -> Iterator[Liar]:
    """A proxy of its own before the node."""
    liar = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if liar.dead:
                self.close_connection = True
                return
            asked = json.loads(body)
            questions = asked if isinstance(asked, list) else [asked]
            if liar.keeps and questions[0]["method"] == "eth_sendRawTransaction":
                liar.kept.append(questions[0]["params"][0])
                hash_ = "0x" + keccak(bytes.fromhex(liar.kept[-1][2:])).hex()
                self._say({"jsonrpc": "2.0", "id": questions[0]["id"], "result": hash_})
                return
            request = urllib.request.Request(node_url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as response:
                said = json.load(response)
                answers = {each["id"]: each for each in (said if isinstance(said, list) else [said])}
            for question in questions:
                liar.asked.append(question["method"])
                answer = answers[question["id"]]
                answer["result"] = liar.twist(question["method"], answer.get("result"))
            told = list(answers.values())
            self._say(told if isinstance(asked, list) else told[0])

        def _say(self, answer: Any) -> None:
            said = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    liar.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
