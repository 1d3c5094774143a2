"""Answers in good JSON-RPC that are wrong. Each takes one question and its true result, and gives what is said."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.proxy.plan import Fault

Ask = Callable[[str, list[Any]], Any]
Lie = Callable[[dict[str, Any], Any, random.Random, Ask], Any]


def lie(fault: Fault, question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    """What is said instead of `result`; `ask` puts another question to the node behind."""
    return LIES[fault](question, result, chance, ask)


def _other_receipt(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    """The receipt of any transaction of the newest blocks, with this one's name on it: a success that was not ours."""
    other = _any_receipt(ask)
    return result if other is None else {**other, "transactionHash": question["params"][0], "status": "0x1"}


def _any_receipt(ask: Ask) -> Any:
    head = int(ask("eth_blockNumber", []), 16)
    for number in range(head, max(head - 5, -1), -1):
        hashes = (ask("eth_getBlockByNumber", [hex(number), False]) or {}).get("transactions", [])
        if hashes:
            return ask("eth_getTransactionReceipt", [hashes[0]])
    return None


def _nothing(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    return None


def _forged_log(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    """The first log with another amount, and once more with another place; of nothing, nothing can be made."""
    logs = result.get("logs", []) if isinstance(result, dict) else result
    if not logs:
        return result
    first = logs[0]
    data = first["data"]
    forged = {**first, "data": data[:-4] + f"{(int(data[-4:], 16) ^ 1) if len(data) > 6 else 1:04x}"}
    more = {**first, "logIndex": hex(int(first["logIndex"], 16) + 1_000)}
    return _with_logs(result, [forged, *logs[1:], more])


def _omitted_log(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    logs = result.get("logs", []) if isinstance(result, dict) else result
    if not logs:
        return result
    gone = chance.randrange(len(logs))
    return _with_logs(result, [log for place, log in enumerate(logs) if place != gone])


def _with_logs(result: Any, logs: list[Any]) -> Any:
    return {**result, "logs": logs} if isinstance(result, dict) else logs


def _old_head(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    """Some blocks ago; a question for a block by its number has a true answer."""
    back = chance.randrange(1, 5)
    if question["method"] == "eth_blockNumber":
        return hex(max(int(result, 16) - back, 0))
    tag, full = question["params"]
    if tag not in ("latest", "safe", "finalized") or result is None:
        return result
    return ask("eth_getBlockByNumber", [hex(max(int(result["number"], 16) - back, 0)), full])


def _wrong_nonce(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    return hex(max(int(result, 16) + chance.choice([-2, -1, 1, 2, 9]), 0))


def _wrong_chain(question: dict[str, Any], result: Any, chance: random.Random, ask: Ask) -> Any:
    return hex(int(result, 16) + chance.randrange(1, 100))


LIES: dict[Fault, Lie] = {
    Fault.OTHER_RECEIPT: _other_receipt,
    Fault.NO_RECEIPT: _nothing,
    Fault.FORGED_LOG: _forged_log,
    Fault.OMITTED_LOG: _omitted_log,
    Fault.OLD_HEAD: _old_head,
    Fault.WRONG_NONCE: _wrong_nonce,
    Fault.WRONG_CHAIN: _wrong_chain,
    Fault.MISSING_BLOCK: _nothing,
}
