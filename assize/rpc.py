"""One question to a node, for the doctor: it has to work where the chain client does not."""

import json
import urllib.request
from typing import Any


def call(url: str, method: str, *params: Any) -> Any:
    """The result of one JSON-RPC call. Raises OSError when nobody answers, ValueError for an error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    if "error" in answer:
        raise ValueError(f"{method}: {answer['error'].get('message')}")
    return answer["result"]
