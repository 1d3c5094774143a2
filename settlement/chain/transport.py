"""JSON-RPC over HTTP as web3 does it, and with what web3 leaves out: answers belong to their questions.

Without it the answer to somebody else's question is believed, `true` is a nonce of 1, and `""` is no logs at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

_QUANTITY, _BYTES, _WORD = (re.compile(each) for each in ("0x[0-9a-f]+", "0x([0-9a-f]{2})*", "0x[0-9a-f]{64}"))


def _text(form: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda result: isinstance(result, str) and form.fullmatch(result.lower()) is not None


def _record(result: Any) -> bool:
    """Null is an answer: there is no such block, or no such receipt."""
    return result is None or (isinstance(result, dict) and bool(result))


def _list(result: Any) -> bool:
    return isinstance(result, list)


FORMS: Mapping[str, Callable[[Any], bool]] = {
    "eth_blockNumber": _text(_QUANTITY),
    "eth_call": _text(_BYTES),
    "eth_chainId": _text(_QUANTITY),
    "eth_estimateGas": _text(_QUANTITY),
    "eth_feeHistory": _record,
    "eth_getBalance": _text(_QUANTITY),
    "eth_getBlockByHash": _record,
    "eth_getBlockByNumber": _record,
    "eth_getCode": _text(_BYTES),
    "eth_getLogs": _list,
    "eth_getTransactionByHash": _record,
    "eth_getTransactionCount": _text(_QUANTITY),
    "eth_getTransactionReceipt": _record,
    "eth_maxPriorityFeePerGas": _text(_QUANTITY),
    "eth_sendRawTransaction": _text(_WORD),
}
"""What the answer to each method looks like; what is in a block or a log is looked at by whoever reads it."""


class CheckedProvider(HTTPProvider):
    """Raises ValueError for an answer under another id, or of another form. Not for several threads."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        # No silent repetition inside the library: the next tick asks again, and unknown is not failed.
        super().__init__(url, request_kwargs={"timeout": timeout_seconds}, exception_retry_configuration=None)
        self._asked: list[tuple[Any, str]] = []

    def encode_rpc_request(self, method: RPCEndpoint, params: Any) -> bytes:
        """As web3 does; the id is remembered."""
        body = super().encode_rpc_request(method, params)
        self._asked.append((json.loads(body)["id"], method))
        return body

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One question."""
        self._asked.clear()
        answer = super().make_request(method, params)
        _check(answer, *self._asked[0])
        return answer

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        """Several; their answers come in the order of the questions."""
        self._asked.clear()
        answers = super().make_batch_request(batch_requests)
        if isinstance(answers, list):
            for answer, asked in zip(answers, self._asked, strict=True):
                _check(answer, *asked)
        return answers


def _check(answer: RPCResponse, id_: Any, method: str) -> None:
    said: Any = answer
    # An error about a request that could not even be read has no id.
    if (type(said["id"]), said["id"]) != (int, id_) and not (said["id"] is None and "error" in said):
        raise ValueError(f"the answer is to question {said['id']!r}, asked was {id_}")
    if "error" not in said and method in FORMS and not FORMS[method](said["result"]):
        raise ValueError(f"{str(said['result'])[:80]!r} is no answer to {method}")
