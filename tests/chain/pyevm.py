"""py-evm behind JSON-RPC: eth-tester's chain, as web3's own provider words it, over HTTP.

What goes wrong is told in py-evm's and eth-tester's own words: that is what the adapters are tested on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from eth_utils import to_hex
from web3 import EthereumTesterProvider, Web3

from dev import accounts
from dev.anvil import ACCOUNTS

CHAIN_ID = 131277322940537
"""eth-tester's, which cannot be chosen."""
ETHER = 10**18


@contextmanager
def serving() -> Iterator[tuple[str, EthereumTester]]:
    """A fresh chain with the accounts of dev/accounts.py: its URL, and the chain itself."""
    backend = PyEVMBackend.from_mnemonic(
        accounts.MNEMONIC,
        num_accounts=ACCOUNTS,
        hd_path="m/44'/60'/0'/0",
        genesis_state_overrides={"balance": 10_000 * ETHER},
    )
    chain = EthereumTester(backend)
    provider = EthereumTesterProvider(chain)
    w3 = Web3(provider)
    w3.middleware_onion.clear()
    ask = provider.request_func(w3, w3.middleware_onion)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            many = isinstance(question, list)
            answers = [_answer(ask, each) for each in (question if many else [question])]
            body = json.dumps(answers if many else answers[0]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    # One request at a time: the chain is one Python object.
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", chain
    finally:
        server.shutdown()
        server.server_close()


def _answer(ask: Any, question: dict[str, Any]) -> dict[str, Any]:
    said = {"jsonrpc": "2.0", "id": question["id"]}
    try:
        answer = ask(question["method"], question.get("params", []))
    except TransactionFailed as error:
        return {**said, "error": {"code": 3, "message": str(error)}}
    except Exception as error:  # whatever eth-tester raises is what a node would have said
        return {**said, "error": {"code": -32000, "message": str(error)}}
    if "error" in answer:
        return {**said, "error": answer["error"]}
    return {**said, "result": _plain(answer["result"])}


def _plain(value: Any) -> Any:
    """As JSON-RPC spells it: quantities and bytes in hex."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | bytes):
        return to_hex(value)
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value)
