"""A program that speaks Web3Signer's JSON-RPC and signs with a key of its own, truly or as a test has it lie."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address

from dev import anvil

TLS = Path(__file__).parent / "tls"


@dataclass
class RemoteSigner:
    """What it does with a question. `lie` changes the transaction before it is signed; `answer` goes before all."""

    key: str
    url: str = ""
    chain_id: int = anvil.CHAIN_ID
    lie: Callable[[dict[str, Any]], dict[str, Any]] = lambda transaction: transaction
    signs_with: str = ""
    answer: bytes | None = None
    status: int = 200
    hangs_seconds: float = 0
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(Account.from_key(self.key).address).lower()

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        """As the program's documentation has it: quantities in hex, `data`, its own chain id; errors as JSON-RPC."""
        self.asked.append(question)
        head = {"jsonrpc": "2.0", "id": question["id"]}
        if question["method"] == "eth_accounts":
            return {**head, "result": [to_checksum_address(self.address)]}
        if question["method"] != "eth_signTransaction":
            return {**head, "error": {"code": -32601, "message": "Method not found"}}
        (given,) = question["params"]
        if given["from"] != self.address:
            return {**head, "error": {"code": -32000, "message": 'The "from" address is not an unlocked account'}}
        return {**head, "result": self.sign(given)}

    def sign(self, given: dict[str, Any]) -> str:
        names = ("nonce", "value", "gas", "maxFeePerGas", "maxPriorityFeePerGas")
        transaction = {"type": 2, "chainId": self.chain_id, "data": given["data"]}
        transaction |= {name: int(given[name], 16) for name in names}
        if given.get("to"):
            transaction["to"] = given["to"]
        signed = Account.sign_transaction(self.lie(transaction), self.signs_with or self.key)
        return "0x" + bytes(signed.raw_transaction).hex()


@contextmanager
def remote_signer(key: str, *, tls: bool = False) -> Iterator[RemoteSigner]:
    """One that runs until the end of the block; with `tls` it wants a client's certificate."""
    signer = RemoteSigner(key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(signer.hangs_seconds)
            reply = signer.answer if signer.answer is not None else json.dumps(signer.reply(question)).encode()
            self.send_response(signer.status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that give up are the point
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(TLS / "ca.pem"))
        context.load_cert_chain(TLS / "server.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signer.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield signer
    finally:
        server.shutdown()
        server.server_close()
